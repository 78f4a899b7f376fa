/* SPDX-License-Identifier: Apache-2.0 */
/* run: the end of every unit test's main. */
#ifndef SPPTRIAGE_TESTS_RUN_H
#define SPPTRIAGE_TESTS_RUN_H

#include <check.h>

/* Takes the suite, runs it, prints what failed and the counts. Returns the exit status. */
int run_suite(Suite *suite);

#endif
