/* SPDX-License-Identifier: Apache-2.0 */
/* Magic bytes of the kinds that are met among collected files. The formats' own documents name
 * them; those of event logs are from the libevtx and libevt format documents. Text has none: it is
 * told apart by its reader, in a process of its own. */
#include "intake/content.h"

#include "base/memory.h"

struct magic {
    size_t offset_bytes;
    const char *bytes; /* NULL: there is none */
    size_t size_bytes;
    const char *name; /* NULL: that of the kind */
};

/* What a log without its first pages is known by: libevtx format document, "Chunk". */
#define LOG_PAGE_BYTES 4096u
#define CHUNK_MAGIC "ElfChnk"

#define MAGIC(offset, text) \
    .offset_bytes = (offset), .bytes = (text), .size_bytes = sizeof(text) - 1

/* Those of each kind of source; a new kind says here what it begins with. */
#define MAGICS_A_KIND 2
#define NO_MAGIC {0}
#define MAGICS_SOURCE_KIND_NONE NO_MAGIC
#define MAGICS_SOURCE_KIND_FOLDER NO_MAGIC
#define MAGICS_SOURCE_KIND_EVTX \
    {MAGIC(0, "ElfFile\0")}, {MAGIC(4096, "ElfChnk\0"), "event log without its file header"}
#define MAGICS_SOURCE_KIND_CARVED NO_MAGIC
#define MAGICS_SOURCE_KIND_DATABASE {MAGIC(4, "\xEF\xCD\xAB\x89")}
#define MAGICS_SOURCE_KIND_LISTING NO_MAGIC
#define MAGICS_SOURCE_KIND_TEXT NO_MAGIC
#define MAGICS_SOURCE_KIND_UNKNOWN NO_MAGIC
#define MAGICS_SOURCE_KIND_EMPTY NO_MAGIC
#define MAGICS_SOURCE_KIND_EVT {MAGIC(4, "LfLe")}
#define MAGICS_SOURCE_KIND_SQLITE {MAGIC(0, "SQLite format 3\0")}
#define MAGICS_SOURCE_KIND_REGISTRY {MAGIC(0, "regf")}
#define MAGICS_SOURCE_KIND_ZIP \
    {MAGIC(0, "PK\x03\x04")}, {MAGIC(0, "PK\x05\x06"), "empty zip archive"}
#define MAGICS_SOURCE_KIND_7Z {MAGIC(0, "7z\xBC\xAF\x27\x1C")}
#define MAGICS_SOURCE_KIND_GZIP {MAGIC(0, "\x1F\x8B")}
#define MAGICS_SOURCE_KIND_BZIP2 {MAGIC(0, "BZh")}
#define MAGICS_SOURCE_KIND_XZ \
    {MAGIC(0, "\xFD"          \
              "7zXZ\0")}
#define MAGICS_SOURCE_KIND_ZSTD {MAGIC(0, "\x28\xB5\x2F\xFD")}
#define MAGICS_SOURCE_KIND_TAR {MAGIC(257, "ustar")}

#define MAGICS_OF(kind, ...) [kind] = {MAGICS_##kind},
static const struct magic magics[SOURCE_KIND_COUNT][MAGICS_A_KIND] = {SOURCE_KINDS(MAGICS_OF)};

static bool begins_with(const struct span *head, const struct magic *magic)
{
    struct span at;

    return magic->bytes != NULL && span_at(head, magic->offset_bytes, &at) &&
           span_starts_with(&at, magic->bytes, magic->size_bytes);
}

/* Does a chunk begin at one of the pages? */
static bool has_chunk(struct span head)
{
    struct span page;

    for (size_t at = 0; span_at(&head, at, &page) && page.left_bytes > 0; at += LOG_PAGE_BYTES)
        if (span_starts_with(&page, CHUNK_MAGIC, sizeof(CHUNK_MAGIC)))
            return true;
    return false;
}

enum source_kind content_recognise(struct span head, const char **name)
{
    enum source_kind kind = head.left_bytes == 0 ? SOURCE_KIND_EMPTY : SOURCE_KIND_UNKNOWN;

    *name = source_kind_name(kind);
    for (unsigned known = 0; known < SOURCE_KIND_COUNT; known++)
        for (unsigned index = 0; index < MAGICS_A_KIND; index++) {
            const struct magic *magic = &magics[known][index];

            if (!begins_with(&head, magic))
                continue;
            kind = (enum source_kind)known;
            *name = magic->name != NULL ? magic->name : source_kind_name(kind);
            return kind;
        }
    if (has_chunk(head)) {
        kind = SOURCE_KIND_EVTX;
        *name = "event log without its first pages";
    }
    return kind;
}
