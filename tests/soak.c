/* SPDX-License-Identifier: Apache-2.0 */
/* Tries as many mutants as asked (trial.h). Usage: soak [COUNT [SEED [FIRST]]]; script/soak builds
 * and runs it. The environment gives top_srcdir and CORPUS as for the tests. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "scratch.h"
#include "trial.h"

#define COUNT_USUAL 10000u
#define STEP 1000u

/* libevtx leaks where it gives up in the middle of a record; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libevtx\n";
}

static uint64_t argument(int count, char **arguments, int index, uint64_t otherwise)
{
    if (index < count && !text_parse_number(arguments[index], &otherwise)) {
        fputs("Usage: soak [COUNT [SEED [FIRST]]]\n", stderr);
        exit(EXIT_FAILURE);
    }
    return otherwise;
}

static void fill_stock(struct stock *stock)
{
    const char *corpus = getenv("CORPUS");
    char *samples = scratch_source_path("samples/collection");

    stock_add_made(stock);
    stock_add_folder(stock, samples);
    if (corpus != NULL && access(corpus, R_OK) == 0)
        stock_add_folder(stock, corpus);
    else
        puts("SKIP: the real logs are not beside the checkout");
    free(samples);
}

int main(int argument_count, char **arguments)
{
    uint64_t count = argument(argument_count, arguments, 1, COUNT_USUAL);
    uint64_t seed = argument(argument_count, arguments, 2, MUTANT_SEED);
    uint64_t first = argument(argument_count, arguments, 3, 0);
    struct stock stock = {0};
    struct trial trial = {0};
    struct text summary = {0};

    fill_stock(&stock);
    printf("seed %" PRIu64 ", mutants of %zu pieces of logs, %zu of them with events of interest\n",
           seed, stock.log_count, stock.selected_count);
    for (uint64_t done = 0; done < count; done += STEP) {
        trial_run(&stock, seed, first + done, count - done < STEP ? count - done : STEP, &trial);
        printf("%" PRIu64 " of %" PRIu64 ", %" PRIu64 " failures\n", trial.mutants, count,
               trial.failures);
        fputs(text_get(&trial.report), stdout);
        fputs(text_get(&trial.notes), stdout);
        text_free(&trial.report);
        text_free(&trial.notes);
        fflush(stdout);
    }
    trial_add_summary(&trial, &summary);
    puts(text_get(&summary));
    text_free(&summary);
    stock_free_content(&stock);
    return trial.failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
