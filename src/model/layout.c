/* SPDX-License-Identifier: Apache-2.0 */
#include "model/layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static const char *const collector_folders[] = {"uploads", "auto",     "file", "ntfs", "lazy_ntfs",
                                                "mft",     "ntfs_vss", "fs",   "$fs$"};

#define OLD_INSTALLATION_FOLDER "Windows.old"

bool layout_is_collector(const char *name, size_t length)
{
    for (size_t index = 0; index < ARRAY_COUNT(collector_folders); index++)
        if (strlen(collector_folders[index]) == length &&
            text_equal_ascii_bytes(name, collector_folders[index], length))
            return true;
    return false;
}

static size_t count_digits(const char *text, size_t length)
{
    size_t count = 0;

    while (count < length && text[count] >= '0' && text[count] <= '9')
        count++;
    return count;
}

bool layout_is_old_installation(const char *name, size_t length)
{
    size_t word = strlen(OLD_INSTALLATION_FOLDER), digits;

    if (length < word || !text_equal_ascii_bytes(name, OLD_INSTALLATION_FOLDER, word))
        return false;
    name += word;
    length -= word;
    if (length == 0)
        return true;
    digits = count_digits(name + 1, length - 1);
    if (name[0] == '.')
        return digits == 3 && length == 4;
    return name[0] == '(' && digits > 0 && length == digits + 2 && name[length - 1] == ')';
}

bool layout_is_numbered(const char *name, size_t length, const char *word)
{
    size_t word_length = strlen(word);

    return length >= word_length && text_equal_ascii_bytes(name, word, word_length) &&
           count_digits(name + word_length, length - word_length) == length - word_length;
}

static int hex_digit(char character)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = character != '\0' ? strchr(digits, character | 0x20) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1;
        int low = high >= 0 ? hex_digit(from[2]) : -1;

        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high * 16 + low);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* Returns owned: the name without the escapes of Velociraptor, `C:` for `C%3A`. What was collected
 * from a collection has them twice. */
char *layout_unescape(const char *name, size_t length)
{
    char *copy = memory_copy_bytes(name, length);

    unescape(copy);
    unescape(copy);
    return copy;
}

static bool is_copy(const char *name)
{
    return layout_is_numbered(name, strlen(name), "vss") ||
           layout_is_numbered(name, strlen(name), "HarddiskVolumeShadowCopy");
}

bool layout_is_shadow_copy(const char *name, size_t length)
{
    char *copy = layout_unescape(name, length);
    const char *device = strrchr(copy, '\\');
    bool is = is_copy(device != NULL ? device + 1 : copy);

    free(copy);
    return is;
}

/* Older ones of Velociraptor wrote colons for backslashes. */
bool layout_is_disk(const char *name, size_t length)
{
    char *copy = layout_unescape(name, length);
    bool drive = (copy[0] | 0x20) >= 'a' && (copy[0] | 0x20) <= 'z';
    bool is = (drive && (copy[1] == '\0' || (strchr(":_$", copy[1]) != NULL && copy[2] == '\0'))) ||
              strncmp(copy, "\\\\", 2) == 0 || strncmp(copy, "::", 2) == 0 || is_copy(copy);

    free(copy);
    return is;
}
