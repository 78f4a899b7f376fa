/* SPDX-License-Identifier: Apache-2.0 */
/* made: logs made by tests/fixtures that have what real ones seldom have: each value type in each
 * manner, text said in every way of BinXML, forwarded events, remnants. For the comparison of
 * readers, for mutants, and as seeds of the fuzz target. */
#ifndef SPPTRIAGE_TESTS_MADE_H
#define SPPTRIAGE_TESTS_MADE_H

#include <stddef.h>

#include "fixtures/binxml_writer.h"
#include "fixtures/evtx_writer.h"

struct made_log {
    const char *name;
    struct evtx_image *(*make)(void); /* returns owned */
};
extern const struct made_log made_logs[];
extern const size_t made_log_count;

/* A value of each type, of a size that is right for it. */
extern const struct evtx_string made_values[];
extern const size_t made_value_count;

/* Adds a record whose BinXML `write` writes (struct evtx_event, write_content). */
void made_add(struct evtx_writer *writer, void (*write)(struct binxml *out, const void *context),
              const void *context);

/* Writes the System element of WAT 18 as literals: time 2019-01-08T10:00:00Z, EventRecordID 7. */
void made_put_system(struct binxml *out);

#endif
