/* SPDX-License-Identifier: Apache-2.0 */
/* lookup: closed sets, and structs, as tables. A set is one list, a row a member, written as a
 * macro that is given what to make of a row:
 *
 *     #define COLOURS(ROW)          \
 *         ROW(COLOUR_RED, "red")    \
 *         ROW(COLOUR_BLUE, "blue")
 *     enum colour { COLOURS(WORDS_ENUMERATOR) };
 *     enum { COLOUR_COUNT = 0 COLOURS(WORDS_ONE) };
 *     extern const struct word_set colour_words;
 *     const char *colour_word(enum colour colour);
 *
 * and in one .c file MAKE_WORDS(colour, COLOURS, COLOUR_COUNT). Enumerators, their number and the
 * tables are all made of that list, so that none of them can lack a member. Whatever else is
 * indexed by a set has an assertion on its number, or is a switch without default (the number is
 * no member, so that a switch need not have it). What comes from outside is read back by its word,
 * or compared with the number. */
#ifndef SPPTRIAGE_BASE_LOOKUP_H
#define SPPTRIAGE_BASE_LOOKUP_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* A set as a table of words, which is how the case, the wire and the tests know it. */
struct word_set {
    const char *const *words; /* by enumerator */
    size_t count;
};

/* The word of a member. */
const char *word_set_word(const struct word_set *set, unsigned member);

/* The member of that word (exact): false where there is none. */
bool word_set_find(const struct word_set *set, const char *word, unsigned *member);

/* Some members of a set: bit N is that of enumerator N. */
#define WORDS_MEMBERS_MOST 32

static inline bool word_set_has(uint32_t members, unsigned member)
{
    return (members >> member & 1u) != 0;
}

/* Returns owned: their words as a "; " list, in the order of the set. */
char *word_set_list(const struct word_set *set, uint32_t members)
    __attribute__((warn_unused_result));

/* The members whose words the "; " list has: false where it has another word. */
bool word_set_find_list(const struct word_set *set, const char *list, uint32_t *members);

/* What is made of a row: enumerator, word, and what else the set has. */
#define WORDS_ENUMERATOR(enumerator, ...) enumerator,
#define WORDS_ONE(enumerator, ...) +1
#define WORDS_WORD(enumerator, word, ...) [enumerator] = (word),
#define WORDS_SECOND(enumerator, word, second, ...) [enumerator] = (second),
#define WORDS_THIRD(enumerator, word, second, third, ...) [enumerator] = (third),
#define WORDS_FOURTH(enumerator, word, second, third, fourth, ...) [enumerator] = (fourth),

/* Makes a set's table of words and the function that looks into it. */
#define MAKE_WORDS(set, ROWS, enumerator_count)                                             \
    static const char *const set##_rows[] = {ROWS(WORDS_WORD)};                             \
    static_assert(ARRAY_COUNT(set##_rows) == (enumerator_count), "a word for each member"); \
    const struct word_set set##_words = {set##_rows, ARRAY_COUNT(set##_rows)};              \
    const char *set##_word(enum set member)                                                 \
    {                                                                                       \
        return word_set_word(&set##_words, (unsigned)member);                               \
    }

/* Makes the table and the function of another column of it. */
#define MAKE_COLUMN(type, set, column, ROWS, PICK)           \
    type set##_##column(enum set member)                     \
    {                                                        \
        static type const column##_rows[] = {ROWS(PICK)};    \
                                                             \
        assert((size_t)member < ARRAY_COUNT(column##_rows)); \
        return column##_rows[member];                        \
    }

/* ---- Members: what a struct consists of, as data. One table a struct has a row for each of its
 * members, with its type and the values that it can have; what packs the struct, checks what was
 * unpacked, or keeps it, goes by that table, so that a new member is a row ---- */

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
    bool or_bytes;                /* a text can have bytes that are not UTF-8, as a path can */
};

/* A table of them. */
struct members {
    const struct member *rows;
    size_t count;
};
#define MEMBERS(table) {(table), ARRAY_COUNT(table)}

/* Begins the row of a member, which can be one of a struct within; its type is that of the
 * member. */
#define MEMBER(owner, member)                                 \
    .name = #member, .offset_bytes = offsetof(owner, member), \
    .type = _Generic(((owner *)NULL)->member,                 \
        bool: MEMBER_BOOL,                                    \
        uint16_t: MEMBER_U16,                                 \
        uint64_t: MEMBER_U64,                                 \
        int32_t: MEMBER_I32,                                  \
        int64_t: MEMBER_NUMBER,                               \
        unsigned: MEMBER_CHOICE,                              \
        const char *: MEMBER_TEXT,                            \
        char *: MEMBER_OWNED_TEXT)

/* Where the member of the struct at `owner` lies. */
static inline void *member_at(const struct member *member, const void *owner)
{
    return (char *)owner + member->offset_bytes;
}

/* Can it be one of the numbers of a member, or of a column of the case? It is not absent. */
static inline bool number_is_in_range(int64_t number, int64_t least, int64_t greatest)
{
    return number >= least && number <= greatest;
}

/* The same of a number without a sign; 0 as the greatest sets no limit. */
static inline bool number_is_not_too_great(uint64_t number, int64_t greatest)
{
    return greatest == 0 || number <= (uint64_t)greatest;
}

#endif
