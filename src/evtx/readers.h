/* SPDX-License-Identifier: Apache-2.0 */
/* readers: the readers of event logs, and of images in which chunks of logs are searched for. Both
 * find chunks and have each of them read as a whole (evtx/chunkread.h). */
#ifndef SPPTRIAGE_EVTX_READERS_H
#define SPPTRIAGE_EVTX_READERS_H

#include "model/reader.h"

/* READER_LOG; see struct reader. */
extern const struct reader evtx_log_reader;

/* READER_CARVE: of any file or device; see struct reader. */
extern const struct reader evtx_carve_reader;

#endif
