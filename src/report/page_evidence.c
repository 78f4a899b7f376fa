/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence on each machine, for the script of the page: a line of JSON a machine, in chunks of
 * which the script takes apart only the one that it needs (docs/reports.md tells the members). It
 * is made before the page, which says at its top what is not on it. Texts of events repeat, so each
 * stands once a machine and is referred to by its place. Memory holds the texts of one machine. */
#include "report/page_parts.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "report/format.h"

/* Events of one machine on the page, and its episodes, covered times and rows of evidence, each: of
 * more the first and the last ones; and its sources that no row refers to. */
#define EVENTS_MOST 2000
#define ROWS_MOST 500
/* Of one text: what is longer is cut. Of one machine's texts: behind those, shorter ones are, so
 * that a single machine does not fill the page. */
#define TEXT_MOST_BYTES 4096
#define TEXTS_MOST_BYTES ((size_t)4 * 1024 * 1024)
#define LATE_TEXT_MOST_BYTES 256

/* ---- Texts that are referred to ---- */

struct known_text {
    char *text; /* owned */
    size_t place;
};

/* Starts as zeros. */
struct known_texts {
    struct known_text **items; /* owned, in order of their places */
    size_t count;
    size_t length_bytes; /* of all of them */
    void *by_text;       /* the same, a tree of <search.h> */
};

static int compare_known(const void *left, const void *right)
{
    return strcmp(((const struct known_text *)left)->text,
                  ((const struct known_text *)right)->text);
}

static void keep_node(void *node)
{
    (void)node; /* the list owns it */
}

static void known_texts_free_content(struct known_texts *known)
{
    tdestroy(known->by_text, keep_node);
    for (size_t index = 0; index < known->count; index++) {
        free(known->items[index]->text);
        free(known->items[index]);
    }
    free(known->items);
    *known = (struct known_texts){0};
}

/* Returns the place of the text, which is taken. */
static size_t place_of(struct known_texts *known, char *text)
{
    struct known_text *added = memory_allocate(1, sizeof(*added));
    struct known_text **found;

    *added = (struct known_text){.text = text, .place = known->count};
    found = tsearch(added, &known->by_text, compare_known);
    if (found == NULL)
        abort(); /* out of memory, as base/memory.h has it */
    if (*found != added) {
        free(added->text);
        free(added);
        return (*found)->place;
    }
    known->items = memory_grow(known->items, known->count, sizeof(*known->items));
    known->items[known->count++] = added;
    known->length_bytes += strlen(text);
    return added->place;
}

/* ---- What is kept of many ---- */

/* Of rows that come one after the other, the first and the last so many. */
struct keeping {
    uint64_t first;
    uint64_t last;
    uint64_t count; /* of all */
    uint64_t seen;
};

static void keeping_limit(struct keeping *keeping, uint64_t most)
{
    uint64_t kept = keeping->count < most ? keeping->count : most;

    keeping->first = kept - kept / 2;
    keeping->last = kept / 2;
}

static uint64_t keeping_left_out(const struct keeping *keeping)
{
    return keeping->count - keeping->first - keeping->last;
}

/* Is the next one kept? */
static bool keeping_takes(struct keeping *keeping)
{
    uint64_t place = keeping->seen++;

    return place < keeping->first || place >= keeping->count - keeping->last;
}

/* What matters most comes first: signals, faults and recoveries; updates and licences; context. */
#define LEVEL_COUNT 3
static unsigned level_of(enum role role)
{
    switch (role) {
    case ROLE_SIGNAL_STRONG:
    case ROLE_SIGNAL_WEAK:
    case ROLE_FAULT:
    case ROLE_RECOVERY:
    case ROLE_RESET:
        return 0;
    case ROLE_UPDATE:
    case ROLE_LICENCE:
        return 1;
    case ROLE_BY_ITSELF:
    case ROLE_CONTEXT:
        break;
    }
    return 2;
}

/* ---- One machine ---- */

