/* SPDX-License-Identifier: Apache-2.0 */
/* What our own scripts wrote of their runs (templates/common-start.cmd): spptriage-remediation.log,
 *
 *     spptriage/1 2019-01-20T10:00:07Z PC-17 1-remove-kb971033 20190120T100000Z-12345 remove ok
 * 3010 spptriage/1 TIME HOST SCRIPT RUN STEP RESULT NUMBER[ WORDS...]
 *
 * with one blank between, and lines of the programs that they called (reg, sc, slmgr) among these;
 * and the values of the last run in the registry, as `reg query` prints them:
 *
 *     HKEY_LOCAL_MACHINE\SOFTWARE\spptriage
 *         Script    REG_SZ    1-remove-kb971033
 *
 * TIME is UTC, or `-` where that could not be told. A line that is not wholly as it should be, or
 * that does not end, says nothing. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "text/forms.h"
#include "text/tokens.h"

#define LOG_START "spptriage/1 "
#define VALUES_KEY "HKEY_LOCAL_MACHINE\\SOFTWARE\\spptriage"

/* No computer's name, script or step is so long. */
#define WORD_MOST_BYTES 255u
#define NUMBER_MOST_DIGITS 18u
/* A removal ends with one of these: the second asks for a restart. */
#define REMOVED 0
#define REMOVED_BUT_FOR_RESTART 3010

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define IN_NAMES LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "-_."

/* A line of the log, or the values, as far as they are read. Borrows the text. */
struct script_line {
    struct line host; /* may be empty, of values */
    struct line script;
    struct line run;
    uint64_t filetime; /* 0: not told */
    int64_t number;    /* FINDING_ABSENT: none */
};

/* ---- Words ---- */

/* Takes the next word, up to a single blank or the end; false where there is none. */
static bool take_word(struct line *rest, struct line *word)
{
    size_t length = 0;

    while (length < rest->length_bytes && rest->bytes[length] != ' ')
        length++;
    *word = *rest;
    word->length_bytes = length;
    *rest = line_from(*rest, length < rest->length_bytes ? length + 1 : length);
    return length > 0 && length <= WORD_MOST_BYTES;
}

static bool is_of(const struct line *word, const char *these)
{
    return word->length_bytes > 0 && word->length_bytes <= WORD_MOST_BYTES &&
           line_count_of(word, these) == word->length_bytes;
}

/* Begins with a letter or digit: it is shown as it is. */
static bool is_script(const struct line *word)
{
    return is_of(word, IN_NAMES) && strchr("-_.", *word->bytes) == NULL;
}

static bool is_host(const struct line *word)
{
    return word->length_bytes <= WORD_MOST_BYTES && host_cell_is_plausible(word) &&
           !line_equals(word, ".");
}

/* `2019-01-20T10:00:07Z`, or `-`: then it is not told. */
static bool read_time(const struct line *word, uint64_t *filetime)
{
    static const char form[] = "2019-01-20T10:00:07Z";
    bool is_time;
    char *text;

    *filetime = 0;
    if (line_equals(word, "-"))
        return true;
    if (word->length_bytes != sizeof(form) - 1 || word->bytes[strlen("2019-01-20")] != 'T')
        return false;
    text = line_copy(word, word->length_bytes);
    is_time = filetime_parse(text, filetime);
    free(text);
    return is_time;
}

/* A decimal number, or `-`: then there is none. */
static bool read_number(const struct line *word, int64_t *number)
{
    bool is_negative = line_starts_with(word, "-");
    struct line digits = line_from(*word, is_negative ? 1 : 0);

    *number = FINDING_ABSENT;
    if (is_negative && digits.length_bytes == 0)
        return true;
    if (!is_of(&digits, DIGITS) || digits.length_bytes > NUMBER_MOST_DIGITS)
        return false;
    *number = 0;
    for (size_t index = 0; index < digits.length_bytes; index++)
        *number = *number * 10 + (digits.bytes[index] - '0');
    *number = is_negative ? -*number : *number;
    return true;
}

static bool is_exit_status(int64_t number)
{
    return number != FINDING_ABSENT && number_is_in_range(number, INT32_MIN, INT32_MAX);
}

/* ---- What is handed on ---- */

static int hand_on(const struct script_line *of, enum finding_origin origin, enum script_says says,
                   struct emitter *emitter, struct error *err)
{
    struct finding finding = finding_of(FINDING_REMEDIATION, origin);
    char *host = line_copy(&of->host, WORD_MOST_BYTES);
    char *script = line_copy(&of->script, WORD_MOST_BYTES);
    char *run = line_copy(&of->run, WORD_MOST_BYTES);
    int result;

    finding.host = host;
    finding.place = of->script.number;
    finding.filetime = of->filetime;
    finding.remediation.says = says;
    finding.remediation.script = script;
    finding.remediation.run = run;
    if (says == SCRIPT_SAYS_ENDED)
        finding.remediation.exit_status = of->number;
    emitter->facts->selected_count++;
    result = emitter_add(emitter, &finding, err);
    free(host);
    free(script);
    free(run);
    return result;
}

