/* SPDX-License-Identifier: Apache-2.0 */
/* The hosts of the page, and what its words mean, as data for its script: two blocks of JSON whose
 * strings are ASCII without markup (json_add_page_string). The members are told in docs/reports.md.
 */
#include "report/page_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "report/format.h"

/* ---- Columns ---- */

enum page_cell {
    CELL_OF_VERDICT, /* the column of that name: hosts_find_column */
    CELL_HOST,
    CELL_ALIASES,
    CELL_STANDINGS,
    CELL_SCRIPTS,
    CELL_MANUAL,
    CELL_SOURCES,
    CELL_INVENTORY,
    CELL_CHUNK,
    CELL_LINE,
};

static const struct page_column {
    const char *name;
    const char *title;
    enum page_cell cell;
} columns[] = {
    {"host", "Host", CELL_HOST},
    {"aliases", "Earlier names", CELL_ALIASES},
    {"classification", "Verdict", CELL_OF_VERDICT},
    {"confidence", "Confidence", CELL_OF_VERDICT},
    {"state", "State", CELL_OF_VERDICT},
    {"action", "Action", CELL_OF_VERDICT},
    {"reason", "Reason", CELL_OF_VERDICT},
    {"review", "Review", CELL_OF_VERDICT},
    {"is", "Counts as", CELL_STANDINGS},
    {"first_fault_utc", "First signal or fault", CELL_OF_VERDICT},
    {"last_fault_utc", "Last fault", CELL_OF_VERDICT},
    {"recovered_utc", "Recovered", CELL_OF_VERDICT},
    {"in_window_events", "Signals in the window", CELL_OF_VERDICT},
    {"events_8196", "Events 8196", CELL_OF_VERDICT},
    {"events_8208", "Events 8208", CELL_OF_VERDICT},
    {"events_8209", "Events 8209", CELL_OF_VERDICT},
    {"events_13", "Events 13", CELL_OF_VERDICT},
    {"codes", "Codes", CELL_OF_VERDICT},
    {"window_coverage", "Window covered", CELL_OF_VERDICT},
    {"kb971033", "KB971033", CELL_OF_VERDICT},
    {"kb971033_evidence", "Evidence on KB971033", CELL_OF_VERDICT},
    {"edition", "Edition", CELL_OF_VERDICT},
    {"licence_channel", "Licence channel", CELL_OF_VERDICT},
    {"licence_evidence", "Evidence on the licence", CELL_OF_VERDICT},
    {"os_version", "Windows version", CELL_OF_VERDICT},
    {"clock", "Clock", CELL_OF_VERDICT},
    {"kms_client_key", "KMS client key", CELL_OF_VERDICT},
    {"remediation", "Last run of a script", CELL_OF_VERDICT},
    {"rollout", "Roll-out", CELL_OF_VERDICT},
    {"rollout_trace", "Trace of the roll-out", CELL_OF_VERDICT},
    {"unrelated_updates", "Unrelated updates", CELL_OF_VERDICT},
    {"scripts", "Scripts", CELL_SCRIPTS},
    {"manual", "By hand", CELL_MANUAL},
    {"sources", "Sources", CELL_SOURCES},
    {"inventory", "Inventory", CELL_INVENTORY},
    {"evidence", "Evidence", CELL_CHUNK},
    {"line", "Line", CELL_LINE},
};

/* ---- Hosts ---- */

struct host_rows {
    const struct page *page;
    struct json_writer json;
};

static void put_list(struct json_writer *json, char *list)
{
    json_text(json, NULL, list);
    free(list);
}

static void put_time(struct json_writer *json, uint64_t filetime)
{
    char *time = filetime_text(filetime);

    json_text(json, NULL, time);
    free(time);
}

static void put_verdict(struct json_writer *json, const char *name,
                        const struct case_verdict *verdict)
{
    const struct hosts_column *column = hosts_find_column(name);
    const void *value = hosts_column_value(column, verdict);

    switch (column->kind) {
    case HOSTS_HOST:
    case HOSTS_ALIASES:
    case HOSTS_SOURCES:
        break; /* not of the verdict */
    case HOSTS_TEXT:
        json_text(json, NULL, *(const char *const *)value);
        break;
    case HOSTS_WORD:
        json_text(json, NULL, word_set_word(column->words, *(const unsigned *)value));
        break;
    case HOSTS_WORDS:
        put_list(json, word_set_list(column->words, *(const uint32_t *)value));
        break;
    case HOSTS_NUMBER:
        json_number(json, NULL, *(const uint64_t *)value);
        break;
    case HOSTS_TIME:
        put_time(json, *(const uint64_t *)value);
        break;
    }
}

/* Puts the scripts in whose host lists the machine is, or whether it needs some and is in none. */
static void put_scripts(struct json_writer *json, const struct case_machine *machine,
                        enum page_cell cell)
{
    size_t scripts[ACTION_STEP_COUNT];
    bool manual;
    size_t count = remediation_scripts_of(machine, scripts, &manual);
    struct text list = {0};

