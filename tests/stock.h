/* SPDX-License-Identifier: Apache-2.0 */
/* stock: what mutants are made of (mutant.h): a log of a few chunks. */
#ifndef SPPTRIAGE_TESTS_STOCK_H
#define SPPTRIAGE_TESTS_STOCK_H

#include "mutant.h"

struct stock_log {
    char *name;     /* owned: the log it was cut out of, and where */
    uint8_t *bytes; /* owned: a file header and whole chunks, one at least */
    size_t size_bytes;
};

/* Hands every log in or below the folder on, in order of their paths, with its path below the
 * folder as name. Returns how many there are. */
size_t stock_each_log(const char *folder,
                      void (*use)(void *context, const char *name, const uint8_t *bytes,
                                  size_t size_bytes),
                      void *context);

#endif
