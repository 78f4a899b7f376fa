/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *source_status_name(enum source_status status)
{
    static const char *const names[] = {
        [SOURCE_STATUS_OK] = "ok",
        [SOURCE_STATUS_DAMAGED] = "damaged",
        [SOURCE_STATUS_UNREADABLE] = "unreadable",
        [SOURCE_STATUS_SKIPPED] = "skipped",
        [SOURCE_STATUS_CRASHED] = "crashed",
    };

    return names[status];
}

void source_free_content(struct source *source)
{
    free(source->path);
    free(source->sha256);
    *source = (struct source){0};
}

void source_facts_free_content(struct source_facts *facts)
{
    for (size_t index = 0; index < facts->computer_count; index++)
        free(facts->computers[index].name);
    free(facts->computers);
    text_free(&facts->detail);
    *facts = (struct source_facts){0};
}

void source_facts_add_detail(struct source_facts *facts, const char *format, ...)
{
    va_list arguments;
    char *remark;

    va_start(arguments, format);
    remark = memory_format_list(format, arguments);
    va_end(arguments);
    text_add_item(&facts->detail, remark);
    free(remark);
}

void source_facts_add_damage(struct source_facts *facts, uint64_t offset_bytes, const char *format,
                             ...)
{
    va_list arguments;
    char *remark;

    facts->status = SOURCE_STATUS_DAMAGED;
    if (facts->damage_count++ >= SOURCE_DAMAGE_LISTED)
        return;
    va_start(arguments, format);
    remark = memory_format_list(format, arguments);
    va_end(arguments);
    source_facts_add_detail(facts, "at byte %" PRIu64 ": %s", offset_bytes, remark);
    free(remark);
}

struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name)
{
    char *folded = NULL;
    struct computer_facts *found = NULL;

    /* Nearly always the name of the record before, letter by letter. */
    for (size_t index = facts->computer_count; index > 0 && found == NULL; index--)
        if (strcmp(facts->computers[index - 1].name, name) == 0)
            found = &facts->computers[index - 1];
    if (found != NULL)
        return found;
    folded = text_fold(name);
    for (size_t index = 0; index < facts->computer_count && found == NULL; index++) {
        char *other = text_fold(facts->computers[index].name);

        if (strcmp(other, folded) == 0)
            found = &facts->computers[index];
        free(other);
    }
    free(folded);
    if (found != NULL)
        return found;
    facts->computers =
        memory_grow(facts->computers, facts->computer_count, sizeof(*facts->computers));
    found = &facts->computers[facts->computer_count++];
    *found = (struct computer_facts){.name = memory_copy_text(name)};
    return found;
}
