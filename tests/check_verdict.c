/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of DESIGN section 6 as text: tests/cases/verdict-*.txt (the language is described in
 * tests/cases/README). Each case becomes a real case database, so that the rules are tested
 * together with the glue that feeds them. */
#include <check.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "base/text.h"
#include "case/casedb.h"
#include "run.h"
#include "scratch.h"
#include "verdict/verdict.h"

#define WORDS_MOST 32
#define EVENTS_MOST 64
#define LOGS_MOST 16
#define SAID_MOST 16
/* There are hundreds of cases: a file for each would take most of the time. */
#define IN_MEMORY ":memory:"

struct case_event {
    char *log; /* path */
    char *computer;
    const char *channel; /* borrowed while its line is read */
    struct observation observation;
    struct observation_string strings[8];
};

struct case_log {
    char *path;
    char *copy; /* another place with the same content, or NULL */
    enum source_kind kind;
    uint64_t mtime_filetime; /* 0: after everything */
    bool mtime_is_local;
    struct source_facts facts;
};

/* A thing that a source without events says. */
struct case_said {
    char *path; /* of the source */
    struct finding finding;
    char *texts[10]; /* owned: those of the finding */
    size_t text_count;
};

/* One case while its lines are read. */
struct rule_case {
    const char *file;
    unsigned line;
    struct window window;
    struct case_log logs[LOGS_MOST];
    size_t log_count;
    struct case_event events[EVENTS_MOST];
    size_t event_count;
    struct case_said said[SAID_MOST];
    size_t said_count;
    char *hosts[8];
    size_t host_count;
    struct casedb *db; /* open once the first expectation was met */
    bool begun;        /* its line was read */
    unsigned expectations;
    unsigned failures;
};

__attribute__((format(printf, 2, 3))) static void complain(struct rule_case *rule,
                                                           const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "%s:%u: ", rule->file, rule->line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    rule->failures++;
}

/* ---- Reading a case ---- */

/* Splits at blanks; the words point into `line`. */
static size_t split_words(char *line, char **words)
{
    size_t count = 0;
    char *rest = line;
    char *word;

    while (count < WORDS_MOST && (word = strsep(&rest, " \t")) != NULL)
        if (*word != '\0')
            words[count++] = word;
    return count;
}

static bool read_range(char *text, char mark, uint64_t *first, uint64_t *last, bool times)
{
    char *middle = strchr(text, mark);

    if (middle == NULL)
        return false;
    *middle++ = '\0';
    if (times)
        return filetime_parse(text, first) && filetime_parse(middle, last);
    *first = strtoull(text, NULL, 10);
    *last = strtoull(middle, NULL, 10);
    return true;
}

static enum source_status read_status(struct rule_case *rule, const char *word)
{
    for (enum source_status status = SOURCE_STATUS_OK; status <= SOURCE_STATUS_CRASHED; status++)
        if (strcmp(source_status_word(status), word) == 0)
            return status;
    complain(rule, "no status: %s", word);
    return SOURCE_STATUS_OK;
}

/* What options of a log say of the names before them. */
struct log_options {
    uint64_t first_id, last_id;
    bool forwarded;
    size_t applied; /* `app` to this many names so far */
};

static void add_span(struct case_log *log, size_t computer, const char *channel,
                     const struct record_span *span)
{
    struct record_span added = *span;

    added.computer = computer;
    added.channel = memory_copy_text(channel);
    source_facts_add_span(&log->facts, &added);
}

/* One span of channel Application of each of the names since the last one. */
static void apply_application(struct rule_case *rule, struct case_log *log, char *value,
                              struct log_options *options)
{
    struct record_span span = {.first_record_id = options->first_id,
                               .last_record_id = options->last_id};

    if (!read_range(value, '/', &span.first_filetime, &span.last_filetime, true))
        complain(rule, "no times: %s", value);
    for (; options->applied < log->facts.computer_count; options->applied++) {
        struct computer_facts *facts = &log->facts.computers[options->applied];

        if (facts->record_count == 0)
            continue;
        if (options->last_id == 0) {
            span.first_record_id = facts->first_number;
            span.last_record_id = facts->last_number;
        }
        span.record_count = span.last_record_id - span.first_record_id + 1;
        facts->application_count = facts->record_count;
        facts->first_number_filetime = span.first_filetime;
        facts->last_number_filetime = span.last_filetime;
        if (facts->last_filetime == 0)
            facts->last_filetime = span.last_filetime;
        add_span(log, options->applied, "Application", &span);
    }
}

/* CHANNEL:FIRST-LAST@TIME/TIME[#COUNT] */
static void read_span(struct rule_case *rule, struct case_log *log, char *value, bool recovered)
{
    char *ids = strchr(value, ':');
    char *times = strchr(value, '@');
    char *count = strchr(value, '#');
    struct record_span span = {.recovered = recovered};

    ck_assert_msg(ids != NULL && times != NULL && log->facts.computer_count > 0,
                  "a span is CHANNEL:FIRST-LAST@TIME/TIME, behind a name: %s", value);
    *ids++ = '\0';
    *times++ = '\0';
    if (count != NULL)
        *count++ = '\0';
    if (!read_range(ids, '-', &span.first_record_id, &span.last_record_id, false) ||
        !read_range(times, '/', &span.first_filetime, &span.last_filetime, true))
        complain(rule, "no span: %s", value);
    span.record_count =
        count != NULL ? strtoull(count, NULL, 10) : span.last_record_id - span.first_record_id + 1;
    if (strcmp(value, "Application") == 0 && !recovered)
        log->facts.computers[log->facts.computer_count - 1].application_count += span.record_count;
    add_span(log, log->facts.computer_count - 1, value, &span);
}

