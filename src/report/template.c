/* SPDX-License-Identifier: Apache-2.0 */
/* A template is a row of pieces: plain text, then a placeholder. All that is done with one goes
 * through these pieces. */
#include "report/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define TEMPLATE_SIZE_MOST ((size_t)1 << 20)
#define PLACEHOLDER_START "{{"
#define PLACEHOLDER_END "}}"
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Borrows the template's text. */
struct piece {
    const char *plain; /* up to the placeholder, or to the end */
    size_t plain_length;
    const char *name; /* of the placeholder; NULL behind the last one */
    size_t name_length;
};

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* Reads the piece at *at and moves *at past it. */
static int next_piece(const char *template, const char *text, const char **at, struct piece *out,
                      struct error *err)
{
    const char *start = strstr(*at, PLACEHOLDER_START);

    *out = (struct piece){.plain = *at};
    if (start == NULL) {
        out->plain_length = strlen(*at);
        *at += out->plain_length;
        return 0;
    }
    out->plain_length = (size_t)(start - *at);
    out->name = start + strlen(PLACEHOLDER_START);
    out->name_length = strspn(out->name, NAME_CHARACTERS);
    *at = out->name + out->name_length;
    if (out->name_length == 0 || strncmp(*at, PLACEHOLDER_END, strlen(PLACEHOLDER_END)) != 0)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                         "template %s, line %u: %s is not followed by a name and %s", template,
                         line_of(text, start), PLACEHOLDER_START, PLACEHOLDER_END);
    *at += strlen(PLACEHOLDER_END);
    return 0;
}

static bool piece_is_named(const struct piece *piece, const char *name)
{
    return strlen(name) == piece->name_length && memcmp(name, piece->name, piece->name_length) == 0;
}

static int fail_unknown(const char *template, const char *text, const struct piece *piece,
                        struct error *err)
{
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                     "template %s, line %u: nothing fills " PLACEHOLDER_START
                     "%.*s" PLACEHOLDER_END,
                     template, line_of(text, piece->name), (int)piece->name_length, piece->name);
}

/* What is done with the pieces of a template. */
struct piece_user {
    void (*plain)(void *context, const char *plain, size_t length); /* or NULL */
    /* Returns 1 when the name is known and its value was taken, 0 when it is not known, -1. */
    int (*named)(void *context, const struct piece *piece, struct error *err);
};

static int use_pieces(const char *name, const char *text, const struct piece_user *user,
                      void *context, struct error *err)
{
    const char *at = text;
    struct piece piece;
    int known;

    while (*at != '\0') {
        if (next_piece(name, text, &at, &piece, err) != 0)
            return -1;
        if (user->plain != NULL)
            user->plain(context, piece.plain, piece.plain_length);
        if (piece.name == NULL)
            break;
        known = user->named(context, &piece, err);
        if (known == 0)
            return fail_unknown(name, text, &piece, err);
        if (known < 0)
            return -1;
    }
    return 0;
}

struct fill {
    const struct template_value *values;
    size_t value_count;
    struct text *out;
};

static void fill_plain(void *context, const char *plain, size_t length)
{
    struct fill *fill = context;

    text_add_bytes(fill->out, plain, length);
}

static int fill_named(void *context, const struct piece *piece, struct error *err)
{
    struct fill *fill = context;

    (void)err;
    for (size_t index = 0; index < fill->value_count; index++) {
        if (piece_is_named(piece, fill->values[index].name)) {
            text_add(fill->out, fill->values[index].value);
            return 1;
        }
    }
    return 0;
}

int template_fill(const char *name, const char *text, const struct template_value *values,
                  size_t value_count, struct text *out, struct error *err)
{
    static const struct piece_user user = {.plain = fill_plain, .named = fill_named};
    struct fill fill = {.values = values, .value_count = value_count, .out = out};

    return use_pieces(name, text, &user, &fill, err);
}

struct writing {
    const struct template_part *parts;
    size_t part_count;
    void *context;
    FILE *file;
};

static void write_plain(void *context, const char *plain, size_t length)
{
    struct writing *writing = context;

    fwrite(plain, 1, length, writing->file);
}

static int write_named(void *context, const struct piece *piece, struct error *err)
{
    struct writing *writing = context;

    for (size_t index = 0; index < writing->part_count; index++)
        if (piece_is_named(piece, writing->parts[index].name))
            return writing->parts[index].write(writing->context, writing->file, err) == 0 ? 1 : -1;
    return 0;
}

int template_write(const char *name, const char *text, const struct template_part *parts,
                   size_t part_count, void *context, FILE *file, struct error *err)
{
    static const struct piece_user user = {.plain = write_plain, .named = write_named};
    struct writing writing = {
        .parts = parts, .part_count = part_count, .context = context, .file = file};

    return use_pieces(name, text, &user, &writing, err);
}

void template_write_lines(const char *text, FILE *file)
{
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\r\n");

        fwrite(line, 1, length, file);
        fputs("\r\n", file);
        line += length;
        line += *line == '\r';
        line += *line == '\n';
    }
}

struct known_names {
    const char *const *names;
    size_t count;
};

static int check_named(void *context, const struct piece *piece, struct error *err)
{
    const struct known_names *known = context;

    (void)err;
    for (size_t index = 0; index < known->count; index++)
        if (piece_is_named(piece, known->names[index]))
            return 1;
    return 0;
}

int template_check(const char *name, const char *text, const char *const *names, size_t name_count,
                   struct error *err)
{
    static const struct piece_user user = {.named = check_named};
    struct known_names known = {.names = names, .count = name_count};

    return use_pieces(name, text, &user, &known, err);
}

/* Text without U+0000 whose every byte is UTF-8. */
static bool is_utf8_text(const char *bytes, size_t length)
{
    bool is_cut;

    return strlen(bytes) == length && text_utf8_length(bytes, length, &is_cut) == length;
}

/* Reads all of the file, at most one byte more than a template may have. */
static int read_file(int descriptor, struct text *out)
{
    char buffer[16384];
    ssize_t count;

    while ((count = read(descriptor, buffer, sizeof(buffer))) != 0) {
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        text_add_bytes(out, buffer, (size_t)count);
        if (out->length_bytes > TEMPLATE_SIZE_MOST)
            return 0;
    }
    return 0;
}

int template_load(const char *folder, const char *name, char **out, struct error *err)
{
    char *path = memory_format("%s/%s", folder, name);
    struct text content = {0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int result = -1;

    if (descriptor < 0 || read_file(descriptor, &content) != 0)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "cannot read template %s: %m", path);
    else if (content.length_bytes > TEMPLATE_SIZE_MOST)
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "template %s is larger than 1 MiB", path);
    else if (!is_utf8_text(text_get(&content), content.length_bytes))
        error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "template %s is not UTF-8 text", path);
    else
        result = 0;
    if (result == 0)
        *out = text_take(&content);
    if (descriptor >= 0)
        close(descriptor);
    text_free(&content);
    free(path);
    return result;
}
