/* SPDX-License-Identifier: Apache-2.0 */
/* Names of files as people and scripts make them: the host, what tool wrote the file, a date, in
 * any order, between characters that are neither letters nor digits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistr.h>

#include "base/memory.h"
#include "base/text.h"
#include "identity/name.h"
#include "model/hostname.h"

/* Words for what a file holds, when it was made, and its form: none is a part of the name of a
 * host. A number can follow each (`slmgr2`, `kb971033`). */
static const char *const tool_words[] = {
    "activation",
    "after",
    "ansi",
    "apps",
    "ato",
    "before",
    "cbs",
    "cim",
    "ciminstance",
    "cmd",
    "collect",
    "collected",
    "collection",
    "copy",
    "csv",
    "current",
    "cylr",
    "datastore",
    "day",
    "dism",
    "dism64",
    "dli",
    "dlv",
    "dump",
    "edb",
    "event",
    "eventlog",
    "eventlogs",
    "events",
    "evt",
    "evtx",
    "export",
    "final",
    "get",
    "gethotfix",
    "history",
    "hive",
    "hives",
    "hotfix",
    "hotfixes",
    "hotfixlist",
    "html",
    "info",
    "information",
    "installed",
    "json",
    "kape",
    "kb",
    "licence",
    "license",
    "licensing",
    "list",
    "listing",
    "log",
    "logs",
    "mgadiag",
    "new",
    "notes",
    "old",
    "out",
    "output",
    "package",
    "packages",
    "patch",
    "patches",
    "powershell",
    "product",
    "qfe",
    "qfelist",
    "quickfixengineering",
    "readme",
    "registry",
    "remediation",
    "report",
    "reportingevents",
    "result",
    "results",
    "round",
    "run",
    "setup",
    "slmgr",
    "software",
    "softwarelicensingproduct",
    "softwarelicensingservice",
    "spp",
    "spptriage",
    "state",
    "status",
    "sysinfo",
    "system",
    "systeminfo",
    "triage",
    "txt",
    "unicode",
    "update",
    "updates",
    "utf",
    "vbs",
    "velociraptor",
    "wat",
    "windowsupdate",
    "wmi",
    "wmic",
    "wmiobject",
    "wu",
    "xml",
    "xpr",
};

enum token_kind {
    TOKEN_NAME, /* what may be of the name of a host */
    TOKEN_TOOL,
    TOKEN_DATE,
};

/* Letters and digits that stand together. */
struct token {
    size_t start, end;
    enum token_kind kind;
};

struct split_name {
    const char *text; /* borrowed */
    struct token *tokens;
    size_t count;
    size_t stem_count; /* of them that stand before the extension */
};

/* ---- Tokens ---- */

static bool is_digits(const char *text, size_t length)
{
    return length > 0 && strspn(text, "0123456789") >= length;
}

static bool is_tool_word(const char *text, size_t length)
{
    while (length > 0 && isdigit((unsigned char)text[length - 1]))
        length--;
    for (size_t word = 0; word < ARRAY_COUNT(tool_words); word++)
        if (strlen(tool_words[word]) == length &&
            text_equal_ascii_bytes(text, tool_words[word], length))
            return true;
    return false;
}

static unsigned read_digits(const char *text, size_t length)
{
    unsigned number = 0;

    for (size_t index = 0; index < length; index++)
        number = number * 10 + (unsigned)(text[index] - '0');
    return number;
}

/* Year, month and day, of four, two and two digits. */
static bool is_day(const char *year, const char *month, const char *day)
{
    unsigned of_year = read_digits(year, 4);
    unsigned of_month = read_digits(month, 2), of_day = read_digits(day, 2);

    return of_year >= 1990 && of_year < 2100 && of_month >= 1 && of_month <= 12 && of_day >= 1 &&
           of_day <= 31;
}

/* Digits, with a `Z` behind them or not. */
static bool is_digits_of_time(const char *text, size_t length)
{
    return is_digits(text, length > 0 && (text[length - 1] | 0x20) == 'z' ? length - 1 : length);
}

