/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over BinXML: what it tells, in which order, and what it refuses. Events are written down
 * as the text that they stand for, with [type text] for values. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"
#include "craft.h"
#include "evtx/binxml.h"
#include "evtx/value.h"
#include "run.h"

static struct craft craft;
static struct text told;
static struct binxml_walk walk;
static struct binxml_value_stack values;
static const char *skipped;    /* the name of the element that is stepped over, or NULL */
static const char *stopped_at; /* the name of the element at which the walk is to end, or NULL */

static bool take(void *context, const struct binxml_event *event);

static void begin(void)
{
    walk = (struct binxml_walk){.values = &values, .take = take, .context = &told};
    skipped = NULL;
    stopped_at = NULL;
}

static void end(void)
{
    craft_end(&craft);
    text_free(&told);
    free(values.values);
    values = (struct binxml_value_stack){0};
}

static void add_element(struct text *out, const struct binxml_name *name)
{
    struct text word = {0};

    text_add_utf16(&word, name->text);
    text_add_format(out, "<%s", text_get(&word));
    walk.skip_element = skipped != NULL && strcmp(text_get(&word), skipped) == 0;
    walk.stop = stopped_at != NULL && strcmp(text_get(&word), stopped_at) == 0;
    text_free(&word);
}

static void add_named(struct text *out, const char *before, const struct binxml_name *name,
                      const char *behind)
{
    text_add(out, before);
    text_add_utf16(out, name->text);
    text_add(out, behind);
}

static void add_value(struct text *out, const struct binxml_event *event)
{
    text_add_format(out, "[%s%02x ", event->is_optional ? "?" : "", event->value.type);
    value_add_text(out, event->value.type, event->value.bytes);
    text_add(out, "]");
}

static bool take(void *context, const struct binxml_event *event)
{
    struct text *out = context;

    switch (event->kind) {
    case BINXML_EVENT_ELEMENT:
        add_element(out, event->name);
        break;
    case BINXML_EVENT_ATTRIBUTE:
        add_named(out, " ", event->name, "=\"");
        break;
    case BINXML_EVENT_ATTRIBUTE_END:
        text_add(out, "\"");
        break;
    case BINXML_EVENT_CONTENT:
        text_add_format(out, ">%u", walk.depth);
        break;
    case BINXML_EVENT_ELEMENT_END:
        text_add_format(out, "</%u>", walk.depth);
        break;
    case BINXML_EVENT_VALUE:
        add_value(out, event);
        break;
    case BINXML_EVENT_SUBSTITUTION:
        text_add_format(out, "%%%s%u:%02x", event->is_optional ? "?" : "", event->number,
                        event->value.type);
        break;
    case BINXML_EVENT_CHARACTER:
        text_add_format(out, "&#%u;", event->number);
        break;
    case BINXML_EVENT_ENTITY:
        add_named(out, "&", event->name, ";");
        break;
    case BINXML_EVENT_INSTRUCTION:
        add_named(out, "<?", event->name, "?>");
        break;
    }
    return strstr(text_get(out), "<Refused") == NULL || (walk.why = "refused") == NULL;
}

/* Writes a record, and opens it. */
static void open_record(craft_write *write, struct chunk *chunk, struct record *record)
{
    craft_begin(&craft);
    craft_add(&craft, write, NULL);
    craft_finish(&craft);
    craft_open(&craft, 0, chunk, record);
    walk.chunk = &chunk->bytes;
}

static bool walk_record(craft_write *write)
{
    struct chunk chunk;
    struct record record;

    open_record(write, &chunk, &record);
    return binxml_walk_record(&walk, &record);
}

/* Walks the definition of its template alone. */
static bool walk_definition(craft_write *write)
{
    struct binxml_instance instance;
    struct chunk chunk;
    struct record record;

    open_record(write, &chunk, &record);
    ck_assert(record_read_instance(&chunk, &record, &instance));
    return binxml_walk_definition(&walk, instance.definition);
}

/* --- what is told --- */

static void put_inner(struct binxml *out, const void *context)
{
    (void)context;
    binxml_put_fragment_header(out);
    craft_put_text(out, "B", "inner");
    binxml_put_end_of_stream(out);
}

