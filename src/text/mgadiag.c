/* SPDX-License-Identifier: Apache-2.0 */
/* MGADiag, Microsoft Genuine Advantage Diagnostics:
 *
 *     Diagnostic Report (1.9.0027.0):
 *     Windows Validation Data-->
 *     Windows Product ID: 00392-918-5000002-85123
 *     Product Name: Windows 7 Enterprise
 *     ...
 *     Licensing Data-->                                  (what slmgr /dlv says)
 *     ...
 *     Windows Activation Technologies-->
 *     HrOffline: 0x00000000                              (or: N/A)
 *     HrOnline: 0xC004C4A2
 *     Event Time Stamp: 1:8:2019 12:02                   (month first, local time)
 *     ActiveX: Registered, Version: 7.1.7600.16395       (or: Not Registered - 0x80040154)
 *     Admin Service: Registered, Version: 7.1.7600.16395
 *
 * Its own labels are English everywhere. FACTS-more.md, Texts, has it from memory: lines that it
 * does not know are passed over. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "text/forms.h"
#include "text/tokens.h"

#define SECTION_END "-->"

enum section { SECTION_OTHER, SECTION_SYSTEM, SECTION_VALIDATION };

struct report {
    uint64_t line;
    enum section section;
    struct line product_name;
    struct line product_id;
    uint64_t validation_line; /* 0 without that section */
    struct line hr_offline;
    struct line hr_online;
    struct line time;
    struct line parts[2];
};

/* ---- Values ---- */

static int64_t code_of(const struct line *value)
{
    uint32_t code;

    return line_starts_with_ascii(value, "0x") && licence_read_code(value, &code) ? (int64_t)code
                                                                                  : FINDING_ABSENT;
}

/* Takes a number off the front of *rest, and the colon behind it. */
static bool take_part(struct line *rest, bool has_colon, uint64_t most, uint64_t *number)
{
    if (!line_take_number(rest, number) || *number < 1 || *number > most)
        return false;
    if (!has_colon)
        return true;
    if (!line_starts_with(rest, ":"))
        return false;
    *rest = line_from(*rest, 1);
    return true;
}

/* Returns owned: `2019-01-08` of `1:8:2019 12:02`, or "". */
static char *copy_day(struct line time)
{
    uint64_t month, day, year;

    if (!take_part(&time, true, 12, &month) || !take_part(&time, true, 31, &day) ||
        !take_part(&time, false, 9999, &year) || year < 1601)
        return memory_copy_text("");
    return memory_format("%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64, year, month, day);
}

/* The update brings both parts. Where the report has one alone, or one of each, it tells nothing.
 */
static enum update_says parts_say(const struct report *report)
{
    unsigned registered = 0, missing = 0;

    for (size_t part = 0; part < ARRAY_COUNT(report->parts); part++) {
        registered += line_starts_with_ascii(&report->parts[part], "Registered");
        missing += line_starts_with_ascii(&report->parts[part], "Not Registered");
    }
    return registered == ARRAY_COUNT(report->parts) ? UPDATE_SAYS_INSTALLED
           : missing == ARRAY_COUNT(report->parts)  ? UPDATE_SAYS_ABSENT
                                                    : UPDATE_SAYS_NEITHER;
}

/* ---- Lines ---- */

static enum section section_of(const struct line *line)
{
    return line_starts_with(line, "Windows Validation Data")           ? SECTION_SYSTEM
           : line_starts_with(line, "Windows Activation Technologies") ? SECTION_VALIDATION
                                                                       : SECTION_OTHER;
}

/* False when no such value is known. */
static bool take_value(struct report *report, const struct line *label, const struct line *value)
{
    const struct {
        enum section section;
        const char *label;
        struct line *value;
    } values[] = {
        {SECTION_SYSTEM, "Windows Product ID", &report->product_id},
        {SECTION_SYSTEM, "Product Name", &report->product_name},
        {SECTION_VALIDATION, "HrOffline", &report->hr_offline},
        {SECTION_VALIDATION, "HrOnline", &report->hr_online},
        {SECTION_VALIDATION, "Event Time Stamp", &report->time},
        {SECTION_VALIDATION, "ActiveX", &report->parts[0]},
        {SECTION_VALIDATION, "Admin Service", &report->parts[1]},
    };

    for (size_t index = 0; index < ARRAY_COUNT(values); index++)
        if (values[index].section == report->section &&
            line_equals_ascii(label, values[index].label)) {
            *values[index].value = *value;
            return true;
        }
    return false;
}

/* False when the line is not known as one of a report. */
static bool take_line(struct report *report, struct line line)
{
    struct line label, value;

    line = line_trim(line);
    if (!line_ends_with(&line, SECTION_END))
        return line.ended && line_split(&line, ':', &label, &value) &&
               take_value(report, &label, &value);
    report->section = section_of(&line);
    if (report->section == SECTION_VALIDATION)
        report->validation_line = line.number;
    return true;
}

/* ---- The report ---- */

static int hand_on_system(const struct report *report, struct emitter *emitter, struct error *err)
{
    char *name = line_copy(&report->product_name, LISTING_VALUE_MOST_BYTES);
    char *product_id = line_copy(&report->product_id, LISTING_VALUE_MOST_BYTES);
    struct finding finding = finding_of(FINDING_SYSTEM, FINDING_ORIGIN_MGADIAG);
    int result = 0;

    finding.place = report->line;
    finding.system.os_name = name;
    finding.system.product_id = product_id;
    if (*name != '\0' || *product_id != '\0')
        result = emitter_add_below(emitter, &finding, err);
    free(name);
    free(product_id);
    return result;
}

static int hand_on_validation(const struct report *report, struct emitter *emitter,
                              struct error *err)
{
    char *day = copy_day(report->time);
    struct finding finding = finding_of(FINDING_VALIDATION, FINDING_ORIGIN_MGADIAG);
    int result;

    finding.place = report->validation_line;
    finding.validation = (struct finding_validation){.hr_offline = code_of(&report->hr_offline),
                                                     .hr_online = code_of(&report->hr_online),
                                                     .day = day,
                                                     .update_parts = parts_say(report)};
    emitter->facts->record_count++;
    result = emitter_add_below(emitter, &finding, err);
    free(day);
    return result;
}

/* Reads up to the next listing that is not slmgr's, or the end of the text, and leaves the walk
 * behind the last line that is known: a heading of what follows is not of this report. */
static int read_lines(struct listing_walk *walk, struct report *report, struct emitter *emitter,
                      struct error *err)
{
    struct lines known = walk->lines;
    enum listing_form form;
    struct line line;
    int result = 0;

    while (result == 0 && walk->lines.at < walk->lines.end) {
        form = listing_form_at(walk);
        if (form != LISTING_FORM_NONE && form != LISTING_FORM_SLMGR)
            break;
        if (form == LISTING_FORM_SLMGR)
            result = slmgr_parse_as(FINDING_ORIGIN_MGADIAG, walk, emitter, err);
        else if (!lines_next(&walk->lines, &line) || !take_line(report, line))
            continue;
        known = walk->lines;
    }
    walk->lines = known;
    return result;
}

int mgadiag_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct report report = {.line = walk->lines.number + 1};
    struct line line;
    int result;

    if (!lines_next(&walk->lines, &line))
        return 0;
    result = read_lines(walk, &report, emitter, err);
    if (result == 0)
        result = hand_on_system(&report, emitter, err);
    if (result == 0 && report.validation_line != 0)
        result = hand_on_validation(&report, emitter, err);
    return result;
}
