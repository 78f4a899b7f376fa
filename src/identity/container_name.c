/* SPDX-License-Identifier: Apache-2.0 */
/* Names of containers in paths of sources, and the hosts that their collectors wrote into them
 * (FACTS-more.md, Containers). In a path a container is a folder whose name ends with `!`. */
#include "identity/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* What the names of containers end with; several can follow each other, as in `PC1.tar.gz`. A
 * number, as `001`, is that of a segment. */
static const char *const extensions[] = {"7z",   "bin",   "bz2", "cab",  "dd",    "e01",  "ex01",
                                         "gz",   "image", "img", "qcow", "qcow2", "rar",  "raw",
                                         "tar",  "tbz",   "tgz", "tlz",  "txz",   "tzst", "vhd",
                                         "vhdx", "vmdk",  "xz",  "zip",  "zst"};

bool container_is_name(const char *name, size_t length)
{
    return length > 1 && name[length - 1] == '!';
}

static bool is_extension(const char *text, size_t length)
{
    if (length >= 3 && length <= 4 && strspn(text, "0123456789") >= length)
        return true;
    for (size_t index = 0; index < ARRAY_COUNT(extensions); index++)
        if (strlen(extensions[index]) == length &&
            text_equal_ascii_bytes(extensions[index], text, length))
            return true;
    return false;
}

/* Returns owned. */
static char *copy_stem(const char *name, size_t length)
{
    size_t stem = container_is_name(name, length) ? length - 1 : length;

    for (;;) {
        size_t dot = stem;

        while (dot > 0 && name[dot - 1] != '.')
            dot--;
        if (dot < 2 || !is_extension(name + dot, stem - dot))
            return memory_copy_bytes(name, stem);
        stem = dot - 1;
    }
}

char *container_file_name(const char *name, size_t length)
{
    char *stem = copy_stem(name, length);
    char *file_name = memory_format("%s.zip", stem);

    free(stem);
    return file_name;
}

/* ---- What collectors call them ---- */

static bool fits(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, text++)
        if (*pattern == '0' ? !isdigit((unsigned char)*text)
                            : !text_equal_ascii_bytes(text, pattern, 1))
            return false;
    return true;
}

/* Words that people call containers by: none is a host. A number can follow those of the first. */
static const char *const words_with_number[] = {
    "archive",  "artifacts", "backup",   "case",          "client", "collection",
    "customer", "data",      "disk",     "evidence",      "export", "files",
    "image",    "images",    "incident", "investigation", "part",   "sample",
    "target",   "targets",   "ticket",   "triage",        "volume"};
static const char *const words[] = {"computer", "desktop", "drive",  "host",
                                    "laptop",   "machine", "server", "workstation"};

static bool is_one_of(const char *text, size_t length, const char *const *list, size_t count)
{
    for (size_t index = 0; index < count; index++)
        if (strlen(list[index]) == length && text_equal_ascii_bytes(list[index], text, length))
            return true;
    return false;
}

static bool is_common_word(const char *text)
{
    size_t length = strlen(text), stem = length;

    while (stem > 0 && isdigit((unsigned char)text[stem - 1]))
        stem--;
    return is_one_of(text, length, words, ARRAY_COUNT(words)) ||
           is_one_of(text, stem, words_with_number, ARRAY_COUNT(words_with_number));
}

/* Returns owned: the host that the text begins with, or NULL. */
static char *copy_host(const char *text)
{
    char *file_name = memory_format("%s.zip", text);
    char *host = file_name_host(file_name, NAME_SIDE_BEGIN);

    free(file_name);
    return host;
}

bool container_title_is_word(const char *title)
{
    char *host = copy_host(title);
    bool is = host == NULL || is_common_word(host);

    free(host);
    return is;
}

