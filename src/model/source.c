/* SPDX-License-Identifier: Apache-2.0 */
#include "model/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

MAKE_WORDS(source_status, SOURCE_STATUSES, SOURCE_STATUS_COUNT)
MAKE_WORDS(source_kind, SOURCE_KINDS, SOURCE_KIND_COUNT)
MAKE_COLUMN(const char *, source_kind, name, SOURCE_KINDS, WORDS_SECOND)
MAKE_COLUMN(enum reader_id, source_kind, reader, SOURCE_KINDS, WORDS_THIRD)

bool source_kind_is(enum source_kind kind, enum source_trait trait)
{
    static const unsigned traits[] = {SOURCE_KINDS(WORDS_FOURTH)};

    static_assert(ARRAY_COUNT(traits) == SOURCE_KIND_COUNT, "the traits of each kind");
    return (traits[kind] & trait) != 0;
}

size_t source_path_container_length(const char *path)
{
    size_t length = 0;

    for (const char *at = path; (at = strstr(at, SOURCE_MEMBER_MARK)) != NULL; at++)
        length = (size_t)(at - path);
    return length;
}

void source_free_content(struct source *source)
{
    free(source->path);
    free(source->sha256);
    *source = (struct source){0};
}

uint64_t source_present_size(int descriptor, uint64_t size_bytes)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) ||
        (uint64_t)status.st_size > size_bytes)
        return size_bytes;
    return (uint64_t)status.st_size;
}

static void remarks_free_content(struct remarks *remarks)
{
    for (size_t index = 0; index < ARRAY_COUNT(remarks->listed); index++)
        free(remarks->listed[index]);
    *remarks = (struct remarks){0};
}

void source_facts_free_content(struct source_facts *facts)
{
    for (size_t index = 0; index < facts->computer_count; index++)
        free(facts->computers[index].name);
    free(facts->computers);
    for (size_t index = 0; index < facts->span_count; index++)
        free(facts->spans[index].channel);
    free(facts->spans);
    for (size_t index = 0; index < facts->mark_count; index++)
        free(facts->marks[index].channel);
    free(facts->marks);
    computer_index_free_content(&facts->index);
    remarks_free_content(&facts->damage);
    remarks_free_content(&facts->undecodable);
    remarks_free_content(&facts->conflicts);
    text_free(&facts->detail);
    *facts = (struct source_facts){0};
}

