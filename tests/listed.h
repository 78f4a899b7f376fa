/* SPDX-License-Identifier: Apache-2.0 */
/* listed: the reader of texts at work on a text that a test made. */
#ifndef SPPTRIAGE_TESTS_LISTED_H
#define SPPTRIAGE_TESTS_LISTED_H

#include <stddef.h>

#include "base/text.h"
#include "model/reader.h"

/* What was read; starts as zeros. */
struct listed {
    struct text findings; /* owned: one a line (tests/findings.h) */
    struct source_facts facts;
};

/* Reads the bytes as a file that no magic tells; what was read before is cleared. */
void listed_read(struct listed *listed, const void *bytes, size_t size_bytes);

void listed_free_content(struct listed *listed);

/* Fails unless the part stands, or does not stand, in the findings; or stands in the detail. */
void listed_expect(const struct listed *listed, const char *part);
void listed_expect_not(const struct listed *listed, const char *part);
void listed_expect_detail(const struct listed *listed, const char *part);

/* How often the part stands in the findings. */
size_t listed_count(const struct listed *listed, const char *part);

/* Is there a finding of a listing that can prove absence? */
bool listed_has_complete(const struct listed *listed);

#endif
