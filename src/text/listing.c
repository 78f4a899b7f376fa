/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of text listings. A file can be one listing or several with headings between them;
 * each is read by the parser of its form, and what is none is passed over. */
#include "text/listing.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/codepage.h"
#include "base/file.h"
#include "base/memory.h"
#include "text/listing_text.h"
#include "text/parsers.h"

#define BUFFER_BYTES ((size_t)1024 * 1024)

static int (*const parsers[LISTING_FORM_COUNT])(struct listing_walk *walk, struct listing_out *out,
                                                struct error *err) = {
    [LISTING_FORM_WMIC_TABLE] = wmic_table_read,
    [LISTING_FORM_WMIC_CSV] = wmic_csv_read,
    [LISTING_FORM_WMIC_LIST] = wmic_list_read,
    [LISTING_FORM_HOTFIX_TABLE] = hotfix_table_read,
    [LISTING_FORM_HOTFIX_CSV] = hotfix_csv_read,
    [LISTING_FORM_HOTFIX_LIST] = hotfix_list_read,
    [LISTING_FORM_DISM] = packages_read,
    [LISTING_FORM_SLMGR] = slmgr_read,
    [LISTING_FORM_SYSTEMINFO] = systeminfo_read,
    [LISTING_FORM_SYSTEMINFO_CSV] = systeminfo_csv_read,
};

void listing_prepare(void)
{
    codepage_prepare();
}

/* ---- The file ---- */

/* Reads the source to its end and hands it to the byte sink; keeps its bytes when `kept` is not
 * NULL. Returns how many there were, less than the source's size when it became shorter; -1 when it
 * cannot be read. */
static int64_t read_source(const struct source *source, int descriptor,
                           const struct reader_options *options, struct text *kept,
                           struct error *err)
{
    char *buffer = memory_allocate(1, BUFFER_BYTES);
    uint64_t done = 0;
    ssize_t got = 0;

    while (done < source->size_bytes) {
        uint64_t left = source->size_bytes - done;

        got = file_read_at(descriptor, buffer, left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES,
                           done);
        if (got <= 0)
            break;
        if (options->byte_sink != NULL)
            options->byte_sink->take(options->byte_sink->context, buffer, (size_t)got);
        if (kept != NULL)
            text_add_bytes(kept, buffer, (size_t)got);
        done += (uint64_t)got;
    }
    if (got < 0)
        error_set(err, ERROR_SOURCE, done, "cannot be read: %m");
    free(buffer);
    return got < 0 ? -1 : (int64_t)done;
}

/* ---- The listings in it ---- */

static int read_listings(const struct listing_text *text, struct listing_out *out,
                         struct error *err)
{
    struct listing_walk walk = {.lines = lines_of(text_get(&text->text), text->text.length_bytes)};
    struct line line;
    int result = 0;

    while (result == 0 && walk.lines.at < walk.lines.end) {
        const char *before = walk.lines.at;
        enum listing_form form = listing_form_at(&walk);

        out->begun_at = before;
        if (form != LISTING_FORM_NONE)
            result = parsers[form](&walk, out, err);
        /* A parser that finds nothing to take leaves the line where it is. */
        if (result == 0 && walk.lines.at == before && !lines_next(&walk.lines, &line))
            break;
    }
    return result;
}

static int read_text(struct span bytes, bool is_short, const struct sink *sink,
                     struct source_facts *facts, struct error *err)
{
    struct listing_out out;
    struct listing_text text;
    int result;

    listing_text_decode(bytes, &text);
    listing_out_begin(&out, sink, facts, text_get(&text.text), text.text.length_bytes);
    if (is_short)
        out.damage = "the file became shorter while it was read";
    if (text.has_controls) {
        out.damage = "there are bytes in the text that are no text";
        source_facts_add_damage(facts, text.control_offset_bytes,
                                "a control character where text should be");
    }
    if (text.is_torn) {
        out.damage = "a line of it breaks off where text in another encoding begins";
        source_facts_add_damage(facts, text.tear_offset_bytes,
                                "text in another encoding begins within a line");
    }
    result = read_listings(&text, &out, err);
    result = listing_out_finish(&out, result, err);
    if (out.handed_count == 0 && result == 0)
        source_facts_add_detail(facts, "no listing could be read from it");
    listing_text_free_content(&text);
    return result;
}

/* ---- The reader ---- */

static uint64_t listing_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int listing_read_part(const struct source *source, int descriptor, uint64_t part,
                             const struct reader_options *options, const struct sink *sink,
                             struct source_facts *facts, struct error *err)
{
    bool is_too_large = source->size_bytes > LISTING_MOST_BYTES;
    struct text bytes = {0};
    int64_t got = read_source(source, descriptor, options, is_too_large ? NULL : &bytes, err);
    int result = got < 0 ? -1 : 0;

    (void)part;
    if (result == 0 && (uint64_t)got < source->size_bytes)
        source_facts_add_damage(facts, (uint64_t)got, "became shorter while it was read");
    if (result == 0 && is_too_large) {
        facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(facts, "a listing of more than %" PRIu64 " MiB is not read",
                                LISTING_MOST_BYTES / (1024 * 1024));
    } else if (result == 0) {
        result = read_text(span_of(text_get(&bytes), bytes.length_bytes, 0),
                           (uint64_t)got < source->size_bytes, sink, facts, err);
    }
    text_free(&bytes);
    return result;
}

static void listing_finish(struct source_facts *facts)
{
    source_facts_finish(facts, listing_reader.reference);
}

const struct reader listing_reader = {
    .kind = SOURCE_KIND_LISTING,
    .count_parts = listing_count_parts,
    .read_part = listing_read_part,
    .join = source_facts_join,
    .finish = listing_finish,
};