/* CHANNEL:ID@TIME */
static void read_mark(struct rule_case *rule, struct case_log *log, char *value)
{
    char *id = strchr(value, ':');
    char *time = strchr(value, '@');
    struct record_mark mark = {0};

    ck_assert_msg(id != NULL && time != NULL && log->facts.computer_count > 0,
                  "a mark is CHANNEL:ID@TIME, behind a name: %s", value);
    *id++ = '\0';
    *time++ = '\0';
    if (!filetime_parse(time, &mark.event_filetime))
        complain(rule, "no time: %s", time);
    mark.computer = log->facts.computer_count - 1;
    mark.channel = memory_copy_text(value);
    mark.record_id = strtoull(id, NULL, 10);
    source_facts_add_mark(&log->facts, &mark);
}

static void read_log_name(struct rule_case *rule, struct case_log *log, const char *name,
                          char *value)
{
    struct computer_facts *facts =
        source_facts_computer(&log->facts, strcmp(name, "(none)") == 0 ? "" : name);
    char *until = strchr(value, '@');

    if (until != NULL) {
        *until = '\0';
        if (!filetime_parse(until + 1, &facts->last_filetime))
            complain(rule, "no time: %s", until + 1);
    }
    if (strcmp(value, "recovered") == 0)
        return;
    if (!read_range(value, '-', &facts->first_number, &facts->last_number, false))
        complain(rule, "no record numbers: %s", value);
    facts->record_count = facts->last_number - facts->first_number + 1;
}

static enum source_kind read_source_kind(struct rule_case *rule, const char *word)
{
    unsigned kind = SOURCE_KIND_EVTX;

    if (!word_set_find(&source_kind_words, word, &kind))
        complain(rule, "no kind: %s", word);
    return (enum source_kind)kind;
}

/* Without a Z it is of no zone. */
static void read_mtime(struct rule_case *rule, const char *value, struct case_log *log)
{
    size_t length = strlen(value);
    char *time;

    log->mtime_is_local = length > 0 && value[length - 1] != 'Z';
    time = memory_format("%s%s", value, log->mtime_is_local ? "Z" : "");
    if (!filetime_parse(time, &log->mtime_filetime))
        complain(rule, "no time: %s", value);
    free(time);
}

static void read_log_option(struct rule_case *rule, struct case_log *log, char *word,
                            struct log_options *options)
{
    char *value = strchr(word, '=');

    if (strcmp(word, "forwarded") == 0) {
        options->forwarded = true;
        return;
    }
    if (value == NULL) {
        complain(rule, "no option of a log: %s", word);
        return;
    }
    *value++ = '\0';
    if (strcmp(word, "app") == 0) {
        apply_application(rule, log, value, options);
    } else if (strcmp(word, "span") == 0 || strcmp(word, "remnant") == 0) {
        read_span(rule, log, value, strcmp(word, "remnant") == 0);
    } else if (strcmp(word, "mark") == 0) {
        read_mark(rule, log, value);
    } else if (strcmp(word, "numbers") == 0) {
        struct computer_facts *facts = &log->facts.computers[log->facts.computer_count - 1];

        if (!read_range(value, '/', &facts->first_number_filetime, &facts->last_number_filetime,
                        true))
            complain(rule, "no times: %s", value);
    } else if (strcmp(word, "mtime") == 0) {
        read_mtime(rule, value, log);
    } else if (strcmp(word, "ids") == 0) {
        if (!read_range(value, '-', &options->first_id, &options->last_id, false))
            complain(rule, "no ids: %s", value);
    } else if (strcmp(word, "status") == 0) {
        log->facts.status = read_status(rule, value);
    } else if (strcmp(word, "undecodable") == 0) {
        log->facts.undecodable_count = strtoull(value, NULL, 10);
    } else if (strcmp(word, "kind") == 0) {
        log->kind = read_source_kind(rule, value);
    } else if (strcmp(word, "copy") == 0) {
        log->copy = memory_copy_text(value);
    } else {
        read_log_name(rule, log, word, value);
    }
}

/* log PATH NAME=first-last ... */
static void read_log(struct rule_case *rule, char **words, size_t count)
{
    struct case_log *log = &rule->logs[rule->log_count];
    struct log_options options = {0};

    ck_assert_uint_lt(rule->log_count, LOGS_MOST);
    if (count < 2) {
        complain(rule, "a log needs a path");
        return;
    }
    rule->log_count++;
    log->path = memory_copy_text(words[1]);
    log->kind = SOURCE_KIND_EVTX;
    for (size_t word = 2; word < count; word++)
        read_log_option(rule, log, words[word], &options);
    for (size_t index = 0; index < log->facts.computer_count; index++)
        log->facts.computers[index].forwarded = options.forwarded;
}

struct provider_word {
    const char *word;
    const char *provider;
    const char *channel;
    bool named_strings; /* `name=value` */
};

