/* SPDX-License-Identifier: Apache-2.0 */
/* A child tries a batch of mutants and tells what it found in memory that it shares with its
 * parent; when it ends before its time, the parent knows by that which mutant it was, and in which
 * of the three phases, and goes on with the next one in a new child. */
#include "trial.h"

#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "handed_on.h"

#define BATCH 64u
/* Of processor time, however long that takes; a mutant of three chunks takes some milliseconds. */
#define SECONDS_MOST 10
#define REPORTS_MOST 20u
#define REPORT_BYTES 8192u

enum phase {
    PHASE_OURS,
    PHASE_WHOLE, /* our reader, with libevtx behind it */
    PHASE_THEIRS,
    PHASE_END, /* of the batch */
};

/* What child and parent share. */
struct trial_shared {
    uint64_t number; /* of the mutant at hand */
    enum phase phase;
    struct trial trial; /* of the batch; its report is not used */
    char report[REPORT_BYTES];
    char story[REPORT_BYTES];
};

/* Of the sanitizer, where the program has it: looks for leaks now, 0 when there are none. */
extern int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static uint64_t own_time_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec;
}

static void begin_phase(struct trial_shared *shared, enum phase phase)
{
    struct itimerval limit = {.it_value.tv_sec = phase == PHASE_END ? 60 : SECONDS_MOST};

    shared->phase = phase;
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void report(struct trial_shared *shared, const char *words)
{
    size_t used = strlen(shared->report);

    shared->trial.failures++;
    snprintf(shared->report + used, sizeof(shared->report) - used, "mutant %" PRIu64 " (%s): %s\n",
             shared->number, shared->story, words);
}

/* --- in the child --- */

static void try_mutant(struct trial_shared *shared, const struct mutant *mutant)
{
    struct handed_log ours = {0}, whole = {0};
    struct handed_on_result result = {0};
    uint64_t start_us = own_time_us(), took_us;

    begin_phase(shared, PHASE_OURS);
    handed_on_read(mutant->bytes, mutant->size_bytes, true, &ours);
    took_us = own_time_us() - start_us;
    if (took_us > shared->trial.longest_us)
        shared->trial.longest_us = took_us;
    begin_phase(shared, PHASE_WHOLE);
    handed_on_read(mutant->bytes, mutant->size_bytes, false, &whole);
    begin_phase(shared, PHASE_THEIRS);
    handed_on_compare(mutant->bytes, mutant->size_bytes, &ours, &whole, &result);
    shared->trial.handed += whole.count;
    shared->trial.compared += result.compared;
    shared->trial.undecodable += result.undecodable;
    shared->trial.duplicates += result.duplicates;
    shared->trial.excused += result.excused;
    if (result.faults.length_bytes > 0)
        report(shared, text_get(&result.faults));
    text_free(&result.faults);
    handed_on_free_content(&ours);
    handed_on_free_content(&whole);
}

static void try_batch(struct trial_shared *shared, const struct stock *stock, uint64_t seed,
                      uint64_t end)
{
    for (; shared->number < end; shared->number++) {
        struct mutant mutant;

        mutant_make(stock, seed, shared->number, &mutant);
        snprintf(shared->story, sizeof(shared->story), "%.2000s", mutant.story);
        try_mutant(shared, &mutant);
        mutant_free_content(&mutant);
    }
    begin_phase(shared, PHASE_END);
    if (__lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0)
        _exit(EXIT_FAILURE);
}

/* --- in the parent --- */

/* What the child wrote to its standard error: a sanitizer's report, if anything. Returns owned. */
static char *read_complaint(FILE *complaints)
{
    struct text text = {0};
    char part[4096];
    size_t got;

    rewind(complaints);
    while ((got = fread(part, 1, sizeof(part), complaints)) > 0)
        text_add_bytes(&text, part, got);
    return text_take(&text);
}

/* Did it happen in libevtx? The first stack of the complaint says so; where there is none (no
 * sanitizer), what our reader did alone before, without harm, does. */
static bool happened_in_libevtx(enum phase phase, char *complaint)
{
    char *stack = strstr(complaint, "    #0 ");
    char *end = stack != NULL ? strstr(stack, "\n\n") : NULL;
    char *leak = strstr(complaint, "LeakSanitizer");

    if (phase == PHASE_OURS || phase == PHASE_END || leak != NULL)
        return false;
    if (stack == NULL)
        return complaint[0] == '\0';
    if (end != NULL)
        *end = '\0';
    return strstr(stack, "libevtx.so") != NULL;
}

/* Cuts the complaint to where it happened. */
static void keep_first_frames(char *complaint)
{
    char *fourth = strstr(complaint, "    #4 ");

    if (fourth != NULL)
        *fourth = '\0';
}

static void take_end(struct trial_shared *shared, int status, char *complaint, struct trial *trial)
{
    static const char *const phases[] = {"our reader alone", "our reader with libevtx",
                                         "libevtx alone", "the end of a batch"};
    bool is_busy = WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF;
    bool is_theirs = is_busy ? shared->phase == PHASE_WHOLE || shared->phase == PHASE_THEIRS
                             : happened_in_libevtx(shared->phase, complaint);
    uint64_t *count = !is_theirs ? &trial->failures
                      : is_busy  ? &trial->libevtx_hangs
                                 : &trial->libevtx_crashes;

    *count += 1;
    if (*count > REPORTS_MOST)
        return;
    if (is_theirs)
        keep_first_frames(complaint);
    text_add_format(is_theirs ? &trial->notes : &trial->report,
                    "mutant %" PRIu64 " (%s): %s%s, status %d, in %s\n%.6000s\n", shared->number,
                    shared->story, is_theirs ? "libevtx " : "",
                    is_busy ? "busy for too long" : "ended", status, phases[shared->phase],
                    complaint);
}

static void add_figures(struct trial *into, const struct trial *from)
{
    into->handed += from->handed;
    into->compared += from->compared;
    into->undecodable += from->undecodable;
    into->duplicates += from->duplicates;
    into->excused += from->excused;
    into->failures += from->failures;
    if (from->longest_us > into->longest_us)
        into->longest_us = from->longest_us;
}

/* Runs a child on the mutants from shared->number to `end`; afterwards shared->number is where to
 * go on. */
static void run_child(struct trial_shared *shared, const struct stock *stock, uint64_t seed,
                      uint64_t end, struct trial *trial)
{
    FILE *complaints = memory_require(tmpfile());
    char *complaint;
    int status;
    pid_t child;

    memset(&shared->trial, 0, sizeof(shared->trial));
    shared->report[0] = '\0';
    fflush(NULL);
    child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        dup2(fileno(complaints), STDERR_FILENO);
        try_batch(shared, stock, seed, end);
        _exit(EXIT_SUCCESS);
    }
    if (waitpid(child, &status, 0) != child)
        abort();
    add_figures(trial, &shared->trial);
    if (trial->failures <= REPORTS_MOST + shared->trial.failures)
        text_add(&trial->report, shared->report);
    complaint = read_complaint(complaints);
    if (status != 0) {
        take_end(shared, status, complaint, trial);
        shared->number += shared->phase != PHASE_END ? 1 : 0;
    }
    free(complaint);
    fclose(complaints);
}

