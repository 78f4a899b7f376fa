/* SPDX-License-Identifier: Apache-2.0 */
/* Magic bytes of the kinds that are met among collected files. The formats' own documents name
 * them; those of event logs are from the libevtx and libevt format documents. Listings have none:
 * they are text with marks in it. */
#include "intake/recognise.h"

#include "base/array.h"
#include "base/lines.h"
#include "model/incident.h"
#include "model/source.h"
#include "text/coding.h"
#include "text/forms.h"

struct magic {
    size_t offset_bytes;
    const char *bytes;
    size_t size_bytes;
    struct file_kind kind;
};

#define MAGIC(offset, text) \
    .offset_bytes = (offset), .bytes = (text), .size_bytes = sizeof(text) - 1

static const struct magic magics[] = {
    {MAGIC(0, "ElfFile\0"), {"evtx", "event log"}},
    {MAGIC(4096, "ElfChnk\0"), {"evtx", "event log without its file header"}},
    {MAGIC(4, "LfLe"), {"evt", "event log of Windows XP or 2003 (.evt)"}},
    {MAGIC(4, "\xEF\xCD\xAB\x89"), {SOURCE_KIND_DATABASE, "ESE database"}},
    {MAGIC(0, "SQLite format 3\0"), {"sqlite", "SQLite database"}},
    {MAGIC(0, "regf"), {"registry", "registry hive"}},
    {MAGIC(0, "PK\x03\x04"), {"zip", "zip archive"}},
    {MAGIC(0, "PK\x05\x06"), {"zip", "empty zip archive"}},
    {MAGIC(0, "7z\xBC\xAF\x27\x1C"), {"7z", "7z archive"}},
    {MAGIC(0, "\x1F\x8B"), {"gzip", "gzip file"}},
    {MAGIC(0, "BZh"), {"bzip2", "bzip2 file"}},
    {MAGIC(0, "\xFD"
              "7zXZ\0"),
     {"xz", "xz file"}},
    {MAGIC(0, "\x28\xB5\x2F\xFD"), {"zstd", "zstd file"}},
    {MAGIC(257, "ustar"), {"tar", "tar archive"}},
};

/* Marks are ASCII, so characters of code pages need not be known. */
static void decode(struct span head, enum text_coding coding, struct text *out)
{
    struct text_stretch stretch;

    while (plaintext_next_stretch(&head, &coding, &stretch)) {
        if (out->length_bytes > 0 && out->bytes[out->length_bytes - 1] != '\n')
            text_add(out, "\n");
        if (stretch.coding == TEXT_CODING_UTF16LE || stretch.coding == TEXT_CODING_UTF16BE)
            plaintext_add_utf16(out, stretch.bytes, stretch.coding);
        else
            text_add_bytes(out, (const char *)stretch.bytes.bytes, stretch.bytes.left_bytes);
    }
    plaintext_end_lines(out);
    plaintext_apply_backspaces(out);
    plaintext_drop_marks(out);
}

/* The names say what of a text that is not read may be worth a look. */
static const struct file_kind *recognise_text(struct span head, enum text_coding coding)
{
    static const struct file_kind listing = {SOURCE_KIND_LISTING, "listing of updates or licences"};
    static const struct file_kind quoting = {
        "text", "text that quotes a listing in a page, mail, script or manual"};
    static const struct file_kind naming = {"text",
                                            "text that is no listing, though it names KB971033"};
    static const struct file_kind plain = {"text", "text that is no listing"};
    const struct file_kind *kind = &plain;
    struct text text = {0};

    decode(head, coding, &text);
    switch (listing_judge_text(lines_of(text_get(&text), text.length_bytes))) {
    case LISTING_PRESENT:
        kind = &listing;
        break;
    case LISTING_QUOTED:
        kind = &quoting;
        break;
    case LISTING_ABSENT:
        if (incident_names_kb971033(text_get(&text)))
            kind = &naming;
        break;
    }
    text_free(&text);
    return kind;
}

const struct file_kind *recognise(struct span head)
{
    static const struct file_kind empty = {"empty", "empty file"};
    static const struct file_kind unknown = {"unknown", "file of an unknown kind"};
    enum text_coding coding;
    size_t mark_bytes;
    struct span at;

    if (head.left_bytes == 0)
        return &empty;
    for (size_t index = 0; index < ARRAY_COUNT(magics); index++)
        if (span_at(&head, magics[index].offset_bytes, &at) &&
            span_starts_with(&at, magics[index].bytes, magics[index].size_bytes))
            return &magics[index].kind;
    coding = plaintext_coding(head, &mark_bytes);
    if (coding == TEXT_CODING_NONE)
        return &unknown;
    return recognise_text(head, coding);
}
