/* SPDX-License-Identifier: Apache-2.0 */
/* reported: the commands of the program, run in a child process of a test, which sees how they
 * end. */
#ifndef SPPTRIAGE_TESTS_REPORTED_H
#define SPPTRIAGE_TESTS_REPORTED_H

#include "app/options.h"

/* Runs the command with those words (the last one NULL), the templates of the source tree and
 * without what it prints. Returns its exit status; the test fails where the process ended
 * otherwise: by a signal, or by a sanitizer. *said, where it is not NULL, becomes the message of
 * its error, owned, or "". */
enum exit_status reported_run(const struct command *command, char *const *words, char **said);

/* The same, but for a process that ended otherwise, of which -1 is returned. */
int reported_status(const struct command *command, char *const *words, char **said);

#define REPORTED_STATUS(command, said, ...) \
    reported_status(&(command), (char *const[]){__VA_ARGS__, NULL}, (said))
#define REPORTED(command, said, ...) \
    reported_run(&(command), (char *const[]){__VA_ARGS__, NULL}, (said))

/* Makes DIR/case.db of the sample collection. */
void reported_make_case(const char *directory);

#endif
