/* SPDX-License-Identifier: Apache-2.0 */
/* error: what went wrong, where, and how far it reaches. A struct error lives with the caller
 * (`struct error err = {.source = path};`) and owns only its message. Functions that can fail
 * return 0, or -1 with *err filled; whoever handles the error calls error_clear. */
#ifndef SPPTRIAGE_BASE_ERROR_H
#define SPPTRIAGE_BASE_ERROR_H

#include <stdint.h>

enum error_kind {
    ERROR_NONE,
    ERROR_SOURCE, /* this input is damaged or unreadable: it goes to sources.csv, the run goes on */
    ERROR_RUN,    /* nothing more can be done: exit status 1 */
    ERROR_CASE,   /* the same, as a case is not one, or is damaged: who can do without it begins
                   * anew */
};

/* The offset of an error that concerns no particular byte. */
#define ERROR_NO_OFFSET UINT64_MAX

struct error {
    const char *source; /* borrowed: the path or name concerned, or NULL */
    enum error_kind kind;
    uint64_t offset_bytes; /* in the source, or ERROR_NO_OFFSET */
    char *message;         /* owned */
};

/* Fills *err, unless it is filled already: the first message stays. Always returns -1. */
int error_set(struct error *err, enum error_kind kind, uint64_t offset_bytes, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

/* Fills *err with what a library of libyal says went wrong, an ERROR_SOURCE of no particular byte:
 * the first line of its text, `function: reason.`, without the function. Changes the text. Always
 * returns -1. */
int error_set_library(struct error *err, const char *library, char *text);

/* Frees the message and makes *err empty again; `source` stays. */
void error_clear(struct error *err);

#endif
