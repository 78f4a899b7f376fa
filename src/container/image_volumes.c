/* SPDX-License-Identifier: Apache-2.0 */
/* Where volumes lie on a medium: it is one, or has a table of partitions (GPT: UEFI specification
 * 2.10, chapter 5; MBR: the same, 5.2), and what they are by their first sectors. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/span.h"
#include "container/image.h"

/* Enough of a volume to tell what it is. */
#define HEAD_BYTES 4096u
#define SECTOR_BYTES 512u

/* What can be told of a volume. */
enum volume_kind {
    VOLUME_NTFS,
    VOLUME_ENCRYPTED, /* and can hold a Windows */
    VOLUME_WINDOWS,   /* can hold one, and is not read */
    VOLUME_OTHER,     /* holds no Windows 7 */
    VOLUME_UNKNOWN,
};

struct file_system {
    enum volume_kind kind;
    const char *name;
    size_t offset_bytes;
    const char *magic;
    size_t magic_bytes;
};

#define MAGIC(offset, text) (offset), (text), sizeof(text) - 1
static const struct file_system file_systems[] = {
    {VOLUME_NTFS, "NTFS", MAGIC(3, "NTFS    ")},
    {VOLUME_ENCRYPTED, "BitLocker", MAGIC(3, "-FVE-FS-")},
    {VOLUME_WINDOWS, "ReFS", MAGIC(3, "ReFS\0\0\0\0")},
    {VOLUME_OTHER, "exFAT", MAGIC(3, "EXFAT   ")},
    {VOLUME_OTHER, "FAT", MAGIC(54, "FAT1")},
    {VOLUME_OTHER, "FAT", MAGIC(82, "FAT32   ")},
    {VOLUME_OTHER, "ext", MAGIC(1080, "\x53\xEF")},
    {VOLUME_OTHER, "LVM", MAGIC(512, "LABELONE")},
    {VOLUME_OTHER, "LUKS", MAGIC(0, "LUKS\xBA\xBE")},
    {VOLUME_OTHER, "XFS", MAGIC(0, "XFSB")},
    {VOLUME_OTHER, "APFS", MAGIC(32, "NXSB")},
    {VOLUME_OTHER, "HFS+", MAGIC(1024, "H+\0\4")},
    {VOLUME_OTHER, "swap", MAGIC(4086, "SWAPSPACE2")},
};

/* What partitions are for whose content says nothing. */
enum partition_use {
    PARTITION_ANY,
    PARTITION_EMPTY_BY_RULE, /* has no file system */
    PARTITION_OF_DYNAMIC_DISK,
    PARTITION_OF_STORAGE_SPACE,
};

struct partition {
    uint64_t offset_bytes;
    uint64_t size_bytes;
    enum partition_use use;
};

struct table {
    const struct image_bytes *medium;
    struct partition items[IMAGE_VOLUMES_MOST];
    size_t count;
    bool is_cut; /* there were more, or the table cannot be read to its end */
};

static void add_partition(struct table *table, uint64_t offset_bytes, uint64_t size_bytes,
                          enum partition_use use)
{
    if (offset_bytes == 0 || size_bytes == 0 || offset_bytes >= table->medium->size_bytes)
        table->is_cut = table->is_cut || offset_bytes >= table->medium->size_bytes;
    else if (table->count == IMAGE_VOLUMES_MOST)
        table->is_cut = true;
    else
        table->items[table->count++] = (struct partition){offset_bytes, size_bytes, use};
}

/* Reads what there is of the beginning of a stretch; the rest stays zeros. */
static bool read_head(const struct image_bytes *medium, uint64_t offset_bytes, uint8_t *head)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint64_t there = offset_bytes < medium->size_bytes ? medium->size_bytes - offset_bytes : 0;
    size_t size_bytes = there < HEAD_BYTES ? (size_t)there : HEAD_BYTES;
    bool got;

    memset(head, 0, HEAD_BYTES);
    got = size_bytes > 0 && image_read(medium, offset_bytes, head, size_bytes, &err) == 0;
    error_clear(&err);
    return got;
}

