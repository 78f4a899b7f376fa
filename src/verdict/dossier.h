/* SPDX-License-Identifier: Apache-2.0 */
/* dossier: all that is known of one machine while its observations come in, and the verdict it
 * ends in (DESIGN section 6). Pure: the case is read and written by verdict.c. */
#ifndef SPPTRIAGE_VERDICT_DOSSIER_H
#define SPPTRIAGE_VERDICT_DOSSIER_H

#include <stdbool.h>

#include "case/casedb.h"
#include "verdict/coverage.h"
#include "verdict/episode.h"
#include "verdict/licence.h"
#include "verdict/system.h"
#include "verdict/update.h"

/* What the logs as such tell of the machine, beside their events. */
struct circumstances {
    enum coverage coverage;
    bool log_damaged;
    bool shared_name;
    uint64_t last_filetime; /* of its last event of any kind; what the logs say of themselves to
                             * begin with, which recovered events can be later than */
};

struct dossier {
    struct circumstances circumstances;
    struct history history;
    struct update_evidence update;
    struct licence_evidence licence;
    struct system_facts system;
    char *guessed_path; /* owned: the first source that is the machine's by a guess; or NULL */
};

/* Starts an empty dossier for that window. */
void dossier_begin(struct dossier *dossier, const struct window *window);
void dossier_free_content(struct dossier *dossier);

/* Takes the machine's next observation in, in order of (event time, record id), and, after all of
 * these, its findings. Evidence on the update and on the licence is fed to these by the caller, who
 * also keeps it. */
void dossier_feed_event(struct dossier *dossier, const struct observation *observation);
void dossier_feed_finding(struct dossier *dossier, const struct case_finding *found);

/* A verdict with the texts it was made of. */
struct conclusion {
    struct case_verdict verdict; /* without machine_id; texts are constant or those below */
    char *reason;
    char *review;
    char *codes;
    char *update_evidence;
    char *unrelated_updates;
    char *licence_evidence;
};

void conclusion_free_content(struct conclusion *conclusion);

/* Ends the dossier in its verdict. *out borrows the dossier. */
void dossier_conclude(struct dossier *dossier, struct conclusion *out);

/* The verdict on a host for which nothing was collected. Borrows the reason. */
void conclude_not_collected(const char *reason, bool shared_name, struct conclusion *out);

#endif
