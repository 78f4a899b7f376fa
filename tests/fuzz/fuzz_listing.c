/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: the bytes are a file. It is recognised, and read as a text of listings. Beside doing
 * no harm, the reader must come to an end without failing, hand on UTF-8 alone, and call no listing
 * complete that has lost the update. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/incident.h"
#include "text/text_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the findings of one file say. */
struct outcome {
    bool names_update;
    bool has_complete;
};

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void expect_utf8(const char *text)
{
    uint32_t code_point;

    while (*text != '\0')
        expect(text_next_character(&text, &code_point));
}

static int take(void *context, const struct finding *finding, struct error *err)
{
    const struct members *members = &finding_members[finding->kind];
    struct outcome *outcome = context;

    (void)err;
    expect_utf8(finding->host);
    for (size_t index = 0; index < members->count; index++)
        if (members->rows[index].type == MEMBER_TEXT)
            expect_utf8(*(const char **)member_at(&members->rows[index], finding_content(finding)));
    if (finding->kind == FINDING_ENTRY && finding->entry.update_id == UPDATE_ID_KB971033)
        outcome->names_update = true;
    if (finding->kind == FINDING_LISTING && *finding->listing.incomplete == '\0')
        outcome->has_complete = true;
    return 0;
}

static bool is_plain(const uint8_t *data, size_t size)
{
    for (size_t index = 0; index < size; index++)
        if ((data[index] < ' ' && data[index] != '\n') || data[index] >= 0x7F)
            return false;
    return true;
}

/* Does a line that begins as entries do, and no heading or command does, name the update? */
static bool has_row_of_update(const uint8_t *data, size_t size)
{
    static const char *const starts[] = {"http://", "KB",     "Package", "PC1",
                                         "Update",  "HotFix", "[",       "\""};
    struct lines lines = lines_of((const char *)data, size);
    struct line line;
    bool has_row = false;

    while (!has_row && lines_next(&lines, &line))
        for (size_t index = 0; index < ARRAY_COUNT(starts); index++)
            if (line_starts_with(&line, starts[index]) && !line_contains(&line, ">")) {
                char *text = line_copy(&line, SIZE_MAX);

                has_row = has_row || incident_names_kb971033(text);
                free(text);
            }
    return has_row;
}

static void read_file(const uint8_t *data, size_t size, int descriptor)
{
    static char path[] = "fuzzed";
    struct source source = {.path = path, .kind = SOURCE_KIND_UNKNOWN, .size_bytes = size};
    struct reader_options options = {.window = incident_window};
    struct outcome outcome = {0};
    struct sink sink = {.context = &outcome, .finding = take};
    struct source_facts facts = {0};
    struct error err = {0};

    expect(reader_read(&text_reader, &source, descriptor, &options, &sink, &facts, &err) == 0);
    if (is_plain(data, size) && has_row_of_update(data, size))
        expect(outcome.names_update || !outcome.has_complete);
    error_clear(&err);
    source_facts_free_content(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int descriptor = -1; /* one file in memory serves for every input */

    if (descriptor < 0)
        descriptor = memfd_create("fuzzed", MFD_CLOEXEC);
    expect(descriptor >= 0 && ftruncate(descriptor, 0) == 0);
    expect(size == 0 || pwrite(descriptor, data, size, 0) == (ssize_t)size);
    read_file(data, size, descriptor);
    return 0;
}