static void put_template(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "walk";

    (void)context;
    binxml_put_fragment_header(out);
    binxml_template_begin(out, guid);
    craft_open_element(out, "Event");
    binxml_open(out, "Data", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    binxml_value(out, "n");
    binxml_attribute(out, "Index");
    binxml_substitution(out, false, 0, VALUE_UINT16);
    binxml_close_start(out);
    binxml_cdata(out, "c");
    binxml_character(out, 0x20AC);
    binxml_entity(out, "amp");
    binxml_instruction(out, "target", "data");
    binxml_substitution(out, true, 1, VALUE_STRING);
    binxml_end(out);
    binxml_open(out, "Empty", BINXML_NO_DEPENDENCY, false);
    binxml_close_empty(out);
    binxml_substitution(out, false, 2, VALUE_BINXML);
    binxml_end(out);
    binxml_template_end(out);
    struct binxml_values list = binxml_values_begin(out, 3);
    size_t at = out->position;
    binxml_put_number(out, 5, 2);
    binxml_values_add(out, &list, VALUE_UINT16, at);
    binxml_values_add(out, &list, VALUE_NULL, out->position);
    at = out->position;
    put_inner(out, NULL);
    binxml_values_add(out, &list, VALUE_BINXML, at);
    binxml_put_end_of_stream(out);
}

START_TEST(record_is_told_with_its_values)
{
    ck_assert_msg(walk_record(put_template), "%s", walk.why);
    ck_assert_str_eq(text_get(&told),
                     "<Event>0<Data Name=\"[01 n]\" Index=\"[06 5]\">1[01 c]&#8364;&amp;<?target?>"
                     "[?00 ]</1><Empty>1</1><B>1[01 inner]</1></0>");
}
END_TEST

START_TEST(definition_alone_is_told_with_its_substitutions)
{
    ck_assert_msg(walk_definition(put_template), "%s", walk.why);
    ck_assert_str_eq(text_get(&told),
                     "<Event>0<Data Name=\"[01 n]\" Index=\"%0:06\">1[01 c]&#8364;&amp;<?target?>"
                     "%?1:01</1><Empty>1</1>%2:21</0>");
}
END_TEST

static void put_forwarded(struct binxml *out, const void *context)
{
    (void)context;
    binxml_put_fragment_header(out);
    craft_open_element(out, "Event");
    craft_put_text(out, "Data", "d");
    binxml_end(out);
    binxml_put_end_of_stream(out);
}

START_TEST(record_without_a_template_is_told_alike)
{
    ck_assert_msg(walk_record(put_forwarded), "%s", walk.why);
    ck_assert_str_eq(text_get(&told), "<Event>0<Data>1[01 d]</1></0>");
}
END_TEST

/* --- what who takes it can ask for --- */

START_TEST(element_is_stepped_over_when_asked)
{
    skipped = "Data";
    ck_assert_msg(walk_definition(put_template), "%s", walk.why);
    ck_assert_str_eq(text_get(&told), "<Event>0<Data<Empty>1</1>%2:21</0>");
}
END_TEST

START_TEST(empty_element_is_stepped_over_when_asked)
{
    skipped = "Empty";
    ck_assert_msg(walk_definition(put_template), "%s", walk.why);
    ck_assert(strstr(text_get(&told), "</1><Empty%2:21</0>") != NULL);
}
END_TEST

START_TEST(walk_ends_when_asked)
{
    stopped_at = "Data";
    ck_assert_msg(walk_record(put_template), "%s", walk.why);
    ck_assert_str_eq(text_get(&told), "<Event>0<Data");
}
END_TEST

static void put_refused(struct binxml *out, const void *context)
{
    (void)context;
    binxml_put_fragment_header(out);
    craft_put_text(out, "Refused", "r");
    binxml_put_end_of_stream(out);
}

START_TEST(walk_fails_when_what_it_tells_is_refused)
{
    ck_assert(!walk_record(put_refused));
    ck_assert_str_eq(walk.why, "refused");
    ck_assert_str_eq(text_get(&told), "<Refused");
}
END_TEST

/* --- what it refuses --- */

#define OPEN "\x01\xff\xff\x0c\0\0\0\x58\2\0\0" /* an element of 12 bytes; its name is at 600 */
#define ATTRIBUTE "\x06\x58\2\0\0"
#define VALUE "\x05\x01\1\0a\0"

#define MISPLACED(tokens, reason) {.bytes = (tokens), .size_bytes = sizeof(tokens), .why = (reason)}

/* Tokens of a definition; the NUL that ends the literal ends it, too. */
static const struct {
    const char *bytes;
    size_t size_bytes;
    const char *why; /* NULL: it is sound */
} misplaced[] = {
    MISPLACED(OPEN "\x02\x04", NULL),
    MISPLACED(OPEN "\x03", NULL),
    MISPLACED(OPEN ATTRIBUTE VALUE VALUE "\x03", NULL),
    MISPLACED(VALUE OPEN "\x03", NULL),
    MISPLACED(OPEN OPEN, "an element in a start tag"),
    MISPLACED(ATTRIBUTE, "an attribute outside of a start tag"),
    MISPLACED(OPEN "\x02" ATTRIBUTE, "an attribute outside of a start tag"),
    MISPLACED(OPEN VALUE, "a value between attributes"),
    MISPLACED(OPEN "\x08\x41\0", "a reference between attributes"),
    MISPLACED(OPEN "\x09\x58\2\0\0", "a reference between attributes"),
    MISPLACED("\x02", "the end of a start tag that did not begin"),
    MISPLACED("\x03", "the end of a start tag that did not begin"),
    MISPLACED("\x04", "the end of an element that did not begin"),
    MISPLACED(OPEN "\x04", "the end of an element that did not begin"),
    MISPLACED(OPEN, "an element without an end"),
    MISPLACED(OPEN "\x02", "an element without an end"),
    MISPLACED("\x10", "no BinXML token where one should be"),
    MISPLACED("\x0c\1", "its template or its values run out of bounds"),
};

static bool walk_tokens(const char *tokens, size_t size_bytes)
{
    static uint8_t bytes[CHUNK_SIZE_BYTES];
    static struct span all;

    memset(bytes, 0, sizeof(bytes));
    bytes[606] = 4;
    memcpy(bytes + 608, "D\0a\0t\0a", 8);
    memcpy(bytes + 1000, tokens, size_bytes);
    all = span_of(bytes, sizeof(bytes), 0);
    walk.chunk = &all;
    return binxml_walk_definition(&walk, span_of(bytes + 1000, size_bytes, 1000));
}

START_TEST(token_that_is_misplaced_is_refused)
{
    bool walked = walk_tokens(misplaced[_i].bytes, misplaced[_i].size_bytes);

    ck_assert_int_eq(walked, misplaced[_i].why == NULL);
    if (misplaced[_i].why != NULL)
        ck_assert_str_eq(walk.why, misplaced[_i].why);
}
END_TEST

/* By the size in front of its name: less than the name, more than there is, or to no end. */
START_TEST(element_of_a_wrong_size_cannot_be_stepped_over)
{
    static const struct {
        uint8_t size_bytes;
        bool fits;
    } sizes[] = {{0, false}, {4, false}, {5, false}, {11, false}, {12, true}, {200, false}};
    char tokens[] = OPEN "\x02" VALUE "\x04";

    skipped = "Data";
    for (size_t index = 0; index < ARRAY_COUNT(sizes); index++) {
        walk = (struct binxml_walk){.take = take, .context = &told};
        tokens[3] = (char)sizes[index].size_bytes;
        ck_assert_int_eq(walk_tokens(tokens, sizeof(tokens)), sizes[index].fits);
        if (!sizes[index].fits)
            ck_assert_str_eq(walk.why, "an element whose size is wrong");
    }
}
END_TEST

static Suite *binxml_walk_suite(void)
{
    Suite *suite = suite_create("binxml_walk");
    TCase *tests = tcase_create("binxml_walk");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, record_is_told_with_its_values);
    tcase_add_test(tests, definition_alone_is_told_with_its_substitutions);
    tcase_add_test(tests, record_without_a_template_is_told_alike);
    tcase_add_test(tests, element_is_stepped_over_when_asked);
    tcase_add_test(tests, empty_element_is_stepped_over_when_asked);
    tcase_add_test(tests, walk_ends_when_asked);
    tcase_add_test(tests, walk_fails_when_what_it_tells_is_refused);
    tcase_add_loop_test(tests, token_that_is_misplaced_is_refused, 0, ARRAY_COUNT(misplaced));
    tcase_add_test(tests, element_of_a_wrong_size_cannot_be_stepped_over);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return run_suite(binxml_walk_suite());
}
