/* SPDX-License-Identifier: Apache-2.0 */
/* The pool with readers made for tests. They run in forked processes, so what a test has set
 * before it adds its first job they have, too; and no ck_assert is in them, for Check would write
 * to a file that they do not have. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "run.h"
#include "scratch.h"
#include "worker/pool.h"
#include "worker/process.h"

#define PARTS 300
#define SOCKET_DESCRIPTOR 3 /* where a reader process has it */

/* ---- Readers ---- */

static uint64_t observations_a_part = 3;
static size_t value_bytes = 8; /* of each observation's one string */
static uint64_t crash_after;   /* so many observations */
static bool crash_always;      /* not only with libevtx */

/* Says `count` observations, each with its number, from 0, and its part. */
static void say(const struct sink *sink, uint64_t part, uint64_t first, uint64_t end,
                bool skip_reference)
{
    char *value = memory_allocate(value_bytes + 1, 1);
    struct observation_string string = {"value", value};
    struct observation observation = {.provider = INCIDENT_PROVIDER_SPP,
                                      .event_id = 8209,
                                      .qualifiers = OBSERVATION_ABSENT,
                                      .level = OBSERVATION_ABSENT,
                                      .channel = "Application",
                                      .computer = "PC",
                                      .user_sid = "",
                                      .strings = &string,
                                      .string_count = 1,
                                      .record_number = part,
                                      .verified = skip_reference ? VERIFIED_NO : VERIFIED_YES};
    struct error err = {0};

    memset(value, 'x', value_bytes);
    for (uint64_t number = first; number < end; number++) {
        observation.offset_bytes = number;
        sink->observation(sink->context, incident_find_event(observation.provider, 8209),
                          &observation, &err);
    }
    free(value);
}

/* Says observations and findings in turn, numbered through, from 0. */
static void say_mixed(const struct sink *sink, uint64_t part, uint64_t end)
{
    struct error err = {0};

    for (uint64_t number = 0; number < end; number++) {
        struct finding finding = finding_of(FINDING_ENTRY, FINDING_ORIGIN_DISM);

        finding.place = number;
        finding.filetime = part;
        if (number % 2 == 0)
            say(sink, part, number, number + 1, false);
        else
            sink->finding(sink->context, &finding, &err);
    }
}

static uint64_t count_many_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return PARTS;
}

static int read_counting(const struct source *source, int descriptor, uint64_t part,
                         const struct reader_options *options, const struct sink *sink,
                         struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)err;
    say(sink, part, 0, observations_a_part, options->skip_reference);
    facts->record_count = part;
    source_facts_computer(facts, "PC")->record_count = 1;
    return 0;
}

static int read_crashing(const struct source *source, int descriptor, uint64_t part,
                         const struct reader_options *options, const struct sink *sink,
                         struct source_facts *facts, struct error *err)
{
    if (options->skip_reference && !crash_always)
        return read_counting(source, descriptor, part, options, sink, facts, err);
    say(sink, part, 0, crash_after, options->skip_reference);
    raise(SIGKILL);
    return 0;
}

static int read_mixing(const struct source *source, int descriptor, uint64_t part,
                       const struct reader_options *options, const struct sink *sink,
                       struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)facts;
    (void)err;
    if (!options->skip_reference && crash_after > 0) {
        say_mixed(sink, part, crash_after);
        raise(SIGKILL);
    }
    say_mixed(sink, part, observations_a_part);
    return 0;
}

static int read_finding(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    const struct finding finding = finding_of(FINDING_ENTRY, FINDING_ORIGIN_DISM);

    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)facts;
    for (uint64_t number = 0; number < observations_a_part; number++)
        sink->finding(sink->context, &finding, err);
    return 0;
}

static int read_exiting(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    _exit(3);
}

static int read_hanging_up(const struct source *source, int descriptor, uint64_t part,
                           const struct reader_options *options, const struct sink *sink,
                           struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    close(SOCKET_DESCRIPTOR);
    for (;;)
        pause();
    return 0;
}

