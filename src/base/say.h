/* SPDX-License-Identifier: Apache-2.0 */
/* say: what a run says to whoever looks at it, line by line on standard error, and in what colours.
 * A line of progress can stand there meanwhile: it is one line at a time, rewritten in place, and
 * goes before anything else is said. Whatever is said is made visible first (base/text.h), so it
 * may hold names as they were read. One thread only. */
#ifndef SPPTRIAGE_BASE_SAY_H
#define SPPTRIAGE_BASE_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The colours of words that matter. */
enum say_colour {
    SAY_PLAIN,
    SAY_BAD,     /* errors, and what is broken */
    SAY_WARNING, /* warnings, and what is not known */
};

/* One line each: `spptriage: ` and an error's message, in colour; `spptriage: warning: `; just
 * `spptriage: `; and a line without any of these. */
void say_error(const char *message);
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the bytes to the stream as they are, in that colour where the stream shows colours: it is
 * a terminal, which is not TERM=dumb, and NO_COLOR (no-color.org) is not set, or empty. */
void say_put(FILE *stream, enum say_colour colour, const char *bytes, size_t length_bytes);

/* Can a line of standard error be rewritten? It can on a terminal that is not TERM=dumb. */
bool say_can_rewrite(void);

/* How many columns a line that is rewritten may have: one fewer than the terminal has now. */
size_t say_columns(void);

/* Writes or rewrites the line of progress, printable ASCII, cut off to say_columns; "" takes it
 * away. Only where say_can_rewrite; a job in the background of its terminal writes none. */
void say_progress(const char *line);

/* What takes the line of progress away, where one stands; else "". For signal handlers, too. */
const char *say_progress_end(void);

#endif