static const struct provider_word provider_words[] = {
    {"SPP", INCIDENT_PROVIDER_SPP, "Application", false},
    {"SLC", INCIDENT_PROVIDER_SLC, "Key Management Service", false},
    {"WAT", INCIDENT_PROVIDER_WAT, "Application", false},
    {"WU", INCIDENT_PROVIDER_UPDATE_CLIENT, "System", true},
    {"Servicing", INCIDENT_PROVIDER_SERVICING, "Setup", true},
    {"EventLog", INCIDENT_PROVIDER_EVENTLOG, "System", false},
    {"Kernel", INCIDENT_PROVIDER_KERNEL, "System", true},
};

/* As the message tables have them (FACTS.md). */
static int32_t default_qualifiers(const char *provider, unsigned event_id)
{
    if (strcmp(provider, INCIDENT_PROVIDER_SPP) == 0)
        return event_id == 8196 || event_id == 1003 || event_id > 12000 ? 0x4000 : 0xC000;
    return strcmp(provider, INCIDENT_PROVIDER_WAT) == 0 ? 0 : OBSERVATION_ABSENT;
}

/* A string in short: in its text, $1 to $5 stand for the words behind its name, or else for these.
 */
struct shorthand {
    const char *name;
    const char *text;
    const char *words[5];
};

#define ENTERPRISE "ae2ee509-1b34-41c0-acb7-6d4650168915"

static const struct shorthand shorthands[] = {
    {"$app", INCIDENT_WINDOWS_APPLICATION_ID, {NULL}},
    {"$office", "59a52881-a989-479d-af46-f275c6370663", {NULL}},
    {"$template", INCIDENT_WINDOWS7_TEMPLATE_ID, {NULL}},
    {"$template8", "99d92734-d682-4d71-983e-d6ec3f16059f", {NULL}},
    {"$request",
     "$2, 0x00000000, kms.example:1688, 36f27b39-2fd5-440b-be67-a09996d27a38, 2019/01/08 11:30, 0,"
     " $1, 0, $3, 25",
     {"1", "0x00000000", ENTERPRISE}},
    {"$seen",
     "$3,25,$1,$5,2019/1/8 21:46,0,$2,5,$4",
     {"PC", "1", "0x00000000", ENTERPRISE, "36f27b39-2fd5-440b-be67-a09996d27a38"}},
    {"$answer", "$1, 0x00000000, $2, 0, 50, 120, 10080, 2019/01/08 11:30", {"0x00000000", "1"}},
    {"$licensed",
     "1: $1, 1, 1 [(0 [0x00000000, 1, 0], [(?)( 1 0x00000000)(?)])(1 )(2 )]",
     {ENTERPRISE}},
    {"$grace",
     "1: $2, 1, 1 [(0 )(1 )(2 [0x00000000, 0, 1], [(?)( 5 $1 10 14400)(?)])]",
     {"0x00000000", ENTERPRISE}},
    {"$notification",
     "1: $2, 1, 1 [(0 [0xC004E003, 0, 0], [( 2 0xC004F056 0 0)])(1 )(2 )"
     "(3 [0x00000000, 0, 0], [( 6 0xC004F009 0 0)( 11 0x00000000 $1)])]",
     {"0xC004F056", ENTERPRISE}},
};

static char *trim(char *text)
{
    char *end;

    text += strspn(text, " \t");
    end = text + strlen(text);
    while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    return text;
}

static void write_shorthand(struct text *out, const struct shorthand *shorthand, char **words,
                            size_t count)
{
    for (const char *at = shorthand->text; *at != '\0'; at++) {
        size_t word = (size_t)(at[1] - '0');

        if (at[0] != '$') {
            text_add_bytes(out, at, 1);
            continue;
        }
        text_add(out, word < count ? words[word] : shorthand->words[word - 1]);
        at++;
    }
}

/* Returns whether the text begins with the name of a shorthand. */
static bool expand(struct text *out, const char *text)
{
    char *copy = memory_copy_text(text);
    char *words[WORDS_MOST];
    size_t count = split_words(copy, words);
    bool found = false;

    for (size_t index = 0; index < ARRAY_COUNT(shorthands) && count > 0 && !found; index++) {
        found = strcmp(shorthands[index].name, words[0]) == 0;
        if (found)
            write_shorthand(out, &shorthands[index], words, count);
    }
    free(copy);
    return found;
}

/* A string of an event; `\n` is a line break, as in 1003. */
static char *copy_string(const char *text)
{
    struct text out = {0};

    if (expand(&out, text))
        return text_take(&out);
    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '\\' && at[1] == 'n') {
            text_add(&out, "\r\n");
            at++;
        } else {
            text_add_bytes(&out, at, 1);
        }
    }
    return text_take(&out);
}

static void read_strings(struct case_event *event, char *rest, bool named)
{
    char *item;

    while (rest != NULL && (item = strsep(&rest, "|")) != NULL) {
        struct observation_string *string = &event->strings[event->observation.string_count++];
        char *value = named ? strchr(item, '=') : NULL;

        ck_assert_uint_le(event->observation.string_count, 8);
        if (value != NULL)
            *value++ = '\0';
        string->name = memory_copy_text(value != NULL ? trim(item) : "");
        string->value = copy_string(trim(value != NULL ? value : item));
    }
    event->observation.strings = event->strings;
}

