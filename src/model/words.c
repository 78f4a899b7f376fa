/* SPDX-License-Identifier: Apache-2.0 */
#include "model/words.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/text.h"

#define LIST_SEPARATOR "; "

bool word_set_find(const struct word_set *set, const char *word, unsigned *member)
{
    for (size_t index = 0; index < set->count; index++)
        if (strcmp(set->words[index], word) == 0) {
            *member = (unsigned)index;
            return true;
        }
    return false;
}

char *word_set_list(const struct word_set *set, uint32_t members)
{
    struct text out = {0};

    for (size_t index = 0; index < set->count; index++)
        if ((members >> index & 1u) != 0)
            text_add_item(&out, set->words[index]);
    return text_take(&out);
}

bool word_set_find_list(const struct word_set *set, const char *list, uint32_t *members)
{
    uint32_t found = 0;

    while (*list != '\0') {
        const char *end = strstr(list, LIST_SEPARATOR);
        char *word = memory_copy_bytes(list, end != NULL ? (size_t)(end - list) : strlen(list));
        unsigned member;
        bool known = word_set_find(set, word, &member);

        free(word);
        if (!known)
            return false;
        found |= 1u << member;
        list = end != NULL ? end + strlen(LIST_SEPARATOR) : "";
    }
    *members = found;
    return true;
}

/* Of a row: enumerator, word, and what else the set has. */
#define WORD(enumerator, word, ...) [enumerator] = (word),
#define SECOND(enumerator, word, second, ...) [enumerator] = (second),
#define THIRD(enumerator, word, second, third, ...) [enumerator] = (third),

/* Makes a set's table of words and the function that looks into it. */
#define MAKE_WORDS(set, ROWS, enumerator_count)                                             \
    static const char *const set##_rows[] = {ROWS(WORD)};                                   \
    static_assert(ARRAY_COUNT(set##_rows) == (enumerator_count), "a word for each member"); \
    const struct word_set set##_words = {set##_rows, ARRAY_COUNT(set##_rows)};              \
    const char *set##_word(enum set member)                                                 \
    {                                                                                       \
        assert((size_t)member < ARRAY_COUNT(set##_rows));                                   \
        return set##_rows[member];                                                          \
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

MAKE_WORDS(classification, CLASSIFICATIONS, CLASSIFICATION_COUNT)
MAKE_COLUMN(const char *, classification, title, CLASSIFICATIONS, SECOND)
MAKE_COLUMN(const char *, classification, sentence, CLASSIFICATIONS, THIRD)
MAKE_WORDS(confidence, CONFIDENCES, CONFIDENCE_COUNT)
MAKE_COLUMN(const char *, confidence, sentence, CONFIDENCES, SECOND)
MAKE_WORDS(review_note, REVIEW_NOTES, REVIEW_NOTE_COUNT)
MAKE_COLUMN(const char *, review_note, sentence, REVIEW_NOTES, SECOND)
MAKE_WORDS(activation_state, ACTIVATION_STATES, ACTIVATION_STATE_COUNT)
MAKE_COLUMN(const char *, activation_state, sentence, ACTIVATION_STATES, SECOND)
MAKE_WORDS(coverage, COVERAGES, COVERAGE_COUNT)
MAKE_WORDS(update_status, UPDATE_STATUSES, UPDATE_STATUS_COUNT)
MAKE_WORDS(licence_channel, LICENCE_CHANNELS, LICENCE_CHANNEL_COUNT)
MAKE_WORDS(clock_state, CLOCKS, CLOCK_STATE_COUNT)
MAKE_WORDS(action_step, ACTION_STEPS, ACTION_STEP_COUNT)
MAKE_WORDS(action, ACTIONS, ACTION_COUNT)
MAKE_COLUMN(const char *, action, sentence, ACTIONS, SECOND)
MAKE_COLUMN(uint32_t, action, steps, ACTIONS, THIRD)
MAKE_WORDS(role, ROLES, ROLE_COUNT)
MAKE_WORDS(verified, VERIFICATIONS, VERIFIED_COUNT)
MAKE_COLUMN(const char *, verified, sentence, VERIFICATIONS, SECOND)
MAKE_WORDS(update_says, UPDATE_SAYINGS, UPDATE_SAYS_COUNT)
MAKE_WORDS(evidence_kind, EVIDENCE_KINDS, EVIDENCE_KIND_COUNT)
MAKE_COLUMN(const char *, evidence_kind, label, EVIDENCE_KINDS, SECOND)
MAKE_COLUMN(const char *, evidence_kind, unit, EVIDENCE_KINDS, THIRD)

static_assert(REVIEW_NOTE_COUNT <= WORDS_MEMBERS_MOST && ACTION_STEP_COUNT <= WORDS_MEMBERS_MOST,
              "a set of members fits its bits");
