/* SPDX-License-Identifier: Apache-2.0 */
/* The paths of interest of a volume (FACTS-more.md, Containers): below Windows, wherever that lies
 * within the folders that collectors make for a drive or a shadow copy of one, and those that any
 * of these lie in: of a machine, of a round of collection. */
#include <fnmatch.h>
#include <stdlib.h>

#include "base/memory.h"
#include "container/image.h"
#include "model/layout.h"

/* How many folders whose names tell nothing there can be above those of collectors: KAPE/HOST/C. */
#define UNKNOWN_MOST 2u
/* How deep Windows is looked for: KAPE/HOST/uploads/auto/C%3A/Windows.old. */
#define SEARCH_DEPTH_MOST (UNKNOWN_MOST + 4u)
/* As many folders are opened in a volume, and as many files taken. */
#define FOLDERS_MOST 4096u
#define MEMBERS_MOST 20000u

#define DEPTH_MOST 4

/* Below Windows: folders, then the file. The logs of a hive (SOFTWARE.LOG1) are not read: a dirty
 * hive is read as it is. Of the exports that collect.cmd writes it leaves one when it is cut off.
 */
static const char *const wanted[][DEPTH_MOST] = {
    {"System32", "winevt", "Logs", "*.evtx"},
    {"System32", "config", "SOFTWARE"},
    {"System32", "config", "SYSTEM"},
    {"SoftwareDistribution", "DataStore", "DataStore.edb"},
    {"SoftwareDistribution", "ReportingEvents.log"},
    {"Logs", "spptriage-remediation*.log"},
    {"Logs", "spptriage-*.evtx"},
};

/* A folder of collect.cmd: HOST_YYYYMMDD-HHMM. */
#define COLLECTED_FOLDER "*_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-[0-9][0-9][0-9][0-9]"

/* What Velociraptor says of its collection, beside the folder with the files. */
#define CLIENT_INFO "client_info.json"
#define CLIENT_INFO_BESIDE "uploads"

struct search {
    struct ntfs *ntfs;
    size_t volume;
    struct container_notes *notes;
    struct image_members *members;
    size_t first_member; /* of this volume */
    struct text path;    /* of the present folder, with a slash behind; "" for the root */
    unsigned unknown;    /* so many folders whose names tell nothing lie above what is looked for */
    unsigned folders;
    unsigned passed_over; /* of those folders, for a limit */
    bool is_cut;
};

static bool matches(const char *pattern, const char *name)
{
    return fnmatch(pattern, name, FNM_CASEFOLD | FNM_NOESCAPE) == 0;
}

/* Does Windows lie in it or below? Acquire's `fs0` lies in a folder of its own. */
static bool is_passed(const char *name)
{
    size_t length = strlen(name);

    return layout_is_collector(name, length) || layout_is_disk(name, length) ||
           layout_is_old_installation(name, length) || layout_is_numbered(name, length, "fs");
}

static void note_unread(struct search *search, const char *why)
{
    char *path = memory_copy_text(text_get(&search->path));

    if (path[0] != '\0')
        path[strlen(path) - 1] = '\0';
    container_note(search->notes, true, "/%s of volume %zu: %s", path, search->volume + 1, why);
    free(path);
}

/* Opens a folder; one whose name tells nothing is not missed where it passes a limit. Of one that
 * is opened again, what is wrong with it was said. */
static bool open_folder_of(struct search *search, uint64_t index, bool is_unknown, bool is_new,
                           struct ntfs_folder *out)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    *out = (struct ntfs_folder){.is_over_limit = search->folders == FOLDERS_MOST};
    if (out->is_over_limit) {
        search->is_cut = search->is_cut || !is_unknown;
        search->passed_over += is_unknown && is_new;
        return false;
    }
    search->folders++;
    if (ntfs_read_folder(search->ntfs, index, out, &err) == 0)
        return true;
    if (is_new && is_unknown && out->is_over_limit)
        search->passed_over++;
    else if (is_new)
        note_unread(search, err.message);
    error_clear(&err);
    return false;
}

static bool open_folder(struct search *search, uint64_t index, struct ntfs_folder *out)
{
    return open_folder_of(search, index, false, true, out);
}

static size_t enter(struct search *search, const char *name)
{
    size_t before = search->path.length_bytes;

    text_add(&search->path, name);
    text_add(&search->path, "/");
    return before;
}

static void leave(struct search *search, size_t before)
{
    search->path.length_bytes = before;
    if (search->path.bytes != NULL)
        search->path.bytes[before] = '\0';
}

/* A file that has several names is taken by the first. */
static bool is_taken(const struct search *search, uint64_t index)
{
    for (size_t at = search->first_member; at < search->members->count; at++)
        if (search->members->items[at].index == index)
            return true;
    return false;
}

static void take_file(struct search *search, const struct ntfs_entry *entry)
{
    struct image_members *members = search->members;
    struct image_member *member;

    if (members->count == MEMBERS_MOST)
        search->is_cut = true;
    if (members->count == MEMBERS_MOST || is_taken(search, entry->index))
        return;
    members->items = memory_grow(members->items, members->count, sizeof(*members->items));
    member = &members->items[members->count++];
    *member = (struct image_member){.volume = search->volume, .index = entry->index};
    member->path = memory_format("%s%s", text_get(&search->path), entry->name);
    ntfs_describe_file(search->ntfs, entry->index, &member->file);
}