static bool is_number(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* Drops the parts between `_` before and behind the host that are none: words, dates, numbers that
 * are not short. Returns whether all that stood behind it is known not to be one. */
static bool drop_words(char *text)
{
    bool is_sure = true;
    char *mark;

    while ((mark = strchr(text, '_')) != NULL) {
        *mark = '\0';
        if (!container_title_is_word(text)) {
            *mark = '_';
            break;
        }
        memmove(text, mark + 1, strlen(mark + 1) + 1);
    }
    while ((mark = strrchr(text, '_')) != NULL && container_title_is_word(mark + 1) &&
           !(is_number(mark + 1) && strlen(mark + 1) <= 3)) {
        is_sure = is_sure && !is_common_word(mark + 1);
        *mark = '\0';
    }
    return is_sure;
}

/* The host that is left of the text, of which a `_` can be a part or not. */
static struct container_host host_of_rest(const char *text)
{
    struct container_host host = {0};
    char *rest = memory_copy_text(text);
    bool is_sure = drop_words(rest);

    if (!container_title_is_word(rest))
        host.name = copy_host(rest);
    host.is_sure = is_sure && strchr(rest, '_') == NULL;
    free(rest);
    return host;
}

/* KAPE: `2019-01-10T101010_NAME_HOST`, or without a NAME. */
static struct container_host host_of_kape(const char *stem)
{
    static const char begins[] = "0000-00-00T000000_";
    struct container_host host = {0};

    if (fits(stem, begins))
        host = host_of_rest(stem + sizeof(begins) - 1);
    host.may_have_name_before = true;
    return host;
}

/* Is some of the name between `_` only a number, as no part of a domain is? */
static bool has_number_between_marks(const char *name)
{
    for (const char *mark = strchr(name, '_'); mark != NULL; mark = strchr(mark + 1, '_')) {
        size_t length = strcspn(mark + 1, "_");

        if (length > 0 && strspn(mark + 1, "0123456789") >= length)
            return true;
    }
    return false;
}

/* Velociraptor's offline collector: `Collection-HOST-2019-01-10T10_10_10Z`, where each character of
 * the full name but letters, digits and `-` is `_`: two or more are taken for dots, one can be
 * either. */
static struct container_host host_of_velociraptor(const char *stem)
{
    static const char begins[] = "Collection-";
    struct container_host host = {0};
    const char *time = NULL;
    const char *mark;

    if (!fits(stem, begins))
        return host;
    for (const char *at = stem + sizeof(begins); *at != '\0' && time == NULL; at++)
        time = fits(at, "-0000-00-00T00") ? at : NULL;
    if (time == NULL)
        return host;
    stem += sizeof(begins) - 1;
    host.name = memory_copy_bytes(stem, (size_t)(time - stem));
    mark = strchr(host.name, '_');
    if (mark == NULL || strchr(mark + 1, '_') == NULL) {
        host.is_sure = mark == NULL || is_number(mark + 1);
        return host;
    }
    if (has_number_between_marks(host.name))
        return host;
    host.is_sure = true;
    for (char *at = host.name; (at = strchr(at, '_')) != NULL;)
        *at = '.';
    return host;
}

/* Its server: `HOST-C.0123456789abcdef-F.ABCDEFGH12345`, client and flow. */
static struct container_host host_of_flow(const char *stem)
{
    struct container_host host = {.is_sure = true};

    for (const char *at = stem; (at = strchr(at, '-')) != NULL; at++)
        if (at > stem && host.name == NULL && fits(at, "-C.") &&
            strspn(at + 3, "0123456789abcdefABCDEF") == 16 && fits(at + 19, "-F."))
            host.name = memory_copy_bytes(stem, (size_t)(at - stem));
    return host;
}

/* Acquire: `HOST_20190110101010`, as anybody may call a container. */
static struct container_host host_of_acquire(const char *stem)
{
    const char *mark = strrchr(stem, '_');
    struct container_host host = {0};
    char *text;

    if (mark == NULL || mark == stem || !fits(mark + 1, "00000000000000") || mark[15] != '\0')
        return host;
    text = memory_copy_bytes(stem, (size_t)(mark - stem));
    host = host_of_rest(text);
    host.is_sure = false;
    free(text);
    return host;
}

struct container_host container_host(const char *name, size_t length)
{
    static struct container_host (*const collectors[])(const char *) = {
        host_of_kape, host_of_velociraptor, host_of_flow, host_of_acquire};
    char *stem = copy_stem(name, length);
    struct container_host host = {0};

    for (size_t index = 0; index < ARRAY_COUNT(collectors) && host.name == NULL; index++)
        host = collectors[index](stem);
    free(stem);
    return host;
}

char *container_title(const char *name, size_t length)
{
    char *host = container_host(name, length).name;
    char *file_name;

    if (host != NULL)
        return host;
    file_name = container_file_name(name, length);
    host = file_name_host(file_name, NAME_SIDE_ANY);
    free(file_name);
    return host != NULL ? host : copy_stem(name, length);
}
