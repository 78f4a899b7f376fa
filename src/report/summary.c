/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/memory.h"
#include "report/writers.h"

bool summary_is_not_excluded(const struct case_verdict *verdict)
{
    return word_set_has(verdict->review, REVIEW_WINDOW_NOT_COVERED) ||
           verdict->confidence == CONFIDENCE_SUSPECTED;
}

uint32_t summary_standings(const struct case_verdict *verdict)
{
    bool not_excluded = summary_is_not_excluded(verdict);
    bool no_fault = verdict->classification == CLASSIFICATION_NO_FAULT;
    bool log_damaged = word_set_has(verdict->review, REVIEW_LOG_DAMAGED);
    const bool holds[STANDING_COUNT] = {
        [STANDING_BROKEN] = activation_state_is_broken(verdict->state),
        [STANDING_RECOVERED] = verdict->state == ACTIVATION_STATE_RECOVERED,
        [STANDING_NOT_EXCLUDED] = not_excluded,
        [STANDING_CLEAN] = no_fault && !not_excluded && !log_damaged,
        [STANDING_LOG_DAMAGED] = no_fault && !not_excluded && log_damaged,
        [STANDING_NOT_COLLECTED] = verdict->classification == CLASSIFICATION_NOT_COLLECTED,
    };
    uint32_t standings = 0;

    for (unsigned standing = 0; standing < STANDING_COUNT; standing++)
        standings |= (uint32_t)holds[standing] << standing;
    return standings;
}

static void count_verdict(uint32_t standings, struct class_counts *counts)
{
    counts->hosts++;
    for (unsigned standing = 0; standing < STANDING_COUNT; standing++)
        counts->standings[standing] += word_set_has(standings, standing);
}

static void count_machine(const struct case_machine *machine, struct summary *out)
{
    const struct case_verdict *verdict = &machine->verdict;
    uint32_t standings;

    out->collected += machine->collected;
    if (!machine->has_verdict)
        return;
    standings = summary_standings(verdict);
    count_verdict(standings, &out->classes[verdict->classification]);
    count_verdict(standings, &out->all);
    out->confidences[verdict->confidence]++;
    out->actions[verdict->action]++;
    out->rollout[verdict->rollout]++;
    out->has_rollout =
        out->has_rollout || *verdict->rollout_trace != '\0' || verdict->rollout == ROLLOUT_FIXED;
}

static int count_machines(struct casedb *db, struct summary *out, struct error *err)
{
    struct casedb_cursor *machines = NULL;
    struct case_machine machine;
    int found;

    if (casedb_machines(db, &machines, err) != 0)
        return -1;
    while ((found = casedb_next_machine(machines, &machine, err)) == 1)
        count_machine(&machine, out);
    casedb_cursor_free(machines);
    return found;
}

/* What was read, each content once, and the times of what was seen in it. */
static void count_read(const struct case_source *source, struct summary *out)
{
    if (source->same_as != 0 || source->status == SOURCE_STATUS_UNREADABLE)
        return;
    if (!source_kind_is(source->kind, SOURCE_IS_CONTAINER))
        out->read_bytes += source->size_bytes; /* of a container it is its members that are read */
    out->record_count += source->record_count;
    if (source->first_filetime != 0 &&
        (out->first_filetime == 0 || source->first_filetime < out->first_filetime))
        out->first_filetime = source->first_filetime;
    if (source->last_filetime > out->last_filetime)
        out->last_filetime = source->last_filetime;
}

static void count_skipped(enum source_kind kind, struct summary *out)
{
    size_t index = 0;

    while (index < out->skipped_count && out->skipped[index].kind != kind)
        index++;
    out->skipped[index].kind = kind;
    out->skipped[index].count++;
    out->skipped_count += index == out->skipped_count;
}

static int count_sources(struct casedb *db, struct summary *out, struct error *err)
{
    struct casedb_cursor *sources = NULL;
    struct case_source source;
    struct text detail = {0};
    int found;

    if (casedb_sources(db, &sources, err) != 0)
        return -1;
    while ((found = casedb_next_source(sources, &source, err)) == 1) {
        found = sources_complete(db, &source, &detail, NULL, err);
        if (found != 0)
            break;
        out->source_count++;
        out->undecodable_count += source.undecodable_count > 0;
        out->conflict_count += source.conflict_count > 0;
        out->statuses[source.status]++;
        if (source.status == SOURCE_STATUS_SKIPPED)
            count_skipped(source.kind, out);
        else
            count_read(&source, out);
    }
    casedb_cursor_free(sources);
    text_free(&detail);
    return found;
}

