/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hostname.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unicase.h>

#include "base/memory.h"
#include "base/text.h"

size_t hostname_label_bytes(const char *name)
{
    return strcspn(name, ".");
}

static bool is_short(const char *name)
{
    return *name != '\0' && strchr(name, '.') == NULL;
}

bool hostname_is_full_form(const char *full, const char *name)
{
    size_t length = strlen(name);

    return is_short(name) && strncmp(full, name, length) == 0 && full[length] == '.' &&
           full[length + 1] != '\0';
}

bool hostname_is_form(const char *left, const char *right)
{
    return strcmp(left, right) == 0 || hostname_is_full_form(left, right) ||
           hostname_is_full_form(right, left);
}

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += !text_is_within_character(*text);
    return count;
}

bool hostname_may_be_netbios(const char *name)
{
    return is_short(name) && count_characters(name) == HOSTNAME_NETBIOS_CHARACTERS;
}

bool hostname_is_netbios_of(const char *netbios, const char *name)
{
    size_t length = strlen(netbios);

    return hostname_may_be_netbios(netbios) && hostname_label_bytes(name) > length &&
           strncmp(name, netbios, length) == 0;
}

/* Windows takes none of these for a computer's name, and none of digits alone. */
static bool is_name_of_computer(const char *name)
{
    return strpbrk(name, "\\/:*?\"<>|") == NULL && name[strspn(name, "0123456789.")] != '\0';
}

char *hostname_netbios(const char *name)
{
    const char *end = name + (is_name_of_computer(name) ? hostname_label_bytes(name) : 0);
    struct text netbios = {0};
    uint32_t character;

    for (size_t count = 0; name < end && count < HOSTNAME_NETBIOS_CHARACTERS; count++) {
        text_next_character(&name, &character);
        text_add_character(&netbios, uc_toupper(character));
    }
    return text_take(&netbios);
}

bool hostname_is_cut_off(const char *name)
{
    size_t length = strlen(name), dots = strlen(HOSTNAME_CUT_OFF);

    return length > dots && strcmp(name + length - dots, HOSTNAME_CUT_OFF) == 0;
}

bool hostname_fits_cut_off(const char *name, const char *cut_off)
{
    return strncmp(name, cut_off, strlen(cut_off) - strlen(HOSTNAME_CUT_OFF)) == 0;
}

/* What two hexadecimal digits stand for; false where there are none. */
static bool read_hex_pair(const char *at, char *byte)
{
    char digits[3] = {at[0], at[0] != '\0' ? at[1] : '\0', '\0'};

    if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]))
        return false;
    *byte = (char)strtoul(digits, NULL, 16);
    return true;
}

/* The value of the attribute that the rest of a distinguished name begins with (RFC 4514): a
 * backslash stands before a comma that is part of it, or before the number of a byte. */
static char *copy_attribute(const char *rest)
{
    struct text value = {0};

    for (; *rest != '\0' && *rest != ','; rest++) {
        char byte = *rest;

        if (byte == '\\') {
            byte = *++rest;
            if (byte == '\0')
                break;
            if (read_hex_pair(rest, &byte))
                rest++;
        }
        if (byte != '\0')
            text_add_bytes(&value, &byte, 1);
    }
    return text_take(&value);
}

/* Returns owned: the name of the account, `PC1$`, of a computer. */
static char *copy_name_of_account(const char *name)
{
    size_t length = strlen(name);

    if (length > 0 && name[length - 1] == '$')
        length--;
    return memory_copy_bytes(name, length);
}

char *hostname_of_account(const char *account)
{
    static const char common_name[] = "CN=";
    const char *slash = strrchr(account, '\\');
    char *value, *name;

    if (!text_equal_ascii_bytes(account, common_name, sizeof(common_name) - 1))
        return copy_name_of_account(slash != NULL ? slash + 1 : account);
    value = copy_attribute(account + sizeof(common_name) - 1);
    name = copy_name_of_account(value);
    free(value);
    return name;
}

size_t hostname_rootless_bytes(const char *name)
{
    size_t length = strlen(name);
    bool is_rooted =
        length > 0 && name[length - 1] == '.' && (length < 2 || name[length - 2] != '.');

    return length - is_rooted;
}