static const struct file_system *recognise_volume(const uint8_t *head)
{
    for (size_t index = 0; index < ARRAY_COUNT(file_systems); index++) {
        const struct file_system *known = &file_systems[index];

        if (memcmp(head + known->offset_bytes, known->magic, known->magic_bytes) == 0)
            return known;
    }
    return NULL;
}

/* ---- MBR ---- */

#define MBR_OFFSET_SIGNATURE 510u
#define MBR_OFFSET_ENTRIES 446u
#define MBR_ENTRY_BYTES 16u
#define MBR_ENTRIES 4u
#define MBR_OFFSET_TYPE 4u
#define MBR_OFFSET_START 8u
#define MBR_OFFSET_COUNT 12u
#define MBR_TYPE_DYNAMIC 0x42u
#define MBR_TYPE_PROTECTIVE 0xEEu

struct mbr_entry {
    uint8_t type;
    uint32_t start, count; /* sectors */
};

static struct mbr_entry mbr_entry_at(const uint8_t *sector, size_t number)
{
    const uint8_t *at = sector + MBR_OFFSET_ENTRIES + number * MBR_ENTRY_BYTES;
    struct mbr_entry entry = {.type = at[MBR_OFFSET_TYPE]};

    memcpy(&entry.start, at + MBR_OFFSET_START, sizeof(entry.start));
    memcpy(&entry.count, at + MBR_OFFSET_COUNT, sizeof(entry.count));
    entry.start = le32toh(entry.start);
    entry.count = le32toh(entry.count);
    return entry;
}

static bool is_signed(const uint8_t *sector)
{
    return sector[MBR_OFFSET_SIGNATURE] == 0x55 && sector[MBR_OFFSET_SIGNATURE + 1] == 0xAA;
}

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0F || type == 0x85;
}

/* The logical drives of an extended partition: a chain of tables, each with a drive and the next
 * table, which lies behind it. */
static void walk_extended(struct table *table, uint64_t first_sector, unsigned sector_bytes)
{
    uint64_t sector = first_sector;

    for (unsigned turn = 0; turn < IMAGE_VOLUMES_MOST; turn++) {
        uint8_t head[HEAD_BYTES];
        struct mbr_entry drive, next;

        if (!read_head(table->medium, sector * sector_bytes, head) || !is_signed(head))
            break;
        drive = mbr_entry_at(head, 0);
        next = mbr_entry_at(head, 1);
        if (drive.type != 0)
            add_partition(table, (sector + drive.start) * sector_bytes,
                          (uint64_t)drive.count * sector_bytes, PARTITION_ANY);
        if (!is_extended(next.type))
            return;
        if (first_sector + next.start <= sector)
            break;
        sector = first_sector + next.start;
    }
    table->is_cut = true;
}

/* Does the MBR say that a GPT describes the disk? */
static bool is_protective(const uint8_t *sector)
{
    for (size_t number = 0; is_signed(sector) && number < MBR_ENTRIES; number++)
        if (mbr_entry_at(sector, number).type == MBR_TYPE_PROTECTIVE)
            return true;
    return false;
}

static void read_mbr(struct table *table, const uint8_t *sector, unsigned sector_bytes)
{
    table->count = 0;
    table->is_cut = false;
    for (size_t number = 0; number < MBR_ENTRIES; number++) {
        struct mbr_entry entry = mbr_entry_at(sector, number);

        if (is_extended(entry.type))
            walk_extended(table, entry.start, sector_bytes);
        else if (entry.type != 0)
            add_partition(
                table, (uint64_t)entry.start * sector_bytes, (uint64_t)entry.count * sector_bytes,
                entry.type == MBR_TYPE_DYNAMIC ? PARTITION_OF_DYNAMIC_DISK : PARTITION_ANY);
    }
}

static bool has_known_volume(const struct table *table)
{
    uint8_t head[HEAD_BYTES];

    for (size_t index = 0; index < table->count; index++)
        if (read_head(table->medium, table->items[index].offset_bytes, head) &&
            recognise_volume(head) != NULL)
            return true;
    return false;
}

/* ---- GPT ---- */