int summary_read(struct casedb *db, struct summary *out, struct error *err)
{
    *out = (struct summary){0};
    return count_machines(db, out, err) != 0 || count_sources(db, out, err) != 0 ? -1 : 0;
}

/* The table: a line is a word, indented below its heading, and a number in one column. */
#define WORD_WIDTH 46
#define INDENT "  "

static void print_line(FILE *out, const char *indent, const char *word, uint64_t count)
{
    fprintf(out, "%s%-*s %8" PRIu64 "\n", indent, WORD_WIDTH - (int)strlen(indent), word, count);
}

static void print_met(FILE *out, const char *indent, const char *word, uint64_t count)
{
    if (count > 0)
        print_line(out, indent, word, count);
}

static void print_class(FILE *out, const struct summary *summary,
                        enum classification classification)
{
    const struct class_counts *counts = &summary->classes[classification];

    print_line(out, INDENT, classification_word(classification), counts->hosts);
    for (unsigned sure = CONFIDENCE_COUNT - 1;
         classification == CLASSIFICATION_AFFECTED && sure > CONFIDENCE_NONE; sure--)
        print_met(out, INDENT INDENT, confidence_word((enum confidence)sure),
                  summary->confidences[sure]);
    if (classification == CLASSIFICATION_NO_FAULT) {
        print_met(out, INDENT INDENT, "shown to be clean", counts->standings[STANDING_CLEAN]);
        print_met(out, INDENT INDENT, "with damaged logs", counts->standings[STANDING_LOG_DAMAGED]);
    }
    print_met(out, INDENT INDENT, "still broken", counts->standings[STANDING_BROKEN]);
    print_met(out, INDENT INDENT, "recovered", counts->standings[STANDING_RECOVERED]);
    print_met(out, INDENT INDENT, "not excluded", counts->standings[STANDING_NOT_EXCLUDED]);
}

static void print_hosts(FILE *out, const struct summary *summary)
{
    print_line(out, "", "Hosts", summary->all.hosts);
    for (unsigned index = 0; index < CLASSIFICATION_COUNT; index++)
        print_class(out, summary, (enum classification)index);
    fputs("In all classes\n", out);
    print_line(out, INDENT, "still broken", summary->all.standings[STANDING_BROKEN]);
    print_line(out, INDENT, "recovered", summary->all.standings[STANDING_RECOVERED]);
    print_line(out, INDENT, "not excluded", summary->all.standings[STANDING_NOT_EXCLUDED]);
    fputs("Action\n", out);
    for (unsigned action = 0; action < ACTION_COUNT; action++)
        print_met(out, INDENT, action_word((enum action)action), summary->actions[action]);
}

/* Nothing where no trace of a roll-out was seen. */
static void print_rollout(FILE *out, const struct summary *summary)
{
    if (!summary->has_rollout)
        return;
    fputs("Roll-out\n", out);
    for (unsigned result = ROLLOUT_NONE + 1; result < ROLLOUT_RESULT_COUNT; result++)
        print_met(out, INDENT, rollout_result_word((enum rollout_result)result),
                  summary->rollout[result]);
}

static void print_sources(FILE *out, const struct summary *summary)
{
    print_line(out, "", "Sources", summary->source_count);
    for (size_t status = 0; status < ARRAY_COUNT(summary->statuses); status++)
        print_met(out, INDENT, source_status_word((enum source_status)status),
                  summary->statuses[status]);
    print_met(out, INDENT, "with records that could not be decoded", summary->undecodable_count);
    print_met(out, INDENT, "with records read differently by a second reader",
              summary->conflict_count);
}

static void print_piece(void *context, const char *piece, const char *filter)
{
    (void)filter;
    fputs(piece, context);
}

static void print_sentences(FILE *out, const struct summary *summary)
{
    const struct sentence_user user = {.put = print_piece, .context = out};

    fputc('\n', out);
    sentence_hosts(summary, &user);
    fputc('\n', out);
    sentence_basis(summary, &user);
    fputc('\n', out);
}

int report_summary(struct casedb *db, FILE *out, struct error *err)
{
    struct summary summary;
    int result = summary_read(db, &summary, err);

    if (result == 0) {
        print_hosts(out, &summary);
        print_rollout(out, &summary);
        print_sources(out, &summary);
        print_sentences(out, &summary);
    }
    return result;
}