/* What a reader taken over may send: bytes[part]. */
static const struct {
    const char *bytes;
    size_t length;
} garbage[] = {
    {"GET / HTTP/1.1\r\n\r\n", 18},
    {"\x02\0\0\0\xFF\xFF\xFF\xFF", 8},            /* an observation of 4 GiB */
    {"\x02\0\0\0\x03\0\0\0abc", 11},              /* one that is none */
    {"\x01\0\0\0\0\0\0\0", 8},                    /* a job */
    {"\x05\0\0\0\0\0\0\0", 8},                    /* an empty result */
    {"\x03\0\0\0\x01\0\0\0\x06", 9},              /* a finding of no kind */
    {"\x04\0\0\0\x04\0\0\0\xFF\xFF\xFF\xFF", 12}, /* a computer with a long name */
};

static int read_garbage(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    ssize_t written = write(SOCKET_DESCRIPTOR, garbage[part].bytes, garbage[part].length);

    (void)source;
    (void)descriptor;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    (void)written;
    for (;;)
        pause();
    return 0;
}

/* Works on, or waits, without end. A part with an odd number has begun a message then. */
static int read_endlessly(const struct source *source, int descriptor, uint64_t part,
                          const struct reader_options *options, const struct sink *sink,
                          struct source_facts *facts, struct error *err)
{
    bool sleeps = strcmp(source->path, "sleeping") == 0;
    char byte;

    (void)descriptor;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    if (part % 2 == 1)
        (void)!write(SOCKET_DESCRIPTOR, "\x02\0\0\0\x07", 5);
    for (;;)
        if (sleeps)
            (void)!read(SOCKET_DESCRIPTOR, &byte, 1); /* no job comes while it has one */
    return 0;
}

/* Says that all was read, and works on. */
static int read_on_unasked(const struct source *source, int descriptor, uint64_t part,
                           const struct reader_options *options, const struct sink *sink,
                           struct source_facts *facts, struct error *err)
{
    struct wire_result result = {0};
    struct pack frames = {0};

    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    wire_add_result(&frames, &result);
    (void)!write(SOCKET_DESCRIPTOR, frames.bytes, frames.length_bytes);
    for (;;)
        ;
    return 0;
}

static int read_other_events(const struct source *source, int descriptor, uint64_t part,
                             const struct reader_options *options, const struct sink *sink,
                             struct source_facts *facts, struct error *err)
{
    struct observation observation = {
        .provider = "Outlook", .channel = "Application", .computer = "PC", .user_sid = ""};

    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)facts;
    return sink->observation(sink->context, incident_find_event(INCIDENT_PROVIDER_SPP, 8209),
                             &observation, err);
}

/* Tells which descriptors it has, and whether the options came over. */
static int read_looking(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    char byte = 0;

    (void)part;
    (void)sink;
    if (pread(descriptor, &byte, 1, 0) != 1)
        _exit(EXIT_FAILURE);
    for (int number = 0; number < 1024; number++)
        if (fcntl(number, F_GETFD) >= 0)
            source_facts_add_detail(facts, "%s",
                                    number == descriptor          ? "job"
                                    : number == SOCKET_DESCRIPTOR ? "socket"
                                    : number == STDERR_FILENO     ? "err"
                                                                  : "other");
    source_facts_add_detail(
        facts, "%c %s %s %llu-%llu %d%d", byte, source->path, source_kind_word(source->kind),
        (unsigned long long)options->window.start_filetime,
        (unsigned long long)options->window.end_filetime, options->verify, options->skip_reference);
    return error_set(err, ERROR_SOURCE, 77, "cannot be read at all");
}

