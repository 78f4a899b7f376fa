/* SPDX-License-Identifier: Apache-2.0 */
/* log: the reader of EVTX logs. It goes through a log chunk by chunk, checks each chunk itself
 * (evtx/chunk.h) and has libevtx decode its records (evtx/check/reference.h). */
#ifndef SPPTRIAGE_EVTX_LOG_H
#define SPPTRIAGE_EVTX_LOG_H

#include "model/source.h"

/* kind "evtx"; see struct reader. */
extern const struct reader evtx_log_reader;

#endif
