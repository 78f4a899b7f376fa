/* SPDX-License-Identifier: Apache-2.0 */
/* machine: which computer names are one machine (DESIGN section 3). Goes by what the logs say of
 * computers alone; all of that is in memory, as its number is that of logs. Pure. */
#ifndef SPPTRIAGE_IDENTITY_MACHINE_H
#define SPPTRIAGE_IDENTITY_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* Owns everything but the computers it was made from. */
struct machines {
    struct machine *items; /* by folded name, those named after a folder behind */
    size_t count;
    size_t *owners; /* of each computer given: its machine */
    bool *own_log;  /* of each computer given: one machine wrote its whole log itself, so that
                       window_coverage can be told from it */
    struct machine_places places; /* of logs */
};

void machines_free_content(struct machines *machines);

/* Finds the machines of `computers`, which are in the order of casedb_computers, and fills *out.
 * A log without any computer name belongs to the machine that machines_near finds for it, else to
 * one with the name of its folder. */
void machines_find(const struct case_computer *computers, size_t count, struct machines *out);

/* Adds a machine without aliases and returns its index. */
size_t machines_add(struct machines *machines, const char *name);

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

#endif
