/* SPDX-License-Identifier: Apache-2.0 */
#include "same.h"

#include <check.h>

#include "base/filetime.h"

void expect_observation(const struct observation *found, const struct observation *expected)
{
    ck_assert_str_eq(found->provider, expected->provider);
    ck_assert_uint_eq(found->event_id, expected->event_id);
    ck_assert_int_eq(found->qualifiers, expected->qualifiers);
    ck_assert_int_eq(found->level, expected->level);
    ck_assert_uint_eq(found->event_filetime, expected->event_filetime);
    ck_assert_uint_eq(found->record_id, expected->record_id);
    ck_assert_str_eq(found->channel, expected->channel);
    ck_assert_str_eq(found->computer, expected->computer);
    ck_assert_str_eq(found->user_sid, expected->user_sid);
    ck_assert_uint_eq(found->offset_bytes, expected->offset_bytes);
    ck_assert_uint_eq(found->record_number, expected->record_number);
    ck_assert(found->recovered == expected->recovered);
    ck_assert(found->reference_only == expected->reference_only);
    ck_assert_int_eq(found->verified, expected->verified);
    ck_assert_pstr_eq(found->other_reading, expected->other_reading);
    ck_assert_uint_eq(found->string_count, expected->string_count);
    for (size_t index = 0; index < expected->string_count; index++) {
        ck_assert_str_eq(found->strings[index].name, expected->strings[index].name);
        ck_assert_str_eq(found->strings[index].value, expected->strings[index].value);
    }
}

static void expect_member(const struct member *member, const void *found, const void *expected)
{
    found = member_at(member, found);
    expected = member_at(member, expected);
    switch (member->type) {
    case MEMBER_BOOL:
        ck_assert(*(const bool *)found == *(const bool *)expected);
        break;
    case MEMBER_U64:
        ck_assert_uint_eq(*(const uint64_t *)found, *(const uint64_t *)expected);
        break;
    case MEMBER_NUMBER:
        ck_assert_int_eq(*(const int64_t *)found, *(const int64_t *)expected);
        break;
    case MEMBER_CHOICE:
        ck_assert_uint_eq(*(const unsigned *)found, *(const unsigned *)expected);
        break;
    case MEMBER_TEXT:
    case MEMBER_OWNED_TEXT:
        ck_assert_str_eq(*(const char *const *)found, *(const char *const *)expected);
        break;
    case MEMBER_U16:
    case MEMBER_I32:
        ck_abort_msg("findings have no %s", member->name);
    }
}

static void fill_member(const struct member *member, void *owner)
{
    void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        *(bool *)at = true;
        break;
    case MEMBER_U64:
        *(uint64_t *)at = (member->greatest != 0 ? (uint64_t)member->greatest : UINT64_MAX) -
                          member->offset_bytes;
        break;
    case MEMBER_NUMBER:
        *(int64_t *)at = member->offset_bytes % 16 == 0 ? member->least : member->greatest;
        break;
    case MEMBER_CHOICE:
        *(unsigned *)at = member->words->count - 1;
        break;
    case MEMBER_TEXT: /* beside a text that says which it is, what is no ASCII */
        *(const char **)at = member->offset_bytes % 16 == 0 ? member->name : "\xE5\x90\x8D";
        break;
    case MEMBER_U16:
    case MEMBER_I32:
    case MEMBER_OWNED_TEXT:
        ck_abort_msg("findings have no %s", member->name);
    }
}

void expect_finding(const struct finding *found, const struct finding *expected)
{
    const struct members *members = &finding_members[expected->kind];

    ck_assert_uint_eq(found->kind, expected->kind);
    ck_assert_uint_eq(found->origin, expected->origin);
    ck_assert_str_eq(found->host, expected->host);
    ck_assert_uint_eq(found->place, expected->place);
    ck_assert_uint_eq(found->filetime, expected->filetime);
    ck_assert_uint_eq(found->verified, expected->verified);
    for (size_t index = 0; index < members->count; index++)
        expect_member(&members->rows[index], finding_content(found), finding_content(expected));
}

struct finding sample_finding(enum finding_kind kind)
{
    const struct members *members = &finding_members[kind];
    struct finding finding = finding_of(kind, (enum finding_origin)(kind % FINDING_ORIGIN_COUNT));

    finding.host = "Host";
    finding.place = UINT64_MAX;
    finding.filetime = FILETIME_MAX;
    finding.verified = VERIFIED_CONFLICT;
    for (size_t index = 0; index < members->count; index++)
        fill_member(&members->rows[index], finding_content(&finding));
    return finding;
}