struct evidence_line {
    const struct page *page;
    int64_t machine_id;
    bool is_affected; /* by its verdict */
    struct json_writer json;
    struct known_texts texts;
    struct known_texts sources;
    struct keeping events[LEVEL_COUNT];
    bool has_more; /* than stands in it */
};

static void put_time(struct json_writer *json, uint64_t filetime)
{
    char *time = filetime_text(filetime);

    json_text(json, NULL, time);
    free(time);
}

/* Returns owned the text, or as much of it as is on the page; `file` has all. */
static char *cut_text(struct evidence_line *line, const char *text, const char *file)
{
    size_t most_bytes =
        line->texts.length_bytes < TEXTS_MOST_BYTES ? TEXT_MOST_BYTES : LATE_TEXT_MOST_BYTES;

    if (strlen(text) <= most_bytes)
        return memory_copy_text(text);
    line->has_more = true;
    return memory_format("%.*s [cut: %s has all]", (int)text_cut_length(text, most_bytes), text,
                         file);
}

static void put_text_of(struct evidence_line *line, const char *text, const char *file)
{
    json_number(&line->json, NULL, place_of(&line->texts, cut_text(line, text, file)));
}

static void put_text(struct evidence_line *line, const char *text)
{
    put_text_of(line, text, "timeline.csv");
}

/* Puts what a row of evidence has, which is not referred to. */
static void put_detail(struct evidence_line *line, const char *detail)
{
    char *kept = cut_text(line, detail, "case.db");

    json_text(&line->json, NULL, kept);
    free(kept);
}

/* Puts how many of a list are left out. */
static void put_left_out(struct evidence_line *line, const char *name, uint64_t count)
{
    char *member = memory_format("%s_left_out", name);

    json_number(&line->json, member, count);
    line->has_more = line->has_more || count > 0;
    free(member);
}

/* Puts a text that was made for it, which is taken. */
static void put_made_text(struct evidence_line *line, struct text *made)
{
    put_text(line, text_get(made));
    text_free(made);
}

/* A source stands as a member of hosts.csv's list of them. */
static void put_source(struct evidence_line *line, const char *path)
{
    struct text shown = {0}, member = {0};

    text_add_path(&shown, path);
    text_add_item_content(&member, text_get(&shown));
    json_number(&line->json, NULL, place_of(&line->sources, text_take(&member)));
    text_free(&shown);
}

/* ---- Events ---- */

enum event_flag {
    EVENT_IS_RECOVERED = 1 << 0,
    EVENT_IS_FORWARDED = 1 << 1,
    EVENT_IS_EARLIER = 1 << 2, /* of an earlier installation */
    EVENT_HAS_WRONG_CLOCK = 1 << 3,
    EVENT_IS_SEEN = 1 << 4, /* by a KMS host */
};

static unsigned flags_of(const struct case_observation *found)
{
    return (found->observation.recovered ? EVENT_IS_RECOVERED : 0) |
           (found->forwarded ? EVENT_IS_FORWARDED : 0) | (found->decides ? 0 : EVENT_IS_EARLIER) |
           (found->wrong_clock ? EVENT_HAS_WRONG_CLOCK : 0) |
           (found->client_id != 0 ? EVENT_IS_SEEN : 0);
}

static void put_said(struct evidence_line *line, const struct case_observation *found,
                     const struct judgement *judgement)
{
    const struct observation *observation = &found->observation;
    struct text label = {0}, message = {0}, strings = {0}, codes = {0};

    message_add_name(&label, observation->provider, observation->event_id);
    message_add_said(&message, observation, judgement);
    timeline_add_strings(&strings, observation);
    timeline_add_codes(&codes, judgement);
    put_made_text(line, &label);
    put_made_text(line, &message);
    put_made_text(line, &strings);
    put_text(line, role_word(timeline_role(found, judgement)));
    put_made_text(line, &codes);
}

