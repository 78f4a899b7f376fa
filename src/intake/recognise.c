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
#define MAGICS_A_KIND 3
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
#define MAGICS_SOURCE_KIND_ZIP                                               \
    {MAGIC(0, "PK\x03\x04")}, {MAGIC(0, "PK\x05\x06"), "empty zip archive"}, \
        {MAGIC(0, "PK\x07\x08"), "first part of a split zip archive"}
#define MAGICS_SOURCE_KIND_7Z {MAGIC(0, "7z\xBC\xAF\x27\x1C")}
#define MAGICS_SOURCE_KIND_CAB {MAGIC(0, "MSCF\0\0\0\0")}
#define MAGICS_SOURCE_KIND_RAR {MAGIC(0, "Rar!\x1A\x07")}
#define MAGICS_SOURCE_KIND_GZIP {MAGIC(0, "\x1F\x8B")}
#define MAGICS_SOURCE_KIND_BZIP2 {MAGIC(0, "BZh")}
#define MAGICS_SOURCE_KIND_XZ \
    {MAGIC(0, "\xFD"          \
              "7zXZ\0")}
#define MAGICS_SOURCE_KIND_ZSTD {MAGIC(0, "\x28\xB5\x2F\xFD")}
#define MAGICS_SOURCE_KIND_TAR {MAGIC(257, "ustar")}
#define MAGICS_SOURCE_KIND_EWF       \
    {MAGIC(0, "EVF\x09\r\n\xFF\0")}, \
    {                                \
        MAGIC(0, "EVF2\r\n\x81\0")   \
    }
#define MAGICS_SOURCE_KIND_VHD {MAGIC(0, "conectix")}
#define MAGICS_SOURCE_KIND_VHDX {MAGIC(0, "vhdxfile")}
#define MAGICS_SOURCE_KIND_VMDK           \
    {MAGIC(0, "KDMV")},                   \
    {                                     \
        MAGIC(0, "# Disk DescriptorFile") \
    }
#define MAGICS_SOURCE_KIND_QCOW {MAGIC(0, "QFI\xFB")}
#define MAGICS_SOURCE_KIND_RAW_IMAGE NO_MAGIC

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

/* ---- Images that are nothing but the bytes of a disk or volume ---- */

/* Files of that size and below are copies of boot sectors (BOOTSECT.BAK), not images. */
#define BOOT_SECTORS_BYTES CONTENT_HEAD_BYTES
#define SIGNATURE_OFFSET_BYTES 510u

/* MBR: UEFI specification 2.10, 5.2.1. */
#define MBR_OFFSET_ENTRIES 446u
#define MBR_ENTRY_BYTES 16u
#define MBR_ENTRIES 4u
#define MBR_ACTIVE 0x80u
#define MBR_OFFSET_TYPE 4u
#define MBR_OFFSET_START 8u
#define MBR_OFFSET_COUNT 12u

/* What is not read (FAT and the like) is not known here either, but for what can hold a Windows. */
static const struct magic volume_magics[] = {
    {MAGIC(3, "NTFS    "), NULL},
    {MAGIC(3, "-FVE-FS-"), NULL},
    {MAGIC(3, "ReFS\0\0\0\0"), NULL},
};

static const struct magic gpt_magics[] = {
    {MAGIC(512, "EFI PART"), NULL},
    {MAGIC(4096, "EFI PART"), NULL},
};

/* Adds up what a partition table can be told by: is the entry one that it can have? An empty one is
 * all zeros. */
static bool is_sound_entry(struct span table, size_t number, unsigned *used, unsigned *active)
{
    struct span entry;
    uint32_t start, count;

    if (!span_at(&table, number * MBR_ENTRY_BYTES, &entry) ||
        !span_u32_at(&entry, MBR_OFFSET_START, &start) ||
        !span_u32_at(&entry, MBR_OFFSET_COUNT, &count))
        return false;
    if (entry.bytes[MBR_OFFSET_TYPE] == 0)
        return span_is_zero(span_of(entry.bytes, MBR_ENTRY_BYTES, 0));
    *used += 1;
    *active += entry.bytes[0] == MBR_ACTIVE;
    return (entry.bytes[0] == 0 || entry.bytes[0] == MBR_ACTIVE) && start > 0 && count > 0;
}

static bool has_partition_table(const struct span *head)
{
    unsigned used = 0, active = 0;
    struct span table;

    if (!span_at(head, MBR_OFFSET_ENTRIES, &table))
        return false;
    for (size_t number = 0; number < MBR_ENTRIES; number++)
        if (!is_sound_entry(table, number, &used, &active))
            return false;
    return used > 0 && active <= 1;
}

static bool is_raw_image(const struct span *head)
{
    struct span signature;

    if (head->left_bytes <= BOOT_SECTORS_BYTES)
        return false;
    for (size_t index = 0; index < ARRAY_COUNT(gpt_magics); index++)
        if (begins_with(head, &gpt_magics[index]))
            return true;
    if (!span_at(head, SIGNATURE_OFFSET_BYTES, &signature) ||
        !span_starts_with(&signature, "\x55\xAA", 2))
        return false;
    for (size_t index = 0; index < ARRAY_COUNT(volume_magics); index++)
        if (begins_with(head, &volume_magics[index]))
            return true;
    return has_partition_table(head);
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
    if (is_raw_image(&head)) {
        kind = SOURCE_KIND_RAW_IMAGE;
        *name = source_kind_name(kind);
    } else if (has_chunk(head)) {
        kind = SOURCE_KIND_EVTX;
        *name = "event log without its first pages";
    }
    return kind;
}
