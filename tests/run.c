/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Of processor time, which does not pass while other programs have the machine: much more than any
 * test takes, so it only ends a loop without end. */
#define SECONDS_MOST 3600

/* Check's own limits are of time passed. Read from the environment when a test case is made. */
__attribute__((constructor)) static void lift_limits(void)
{
    setenv("CK_DEFAULT_TIMEOUT", "0", 1);
}

bool run_leaves_out(void)
{
    const char *once = getenv("ONCE");

    return once != NULL && strcmp(once, "no") == 0;
}

int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    struct rlimit limit = {.rlim_cur = SECONDS_MOST, .rlim_max = SECONDS_MOST};
    int failed;

    setrlimit(RLIMIT_CPU, &limit);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
