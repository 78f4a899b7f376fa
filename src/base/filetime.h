/* SPDX-License-Identifier: Apache-2.0 */
/* filetime: Windows times. A FILETIME is a uint64_t of 100 ns units since 1601-01-01T00:00:00Z
 * and stays one until a report writes it; 0 means "no time". Integer arithmetic only, no time
 * zone, proleptic Gregorian calendar. */
#ifndef SPPTRIAGE_BASE_FILETIME_H
#define SPPTRIAGE_BASE_FILETIME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/text.h"

#define FILETIME_SECOND UINT64_C(10000000)
#define FILETIME_MINUTE (60 * FILETIME_SECOND)
#define FILETIME_HOUR (60 * FILETIME_MINUTE)
#define FILETIME_DAY (24 * FILETIME_HOUR)
/* How far a local time is from the same digits of UTC at most, either way. */
#define FILETIME_ZONES (14 * FILETIME_HOUR)

/* 9999-12-31T23:59:59.9999999Z: nothing later can be written as ISO 8601; readers treat later
 * values as no time. It fits an int64_t. */
#define FILETIME_MAX UINT64_C(2650467743999999999)

/* Adds the time as ISO 8601 UTC: 2019-01-08T11:02:17Z, with seven digits of a second behind a
 * point where it has such a part. Adds nothing for 0 or a value above FILETIME_MAX. */
void filetime_add_text(struct text *out, uint64_t filetime);

/* Returns owned: the same as text. */
char *filetime_text(uint64_t filetime) __attribute__((warn_unused_result));

/* A day; months and days count from 1. */
struct filetime_date {
    unsigned year;
    unsigned month;
    unsigned day;
};

/* The day of a time, up to the year 10000 (its first day is the end of all times). */
struct filetime_date filetime_date_of(uint64_t filetime);

/* The time at which the day begins: one of the years 1601 to 10000, with a month up to 12; 0 is the
 * first day of 1601. */
uint64_t filetime_of_date(const struct filetime_date *date);

/* How far apart the two times are, whichever is the earlier. */
static inline uint64_t filetime_distance(uint64_t left, uint64_t right)
{
    return left > right ? left - right : right - left;
}

/* Reads ISO 8601 with a date, `T` or a space, hours, minutes, optional seconds, optional fraction
 * (digits past the seventh are cut off) and a final `Z`; nothing may follow. Returns false, and
 * leaves *out alone, for anything else and for dates that do not exist or lie before 1601. */
bool filetime_parse(const char *text, uint64_t *out);

/* The time of a file as nanoseconds since 1970, or TIME_TOO_FAR where an int64_t does not hold
 * them: before 1677-09-21 and after 2262-04-11 (both are so kept). */
#define TIME_TOO_FAR INT64_MAX
int64_t time_to_nanoseconds(const struct timespec *time);

/* 1970-01-01T00:00:00Z */
#define FILETIME_OF_1970 UINT64_C(116444736000000000)

/* That time as a FILETIME, or 0 for TIME_TOO_FAR. (What an int64_t holds is after 1601.) */
uint64_t filetime_of_nanoseconds(int64_t nanoseconds);

#endif
