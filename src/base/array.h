/* SPDX-License-Identifier: Apache-2.0 */
/* array: how many items a constant table has. */
#ifndef SPPTRIAGE_BASE_ARRAY_H
#define SPPTRIAGE_BASE_ARRAY_H

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