static enum verified read_verified(struct rule_case *rule, const char *word)
{
    for (enum verified verified = VERIFIED_YES; verified <= VERIFIED_CONFLICT; verified++)
        if (strcmp(verified_word(verified), word) == 0)
            return verified;
    complain(rule, "verified is yes, no or conflict, and not %s", word);
    return VERIFIED_NOT_ASKED;
}

static void read_event_option(struct rule_case *rule, struct case_event *event, const char *word)
{
    if (strncmp(word, "in=", 3) == 0)
        event->log = memory_copy_text(word + 3);
    else if (strncmp(word, "of=", 3) == 0)
        event->computer = memory_copy_text(word + 3);
    else if (strncmp(word, "channel=", 8) == 0)
        event->channel = word + 8;
    else if (strncmp(word, "record=", 7) == 0)
        event->observation.record_id = strtoull(word + 7, NULL, 10);
    else if (strncmp(word, "verified=", 9) == 0)
        event->observation.verified = read_verified(rule, word + 9);
    else if (strcmp(word, "recovered") == 0)
        event->observation.recovered = true;
    else if (strcmp(word, "qualifiers=none") == 0)
        event->observation.qualifiers = OBSERVATION_ABSENT;
    else if (strncmp(word, "qualifiers=", 11) == 0)
        event->observation.qualifiers = (int32_t)strtol(word + 11, NULL, 16);
    else
        complain(rule, "no option of an event: %s", word);
}

/* TIME PROVIDER ID [options] | string | string */
static void read_event(struct rule_case *rule, char *line)
{
    struct case_event *event = &rule->events[rule->event_count++];
    char *strings = strchr(line, '|');
    char *words[WORDS_MOST];
    const struct provider_word *provider = NULL;
    size_t count;

    ck_assert_uint_le(rule->event_count, EVENTS_MOST);
    if (strings != NULL)
        *strings++ = '\0';
    count = split_words(line, words);
    for (size_t index = 0; index < ARRAY_COUNT(provider_words) && count >= 3; index++)
        if (strcmp(provider_words[index].word, words[1]) == 0)
            provider = &provider_words[index];
    if (provider == NULL) {
        complain(rule, "an event is TIME PROVIDER ID | STRING ...");
        rule->event_count--;
        return;
    }
    event->observation = (struct observation){
        .provider = provider->provider,
        .event_id = (uint16_t)strtoul(words[2], NULL, 10),
        .level = 4,
        .record_id = rule->event_count,
        .user_sid = "",
        .offset_bytes = 4096 + 512 * (uint64_t)rule->event_count,
        .record_number = rule->event_count,
    };
    event->observation.qualifiers =
        default_qualifiers(provider->provider, event->observation.event_id);
    if (strcmp(words[0], "notime") != 0 &&
        !filetime_parse(words[0], &event->observation.event_filetime))
        complain(rule, "no time: %s", words[0]);
    for (size_t word = 3; word < count; word++)
        read_event_option(rule, event, words[word]);
    if (event->channel == NULL && event->observation.event_id == 12290)
        event->channel = "Key Management Service";
    event->observation.channel =
        memory_copy_text(event->channel != NULL ? event->channel : provider->channel);
    read_strings(event, strings, provider->named_strings);
}

/* ---- Findings ---- */

/* `wmic-qfe` is the origin `wmic qfe`. */
static enum finding_origin read_origin(struct rule_case *rule, const char *word)
{
    for (unsigned origin = 0; origin < FINDING_ORIGIN_COUNT; origin++)
        if (strncmp(finding_origin_word(origin), word, strcspn(word, "-")) == 0)
            return (enum finding_origin)origin;
    complain(rule, "no origin: %s", word);
    return FINDING_ORIGIN_DATASTORE;
}

static void read_finding_option(struct rule_case *rule, struct case_said *said, const char *word)
{
    if (strncmp(word, "host=", 5) == 0)
        said->finding.host = said->texts[said->text_count++] = memory_copy_text(word + 5);
    else if (strncmp(word, "at=", 3) != 0 || !filetime_parse(word + 3, &said->finding.filetime))
        complain(rule, "no option of a finding: %s", word);
}

static const struct member *find_member(enum finding_kind kind, const char *name)
{
    const struct members *members = &finding_members[kind];

    for (size_t index = 0; index < members->count; index++)
        if (strcmp(members->rows[index].name, name) == 0)
            return &members->rows[index];
    return NULL;
}

/* A text is owned by the finding then. */
static bool read_value(struct case_said *said, const struct member *member, const char *value)
{
    void *at = member_at(member, finding_content(&said->finding));
    char *end = NULL;

    switch (member->type) {
    case MEMBER_BOOL:
        *(bool *)at = strcmp(value, "yes") == 0;
        return *(bool *)at || strcmp(value, "no") == 0;
    case MEMBER_U64:
        return text_parse_number(value, at);
    case MEMBER_NUMBER:
        if (*value == '\0')
            return true;
        *(int64_t *)at = strtoll(value, &end, 0);
        return *end == '\0' && number_is_in_range(*(int64_t *)at, member->least, member->greatest);
    case MEMBER_CHOICE:
        return word_set_find(member->words, value, at);
    case MEMBER_TEXT:
        ck_assert_uint_lt(said->text_count, ARRAY_COUNT(said->texts));
        said->texts[said->text_count] = copy_string(value);
        *(const char **)at = said->texts[said->text_count++];
        return true;
    case MEMBER_U16:
    case MEMBER_I32:
    case MEMBER_OWNED_TEXT:
        break; /* findings have none of these */
    }
    return false;
}

