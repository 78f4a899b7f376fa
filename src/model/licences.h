/* SPDX-License-Identifier: Apache-2.0 */
/* licences: what an SPP 1003 says of the licence: the installed one, its state, the reason (FACTS:
 * "What 1003 says of the licence"). Kept is the first and the last of those in a row that state the
 * same (DESIGN section 5), and the verdict goes by it. Pure. */
#ifndef SPPTRIAGE_MODEL_LICENCES_H
#define SPPTRIAGE_MODEL_LICENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/incident.h"

struct licence_statement {
    bool is_windows; /* it is about Windows' application id; of another one nothing else is read */
    size_t line_count;
    size_t
        unreadable_count; /* lines that cannot be read: one may be that of the installed licence */
    size_t installed_count;             /* licences with a product key, add-ons aside */
    char installed_id[GUID_TEXT_BYTES]; /* the first one's activation id, lower case; or "" */
    /* Of the one installed licence; NOT_TOLD without it, or where no group says its state:
     * licensed, initial grace (for any grace) or notification. */
    enum licensing_status status;
    uint32_t reason_code; /* of a grace or notification: a non-genuine code where there is one, else
                           * the last code of the last rule; 0 without one */
};

/* Reads an SPP 1003. */
struct licence_statement licence_statement_of(const struct observation *observation);

/* Do they state the same: licence, state and reason? */
bool licence_statements_equal(const struct licence_statement *left,
                              const struct licence_statement *right);

#endif
