/* SPDX-License-Identifier: Apache-2.0 */
/* machine: which computer names are one machine, and whose the sources without events and the hosts
 * of the inventory are (DESIGN section 3). What the case says of computers and hosts is in memory,
 * as its number is that of sources. Pure. */
#ifndef SPPTRIAGE_IDENTITY_MACHINE_H
#define SPPTRIAGE_IDENTITY_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "case/casedb.h"
#include "identity/name.h"

#define MACHINE_NONE NAME_NONE

struct machine {
    char *name;                /* owned: the newest */
    char **aliases;            /* owned: earlier names, oldest first */
    uint64_t *alias_filetimes; /* owned: of the last event under each */
    size_t alias_count;
    char **folded;    /* owned: name and aliases, folded and in order */
    bool shared_name; /* its name, or a log of it, may be another machine's too */
    bool is_client;   /* the log of a KMS host names it, and no log of its own */
};

/* A place that logs of a machine lie in. */
struct machine_place {
    char *path; /* owned */
    size_t machine;
    bool own; /* the machine itself wrote the whole log that lies there */
};

/* Places by path. */
struct machine_places {
    struct machine_place *items; /* owned */
    size_t count;
};

/* A name that a machine had before its newest one. */
struct earlier_name {
    char *folded; /* owned */
    size_t machine;
    uint64_t last_filetime; /* of its last event under it */
};

/* In order of names, then of machines. */
struct earlier_names {
    struct earlier_name *items; /* owned */
    size_t count;
};

/* Owns everything but the computers it was made from. */
struct machines {
    struct machine *items; /* by folded name, those named after a folder behind */
    size_t count;
    size_t *owners; /* of each computer given: its machine; MACHINE_NONE: nobody's */
    bool *own_log;  /* of each computer given: one machine wrote its whole log itself, so that
                       window_coverage can be told from it */
    bool *decides;  /* of each computer given: false where it is nobody's, or of an earlier
                       installation of its machine */
    struct machine_places places; /* of logs */
    struct earlier_names earlier; /* of all of them */
};

void machines_free_content(struct machines *machines);

struct installation_signs;

/* Finds the machines of `computers`, which are in the order of casedb_computers, and fills *out.
 * A log without any computer name belongs to the machine that machines_near finds for it, else to
 * the one with the name of its folder. */
void machines_find(const struct case_computer *computers, size_t count,
                   const struct installation_signs *signs, struct machines *out);

/* Adds a machine without aliases and returns its index. */
size_t machines_add(struct machines *machines, const char *name);

/* The machine of that name of the table, or of the other form of it; made where there is none, with
 * the table's spelling, or as it is given where only machines that share it have the name. */
size_t machines_of_host(struct machines *machines, struct host_table *hosts, const char *name);

void earlier_names_list(struct earlier_names *names, const struct machines *machines);
void earlier_names_free_content(struct earlier_names *names);

/* Adds the newest names of the machines that had the name earlier, "NEW, NEW2", to `out`; nothing
 * where none had. */
void machines_add_renamed(const struct machines *machines, const char *name, struct text *out);

/* The one machine that had the name, in either form, and still did at that time or a day before at
 * most; or MACHINE_NONE. */
size_t machine_of_earlier_name(const struct machines *machines, const char *name,
                               uint64_t filetime);

/* Lists the folded names of a machine that has all of its names. */
void machine_fold_names(struct machine *machine);

/* Has the machine that name, short or fully qualified? */
bool machine_is_named(const struct machine *machine, const char *name);

/* Has the machine that name, or had it, as a listing of it or a folder would write it: short or
 * fully qualified, or the NetBIOS name, which is cut off? */
bool machine_answers_to(const struct machine *machine, const char *name);

/* The machine of the nearest enclosing folder of `path` in which the logs name exactly one, or
 * MACHINE_NONE: also where all of these lie in a folder that names the machine, which the path
 * does not, so that it has a folder of its own beside that one. Of a path without a folder, that is
 * the working folder. */
size_t machines_near(const struct machines *machines, const char *path);

/* The machine that a path is near to. */
struct near {
    size_t machine;       /* or MACHINE_NONE */
    bool by_logs;         /* they tell so, and not hosts that other sources name */
    size_t folder_length; /* of the path of the folder that tells so; 0: the working folder */
};

/* The same, where besides `named` lists places of sources that name their host themselves: they
 * count where logs tell no machine, in folders in which there are none. */
struct near machines_near_named(const struct machines *machines, const struct machine_places *named,
                                const char *path);

/* How sure it is that what lies near a machine is of it. */
enum belonging {
    BELONGING_SURE,         /* it lies in the folder of the machine's own logs, or below it */
    BELONGING_AMONG_OTHERS, /* but files there name other hosts */
    BELONGING_WITHIN, /* the same, but in a container there, or in a copy of a disk in a folder */
    BELONGING_BESIDE, /* the logs lie elsewhere, or the machine did not write them itself */
    BELONGING_LISTED, /* no logs tell so, but hosts that other sources name */
};

