/* SPDX-License-Identifier: Apache-2.0 */
#include "model/source.h"

#include <assert.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/memory.h"

static const char *const source_statuses[] = {
    [SOURCE_STATUS_OK] = "ok",
    [SOURCE_STATUS_DAMAGED] = "damaged",
    [SOURCE_STATUS_UNREADABLE] = "unreadable",
    [SOURCE_STATUS_SKIPPED] = "skipped",
    [SOURCE_STATUS_CRASHED] = "crashed",
};
static_assert(ARRAY_COUNT(source_statuses) == SOURCE_STATUS_COUNT, "a word for each status");
const struct word_set source_status_words = {source_statuses, ARRAY_COUNT(source_statuses)};

const char *source_status_name(enum source_status status)
{
    return source_statuses[status];
}

bool source_kind_is_of_file(const char *kind)
{
    return *kind != '\0' && strcmp(kind, SOURCE_KIND_FOLDER) != 0;
}

const char *source_kind_found(const char *word)
{
    static const char *const kinds[] = {SOURCE_KIND_LISTING, SOURCE_KIND_CARVED, SOURCE_KIND_TEXT,
                                        SOURCE_KIND_UNKNOWN};

    for (size_t index = 0; index < ARRAY_COUNT(kinds); index++)
        if (strcmp(kinds[index], word) == 0)
            return kinds[index];
    return NULL;
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

static void index_free_content(struct computer_index *index)
{
    tdestroy(index->by_name, free);
    tdestroy(index->by_folded_name, free);
    *index = (struct computer_index){0};
}

void source_facts_free_content(struct source_facts *facts)
{
    for (size_t index = 0; index < facts->computer_count; index++)
        free(facts->computers[index].name);
    free(facts->computers);
    index_free_content(&facts->index);
    remarks_free_content(&facts->damage);
    remarks_free_content(&facts->undecodable);
    remarks_free_content(&facts->conflicts);
    text_free(&facts->detail);
    *facts = (struct source_facts){0};
}

bool source_facts_tell_unread(const struct source_facts *facts)
{
    return facts->kind != NULL && (strcmp(facts->kind, SOURCE_KIND_TEXT) == 0 ||
                                   strcmp(facts->kind, SOURCE_KIND_UNKNOWN) == 0);
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
static char *format_remark(const char *format, va_list arguments)
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

static uint64_t greatest(uint64_t left, uint64_t right)
{
    return left > right ? left : right;
}

/* A record that is met later displaces one of equal id only where it lies beyond it. */
static void computer_join_application(struct computer_facts *whole,
                                      const struct computer_facts *part)
{
    if (part->application_count == 0)
        return;
    if (whole->application_count == 0 ||
        part->application_first_record_id < whole->application_first_record_id) {
        whole->application_first_record_id = part->application_first_record_id;
        whole->application_first_filetime = part->application_first_filetime;
    }
    if (whole->application_count == 0 ||
        part->application_last_record_id > whole->application_last_record_id) {
        whole->application_last_record_id = part->application_last_record_id;
        whole->application_last_filetime = part->application_last_filetime;
    }
    whole->application_count += part->application_count;
}

static void computer_join(struct computer_facts *whole, const struct computer_facts *part)
{
    if (part->record_count > 0) {
        if (whole->record_count == 0 || part->first_number < whole->first_number)
            whole->first_number = part->first_number;
        whole->last_number = greatest(whole->last_number, part->last_number);
        whole->record_count += part->record_count;
    }
    whole->last_filetime = greatest(whole->last_filetime, part->last_filetime);
    whole->forwarded = whole->forwarded || part->forwarded;
    computer_join_application(whole, part);
}

void source_facts_join(struct source_facts *whole, struct source_facts *part)
{
    if (part->status != SOURCE_STATUS_OK)
        whole->status = part->status;
    if (whole->kind == NULL)
        whole->kind = part->kind;
    whole->record_count += part->record_count;
    whole->recovered_count += part->recovered_count;
    whole->selected_count += part->selected_count;
    whole->undecodable_count += part->undecodable_count;
    whole->conflict_count += part->conflict_count;
    whole->first_filetime = least_time(whole->first_filetime, part->first_filetime);
    whole->last_filetime = greatest(whole->last_filetime, part->last_filetime);
    for (size_t index = 0; index < part->computer_count; index++)
        computer_join(source_facts_computer(whole, part->computers[index].name),
                      &part->computers[index]);
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
        text_add_format(out, "; and %" PRIu64 " more", remarks->count - SOURCE_REMARKS_LISTED);
}

/* Damage comes first, then what readers and joins remarked on the source as a whole. */
void source_facts_finish(struct source_facts *facts, const char *reference)
{
    struct text detail = {0};

    add_listed(&detail, &facts->damage);
    text_add_items(&detail, text_get(&facts->detail));
    if (facts->undecodable_count > 0) {
        struct text listed = {0};

        add_listed(&listed, &facts->undecodable);
        text_add_format(&detail, "%s%" PRIu64 " record%s could not be decoded: %s",
                        detail.length_bytes > 0 ? "; " : "", facts->undecodable_count,
                        text_plural(facts->undecodable_count), text_get(&listed));
        text_free(&listed);
    }
    if (facts->conflict_count > 0) {
        struct text listed = {0};

        add_listed(&listed, &facts->conflicts);
        text_add_format(&detail, "%s%" PRIu64 " record%s read differently by %s: %s",
                        detail.length_bytes > 0 ? "; " : "", facts->conflict_count,
                        text_plural(facts->conflict_count), reference, text_get(&listed));
        text_free(&listed);
    }
    if (facts->recovered_count > 0)
        text_add_format(&detail, "%s%" PRIu64 " record%s recovered from unused space",
                        detail.length_bytes > 0 ? "; " : "", facts->recovered_count,
                        text_plural(facts->recovered_count));
    if (facts->header_times_shifted)
        text_add_item(&detail, "header times shifted: exported log");
    text_free(&facts->detail);
    facts->detail = detail;
}

/* ---- Computers by name ---- */

/* A name in the index: the computer's number in the list of all. */
struct named_computer {
    const char *name; /* in the tree, it stands behind this struct */
    size_t number;
};

static int compare_names(const void *left, const void *right)
{
    return strcmp(((const struct named_computer *)left)->name,
                  ((const struct named_computer *)right)->name);
}

/* Puts the name into the tree, unless the tree has it. */
static void index_name(void **tree, const char *name, size_t number)
{
    size_t size_bytes = strlen(name) + 1;
    struct named_computer *named = memory_allocate(1, sizeof(*named) + size_bytes);
    struct named_computer *const *found;

    *named = (struct named_computer){memcpy(named + 1, name, size_bytes), number};
    found = memory_require(tsearch(named, tree, compare_names));
    if (*found != named)
        free(named);
}

/* Puts in what the index has not: the list can have been filled by other ways. */
static void index_computers(struct source_facts *facts)
{
    struct computer_index *index = &facts->index;

    for (; index->count < facts->computer_count; index->count++) {
        const char *name = facts->computers[index->count].name;
        char *folded_name = text_fold(name);

        index_name(&index->by_name, name, index->count);
        index_name(&index->by_folded_name, folded_name, index->count);
        free(folded_name);
    }
}

/* Returns the computer's number; computer_count when there is none. */
static size_t find_name(const struct source_facts *facts, void *const *tree, const char *name)
{
    struct named_computer wanted = {.name = name};
    struct named_computer *const *found = tfind(&wanted, tree, compare_names);

    return found != NULL ? (*found)->number : facts->computer_count;
}

static size_t find_computer(struct source_facts *facts, const char *name)
{
    const struct computer_index *index = &facts->index;
    char *folded_name;
    size_t number;

    if (index->recent < facts->computer_count &&
        strcmp(facts->computers[index->recent].name, name) == 0)
        return index->recent;
    index_computers(facts);
    number = find_name(facts, &index->by_name, name);
    if (number < facts->computer_count)
        return number;
    folded_name = text_fold(name);
    number = find_name(facts, &index->by_folded_name, folded_name);
    free(folded_name);
    return number;
}

struct computer_facts *source_facts_computer(struct source_facts *facts, const char *name)
{
    size_t number = find_computer(facts, name);

    if (number == facts->computer_count) {
        facts->computers =
            memory_grow(facts->computers, facts->computer_count, sizeof(*facts->computers));
        facts->computers[facts->computer_count++] =
            (struct computer_facts){.name = memory_copy_text(name)};
    }
    facts->index.recent = number;
    return &facts->computers[number];
}

/* Joins one part, read or not, to the whole. */
static void take_part(const struct reader *reader, uint64_t part, struct source_facts *facts,
                      struct source_facts *read, struct error *part_err)
{
    if (part_err->kind == ERROR_SOURCE)
        source_facts_add_damage(
            read, part_err->offset_bytes != ERROR_NO_OFFSET ? part_err->offset_bytes : 0, "%s",
            part_err->message);
    if (part == 0)
        *facts = *read;
    else
        reader->join(facts, read);
    *read = (struct source_facts){0};
    error_clear(part_err);
}

int reader_read(const struct reader *reader, const struct source *source, int descriptor,
                const struct reader_options *options, const struct sink *sink,
                struct source_facts *facts, struct error *err)
{
    uint64_t part_count = reader->count_parts(source->size_bytes);
    int result = 0;

    for (uint64_t part = 0; result == 0 && part < part_count; part++) {
        struct source_facts read = {0};
        struct error part_err = {.source = source->path, .offset_bytes = ERROR_NO_OFFSET};

        if (reader->read_part(source, descriptor, part, options, sink, &read, &part_err) != 0 &&
            (part_err.kind == ERROR_RUN || part_count == 1))
            result = error_set(err, part_err.kind, part_err.offset_bytes, "%s", part_err.message);
        if (result != 0)
            error_clear(&part_err);
        take_part(reader, part, facts, &read, &part_err);
    }
    reader->finish(facts);
    return result;
}
