/* SPDX-License-Identifier: Apache-2.0 */
/* wire_frame: how the files of the wire write a frame. */
#ifndef SPPTRIAGE_WORKER_WIRE_FRAME_H
#define SPPTRIAGE_WORKER_WIRE_FRAME_H

#include "worker/wire.h"

/* Writes the header of a frame, and returns where it lies. */
size_t wire_begin_frame(struct pack *out, enum wire_type type);

/* Completes the header. A frame that is too long is taken away again, and false returned. */
bool wire_end_frame(struct pack *out, size_t start);

#endif