    if (cell == CELL_MANUAL) {
        json_number(json, NULL, manual);
        return;
    }
    for (size_t index = 0; index < count; index++) {
        char *name = remediation_script_name(scripts[index]);

        text_add_item_format(&list, "%s.cmd", name);
        free(name);
    }
    json_text(json, NULL, text_get(&list));
    text_free(&list);
}

static int put_aliases(struct host_rows *rows, int64_t machine_id, struct error *err)
{
    char *aliases = NULL;

    if (casedb_machine_aliases(rows->page->db, machine_id, &aliases, err) != 0)
        return -1;
    put_list(&rows->json, aliases);
    return 0;
}

static int put_source_count(struct host_rows *rows, int64_t machine_id, struct error *err)
{
    char *sources = NULL;
    uint64_t count;

    if (casedb_machine_sources(rows->page->db, machine_id, &sources, err) != 0)
        return -1;
    count = *sources != '\0';
    for (const char *at = sources; (at = strstr(at, TEXT_SEPARATOR)) != NULL; at++)
        count++;
    json_number(&rows->json, NULL, count);
    free(sources);
    return 0;
}

static int put_inventory(struct host_rows *rows, const struct case_machine *machine,
                         struct error *err)
{
    const struct joined *joined = &rows->page->joined;
    char **values = NULL;

    if (joined_read_values(joined, rows->page->db, machine, &values, err) != 0)
        return -1;
    json_begin_list(&rows->json, NULL);
    for (size_t index = 0; index < joined->column_count; index++)
        json_text(&rows->json, NULL, values[index]);
    json_end_list(&rows->json);
    joined_free_values(joined, values);
    return 0;
}

static int put_cell(struct host_rows *rows, const struct page_column *column,
                    const struct case_machine *machine, size_t place, struct error *err)
{
    const struct evidence_place *evidence = &rows->page->evidence.places[place];
    struct json_writer *json = &rows->json;

    switch (column->cell) {
    case CELL_OF_VERDICT:
        put_verdict(json, column->name, &machine->verdict);
        return 0;
    case CELL_HOST:
        json_text(json, NULL, machine->name);
        return 0;
    case CELL_ALIASES:
        return put_aliases(rows, machine->id, err);
    case CELL_STANDINGS:
        put_list(json, word_set_list(&standing_words, summary_standings(&machine->verdict)));
        return 0;
    case CELL_SCRIPTS:
    case CELL_MANUAL:
        put_scripts(json, machine, column->cell);
        return 0;
    case CELL_SOURCES:
        return put_source_count(rows, machine->id, err);
    case CELL_INVENTORY:
        return put_inventory(rows, machine, err);
    case CELL_CHUNK:
        json_signed(json, NULL, evidence->chunk);
        return 0;
    case CELL_LINE:
        json_number(json, NULL, evidence->line);
        return 0;
    }
    return 0;
}

static int put_host(void *context, const struct case_machine *machine, size_t place,
                    struct error *err)
{
    struct host_rows *rows = context;

    fputs(place > 0 ? ",\n" : "\n", rows->json.file);
    rows->json.needs_comma = false;
    json_begin_list(&rows->json, NULL);
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (put_cell(rows, &columns[index], machine, place, err) != 0)
            return -1;
    json_end_list(&rows->json);
    return 0;
}

int page_put_hosts_json(void *context, FILE *file, struct error *err)
{
    struct host_rows rows = {.page = context, .json = {.file = file, .for_page = true}};
    int result;

    fputc('[', file);
    result = page_each_host(rows.page, &(struct host_user){put_host, &rows}, err);
    fputs("\n]", file);
    json_free_content(&rows.json);
    return result;
}

/* ---- The case ---- */

/* A closed set for the script: where its texts are. */
struct shown_words {
    const char *column;
    const struct word_set *words;
    const char *(*title)(unsigned member); /* NULL: the word is its title */
    const char *(*sentence)(unsigned member);
    bool is_facet;
};

#define MEMBER_TEXT_OF(set, column)                         \
    static const char *set##_##column##_of(unsigned member) \
    {                                                       \
        return set##_##column((enum set)member);            \
    }
MEMBER_TEXT_OF(classification, title)
MEMBER_TEXT_OF(classification, sentence)
MEMBER_TEXT_OF(confidence, sentence)
MEMBER_TEXT_OF(review_note, sentence)
MEMBER_TEXT_OF(activation_state, sentence)
MEMBER_TEXT_OF(action, sentence)
MEMBER_TEXT_OF(rollout_result, title)
MEMBER_TEXT_OF(rollout_result, sentence)
MEMBER_TEXT_OF(standing, title)
MEMBER_TEXT_OF(standing, sentence)

