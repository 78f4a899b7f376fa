/* SPDX-License-Identifier: Apache-2.0 */
/* writers: the reports, each written by the file of its name, and what several of them say. */
#ifndef SPPTRIAGE_REPORT_WRITERS_H
#define SPPTRIAGE_REPORT_WRITERS_H

#include <stdbool.h>

#include "base/text.h"
#include "case/casedb.h"
#include "model/incident.h"
#include "model/observation.h"
#include "model/words.h"
#include "report/staging.h"
#include "verdict/signal.h"

struct csv_writer;

/* ---- hosts.csv, one row a machine ---- */

enum hosts_column_kind {
    HOSTS_HOST,
    HOSTS_ALIASES,
    HOSTS_SOURCES,
    HOSTS_TEXT,   /* const char *; this and the next are of the verdict */
    HOSTS_WORD,   /* an enum of `words` */
    HOSTS_WORDS,  /* uint32_t: some members of that set */
    HOSTS_NUMBER, /* uint64_t */
    HOSTS_TIME,   /* uint64_t: a FILETIME, 0 for none */
};

struct hosts_column {
    const char *name;
    enum hosts_column_kind kind;
    size_t offset_bytes;          /* in struct case_verdict */
    const struct word_set *words; /* of HOSTS_WORD and HOSTS_WORDS */
};

/* The column of that name of hosts.csv, or of those that the page has beside them; NULL for none;
 * and where the verdict has its value, of a column of the verdict. */
const struct hosts_column *hosts_find_column(const char *name);
const void *hosts_column_value(const struct hosts_column *column,
                               const struct case_verdict *verdict);

int hosts_write(struct casedb *db, struct staging *out, struct error *err);

/* Has hosts.csv a column of ours of that name (ASCII, any case)? */
bool hosts_has_column(const char *name);

/* timeline.csv and timeline.jsonl, and with `ecs` timeline-ecs.jsonl: one row an observation. */
#define TIMELINE_ECS_NAME "timeline-ecs.jsonl"
int timeline_write(struct casedb *db, const struct window *window, bool ecs, struct staging *out,
                   struct error *err);

/* ---- sources.csv, one row a place a source lies in ---- */

/* Makes the row of a source whole: a copy gets what was read of its content, under the path it
 * was read from. *detail then holds the cell `detail`; source->detail borrows it. *remarked (or
 * NULL) says whether it is not plain whose the source is, which the detail explains. */
int sources_complete(struct casedb *db, struct case_source *source, struct text *detail,
                     bool *remarked, struct error *err);

int sources_write(struct casedb *db, struct staging *out, struct error *err);

/* ---- The remediation lists and scripts of DESIGN section 7. Nothing that was read from an input
 * gets into a script, and into a host list only names of a few plain characters ---- */

#define REMEDIATION_FOLDER "remediation/"
#define REMEDIATION_SCRIPT_FOLDER REMEDIATION_FOLDER "scripts/"

/* The scripts by number: the removal, the rebuilding that asks the machine for its edition, and
 * one for each edition. */
enum script_number {
    SCRIPT_REMOVE,
    SCRIPT_REBUILD,
    SCRIPT_REBUILD_EDITION, /* plus enum edition */
    SCRIPT_COUNT = SCRIPT_REBUILD_EDITION + EDITION_COUNT,
    SCRIPT_NONE = SCRIPT_COUNT,
};

/* Returns owned: the script's name without its .cmd. */
char *remediation_script_name(size_t script);

/* May this host name stand in a .hosts.txt? Only letters, digits, `-`, `_` and `.` (ASCII), not
 * empty, at most 255 bytes; it begins neither with `-` nor with `.`, and has no empty label. What
 * means something else to a deployment tool may not: an address, `localhost`, and the names of
 * groups (deployment_is_group). */
bool remediation_is_plain_name(const char *host);

/* Fills the numbers of the scripts in whose host lists the machine is, in the order of its steps,
 * and returns how many. *manual says whether it needs some and is in none, because its name must
 * not stand there. */
size_t remediation_scripts_of(const struct case_machine *machine, size_t scripts[ACTION_STEP_COUNT],
                              bool *manual);

/* Fails (ERROR_RUN) with a line that names it when a template of a script is missing or
 * unreadable, or has a placeholder that nothing fills. */
int remediation_check_templates(const char *templates_path, struct error *err);

