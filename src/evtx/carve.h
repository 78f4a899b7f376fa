/* SPDX-License-Identifier: Apache-2.0 */
/* carve: the reader that searches any file or device for chunks of event logs. */
#ifndef SPPTRIAGE_EVTX_CARVE_H
#define SPPTRIAGE_EVTX_CARVE_H

#include "model/source.h"

/* kind "carved"; see struct reader. */
extern const struct reader evtx_carve_reader;

#endif
