/* SPDX-License-Identifier: Apache-2.0 */
/* real: the real logs and databases beside the checkout, in the folder $CORPUS. Where they are not
 * there, tests of them pass over them; that they did is said once for all, by whole_corpus.sh. */
#ifndef SPPTRIAGE_TESTS_REAL_H
#define SPPTRIAGE_TESTS_REAL_H

#include <stdbool.h>

#include "base/text.h"

/* The folder, or NULL. */
const char *real_folder(void);

/* Adds the bytes of the real ESE database to *out; false where the folder is not there. */
bool real_read_database(struct text *out);

#endif