static void read_members(struct rule_case *rule, struct case_said *said, char *rest)
{
    char *item;

    while (rest != NULL && (item = strsep(&rest, "|")) != NULL) {
        char *value = strchr(item, '=');
        const struct member *member;

        ck_assert_msg(value != NULL, "a member is NAME=VALUE: %s", item);
        *value++ = '\0';
        member = find_member(said->finding.kind, trim(item));
        if (member == NULL || !read_value(said, member, trim(value)))
            complain(rule, "a finding says no %s = %s", item, value);
    }
}

/* finding PATH ORIGIN KIND [options] | NAME=VALUE | ... */
static void read_finding(struct rule_case *rule, char *line)
{
    struct case_said *said = &rule->said[rule->said_count++];
    char *fields = strchr(line, '|');
    char *words[WORDS_MOST];
    size_t count;
    unsigned kind = FINDING_HISTORY;

    ck_assert_uint_le(rule->said_count, SAID_MOST);
    if (fields != NULL)
        *fields++ = '\0';
    count = split_words(line, words);
    ck_assert_msg(count >= 4, "a finding is PATH ORIGIN KIND");
    said->path = memory_copy_text(words[1]);
    if (!word_set_find(&finding_kind_words, words[3], &kind))
        complain(rule, "no kind of finding: %s", words[3]);
    said->finding = finding_of((enum finding_kind)kind, read_origin(rule, words[2]));
    for (size_t word = 4; word < count; word++)
        read_finding_option(rule, said, words[word]);
    read_members(rule, said, fields);
}

static void said_free_content(struct case_said *said)
{
    for (size_t index = 0; index < said->text_count; index++)
        free(said->texts[index]);
    free(said->path);
}

/* ---- Making the case ---- */

static void check_ok(struct rule_case *rule, int result, struct error *err)
{
    if (result >= 0)
        return;
    complain(rule, "%s", err->message);
    error_clear(err);
}

static int64_t write_place(struct rule_case *rule, const char *path, struct case_log *log,
                           int64_t same_as)
{
    struct error err = {0};
    struct source source = {.path = memory_copy_text(path),
                            .kind = log->kind,
                            .size_bytes = 69632,
                            .mtime_ns =
                                log->mtime_filetime != 0
                                    ? (int64_t)(log->mtime_filetime - FILETIME_OF_1970) * 100
                                    : TIME_TOO_FAR,
                            .mtime_is_local = log->mtime_is_local};
    int64_t id = 0;

    check_ok(rule, casedb_begin_source(rule->db, &source, "", &id, &err), &err);
    for (size_t index = 0; index < rule->event_count && same_as == 0; index++) {
        struct case_event *event = &rule->events[index];
        struct observation *observation = &event->observation;

        if (strcmp(event->log, log->path) != 0)
            continue;
        observation->computer = event->computer;
        check_ok(rule,
                 casedb_add_observation(
                     rule->db, id,
                     incident_find_event(observation->provider, observation->event_id), observation,
                     &err),
                 &err);
    }
    for (size_t index = 0; index < rule->said_count && same_as == 0; index++)
        if (strcmp(rule->said[index].path, log->path) == 0)
            check_ok(rule, casedb_add_finding(rule->db, id, &rule->said[index].finding, &err),
                     &err);
    check_ok(rule, casedb_finish_source(rule->db, id, &log->facts, same_as, &err), &err);
    source_free_content(&source);
    return id;
}

/* Events that name neither are of the first log and of its newest name. */
static void complete_events(struct rule_case *rule)
{
    for (size_t index = 0; index < rule->event_count; index++) {
        struct case_event *event = &rule->events[index];
        struct case_log *log = NULL;

        if (event->log == NULL)
            event->log = memory_copy_text(rule->logs[0].path);
        for (size_t place = 0; place < rule->log_count; place++)
            if (strcmp(rule->logs[place].path, event->log) == 0)
                log = &rule->logs[place];
        if (log == NULL)
            complain(rule, "no such log: %s", event->log);
        else if (event->computer == NULL && log->facts.computer_count > 0)
            event->computer =
                memory_copy_text(log->facts.computers[log->facts.computer_count - 1].name);
    }
}

static void write_inventory(struct rule_case *rule)
{
    struct error err = {0};
    bool added;

    if (rule->host_count == 0)
        return;
    check_ok(rule, casedb_begin_inventory(rule->db, NULL, 0, &err), &err);
    for (size_t host = 0; host < rule->host_count; host++)
        check_ok(rule, casedb_add_inventory_host(rule->db, rule->hosts[host], NULL, &added, &err),
                 &err);
    check_ok(rule, casedb_finish_inventory(rule->db, &err), &err);
}

