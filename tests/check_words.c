/* SPDX-License-Identifier: Apache-2.0 */
/* The closed sets of the model: what the compiler cannot see. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/finding.h"
#include "model/source.h"
#include "model/words.h"
#include "run.h"

static const struct word_set *const sets[] = {
    &classification_words,   &confidence_words,     &review_note_words,   &activation_state_words,
    &coverage_words,         &update_status_words,  &clock_state_words,   &licence_channel_words,
    &action_step_words,      &action_words,         &role_words,          &verified_words,
    &update_says_words,      &evidence_kind_words,  &source_kind_words,   &source_status_words,
    &finding_kind_words,     &finding_origin_words, &package_state_words, &update_id_words,
    &licensing_status_words,
};

START_TEST(every_word_is_found_again)
{
    for (size_t set = 0; set < ARRAY_COUNT(sets); set++)
        for (size_t row = 0; row < sets[set]->count; row++) {
            unsigned member = UINT32_MAX;

            ck_assert(word_set_find(sets[set], sets[set]->words[row], &member));
            ck_assert_msg(member == row, "%s is there twice", sets[set]->words[row]);
        }
}
END_TEST

START_TEST(words_of_no_member_are_not_found)
{
    unsigned member = 7;

    ck_assert(!word_set_find(&classification_words, "", &member));
    ck_assert(!word_set_find(&classification_words, "Not-Collected", &member));
    ck_assert(!word_set_find(&review_note_words, "shared-name; clock-changed", &member));
    ck_assert_uint_eq(member, 7);
}
END_TEST

START_TEST(list_of_members_is_in_the_order_of_the_set)
{
    char *list = word_set_list(&review_note_words,
                               1u << REVIEW_NOT_WINDOWS_7 | 1u << REVIEW_WINDOW_NOT_COVERED);
    char *none = word_set_list(&review_note_words, 0);

    ck_assert_str_eq(list, "window-not-covered; not-windows-7");
    ck_assert_str_eq(none, "");
    free(list);
    free(none);
}
END_TEST

START_TEST(list_of_words_is_read_back)
{
    uint32_t members = 7;

    ck_assert(word_set_find_list(&review_note_words, "", &members));
    ck_assert_uint_eq(members, 0);
    ck_assert(word_set_find_list(&review_note_words, "shared-name; not-windows-7", &members));
    ck_assert_uint_eq(members, 1u << REVIEW_SHARED_NAME | 1u << REVIEW_NOT_WINDOWS_7);
    ck_assert(!word_set_find_list(&review_note_words, "shared-name; windows-7", &members));
    ck_assert(!word_set_find_list(&review_note_words, "shared-name;not-windows-7", &members));
}
END_TEST

START_TEST(word_of_an_action_is_its_steps)
{
    for (unsigned action = 0; action < ACTION_COUNT; action++) {
        char *steps = word_set_list(&action_step_words, action_steps((enum action)action));

        ck_assert_str_eq(action_word((enum action)action), steps);
        free(steps);
    }
}
END_TEST

/* The page shows a row of the roll-out without those above it, where they have no machine. */
START_TEST(sentence_of_a_result_leans_on_no_other)
{
    for (unsigned result = ROLLOUT_NONE + 1; result < ROLLOUT_RESULT_COUNT; result++) {
        const char *sentence = rollout_result_sentence((enum rollout_result)result);

        ck_assert_msg(strstr(sentence, "he same,") == NULL && strstr(sentence, " such ") == NULL,
                      "%s", sentence);
    }
}
END_TEST

static Suite *words_suite(void)
{
    Suite *suite = suite_create("words");
    TCase *sets_case = tcase_create("sets");

    tcase_add_test(sets_case, every_word_is_found_again);
    tcase_add_test(sets_case, words_of_no_member_are_not_found);
    tcase_add_test(sets_case, list_of_members_is_in_the_order_of_the_set);
    tcase_add_test(sets_case, list_of_words_is_read_back);
    tcase_add_test(sets_case, word_of_an_action_is_its_steps);
    tcase_add_test(sets_case, sentence_of_a_result_leans_on_no_other);
    suite_add_tcase(suite, sets_case);
    return suite;
}

int main(void)
{
    return run_suite(words_suite());
}