#define GPT_OFFSET_ENTRIES 72u
#define GPT_OFFSET_COUNT 80u
#define GPT_OFFSET_ENTRY_BYTES 84u
#define GPT_ENTRY_BYTES_LEAST 128u
#define GPT_ENTRY_BYTES_MOST 4096u
#define GPT_ENTRIES_MOST 1024u
#define GPT_ENTRY_OFFSET_FIRST 32u
#define GPT_ENTRY_OFFSET_LAST 40u
#define GUID_BYTES 16u

struct partition_type {
    enum partition_use use;
    const char *guid; /* as it is stored */
};

static const struct partition_type partition_types[] = {
    /* E3C9E316-0B5C-4DB8-817D-F92DF00215AE: reserved by Microsoft */
    {PARTITION_EMPTY_BY_RULE, "\x16\xE3\xC9\xE3\x5C\x0B\xB8\x4D\x81\x7D\xF9\x2D\xF0\x02\x15\xAE"},
    /* 5808C8AA-7E8F-42E0-85D2-E1E90434CFB3 and AF9B60A0-1431-4F62-BC68-3311714A69AD: the database
     * and the data of a dynamic disk */
    {PARTITION_OF_DYNAMIC_DISK, "\xAA\xC8\x08\x58\x8F\x7E\xE0\x42\x85\xD2\xE1\xE9\x04\x34\xCF\xB3"},
    {PARTITION_OF_DYNAMIC_DISK, "\xA0\x60\x9B\xAF\x31\x14\x62\x4F\xBC\x68\x33\x11\x71\x4A\x69\xAD"},
    /* E75CAF8F-F680-4CEE-AFA3-B001E56EFC2D: storage spaces */
    {PARTITION_OF_STORAGE_SPACE,
     "\x8F\xAF\x5C\xE7\x80\xF6\xEE\x4C\xAF\xA3\xB0\x01\xE5\x6E\xFC\x2D"},
};

static enum partition_use use_of_type(const uint8_t *guid)
{
    for (size_t index = 0; index < ARRAY_COUNT(partition_types); index++)
        if (memcmp(guid, partition_types[index].guid, GUID_BYTES) == 0)
            return partition_types[index].use;
    return PARTITION_ANY;
}

static void add_gpt_entry(struct table *table, const uint8_t *entry, unsigned sector_bytes)
{
    uint64_t first, last;

    memcpy(&first, entry + GPT_ENTRY_OFFSET_FIRST, sizeof(first));
    memcpy(&last, entry + GPT_ENTRY_OFFSET_LAST, sizeof(last));
    first = le64toh(first);
    last = le64toh(last);
    if (span_is_zero(span_of(entry, GUID_BYTES, 0)))
        return;
    if (last < first || last >= UINT64_MAX / sector_bytes)
        table->is_cut = true;
    else
        add_partition(table, first * sector_bytes, (last - first + 1) * sector_bytes,
                      use_of_type(entry));
}

static bool read_gpt(struct table *table, uint64_t header_bytes, unsigned sector_bytes)
{
    uint8_t head[HEAD_BYTES], entry[GPT_ENTRY_BYTES_LEAST];
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct span header = span_of(head, sizeof(head), 0);
    uint64_t entries;
    uint32_t count, entry_bytes;

    if (!read_head(table->medium, header_bytes, head) ||
        !span_starts_with(&header, "EFI PART", 8) ||
        !span_u64_at(&header, GPT_OFFSET_ENTRIES, &entries) ||
        !span_u32_at(&header, GPT_OFFSET_COUNT, &count) ||
        !span_u32_at(&header, GPT_OFFSET_ENTRY_BYTES, &entry_bytes) ||
        entries >= table->medium->size_bytes / sector_bytes ||
        entry_bytes < GPT_ENTRY_BYTES_LEAST || entry_bytes > GPT_ENTRY_BYTES_MOST)
        return false;
    table->count = 0;
    table->is_cut = count > GPT_ENTRIES_MOST;
    for (uint32_t number = 0; number < count && number < GPT_ENTRIES_MOST; number++) {
        if (image_read(table->medium, entries * sector_bytes + (uint64_t)number * entry_bytes,
                       entry, sizeof(entry), &err) != 0) {
            table->is_cut = true;
            break;
        }
        add_gpt_entry(table, entry, sector_bytes);
    }
    error_clear(&err);
    return true;
}

