/* SPDX-License-Identifier: Apache-2.0 */
/* licences: what events say of the licence. An SPP 1003: the installed one, its state, the reason
 * (FACTS: "What 1003 says of the licence"); kept is the first and the last of those in a row that
 * state the same (DESIGN section 5). The requests of KMS clients, as these log them (12288) and as
 * their KMS host does (12290), and the answers (12289). The verdict goes by it. Pure. */
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

/* A request of a KMS client: the string of 12288, `hr, flags, kms host:port, client machine id,
 * client time, VM, licensing status, minutes to expiry, activation id, minimum count`, or that of
 * 12290, `hr,minimum count,client name,client machine id,client time,VM,licensing status,minutes to
 * expiry,activation id` [VATR]. What cannot be read is not there. */
struct kms_request {
    bool has_hr;
    uint32_t hr;
    char client_machine_id[GUID_TEXT_BYTES]; /* lower case without braces, or "" */
    enum licensing_status status;            /* of the client, as it asked; or NOT_TOLD */
    char status_digit;                       /* what stands there for it, if it is a digit; or 0 */
    char activation_id[GUID_TEXT_BYTES];     /* the same, or "" */
};

struct kms_request kms_request_of(const struct observation *observation);

/* Is the activation id that of a licence of Windows 7? */
bool kms_request_is_windows_7(const struct kms_request *request);

/* Returns owned: the name of the client that a 12290 gives, without blanks around it and without
 * the last dot of a name that begins at the root of the DNS; NULL where that cannot be a name. */
char *kms_request_client(const struct observation *observation) __attribute__((warn_unused_result));

/* The string of 12289: `hr, flags, activated, unused, count, activation interval, renewal interval,
 * client time` [VATR]. */
struct kms_answer {
    bool has_hr;
    uint32_t hr;
    char activated; /* '1': the licence is bound to the host; '\0' where it does not say */
};

struct kms_answer kms_answer_of(const struct observation *observation);

#endif
