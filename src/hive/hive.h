/* SPDX-License-Identifier: Apache-2.0 */
/* hive: the reader of registry hives. Of a SOFTWARE hive it hands on what the registry says of the
 * system, and the list of packages: those of the updates of the incident one by one, and the list
 * as a whole; of a SYSTEM hive the computer's name. Other hives, and their transaction logs, are
 * skipped. Formats: FACTS-more.md, Registry hives. */
#ifndef SPPTRIAGE_HIVE_HIVE_H
#define SPPTRIAGE_HIVE_HIVE_H

#include "model/reader.h"

extern const struct reader hive_reader;

#endif