static void put_event(struct evidence_line *line, const struct case_observation *found,
                      const struct judgement *judgement)
{
    const struct observation *observation = &found->observation;
    struct json_writer *json = &line->json;
    struct text record_id = {0};

    json_begin_list(json, NULL);
    put_time(json, observation->event_filetime);
    put_said(line, found, judgement);
    text_add_number(&record_id, observation->record_id);
    json_text(json, NULL, text_get(&record_id));
    text_free(&record_id);
    put_source(line, found->path);
    json_number(json, NULL, observation->offset_bytes);
    put_text(line, verified_word(judgement_verified(judgement, observation->verified)));
    put_text_of(line, observation->other_reading != NULL ? observation->other_reading : "",
                "timeline.jsonl");
    json_number(json, NULL, timeline_is_in_window(found, line->page->window));
    json_number(json, NULL, flags_of(found));
    if (found->wrong_clock)
        put_time(json, found->placed_filetime);
    json_end_list(json);
}

/* Goes through the machine's events, and puts those that are kept; or, the first time, counts them
 * by level. */
static int each_event(struct evidence_line *line, bool puts, struct error *err)
{
    struct casedb_cursor *events = NULL;
    struct case_observation found;
    int next;

    if (casedb_machine_timeline(line->page->db, line->machine_id, &events, err) != 0)
        return -1;
    while ((next = casedb_next_observation(events, &found, err)) == 1) {
        struct judgement judgement = judgement_of(&found.observation);
        struct keeping *level = &line->events[level_of(timeline_role(&found, &judgement))];

        if (!puts)
            level->count++;
        else if (keeping_takes(level))
            put_event(line, &found, &judgement);
    }
    casedb_cursor_free(events);
    return next;
}

/* Where all are kept, they need not be counted. */
static int limit_events(struct evidence_line *line, uint64_t *left_out, struct error *err)
{
    uint64_t most, left = EVENTS_MOST;

    *left_out = 0;
    if (casedb_count_observations(line->page->db, line->machine_id, &most, err) != 0)
        return -1;
    for (unsigned level = 0; level < LEVEL_COUNT; level++)
        line->events[level] = (struct keeping){.first = most};
    if (most <= EVENTS_MOST)
        return 0;
    if (each_event(line, false, err) != 0)
        return -1;
    for (unsigned level = 0; level < LEVEL_COUNT; level++) {
        struct keeping *keeping = &line->events[level];

        keeping_limit(keeping, left);
        left -= keeping->first + keeping->last;
        *left_out += keeping_left_out(keeping);
    }
    return 0;
}

static int put_events(struct evidence_line *line, struct error *err)
{
    uint64_t left_out;

    if (limit_events(line, &left_out, err) != 0)
        return -1;
    json_begin_list(&line->json, "events");
    if (each_event(line, true, err) != 0)
        return -1;
    json_end_list(&line->json);
    put_left_out(line, "events", left_out);
    return 0;
}

/* ---- Evidence on update and licence ---- */

static void put_kind(struct json_writer *json, enum evidence_kind kind, uint16_t event_id)
{
    struct text text = {0};

    text_add(&text, event_id != 0 ? evidence_kind_label(kind) : evidence_kind_word(kind));
    if (event_id != 0)
        text_add_format(&text, " %u", (unsigned)event_id);
    json_text(json, NULL, text_get(&text));
    text_free(&text);
}

static void put_update(struct evidence_line *line, const struct case_update_evidence *said)
{
    struct json_writer *json = &line->json;

    json_begin_list(json, NULL);
    put_time(json, said->filetime);
    json_number(json, NULL, said->with_collection);
    json_text(json, NULL, update_id_word(said->update));
    json_text(json, NULL, update_says_word(said->says));
    put_kind(json, said->kind, said->event_id);
    put_detail(line, said->detail);
    put_source(line, said->path);
    json_end_list(json);
}

