/* SPDX-License-Identifier: Apache-2.0 */
/* The style and the script of the page. The page's Content-Security-Policy allows these two by
 * their hashes and nothing else, so each has to be what a browser hashes: the text between the
 * tags, whose line ends are line feeds by then (HTML standard, "Preprocessing the input stream").
 * They are read as they are, without placeholders. */
#include "report/page_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "report/template.h"

#define STYLE_NAME "report.css"
#define SCRIPT_NAME "report.js"

/* Makes CR LF and CR one LF each. */
static void unify_lines(char *text)
{
    char *out = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '\r')
            *out++ = *at;
        else if (at[1] != '\n')
            *out++ = '\n';
    }
    *out = '\0';
}

/* What would end the element early, or keep it from ending (HTML standard, "Restrictions for
 * contents of script elements"). */
static const char *const style_enders[] = {"</style", NULL};
static const char *const script_enders[] = {"</script", "<script", "<!--", NULL};

static int check_inline(const char *name, const char *text, const char *const *enders,
                        struct error *err)
{
    for (size_t index = 0; enders[index] != NULL; index++) {
        if (strcasestr(text, enders[index]) != NULL)
            return error_set(err, ERROR_RUN, ERROR_NO_OFFSET,
                             "template %s: %s must not stand in it, as the page holds it as it is",
                             name, enders[index]);
    }
    return 0;
}

static int hash_text(const char *text, char out[HASH_BASE64_SIZE], struct error *err)
{
    uint8_t digest[HASH_BYTES];
    struct hash *hash = hash_new(err);
    int result = -1;

    if (hash == NULL)
        return -1;
    hash_begin(hash);
    hash_take(hash, text, strlen(text));
    result = hash_finish(hash, digest, err);
    if (result == 0)
        hash_write_base64(digest, out);
    hash_free(hash);
    return result;
}

static int read_inline(const char *templates_path, const char *name, const char *const *enders,
                       struct page_inline *out, struct error *err)
{
    if (template_load(templates_path, name, &out->text, err) != 0)
        return -1;
    unify_lines(out->text);
    return check_inline(name, out->text, enders, err) == 0 ? hash_text(out->text, out->hash, err)
                                                           : -1;
}

int page_inlines_read(const char *templates_path, struct page_inlines *out, struct error *err)
{
    *out = (struct page_inlines){0};
    return read_inline(templates_path, STYLE_NAME, style_enders, &out->style, err) != 0 ||
                   read_inline(templates_path, SCRIPT_NAME, script_enders, &out->script, err) != 0
               ? -1
               : 0;
}

void page_inlines_free_content(struct page_inlines *inlines)
{
    free(inlines->style.text);
    free(inlines->script.text);
    *inlines = (struct page_inlines){0};
}

static int put_text(FILE *file, const char *text, struct error *err)
{
    (void)err;
    fputs(text, file);
    return 0;
}

int page_put_style(void *context, FILE *file, struct error *err)
{
    return put_text(file, ((const struct page *)context)->inlines.style.text, err);
}

int page_put_style_hash(void *context, FILE *file, struct error *err)
{
    return put_text(file, ((const struct page *)context)->inlines.style.hash, err);
}

int page_put_script(void *context, FILE *file, struct error *err)
{
    return put_text(file, ((const struct page *)context)->inlines.script.text, err);
}

int page_put_script_hash(void *context, FILE *file, struct error *err)
{
    return put_text(file, ((const struct page *)context)->inlines.script.hash, err);
}
