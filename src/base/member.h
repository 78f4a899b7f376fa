/* SPDX-License-Identifier: Apache-2.0 */
/* member: what a struct consists of, as data. One table a struct has a row for each of its members,
 * with its type and the values that it can have; what packs the struct, checks what was unpacked,
 * or keeps it, goes by that table, so that a new member is a row. */
#ifndef SPPTRIAGE_BASE_MEMBER_H
#define SPPTRIAGE_BASE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lookup.h"

enum member_type {
    MEMBER_BOOL,
    MEMBER_U16,
    MEMBER_U64,        /* at most `greatest`, where that is not 0 */
    MEMBER_I32,        /* int32_t, from `least` to `greatest` */
    MEMBER_NUMBER,     /* int64_t, from `least` to `greatest`, or MEMBER_ABSENT */
    MEMBER_CHOICE,     /* an enum, of which `words` is the set */
    MEMBER_TEXT,       /* const char * */
    MEMBER_OWNED_TEXT, /* char * */
};

/* A number that is not there. */
#define MEMBER_ABSENT INT64_MIN

struct member {
    const char *name;
    enum member_type type;
    size_t offset_bytes;          /* in the struct */
    int64_t least, greatest;      /* of a number */
    const struct word_set *words; /* of a choice */
    bool or_null;                 /* a text can be NULL */
};

/* A table of them. */
struct members {
    const struct member *rows;
    size_t count;
};
#define MEMBERS(table)              \
    {                               \
        (table), ARRAY_COUNT(table) \
    }

/* Begins the row of a member, which can be one of a struct within; its type is that of the
 * member. */
#define MEMBER(owner, member) \
    .name = #member, .offset_bytes = offsetof(owner, member),   \
    .type = _Generic(((owner *)NULL)->member,                   \
                     bool: MEMBER_BOOL,                         \
                     uint16_t: MEMBER_U16,                      \
                     uint64_t: MEMBER_U64,                      \
                     int32_t: MEMBER_I32,                       \
                     int64_t: MEMBER_NUMBER,                    \
                     unsigned: MEMBER_CHOICE,                   \
                     const char *: MEMBER_TEXT,                 \
                     char *: MEMBER_OWNED_TEXT)

/* Where the member of the struct at `owner` lies. */
static inline void *member_at(const struct member *member, const void *owner)
{
    return (char *)owner + member->offset_bytes;
}

/* Can the number, which is not absent, be one of the member? */
static inline bool member_is_in_range(const struct member *member, int64_t number)
{
    return number >= member->least && number <= member->greatest;
}

#endif
