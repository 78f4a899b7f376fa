/* SPDX-License-Identifier: Apache-2.0 */
/* message: an event in one sentence for a person, as Timesketch shows it. */
#ifndef SPPTRIAGE_REPORT_MESSAGE_H
#define SPPTRIAGE_REPORT_MESSAGE_H

#include "base/text.h"
#include "model/observation.h"
#include "verdict/signal.h"

/* Adds the sentence: provider and id, what the event says by the event table, and what matters
 * of this one: `Security-SPP 8208: acquisition of genuine ticket failed, 0xC004C4A2 (refused by
 * the validation server: the code of the incident)`. It may hold text of the event as it was
 * read: escape it like any other. */
void message_add(struct text *out, const struct observation *observation,
                 const struct judgement *judgement);

#endif