void trial_run(const struct stock *stock, uint64_t seed, uint64_t first, uint64_t count,
               struct trial *trial)
{
    struct trial_shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t end = first + count;

    if (shared == MAP_FAILED)
        abort();
    shared->number = first;
    while (shared->number < end)
        run_child(shared, stock, seed, shared->number + BATCH < end ? shared->number + BATCH : end,
                  trial);
    trial->mutants += count;
    munmap(shared, sizeof(*shared));
}

void trial_add_summary(const struct trial *trial, struct text *out)
{
    text_add_format(out,
                    "%" PRIu64 " mutants: %" PRIu64 " failures; %" PRIu64
                    " events handed on, %" PRIu64 " compared, %" PRIu64 " undecodable, %" PRIu64
                    " duplicates, %" PRIu64 " excused; libevtx crashed %" PRIu64
                    " times and hung %" PRIu64 "; our reader took %" PRIu64 " ms at most",
                    trial->mutants, trial->failures, trial->handed, trial->compared,
                    trial->undecodable, trial->duplicates, trial->excused, trial->libevtx_crashes,
                    trial->libevtx_hangs, trial->longest_us / 1000);
}

uint64_t trial_setting(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);

    if (text != NULL && *text != '\0' && !text_parse_number(text, &otherwise)) {
        fprintf(stderr, "%s is not a number: %s\n", name, text);
        exit(EXIT_FAILURE);
    }
    return otherwise;
}

uint64_t trial_mutants(uint64_t usual)
{
#ifdef __SANITIZE_ADDRESS__
    usual /= 4;
#endif
    return trial_setting("MUTANTS", usual);
}

/* ---- Readers of other files ---- */

/* A mutant takes some milliseconds of processor time. */
#define CHILD_SECONDS_MOST 60
#define CHILD_MUTANTS 50u
#define CHILD_FAILURES_MOST 20u

static struct trial_batch *share_batch(void)
{
    struct trial_batch *batch =
        mmap(NULL, sizeof(*batch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(batch, MAP_FAILED);
    return batch;
}

uint64_t trial_in_children(uint64_t usual,
                           void (*try_one)(struct trial_batch *batch, uint64_t seed,
                                           const void *context),
                           const void *context)
{
    uint64_t seed = trial_setting("MUTANT_SEED", MUTANT_SEED);
    uint64_t most = trial_mutants(usual), failures = 0;
    struct trial_batch *batch = share_batch();

    while (batch->number < most && failures < CHILD_FAILURES_MOST) {
        uint64_t end = batch->number + CHILD_MUTANTS < most ? batch->number + CHILD_MUTANTS : most;
        int status;
        pid_t child;

        fflush(NULL);
        child = fork();
        ck_assert_int_ge(child, 0);
        for (; child == 0 && batch->number < end && batch->fault[0] == '\0'; batch->number++) {
            struct itimerval limit = {.it_value.tv_sec = CHILD_SECONDS_MOST};

            setitimer(ITIMER_PROF, &limit, NULL);
            try_one(batch, seed, context);
        }
        if (child == 0)
            _exit(EXIT_SUCCESS);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        if (status == 0 && batch->fault[0] == '\0')
            continue;
        failures++;
        batch->number += status != 0 ? 1 : 0;
        printf("mutant %" PRIu64 " (%s): %s, status %d\n", batch->number - 1, batch->story,
               batch->fault, status);
        batch->fault[0] = '\0';
    }
    printf("%" PRIu64 " mutants: %" PRIu64 " ok, %" PRIu64 " damaged, %" PRIu64 " skipped, %" PRIu64
           " refused\n",
           batch->number, batch->statuses[SOURCE_STATUS_OK], batch->statuses[SOURCE_STATUS_DAMAGED],
           batch->statuses[SOURCE_STATUS_SKIPPED], batch->refused);
    munmap(batch, sizeof(*batch));
    return failures;
}
