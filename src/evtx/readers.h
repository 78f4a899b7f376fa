/* SPDX-License-Identifier: Apache-2.0 */
/* readers: the readers of event logs, and of images in which chunks of logs are searched for. Both
 * find chunks and have each of them read as a whole (evtx/chunkread.h). */
#ifndef SPPTRIAGE_EVTX_READERS_H
#define SPPTRIAGE_EVTX_READERS_H

#include "model/reader.h"

/* A part of either: what reader processes share a source by. Large enough that a part costs
 * nothing, small enough that one log is shared evenly. */
#define EVTX_PART_BYTES (UINT64_C(64) * 1024 * 1024)

/* READER_LOG; see struct reader. */
extern const struct reader evtx_log_reader;

/* READER_CARVE: of any file or device; see struct reader. */
extern const struct reader evtx_carve_reader;

#endif
