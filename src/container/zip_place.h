/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SPPTRIAGE_CONTAINER_ZIP_PLACE_H
#define SPPTRIAGE_CONTAINER_ZIP_PLACE_H

#include "container/unpacker.h"

/* Does the member of that name and size, of which there must be no other, lie in the zip as it is,
 * neither packed nor encrypted? *start_bytes is then where, in the file. */
bool zip_find_stored(const struct container_file *file, const char *name, uint64_t size_bytes,
                     uint64_t *start_bytes);

#endif
