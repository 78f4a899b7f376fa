/* SPDX-License-Identifier: Apache-2.0 */
/* ReportingEvents.log of SoftwareDistribution: what Windows Update did, a row each of cells with
 * tabs between:
 *
 *     {GUID}  2019-01-23 09:45:55:528-0500  1  183 [AGENT_INSTALLING_SUCCEEDED]  101  {update GUID}
 *     201  0  AutomaticUpdates  Success  Content Install  Installation Successful: ... (KB971033)
 *
 * The time is local, with its offset; the number and the word in brackets can be two cells. What
 * it says of an installation is what a row of an update history says, and handed on as such. */
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/tokens.h"

#define CELLS_MOST 16
#define CELL_TIME 1
#define CELL_EVENT 3 /* begins with its number */
#define EVENT_SUCCEEDED 183
#define EVENT_FAILED 182
/* tbHistory.Status of the same (FACTS-ese.md) */
#define STATUS_DONE 1
#define STATUS_OTHER 2

struct reported_row {
    struct line cells[CELLS_MOST];
    size_t count;
};

static void split(const struct line *line, struct reported_row *row)
{
    struct line rest = *line;

    row->count = 0;
    while (row->count < CELLS_MOST && line_next_cell(&rest, '\t', &row->cells[row->count]))
        row->count++;
}

/* Reads `-0500`, the local time less that of UTC. */
static bool read_offset(const char *text, bool *is_behind, uint64_t *offset)
{
    static const char digits[] = "0123456789";

    if ((*text != '-' && *text != '+') || strspn(text + 1, digits) != 4 || strlen(text) != 5)
        return false;
    *is_behind = *text == '-';
    *offset = (uint64_t)((text[1] - '0') * 10 + (text[2] - '0')) * FILETIME_HOUR +
              (uint64_t)((text[3] - '0') * 10 + (text[4] - '0')) * FILETIME_MINUTE;
    return true;
}

bool reporting_events_read_time(const struct line *cell, uint64_t *filetime)
{
    static const char form[] = "2019-01-23 09:45:55:528-0500";
    const size_t fraction = strlen("2019-01-23 09:45:55");
    const size_t zone = strlen("2019-01-23 09:45:55:528");
    uint64_t local, offset;
    bool is_behind;
    bool is_time;
    char *text, *whole;

    if (cell->length_bytes != sizeof(form) - 1)
        return false;
    text = line_copy(cell, sizeof(form) - 1);
    whole = memory_format("%.*s.%.3sZ", (int)fraction, text, text + fraction + 1);
    is_time = strlen(text) == sizeof(form) - 1 && strchr(":.", text[fraction]) != NULL &&
              filetime_parse(whole, &local) && read_offset(text + zone, &is_behind, &offset) &&
              (is_behind || local > offset);
    if (is_time)
        *filetime = is_behind ? local + offset : local - offset;
    free(whole);
    free(text);
    return is_time && *filetime <= FILETIME_MAX;
}

/* The result is hexadecimal; 0 of a success. */
static int64_t result_of(const struct reported_row *row, uint64_t event)
{
    int64_t result = event == EVENT_SUCCEEDED ? 0 : FINDING_ABSENT;

    for (size_t index = CELL_EVENT + 1; event == EVENT_FAILED && index < row->count; index++) {
        const struct line *cell = &row->cells[index];
        char *text;

        if (cell->length_bytes != 8 ||
            line_count_of(cell, "0123456789abcdefABCDEF") != cell->length_bytes)
            continue;
        text = line_copy(cell, cell->length_bytes);
        result = (int32_t)strtoul(text, NULL, 16);
        free(text);
        break;
    }
    return result;
}

static int hand_on(const struct reported_row *row, uint64_t event, struct emitter *emitter,
                   struct error *err)
{
    const struct line *last = &row->cells[row->count - 1];
    char *title = line_copy(last, LISTING_VALUE_MOST_BYTES);
    const struct incident_update *update = incident_find_update(title);
    struct finding finding = finding_of(FINDING_HISTORY_ROW, FINDING_ORIGIN_REPORTING_EVENTS);
    int result = 0;

    if (update != NULL && reporting_events_read_time(&row->cells[CELL_TIME], &finding.filetime)) {
        finding.place = last->number;
        finding.history_row.status = event == EVENT_SUCCEEDED ? STATUS_DONE : STATUS_OTHER;
        finding.history_row.mapped_result = result_of(row, event);
        finding.history_row.update_id = update->id;
        finding.history_row.title = title;
        emitter->facts->selected_count++;
        result = emitter_add(emitter, &finding, err);
    }
    free(title);
    return result;
}

int reporting_events_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    uint64_t filetime;
    struct line line;
    int result = 0;

    for (struct lines after = walk->lines; result == 0 && lines_next_filled(&after, &line);
         walk->lines = after) {
        struct reported_row row;
        uint64_t event;

        split(&line, &row);
        if (!line.ended || row.count <= CELL_EVENT ||
            !reporting_events_read_time(&row.cells[CELL_TIME], &filetime))
            break;
        emitter->facts->record_count++;
        /* A row on a download, say, names the update and is none of its installation. */
        emitter_take_lines(emitter, line.number, line.number);
        if (line_take_number(&row.cells[CELL_EVENT], &event) &&
            (event == EVENT_SUCCEEDED || event == EVENT_FAILED))
            result = hand_on(&row, event, emitter, err);
    }
    return result;
}