/* The log of a case that declares none: one that covers the window. */
static void add_default_log(struct rule_case *rule)
{
    char line[] = "log PC/Application.evtx PC=1-1000 ids=1-1000 "
                  "app=2018-12-01T00:00:00Z/2019-02-01T00:00:00Z";
    char *words[WORDS_MOST];

    read_log(rule, words, split_words(line, words));
}

/* A source that a finding names and no line declares is a listing in one place. */
static void add_sources_of_findings(struct rule_case *rule)
{
    for (size_t index = 0; index < rule->said_count; index++) {
        struct case_log *source = NULL;

        for (size_t log = 0; log < rule->log_count; log++)
            if (strcmp(rule->logs[log].path, rule->said[index].path) == 0)
                source = &rule->logs[log];
        if (source != NULL)
            continue;
        ck_assert_uint_lt(rule->log_count, LOGS_MOST);
        rule->logs[rule->log_count++] = (struct case_log){
            .path = memory_copy_text(rule->said[index].path), .kind = SOURCE_KIND_LISTING};
    }
}

static void make_case(struct rule_case *rule)
{
    struct error err = {0};

    if (rule->log_count == 0 && (rule->event_count > 0 || rule->said_count == 0))
        add_default_log(rule);
    add_sources_of_findings(rule);
    complete_events(rule);
    check_ok(rule, casedb_open(IN_MEMORY, true, &rule->db, &err), &err);
    for (size_t index = 0; index < rule->log_count; index++) {
        struct case_log *log = &rule->logs[index];
        int64_t id = write_place(rule, log->path, log, 0);

        if (log->copy != NULL)
            write_place(rule, log->copy, log, id);
    }
    write_inventory(rule);
    check_ok(rule, verdict_derive(rule->db, &rule->window, &err), &err);
}

static void end_case(struct rule_case *rule)
{
    if (rule->db == NULL &&
        (rule->begun || rule->event_count + rule->log_count + rule->said_count > 0))
        complain(rule, "the case above expects nothing");
    casedb_close(rule->db);
    for (size_t index = 0; index < rule->log_count; index++) {
        free(rule->logs[index].path);
        free(rule->logs[index].copy);
        source_facts_free_content(&rule->logs[index].facts);
    }
    for (size_t index = 0; index < rule->event_count; index++) {
        struct case_event *event = &rule->events[index];

        for (size_t string = 0; string < event->observation.string_count; string++) {
            free((char *)event->strings[string].name);
            free((char *)event->strings[string].value);
        }
        free((char *)event->observation.channel);
        free(event->log);
        free(event->computer);
    }
    for (size_t index = 0; index < rule->said_count; index++)
        said_free_content(&rule->said[index]);
    for (size_t host = 0; host < rule->host_count; host++)
        free(rule->hosts[host]);
    *rule = (struct rule_case){.file = rule->file,
                               .line = rule->line,
                               .window = incident_window,
                               .expectations = rule->expectations,
                               .failures = rule->failures};
}

/* ---- Expectations ---- */

enum column_kind {
    COLUMN_TEXT,
    COLUMN_WORD,
    COLUMN_WORDS, /* some members of a set */
    COLUMN_TIME,
    COLUMN_NUMBER,
};

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
    const struct word_set *words; /* or NULL */
};

#define COLUMN(name, kind, field) {(name), (kind), offsetof(struct case_verdict, field), NULL}
#define WORD_COLUMN(name, kind, field, words) \
    {(name), (kind), offsetof(struct case_verdict, field), (words)}

static const struct column columns[] = {
    WORD_COLUMN("classification", COLUMN_WORD, classification, &classification_words),
    WORD_COLUMN("confidence", COLUMN_WORD, confidence, &confidence_words),
    COLUMN("reason", COLUMN_TEXT, reason),
    WORD_COLUMN("review", COLUMN_WORDS, review, &review_note_words),
    WORD_COLUMN("state", COLUMN_WORD, state, &activation_state_words),
    COLUMN("first_fault_utc", COLUMN_TIME, first_fault_filetime),
    COLUMN("last_fault_utc", COLUMN_TIME, last_fault_filetime),
    COLUMN("recovered_utc", COLUMN_TIME, recovered_filetime),
    COLUMN("in_window_events", COLUMN_NUMBER, in_window_events),
    COLUMN("events_8196", COLUMN_NUMBER, events_8196),
    COLUMN("events_8208", COLUMN_NUMBER, events_8208),
    COLUMN("events_8209", COLUMN_NUMBER, events_8209),
    COLUMN("events_13", COLUMN_NUMBER, events_13),
    COLUMN("codes", COLUMN_TEXT, codes),
    WORD_COLUMN("window_coverage", COLUMN_WORD, window_coverage, &coverage_words),
    WORD_COLUMN("kb971033", COLUMN_WORD, kb971033, &update_status_words),
    COLUMN("kb971033_evidence", COLUMN_TEXT, kb971033_evidence),
    COLUMN("unrelated_updates", COLUMN_TEXT, unrelated_updates),
    COLUMN("edition", COLUMN_TEXT, edition),
    WORD_COLUMN("licence_channel", COLUMN_WORD, licence_channel, &licence_channel_words),
    COLUMN("licence_evidence", COLUMN_TEXT, licence_evidence),
    COLUMN("os_version", COLUMN_TEXT, os_version),
    WORD_COLUMN("clock", COLUMN_WORD, clock, &clock_state_words),
    WORD_COLUMN("action", COLUMN_WORD, action, &action_words),
    COLUMN("kms_client_key", COLUMN_TEXT, kms_client_key),
    COLUMN("remediation", COLUMN_TEXT, remediation),
    WORD_COLUMN("rollout", COLUMN_WORD, rollout, &rollout_result_words),
    COLUMN("rollout_trace", COLUMN_TEXT, rollout_trace),
    WORD_COLUMN("verified", COLUMN_WORD, verified, &verified_words),
};

