/* SPDX-License-Identifier: Apache-2.0 */
/* What stands above a listing that does not name its host, as collecting scripts write it between
 * the listings of one machine and the next. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "text/tokens.h"

#define DECORATION "=-#*_[]<>():\\ \t"

/* Takes decoration off both ends: `===== PC1 =====`, `[PC1]`, `\\PC1:`. */
static struct line without_decoration(struct line line)
{
    line = line_from(line, line_count_of(&line, DECORATION));
    while (line.length_bytes > 0 && strchr(DECORATION, line.bytes[line.length_bytes - 1]) != NULL)
        line.length_bytes--;
    return line;
}

/* `Computer: PC1`, and what PsExec writes: `\\PC1:`. */
static bool names_host(const struct line *line, struct line *host)
{
    static const char *const labels[] = {"Computer",  "Computer Name", "ComputerName",  "Host",
                                         "Host Name", "Hostname",      "PSComputerName"};
    struct line label, value;

    if (line_starts_with(line, "\\\\")) {
        *host = without_decoration(*line);
        return host_cell_is_plausible(host);
    }
    if ((!line_split(line, ':', &label, &value) && !line_split(line, '=', &label, &value)) ||
        !host_cell_is_plausible(&value))
        return false;
    *host = value;
    for (size_t index = 0; index < ARRAY_COUNT(labels); index++)
        if (line_equals_ascii(&label, labels[index]))
            return true;
    return false;
}

static bool has_any(const struct line *word, int (*is)(int character))
{
    for (size_t index = 0; index < word->length_bytes; index++)
        if (is((unsigned char)word->bytes[index]))
            return true;
    return false;
}

/* A heading of one word that has letters and digits, as names of hosts mostly do, and few others.
 */
static bool may_be_host(const struct line *line, struct line *host)
{
    *host = without_decoration(*line);
    return host_cell_is_plausible(host) && has_any(host, isalpha) && has_any(host, isdigit);
}

struct line heading_host(const char *from, const char *at, bool *is_sure)
{
    struct line line, host, found = {0};

    *is_sure = false;
    for (unsigned count = 0; count < LINES_ABOVE_MOST && line_above(from, &at, &line); count++) {
        line = line_trim(line);
        if (line.length_bytes > COMMAND_MOST_BYTES)
            continue;
        if (names_host(&line, &host) || command_slmgr_host(line, &host)) {
            host = host_cells_choose((const struct line[HOST_COLUMNS]){host});
            *is_sure = host.length_bytes > 0;
            return *is_sure ? host : found;
        }
        if (found.length_bytes == 0 && may_be_host(&line, &host))
            found = host;
    }
    return found;
}
