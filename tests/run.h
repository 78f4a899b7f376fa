/* SPDX-License-Identifier: Apache-2.0 */
/* run: the end of every unit test's main. */
#ifndef SPPTRIAGE_TESTS_RUN_H
#define SPPTRIAGE_TESTS_RUN_H

#include <check.h>
#include <stdbool.h>

/* Is this the pass of script/test that leaves out what takes long and does not depend on the build
 * (tests/lib.sh)? ONCE=no in the environment says so. */
bool run_leaves_out(void);

/* Takes the suite, runs it, prints what failed and the counts. Returns the exit status. */
int run_suite(Suite *suite);

#endif