/* `naming` are the places of all that names its host, by its content or by its file's name. Folders
 * of Windows' and collectors' layout count as one (DESIGN section 3). */
enum belonging machines_belonging(const struct machines *machines,
                                  const struct machine_places *naming, const char *path,
                                  const struct near *near);

/* Adds a copy of the place, behind the others. */
void machine_places_add(struct machine_places *places, const char *path, size_t machine, bool own);

/* Keeps one of those of one machine and path: a log of many names has as many. */
void machine_places_sort(struct machine_places *places);

/* The next place from number *at on, 0 at first, that lies in the folder which the first `length`
 * bytes of `path` are, 0 for the working folder, or below it; NULL behind the last. */
const struct machine_place *machine_places_next(const struct machine_places *places, size_t *at,
                                                const char *path, size_t length);
void machine_places_free_content(struct machine_places *places);

/* Stands for the name of the working folder, in which files lie that are named without one. */
#define MACHINE_WORKING_FOLDER "."

/* Returns owned: the name of the folder that the path lies in, or, where that belongs to the layout
 * of Windows (`HOST/C/Windows/System32/winevt/Logs`), of the one that holds the copy of the disk.
 * Where there is no such name, MACHINE_WORKING_FOLDER or the path itself. */
char *machine_folder_name(const char *path) __attribute__((warn_unused_result));

/* Returns owned: the path of that folder; where it has no such name, the same as above. */
char *machine_folder_path(const char *path) __attribute__((warn_unused_result));

/* Returns owned: the name of the folder whose path the first `length` bytes are; of a container
 * what its name tells (container_title). */
char *machine_title(const char *path, size_t length) __attribute__((warn_unused_result));

/* The length of the path of the folder in which names of one machine may follow each other: the one
 * that holds the copies of its disks, else that of the file. */
size_t machine_tree_length(const char *path);

/* Do several machines have logs in that folder, so that its name is that of none? */
bool machines_share_folder(const struct machines *machines, const char *path);

/* Does the path lie below the folder that Windows' setup puts an earlier installation in?
 * *root_length is then the length of the path of the folder in which the present one lies. */
bool machine_path_is_old(const char *path, size_t *root_length);

/* Does the path lie in the folder in which Windows keeps older copies of its hives, or in a shadow
 * copy of the disk? */
bool machine_path_is_copy(const char *path);

/* Does it lie in a shadow copy? */
bool machine_path_is_shadow(const char *path);

/* Do the two lie in Windows on disks of different letters or names? */
bool machine_path_is_other_disk(const char *path, const char *other);

/* What a path has, below the folder that the first `length` bytes of it are, that may be of another
 * host: a folder that is no collector's, before the copy of a disk begins, or a container. What is
 * called as `own_name` is, or is Velociraptor's encrypted part of a collection, does not count. */
enum below {
    BELOW_NOTHING,
    BELOW_FOLDER,
    BELOW_CONTAINER, /* whatever else there is */
};

enum below machine_path_below(const char *path, size_t length, const char *own_name);

/* Does it lie in a copy of a disk, among what is of Windows? */
bool machine_path_is_disk(const char *path);

/* ---- Folder trees whose machine something in them names (DESIGN section 3): a SYSTEM hive, or
 * what a collector wrote down. The tree is the folder that holds the copy of the disk, else the one
 * that what names it lies in, with all that is below. Of several disks in it that have Windows,
 * each one that has a hive is a tree by itself, too ---- */

struct machine_tree {
    char *folder; /* owned: its path */
    char *path;   /* owned: of what names the machine */
    size_t machine;
    bool covers_all;    /* what names it speaks for the folders below as well */
    bool is_of_several; /* what is in it names several machines */
};

/* By folder. Starts as zeros. */
struct machine_trees {
    struct machine_tree *items; /* owned */
    size_t count;
};

/* They are added, then sorted, then found. */
void machine_trees_add(struct machine_trees *trees, const char *path, size_t machine,
                       bool covers_all);
void machine_trees_sort(struct machine_trees *trees);

/* The innermost tree that the path lies in, that of its disk first, or NULL. *is_in_it: it lies in
 * that very folder, or in the copy of the disk there; else in a folder below, of which nothing is
 * known. *folder_length is the length of the path of the tree's folder, or disk. */
const struct machine_tree *machine_trees_find(const struct machine_trees *trees, const char *path,
                                              bool *is_in_it, size_t *folder_length);
void machine_trees_free_content(struct machine_trees *trees);

/* The length of the folder's part of a path, without the slash; 0 for a bare file name. */
size_t machine_folder_length(const char *path);

/* ---- Clients of KMS hosts (client.c) ---- */