/* ---- The log ---- */

/* What a line says by its step and result; other steps are for a person. */
static const struct {
    const char *step;
    const char *result;
    enum script_says says;
} sayings[] = {
    {"remove", "ok", SCRIPT_SAYS_REMOVED},     {"remove", "failed", SCRIPT_SAYS_INSTALLED},
    {"absent", "ok", SCRIPT_SAYS_ABSENT},      {"rebuild", "ok", SCRIPT_SAYS_REBUILT},
    {"activate", "ok", SCRIPT_SAYS_ACTIVATED}, {"activated", "ok", SCRIPT_SAYS_ACTIVATED},
    {"put-back", "ok", SCRIPT_SAYS_PUT_BACK},  {"put-back", "failed", SCRIPT_SAYS_NOT_PUT_BACK},
    {"end", "ok", SCRIPT_SAYS_ENDED},          {"end", "failed", SCRIPT_SAYS_ENDED},
    {"end", "refused", SCRIPT_SAYS_ENDED},
};

static bool is_result(const struct line *word)
{
    static const char *const results[] = {"begin", "ok", "failed", "refused", "warning", "info"};

    for (size_t index = 0; index < ARRAY_COUNT(results); index++)
        if (line_equals(word, results[index]))
            return true;
    return false;
}

/* SCRIPT_SAYS_BEGUN: no more than that the run was at work. */
static enum script_says says_of(const struct line *step, const struct line *result, int64_t number)
{
    for (size_t index = 0; index < ARRAY_COUNT(sayings); index++)
        if (line_equals(step, sayings[index].step) && line_equals(result, sayings[index].result)) {
            if (sayings[index].says == SCRIPT_SAYS_REMOVED && number != REMOVED &&
                number != REMOVED_BUT_FOR_RESTART)
                break;
            return sayings[index].says;
        }
    return SCRIPT_SAYS_BEGUN;
}

bool script_log_is_at(const struct line *line)
{
    return line_starts_with(line, LOG_START);
}

static bool read_line(const struct line *line, struct script_line *out, enum script_says *says)
{
    struct line rest = line_from(*line, strlen(LOG_START));
    struct line time, step, result, number;

    if (!line->ended || !take_word(&rest, &time) || !take_word(&rest, &out->host) ||
        !take_word(&rest, &out->script) || !take_word(&rest, &out->run) ||
        !take_word(&rest, &step) || !take_word(&rest, &result) || !take_word(&rest, &number))
        return false;
    if (line_equals(&out->host, "-")) /* the script knew no name of its machine */
        out->host.length_bytes = 0;
    if (!read_time(&time, &out->filetime) || (out->host.length_bytes > 0 && !is_host(&out->host)) ||
        !is_script(&out->script) || !is_of(&out->run, IN_NAMES) ||
        !is_of(&step, LOWER DIGITS "-") || !is_result(&result) ||
        !read_number(&number, &out->number))
        return false;
    *says = says_of(&step, &result, out->number);
    return *says != SCRIPT_SAYS_ENDED || is_exit_status(out->number);
}

static bool is_same_run(const struct script_line *left, const struct script_line *right)
{
    return line_same(&left->run, &right->run) && line_same(&left->script, &right->script) &&
           line_same(&left->host, &right->host);
}

/* Hands on what the line says; of the first line of a run, at least that it was at work. */
static int take_line(const struct script_line *line, enum script_says says, bool is_first,
                     struct emitter *emitter, struct error *err)
{
    if (is_first && says != SCRIPT_SAYS_ENDED && says != SCRIPT_SAYS_BEGUN &&
        hand_on(line, FINDING_ORIGIN_SCRIPT_LOG, SCRIPT_SAYS_BEGUN, emitter, err) != 0)
        return -1;
    if (says == SCRIPT_SAYS_BEGUN && !is_first)
        return 0;
    return hand_on(line, FINDING_ORIGIN_SCRIPT_LOG, says, emitter, err);
}

/* Goes on to the next line of the log. What stands before the end of a run is of the programs that
 * it called, whatever it looks like. */
static bool next_of_log(struct lines *lines, bool in_run, struct line *line)
{
    while (lines_next(lines, line)) {
        if (script_log_is_at(line))
            return true;
        if (!in_run && !line_is_blank(line))
            return false;
    }
    return false;
}

static void remark_unread(struct emitter *emitter, uint64_t first, uint64_t count)
{
    char *reason;

    if (count == 0)
        return;
    reason = memory_format("%" PRIu64 " line%s of it could not be read", count, text_plural(count));
    emitter_remark(emitter, first, FINDING_ORIGIN_SCRIPT_LOG, "", reason);
    free(reason);
}