static char *column_text(const struct column *column, const struct case_verdict *verdict)
{
    const char *field = (const char *)verdict + column->offset;

    switch (column->kind) {
    case COLUMN_TEXT:
        return memory_copy_text(*(const char *const *)field);
    case COLUMN_WORD:
        return memory_copy_text(word_set_word(column->words, *(const unsigned *)field));
    case COLUMN_WORDS:
        return word_set_list(column->words, *(const uint32_t *)field);
    case COLUMN_TIME:
        return filetime_text(*(const uint64_t *)field);
    case COLUMN_NUMBER:
        return memory_format("%" PRIu64, *(const uint64_t *)field);
    }
    return NULL;
}

/* Returns owned: every machine as `NAME (alias; alias)`, an unknown host as `[NAME]`. */
static char *list_machines(struct rule_case *rule)
{
    struct error err = {0};
    struct casedb_cursor *cursor = NULL;
    struct case_machine machine;
    struct text out = {0};

    check_ok(rule, casedb_machines(rule->db, &cursor, &err), &err);
    while (casedb_next_machine(cursor, &machine, &err) == 1) {
        char *aliases = NULL;

        text_add_format(&out, machine.collected ? "%s%s" : "%s[%s]",
                        out.length_bytes > 0 ? ", " : "", machine.name);
        check_ok(rule, casedb_machine_aliases(rule->db, machine.id, &aliases, &err), &err);
        if (aliases != NULL && aliases[0] != '\0')
            text_add_format(&out, " (%s)", aliases);
        free(aliases);
    }
    casedb_cursor_free(cursor);
    return text_take(&out);
}

/* Returns owned: the evidence on licences as `kind id edition channel: detail` lines. */
static char *list_licences(struct rule_case *rule)
{
    struct error err = {0};
    struct casedb_cursor *machines = NULL, *cursor = NULL;
    struct case_machine machine;
    struct case_licence_evidence evidence;
    struct text out = {0};

    check_ok(rule, casedb_machines(rule->db, &machines, &err), &err);
    while (casedb_next_machine(machines, &machine, &err) == 1) {
        check_ok(rule, casedb_licence_evidence(rule->db, machine.id, &cursor, &err), &err);
        while (casedb_next_licence_evidence(cursor, &evidence, &err) == 1)
            text_add_format(&out, "%s%s %s, %s", out.length_bytes > 0 ? "; " : "",
                            evidence_kind_word(evidence.kind),
                            licence_channel_word(evidence.licence_channel), evidence.detail);
        casedb_cursor_free(cursor);
    }
    casedb_cursor_free(machines);
    return text_take(&out);
}

/* Returns owned: the column of the machine of that name, of the only one for NULL; of several that
 * share the name, one after the other. */
static char *read_column(struct rule_case *rule, const char *host, const struct column *column)
{
    struct error err = {0};
    struct casedb_cursor *cursor = NULL;
    struct case_machine machine;
    struct text out = {0};
    unsigned found = 0;

    check_ok(rule, casedb_machines(rule->db, &cursor, &err), &err);
    while (casedb_next_machine(cursor, &machine, &err) == 1) {
        char *text;

        if (host != NULL && strcmp(host, machine.name) != 0)
            continue;
        text = column_text(column, &machine.verdict);
        text_add_format(&out, "%s%s", found++ > 0 ? " / " : "", text);
        free(text);
    }
    casedb_cursor_free(cursor);
    if (found == 0 || (host == NULL && found != 1))
        complain(rule, "%u machines fit", found);
    if (found > 0)
        return text_take(&out);
    text_free(&out);
    return NULL;
}

/* Returns owned: the inventory host that the machine of that name is. */
static char *read_inventory_host(struct rule_case *rule, const char *name)
{
    struct error err = {0};
    struct casedb_cursor *cursor = NULL;
    struct case_machine machine;
    struct case_inventory_host host;
    int64_t expected = 0;
    char *found = NULL;

    check_ok(rule, casedb_machines(rule->db, &cursor, &err), &err);
    while (casedb_next_machine(cursor, &machine, &err) == 1)
        if (strcmp(machine.name, name) == 0)
            expected = machine.inventory_id;
    casedb_cursor_free(cursor);
    check_ok(rule, casedb_inventory(rule->db, &cursor, &err), &err);
    while (casedb_next_inventory_host(cursor, &host, &err) == 1)
        if (host.id == expected)
            found = memory_copy_text(host.host);
    casedb_cursor_free(cursor);
    return found != NULL ? found : memory_copy_text("");
}