bool source_facts_tell_unread(const struct source_facts *facts)
{
    return source_kind_is(facts->kind, SOURCE_IS_UNREAD);
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

/* Returns owned: the remark as a member of the detail. */
__attribute__((format(printf, 1, 0))) static char *format_remark(const char *format,
                                                                 va_list arguments)
{
    char *remark = memory_format_list(format, arguments);
    struct text item = {0};

    text_add_item_content(&item, remark);
    free(remark);
    return text_take(&item);
}

/* Takes the remark. */
static void remarks_add(struct remarks *remarks, char *remark)
{
    if (remarks->count < SOURCE_REMARKS_LISTED)
        remarks->listed[remarks->count] = remark;
    else
        free(remark);
    remarks->count++;
}

void source_facts_add_damage(struct source_facts *facts, uint64_t offset_bytes, const char *format,
                             ...)
{
    va_list arguments;
    char *remark;

    facts->status = SOURCE_STATUS_DAMAGED;
    va_start(arguments, format);
    remark = format_remark(format, arguments);
    va_end(arguments);
    remarks_add(&facts->damage, memory_format("at byte %" PRIu64 ": %s", offset_bytes, remark));
    free(remark);
}

void source_facts_add_undecodable(struct source_facts *facts, const char *format, ...)
{
    va_list arguments;

    facts->undecodable_count++;
    va_start(arguments, format);
    remarks_add(&facts->undecodable, format_remark(format, arguments));
    va_end(arguments);
}

void source_facts_add_conflict(struct source_facts *facts, const char *format, ...)
{
    va_list arguments;

    facts->conflict_count++;
    va_start(arguments, format);
    /* What the readers read differently is a list already. */
    remarks_add(&facts->conflicts, memory_format_list(format, arguments));
    va_end(arguments);
}

static void remarks_join(struct remarks *whole, struct remarks *part)
{
    uint64_t count = whole->count + part->count;

    for (size_t index = 0; index < ARRAY_COUNT(part->listed); index++) {
        if (part->listed[index] != NULL)
            remarks_add(whole, part->listed[index]);
        part->listed[index] = NULL;
    }
    whole->count = count;
}

static uint64_t least_time(uint64_t left, uint64_t right)
{
    return left == 0 || (right != 0 && right < left) ? right : left;
}

void source_facts_add_span(struct source_facts *facts, const struct record_span *span)
{
    facts->spans = memory_grow(facts->spans, facts->span_count, sizeof(*facts->spans));
    facts->spans[facts->span_count++] = *span;
}

void source_facts_add_mark(struct source_facts *facts, const struct record_mark *mark)
{
    facts->marks = memory_grow(facts->marks, facts->mark_count, sizeof(*facts->marks));
    facts->marks[facts->mark_count++] = *mark;
}

/* The number in the whole of the computer that is that of the part; -1 where it is cut. */
static int64_t number_in_whole(struct source_facts *whole, const struct source_facts *part,
                               uint64_t number)
{
    const struct computer_facts *computer = source_facts_meet(whole, part->computers[number].name);

    return computer != NULL ? computer - whole->computers : -1;
}

/* Takes the spans of the part; those of computers that are cut go. */
static void join_spans(struct source_facts *whole, struct source_facts *part)
{
    for (size_t index = 0; index < part->span_count; index++) {
        struct record_span span = part->spans[index];
        int64_t number = number_in_whole(whole, part, span.computer);

        span.computer = (uint64_t)number;
        if (number >= 0)
            source_facts_add_span(whole, &span);
        else
            free(span.channel);
    }
    free(part->spans);
    part->spans = NULL;
    part->span_count = 0;
}

/* The same of the marks. */
static void join_marks(struct source_facts *whole, struct source_facts *part)
{
    for (size_t index = 0; index < part->mark_count; index++) {
        struct record_mark mark = part->marks[index];
        int64_t number = number_in_whole(whole, part, mark.computer);

        mark.computer = (uint64_t)number;
        if (number >= 0)
            source_facts_add_mark(whole, &mark);
        else
            free(mark.channel);
    }
    free(part->marks);
    part->marks = NULL;
    part->mark_count = 0;
}

static void join_computers(struct source_facts *whole, const struct source_facts *part)
{
    for (size_t index = 0; index < part->computer_count; index++) {
        struct computer_facts *computer = source_facts_meet(whole, part->computers[index].name);

        if (computer != NULL)
            computer_facts_join(computer, &part->computers[index]);
    }
    if (whole->computers_are_cut && whole->status == SOURCE_STATUS_OK)
        whole->status = SOURCE_STATUS_DAMAGED;
}

void source_facts_join(struct source_facts *whole, struct source_facts *part)
{
    if (part->status != SOURCE_STATUS_OK)
        whole->status = part->status;
    if (whole->kind == SOURCE_KIND_NONE)
        whole->kind = part->kind;
    whole->record_count += part->record_count;
    whole->recovered_count += part->recovered_count;
    whole->selected_count += part->selected_count;
    whole->undecodable_count += part->undecodable_count;
    whole->conflict_count += part->conflict_count;
    whole->first_filetime = least_time(whole->first_filetime, part->first_filetime);
    if (part->last_filetime > whole->last_filetime)
        whole->last_filetime = part->last_filetime;
    join_spans(whole, part);
    whole->spans_are_rough = whole->spans_are_rough || part->spans_are_rough;
    join_marks(whole, part);
    join_computers(whole, part);
    remarks_join(&whole->damage, &part->damage);
    remarks_join(&whole->undecodable, &part->undecodable);
    remarks_join(&whole->conflicts, &part->conflicts);
    text_add_items(&whole->detail, text_get(&part->detail));
    source_facts_free_content(part);
}

static void add_listed(struct text *out, const struct remarks *remarks)
{
    for (size_t index = 0; index < ARRAY_COUNT(remarks->listed); index++)
        if (remarks->listed[index] != NULL)
            text_add_items(out, remarks->listed[index]);
    if (remarks->count > SOURCE_REMARKS_LISTED)
        text_add_item_format(out, "and %" PRIu64 " more", remarks->count - SOURCE_REMARKS_LISTED);
}

/* Adds how many records are so, and what is said of them, one behind the other. */
static void add_counted(struct text *out, uint64_t count, const char *what,
                        const struct remarks *remarks)
{
    struct text listed = {0};
    char *items;

    if (count == 0)
        return;
    add_listed(&listed, remarks);
    items = memory_format("%" PRIu64 " record%s %s%s", count, text_plural(count), what,
                          text_get(&listed));
    text_add_items(out, items);
    free(items);
    text_free(&listed);
}

/* Damage comes first, then what readers and joins remarked on the source as a whole. */
void source_facts_finish(struct source_facts *facts, const char *reference)
{
    struct text detail = {0};

    add_listed(&detail, &facts->damage);
    text_add_items(&detail, text_get(&facts->detail));
    add_counted(&detail, facts->undecodable_count, "could not be decoded: ", &facts->undecodable);
    if (facts->conflict_count > 0) {
        char *what = memory_format("read differently by %s: ", reference);

        add_counted(&detail, facts->conflict_count, what, &facts->conflicts);
        free(what);
    }
    if (facts->recovered_count > 0)
        text_add_item_format(&detail, "%" PRIu64 " record%s recovered from unused space",
                             facts->recovered_count, text_plural(facts->recovered_count));
    if (facts->spans_are_rough)
        text_add_item(&detail, "too many gaps or steps back in time: coverage and wrong clocks are "
                               "told roughly");
    if (facts->computers_are_cut)
        text_add_item_format(&detail,
                             "it bears more computer names than the %d, of %d bytes, that a source "
                             "may have: what it says of the others is left out",
                             SOURCE_COMPUTERS_MOST, SOURCE_COMPUTER_NAMES_MOST_BYTES);
    if (facts->header_times_shifted)
        text_add_item(&detail, "header times shifted: exported log");
    text_free(&facts->detail);
    facts->detail = detail;
}

struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name)
{
    size_t number =
        computer_index_find(&facts->index, facts->computers, facts->computer_count, name);

    if (number == facts->computer_count) {
        facts->computers =
            memory_grow(facts->computers, facts->computer_count, sizeof(*facts->computers));
        facts->computers[facts->computer_count++] =
            (struct computer_facts){.name = memory_copy_text(name)};
    }
    return &facts->computers[number];
}

struct computer_facts *source_facts_meet(struct source_facts *facts, const char *name)
{
    size_t number =
        computer_index_find(&facts->index, facts->computers, facts->computer_count, name);
    size_t length = number == facts->computer_count ? strlen(name) : 0;

    if (number == facts->computer_count &&
        (facts->computer_count >= SOURCE_COMPUTERS_MOST ||
         length > SOURCE_COMPUTER_NAMES_MOST_BYTES - facts->name_bytes)) {
        facts->computers_are_cut = true;
        return NULL;
    }
    facts->name_bytes += length;
    return source_facts_computer(facts, name);
}
