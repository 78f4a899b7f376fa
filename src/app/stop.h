/* SPDX-License-Identifier: Apache-2.0 */
/* stop: signals that end a run, and descriptors that whoever started it closed. Ctrl-C, SIGTERM and
 * SIGHUP are answered with one line on standard error, and then end the process as they always do,
 * so that the shell sees which it was. Nothing has to be put in order first: a source is in the
 * case as a whole or not at all, files get their names when they are complete, readers die with
 * this process, and what is left of temporary files the next run removes. What fails with SIGPIPE
 * or SIGXFSZ elsewhere fails here with an error that names the file. */
#ifndef SPPTRIAGE_APP_STOP_H
#define SPPTRIAGE_APP_STOP_H

#include <stddef.h>

/* To be called first. A closed descriptor of the three standard ones is opened such that using it
 * fails: else a file that is opened later would get its number, and what is printed. */
void stop_prepare(void);

/* What the line says is left, from now on; borrowed until the next call. */
void stop_set_words(const char *words);

/* The same of a run that reads sources into the case at `path` (borrowed, as a terminal may see
 * it). */
void stop_set_case(const char *path);
void stop_count_sources(size_t done, size_t all);

#endif