/* Shows the byte sink every byte, in pieces. */
static int read_showing(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    uint64_t offset = 0;
    char piece[7];
    ssize_t got;

    (void)part;
    (void)sink;
    (void)err;
    while (options->byte_sink != NULL &&
           (got = pread(descriptor, piece, sizeof(piece), (off_t)offset)) > 0) {
        options->byte_sink->take(options->byte_sink->context, piece, (size_t)got);
        offset += (uint64_t)got;
    }
    facts->record_count = offset;
    (void)source;
    return 0;
}

/* Tells of what kind the source is: a part for each way. */
static const struct {
    enum source_kind kind;
    enum source_status status;
    uint64_t observation_count;
    bool is_allowed;
} tellings[] = {
    {SOURCE_KIND_TEXT, SOURCE_STATUS_SKIPPED, 0, true},
    {SOURCE_KIND_UNKNOWN, SOURCE_STATUS_SKIPPED, 0, true},
    {SOURCE_KIND_LISTING, SOURCE_STATUS_OK, 1, true},
    {SOURCE_KIND_NONE, SOURCE_STATUS_OK, 1, true},
    {SOURCE_KIND_TEXT, SOURCE_STATUS_OK, 0, false},
    {SOURCE_KIND_TEXT, SOURCE_STATUS_SKIPPED, 1, false},
    {SOURCE_KIND_EVTX, SOURCE_STATUS_OK, 0, false},
};

static int read_telling(const struct source *source, int descriptor, uint64_t part,
                        const struct reader_options *options, const struct sink *sink,
                        struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)err;
    say(sink, part, 0, tellings[part].observation_count, options->skip_reference);
    facts->kind = tellings[part].kind;
    facts->status = tellings[part].status;
    return 0;
}

/* Reads as the source's path says. */
static int read_part(const struct source *source, int descriptor, uint64_t part,
                     const struct reader_options *options, const struct sink *sink,
                     struct source_facts *facts, struct error *reader_err)
{
    static const struct {
        const char *path;
        int (*read)(const struct source *, int, uint64_t, const struct reader_options *,
                    const struct sink *, struct source_facts *, struct error *);
    } ways[] = {
        {"counting", read_counting},  {"crashing", read_crashing},   {"mixing", read_mixing},
        {"finding", read_finding},    {"exiting", read_exiting},     {"hanging", read_hanging_up},
        {"garbage", read_garbage},    {"others", read_other_events}, {"looking", read_looking},
        {"looping", read_endlessly},  {"sleeping", read_endlessly},  {"false", read_finding},
        {"unasked", read_on_unasked}, {"showing", read_showing},     {"telling", read_telling},
        {"unknown", read_telling},
    };

    for (size_t way = 0; way < ARRAY_COUNT(ways); way++)
        if (strcmp(ways[way].path, source->path) == 0)
            return ways[way].read(source, descriptor, part, options, sink, facts, reader_err);
    _exit(EXIT_FAILURE);
}

static void complete(struct source_facts *facts)
{
    source_facts_finish(facts, "libevtx");
}

static const struct reader test_reader = {
    .count_parts = count_many_parts,
    .read_part = read_part,
    .join = source_facts_join,
    .finish = complete,
    .reference = "libevtx",
};

static const struct reader *const readers[READER_COUNT] = {
    [READER_LOG] = &test_reader, [READER_TEXT] = &test_reader};

/* ---- Fixture ---- */

static struct pool *pool;
static struct sandbox sandbox;
static struct error err;
static struct source sources[64]; /* one a job that is under way */
static size_t source_count;
static int file;
static const struct reader_options reader_options = {.window = {5, 6}, .verify = true};

static void start_pool(size_t reader_count)
{
    ck_assert_int_eq(pool_new(reader_count, readers, &sandbox, &reader_options, &pool, &err), 0);
}

