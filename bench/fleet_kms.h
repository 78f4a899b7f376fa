/* SPDX-License-Identifier: Apache-2.0 */
/* fleet_kms: the log of a KMS host that a whole fleet asks, kept in full logs of one size, as a
 * host keeps them that archives its log when it is full. Each client asks before the window, as
 * licensed, and after its start; one in a hundred then without a licence, and so again two hours
 * later. */
#ifndef SPPTRIAGE_BENCH_FLEET_KMS_H
#define SPPTRIAGE_BENCH_FLEET_KMS_H

#include <stddef.h>
#include <stdio.h>

/* Writes FOLDER/Archive-Key Management Service-N.evtx, of `log_mib` MiB each, the last one
 * shorter, with the requests of so many clients; the folder is there. `listing` gets a line for
 * each client (make_fleet.c). Returns 0, or -1 with errno set. */
int fleet_kms_write(const char *folder, unsigned long clients, size_t log_mib, FILE *listing);

#endif
