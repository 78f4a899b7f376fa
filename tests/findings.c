/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <inttypes.h>
#include <string.h>

#include "base/filetime.h"

static void add_value(struct text *out, const struct member *member, const void *owner)
{
    const void *at = member_at(member, owner);

    switch (member->type) {
    case MEMBER_BOOL:
        text_add(out, *(const bool *)at ? "yes" : "no");
        break;
    case MEMBER_U64:
        text_add_format(out, "%" PRIu64, *(const uint64_t *)at);
        break;
    case MEMBER_NUMBER:
        if (*(const int64_t *)at != MEMBER_ABSENT)
            text_add_format(out, "%" PRId64, *(const int64_t *)at);
        break;
    case MEMBER_CHOICE:
        text_add(out, word_set_word(member->words, *(const unsigned *)at));
        break;
    case MEMBER_TEXT:
        text_add(out, *(const char *const *)at);
        break;
    case MEMBER_U16:
    case MEMBER_I32:
    case MEMBER_OWNED_TEXT:
        text_add(out, "findings have none of these");
    }
}

/* Where a row lies depends on how its database was laid out. */
static bool is_shown(const struct member *member)
{
    return strcmp(member->name, "offset_bytes") != 0;
}

void findings_add_line(struct text *out, const struct finding *finding)
{
    const struct members *members = &finding_members[finding->kind];

    text_add_format(out, "%s|%s|%s|%" PRIu64 "|", finding_kind_word(finding->kind),
                    finding_origin_word(finding->origin), finding->host, finding->place);
    if (finding->filetime != 0)
        filetime_add_text(out, finding->filetime);
    for (size_t index = 0; index < members->count; index++) {
        if (!is_shown(&members->rows[index]))
            continue;
        text_add_format(out, "|%s=", members->rows[index].name);
        add_value(out, &members->rows[index], finding_content(finding));
    }
    if (finding->verified != VERIFIED_NOT_ASKED)
        text_add_format(out, "|verified=%s", verified_word(finding->verified));
    text_add(out, "\n");
}

static int take_finding(void *context, const struct finding *finding, struct error *err)
{
    (void)err;
    findings_add_line(context, finding);
    return 0;
}

struct sink findings_sink(struct text *out)
{
    return (struct sink){.context = out, .finding = take_finding};
}