/* ---- The whole ---- */

/* The header lies in the second sector, a copy of it in the last. */
static bool find_gpt(struct table *table)
{
    static const unsigned sizes[] = {512, 4096};
    uint64_t size_bytes = table->medium->size_bytes;

    for (size_t index = 0; index < ARRAY_COUNT(sizes); index++)
        if (read_gpt(table, sizes[index], sizes[index]))
            return true;
    for (size_t index = 0; index < ARRAY_COUNT(sizes); index++)
        if (size_bytes > sizes[index] &&
            read_gpt(table, (size_bytes / sizes[index] - 1) * sizes[index], sizes[index]))
            return true;
    return false;
}

/* Sectors of an MBR have 512 bytes, or on disks of 4096 that: then the volumes begin there. */
static bool find_mbr(struct table *table, const uint8_t *sector)
{
    if (!is_signed(sector))
        return false;
    read_mbr(table, sector, SECTOR_BYTES);
    if (has_known_volume(table))
        return true;
    read_mbr(table, sector, 8 * SECTOR_BYTES);
    if (!has_known_volume(table))
        read_mbr(table, sector, SECTOR_BYTES);
    return true;
}

/* Finds the table that describes the disk. A GPT is one where the MBR says so, or where nothing
 * stands in its place: the one that a disk had before it was partitioned anew stays where it was,
 * its copy at the end of the disk at least. The other one is taken where nothing that is known lies
 * where the first says. */
static bool find_table(struct table *table, const uint8_t *sector, struct container_notes *notes)
{
    struct table *other = memory_allocate(1, sizeof(*other));
    bool is_gpt = !is_signed(sector) || is_protective(sector);
    bool found = is_gpt ? find_gpt(table) : find_mbr(table, sector);
    bool is_other = false, found_other, names_some = table->count > 0;

    other->medium = table->medium;
    found_other = is_gpt ? find_mbr(other, sector) : find_gpt(other);
    if (found_other && !(found && has_known_volume(table)))
        is_other = !found || has_known_volume(other);
    if (is_other)
        *table = *other;
    if (found && is_other)
        container_note(notes, names_some,
                       is_gpt ? "its GPT names no known volume: those of its MBR are read"
                              : "its MBR names no known volume: those of a GPT are read");
    else if (found_other && !is_gpt)
        container_note(notes, false, "has a GPT, too, which its MBR does not protect: not used");
    free(other);
    return found || found_other;
}

static void note_use(const struct partition *partition, bool is_incomplete,
                     struct container_notes *notes)
{
    static const char *const uses[] = {
        [PARTITION_ANY] = "has no known file system",
        [PARTITION_OF_DYNAMIC_DISK] = "is part of a dynamic disk, which is not read",
        [PARTITION_OF_STORAGE_SPACE] = "is part of a storage space, which is not read",
    };

    if (partition->use != PARTITION_EMPTY_BY_RULE)
        container_note(notes, is_incomplete || partition->use != PARTITION_ANY,
                       "the partition at byte %llu %s", (unsigned long long)partition->offset_bytes,
                       uses[partition->use]);
}

static void note_volume(const struct file_system *system, uint64_t offset_bytes, bool is_only_kind,
                        struct container_notes *notes)
{
    unsigned long long offset = offset_bytes;

    if (system->kind == VOLUME_ENCRYPTED)
        container_note(
            notes, true,
            "the volume at byte %llu is encrypted (%s): name an image of it that is open", offset,
            system->name);
    else if (system->kind == VOLUME_WINDOWS)
        container_note(notes, true, "the volume at byte %llu is not read: it is %s", offset,
                       system->name);
    else if (is_only_kind)
        container_note(notes, true, "the volume at byte %llu is not NTFS: it is %s", offset,
                       system->name);
}

/* How large the volume was when it was formatted: NTFS boot sector, bytes of a sector at 11, their
 * number at 40. */
