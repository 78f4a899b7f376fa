/* SPDX-License-Identifier: Apache-2.0 */
#include "app/progress.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/say.h"
#include "model/hostname.h"
#include "verdict/signal.h"
#include "worker/process.h"

#define REWRITE_MS 100
#define LINE_MS 10000
#define COLUMNS_OF_LINES SIZE_MAX

/* The rate is that of the last so many seconds; sooner than LEAST there is none, nor a time left,
 * which is not told before a hundredth is done either. */
#define SAMPLES 30
#define SAMPLE_MS 1000
#define RATE_LEAST_MS 3000

/* A source from that size on is named. */
#define LARGE_BYTES (UINT64_C(256) * 1024 * 1024)
#define NAME_MOST 30

/* ---- The line ---- */

static const struct unit {
    uint64_t bytes;
    const char *name;
} units[] = {
    {UINT64_C(1) << 40, "TiB"},
    {UINT64_C(1) << 30, "GiB"},
    {UINT64_C(1) << 20, "MiB"},
    {UINT64_C(1) << 10, "KiB"},
};

static const struct unit *unit_of(uint64_t size_bytes)
{
    size_t index = 0;

    while (index + 1 < ARRAY_COUNT(units) && size_bytes < units[index].bytes)
        index++;
    return &units[index];
}

static void add_size(struct text *out, uint64_t size_bytes, const struct unit *unit)
{
    double size = (double)size_bytes / (double)unit->bytes;

    text_add_format(out, size < 10 && size_bytes > 0 ? "%.1f" : "%.0f", size);
}

static void add_bytes(struct text *out, const struct progress_facts *facts)
{
    const struct unit *unit = unit_of(facts->bytes_known);

    add_size(out, facts->bytes_done, unit);
    text_add(out, "/");
    add_size(out, facts->bytes_known, unit);
    text_add_format(out, " %s", unit->name);
}

static void add_rate(struct text *out, const struct progress_facts *facts)
{
    const struct unit *unit = unit_of(facts->rate_bytes);

    if (facts->rate_bytes == 0)
        return;
    add_size(out, facts->rate_bytes, unit);
    text_add_format(out, " %s/s", unit->name);
}

static void add_left(struct text *out, const struct progress_facts *facts)
{
    uint64_t seconds = facts->left_seconds;

    if (seconds == 0)
        return;
    if (seconds < 100)
        text_add_format(out, "%" PRIu64 " s left", seconds);
    else if (seconds < 100 * 60)
        text_add_format(out, "%" PRIu64 " min left", (seconds + 59) / 60);
    else
        text_add_format(out, "%" PRIu64 " h left", (seconds + 3599) / 3600);
}

static void add_machines(struct text *out, const struct progress_facts *facts)
{
    text_add_format(out, "%" PRIu64 " machine%s with signals in the window so far",
                    facts->machine_count, text_plural(facts->machine_count));
}

/* The same for a narrow terminal. */
static void add_machines_shortly(struct text *out, const struct progress_facts *facts)
{
    text_add_format(out, "%" PRIu64 " with signals in window", facts->machine_count);
}

/* The end of the path, in characters that have one column each. */
static void add_name(struct text *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);

    if (length > NAME_MOST) {
        text_add(out, "...");
        name += length - (NAME_MOST - 3);
    }
    for (; *name != '\0'; name++)
        text_add_character(out, *name > ' ' && *name <= '~' ? (uint32_t)*name : '?');
}

static void add_item(struct text *out, const struct progress_facts *facts)
{
    const struct unit *unit = unit_of(facts->item_done_bytes);

    if (facts->item == NULL)
        return;
    add_name(out, facts->item);
    if (facts->item_bytes > 0) {
        text_add_format(out, " %.0f %%",
                        100.0 * (double)facts->item_done_bytes / (double)facts->item_bytes);
        return;
    }
    text_add(out, " ");
    add_size(out, facts->item_done_bytes, unit);
    text_add_format(out, " %s read", unit->name);
}

/* In the order of the line; what is of rank 0 matters most. */
static const struct line_part {
    unsigned rank;
    void (*add)(struct text *out, const struct progress_facts *facts);
    void (*add_shortly)(struct text *out, const struct progress_facts *facts); /* or NULL */
} parts[] = {
    {0, add_bytes, NULL}, {4, add_rate, NULL},
    {1, add_left, NULL},  {3, add_machines, add_machines_shortly},
    {2, add_item, NULL},
};

/* Makes the line of the parts of the ranks below `ranks`, long or short. */
static void make_line(struct text *out, const struct progress_facts *facts, unsigned ranks,
                      bool shortly)
{
    struct text words = {0};

    text_clear(out);
    text_add_format(out, "%" PRIu64 "/%" PRIu64 " sources", facts->sources_done,
                    facts->sources_known);
    for (size_t index = 0; index < ARRAY_COUNT(parts); index++) {
        const struct line_part *part = &parts[index];

        if (part->rank >= ranks)
            continue;
        text_clear(&words);
        (shortly && part->add_shortly != NULL ? part->add_shortly : part->add)(&words, facts);
        if (words.length_bytes > 0)
            text_add_format(out, ", %s", text_get(&words));
    }
    text_free(&words);
}

void progress_add_line(struct text *out, const struct progress_facts *facts, size_t columns)
{
    struct text line = {0};
    unsigned ranks = ARRAY_COUNT(parts);

    make_line(&line, facts, ranks, false);
    if (line.length_bytes > columns)
        make_line(&line, facts, ranks, true);
    while (line.length_bytes > columns && ranks > 0)
        make_line(&line, facts, --ranks, true);
    if (line.length_bytes <= columns)
        text_add(out, text_get(&line));
    text_free(&line);
}

