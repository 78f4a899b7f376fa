/* SPDX-License-Identifier: Apache-2.0 */
#include "base/say.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

/* ECMA-48: SGR 1 is bold, 31 red, 33 yellow, 0 none of them; EL clears from here to the line's
 * end. */
#define PLAIN_AGAIN "\033[0m"
#define LINE_AWAY "\r\033[K"

#define COLUMNS_OTHERWISE 80 /* of a terminal that does not tell */

#define NAME "spptriage: "

static const char *const colours[] = {
    [SAY_PLAIN] = "", [SAY_BAD] = "\033[1;31m", [SAY_WARNING] = "\033[1;33m"};

/* Does a line of progress stand? The handler of a signal may ask. */
static volatile sig_atomic_t progress_stands;

static bool is_able_terminal(int descriptor)
{
    const char *kind = getenv("TERM");

    return isatty(descriptor) && kind != NULL && *kind != '\0' && strcmp(kind, "dumb") != 0;
}

static bool shows_colours(FILE *stream)
{
    const char *refused = getenv("NO_COLOR");

    return (refused == NULL || *refused == '\0') && is_able_terminal(fileno(stream));
}

static void add_coloured(struct text *out, FILE *stream, enum say_colour colour, const char *bytes,
                         size_t length_bytes)
{
    bool coloured = colour != SAY_PLAIN && length_bytes > 0 && shows_colours(stream);

    text_add(out, coloured ? colours[colour] : "");
    text_add_bytes(out, bytes, length_bytes);
    text_add(out, coloured ? PLAIN_AGAIN : "");
}

void say_put(FILE *stream, enum say_colour colour, const char *bytes, size_t length_bytes)
{
    struct text shown = {0};

    add_coloured(&shown, stream, colour, bytes, length_bytes);
    fwrite(text_get(&shown), 1, shown.length_bytes, stream);
    text_free(&shown);
}

/* Writes the line at once: `before` as it is, `word` in that colour, and `raw` made visible. */
static void put_line(const char *before, const char *word, enum say_colour colour, const char *raw)
{
    struct text line = {0};

    text_add_format(&line, "%s%s", say_progress_end(), before);
    progress_stands = false;
    add_coloured(&line, stderr, colour, word, strlen(word));
    text_add_visible(&line, raw);
    text_add(&line, "\n");
    fputs(text_get(&line), stderr);
    text_free(&line);
}

void say_error(const char *message)
{
    put_line("", NAME, SAY_BAD, message);
}

__attribute__((format(printf, 3, 0))) static void put_format(const char *before, const char *word,
                                                             const char *format, va_list arguments)
{
    char *raw = memory_format_list(format, arguments);

    put_line(before, word, SAY_WARNING, raw);
    free(raw);
}

void say_warning(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_format(NAME, "warning: ", format, arguments);
    va_end(arguments);
}

void say_note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_format(NAME, "", format, arguments);
    va_end(arguments);
}

void say_line(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_format("", "", format, arguments);
    va_end(arguments);
}

bool say_can_rewrite(void)
{
    return is_able_terminal(STDERR_FILENO);
}

/* The last column stays free: in it, some terminals begin the next line. */
size_t say_columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_OTHERWISE - 1;
    return size.ws_col - 1u;
}

/* Does the terminal belong to another job of the shell? What is no job's (-1) does not. */
static bool is_in_background(void)
{
    pid_t group = tcgetpgrp(STDERR_FILENO);

    return group >= 0 && group != getpgrp();
}

void say_progress(const char *line)
{
    struct text whole = {0};
    size_t length = *line != '\0' ? strnlen(line, say_columns()) : 0;

    if (is_in_background())
        progress_stands = length = 0; /* where one stood, others have written since */
    if (length == 0 && !progress_stands)
        return;
    text_add(&whole, LINE_AWAY);
    text_add_bytes(&whole, line, length);
    progress_stands = length > 0;
    fputs(text_get(&whole), stderr); /* which has no buffer: one write */
    text_free(&whole);
}

const char *say_progress_end(void)
{
    return progress_stands ? LINE_AWAY : "";
}