static void begin(void)
{
    scratch_begin();
    scratch_write("file", "abc", 3);
    file = open("file", O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(file, 0);
    observations_a_part = 3;
    value_bytes = 8;
    crash_after = 0;
    crash_always = false;
    sandbox = sandbox_default;
}

static void end(void)
{
    pool_free(pool);
    pool = NULL;
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    error_clear(&err);
    close(file);
    scratch_end();
}

/* Those that say findings read texts. */
static bool is_of_texts(const char *reader)
{
    return strcmp(reader, "unknown") == 0 || strcmp(reader, "mixing") == 0 ||
           strcmp(reader, "finding") == 0;
}

/* A source large enough for all the observations that are said; with a hash, the file's size. */
static struct pool_job *add_of_size(const char *reader, uint64_t part, bool read, bool hash,
                                    uint64_t size_bytes)
{
    struct source *source = &sources[source_count++ % ARRAY_COUNT(sources)];
    struct pool_order order = {
        .source = source, .descriptor = file, .part = part, .read = read, .hash = hash};

    *source = (struct source){.path = (char *)reader,
                              .kind = is_of_texts(reader) ? SOURCE_KIND_UNKNOWN : SOURCE_KIND_EVTX,
                              .size_bytes = size_bytes};
    return pool_add(pool, &order);
}

static struct pool_job *add(const char *reader, uint64_t part, bool read, bool hash)
{
    return add_of_size(reader, part, read, hash, hash ? 3 : UINT64_C(1) << 32);
}

/* What a sink has got: the numbers must come in order. */
struct heard {
    uint64_t count;
    uint64_t part;
    uint64_t unverified;
};

static int hear(void *context, const struct incident_event *event,
                const struct observation *observation, struct error *sink_err)
{
    struct heard *heard = context;

    (void)sink_err;
    ck_assert_uint_eq(observation->record_number, heard->part);
    ck_assert_uint_eq(observation->offset_bytes, heard->count);
    ck_assert_uint_eq(strlen(observation->strings[0].value), value_bytes);
    ck_assert_ptr_eq(event, incident_find_event(INCIDENT_PROVIDER_SPP, 8209));
    heard->count++;
    heard->unverified += observation->verified == VERIFIED_NO;
    return 0;
}

static int hear_finding(void *context, const struct finding *finding, struct error *sink_err)
{
    struct heard *heard = context;

    (void)sink_err;
    ck_assert_uint_eq(finding->kind, FINDING_ENTRY);
    ck_assert_uint_eq(finding->origin, FINDING_ORIGIN_DISM);
    ck_assert_uint_eq(finding->filetime, heard->part);
    ck_assert_uint_eq(finding->place, heard->count);
    heard->count++;
    return 0;
}

/* Brings the job to its end, draining it whenever it is full. */
static struct heard finish(struct pool_job *job, uint64_t part)
{
    struct heard heard = {.part = part};
    struct sink sink = {.context = &heard, .observation = hear, .finding = hear_finding};

    while (pool_job_state(job) != POOL_STATE_DONE) {
        if (pool_job_state(job) == POOL_STATE_FULL)
            ck_assert_int_eq(pool_drain(pool, job, &sink, &err), 0);
        ck_assert_msg(pool_wait(pool, true, &err) == 0, "%s", err.message);
    }
    ck_assert_int_eq(pool_drain(pool, job, &sink, &err), 0);
    return heard;
}

/* ---- Jobs that go well ---- */

static const size_t reader_counts[] = {1, 2, 7};

/* Taken in order, with as many jobs ahead as there is room for. */
START_TEST(many_tiny_parts_come_in_order)
{
    struct pool_job *jobs[PARTS];
    uint64_t added = 0;

    start_pool(reader_counts[_i]);
    for (uint64_t part = 0; part < PARTS; part++) {
        struct pool_result *result;

        while (added < PARTS && pool_has_room(pool)) {
            jobs[added] = add("counting", added, true, false);
            added++;
        }
        ck_assert_uint_eq(finish(jobs[part], part).count, 3);
        result = pool_job_result(jobs[part]);
        ck_assert_uint_eq(result->crash_count, 0);
        ck_assert_uint_eq(result->facts.record_count, part);
        ck_assert_uint_eq(result->facts.computer_count, 1);
        ck_assert_str_eq(result->facts.computers[0].name, "PC");
        ck_assert_str_eq(result->sha256, "");
        pool_remove(pool, jobs[part]);
    }
}
END_TEST

/* Every job but the first stands still when it has gathered enough, and none gets lost. */
START_TEST(floods_of_observations_stand_still_until_they_are_drained)
{
    struct pool_job *jobs[4];

    observations_a_part = 20000;
    value_bytes = 100;
    start_pool(reader_counts[_i]);
    for (size_t part = 0; part < ARRAY_COUNT(jobs); part++)
        jobs[part] = add("counting", part, true, false);
    for (size_t part = 0; part < ARRAY_COUNT(jobs); part++) {
        ck_assert_uint_eq(finish(jobs[part], part).count, 20000);
        for (size_t later = part + 1; later < ARRAY_COUNT(jobs); later++)
            ck_assert_int_ne(pool_job_state(jobs[later]), POOL_STATE_DONE);
        pool_remove(pool, jobs[part]);
    }
}
END_TEST

START_TEST(more_observations_than_the_source_has_room_for_are_a_crash)
{
    struct pool_job *job;

    observations_a_part = 100;
    start_pool(1);
    job = add_of_size("counting", 0, true, false, 1000);
    while (pool_job_state(job) != POOL_STATE_DONE)
        ck_assert_int_eq(pool_wait(pool, true, &err), 0);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, 2);
    ck_assert_str_eq(pool_job_result(job)->crash, "a malformed message");
}
END_TEST

