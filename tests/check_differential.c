/* SPDX-License-Identifier: Apache-2.0 */
/* Our own reader against libevtx and python3-evtx: on every record of every real log at hand, of
 * the samples and of made logs, and on mutants of them (trial.h). */
#include <check.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "differential.h"
#include "evtx/check/reference.h"
#include "made.h"
#include "mutant.h"
#include "real.h"
#include "run.h"
#include "scratch.h"
#include "stock.h"
#include "trial.h"

/* As many mutants are tried, unless MUTANTS in the environment says another number. */
#define MUTANTS 1000u

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static void compare(void *context, const char *name, const uint8_t *bytes, size_t size_bytes)
{
    differential_compare(name, bytes, size_bytes, context);
}

/* Records that both read, and that we alone read. */
struct figures {
    uint64_t both, ours_only;
};

/* Nothing may be read otherwise, or by libevtx alone. The libevtx of Debian 12 and that of Debian
 * 13 fail on different records (evtx/check/reference.h). */
static void expect(const struct differential *found, struct figures with_12, struct figures with_13)
{
    struct figures figures = reference_spoils_supplementary() ? with_12 : with_13;

    ck_assert_msg(found->different == 0 && found->theirs_only == 0,
                  "%" PRIu64 " read otherwise, %" PRIu64 " by libevtx alone:\n%s", found->different,
                  found->theirs_only, text_get(&found->remarks));
    ck_assert_msg(found->both == figures.both && found->ours_only == figures.ours_only &&
                      found->neither == 0,
                  "both %" PRIu64 ", ours alone %" PRIu64 ", neither %" PRIu64, found->both,
                  found->ours_only, found->neither);
}

START_TEST(records_of_real_logs_are_read_as_libevtx_reads_them)
{
    struct differential found = {0};

    if (real_folder() == NULL || run_leaves_out())
        return;
    ck_assert_uint_gt(stock_each_log(real_folder(), compare, &found), 100);
    expect(&found, (struct figures){37094, 28}, (struct figures){36661, 461});
    text_free(&found.remarks);
}
END_TEST

START_TEST(records_of_the_samples_are_read_as_libevtx_reads_them)
{
    char *folder = scratch_source_path("samples/collection");
    struct differential found = {0};

    ck_assert_uint_gt(stock_each_log(folder, compare, &found), 30);
    expect(&found, (struct figures){2390, 6}, (struct figures){2396, 0});
    text_free(&found.remarks);
    free(folder);
}
END_TEST

static const struct {
    const char *name; /* of the log, for the reader of this table */
    struct figures with_12, with_13;
} made_figures[] = {
    {"made values", {70, 0}, {63, 7}},    {"made sizes", {231, 489}, {179, 541}},
    {"made optional", {11, 7}, {11, 7}},  {"made texts", {5, 0}, {1, 4}},
    {"made manners", {78, 26}, {104, 0}}, {"made wrapped", {21, 0}, {21, 0}},
    {"made marked up", {5, 27}, {7, 25}},
};

START_TEST(records_of_made_logs_are_read_as_libevtx_reads_them)
{
    struct evtx_image *image = made_logs[_i].make();
    struct differential found = {0};

    ck_assert_uint_eq(ARRAY_COUNT(made_figures), made_log_count);
    ck_assert_str_eq(made_figures[_i].name, made_logs[_i].name);
    differential_compare(made_logs[_i].name, image->bytes, image->size_bytes, &found);
    expect(&found, made_figures[_i].with_12, made_figures[_i].with_13);
    text_free(&found.remarks);
    evtx_image_free(image);
}
END_TEST

/* --- mutants --- */

START_TEST(mutants_are_read_without_harm_and_without_loss)
{
    char *samples = scratch_source_path("samples/collection");
    uint64_t seed = trial_setting("MUTANT_SEED", MUTANT_SEED);
    struct stock stock = {0};
    struct trial trial = {0};
    struct text summary = {0};

    stock_add_made(&stock);
    stock_add_folder(&stock, samples);
    if (real_folder() != NULL)
        stock_add_folder(&stock, real_folder());
    trial_run(&stock, seed, 0, trial_mutants(MUTANTS), &trial);
    trial_add_summary(&trial, &summary);
    printf("seed %" PRIu64 ", %s\n%s%s", seed, text_get(&summary), text_get(&trial.report),
           text_get(&trial.notes));
    fflush(stdout); /* which a failed assertion would lose */
    ck_assert_uint_eq(trial.failures, 0);
    ck_assert_uint_gt(trial.compared, 0);
    text_free(&trial.report);
    text_free(&trial.notes);
    text_free(&summary);
    stock_free_content(&stock);
    free(samples);
}
END_TEST

static Suite *differential_suite(void)
{
    Suite *suite = suite_create("differential");
    TCase *tests = tcase_create("differential");

    tcase_add_test(tests, records_of_real_logs_are_read_as_libevtx_reads_them);
    tcase_add_test(tests, records_of_the_samples_are_read_as_libevtx_reads_them);
    tcase_add_loop_test(tests, records_of_made_logs_are_read_as_libevtx_reads_them, 0,
                        ARRAY_COUNT(made_figures));
    tcase_add_test(tests, mutants_are_read_without_harm_and_without_loss);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(differential_suite());
}