/* Writes remediation/(affected-by-incident|other-activation-fault|remove-kb971033|not-collected|
 * not-excluded).csv (always, with their header) and, in remediation/scripts/, each script that some
 * machine with a plain name needs, with its .hosts.txt. Reads the machines once; ERROR_RUN on any
 * failure. */
int remediation_write(struct casedb *db, const char *templates_path, struct staging *out,
                      struct error *err);

/* Have the lists a column of ours of that name (ASCII, any case)? */
bool remediation_has_column(const char *name);

/* ---- What the scripts are deployed with: README.txt, collect.cmd, remediate.yml and
 * ansible-inventory.ini beside the lists, and the host lists of each wave beside the scripts ----
 */

#define DEPLOYMENT_PILOT 0

/* A machine of a host list. */
struct deployed_machine {
    char *name; /* owned */
    bool removal;
    size_t rebuilding; /* a rebuilding script, or SCRIPT_NONE */
    size_t wave;       /* DEPLOYMENT_PILOT, else from 1 */
};

/* Gives each machine its wave, one for all of its scripts. Of the machines that need the same
 * scripts the pilot has one in fifty, at least one and at most twenty, spread evenly over them.
 * The others are dealt out to waves 1 to `wave_count`, so that of no script a wave has more than
 * one machine more than another. */
void waves_deal(struct deployed_machine *machines, size_t count, size_t wave_count);

/* Is it, in any case, a group that an inventory of Ansible has or may have (`all`, `pilot`)? A host
 * of that name would be taken for its machines. */
bool deployment_is_group(const char *name);

/* As remediation_check_templates. */
int deployment_check_templates(const char *templates_path, struct error *err);

/* Writes these files; wave_count 0: without waves. A wave of a script without machines has no list.
 * Reads the machines once; ERROR_RUN on any failure. */
int deployment_write(struct casedb *db, const char *templates_path, size_t wave_count,
                     struct staging *out, struct error *err);

/* ---- report.html, one self-contained page from templates/report.html ---- */

int page_write(struct casedb *db, const struct window *window, const char *templates_path,
               struct staging *out, struct error *err);

/* Fails (ERROR_RUN) when the template is missing or cannot be filled. */
int page_check_template(const char *templates_path, struct error *err);

/* ---- The columns of the inventory, which are joined to what a report says of a machine ---- */

/* Owns its names. */
struct joined {
    char **columns; /* in the order of the file, named as there; but one that is called like a
                     * column of ours, in hosts.csv or in the lists, is `inventory_NAME` */
    size_t column_count;
};

/* Reads the columns of the case's inventory; there are none where the case has none. */
int joined_read(struct casedb *db, struct joined *out, struct error *err);
void joined_free_content(struct joined *joined);

/* Sets *values to one value a column, "" for all where the machine is not in the inventory;
 * returned owned, freed with joined_free_values. */
int joined_read_values(const struct joined *joined, struct casedb *db,
                       const struct case_machine *machine, char ***values, struct error *err);
void joined_free_values(const struct joined *joined, char **values);

/* Writes the names of the columns as the last cells of a header. */
void joined_write_names(const struct joined *joined, struct csv_writer *csv);

/* Writes the values that joined_read_values gave. */
void joined_write_values(const struct joined *joined, char *const *values, struct csv_writer *csv);

/* ---- An event in one sentence for a person, as Timesketch shows it ---- */

/* Adds the sentence: provider and id, what the event says by the event table, and what matters
 * of this one: `Security-SPP 8208: acquisition of genuine ticket failed, 0xC004C4A2 (product key
 * blocked, says the validation server: the code of the incident)`. It may hold text of the event as
 * it was read: escape it like any other. */
void message_add(struct text *out, const struct observation *observation,
                 const struct judgement *judgement);

/* Its two parts: `Security-SPP 8208`, and what follows the colon, nothing for an event that the
 * table does not have. */
void message_add_name(struct text *out, const char *provider, uint16_t event_id);
void message_add_said(struct text *out, const struct observation *observation,
                      const struct judgement *judgement);

/* Adds what timeline.csv has of an event: its strings, and its codes, as lists. */
void timeline_add_strings(struct text *out, const struct observation *observation);
void timeline_add_codes(struct text *out, const struct judgement *judgement);

/* The role of an event in its place among the others, as the verdict took it: a request can be a
 * fault by what comes behind it. */
enum role timeline_role(const struct case_observation *found, const struct judgement *judgement);

/* Does the event count as in the window? One whose clock was wrong is where its neighbours place
 * it, whatever time it shows. */
bool timeline_is_in_window(const struct case_observation *found, const struct window *window);

#endif