/* Which of the `rows` of `wanted` (a bit each) the entry goes on with at this depth. Sets *is_last
 * where it is the file that one of them names. */
static unsigned rows_of(const struct ntfs_entry *entry, unsigned rows, unsigned depth,
                        bool *is_last)
{
    unsigned found = 0;

    *is_last = false;
    for (unsigned row = 0; row < ARRAY_COUNT(wanted); row++) {
        bool ends = depth + 1 == DEPTH_MOST || wanted[row][depth + 1] == NULL;

        if ((rows & 1u << row) == 0 || !matches(wanted[row][depth], entry->name))
            continue;
        if (ends)
            *is_last = true;
        else
            found |= 1u << row;
    }
    return found;
}

/* Takes what is wanted in the folder, which is `depth` levels below Windows. */
static void collect(struct search *search, uint64_t index, unsigned rows, unsigned depth)
{
    struct ntfs_folder folder;

    if (open_folder(search, index, &folder)) {
        if (folder.unnamed > 0)
            note_unread(search, "some of its entries cannot be read");
        for (size_t at = 0; at < folder.count; at++) {
            const struct ntfs_entry *entry = &folder.entries[at];
            bool is_last;
            unsigned found = rows_of(entry, rows, depth, &is_last);

            if (is_last && !entry->is_folder)
                take_file(search, entry);
            if (found != 0 && entry->is_folder) {
                size_t before = enter(search, entry->name);

                collect(search, entry->index, found, depth + 1);
                leave(search, before);
            }
        }
    }
    ntfs_folder_free(&folder);
}

static void take_all(struct search *search, uint64_t index)
{
    struct ntfs_folder folder;

    if (open_folder(search, index, &folder))
        for (size_t at = 0; at < folder.count; at++)
            if (!folder.entries[at].is_folder)
                take_file(search, &folder.entries[at]);
    ntfs_folder_free(&folder);
}

static void look_into(struct search *search, uint64_t index, unsigned depth, unsigned unknown);

/* The folder lies `depth` folders below the root, of which the `unknown` first are of unknown
 * names. Those of known ones are looked at in the turn that is for as many unknown ones. */
static void look_at(struct search *search, const struct ntfs_entry *entry, unsigned depth,
                    unsigned unknown)
{
    size_t before = enter(search, entry->name);
    bool is_its_turn = unknown == search->unknown;

    if (matches("Windows", entry->name)) {
        if (is_its_turn)
            collect(search, entry->index, (1u << ARRAY_COUNT(wanted)) - 1, 0);
    } else if (depth == unknown && matches(COLLECTED_FOLDER, entry->name)) {
        if (is_its_turn)
            take_all(search, entry->index);
    } else if (is_passed(entry->name)) {
        if (is_its_turn)
            look_into(search, entry->index, depth + 1, unknown);
    } else if (depth == unknown && !is_its_turn && entry->name[0] != '$') {
        look_into(search, entry->index, depth + 1, unknown + 1);
    }
    leave(search, before);
}

static const struct ntfs_entry *find_entry(const struct ntfs_folder *folder, const char *name,
                                           bool is_folder)
{
    for (size_t at = 0; at < folder->count; at++)
        if (folder->entries[at].is_folder == is_folder && matches(name, folder->entries[at].name))
            return &folder->entries[at];
    return NULL;
}

static void take_client_info(struct search *search, const struct ntfs_folder *folder)
{
    const struct ntfs_entry *entry = find_entry(folder, CLIENT_INFO, false);

    if (entry != NULL && find_entry(folder, CLIENT_INFO_BESIDE, true) != NULL)
        take_file(search, entry);
}

/* Looks for Windows in the folder. */
static void look_into(struct search *search, uint64_t index, unsigned depth, unsigned unknown)
{
    bool is_unknown = depth > 0 && depth == unknown, is_its_turn = unknown == search->unknown;
    struct ntfs_folder folder;

    if (depth > SEARCH_DEPTH_MOST)
        return;
    if (open_folder_of(search, index, is_unknown, is_its_turn, &folder)) {
        if (folder.unnamed > 0 && !is_unknown && is_its_turn)
            note_unread(search, "some of its entries cannot be read");
        if (is_its_turn)
            take_client_info(search, &folder);
        for (size_t at = 0; at < folder.count; at++)
            /* The root folder has an entry for itself. */
            if (folder.entries[at].is_folder && folder.entries[at].index != index)
                look_at(search, &folder.entries[at], depth, unknown);
    }
    ntfs_folder_free(&folder);
}

void image_find_members(struct ntfs *ntfs, size_t volume, struct container_notes *notes,
                        struct image_members *members)
{
    struct search search = {.ntfs = ntfs,
                            .volume = volume,
                            .notes = notes,
                            .members = members,
                            .first_member = members->count};

    /* What lies further up is found whatever there is further down. */
    for (; search.unknown <= UNKNOWN_MOST; search.unknown++)
        look_into(&search, NTFS_ROOT_INDEX, 0, 0);
    if (search.passed_over > 0)
        container_note(notes, false,
                       "%u folders of volume %zu were not looked through, for their size or number",
                       search.passed_over, volume + 1);
    if (search.is_cut)
        container_note(notes, true, "the volume has more folders or files than are looked at");
    text_free(&search.path);
}

void image_members_free(struct image_members *members)
{
    for (size_t index = 0; index < members->count; index++) {
        free(members->items[index].path);
        free(members->items[index].file.why_unread);
    }
    free(members->items);
    *members = (struct image_members){0};
}