/* Returns owned: what sources.csv says of the source, by one of casedb's lists of it. */
static char *read_source_list(struct rule_case *rule, const char *path,
                              int (*read)(struct casedb *, int64_t, char **, struct error *))
{
    struct error err = {0};
    struct case_source source;
    char *list = NULL;

    if (casedb_find_source(rule->db, path, &source, &err) != 1)
        complain(rule, "no such source: %s", path);
    else
        check_ok(rule, read(rule->db, source.id, &list, &err), &err);
    return list;
}

/* Returns owned: the paths of the machine of that name. */
static char *read_paths(struct rule_case *rule, const char *name)
{
    struct error err = {0};
    struct casedb_cursor *cursor = NULL;
    struct case_machine machine;
    char *list = NULL;

    check_ok(rule, casedb_machines(rule->db, &cursor, &err), &err);
    while (list == NULL && casedb_next_machine(cursor, &machine, &err) == 1)
        if (strcmp(machine.name, name) == 0)
            check_ok(rule, casedb_machine_sources(rule->db, machine.id, &list, &err), &err);
    casedb_cursor_free(cursor);
    return list;
}

static void compare(struct rule_case *rule, const char *what, const char *mark,
                    const char *expected, const char *got)
{
    rule->expectations++;
    if (got == NULL)
        return;
    if (*mark == '~' ? strstr(got, expected) == NULL : strcmp(got, expected) != 0)
        complain(rule, "%s is\n    %s\n  and not\n    %s", what, got, expected);
}

/* expect [HOST] COLUMN = VALUE, or ~ PART OF IT */
static void read_expectation(struct rule_case *rule, char *line)
{
    char *mark = line + strcspn(line, "=~");
    char kind = *mark;
    char *words[WORDS_MOST];
    const char *name;
    char *got = NULL;
    size_t count;

    if (rule->db == NULL)
        make_case(rule);
    if (*mark == '\0') {
        complain(rule, "an expectation has = or ~");
        return;
    }
    *mark++ = '\0';
    count = split_words(line, words);
    name = count > 1 ? words[count - 1] : "";
    if (strcmp(name, "machines") == 0)
        got = list_machines(rule);
    else if (strcmp(name, "licences") == 0)
        got = list_licences(rule);
    else if (strcmp(name, "inventory") == 0 && count > 2)
        got = read_inventory_host(rule, words[1]);
    else if (strcmp(name, "owners") == 0 && count > 2)
        got = read_source_list(rule, words[1], casedb_source_machines);
    else if (strcmp(name, "remarks") == 0 && count > 2)
        got = read_source_list(rule, words[1], casedb_source_remarks);
    else if (strcmp(name, "paths") == 0 && count > 2)
        got = read_paths(rule, words[1]);
    for (size_t index = 0; index < ARRAY_COUNT(columns); index++)
        if (strcmp(columns[index].name, name) == 0)
            got = read_column(rule, count > 2 ? words[1] : NULL, &columns[index]);
    if (got == NULL)
        complain(rule, "no column: %s", name);
    compare(rule, name, &kind, trim(mark), got);
    free(got);
}

/* ---- Files ---- */

static void read_window(struct rule_case *rule, char *text)
{
    if (!read_range(trim(text), '/', &rule->window.start_filetime, &rule->window.end_filetime,
                    true))
        complain(rule, "no window");
}

static void read_line(struct rule_case *rule, char *line)
{
    char *words[WORDS_MOST];

    if (*line == '\0' || *line == '#')
        return;
    if (strncmp(line, "case ", 5) == 0) {
        end_case(rule);
        rule->begun = true;
        return;
    }
    if (strncmp(line, "expect ", 7) == 0) {
        read_expectation(rule, line);
        return;
    }
    if (rule->db != NULL)
        complain(rule, "what a case is made of comes before what it expects");
    else if (strncmp(line, "log ", 4) == 0)
        read_log(rule, words, split_words(line, words));
    else if (strncmp(line, "finding ", 8) == 0)
        read_finding(rule, line);
    else if (strncmp(line, "window ", 7) == 0)
        read_window(rule, line + 7);
    else if (strncmp(line, "host ", 5) == 0 && rule->host_count < 8)
        rule->hosts[rule->host_count++] = memory_copy_text(trim(line + 5));
    else
        read_event(rule, line);
}

static void run_file(const char *path, unsigned *failures)
{
    struct rule_case rule = {.file = path, .window = incident_window};
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    ck_assert_ptr_nonnull(file);
    while ((length = getline(&line, &size, file)) >= 0) {
        if (length > 0 && line[length - 1] == '\n')
            line[length - 1] = '\0';
        rule.line++;
        read_line(&rule, trim(line));
    }
    end_case(&rule);
    ck_assert_uint_gt(rule.expectations, 0);
    *failures += rule.failures;
    free(line);
    fclose(file);
}

START_TEST(every_rule_case_holds)
{
    char *pattern = scratch_source_path("tests/cases/verdict-*.txt");
    unsigned failures = 0;
    glob_t found;

    ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
    for (size_t index = 0; index < found.gl_pathc; index++)
        run_file(found.gl_pathv[index], &failures);
    globfree(&found);
    free(pattern);
    ck_assert_uint_eq(failures, 0);
}
END_TEST

static Suite *verdict_suite(void)
{
    Suite *suite = suite_create("verdict");
    TCase *cases = tcase_create("rules");

    tcase_add_test(cases, every_rule_case_holds);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(verdict_suite());
}
