/* SPDX-License-Identifier: Apache-2.0 */
/* A file is told by its head, so that what is not read costs no more than that. A file can be one
 * listing or several with headings between them; each is read by the parser of its form, and what
 * is none is passed over. */
#include "text/text_reader.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/plaintext.h"

#define BUFFER_BYTES ((size_t)1024 * 1024)

void text_reader_prepare(void)
{
    codepage_prepare();
    json_object_seed(0); /* reads a random number, which a reader process cannot */
}

/* ---- The file ---- */

struct text_input {
    const struct source *source;
    int descriptor;
    const struct byte_sink *byte_sink; /* what is read from now on is shown to it; or NULL */
    bool is_kept;                      /* and so is this: */
    struct text bytes;                 /* owned */
    uint64_t read_bytes;
};

/* Reads on up to that offset, or to the end where the source became shorter. */
static int read_up_to(struct text_input *input, uint64_t end_bytes, struct error *err)
{
    size_t most_bytes = end_bytes < BUFFER_BYTES ? (size_t)end_bytes : BUFFER_BYTES;
    char *buffer = memory_allocate(most_bytes, 1);
    size_t got = 1;
    int result = 0;

    while (result == 0 && got > 0 && input->read_bytes < end_bytes) {
        uint64_t left = end_bytes - input->read_bytes;

        if (file_read_at(input->descriptor, buffer, left < most_bytes ? (size_t)left : most_bytes,
                         input->read_bytes, &got) != 0)
            result = error_set(err, ERROR_SOURCE, input->read_bytes + got, "cannot be read: %m");
        if (input->byte_sink != NULL)
            input->byte_sink->take(input->byte_sink->context, buffer, got);
        if (input->is_kept)
            text_add_bytes(&input->bytes, buffer, got);
        input->read_bytes += got;
    }
    free(buffer);
    return result;
}

/* Decodes what was kept. False when it is not text. */
static bool decode(const struct text_input *input, bool with_codepage, struct plaintext *out)
{
    return plaintext_decode(span_of(text_get(&input->bytes), input->bytes.length_bytes, 0),
                            with_codepage, out);
}

/* ---- What it is ---- */

enum text_content {
    TEXT_CONTENT_OTHER, /* it is not text */
    TEXT_CONTENT_PLAIN,
    TEXT_CONTENT_NAMING,
    TEXT_CONTENT_QUOTING,
    TEXT_CONTENT_LISTINGS,
    TEXT_CONTENT_COUNT,
};

/* The names say what of a file that is not read may be worth a look. */
static const struct {
    enum source_kind kind;
    const char *name; /* for a person */
} contents[] = {
    [TEXT_CONTENT_OTHER] = {SOURCE_KIND_UNKNOWN, "file of an unknown kind"},
    [TEXT_CONTENT_PLAIN] = {SOURCE_KIND_TEXT, "text that is not a listing"},
    [TEXT_CONTENT_NAMING] = {SOURCE_KIND_TEXT,
                             "text that is not a listing, though it names " INCIDENT_UPDATE},
    [TEXT_CONTENT_QUOTING] = {SOURCE_KIND_TEXT,
                              "text that quotes a listing in a page, mail, script or manual"},
    [TEXT_CONTENT_LISTINGS] = {SOURCE_KIND_LISTING, NULL},
};
static_assert(ARRAY_COUNT(contents) == TEXT_CONTENT_COUNT, "a row for each content");

/* What the text that begins so is. */
static enum text_content content_of(const struct plaintext *head)
{
    switch (listing_presence_in(lines_of(text_get(&head->text), head->text.length_bytes))) {
    case LISTING_PRESENT:
        return TEXT_CONTENT_LISTINGS;
    case LISTING_QUOTED:
        return TEXT_CONTENT_QUOTING;
    case LISTING_ABSENT:
        break;
    }
    return incident_names_kb971033(text_get(&head->text)) ? TEXT_CONTENT_NAMING
                                                          : TEXT_CONTENT_PLAIN;
}

/* Reads and decodes the head, and notes what the source is. */
static int tell_kind(struct text_input *input, struct plaintext *head, struct source_facts *facts,
                     struct error *err)
{
    uint64_t size_bytes = input->source->size_bytes;
    enum text_content content;

    input->is_kept = true;
    if (read_up_to(input, size_bytes < PLAINTEXT_HEAD_BYTES ? size_bytes : PLAINTEXT_HEAD_BYTES,
                   err) != 0)
        return -1;
    content = decode(input, false, head) ? content_of(head) : TEXT_CONTENT_OTHER;
    facts->kind = contents[content].kind;
    if (content == TEXT_CONTENT_LISTINGS)
        return 0;
    facts->status = SOURCE_STATUS_SKIPPED;
    source_facts_add_detail(facts, "%s", contents[content].name);
    return 0;
}

/* ---- The listings in it ---- */