/* ---- What it is made of ---- */

struct sample {
    uint64_t at_ms;
    uint64_t bytes;
};

struct progress {
    const struct options *options;
    bool rewrites;
    struct progress_facts facts;
    uint64_t finished_bytes; /* of sources that are in the case */
    uint64_t shown_ms;
    struct sample samples[SAMPLES]; /* a ring */
    size_t sample_count;            /* ever taken */
    void *machines;                 /* a tree of folded names, owned */
};

struct progress *progress_new(const struct options *options, const struct walk *walk)
{
    struct progress *progress;

    if (options->quiet || options->progress == PROGRESS_NEVER ||
        (options->progress == PROGRESS_AUTO && !isatty(STDERR_FILENO)))
        return NULL;
    progress = memory_allocate(1, sizeof(*progress));
    progress->options = options;
    progress->rewrites = say_can_rewrite();
    progress->facts.sources_known = walk->entry_count;
    for (size_t index = 0; index < walk->entry_count; index++)
        progress->facts.bytes_known += walk->entries[index].size_bytes;
    progress->shown_ms =
        progress->rewrites ? 0 : process_clock_ms(); /* a line that goes again, at once */
    return progress;
}

static void show(const struct progress *progress, const char *word)
{
    struct text line = {0};

    progress_add_line(&line, &progress->facts,
                      progress->rewrites ? say_columns() : COLUMNS_OF_LINES);
    if (progress->rewrites)
        say_progress(text_get(&line));
    else
        say_note("%s: %s", word, text_get(&line));
    text_free(&line);
}

void progress_end(struct progress *progress)
{
    if (progress == NULL)
        return;
    /* Of a file without its holes the source is what it was. */
    progress->facts.bytes_done = progress->facts.sources_done == progress->facts.sources_known
                                     ? progress->facts.bytes_known
                                     : progress->finished_bytes;
    progress->facts.rate_bytes = 0;
    progress->facts.left_seconds = 0;
    if (progress->rewrites)
        say_progress("");
    else
        show(progress, "read");
    tdestroy(progress->machines, free);
    free(progress);
}

void progress_add_source(struct progress *progress)
{
    if (progress != NULL)
        progress->facts.sources_known++;
}

void progress_count_done(struct progress *progress, uint64_t size_bytes)
{
    if (progress == NULL)
        return;
    progress->facts.sources_done++;
    progress->finished_bytes += size_bytes;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(left, right);
}

void progress_look_at(struct progress *progress, const struct observation *observation)
{
    struct judgement judgement;
    char *name;
    char *const *found;

    if (progress == NULL ||
        !window_contains(&progress->options->window, observation->event_filetime))
        return;
    judgement = judgement_of(observation);
    if (!role_is_signal(judgement.role))
        return;
    name = text_fold_bytes(observation->computer, hostname_label_bytes(observation->computer));
    found = memory_require(tsearch(name, &progress->machines, compare_names));
    if (*found == name)
        progress->facts.machine_count++;
    else
        free(name);
}

/* Takes a sample each second, and tells the rate of those that there are. */
static void measure(struct progress *progress, uint64_t now, bool is_partial)
{
    struct progress_facts *facts = &progress->facts;
    const struct sample *first;
    uint64_t left_bytes = facts->bytes_known - facts->bytes_done;
    size_t count = progress->sample_count;

    if (count == 0 || now - progress->samples[(count - 1) % SAMPLES].at_ms >= SAMPLE_MS) {
        progress->samples[count % SAMPLES] =
            (struct sample){.at_ms = now, .bytes = facts->bytes_done};
        progress->sample_count = ++count;
    }
    first = &progress->samples[count > SAMPLES ? count % SAMPLES : 0];
    facts->rate_bytes = 0;
    facts->left_seconds = 0;
    if (now - first->at_ms < RATE_LEAST_MS || facts->bytes_done <= first->bytes)
        return;
    facts->rate_bytes = (facts->bytes_done - first->bytes) * 1000 / (now - first->at_ms);
    if (facts->rate_bytes > 0 && !is_partial && facts->bytes_done >= facts->bytes_known / 100)
        facts->left_seconds = left_bytes / facts->rate_bytes + (left_bytes > 0);
}

/* What is done never becomes less, and is never more than there is. */
static void count_bytes(struct progress *progress, const struct progress_item *item)
{
    struct progress_facts *facts = &progress->facts;
    uint64_t at_work = item->done_bytes < item->size_bytes ? item->done_bytes : item->size_bytes;
    uint64_t done = progress->finished_bytes + (item->path != NULL ? at_work : 0);

    if (done > facts->bytes_known)
        facts->bytes_known = done;
    if (done > facts->bytes_done)
        facts->bytes_done = done;
    facts->item = item->path != NULL && item->size_bytes >= LARGE_BYTES ? item->path : NULL;
    facts->item_done_bytes = at_work;
    facts->item_bytes = item->is_partial ? 0 : item->size_bytes;
}

void progress_show(struct progress *progress, const struct progress_item *item)
{
    uint64_t now;

    if (progress == NULL)
        return;
    now = process_clock_ms();
    if (now - progress->shown_ms < (progress->rewrites ? REWRITE_MS : LINE_MS))
        return;
    progress->shown_ms = now;
    count_bytes(progress, item);
    measure(progress, now, item->path != NULL && item->is_partial);
    show(progress, "reading");
    progress->facts.item = NULL;
}

void progress_show_step(const struct options *options, const char *words)
{
    if (!options->quiet && options->progress != PROGRESS_NEVER && say_can_rewrite())
        say_progress(words);
}
