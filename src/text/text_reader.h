/* SPDX-License-Identifier: Apache-2.0 */
/* listing: the reader of text listings: what wmic qfe, Get-HotFix, dism /get-packages, slmgr /dlv
 * and systeminfo print, in any language, encoding and number in one file (FACTS.md, Text
 * listings). */
#ifndef SPPTRIAGE_TEXT_TEXT_READER_H
#define SPPTRIAGE_TEXT_TEXT_READER_H

#include "model/source.h"

/* Larger files are damage and not read: a listing of one host has less than a megabyte, and of a
 * hundred hosts as CSV some three. Any text of this size is read in a few seconds. */
#define LISTING_MOST_BYTES (UINT64_C(64) * 1024 * 1024)

/* kind "listing"; see struct reader. It has one part. */
extern const struct reader listing_reader;

/* Makes ready what the reader needs of the C library's files; for whoever starts reader processes,
 * which cannot open files. */
void listing_prepare(void);

#endif
