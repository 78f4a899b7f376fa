/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include <string.h>

#include "base/memory.h"

static bool word_is_one_of(const struct line *word, const char *const *texts, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (line_equals_ascii(word, texts[index]))
            return true;
    return false;
}

static bool names(const struct line *line, const char *text)
{
    for (struct line at = *line; at.length_bytes > 0; at = line_from(at, 1))
        if (line_starts_with_ascii(&at, text))
            return true;
    return false;
}

/* Takes off what stands before the command: `PS C:\> `, `C:\collect>`, and the `+ ` of an error. */
static struct line without_prompt(struct line line)
{
    struct line before, after, word;

    line = line_trim(line);
    if (line_starts_with(&line, "+ "))
        return line_trim(line_from(line, 2));
    if (!line_split(&line, '>', &before, &after))
        return line;
    while (line_next_word(&before, &word))
        if (line_equals(&word, "PS") || line_contains(&word, ":\\"))
            return after;
    return line;
}

bool command_is(struct line line)
{
    static const char *const programs[] = {"wmic",       "dism",
                                           "get-hotfix", "get-wmiobject",
                                           "gwmi",       "get-ciminstance",
                                           "gcim",       "get-windowspackage",
                                           "systeminfo", "wusa",
                                           "find",       "findstr",
                                           "cscript",    "slmgr",
                                           "echo",       "type",
                                           "powershell"};
    static const char suffix[] = ".exe";
    struct line command, word, second;

    if (line.length_bytes > COMMAND_MOST_BYTES)
        return false;
    line = without_prompt(line);
    if (!line_next_cell(&line, '|', &command) || !line_next_word(&command, &word) ||
        (line_next_word(&command, &second) && line_equals(&second, ":"))) /* which is an error */
        return false;
    if (word.length_bytes > strlen(suffix)) {
        struct line end = line_from(word, word.length_bytes - strlen(suffix));

        if (line_equals_ascii(&end, suffix))
            word.length_bytes -= strlen(suffix);
    }
    return word_is_one_of(&word, programs, ARRAY_COUNT(programs));
}

/* ---- What a command leaves out ---- */

/* Words of commands that make such listings. */
static const struct {
    enum finding_origin origin;
    const char *word;
} makers[] = {{FINDING_ORIGIN_WMIC, "qfe"},
              {FINDING_ORIGIN_WMIC, "quickfix"},
              {FINDING_ORIGIN_GET_HOTFIX, "hotfix"},
              {FINDING_ORIGIN_GET_HOTFIX, "quickfix"},
              {FINDING_ORIGIN_DISM, "packages"},
              {FINDING_ORIGIN_DISM, "windowspackage"},
              {FINDING_ORIGIN_SYSTEMINFO, "systeminfo"}};

static bool makes(const struct line *line, enum finding_origin origin)
{
    for (size_t index = 0; index < ARRAY_COUNT(makers); index++)
        if (makers[index].origin == origin && names(line, makers[index].word))
            return true;
    return false;
}

/* Is that, behind a `|`, what passes some lines or objects on and others not? */
static bool stage_selects(struct line stage)
{
    static const char *const filters[] = {"where", "where-object", "?", "findstr", "find",
                                          "sls",   "select-string"};
    static const char *const parts[] = {"-first", "-last", "-skip", "-index"};
    struct line word;

    if (!line_next_word(&stage, &word))
        return false;
    if (word_is_one_of(&word, filters, ARRAY_COUNT(filters)) ||
        line_starts_with_ascii(&word, "?{") || line_starts_with_ascii(&word, "where{"))
        return true;
    while (line_next_word(&stage, &word))
        if (word_is_one_of(&word, parts, ARRAY_COUNT(parts)))
            return true;
    return false;
}

/* Parameters of the commands themselves that do so: these, or an update's number alone. */
static bool parameters_select(struct line line)
{
    static const char *const parameters[] = {"where",   "-id",    "-hotfixid",   "-description",
                                             "-filter", "-query", "-packagename"};
    struct line word;

    while (line_next_word(&line, &word))
        if (word_is_one_of(&word, parameters, ARRAY_COUNT(parameters)) || hotfix_is_name(&word))
            return true;
    return false;
}

static bool selects(struct line command)
{
    struct line stage;

    if (!line_next_cell(&command, '|', &stage))
        return false;
    if (parameters_select(stage))
        return true;
    while (line_next_cell(&command, '|', &stage))
        if (stage_selects(stage))
            return true;
    return false;
}

bool line_above(const char *text, const char **at, struct line *out)
{
    const char *end = *at - 1;
    const char *before;

    if (*at <= text)
        return false;
    before = end > text ? memrchr(text, '\n', (size_t)(end - text)) : NULL;
    *out = (struct line){.bytes = before != NULL ? before + 1 : text, .ended = true};
    out->length_bytes = (size_t)(end - out->bytes);
    *at = out->bytes;
    return true;
}

bool command_above_selects(const char *text, const char *at, enum finding_origin origin)
{
    struct line line;

    for (unsigned count = 0; count < LINES_ABOVE_MOST && line_above(text, &at, &line); count++)
        if (command_is(line) && makes(&line, origin))
            return selects(without_prompt(line));
    return false;
}

/* ---- slmgr ---- */

/* `slmgr.vbs [HOST [USER PASSWORD]] /dlv`. */
bool command_slmgr_host(struct line line, struct line *host)
{
    struct line word;

    *host = (struct line){0};
    if (!command_is(line))
        return false;
    line = without_prompt(line);
    while (line_next_word(&line, &word))
        if (names(&word, "slmgr")) {
            if (line_next_word(&line, &word) && !line_starts_with(&word, "-") &&
                host_cell_is_plausible(&word))
                *host = word;
            return true;
        }
    return false;
}