START_TEST(a_reader_has_the_job_and_nothing_else)
{
    struct pool_result *result;
    struct pool_job *job;

    start_pool(2);
    finish(add("counting", 0, true, false), 0); /* the second reader could inherit from the first */
    add("counting", 1, true, false);
    job = add("looking", 2, true, false);
    finish(job, 2);
    result = pool_job_result(job);
    ck_assert_str_eq(text_get(&result->facts.detail), "job; err; socket; a looking evtx 5-6 10");
    ck_assert_int_eq(result->read_err.kind, ERROR_SOURCE);
    ck_assert_uint_eq(result->read_err.offset_bytes, 77);
    ck_assert_str_eq(result->read_err.message, "cannot be read at all");
}
END_TEST

#define SHA256_OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

START_TEST(a_source_is_hashed_with_reading_and_without)
{
    struct pool_job *jobs[3];

    start_pool(1);
    jobs[0] = add("showing", 0, true, true);
    jobs[1] = add("looking", 0, true, true); /* does not look at the byte sink */
    jobs[2] = add("showing", 0, false, true);
    for (size_t index = 0; index < ARRAY_COUNT(jobs); index++) {
        finish(jobs[index], 0);
        ck_assert_str_eq(pool_job_result(jobs[index])->sha256, SHA256_OF_ABC);
        ck_assert_uint_eq(pool_job_result(jobs[index])->facts.record_count, index == 0 ? 3u : 0u);
    }
}
END_TEST

START_TEST(a_source_that_is_shorter_than_it_was_has_no_hash)
{
    struct pool_result *result;
    struct pool_job *job;

    start_pool(1);
    ck_assert_int_eq(truncate("file", 2), 0);
    job = add("showing", 0, true, true);
    finish(job, 0);
    result = pool_job_result(job);
    ck_assert_str_eq(result->sha256, "");
    ck_assert_uint_eq(result->hash_err.offset_bytes, 2);
    ck_assert_str_eq(result->hash_err.message, "became shorter while it was read");
}
END_TEST

/* ---- Crashes ---- */