int script_log_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct lines after = walk->lines;
    struct script_line before = {0}, now = {0};
    uint64_t first = after.number + 1;
    uint64_t unread_line = 0, unread_count = 0;
    bool in_run = false;
    struct line line;
    int result = 0;

    while (result == 0 && next_of_log(&after, in_run, &line)) {
        enum script_says says;

        walk->lines = after;
        emitter->facts->record_count++;
        emitter_take_lines(emitter, first, line.number);
        first = line.number + 1;
        if (!read_line(&line, &now, &says)) {
            unread_line = unread_count++ == 0 ? line.number : unread_line;
            continue;
        }
        result = take_line(&now, says, !is_same_run(&before, &now), emitter, err);
        in_run = says != SCRIPT_SAYS_ENDED;
        before = now;
    }
    if (in_run)
        walk->lines = after;
    remark_unread(emitter, unread_line, unread_count);
    return result;
}

/* ---- The values in the registry ---- */

/* Splits `    NAME    REG_SZ    VALUE`; the value may be empty. */
static bool split_value(const struct line *line, struct line *name, struct line *value)
{
    struct line rest = *line;
    struct line type;

    if (line->length_bytes == 0 || (*line->bytes != ' ' && *line->bytes != '\t') ||
        !line_next_word(&rest, name) || !line_next_word(&rest, &type) ||
        !line_starts_with(&type, "REG_"))
        return false;
    *value = line_trim(rest);
    return true;
}

bool script_values_are_at(const struct line *line, struct lines after)
{
    struct line key = line_trim(*line);
    struct line next, name, value;

    return line->length_bytes > 0 && *line->bytes != ' ' && line_equals_ascii(&key, VALUES_KEY) &&
           lines_next_filled(&after, &next) && split_value(&next, &name, &value);
}

enum script_value {
    SCRIPT_VALUE_MACHINE,
    SCRIPT_VALUE_SCRIPT,
    SCRIPT_VALUE_RUN,
    SCRIPT_VALUE_TIME,
    SCRIPT_VALUE_EXIT_STATUS,
    SCRIPT_VALUE_UNFINISHED,
    SCRIPT_VALUE_COUNT,
};

/* Of values of one name the first counts. */
static void keep_value(struct line values[SCRIPT_VALUE_COUNT], const struct line *name,
                       const struct line *value)
{
    static const char *const names[] = {[SCRIPT_VALUE_MACHINE] = "Machine",
                                        [SCRIPT_VALUE_SCRIPT] = "Script",
                                        [SCRIPT_VALUE_RUN] = "Run",
                                        [SCRIPT_VALUE_TIME] = "Time",
                                        [SCRIPT_VALUE_EXIT_STATUS] = "ExitStatus",
                                        [SCRIPT_VALUE_UNFINISHED] = "Unfinished"};

    static_assert(ARRAY_COUNT(names) == SCRIPT_VALUE_COUNT, "a name for each value");
    for (size_t index = 0; index < ARRAY_COUNT(names); index++)
        if (line_equals_ascii(name, names[index]) && values[index].length_bytes == 0)
            values[index] = *value;
}

/* They are of one run. One that is still said to be unfinished did not end, whatever status an
 * earlier one left. */
static bool read_values(const struct line values[SCRIPT_VALUE_COUNT], struct script_line *out,
                        enum script_says *says)
{
    const struct line *host = &values[SCRIPT_VALUE_MACHINE];
    const struct line *status = &values[SCRIPT_VALUE_EXIT_STATUS];
    bool is_unfinished = values[SCRIPT_VALUE_UNFINISHED].length_bytes > 0 &&
                         line_same(&values[SCRIPT_VALUE_UNFINISHED], &values[SCRIPT_VALUE_RUN]);

    out->host = *host;
    out->script = values[SCRIPT_VALUE_SCRIPT];
    out->run = values[SCRIPT_VALUE_RUN];
    if ((host->length_bytes > 0 && !is_host(host)) || !is_script(&out->script) ||
        !is_of(&out->run, IN_NAMES) || !read_time(&values[SCRIPT_VALUE_TIME], &out->filetime))
        return false;
    *says = SCRIPT_SAYS_BEGUN;
    if (status->length_bytes == 0)
        return true;
    if (!read_number(status, &out->number) || !is_exit_status(out->number))
        return false;
    if (!is_unfinished)
        *says = SCRIPT_SAYS_ENDED;
    return true;
}

int script_values_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct line values[SCRIPT_VALUE_COUNT] = {0};
    struct script_line out = {0};
    struct line line, name, value;
    enum script_says says;
    uint64_t first;
    struct lines after;

    if (!lines_next(&walk->lines, &line))
        return 0;
    first = line.number;
    for (after = walk->lines; lines_next_filled(&after, &line) && split_value(&line, &name, &value);
         walk->lines = after) {
        emitter->facts->record_count++;
        if (line.ended)
            keep_value(values, &name, &value);
    }
    emitter_take_lines(emitter, first, walk->lines.number);
    if (read_values(values, &out, &says))
        return hand_on(&out, FINDING_ORIGIN_SCRIPT_VALUES, says, emitter, err);
    emitter_remark(emitter, first, FINDING_ORIGIN_SCRIPT_VALUES, "",
                   "its values do not tell a run of a script");
    return 0;
}
