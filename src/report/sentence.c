/* SPDX-License-Identifier: Apache-2.0 */
/* The sentences are put together from clauses, one a number, which leave themselves out where
 * there is nothing to say; what was broken and what is clean is always said. */
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

static void put(const struct sentence_user *user, const char *piece)
{
    user->put(user->context, piece, NULL);
}

/* Puts a number, 0 as `none`. */
static void put_number(const struct sentence_user *user, uint64_t number, const char *filter)
{
    char *text = number > 0 ? memory_format("%" PRIu64, number) : memory_copy_text("none");

    user->put(user->context, text, filter);
    free(text);
}

static const char *one_or_more(uint64_t count, const char *one, const char *more)
{
    return count == 1 ? one : more;
}

/* ---- The hosts ---- */

/* By what are those broken that are? */
static void put_cause(const struct sentence_user *user, uint64_t broken, uint64_t by_incident)
{
    static const char filter[] = "class=affected-by-incident&is=broken";

    if (broken == 0)
        return;
    if (by_incident == broken) {
        put(user, broken == 1 ? ", by the incident" : ", all by the incident");
    } else if (by_incident == 0) {
        put(user, broken == 1 ? ", not by the incident" : ", none of them by the incident");
    } else {
        put(user, ", ");
        put_number(user, by_incident, filter);
        put(user, " of them by the incident");
    }
}

/* `; 4 are ...`, where there are some. */
static void put_clause(const struct sentence_user *user, uint64_t count, const char *filter,
                       const char *one, const char *more)
{
    if (count == 0)
        return;
    put(user, "; ");
    put_number(user, count, filter);
    put(user, one_or_more(count, one, more));
}

void sentence_hosts(const struct summary *summary, const struct sentence_user *user)
{
    const struct class_counts *all = &summary->all;
    uint64_t clean = all->standings[STANDING_CLEAN];

    if (all->hosts == 0) {
        put(user, "No host is in this case.");
        return;
    }
    put_number(user, all->hosts, "machines");
    put(user, one_or_more(all->hosts, " host: ", " hosts: "));
    put_number(user, all->standings[STANDING_BROKEN], "is=broken");
    put(user,
        one_or_more(all->standings[STANDING_BROKEN], " is still broken", " are still broken"));
    put_cause(user, all->standings[STANDING_BROKEN],
              summary->classes[CLASSIFICATION_AFFECTED].standings[STANDING_BROKEN]);
    put_clause(user, all->standings[STANDING_RECOVERED], "is=recovered", " has recovered",
               " have recovered");
    put_clause(user, summary->classes[CLASSIFICATION_OTHER_FAULT].hosts,
               "class=other-activation-fault", " has or had another activation fault",
               " have or had another activation fault");
    put_clause(user, all->standings[STANDING_NOT_EXCLUDED], "is=not-excluded", " is not excluded",
               " are not excluded");
    put_clause(user, all->standings[STANDING_LOG_DAMAGED], "is=log-damaged",
               " shows no fault, but in damaged logs", " show no fault, but in damaged logs");
    put(user, "; ");
    put_number(user, clean, "is=clean");
    put(user, one_or_more(clean, " is shown to be clean", " are shown to be clean"));
    put_clause(user, all->standings[STANDING_NOT_COLLECTED], "is=not-collected",
               " was not collected", " were not collected");
    put(user, ".");
}

/* ---- What they rest on ---- */

static void add_bytes(struct text *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        text_add_format(out, "%" PRIu64 " byte%s", bytes, text_plural(bytes));
        return;
    }
    for (; size >= 1024 && unit + 1 < ARRAY_COUNT(units); unit++)
        size /= 1024;
    text_add_format(out, "%.1f %s", size, units[unit]);
}

static void add_times(struct text *out, const struct summary *summary)
{
    if (summary->first_filetime == 0)
        return;
    text_add(out, " from ");
    filetime_add_text(out, summary->first_filetime);
    text_add(out, " to ");
    filetime_add_text(out, summary->last_filetime);
}

/* What was not read whole, or not at all. */
static void add_impaired(struct text *out, const struct summary *summary)
{
    static const enum source_status statuses[] = {SOURCE_STATUS_DAMAGED, SOURCE_STATUS_UNREADABLE,
                                                  SOURCE_STATUS_CRASHED};
    uint64_t skipped = summary->statuses[SOURCE_STATUS_SKIPPED];
    uint64_t impaired = 0;

    for (size_t index = 0; index < ARRAY_COUNT(statuses); index++) {
        uint64_t count = summary->statuses[statuses[index]];

        if (count == 0)
            continue;
        text_add_format(out, "%s%" PRIu64 " source%s %s", impaired > 0 ? ", " : "; ", count,
                        text_plural(count), source_status_word(statuses[index]));
        impaired += count;
    }
    if (impaired > 0)
        text_add(out, ".");
    else if (skipped == 0)
        text_add(out, "; every source was read whole.");
    else if (skipped < summary->source_count)
        text_add_format(out, "; all but %" PRIu64 " skipped were read whole.", skipped);
    else
        text_add(out, "; nothing of that is read.");
}

void sentence_basis(const struct summary *summary, const struct sentence_user *user)
{
    struct text out = {0};

    if (summary->source_count == 0) {
        put(user, "Nothing was collected.");
        return;
    }
    text_add_format(&out, "This rests on %" PRIu64 " source%s", summary->source_count,
                    text_plural(summary->source_count));
    if (summary->collected > 0)
        text_add_format(&out, ", collected from %" PRIu64 " host%s,", summary->collected,
                        text_plural(summary->collected));
    text_add(&out, " with ");
    add_bytes(&out, summary->read_bytes);
    text_add_format(&out, " and %" PRIu64 " record%s", summary->record_count,
                    text_plural(summary->record_count));
    add_times(&out, summary);
    add_impaired(&out, summary);
    put(user, text_get(&out));
    text_free(&out);
}
