/* SPDX-License-Identifier: Apache-2.0 */
#include "report/format.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

/* What stands for an ASCII character that HTML reads as its own, or NULL. */
static const char *entity_of(uint32_t code_point)
{
    static const char *const entities['>' + 1] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
    };

    return code_point < ARRAY_COUNT(entities) ? entities[code_point] : NULL;
}

uint32_t html_visible(uint32_t code_point)
{
    if (code_point < 0x20)
        return 0x2400 + code_point;
    if (code_point == 0x7F)
        return 0x2421;
    return text_is_unseen(code_point) ? 0 : code_point;
}

void html_add_escaped(struct text *out, const char *raw)
{
    uint32_t code_point;

    while (*raw != '\0') {
        if (!text_next_character(&raw, &code_point))
            text_add_byte(out, raw[-1]);
        else if (entity_of(code_point) != NULL)
            text_add(out, entity_of(code_point));
        else if (html_visible(code_point) != 0)
            text_add_character(out, html_visible(code_point));
        else
            text_add_format(out, "[U+%04" PRIX32 "]", code_point);
    }
}

void html_put(FILE *file, const char *raw)
{
    struct text escaped = {0};

    html_add_escaped(&escaped, raw != NULL ? raw : "");
    fwrite(text_get(&escaped), 1, escaped.length_bytes, file);
    text_free(&escaped);
}

void html_put_path(FILE *file, const char *path)
{
    struct text shown = {0};

    text_add_path(&shown, path);
    html_put(file, text_get(&shown));
    text_free(&shown);
}

void html_put_between(FILE *file, const char *before, const char *raw, const char *after)
{
    if (raw == NULL || *raw == '\0')
        return;
    fputs(before, file);
    html_put(file, raw);
    fputs(after, file);
}

void html_put_sentence(FILE *file, const char *sentence)
{
    struct text escaped = {0};
    bool in_code = false;

    html_add_escaped(&escaped, sentence);
    for (const char *at = text_get(&escaped); *at != '\0'; at++) {
        if (*at != '`') {
            fputc(*at, file);
            continue;
        }
        in_code = !in_code;
        fputs(in_code ? "<code>" : "</code>", file);
    }
    text_free(&escaped);
}

void html_put_cell(FILE *file, const char *class, const char *raw)
{
    fprintf(file, "<td class=\"%s\">", class);
    html_put(file, raw);
    fputs("</td>", file);
}

void html_put_time(FILE *file, uint64_t filetime)
{
    char *text = filetime_text(filetime);

    fprintf(file, "<time datetime=\"%s\">%s</time>", text, text);
    free(text);
}