/* Before anything was drained, what was read is forgotten; after that, it is skipped by count. */
static const struct {
    uint64_t said; /* by the first reader */
    uint64_t all;
    bool drained; /* the first reader's were */
} crashes[] = {
    {0, 5, false}, {5, 5, false}, {5, 10, false}, {20000, 30000, true}, {20000, 20000, true}};

START_TEST(a_job_whose_reader_crashed_is_done_again_without_libevtx)
{
    struct pool_job *job, *after;
    struct pool_result *result;
    struct heard heard;

    crash_after = crashes[_i].said;
    observations_a_part = crashes[_i].all;
    value_bytes = 100;
    start_pool(1);
    job = add("crashing", 0, true, false);
    after = add("counting", 1, true, false);
    heard = finish(job, 0);
    ck_assert_uint_eq(heard.count, crashes[_i].all);
    if (crashes[_i].drained)
        ck_assert_uint_lt(heard.unverified, heard.count);
    else
        ck_assert_uint_eq(heard.unverified, heard.count);
    result = pool_job_result(job);
    ck_assert_uint_eq(result->crash_count, 1);
    ck_assert_str_eq(result->crash, "signal 9, Killed");
    ck_assert_uint_eq(result->facts.computer_count, 1);
    pool_remove(pool, job);
    ck_assert_uint_eq(finish(after, 1).count, crashes[_i].all);
    ck_assert_uint_eq(pool_job_result(after)->crash_count, 0);
}
END_TEST

/* Findings and observations come in the order in which they were said, each once. */
START_TEST(what_is_said_in_turn_comes_in_turn)
{
    struct pool_job *job;

    crash_after = _i == 0 ? 0 : 9000;
    observations_a_part = 20000;
    value_bytes = 100;
    start_pool(1);
    job = add("mixing", 0, true, false);
    ck_assert_uint_eq(finish(job, 0).count, 20000);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, _i);
}
END_TEST

/* Bytes of a source, and how many findings it can have. */
START_TEST(more_findings_than_the_source_has_room_for_are_a_crash)
{
    static const uint64_t most = 100 / 4 + 16 + 1;

    for (uint64_t more = 0; more < 2; more++) {
        struct pool_job *job;

        observations_a_part = most + more;
        start_pool(1);
        job = add_of_size("finding", 0, true, false, 100);
        while (pool_job_state(job) != POOL_STATE_DONE)
            ck_assert_int_eq(pool_wait(pool, true, &err), 0);
        ck_assert_pstr_eq(pool_job_result(job)->crash, more > 0 ? "a malformed message" : NULL);
        pool_free(pool);
        pool = NULL;
    }
}
END_TEST

START_TEST(a_job_whose_reader_crashed_twice_is_given_up_and_the_others_are_done)
{
    struct pool_job *jobs[6];

    crash_after = 2;
    crash_always = true;
    start_pool(reader_counts[_i]);
    for (size_t part = 0; part < ARRAY_COUNT(jobs); part++)
        jobs[part] = add(part % 2 == 0 ? "crashing" : "counting", part, true, false);
    for (size_t part = 0; part < ARRAY_COUNT(jobs); part++) {
        uint64_t count = finish(jobs[part], part).count;

        ck_assert_uint_eq(pool_job_result(jobs[part])->crash_count, part % 2 == 0 ? 2u : 0u);
        ck_assert_uint_eq(pool_job_result(jobs[part])->facts.computer_count, part % 2);
        if (part % 2 == 1)
            ck_assert_uint_eq(count, 3);
        pool_remove(pool, jobs[part]);
    }
}
END_TEST

static const struct {
    const char *kind;
    const char *crash;
} ways[] = {{"exiting", "exit status 3"},
            {"hanging", "it hung up"},
            {"others", "a malformed message"},
            {"false", "a malformed message"}};

START_TEST(however_a_reader_ends_the_job_says_why)
{
    struct pool_job *job;

    start_pool(1);
    job = add(ways[_i].kind, 0, true, false);
    ck_assert_uint_eq(finish(job, 0).count, 0);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, 2);
    ck_assert_str_eq(pool_job_result(job)->crash, ways[_i].crash);
}
END_TEST