static bool token_has_digits(const struct split_name *name, size_t index, size_t length)
{
    return index < name->count && name->tokens[index].end - name->tokens[index].start == length &&
           is_digits(name->text + name->tokens[index].start, length);
}

/* Is it a day of two digits, or one with the time behind it, as `10T101010` and `10T10` are? */
static bool token_is_day(const struct split_name *name, size_t index)
{
    const char *at;
    size_t length;

    if (index >= name->count)
        return false;
    at = name->text + name->tokens[index].start;
    length = name->tokens[index].end - name->tokens[index].start;
    return length >= 2 && is_digits(at, 2) &&
           (length == 2 ||
            (length > 3 && (at[2] | 0x20) == 't' && is_digits_of_time(at + 3, length - 3)));
}

/* Is it a part of a time of two digits, the last one, as `10Z` is? */
static bool token_ends_time(const struct split_name *name, size_t index)
{
    return index < name->count && name->tokens[index].end - name->tokens[index].start == 3 &&
           is_digits(name->text + name->tokens[index].start, 2) &&
           is_digits_of_time(name->text + name->tokens[index].start, 3);
}

/* How many tokens from that one on are a date: `20190110`, `20190110T1130Z`, `2019-01-10`,
 * `2019-01-10T101010`, `10.01.2019`. */
static size_t count_date(const struct split_name *name, size_t index)
{
    const char *at[3];
    size_t length = name->tokens[index].end - name->tokens[index].start;

    for (size_t part = 0; part < 3; part++)
        at[part] = index + part < name->count ? name->text + name->tokens[index + part].start : "";
    if (length >= 8 && is_digits(at[0], 8) && is_day(at[0], at[0] + 4, at[0] + 6) &&
        strspn(at[0] + 8, "0123456789TtZz") >= length - 8)
        return 1;
    if (token_has_digits(name, index, 4) && token_has_digits(name, index + 1, 2) &&
        token_is_day(name, index + 2) && is_day(at[0], at[1], at[2]))
        return 3;
    if (token_has_digits(name, index, 2) && token_has_digits(name, index + 1, 2) &&
        token_has_digits(name, index + 2, 4) &&
        (is_day(at[2], at[1], at[0]) || is_day(at[2], at[0], at[1])))
        return 3;
    return 0;
}

/* Marks the dates, each with the time that follows it in numbers of two, four or six digits. */
static void mark_dates(struct split_name *name)
{
    for (size_t index = 0; index < name->count; index++) {
        size_t end = index + count_date(name, index);

        if (end == index)
            continue;
        while (token_has_digits(name, end, 2) || token_has_digits(name, end, 4) ||
               token_has_digits(name, end, 6) || token_ends_time(name, end))
            end++;
        for (; index < end; index++)
            name->tokens[index].kind = TOKEN_DATE;
        index--;
    }
}

