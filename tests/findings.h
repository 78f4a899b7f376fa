/* SPDX-License-Identifier: Apache-2.0 */
/* findings: what a reader says in findings, as text to be compared. */
#ifndef SPPTRIAGE_TESTS_FINDINGS_H
#define SPPTRIAGE_TESTS_FINDINGS_H

#include "base/text.h"
#include "model/reader.h"

/* Adds a line `kind|origin|host|place|UTC time|member=value|...`, the time and numbers empty for
 * none, and at its end `|verified=word` where a second reader was asked. */
void findings_add_line(struct text *out, const struct finding *finding);

/* A sink that adds such a line to *out for each finding and takes no observations. */
struct sink findings_sink(struct text *out);

#endif