/* In the middle of a message, too. */
START_TEST(a_reader_without_an_end_is_ended)
{
    struct pool_job *job, *after;

    sandbox.time_ms = 100;
    sandbox.sleep_ms = 400;
    start_pool(1);
    for (uint64_t part = 0; part < 2; part++) {
        job = add(_i == 0 ? "looping" : "sleeping", part, true, false);
        finish(job, 0);
        ck_assert_uint_eq(pool_job_result(job)->crash_count, 2);
        ck_assert_str_eq(pool_job_result(job)->crash,
                         _i == 0 ? "took longer than 0.1 s of processor time (--limit time)"
                                 : "did nothing for 0.4 s (--limit time)");
        pool_remove(pool, job);
    }
    after = add("counting", 0, true, false);
    ck_assert_uint_eq(finish(after, 0).count, 3);
}
END_TEST

/* While it is held back it is not waited for. */
START_TEST(a_job_that_stands_still_takes_no_time)
{
    struct pool_job *held, *sleeping;

    sandbox.time_ms = 60000;
    sandbox.sleep_ms = 400;
    observations_a_part = 20000;
    value_bytes = 100;
    start_pool(2);
    held = add("counting", 0, true, false);
    while (pool_job_state(held) != POOL_STATE_FULL)
        ck_assert_int_eq(pool_wait(pool, true, &err), 0);
    sleeping = add("sleeping", 0, true, false);
    finish(sleeping, 0);
    ck_assert_uint_eq(pool_job_result(sleeping)->crash_count, 2);
    ck_assert_uint_eq(finish(held, 0).count, 20000);
    ck_assert_uint_eq(pool_job_result(held)->crash_count, 0);
}
END_TEST

/* Longer than the source can have made them. */
START_TEST(more_bytes_than_the_source_can_have_made_are_a_crash)
{
    struct pool_job *job;

    observations_a_part = 30;
    value_bytes = 1000 * 1000;
    start_pool(1);
    job = add_of_size("counting", 0, true, false, 4096);
    ck_assert_uint_lt(finish(job, 0).count, 30);
    ck_assert_str_eq(pool_job_result(job)->crash, "a malformed message");
}
END_TEST

START_TEST(a_reader_that_sends_garbage_is_ended)
{
    struct pool_job *job, *after;

    start_pool(1);
    job = add("garbage", (uint64_t)_i, true, false);
    after = add("counting", 0, true, false);
    finish(job, 0);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, 2);
    ck_assert_str_eq(pool_job_result(job)->crash, "a malformed message");
    pool_remove(pool, job);
    ck_assert_uint_eq(finish(after, 0).count, 3);
}
END_TEST

/* Of a source of known kind none is told; what is not read has no hash, nor anything in it. */
START_TEST(a_reader_tells_a_kind_where_none_is_known)
{
    start_pool(1);
    for (uint64_t part = 0; part < ARRAY_COUNT(tellings); part++)
        for (int known = 0; known < 2; known++) {
            struct pool_job *job = add_of_size(known ? "telling" : "unknown", part, true, true, 3);
            bool is_allowed =
                known ? tellings[part].kind == SOURCE_KIND_NONE : tellings[part].is_allowed;
            struct pool_result *result = pool_job_result(job);

            finish(job, part);
            ck_assert_uint_eq(result->crash_count, is_allowed ? 0u : 2u);
            if (is_allowed) {
                ck_assert_uint_eq(result->facts.kind, tellings[part].kind);
                ck_assert((*result->sha256 == '\0') == source_facts_tell_unread(&result->facts));
            }
            pool_remove(pool, job);
        }
}
END_TEST

/* The one child of this process. */
static pid_t only_child(void)
{
    char *list = memory_format("/proc/self/task/%d/children", (int)getpid());
    char *children = scratch_read(list);
    pid_t child = (pid_t)strtol(children, NULL, 10);

    free(children);
    free(list);
    return child;
}

