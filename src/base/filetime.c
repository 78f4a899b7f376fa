/* SPDX-License-Identifier: Apache-2.0 */
#include "base/filetime.h"

#include <ctype.h>

#define DAYS_PER_400_YEARS 146097u
#define FIRST_YEAR 1601u
#define LAST_YEAR 9999u

static bool year_is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year_is_leap(year) ? 1 : 0);
}

/* Days from 1601-01-01 to the first day of `year`. 1601 begins a cycle of 400 years. */
static unsigned days_before_year(unsigned year)
{
    unsigned years = year - FIRST_YEAR;

    return years * 365 + years / 4 - years / 100 + years / 400;
}

struct filetime_date filetime_date_of(uint64_t filetime)
{
    unsigned days = (unsigned)(filetime / FILETIME_DAY);
    struct filetime_date date = {.month = 1};

    date.year = FIRST_YEAR + (unsigned)((uint64_t)days * 400 / DAYS_PER_400_YEARS);
    while (days_before_year(date.year + 1) <= days)
        date.year++;
    while (days_before_year(date.year) > days)
        date.year--;
    days -= days_before_year(date.year);
    for (; days >= month_days(date.year, date.month); date.month++)
        days -= month_days(date.year, date.month);
    date.day = days + 1;
    return date;
}

uint64_t filetime_of_date(const struct filetime_date *date)
{
    unsigned days = days_before_year(date->year) + date->day - 1;

    for (unsigned month = 1; month < date->month; month++)
        days += month_days(date->year, month);
    return days * FILETIME_DAY;
}

void filetime_add_text(struct text *out, uint64_t filetime)
{
    unsigned seconds = (unsigned)(filetime % FILETIME_DAY / FILETIME_SECOND);
    unsigned fraction = (unsigned)(filetime % FILETIME_SECOND);
    struct filetime_date date;

    if (filetime == 0 || filetime > FILETIME_MAX)
        return;
    date = filetime_date_of(filetime);
    text_add_format(out, "%04u-%02u-%02uT%02u:%02u:%02u", date.year, date.month, date.day,
                    seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (fraction != 0)
        text_add_format(out, ".%07u", fraction);
    text_add(out, "Z");
}

char *filetime_text(uint64_t filetime)
{
    struct text out = {0};

    filetime_add_text(&out, filetime);
    return text_take(&out);
}

/* Reads exactly `digits` digits. */
static bool read_digits(const char **at, unsigned digits, unsigned *out)
{
    unsigned value = 0;

    for (; digits > 0; digits--, (*at)++) {
        if (!isdigit((unsigned char)**at))
            return false;
        value = value * 10 + (unsigned)(**at - '0');
    }
    *out = value;
    return true;
}

static bool read_mark(const char **at, char mark)
{
    if (**at != mark)
        return false;
    (*at)++;
    return true;
}

static bool read_date(const char **at, uint64_t *out)
{
    struct filetime_date date;

    if (!read_digits(at, 4, &date.year) || !read_mark(at, '-') ||
        !read_digits(at, 2, &date.month) || !read_mark(at, '-') || !read_digits(at, 2, &date.day))
        return false;
    if (date.year < FIRST_YEAR || date.year > LAST_YEAR || date.month < 1 || date.month > 12 ||
        date.day < 1 || date.day > month_days(date.year, date.month))
        return false;
    *out = filetime_of_date(&date);
    return true;
}

static bool read_time(const char **at, uint64_t *out)
{
    unsigned hours, minutes, seconds = 0, unit = FILETIME_SECOND, digit;

    if (!read_digits(at, 2, &hours) || !read_mark(at, ':') || !read_digits(at, 2, &minutes))
        return false;
    if (read_mark(at, ':') && !read_digits(at, 2, &seconds))
        return false;
    if (hours > 23 || minutes > 59 || seconds > 59)
        return false;
    *out = hours * FILETIME_HOUR + minutes * FILETIME_MINUTE + seconds * FILETIME_SECOND;
    if (!read_mark(at, '.'))
        return true;
    if (!isdigit((unsigned char)**at))
        return false;
    while (read_digits(at, 1, &digit)) {
        unit /= 10;
        *out += digit * unit;
    }
    return true;
}

bool filetime_parse(const char *text, uint64_t *out)
{
    uint64_t day, time_of_day;

    if (!read_date(&text, &day) || !(read_mark(&text, 'T') || read_mark(&text, ' ')) ||
        !read_time(&text, &time_of_day) || !read_mark(&text, 'Z') || *text != '\0')
        return false;
    *out = day + time_of_day;
    return true;
}

int64_t time_to_nanoseconds(const struct timespec *time)
{
    int64_t nanoseconds;

    if (__builtin_mul_overflow(time->tv_sec, INT64_C(1000000000), &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, time->tv_nsec, &nanoseconds))
        return TIME_TOO_FAR;
    return nanoseconds;
}

uint64_t filetime_of_nanoseconds(int64_t nanoseconds)
{
    if (nanoseconds == TIME_TOO_FAR)
        return 0;
    return FILETIME_OF_1970 + (uint64_t)(nanoseconds / 100);
}
