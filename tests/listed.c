/* SPDX-License-Identifier: Apache-2.0 */
#include "listed.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "findings.h"
#include "readout.h"
#include "text/text_reader.h"

void listed_free_content(struct listed *listed)
{
    text_free(&listed->findings);
    source_facts_free_content(&listed->facts);
}

void listed_read(struct listed *listed, const void *bytes, size_t size_bytes)
{
    static char path[] = "made";
    struct source source = {.path = path, .kind = SOURCE_KIND_UNKNOWN, .size_bytes = size_bytes};
    struct reader_options options = {.window = incident_window};
    struct sink sink = findings_sink(&listed->findings);
    struct error err = {0};
    int descriptor = readout_make_file(bytes, size_bytes);

    listed_free_content(listed);
    ck_assert_int_eq(
        reader_read(&text_reader, &source, descriptor, &options, &sink, &listed->facts, &err), 0);
    close(descriptor);
}

void listed_expect(const struct listed *listed, const char *part)
{
    ck_assert_msg(strstr(text_get(&listed->findings), part) != NULL, "no \"%s\" in:\n%s", part,
                  text_get(&listed->findings));
}

void listed_expect_not(const struct listed *listed, const char *part)
{
    ck_assert_msg(strstr(text_get(&listed->findings), part) == NULL, "\"%s\" in:\n%s", part,
                  text_get(&listed->findings));
}

void listed_expect_detail(const struct listed *listed, const char *part)
{
    ck_assert_msg(strstr(text_get(&listed->facts.detail), part) != NULL, "no \"%s\" in: %s", part,
                  text_get(&listed->facts.detail));
}

size_t listed_count(const struct listed *listed, const char *part)
{
    size_t count = 0;

    for (const char *at = text_get(&listed->findings); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

bool listed_has_complete(const struct listed *listed)
{
    static const char ending[] = "|incomplete=\n";

    return strstr(text_get(&listed->findings), ending) != NULL;
}