static int read_listings(const struct plaintext *text, struct emitter *emitter, struct error *err)
{
    struct listing_walk walk = {.lines = lines_of(text_get(&text->text), text->text.length_bytes)};
    struct line line;
    int result = 0;

    while (result == 0 && walk.lines.at < walk.lines.end) {
        const char *before = walk.lines.at;
        enum listing_form form = listing_form_at(&walk);

        emitter->begun_at = before;
        if (form != LISTING_FORM_NONE) {
            result = listing_parse(form, &walk, emitter, err);
            emitter->behind = walk.lines.at;
        }
        /* A parser that finds nothing to take leaves the line where it is. */
        if (result == 0 && walk.lines.at == before && !lines_next(&walk.lines, &line))
            break;
    }
    return result;
}

/* Notes what in the text leaves none of its listings complete. */
static void note_damage(const struct text_input *input, const struct plaintext *text,
                        struct emitter *emitter, struct source_facts *facts)
{
    if (input->read_bytes < input->source->size_bytes)
        emitter->damage = "the file became shorter while it was read";
    if (text->has_controls) {
        emitter->damage = "there are bytes in the text that are not text";
        source_facts_add_damage(facts, text->control_offset_bytes,
                                "a control character where text should be");
    }
    if (text->is_torn) {
        emitter->damage = "a line of it breaks off where text in another encoding begins";
        source_facts_add_damage(facts, text->tear_offset_bytes,
                                "text in another encoding begins within a line");
    }
}

static int read_text(const struct text_input *input, const struct plaintext *text,
                     const struct sink *sink, struct source_facts *facts, struct error *err)
{
    struct emitter emitter;
    int result;

    emitter_begin(&emitter, sink, facts, text_get(&text->text), text->text.length_bytes);
    note_damage(input, text, &emitter, facts);
    result = read_listings(text, &emitter, err);
    result = emitter_finish(&emitter, result, err);
    if (emitter.handed_count == 0 && result == 0)
        source_facts_add_detail(facts, "no listing could be read from it");
    return result;
}

/* Reads the text of which the head is there. Where that is not all of it, or in a code page, it is
 * decoded anew. */
static int read_whole(struct text_input *input, struct plaintext *text,
                      const struct reader_options *options, const struct sink *sink,
                      struct source_facts *facts, struct error *err)
{
    uint64_t size_bytes = input->source->size_bytes;
    bool is_too_large = size_bytes > LISTING_MOST_BYTES;
    uint64_t head_bytes = input->read_bytes;

    input->byte_sink = options->byte_sink;
    input->is_kept = !is_too_large;
    if (input->byte_sink != NULL)
        input->byte_sink->take(input->byte_sink->context, text_get(&input->bytes),
                               input->bytes.length_bytes);
    if (read_up_to(input, size_bytes, err) != 0)
        return -1;
    if (input->read_bytes < size_bytes)
        source_facts_add_damage(facts, input->read_bytes, "became shorter while it was read");
    if (is_too_large) {
        facts->status = SOURCE_STATUS_DAMAGED;
        source_facts_add_detail(facts, "a listing of more than %" PRIu64 " MiB is not read",
                                LISTING_MOST_BYTES / (1024 * 1024));
        return 0;
    }
    if (input->read_bytes > head_bytes || text->is_raw) {
        plaintext_free_content(text);
        decode(input, true, text);
    }
    return read_text(input, text, sink, facts, err);
}

/* ---- The reader ---- */

static uint64_t text_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int text_read_part(const struct source *source, int descriptor, uint64_t part,
                          const struct reader_options *options, const struct sink *sink,
                          struct source_facts *facts, struct error *err)
{
    struct text_input input = {.source = source, .descriptor = descriptor};
    struct plaintext text = {0};
    int result = tell_kind(&input, &text, facts, err);

    (void)part;
    if (result == 0 && !source_facts_tell_unread(facts))
        result = read_whole(&input, &text, options, sink, facts, err);
    plaintext_free_content(&text);
    text_free(&input.bytes);
    return result;
}

int text_reader_tell_kind(const struct source *source, int descriptor, struct source_facts *facts,
                          struct error *err)
{
    struct text_input input = {.source = source, .descriptor = descriptor};
    struct plaintext text = {0};
    int result = tell_kind(&input, &text, facts, err);

    plaintext_free_content(&text);
    text_free(&input.bytes);
    return result;
}

/* Other text is passed over as well, but for that which may be worth a look. */
static bool text_takes(struct span head)
{
    struct plaintext text = {0};
    enum text_content content = TEXT_CONTENT_OTHER;

    if (head.left_bytes > PLAINTEXT_HEAD_BYTES)
        head.left_bytes = PLAINTEXT_HEAD_BYTES;
    if (plaintext_decode(head, false, &text))
        content = content_of(&text);
    plaintext_free_content(&text);
    return content != TEXT_CONTENT_OTHER && content != TEXT_CONTENT_PLAIN;
}

static void text_finish(struct source_facts *facts)
{
    source_facts_finish(facts, text_reader.reference);
}

const struct reader text_reader = {
    .count_parts = text_count_parts,
    .read_part = text_read_part,
    .join = source_facts_join,
    .finish = text_finish,
    .takes = text_takes,
};