static void put_licence(struct evidence_line *line, const struct case_licence_evidence *said)
{
    struct json_writer *json = &line->json;

    json_begin_list(json, NULL);
    put_time(json, said->filetime);
    json_number(json, NULL, said->with_collection);
    json_text(json, NULL, said->edition);
    json_text(json, NULL, licence_channel_word(said->licence_channel));
    put_kind(json, said->kind, 0);
    put_detail(line, said->detail);
    put_source(line, said->path);
    json_end_list(json);
}

/* Go through the rows of a kind, and put those that are kept; or, first, count them. */
static int each_update(struct evidence_line *line, struct keeping *keeping, bool puts,
                       struct error *err)
{
    struct casedb_cursor *rows = NULL;
    struct case_update_evidence said;
    int next;

    if (casedb_update_evidence(line->page->db, line->machine_id, &rows, err) != 0)
        return -1;
    while ((next = casedb_next_update_evidence(rows, &said, err)) == 1) {
        keeping->count += !puts;
        if (puts && keeping_takes(keeping))
            put_update(line, &said);
    }
    casedb_cursor_free(rows);
    return next;
}

static int each_licence(struct evidence_line *line, struct keeping *keeping, bool puts,
                        struct error *err)
{
    struct casedb_cursor *rows = NULL;
    struct case_licence_evidence said;
    int next;

    if (casedb_licence_evidence(line->page->db, line->machine_id, &rows, err) != 0)
        return -1;
    while ((next = casedb_next_licence_evidence(rows, &said, err)) == 1) {
        keeping->count += !puts;
        if (puts && keeping_takes(keeping))
            put_licence(line, &said);
    }
    casedb_cursor_free(rows);
    return next;
}

static int put_rows(struct evidence_line *line, const char *name,
                    int (*each)(struct evidence_line *, struct keeping *, bool, struct error *),
                    struct error *err)
{
    struct keeping keeping = {0};

    if (each(line, &keeping, false, err) != 0)
        return -1;
    keeping_limit(&keeping, ROWS_MOST);
    json_begin_list(&line->json, name);
    if (each(line, &keeping, true, err) != 0)
        return -1;
    json_end_list(&line->json);
    put_left_out(line, name, keeping_left_out(&keeping));
    return 0;
}

/* ---- Episodes, and what the logs cover ---- */

/* Puts what ended an episode, in words. */
static void put_end(struct json_writer *json, const struct case_episode *episode)
{
    struct text end = {0};

    switch (episode->end) {
    case EPISODE_END_NONE:
        break;
    case EPISODE_END_EVENT:
        message_add_name(&end, episode->provider, episode->event_id);
        break;
    case EPISODE_END_LISTING:
        text_add(&end, "a licence listing");
        break;
    case EPISODE_END_SCRIPT:
        text_add(&end, "an activation that a script saw");
        break;
    }
    json_text(json, NULL, text_get(&end));
    text_free(&end);
}

static int each_episode(struct evidence_line *line, struct keeping *keeping, bool puts,
                        struct error *err)
{
    struct json_writer *json = &line->json;
    struct casedb_cursor *rows = NULL;
    struct case_episode episode;
    int next;

    if (casedb_episodes(line->page->db, line->machine_id, &rows, err) != 0)
        return -1;
    while ((next = casedb_next_episode(rows, &episode, err)) == 1) {
        keeping->count += !puts;
        if (!puts || !keeping_takes(keeping))
            continue;
        json_begin_list(json, NULL);
        put_time(json, episode.first_filetime);
        put_time(json, episode.end_filetime);
        put_end(json, &episode);
        json_number(json, NULL, episode.is_incident && line->is_affected);
        json_end_list(json);
    }
    casedb_cursor_free(rows);
    return next;
}

static int each_covered_time(struct evidence_line *line, struct keeping *keeping, bool puts,
                             struct error *err)
{
    struct json_writer *json = &line->json;
    struct casedb_cursor *rows = NULL;
    struct case_covered_time time;
    int next;