START_TEST(a_reader_killed_while_it_is_idle_is_replaced)
{
    struct pool_job *job;

    start_pool(1);
    job = add("counting", 0, true, false);
    finish(job, 0);
    pool_remove(pool, job);
    ck_assert_int_gt(only_child(), 0);
    ck_assert_int_eq(kill(only_child(), SIGKILL), 0);
    for (uint64_t part = 0; part < 3; part++) {
        job = add("counting", part, true, false);
        ck_assert_uint_eq(finish(job, part).count, 3);
        pool_remove(pool, job);
    }
}
END_TEST

/* What it would say of another source is not asked. */
START_TEST(a_reader_that_works_without_a_job_gets_no_other)
{
    struct process reader = {0};
    struct pool_job *job;

    start_pool(1);
    job = add("unasked", 0, true, false);
    finish(job, 0);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, 0);
    pool_remove(pool, job);
    reader.pid = only_child();
    while (process_time_ms(&reader) < 1000)
        usleep(1000);
    job = add("counting", 1, true, false);
    ck_assert_int_ne(only_child(), reader.pid);
    ck_assert_uint_eq(finish(job, 1).count, 3);
    ck_assert_uint_eq(pool_job_result(job)->crash_count, 0);
}
END_TEST

START_TEST(a_pool_can_be_freed_with_jobs_at_work)
{
    observations_a_part = 20000;
    value_bytes = 100;
    start_pool(2);
    for (uint64_t part = 0; pool_has_room(pool); part++)
        add("counting", part, true, false);
    ck_assert_int_eq(pool_wait(pool, true, &err), 0);
}
END_TEST

static Suite *pool_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *cases = tcase_create("pool");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_add_loop_test(cases, many_tiny_parts_come_in_order, 0, ARRAY_COUNT(reader_counts));
    tcase_add_loop_test(cases, floods_of_observations_stand_still_until_they_are_drained, 0,
                        ARRAY_COUNT(reader_counts));
    tcase_add_test(cases, more_observations_than_the_source_has_room_for_are_a_crash);
    tcase_add_loop_test(cases, what_is_said_in_turn_comes_in_turn, 0, 2);
    tcase_add_test(cases, more_findings_than_the_source_has_room_for_are_a_crash);
    tcase_add_test(cases, a_reader_has_the_job_and_nothing_else);
    tcase_add_test(cases, a_source_is_hashed_with_reading_and_without);
    tcase_add_test(cases, a_source_that_is_shorter_than_it_was_has_no_hash);
    tcase_add_loop_test(cases, a_job_whose_reader_crashed_is_done_again_without_libevtx, 0,
                        ARRAY_COUNT(crashes));
    tcase_add_loop_test(cases, a_job_whose_reader_crashed_twice_is_given_up_and_the_others_are_done,
                        0, ARRAY_COUNT(reader_counts));
    tcase_add_loop_test(cases, however_a_reader_ends_the_job_says_why, 0, ARRAY_COUNT(ways));
    tcase_add_loop_test(cases, a_reader_without_an_end_is_ended, 0, 2);
    tcase_add_test(cases, a_job_that_stands_still_takes_no_time);
    tcase_add_test(cases, more_bytes_than_the_source_can_have_made_are_a_crash);
    tcase_add_loop_test(cases, a_reader_that_sends_garbage_is_ended, 0, ARRAY_COUNT(garbage));
    tcase_add_test(cases, a_reader_tells_a_kind_where_none_is_known);
    tcase_add_test(cases, a_reader_killed_while_it_is_idle_is_replaced);
    tcase_add_test(cases, a_reader_that_works_without_a_job_gets_no_other);
    tcase_add_test(cases, a_pool_can_be_freed_with_jobs_at_work);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(pool_suite());
}