/* One, as one log names it. */
struct kms_client {
    int64_t id; /* in the case */
    int64_t source_id;
    int64_t computer_id; /* of the KMS host */
    char *name;          /* owned */
    bool has_row;  /* it makes a machine where there is none: a Windows 7, or of the inventory */
    bool is_known; /* by records that were walked */
    bool decides;  /* as the log of the KMS host does */
    uint64_t last_filetime; /* of its last request */
    size_t machine;         /* filled in: whose it is, or MACHINE_NONE */
};

struct inventory_host;

/* Finds the machines of the clients, which are in the order of casedb_clients: that of the name,
 * short or fully qualified, or that which had the name then; else one of its own, for those that
 * have a row. Those that have their machine keep it, so that others can be asked about again once
 * more machines are known. */
void kms_clients_match(struct kms_client *clients, size_t count, struct machines *machines);

/* Marks those that have a row because they are of the inventory. */
void kms_clients_note_inventory(struct kms_client *clients, size_t count,
                                const struct inventory_host *inventory, size_t inventory_count);

void kms_clients_free(struct kms_client *clients, size_t count);

/* ---- Sources without events ---- */

/* A host of such a source, in one place. */
struct source_host {
    struct case_source_host said; /* texts owned */
    size_t machine;               /* filled in */
    char *remark;  /* filled in, owned: on how it was found where that is not plain, or
                    * NULL */
    bool is_guess; /* filled in: neither metadata nor names tell so for sure (DESIGN section 3) */
    bool earlier_installation; /* filled in: it is of one, and decides nothing */
};

/* Does it name the host whole? One that was cut off tells less than the place does: it only has to
 * fit. */
bool source_host_is_named(const struct source_host *host);

struct inventory_host;

/* Finds the machines of the hosts, which are in the order of casedb_source_hosts. One that is named
 * is of the machine with that name, short or fully qualified; of the machine it lies beside where
 * that has, or had, the name; else of a machine of its own. One that is not is of the host that the
 * name of its file tells; of the machine it lies beside; else of one with the name of its folder.
 * Adds the machines that there are no logs of. Hosts of the inventory are known ones. */
void source_hosts_match(struct source_host *hosts, size_t count,
                        const struct inventory_host *inventory, size_t inventory_count,
                        struct machines *machines);

void source_hosts_free(struct source_host *hosts, size_t count);

/* ---- Hosts that names of files and folders tell (naming.c) ---- */

enum naming_kind {
    NAMING_NONE,
    NAMING_KNOWN,     /* the name begins or ends with that of a known host */
    NAMING_WITHIN,    /* it has that of a known host elsewhere in it */
    NAMING_SEVERAL,   /* it has those of several known hosts, of which this is the first */
    NAMING_PATTERN,   /* it has a host where the files beside it have theirs */
    NAMING_FOLDERS,   /* the folders beside it have the names of their hosts */
    NAMING_CONTAINER, /* it has none, but the name of its container has: a known one at its begin or
                         end, where other containers have theirs, or where its collector puts it */
    NAMING_SPELLED,   /* it differs from those of the files beside it, for which nothing speaks, too
                       */
};

struct naming {
    enum naming_kind kind;
    char *host;              /* owned; NULL for none */
    size_t container_length; /* of a container: that of its path */
    bool is_guess;           /* of a container: its name can mean something else */
};

/* Starts as zeros; owns all. */
struct namings {
    struct name_table known; /* hosts of logs, of other sources and of the inventory */
    size_t *keys;            /* of each: its key */
    struct naming *items;    /* of each host given; none of those that have a name */
    size_t count;
};

void namings_find(struct namings *namings, const struct machines *machines,
                  const struct source_host *hosts, size_t count,
                  const struct inventory_host *inventory, size_t inventory_count);
void namings_free_content(struct namings *namings);

/* Returns owned: the known host that the name of a folder of the path has in it, of the innermost
 * folder that has such a name, and sets *folder_length to the length of its path; NULL
 * without one. */
char *namings_of_folders(const struct namings *namings, const char *path, size_t *folder_length)
    __attribute__((warn_unused_result));

/* What stands behind the last slash. Borrowed. */
const char *path_last_part(const char *path);

/* ---- The inventory ---- */

struct inventory_host {
    int64_t id;
    char *name;     /* owned */
    size_t machine; /* filled in: the machine it is, or MACHINE_NONE: nothing was collected */
    bool repeated;  /* filled in: another host of the list is that machine already */
    bool shared;    /* filled in: a short or NetBIOS name that several machines could have */
    char *reason;   /* filled in, owned: for one that was not collected, else NULL */
};

/* Matches the hosts, in the order of the file, with the machines by newest name: first those that
 * have the very name, then the short and fully qualified forms, last the NetBIOS names that fit one
 * machine, and no host without one. A machine whose short name several fully qualified hosts share
 * is marked as such. */
void inventory_match(struct inventory_host *hosts, size_t host_count, struct machines *machines);

void inventory_free(struct inventory_host *hosts, size_t host_count);

#endif