    if (casedb_covered_times(line->page->db, line->machine_id, &rows, err) != 0)
        return -1;
    while ((next = casedb_next_covered_time(rows, &time, err)) == 1) {
        keeping->count += !puts;
        if (!puts || !keeping_takes(keeping))
            continue;
        json_begin_list(json, NULL);
        put_time(json, time.first_filetime);
        put_time(json, time.last_filetime);
        json_end_list(json);
    }
    casedb_cursor_free(rows);
    return next;
}

/* ---- All of a machine ---- */

static void put_known(struct json_writer *json, const char *name, const struct known_texts *known)
{
    json_begin_list(json, name);
    for (size_t index = 0; index < known->count; index++)
        json_text(json, NULL, known->items[index]->text);
    json_end_list(json);
}

/* All that say something of the machine, whether or not a row refers to it. */
static int meet_sources(struct evidence_line *line, struct error *err)
{
    uint64_t left_out = 0;
    char *list = NULL;

    if (casedb_machine_sources(line->page->db, line->machine_id, &list, err) != 0)
        return -1;
    for (const char *at = list; *at != '\0';) {
        const char *end = strstr(at, TEXT_SEPARATOR);
        size_t length = end != NULL ? (size_t)(end - at) : strlen(at);

        if (line->sources.count < ROWS_MOST)
            place_of(&line->sources, memory_copy_bytes(at, length));
        else
            left_out++;
        at += length + (end != NULL ? strlen(TEXT_SEPARATOR) : 0);
    }
    put_left_out(line, "sources", left_out);
    free(list);
    return 0;
}

static int put_line(struct evidence_line *line, struct error *err)
{
    struct json_writer *json = &line->json;

    place_of(&line->texts, memory_copy_text(""));
    json_begin_object(json);
    if (meet_sources(line, err) != 0 || put_rows(line, "episodes", each_episode, err) != 0 ||
        put_rows(line, "coverage", each_covered_time, err) != 0 ||
        put_rows(line, "updates", each_update, err) != 0 ||
        put_rows(line, "licences", each_licence, err) != 0 || put_events(line, err) != 0)
        return -1;
    put_known(json, "texts", &line->texts);
    put_known(json, "sources", &line->sources);
    json_end_object(json);
    return 0;
}

/* ---- All machines ---- */

/* One writing of the evidence on those of one rank. */
struct evidence_pass {
    struct page *page;
    unsigned rank;
    size_t chunk_start; /* where the open chunk begins in the file; and its lines so far: */
    uint32_t line_count;
};

/* In this order machines get their evidence onto the page. */
#define RANK_COUNT 4
static unsigned rank_of(const struct case_verdict *verdict)
{
    unsigned rank = activation_state_is_broken(verdict->state) ? 0 : 1;

    return verdict->classification == CLASSIFICATION_AFFECTED ? rank : 2 + rank;
}

static size_t position_of(FILE *file)
{
    off_t position = ftello(file);

    return position > 0 ? (size_t)position : 0;
}

/* Goes on in the open chunk, or begins one. */
static void open_chunk(struct evidence_pass *pass)
{
    struct page_evidence *evidence = &pass->page->evidence;
    size_t position = position_of(evidence->file);

    if (evidence->chunk_count > 0 && position - pass->chunk_start < PAGE_CHUNK_BYTES)
        return;
    if (evidence->chunk_count > 0)
        fputs("</script>\n", evidence->file);
    fprintf(evidence->file, "<script type=\"text/plain\" class=\"evidence\" id=\"evidence-%zu\">\n",
            evidence->chunk_count++);
    pass->chunk_start = position;
    pass->line_count = 0;
}

static int take_host(void *context, const struct case_machine *machine, size_t place,
                     struct error *err)
{
    struct evidence_pass *pass = context;
    struct page_evidence *evidence = &pass->page->evidence;
    struct evidence_line line = {.page = pass->page,
                                 .machine_id = machine->id,
                                 .is_affected =
                                     machine->verdict.classification == CLASSIFICATION_AFFECTED,
                                 .json = {.file = evidence->file, .for_page = true}};
    int result;