static const struct shown_words shown_words[] = {
    {"classification", &classification_words, classification_title_of, classification_sentence_of,
     true},
    {"state", &activation_state_words, NULL, activation_state_sentence_of, true},
    {"action", &action_words, NULL, action_sentence_of, true},
    {"kb971033", &update_status_words, NULL, NULL, true},
    {"review", &review_note_words, NULL, review_note_sentence_of, true},
    {"is", &standing_words, standing_title_of, standing_sentence_of, true},
    {"confidence", &confidence_words, NULL, confidence_sentence_of, false},
    {"rollout", &rollout_result_words, rollout_result_title_of, rollout_result_sentence_of, false},
    {"role", &role_words, NULL, NULL, false},
};

static const char *title_of(const struct shown_words *shown, unsigned member)
{
    return shown->title != NULL ? shown->title(member) : word_set_word(shown->words, member);
}

static void put_value(struct json_writer *json, const char *value, const char *title)
{
    json_begin_member(json, NULL);
    json_text(json, "value", value);
    json_text(json, "title", title);
    json_end_member(json);
}

static void begin_facet(struct json_writer *json, const char *column)
{
    size_t index = 0;

    while (strcmp(columns[index].name, column) != 0)
        index++;
    json_begin_member(json, NULL);
    json_text(json, "column", column);
    json_text(json, "title", columns[index].title);
    json_begin_list(json, "values");
}

static void end_facet(struct json_writer *json)
{
    json_end_list(json);
    json_end_member(json);
}

static void put_facets(struct json_writer *json)
{
    json_begin_list(json, "facets");
    for (size_t index = 0; index < ARRAY_COUNT(shown_words); index++) {
        const struct shown_words *shown = &shown_words[index];

        if (!shown->is_facet)
            continue;
        begin_facet(json, shown->column);
        for (unsigned member = 0; member < shown->words->count; member++)
            put_value(json, word_set_word(shown->words, member), title_of(shown, member));
        end_facet(json);
    }
    begin_facet(json, "edition");
    for (size_t edition = 0; edition < EDITION_COUNT; edition++)
        put_value(json, incident_editions[edition].name, incident_editions[edition].name);
    put_value(json, "unknown", "unknown");
    end_facet(json);
    json_end_list(json);
}

static void put_words(struct json_writer *json)
{
    json_begin_member(json, "words");
    for (size_t index = 0; index < ARRAY_COUNT(shown_words); index++) {
        const struct shown_words *shown = &shown_words[index];

        json_begin_member(json, shown->column);
        for (unsigned member = 0; member < shown->words->count; member++) {
            const char *word = word_set_word(shown->words, member);

            if (*word == '\0')
                continue;
            json_begin_list(json, word);
            json_text(json, NULL, title_of(shown, member));
            json_text(json, NULL, shown->sentence != NULL ? shown->sentence(member) : "");
            json_end_list(json);
        }
        json_end_member(json);
    }
    json_end_member(json);
}

/* Puts the lines of a text as a list. */
static void put_lines(struct json_writer *json, const char *name, const char *lines)
{
    json_begin_list(json, name);
    while (*lines != '\0') {
        size_t length = strcspn(lines, "\n");

        put_list(json, memory_copy_bytes(lines, length));
        lines += length + (lines[length] == '\n');
    }
    json_end_list(json);
}

static void put_steps(struct json_writer *json)
{
    json_begin_member(json, "steps");
    for (unsigned index = 0; index < ACTION_STEP_COUNT; index++) {
        enum action_step step = (enum action_step)index;

        json_begin_member(json, action_step_word(step));
        json_text(json, "title", action_step_title(step));
        json_text(json, "sentence", action_step_sentence(step));
        put_lines(json, "commands", action_step_commands(step));
        json_end_member(json);
    }
    json_end_member(json);
}

static void put_columns(struct json_writer *json, const struct joined *joined)
{
    json_begin_list(json, "columns");
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        json_text(json, NULL, columns[index].name);
    json_end_list(json);
    json_begin_member(json, "titles");
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        json_text(json, columns[index].name, columns[index].title);
    json_end_member(json);
    json_begin_list(json, "inventory");
    for (size_t index = 0; index < joined->column_count; index++)
        json_text(json, NULL, joined->columns[index]);
    json_end_list(json);
}

static void put_limits(struct json_writer *json, const struct page *page)
{
    struct text sentence = {0};

    page_add_limits(&sentence, page);
    json_begin_member(json, "limits");
    json_number(json, "hosts_left_out", page->summary.all.hosts - page_host_count(page));
    json_number(json, "evidence_left_out", page->evidence.left_out);
    json_number(json, "evidence_cut", page->evidence.cut);
    json_text(json, "sentence", text_get(&sentence));
    json_end_member(json);
    text_free(&sentence);
}

int page_put_case_json(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct json_writer json = {.file = file, .for_page = true};

    (void)err;
    json_begin_member(&json, NULL);
    json_text(&json, "version", PACKAGE_VERSION);
    json_begin_list(&json, "window");
    put_time(&json, page->window->start_filetime);
    put_time(&json, page->window->end_filetime);
    json_end_list(&json);
    put_columns(&json, &page->joined);
    put_facets(&json);
    put_words(&json);
    put_steps(&json);
    put_limits(&json, page);
    json_end_member(&json);
    json_free_content(&json);
    return 0;
}