/* Where the extension begins, with its dot: one to five letters or digits at the end. */
static size_t extension_start(const char *text)
{
    const char *dot = strrchr(text, '.');
    size_t length;

    if (dot == NULL || dot == text)
        return strlen(text);
    length = strspn(dot + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return length >= 1 && length <= 5 && dot[1 + length] == '\0' ? (size_t)(dot - text)
                                                                 : strlen(text);
}

static struct split_name split(const char *text)
{
    struct split_name name = {.text = text};
    size_t length = strlen(text), stem = extension_start(text);

    for (size_t at = 0, next; at < length; at = next) {
        next = at + 1;
        while (text_is_within_character(text[next]))
            next++;
        if (!name_has_character(text, at))
            continue;
        if (name.count == 0 || name.tokens[name.count - 1].end != at) {
            name.tokens = memory_grow(name.tokens, name.count, sizeof(*name.tokens));
            name.tokens[name.count++] = (struct token){.start = at};
        }
        name.tokens[name.count - 1].end = next;
        name.stem_count = next <= stem ? name.count : name.stem_count;
    }
    for (size_t index = 0; index < name.count; index++)
        if (is_tool_word(text + name.tokens[index].start,
                         name.tokens[index].end - name.tokens[index].start))
            name.tokens[index].kind = TOKEN_TOOL;
    mark_dates(&name);
    return name;
}

/* ---- Hosts that a name spells ---- */

/* Can the two stand in one name of a host: is there one `-`, `_` or `.` between them? */
static bool tokens_belong(const struct split_name *name, size_t left, size_t right)
{
    size_t start = name->tokens[left].end;

    return name->tokens[right].start == start + 1 && strchr("-_.", name->text[start]) != NULL;
}

/* The end of the run of tokens that may be a host's name, from that one on. */
static size_t run_end(const struct split_name *name, size_t first)
{
    size_t end = first;

    while (end < name->stem_count && name->tokens[end].kind == TOKEN_NAME &&
           (end == first || tokens_belong(name, end - 1, end)))
        end++;
    return end;
}

/* Returns owned: the tokens as a name, or NULL where no host has such a one: without a letter, or
 * of one character. */
static char *copy_host(const struct split_name *name, size_t first, size_t end)
{
    bool has_letter = false;
    size_t start, length;

    if (first >= end)
        return NULL;
    start = name->tokens[first].start;
    length = name->tokens[end - 1].end - start;
    for (size_t index = first; index < end; index++)
        has_letter = has_letter || !is_digits(name->text + name->tokens[index].start,
                                              name->tokens[index].end - name->tokens[index].start);
    return has_letter && length > 1 ? memory_copy_bytes(name->text + start, length) : NULL;
}

static size_t skip_dates(const struct split_name *name)
{
    size_t first = 0;

    while (first < name->stem_count && name->tokens[first].kind == TOKEN_DATE)
        first++;
    return first;
}

static size_t end_before_dates(const struct split_name *name)
{
    size_t end = name->stem_count;

    while (end > 0 && name->tokens[end - 1].kind == TOKEN_DATE)
        end--;
    return end;
}

/* Of all runs of tokens the last one's start, where it ends with the name. */
static size_t last_run(const struct split_name *name, size_t end)
{
    size_t first = end;

    while (first > 0 && name->tokens[first - 1].kind == TOKEN_NAME &&
           (first == end || tokens_belong(name, first - 1, first)))
        first--;
    return first;
}

char *file_name_host(const char *file_name, enum name_side side)
{
    struct split_name name = split(file_name);
    size_t first = skip_dates(&name), end = end_before_dates(&name);
    char *host = NULL;

    switch (side) {
    case NAME_SIDE_BEGIN:
        host = copy_host(&name, first, run_end(&name, first));
        break;
    case NAME_SIDE_END:
        host = copy_host(&name, last_run(&name, end), end);
        break;
    case NAME_SIDE_ANY:
        for (first = 0; host == NULL && first < name.stem_count; first = end + (end == first)) {
            end = run_end(&name, first);
            host = copy_host(&name, first, end);
        }
        break;
    }
    free(name.tokens);
    return host;
}

bool file_name_has_tool(const char *file_name)
{
    struct split_name name = split(file_name);
    bool has = false;

    for (size_t index = 0; index < name.stem_count; index++)
        has = has || name.tokens[index].kind != TOKEN_NAME;
    free(name.tokens);
    return has;
}

/* ---- Hosts that are known ---- */

bool file_name_has_host(const char *file_name, const char *host, enum name_side side)
{
    struct split_name name = split(file_name);
    char *folded_host = text_fold(host);
    size_t first = side == NAME_SIDE_END ? 0 : skip_dates(&name);
    size_t last = end_before_dates(&name);
    bool has = false;

    for (size_t at = first; at < (side == NAME_SIDE_END ? last : name.count) && !has; at++) {
        size_t from = side == NAME_SIDE_END ? at : first;
        size_t to = side == NAME_SIDE_END ? last : at + 1;
        size_t start = name.tokens[from].start;
        char *folded = text_fold_bytes(file_name + start, name.tokens[to - 1].end - start);

        has = strcmp(folded_host, folded) == 0 || hostname_is_full_form(folded_host, folded) ||
              hostname_is_netbios_of(folded, folded_host);
        free(folded);
    }
    free(folded_host);
    free(name.tokens);
    return has;
}

/* How many tokens the name of a host has at the most: no longer ones are looked for. */
#define HOST_TOKENS_MAX 16

/* How long a host's name has to be to count anywhere in the name of a file. */
#define HOST_BYTES_MIN 3

static char *copy_tokens(const struct split_name *name, size_t first, size_t end)
{
    size_t start = name->tokens[first].start;

    return memory_copy_bytes(name->text + start, name->tokens[end - 1].end - start);
}

/* The end of the longest run of tokens from that one on which is a known name; `first` itself where
 * there is none. */
static size_t known_run_end(const struct split_name *name, size_t first,
                            bool (*is_known)(const void *, const char *), const void *context)
{
    size_t end = first + HOST_TOKENS_MAX;

    if (end > name->count)
        end = name->count;
    for (bool known = false; end > first; end--) {
        char *part = copy_tokens(name, first, end);

        known = is_known(context, part);
        free(part);
        if (known)
            break;
    }
    return end;
}

/* Is each of the tokens a word of a tool, a date, the number of a copy, or of the extension? */
static bool are_aside(const struct split_name *name, size_t first, size_t end)
{
    for (size_t index = first; index < end && index < name->stem_count; index++) {
        const struct token *token = &name->tokens[index];
        size_t length = token->end - token->start;

        if (token->kind == TOKEN_NAME &&
            (length > 3 || !is_digits(name->text + token->start, length)))
            return false;
    }
    return true;
}

/* Can the run be told from words of tools, dates and what every name may have in it? */
static bool is_distinct(const struct split_name *name, size_t first, size_t end)
{
    bool has_name = false;

    for (size_t index = first; index < end; index++)
        has_name = has_name || name->tokens[index].kind == TOKEN_NAME;
    return has_name && name->tokens[end - 1].end - name->tokens[first].start >= HOST_BYTES_MIN;
}

/* Does the very name begin or end with the run, dates and the extension aside? A host can have the
 * name of a date where nothing else is there. */
static bool is_outermost(const struct split_name *name, size_t first, size_t end)
{
    size_t begin = skip_dates(name);

    return first == (begin < name->stem_count ? begin : 0) || end == name->count ||
           end == end_before_dates(name);
}

bool names_are_one_host(const char *left, const char *right)
{
    char *folded_left = text_fold(left), *folded_right = text_fold(right);
    bool are = hostname_is_form(folded_left, folded_right) ||
               hostname_is_netbios_of(folded_left, folded_right) ||
               hostname_is_netbios_of(folded_right, folded_left);

    free(folded_left);
    free(folded_right);
    return are;
}

static void note_known(struct known_naming *found, const struct split_name *name, size_t first,
                       size_t end)
{
    char *host = copy_tokens(name, first, end);

    found->at_end = found->at_end || are_aside(name, 0, first) || are_aside(name, end, name->count);
    if (found->host == NULL) {
        found->host = host;
        return;
    }
    found->several = found->several || !names_are_one_host(found->host, host);
    free(host);
}

struct known_naming file_name_known_hosts(const char *file_name,
                                          bool (*is_known)(const void *, const char *),
                                          const void *context)
{
    struct split_name name = split(file_name);
    struct known_naming found = {0}, outermost = {0};

    for (size_t first = 0, end; first < name.count; first = end) {
        end = known_run_end(&name, first, is_known, context);
        if (end > first && is_distinct(&name, first, end)) {
            note_known(&found, &name, first, end);
            continue;
        }
        if (end > first && is_outermost(&name, first, end))
            note_known(&outermost, &name, first, end);
        end = first + 1;
    }
    free(name.tokens);
    if (found.host == NULL)
        return outermost;
    free(outermost.host);
    return found;
}
