/* SPDX-License-Identifier: Apache-2.0 */
/* text_reader: the reader of what no magic tells: it finds out whether that is text, and whether
 * there are listings in it: what wmic qfe, Get-HotFix, dism /get-packages, slmgr /dlv and
 * systeminfo print, in any language, encoding and number in one file (FACTS.md, Text listings). */
#ifndef SPPTRIAGE_TEXT_TEXT_READER_H
#define SPPTRIAGE_TEXT_TEXT_READER_H

#include "model/reader.h"

/* Larger files are damage and not read: a listing of one host has less than a megabyte, and of a
 * hundred hosts as CSV some three. Any text of this size is read in a few seconds. */
#define LISTING_MOST_BYTES (UINT64_C(64) * 1024 * 1024)

/* READER_TEXT; see struct reader. It has one part. facts->kind tells what the source is; one
 * without listings is skipped, and of that only the head is read and none is shown to the byte
 * sink.
 */
extern const struct reader text_reader;

/* Does no more than tell what the source is, as the reader does. -1 (ERROR_SOURCE) when its head
 * cannot be read. */
int text_reader_tell_kind(const struct source *source, int descriptor, struct source_facts *facts,
                          struct error *err);

/* Makes ready what the reader needs of the C library's files; for whoever starts reader processes,
 * which cannot open files. */
void text_reader_prepare(void);

#endif
