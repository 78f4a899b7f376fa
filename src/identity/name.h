/* SPDX-License-Identifier: Apache-2.0 */
/* name: tables of names of hosts, compared as model/hostname.h says. A table holds distinct names,
 * folded and in order; a key is the place of a name in it. What is known of names is kept in arrays
 * by key, and the fully qualified forms of a short name are a range of keys. */
#ifndef SPPTRIAGE_IDENTITY_NAME_H
#define SPPTRIAGE_IDENTITY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as zeros; owns its names. Names are added, then the table is sealed, then asked. */
struct name_table {
    char **folded; /* once sealed: distinct, ascending by bytes */
    size_t count;
};

#define NAME_NONE ((size_t)-1)

void name_table_free_content(struct name_table *table);
void name_table_add(struct name_table *table, const char *name);
void name_table_seal(struct name_table *table);

/* The key of the name, or NAME_NONE. */
size_t name_table_find(const struct name_table *table, const char *name);

/* The key of the one fully qualified name whose first label is this short name, which need not be
 * in the table itself; NAME_NONE where there is none or are several, or for a name with a dot. */
size_t name_table_find_full(const struct name_table *table, const char *name);

/* Keys from `first` up to but without `end`. */
struct name_range {
    size_t first;
    size_t end;
};

/* The fully qualified names whose first label is this short name; none for a name that is fully
 * qualified itself. */
struct name_range name_table_full_names(const struct name_table *table, size_t key);

/* Is it one of them? */
bool name_range_has(struct name_range range, size_t key);

/* What the name means: the one fully qualified name with that first label, where there is exactly
 * one; else itself. */
size_t name_table_meaning(const struct name_table *table, size_t key);

/* The short name that means this fully qualified one; NAME_NONE where the table has none. */
size_t name_table_short_name(const struct name_table *table, size_t key);

/* Does a short name mean neither of several fully qualified ones? The same of a name that need not
 * be in the table itself. */
bool name_table_is_shared(const struct name_table *table, size_t key);
bool name_table_means_several(const struct name_table *table, const char *name);

/* The one number that `owner_of` has for the keys of which `host` is the NetBIOS name, cut off;
 * NAME_NONE, which is also that of keys without an owner, where there is none or are several, which
 * *several tells. */
size_t name_table_netbios_owner(const struct name_table *table, const size_t *owner_of,
                                const char *host, bool *several);

/* Do the bytes from `start` up to `end`, a name in a text, stand alone: is what stands before and
 * behind them neither letter nor digit, of any script? */
bool name_stands_alone(const char *text, size_t start, size_t end);

/* Is the character at that byte a letter or a digit, of any script? */
bool name_has_character(const char *text, size_t at);

/* ---- Names of files (file_name.c) ---- */

/* Where in the name of a file that of its host stands. Dates before or behind it, and the
 * extension, do not count. */
enum name_side {
    NAME_SIDE_BEGIN,
    NAME_SIDE_END,
    NAME_SIDE_ANY,
};

/* Returns owned: the host that the name of the file spells, whoever knows it: what is left of that
 * side where the words of tools, dates and the extension end it. NULL where that is no name. */
char *file_name_host(const char *file_name, enum name_side side)
    __attribute__((warn_unused_result));

/* Is some of the name that of a tool, or a date? */
bool file_name_has_tool(const char *file_name);

/* Does the name of the file begin, or end, with that of the host: the same, its short form, or its
 * NetBIOS name? */
bool file_name_has_host(const char *file_name, const char *host, enum name_side side);

/* What the name of a file says of hosts that are known. */
struct known_naming {
    char *host;   /* owned: the first of them, the longest name there; NULL without one */
    bool at_end;  /* the file's name begins or ends with one, but for words of tools, dates, numbers
                     of copies and extensions */
    bool several; /* another host is in it, too */
};

/* Names count that `is_known` says are those of hosts, bounded by neither letter nor digit; of one
 * or two characters, or of the words of a tool, only where no other is there and the file's name
 * begins or ends so. */
struct known_naming file_name_known_hosts(const char *file_name,
                                          bool (*is_known)(const void *, const char *),
                                          const void *context);

/* Are they the same name, one the fully qualified form of the other, or its NetBIOS name? */
bool names_are_one_host(const char *left, const char *right);

/* ---- Names of containers (container_name.c) ---- */

/* Is that part of a path, without slashes, the name of a container with the mark behind it? */
bool container_is_name(const char *name, size_t length);

/* Returns owned: the name, with the mark or without it, as one of a file with one extension. */
char *container_file_name(const char *name, size_t length) __attribute__((warn_unused_result));

/* The host that a collector put into the name of a container. */
struct container_host {
    char *name;                /* owned; NULL where it is not a name of a collector that is known */
    bool is_sure;              /* the form of the name leaves no other reading */
    bool may_have_name_before; /* what stands before a `_` in it can be something else */
};

struct container_host container_host(const char *name, size_t length);

/* Is the title of a folder or container no name of a host, but a word for what is in it, the name
 * of a tool, or a date? */
bool container_title_is_word(const char *title);

/* Returns owned: what a machine is called that only the name of the container tells of: the host in
 * it, else what it spells, else all of it but the extensions. */
char *container_title(const char *name, size_t length) __attribute__((warn_unused_result));

/* ---- Names and the machines they stand for ---- */

/* Starts as zeros. Names are added to `names`; then the table is sealed, which leaves every key
 * without machine and spelling. Machines are numbers of the caller's, NAME_NONE for none. */
struct host_table {
    struct name_table names;
    size_t *machine_of;     /* owned: of each key */
    bool *is_several;       /* owned: of each key: several machines have that very name, and so none
                             * of them is the one of it */
    const char **spellings; /* owned: of each key, as it is first written; borrowed, or NULL */
};

void host_table_seal(struct host_table *hosts);
void host_table_free_content(struct host_table *hosts);

/* Says whose a name of the table is. */
void host_table_set(struct host_table *hosts, const char *name, size_t machine);

/* Keeps how a name of the table is written, unless that is known already. Borrows the name. */
void host_table_spell(struct host_table *hosts, const char *name);

/* The key of the name, or of the one fully qualified name that it means; or NAME_NONE. */
size_t host_table_find(const struct host_table *hosts, const char *name);

/* The machine of that name, or of the other form of it, short or fully qualified. The name itself
 * need not be in the table. */
size_t host_table_machine(const struct host_table *hosts, const char *name);

/* Have several machines the very name of that key, or the short name that means it? */
bool host_table_is_several(const struct host_table *hosts, size_t key);

#endif