    /* On a full disk the rest need not be gone through: it is told at the end. */
    if (rank_of(&machine->verdict) != pass->rank || ferror(evidence->file))
        return 0;
    if (position_of(evidence->file) >= PAGE_EVIDENCE_MOST_BYTES) {
        evidence->left_out++;
        return 0;
    }
    open_chunk(pass);
    result = put_line(&line, err);
    evidence->cut += line.has_more;
    evidence->places[place] = (struct evidence_place){.chunk = (int32_t)(evidence->chunk_count - 1),
                                                      .line = pass->line_count++};
    json_free_content(&line.json);
    known_texts_free_content(&line.texts);
    known_texts_free_content(&line.sources);
    return result;
}

int page_evidence_make(struct page *page, struct staging *out, struct error *err)
{
    struct page_evidence *evidence = &page->evidence;
    struct evidence_pass pass = {.page = page};

    *evidence = (struct page_evidence){.count = page_host_count(page)};
    evidence->places = memory_allocate(evidence->count, sizeof(*evidence->places));
    for (size_t place = 0; place < evidence->count; place++)
        evidence->places[place] = (struct evidence_place){.chunk = -1};
    if (staging_scratch(out, &evidence->file, err) != 0)
        return -1;
    for (pass.rank = 0; pass.rank < RANK_COUNT; pass.rank++)
        if (page_each_host(page, &(struct host_user){take_host, &pass}, err) != 0)
            return -1;
    if (evidence->chunk_count > 0)
        fputs("</script>\n", evidence->file);
    return staging_check_scratch(out, err);
}

void page_evidence_free_content(struct page_evidence *evidence)
{
    free(evidence->places);
    *evidence = (struct page_evidence){0};
}

int page_put_evidence(void *context, FILE *file, struct error *err)
{
    const struct page_evidence *evidence = &((const struct page *)context)->evidence;
    char bytes[16384];
    size_t count;

    rewind(evidence->file);
    while ((count = fread(bytes, 1, sizeof(bytes), evidence->file)) > 0)
        fwrite(bytes, 1, count, file);
    return ferror(evidence->file) ? error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                                              "cannot read the evidence of the page back: %m; "
                                              "run again")
                                  : 0;
}

/* ---- What is not on the page ---- */

void page_add_limits(struct text *out, const struct page *page)
{
    uint64_t hosts = page->summary.all.hosts - page_host_count(page);
    uint64_t evidence = page->evidence.left_out;
    uint64_t cut = page->evidence.cut;

    if (hosts > 0)
        text_add_format(out,
                        "%" PRIu64 " host%s of %" PRIu64 " %s not on this page: `hosts.csv` has "
                        "all.",
                        hosts, text_plural(hosts), page->summary.all.hosts,
                        hosts == 1 ? "is" : "are");
    if (evidence > 0)
        text_add_format(out,
                        "%sThe events of %" PRIu64 " host%s on this page are in `timeline.csv` "
                        "alone.",
                        hosts > 0 ? " " : "", evidence, text_plural(evidence));
    if (cut > 0)
        text_add_format(out,
                        "%sOf %" PRIu64 " host%s on this page a part of the evidence is left out: "
                        "opened, %s where the rest is.",
                        hosts > 0 || evidence > 0 ? " " : "", cut, text_plural(cut),
                        cut == 1 ? "it says" : "they say");
}

int page_put_notice(void *context, FILE *file, struct error *err)
{
    struct text limits = {0};

    (void)err;
    page_add_limits(&limits, context);
    if (limits.length_bytes > 0) {
        fputs("<p class=\"note\">", file);
        html_put_sentence(file, text_get(&limits));
        fputs("</p>\n", file);
    }
    text_free(&limits);
    return 0;
}
