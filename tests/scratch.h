/* SPDX-License-Identifier: Apache-2.0 */
/* scratch: a temporary folder for one test, which is the working directory while it lasts, and
 * the small things done in it. For unchecked and checked fixtures of Check. */
#ifndef SPPTRIAGE_TESTS_SCRATCH_H
#define SPPTRIAGE_TESTS_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

/* Makes the folder in $TMPDIR or /tmp and changes into it. */
void scratch_begin(void);

/* Changes out of the folder and removes it with all that is in it. */
void scratch_end(void);

/* Have the two files the same bytes? The test fails where one is not there. */
bool scratch_is_same(const char *left_path, const char *right_path);

void scratch_write(const char *path, const void *bytes, size_t length);

/* Returns owned what the file holds, ended by a NUL; the test fails where there is none. */
char *scratch_read(const char *path);

/* Is there anything under that name, a broken link included? */
bool scratch_exists(const char *path);

/* Returns owned: the path of what has that name in the source tree ($top_srcdir, or the folder that
 * the test begins in). */
char *scratch_source_path(const char *name);

/* The Python that tests run: $PYTHON, or Debian's. */
const char *scratch_python_path(void);

/* Runs the Python program `code` with one argument and returns owned what it wrote to standard
 * output; the test fails when it fails. NULL, with "SKIP: ..." on standard output, where there is
 * no Python (scratch_python_path). */
char *scratch_python(const char *code, const char *argument);

#endif
