/* SPDX-License-Identifier: Apache-2.0 */
/* What our scripts did on a machine by what they wrote of it, and how far the roll-out came there.
 */
#include "verdict/evidence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"

static void free_run_content(struct script_run *run)
{
    free(run->script);
    free(run->run);
    *run = (struct script_run){0};
}

void script_evidence_free_content(struct script_evidence *evidence)
{
    free_run_content(&evidence->last);
    free_run_content(&evidence->before);
    *evidence = (struct script_evidence){0};
}

/* ---- The last run ---- */

static bool is_same_run(const struct script_run *run, const struct script_item *said)
{
    return run->exists && strcmp(run->run, said->run) == 0 &&
           strcmp(run->script, said->script) == 0;
}

/* Of one run the log knows more than the registry, and who saw it end more than who saw it begin.
 */
static bool tells_more(const struct script_run *run, const struct script_item *said)
{
    bool has_ended = said->says == SCRIPT_SAYS_ENDED;

    if (run->has_ended != has_ended)
        return has_ended;
    return said->is_of_log || !run->is_of_log;
}

static bool is_for_others(const struct script_run *run)
{
    return run->has_ended && script_exit_is_for_others(run->exit_status);
}

/* A run of a script that is for other machines is the last one only where there is no other. */
static void note_run(struct script_evidence *evidence, const struct script_item *said)
{
    struct script_run *last = &evidence->last;
    bool is_same = is_same_run(last, said);

    if (is_same && !tells_more(last, said))
        return;
    /* What another run follows before it ended was cut off. */
    evidence->has_acted = evidence->has_acted || (last->exists && !is_same && !last->has_ended);
    if (is_same) {
        free_run_content(last);
    } else {
        free_run_content(&evidence->before);
        evidence->before = *last;
    }
    *last = (struct script_run){
        .exists = true,
        .is_of_log = said->is_of_log,
        .has_ended = said->says == SCRIPT_SAYS_ENDED,
        .filetime = said->filetime,
        .exit_status = said->exit_status,
        .script = memory_copy_text(said->script),
        .run = memory_copy_text(said->run),
    };
    if (is_for_others(last) && evidence->before.exists && !is_for_others(&evidence->before)) {
        free_run_content(last);
        *last = evidence->before;
        evidence->before = (struct script_run){0};
    }
}

void script_evidence_feed(struct script_evidence *evidence, const struct script_item *said)
{
    evidence->was_said[said->says] = true;
    if (said->filetime > evidence->said_filetime[said->says])
        evidence->said_filetime[said->says] = said->filetime;
    if (said->says != SCRIPT_SAYS_BEGUN)
        evidence->has_acted = evidence->has_acted || said->says != SCRIPT_SAYS_ENDED ||
                              !script_exit_is_refusal(said->exit_status);
    note_run(evidence, said);
}

static void add_time(struct text *out, uint64_t filetime)
{
    if (filetime != 0)
        filetime_add_text(out, filetime);
    else
        text_add(out, "-");
}

char *script_evidence_text(const struct script_evidence *evidence)
{
    const struct script_run *last = &evidence->last;
    struct text out = {0};

    if (last->exists) {
        text_add_format(&out, "%s ", last->script);
        add_time(&out, last->filetime);
        if (last->has_ended)
            text_add_format(&out, " %" PRId64, last->exit_status);
        else
            text_add(&out, " not ended");
    }
    return text_take(&out);
}

/* ---- What it left ---- */

static void add_run(struct text *out, const struct script_run *last)
{
    const char *meaning = last->has_ended ? script_exit_meaning(last->exit_status) : NULL;

    if (!last->exists)
        return;
    if (!last->has_ended)
        text_add_item_format(out, "%s did not end: cut off, or still at work", last->script);
    else if (meaning != NULL)
        text_add_item_format(out, "%s ended with %" PRId64 ": %s", last->script, last->exit_status,
                             meaning);
    else
        text_add_item_format(out, "%s ended with %" PRId64, last->script, last->exit_status);
}

