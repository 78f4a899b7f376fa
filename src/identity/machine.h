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
    char *name;     /* owned: the newest */
    char **aliases; /* owned: earlier names, oldest first */
    size_t alias_count;
    bool shared_name; /* its name, or a log of it, may be another machine's too */
};

/* A place that logs of a machine lie in. */
struct machine_place {
    char *path; /* owned */
    size_t machine;
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
    size_t *owners; /* of each computer given: its machine */
    bool *own_log;  /* of each computer given: one machine wrote its whole log itself, so that
                       window_coverage can be told from it */
    struct machine_places places; /* of logs */
    struct earlier_names earlier; /* of all of them */
};

void machines_free_content(struct machines *machines);

/* Finds the machines of `computers`, which are in the order of casedb_computers, and fills *out.
 * A log without any computer name belongs to the machine that machines_near finds for it, else to
 * the one with the name of its folder. */
void machines_find(const struct case_computer *computers, size_t count, struct machines *out);

/* Adds a machine without aliases and returns its index. */
size_t machines_add(struct machines *machines, const char *name);

/* The machine of that name of the table, or of the other form of it; made where there is none, with
 * the table's spelling. */
size_t machines_of_host(struct machines *machines, struct host_table *hosts, const char *name);

void earlier_names_list(struct earlier_names *names, const struct machines *machines);
void earlier_names_free_content(struct earlier_names *names);

/* Adds the newest names of the machines that had the name earlier, "NEW, NEW2", to `out`; nothing
 * where none had. */
void machines_add_renamed(const struct machines *machines, const char *name, struct text *out);

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
    size_t machine; /* or MACHINE_NONE */
    bool is_beside; /* it has nothing in the folder of the path, but beside that */
};

/* The same, where besides `named` lists places of sources that name their host themselves: they
 * count in a folder in which logs name none. */
struct near machines_near_named(const struct machines *machines, const struct machine_places *named,
                                const char *path);

void machine_places_sort(struct machine_places *places);
void machine_places_free_content(struct machine_places *places);

/* Stands for the name of the working folder, in which files lie that are named without one. */
#define MACHINE_WORKING_FOLDER "."

/* Returns owned: the name of the folder that the path lies in, or, where that belongs to the layout
 * of Windows (`HOST/C/Windows/System32/winevt/Logs`), of the one that holds the copy of the disk.
 * Where there is no such name, MACHINE_WORKING_FOLDER or the path itself. */
char *machine_folder_name(const char *path) __attribute__((warn_unused_result));

/* Returns owned: the path of that folder; where it has no such name, the same as above. */
char *machine_folder_path(const char *path) __attribute__((warn_unused_result));

/* Do several machines have logs in that folder, so that its name is that of none? */
bool machines_share_folder(const struct machines *machines, const char *path);

/* The length of the folder's part of a path, without the slash; 0 for a bare file name. */
size_t machine_folder_length(const char *path);

/* ---- Sources without events ---- */

/* A host of such a source, in one place. */
struct source_host {
    struct case_source_host said; /* texts owned */
    size_t machine;               /* filled in */
    char *remark;  /* filled in, owned: on how it was found where that is not plain, or
                    * NULL */
    bool is_guess; /* filled in: neither a name nor a folder of its own tells so */
};

/* Finds the machines of the hosts, which are in the order of casedb_source_hosts. One that is named
 * is of the machine with that name, short or fully qualified; of the machine it lies beside where
 * that has, or had, the name; else of a machine of its own. One that is not is of the machine it
 * lies beside, else of one with the name of its folder. Adds the machines that there are no logs
 * of. */
void source_hosts_match(struct source_host *hosts, size_t count, struct machines *machines);

void source_hosts_free(struct source_host *hosts, size_t count);

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
