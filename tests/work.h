/* SPDX-License-Identifier: Apache-2.0 */
/* work: how much is done, counted and not timed, so that it is the same on any machine under any
 * load: the blocks of code that are run, in what was compiled with -fsanitize-coverage=trace-pc,
 * and the bytes that the searches of the C library are given (-Wl,--wrap=memchr and so on). */
#ifndef SPPTRIAGE_TESTS_WORK_H
#define SPPTRIAGE_TESTS_WORK_H

#include <stdint.h>

/* What was done so far in this process. */
uint64_t work_count(void);

#endif
