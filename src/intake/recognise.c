/* SPDX-License-Identifier: Apache-2.0 */
/* Magic bytes of the kinds that are met among collected files. The formats' own documents name
 * them; those of event logs are from the libevtx and libevt format documents. Text has none: it is
 * told apart by its reader, in a process of its own. */
#include "intake/content.h"

#include "base/memory.h"

struct magic {
    size_t offset_bytes;
    const char *bytes;
    size_t size_bytes;
    enum source_kind kind;
    const char *name; /* NULL: that of the kind */
};

#define MAGIC(offset, text) \
    .offset_bytes = (offset), .bytes = (text), .size_bytes = sizeof(text) - 1

static const struct magic magics[] = {
    {MAGIC(0, "ElfFile\0"), .kind = SOURCE_KIND_EVTX},
    {MAGIC(4096, "ElfChnk\0"), SOURCE_KIND_EVTX, "event log without its file header"},
    {MAGIC(4, "LfLe"), .kind = SOURCE_KIND_EVT},
    {MAGIC(4, "\xEF\xCD\xAB\x89"), .kind = SOURCE_KIND_DATABASE},
    {MAGIC(0, "SQLite format 3\0"), .kind = SOURCE_KIND_SQLITE},
    {MAGIC(0, "regf"), .kind = SOURCE_KIND_REGISTRY},
    {MAGIC(0, "PK\x03\x04"), .kind = SOURCE_KIND_ZIP},
    {MAGIC(0, "PK\x05\x06"), SOURCE_KIND_ZIP, "empty zip archive"},
    {MAGIC(0, "7z\xBC\xAF\x27\x1C"), .kind = SOURCE_KIND_7Z},
    {MAGIC(0, "\x1F\x8B"), .kind = SOURCE_KIND_GZIP},
    {MAGIC(0, "BZh"), .kind = SOURCE_KIND_BZIP2},
    {MAGIC(0, "\xFD"
              "7zXZ\0"),
     .kind = SOURCE_KIND_XZ},
    {MAGIC(0, "\x28\xB5\x2F\xFD"), .kind = SOURCE_KIND_ZSTD},
    {MAGIC(257, "ustar"), .kind = SOURCE_KIND_TAR},
};

static bool begins_with(const struct span *head, const struct magic *magic)
{
    struct span at;

    return span_at(head, magic->offset_bytes, &at) &&
           span_starts_with(&at, magic->bytes, magic->size_bytes);
}

enum source_kind content_recognise(struct span head, const char **name)
{
    enum source_kind kind = head.left_bytes == 0 ? SOURCE_KIND_EMPTY : SOURCE_KIND_UNKNOWN;
    const char *own_name = NULL;

    for (size_t index = 0; index < ARRAY_COUNT(magics); index++)
        if (begins_with(&head, &magics[index])) {
            kind = magics[index].kind;
            own_name = magics[index].name;
            break;
        }
    *name = own_name != NULL ? own_name : source_kind_name(kind);
    return kind;
}