/* What runs said beside that they ran. */
static void add_said(struct text *out, const struct script_evidence *evidence)
{
    for (unsigned says = 0; says < SCRIPT_SAYS_COUNT; says++) {
        if (!evidence->was_said[says] || says == SCRIPT_SAYS_BEGUN || says == SCRIPT_SAYS_ENDED)
            continue;
        text_add_item_format(out, "script log: %s", script_says_word((enum script_says)says));
        if (evidence->said_filetime[says] != 0) {
            text_add(out, " at ");
            filetime_add_text(out, evidence->said_filetime[says]);
        }
    }
}

/* `SPP 8206 at TIME, then 1016, 12288, 12289: made anew, key installed, KMS asked, activated` */
static void add_repair(struct text *out, const struct repair *repair)
{
    static const char *const steps[] = {
        [REPAIR_NONE] = "",
        [REPAIR_RESET] = "made anew",
        [REPAIR_KEY] = "key installed",
        [REPAIR_ASKED] = "KMS asked",
        [REPAIR_ACTIVATED] = "activated",
    };

    static_assert(ARRAY_COUNT(steps) == REPAIR_STEP_COUNT, "words for each step");
    if (repair->step == REPAIR_NONE)
        return;
    text_add_item_format(out, "SPP %" PRIu16 " at ", repair->event_ids[REPAIR_RESET]);
    filetime_add_text(out, repair->filetime);
    for (unsigned step = REPAIR_KEY; step <= repair->step; step++)
        text_add_format(out, "%s %" PRIu16, step == REPAIR_KEY ? ", then" : ",",
                        repair->event_ids[step]);
    for (unsigned step = REPAIR_RESET; step <= repair->step; step++)
        text_add_format(out, "%s %s", step == REPAIR_RESET ? ":" : ",", steps[step]);
}

char *rollout_trace_text(const struct script_evidence *evidence, const struct repair *repair)
{
    struct text out = {0};

    add_run(&out, &evidence->last);
    add_said(&out, evidence);
    add_repair(&out, repair);
    return text_take(&out);
}

/* ---- How far it came ---- */

/* Was a rebuilding the last thing that ran there, and did not end well? */
static bool failed_last(const struct script_run *last)
{
    return last->exists && strncmp(last->script, "2-", 2) == 0 &&
           (!last->has_ended || script_exit_is_failure(last->exit_status));
}

/* And was not everything put back? */
static bool is_half_done(const struct script_evidence *scripts)
{
    return failed_last(&scripts->last) &&
           (!scripts->last.has_ended || scripts->said_filetime[SCRIPT_SAYS_PUT_BACK] <=
                                            scripts->said_filetime[SCRIPT_SAYS_NOT_PUT_BACK]);
}

static enum rollout_result result_of_broken(const struct rollout_matter *matter)
{
    const struct script_run *last = &matter->scripts->last;

    if (matter->scripts->has_acted || (last->exists && !last->has_ended) ||
        matter->repair->step != REPAIR_NONE)
        return ROLLOUT_STILL_BROKEN;
    if (last->exists)
        return ROLLOUT_REFUSED;
    return matter->is_for_a_script ? ROLLOUT_NOT_REACHED : ROLLOUT_BY_HAND;
}

enum rollout_result rollout_of(const struct rollout_matter *matter)
{
    const struct script_run *last = &matter->scripts->last;

    if (activation_state_is_broken(matter->state))
        return result_of_broken(matter);
    if (matter->state == ACTIVATION_STATE_RECOVERED) {
        if (is_half_done(matter->scripts) && last->filetime > matter->well_filetime)
            return ROLLOUT_STILL_BROKEN;
        return matter->was_hit || last->exists || matter->repair->step != REPAIR_NONE
                   ? ROLLOUT_FIXED
                   : ROLLOUT_NONE;
    }
    if (failed_last(last))
        return ROLLOUT_STILL_BROKEN;
    return last->exists ? ROLLOUT_NOT_BROKEN : ROLLOUT_NONE;
}