static uint64_t formatted_size(const struct table *table, uint64_t offset_bytes)
{
    uint8_t head[HEAD_BYTES];
    struct span boot = span_of(head, sizeof(head), 0);
    uint16_t sector_bytes;
    uint64_t count, size_bytes;

    if (!read_head(table->medium, offset_bytes, head) || !span_u16_at(&boot, 11, &sector_bytes) ||
        !span_u64_at(&boot, 40, &count) || __builtin_mul_overflow(count, sector_bytes, &size_bytes))
        return 0;
    return size_bytes;
}

static void add_volume(const struct table *table, uint64_t offset_bytes, uint64_t size_bytes,
                       struct container_notes *notes, struct image_volumes *out)
{
    uint64_t there = table->medium->size_bytes - offset_bytes;

    out->items[out->count++] =
        (struct image_volume){offset_bytes, size_bytes < there ? size_bytes : there};
    if (size_bytes > there || formatted_size(table, offset_bytes) > there)
        container_note(notes, true, "the image ends within the volume at byte %llu",
                       (unsigned long long)offset_bytes);
}

static int compare_partitions(const void *left, const void *right)
{
    return compare_u64(((const struct partition *)left)->offset_bytes,
                       ((const struct partition *)right)->offset_bytes);
}

/* Partitions that begin at one place are one. */
static void order_partitions(struct table *table)
{
    size_t kept = 0;

    qsort(table->items, table->count, sizeof(table->items[0]), compare_partitions);
    for (size_t index = 0; index < table->count; index++)
        if (kept == 0 || table->items[index].offset_bytes != table->items[kept - 1].offset_bytes)
            table->items[kept++] = table->items[index];
    table->count = kept;
}

/* Of a partition that is not NTFS. An empty one holds nothing, where there is a volume beside it.
 */
static void note_partition(const struct partition *partition, const uint8_t *head, bool has_volumes,
                           struct container_notes *notes)
{
    const struct file_system *system = recognise_volume(head);

    if (system != NULL)
        note_volume(system, partition->offset_bytes, !has_volumes, notes);
    else
        note_use(partition, !has_volumes || !span_is_zero(span_of(head, HEAD_BYTES, 0)), notes);
}

static void look_at_partitions(const struct table *table, struct container_notes *notes,
                               struct image_volumes *out)
{
    uint8_t head[HEAD_BYTES];
    bool is_ntfs[IMAGE_VOLUMES_MOST] = {0};

    for (size_t index = 0; index < table->count; index++) {
        const struct partition *partition = &table->items[index];
        const struct file_system *system;

        read_head(table->medium, partition->offset_bytes, head);
        system = recognise_volume(head);
        is_ntfs[index] = system != NULL && system->kind == VOLUME_NTFS;
        if (is_ntfs[index])
            add_volume(table, partition->offset_bytes, partition->size_bytes, notes, out);
    }
    for (size_t index = 0; index < table->count; index++) {
        read_head(table->medium, table->items[index].offset_bytes, head);
        if (!is_ntfs[index])
            note_partition(&table->items[index], head, out->count > 0, notes);
    }
    if (table->is_cut)
        container_note(notes, true, "the partition table names what is not there");
}

int image_find_volumes(const struct image_bytes *medium, struct container_notes *notes,
                       struct image_volumes *out, struct error *err)
{
    struct table *table;
    uint8_t head[HEAD_BYTES] = {0};
    const struct file_system *system;

    out->count = 0;
    if (image_read(medium, 0, head,
                   medium->size_bytes < HEAD_BYTES ? (size_t)medium->size_bytes : HEAD_BYTES,
                   err) != 0)
        return -1;
    table = memory_allocate(1, sizeof(*table));
    table->medium = medium;
    system = recognise_volume(head);
    if (system != NULL && system->kind == VOLUME_NTFS)
        add_volume(table, 0, medium->size_bytes, notes, out);
    else if (system != NULL)
        note_volume(system, 0, true, notes);
    else if (find_table(table, head, notes)) {
        order_partitions(table);
        if (table->count == 0)
            container_note(notes, true, "its partition table is empty");
        look_at_partitions(table, notes, out);
    } else
        container_note(notes, true, "has no partition table and no known file system");
    free(table);
    return 0;
}
