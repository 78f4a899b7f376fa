/* SPDX-License-Identifier: Apache-2.0 */
/* same: fails the test at hand unless what arrived is what was sent. */
#ifndef SPPTRIAGE_TESTS_SAME_H
#define SPPTRIAGE_TESTS_SAME_H

#include "model/finding.h"
#include "model/observation.h"

/* Compares every field and string. */
void expect_observation(const struct observation *found, const struct observation *expected);

/* Compares everything and every field. */
void expect_finding(const struct finding *found, const struct finding *expected);

/* A finding whose members have values at the ends of what they can have. Borrows constants. */
struct finding sample_finding(enum finding_kind kind);

#endif
