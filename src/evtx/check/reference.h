/* SPDX-License-Identifier: Apache-2.0 */
/* reference: libevtx as the independent decoder of one chunk at a time. A chunk is handed to it
 * as a log of its own in memory: a made-up file header and a copy of the chunk whose header says
 * that nothing of it is used. libevtx then takes every record for one that it recovers, and reads
 * it like any other; it spends no time on a checksum of the whole (it computes one at 0.4 GB/s),
 * and records under a damaged header are read all the same. What is not asked for is covered by
 * made-up records, one over each gap, so that it need not be searched; the bytes of templates and
 * names in there stay.
 *
 * What the libevtx of Debian 12 (20181227) does with a record, found by reading and trying it:
 * - it never says where a record lies (libevtx_record_get_offset gives 0): in the copy, each record
 *   therefore bears its position in the place of its number, which nothing else depends on;
 * - strings end at their first NUL, lose a byte order mark at their begin, and are empty when they
 *   are one line feed; half a surrogate pair becomes U+FFFD, and the upper half takes the unit
 *   behind it along;
 * - a string array gives one element for each string;
 * - characters past U+FFFF come out 0x3FF too low (eventtext puts them right);
 * - a negative number is a minus and the bits but the sign's: -2147188641 comes out as -295007;
 * - a floating-point number is written with an exponent: 1.500000e+000;
 * - a time that cannot be is written as its numbers in hexadecimal, those of a SYSTEMTIME wrong;
 * - a record that ends exactly at the chunk's end is not handed out;
 * - forwarded records (no template instance) are not decoded;
 * - it does not guard against hostile input: it does not compare the number of a template's values
 *   with the chunk before it makes room for them and reads them (so do not ask it for a record that
 *   is not sound, evtx/chunk.h), recurses as deep as elements are nested in a template, and writes
 *   out a value as often as a template substitutes it (so ask reference_can_read first). Such a
 *   chunk can end the process, or keep it busy for long.
 * That of Debian 13 (20240504) differs: characters past U+FFFF come out right; the milliseconds of
 * a SYSTEMTIME are written with nine digits, not three; a record is not decoded that has half a
 * surrogate pair, a value of type SizeT, or one of a size that its type cannot have; forwarded
 * records are (they are not asked for, so that both tell the same). */
#ifndef SPPTRIAGE_EVTX_CHECK_REFERENCE_H
#define SPPTRIAGE_EVTX_CHECK_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "evtx/binxml.h"
#include "evtx/chunk.h"
#include "model/observation.h"

struct reference;

/* Returns owned (reference_free). Failing to set libevtx up ends the process like running out of
 * memory: nothing else can make it fail. */
struct reference *reference_create(void) __attribute__((warn_unused_result));
void reference_free(struct reference *reference);

/* Can libevtx be given the record without harm? It must be sound (evtx/binxml.h), our own walk must
 * come to its end, and what it expands to, values that stand in each other and are met again and
 * again included, must not be more than REFERENCE_EXPANDED_MOST: of a record that fits a chunk
 * libevtx can be made to write gigabytes; *is_too_much (or NULL) says whether that is why not.
 * `values` is a store that serves one after the other. */
#define REFERENCE_EXPANDED_MOST (1024u * 1024)
bool reference_can_read(const struct chunk *chunk, const struct record *record,
                        struct binxml_value_stack *values, bool *is_too_much);

/* Has libevtx read the chunk, of which nothing is borrowed: the `count` records, in ascending
 * order and none in another, and from `shown_from` (in the chunk; behind the records) on whatever
 * it takes for a record itself, of which it can read (reference_can_read). The records must be
 * such, too. With CHUNK_SIZE_BYTES it sees the records alone, which costs a fraction. Returns -1
 * (ERROR_SOURCE) when it refuses the chunk, which then has no records. */
int reference_open(struct reference *reference, const struct chunk *chunk,
                   const struct record *records, size_t count, uint32_t shown_from,
                   struct error *err);

/* How many records of the open chunk libevtx has, in the order of the chunk; some that it was asked
 * for may be missing, and there may be others. */
size_t reference_count(const struct reference *reference);

struct reference_record {
    uint32_t position_bytes; /* in the chunk */
    const char *text;        /* the event as libevtx's XML; borrowed until the next call */
    size_t length_bytes;
};

/* Finds the record at `position_bytes` of the chunk. Fills *index; returns false where it is not
 * there. */
bool reference_find(struct reference *reference, uint32_t position_bytes, size_t *index);

/* Fills *out with the record at `index` (from 0). Returns -1 (ERROR_SOURCE) with the reason when
 * libevtx cannot decode it; position_bytes is filled all the same where it is known, else 0. */
int reference_read(struct reference *reference, size_t index, struct reference_record *out,
                   struct error *err);

/* --- eventtext --- */

/* Reads the text that libevtx makes of an event into an observation. That text is not quite XML:
 * & < > are escaped in string values, and by a newer libevtx in attributes, quotes nowhere; control
 * characters stay; and each element stands on a line of its own, indented by its depth. So this is
 * a small tolerant scanner of its own, without recursion.
 *
 * A libevtx that spoils them gives every character past U+FFFF 0x3FF too low (it takes DFFF for the
 * first low surrogate). All that it writes at or past U+10000 is such a character and is put right
 * here; U+10000 to U+103FE come out as U+FC01 to U+FFFF, where they cannot be told from the
 * characters that belong there, and stay wrong. */

#define REFERENCE_SUPPLEMENTARY_FIRST 0x10000u
#define REFERENCE_SUPPLEMENTARY_ERROR 0x3FFu

/* Does the libevtx at hand do so? */
bool reference_spoils_supplementary(void);

/* Does it escape attributes? */
bool reference_escapes_attributes(void);

/* Starts as zeros; its memory is used again for each event. */
struct eventtext {
    struct observation observation; /* what the event says; borrows the two below */
    bool has_rendering;             /* RenderingInfo is there: a collector took the event over */
    struct observation_string *strings; /* owned */
    char *storage;                      /* owned: every text of the observation */
    size_t storage_capacity;
    size_t storage_used;
};

/* Reads the event in `text` (`length_bytes` of it, with a NUL behind) into event->observation: the
 * System fields and, as strings, the values of EventData/Data and the leaves of UserData.
 * Where it was read from (offset, record number, recovered) is left 0 for the caller. Returns -1
 * (ERROR_SOURCE) when the text is not an event with an EventID; *event is then of no use but for
 * the next call. */
int eventtext_parse(struct eventtext *event, const char *text, size_t length_bytes,
                    struct error *err);

void eventtext_free_content(struct eventtext *event);

#endif
