/* SPDX-License-Identifier: Apache-2.0 */
/* datastore: the reader of Windows Update's DataStore.edb, an ESE database with the table
 * tbHistory: a row for each operation on an update, each with its title. It hands on the rows whose
 * title names an update of the incident, and one finding on the history as a whole (finding.h). An
 * ESE database without that table is skipped.
 * Windows 7 keeps its history there; where it is lacking, that says nothing of what is installed.
 */
#ifndef SPPTRIAGE_ESE_DATASTORE_H
#define SPPTRIAGE_ESE_DATASTORE_H

#include "model/reader.h"

extern const struct reader datastore_reader;

#endif
