/* SPDX-License-Identifier: Apache-2.0 */
#include "same.h"

#include <check.h>

void expect_observation(const struct observation *found, const struct observation *wanted)
{
    ck_assert_str_eq(found->provider, wanted->provider);
    ck_assert_uint_eq(found->event_id, wanted->event_id);
    ck_assert_int_eq(found->qualifiers, wanted->qualifiers);
    ck_assert_int_eq(found->level, wanted->level);
    ck_assert_uint_eq(found->event_filetime, wanted->event_filetime);
    ck_assert_uint_eq(found->record_id, wanted->record_id);
    ck_assert_str_eq(found->channel, wanted->channel);
    ck_assert_str_eq(found->computer, wanted->computer);
    ck_assert_str_eq(found->user_sid, wanted->user_sid);
    ck_assert_uint_eq(found->offset_bytes, wanted->offset_bytes);
    ck_assert_uint_eq(found->record_number, wanted->record_number);
    ck_assert(found->recovered == wanted->recovered);
    ck_assert(found->reference_only == wanted->reference_only);
    ck_assert_int_eq(found->verified, wanted->verified);
    ck_assert_pstr_eq(found->other_reading, wanted->other_reading);
    ck_assert_uint_eq(found->string_count, wanted->string_count);
    for (size_t index = 0; index < wanted->string_count; index++) {
        ck_assert_str_eq(found->strings[index].name, wanted->strings[index].name);
        ck_assert_str_eq(found->strings[index].value, wanted->strings[index].value);
    }
}

void expect_finding(const struct finding *found, const struct finding *wanted)
{
    ck_assert_int_eq(found->kind, wanted->kind);
    ck_assert_str_eq(found->origin, wanted->origin);
    ck_assert_str_eq(found->host, wanted->host);
    ck_assert_uint_eq(found->place, wanted->place);
    ck_assert_uint_eq(found->filetime, wanted->filetime);
    ck_assert_uint_eq(found->field_count, wanted->field_count);
    for (size_t index = 0; index < wanted->field_count; index++) {
        ck_assert_str_eq(found->fields[index].name, wanted->fields[index].name);
        ck_assert_str_eq(found->fields[index].value, wanted->fields[index].value);
    }
}
