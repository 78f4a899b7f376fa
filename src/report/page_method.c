/* SPDX-License-Identifier: Apache-2.0 */
/* How the page came about: the rules in short, and what another examiner needs to come to the same.
 */
#include "report/page_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "report/format.h"

/* Runs with so many different options are told. */
#define OPTIONS_SHOWN 8
/* So many inputs of a run. */
#define INPUTS_SHOWN 100

/* In short: the manual has them in full. */
static const char *const rules[] = {
    "Events are taken by provider and id from the logs of each machine, in the order of their "
    "EventRecordIDs; the time of an event is its own (System/TimeCreated), in UTC. What decides is "
    "read by two independent decoders.",
    "A signal is an event that says that Windows is not genuine; a strong one carries the "
    "incident's own code `0xC004C4A2`. From the first signal to the event that says genuine or "
    "licensed again is an episode.",
    "A machine is affected by the incident when an episode began inside the window, its first "
    "strong signal there fits the incident, and it is not known to have been unlicensed before, or "
    "to be another Windows than a volume-licensed Windows 7.",
    "Any other activation fault is another fault. A machine without a fault is shown to be clean "
    "only where undamaged logs of its own cover the whole window; else the incident is not "
    "excluded.",
    "A machine without an own log of the window is suspected when a KMS host saw its licence lost "
    "over the window.",
    "Whether KB971033 is installed, and which edition and licence a machine has, is told by the "
    "newest evidence of all kinds: events, update history, registry and listings.",
};

static void put_rules(FILE *file)
{
    fputs("<ul>\n", file);
    for (size_t index = 0; index < ARRAY_COUNT(rules); index++) {
        fputs("<li>", file);
        html_put_sentence(file, rules[index]);
        fputs("</li>\n", file);
    }
    fputs("</ul>\n", file);
}

/* Adds a word of a command line as a POSIX shell reads it; a path is on one line. */
static void add_argument(struct text *out, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-./:+,@%";
    struct text shown = {0};

    text_add_path(&shown, path);
    text_add(out, " ");
    if (shown.length_bytes > 0 && strspn(text_get(&shown), plain) == shown.length_bytes) {
        text_add(out, text_get(&shown));
    } else {
        text_add(out, "'");
        for (const char *at = text_get(&shown); *at != '\0'; at++)
            text_add_bytes(out, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
        text_add(out, "'");
    }
    text_free(&shown);
}

/* With what a case was read. */
struct method {
    char **options; /* owned: those of its sources, each once, as far as they are told */
    size_t option_count;
    bool verify;
    bool carve;
    bool has_inventory;
};

/* Is it one of the words behind the window (app/ingest.c)? */
static bool has_word(const char *options, const char *word)
{
    const char *found = strstr(options, word);

    return found != NULL && found != options && found[-1] == ' ';
}

static void meet_options(struct method *method, const char *options)
{
    size_t place = 0;

    method->verify = method->verify || has_word(options, "every checksum");
    method->carve = method->carve || has_word(options, "carve");
    while (place < method->option_count && strcmp(method->options[place], options) != 0)
        place++;
    if (place < method->option_count || *options == '\0' || place == OPTIONS_SHOWN)
        return;
    method->options = memory_grow(method->options, place, sizeof(*method->options));
    method->options[method->option_count++] = memory_copy_text(options);
}

/* Options can differ from source to source where a case was added to. */
static int read_method(struct casedb *db, struct method *out, struct error *err)
{
    struct casedb_cursor *rows = NULL;
    struct case_inventory_host host;
    struct case_source source;
    int found;

    if (casedb_inventory(db, &rows, err) != 0)
        return -1;
    found = casedb_next_inventory_host(rows, &host, err);
    casedb_cursor_free(rows);
    rows = NULL;
    out->has_inventory = found == 1;
    if (found < 0 || casedb_sources(db, &rows, err) != 0)
        return -1;
    while ((found = casedb_next_source(rows, &source, err)) == 1)
        meet_options(out, source.read_options);
    casedb_cursor_free(rows);
    return found;
}

static void put_command(FILE *file, const struct page *page, const struct method *method)
{
    const struct case_settings *settings = &page->settings;
    struct text command = {0};

    text_add(&command, "spptriage analyze");
    if (!page_has_own_window(page)) {
        text_add(&command, " --window ");
        filetime_add_text(&command, page->window->start_filetime);
        text_add(&command, "/");
        filetime_add_text(&command, page->window->end_filetime);
    }
    text_add(&command, method->verify ? " --verify" : "");
    text_add(&command, method->carve ? " --carve" : "");
    text_add(&command, method->has_inventory ? " --inventory FILE" : "");
    for (size_t index = 0; index < settings->input_count && index < INPUTS_SHOWN; index++)
        add_argument(&command, settings->inputs[index]);
    fputs("<dt>Command</dt><dd><code>", file);
    html_put(file, text_get(&command));
    fputs("</code>", file);
    if (settings->input_count > INPUTS_SHOWN)
        fprintf(file, " and %zu more inputs: <code>case.db</code> has all",
                settings->input_count - INPUTS_SHOWN);
    fputs("</dd>\n", file);
    text_free(&command);
}

static void put_options(FILE *file, const struct method *method)
{
    fputs("<dt>Read with</dt><dd>", file);
    for (size_t index = 0; index < method->option_count; index++)
        html_put_between(file, index > 0 ? ", <code>" : "<code>", method->options[index],
                         "</code>");
    fputs(" (the window; <code>every checksum</code> is <code>--verify</code>, "
          "<code>carve</code> is <code>--carve</code>)</dd>\n",
          file);
}

int page_put_method(void *context, FILE *file, struct error *err)
{
    const struct page *page = context;
    struct method method = {0};
    int result = read_method(page->db, &method, err);

    put_rules(file);
    fputs("<dl class=\"words\">\n<dt>Program</dt><dd>spptriage " PACKAGE_VERSION "</dd>\n"
          "<dt>Window</dt><dd>",
          file);
    page_put_window(context, file, err);
    fputs("</dd>\n", file);
    put_command(file, page, &method);
    put_options(file, &method);
    fputs("<dt>Hashes</dt><dd><code>sources.csv</code> has the size and the SHA-256 of each source "
          "whose bytes were all read.</dd>\n</dl>\n",
          file);
    memory_free_texts(method.options, method.option_count);
    return result;
}
