/* SPDX-License-Identifier: Apache-2.0 */
/* Magic bytes of the kinds that are met among collected files. The formats' own documents name
 * them; those of event logs are from the libevtx and libevt format documents. Text has none: it is
 * told apart by its reader, in a process of its own. */
#include "intake/content.h"

#include "base/array.h"

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

const struct file_kind *content_recognise(struct span head)
{
    static const struct file_kind empty = {"empty", "empty file"};
    static const struct file_kind unknown = {SOURCE_KIND_UNKNOWN, "file of an unknown kind"};
    struct span at;

    if (head.left_bytes == 0)
        return &empty;
    for (size_t index = 0; index < ARRAY_COUNT(magics); index++)
        if (span_at(&head, magics[index].offset_bytes, &at) &&
            span_starts_with(&at, magics[index].bytes, magics[index].size_bytes))
            return &magics[index].kind;
    return &unknown;
}
