/* SPDX-License-Identifier: Apache-2.0 */
#include "text/tokens.h"

#include <string.h>

#include "base/memory.h"

/* A label is at most so long; a longer line with a colon is prose. */
#define LABEL_MOST_BYTES 96
#define DIGITS "0123456789"
#define HEX_DIGITS "0123456789abcdefABCDEF"
#define TOKEN_LENGTH 16

static bool is_any_of(const struct line *word, const char *const *names, size_t count)
{
    if (word->length_bytes == 0 || strchr("CDFHIKNOPQRS_", *word->bytes) == NULL)
        return false; /* none begins so: most lines of any text are told by that */
    for (size_t index = 0; index < count; index++)
        if (line_equals(word, names[index]))
            return true;
    return false;
}

bool token_is_property(const struct line *word)
{
    static const char *const names[] = {
        "Caption",     "CSName",      "Description", "FixComments", "HotFixID",
        "InstallDate", "InstalledBy", "InstalledOn", "Name",        "ServicePackInEffect",
        "Status"};

    return is_any_of(word, names, ARRAY_COUNT(names));
}

bool token_is_added_property(const struct line *word)
{
    static const char *const names[] = {"Source",
                                        "ComputerName",
                                        "CimClass",
                                        "CimInstanceProperties",
                                        "CimSystemProperties",
                                        "PSComputerName",
                                        "PSStatus",
                                        "PSShowComputerName",
                                        "RunspaceId",
                                        "__GENUS",
                                        "__CLASS",
                                        "__SUPERCLASS",
                                        "__DYNASTY",
                                        "__RELPATH",
                                        "__PROPERTY_COUNT",
                                        "__DERIVATION",
                                        "__SERVER",
                                        "__NAMESPACE",
                                        "__PATH",
                                        "Scope",
                                        "Path",
                                        "Options",
                                        "ClassPath",
                                        "Properties",
                                        "SystemProperties",
                                        "Qualifiers",
                                        "Site",
                                        "Container"};

    return is_any_of(word, names, ARRAY_COUNT(names));
}

struct line token_without_zero(struct line name)
{
    if (name.length_bytes > 1 && line_ends_with(&name, "0"))
        name.length_bytes--;
    return name;
}

bool token_is_update_heading(const struct line *word)
{
    static const char *const names[] = {"HotFixID", "HotFixID0", "KB", "KBNumber"};

    return is_any_of(word, names, ARRAY_COUNT(names));
}

bool token_is_heading(const struct line *word)
{
    struct line name = token_without_zero(*word);

    return token_is_property(&name) || token_is_added_property(&name) ||
           token_is_update_heading(word);
}

bool token_is_guid(const struct line *word)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    struct line guid = *word;

    if (guid.length_bytes == sizeof(form) + 1 && *guid.bytes == '{' && line_ends_with(&guid, "}")) {
        guid = line_from(guid, 1);
        guid.length_bytes--;
    }
    if (guid.length_bytes != sizeof(form) - 1)
        return false;
    for (size_t index = 0; index < guid.length_bytes; index++)
        if (form[index] == '-'
                ? guid.bytes[index] != '-'
                : guid.bytes[index] == '\0' || strchr(HEX_DIGITS, guid.bytes[index]) == NULL)
            return false;
    return true;
}

/* Takes digits off the front of *rest, and what stands behind them if it is `end`. */
static bool take_digits(struct line *rest, char end)
{
    size_t count = line_count_of(rest, DIGITS);

    if (count == 0 || (end != '\0' && (count == rest->length_bytes || rest->bytes[count] != end)))
        return false;
    *rest = line_from(*rest, count + (end != '\0' ? 1 : 0));
    return true;
}

static bool take_version(struct line *rest)
{
    return take_digits(rest, '.') && take_digits(rest, '.') && take_digits(rest, '.') &&
           take_digits(rest, '\0');
}

bool token_is_version(const struct line *value)
{
    struct line rest = *value;

    return take_version(&rest) && rest.length_bytes == 0;
}

bool token_is_package(const struct line *word)
{
    struct line left, rest, architecture, language;

    if (!line_split(word, '~', &left, &rest) || left.length_bytes == 0 ||
        line_count_of(&rest, HEX_DIGITS) != TOKEN_LENGTH || rest.length_bytes == TOKEN_LENGTH ||
        rest.bytes[TOKEN_LENGTH] != '~')
        return false;
    rest = line_from(rest, TOKEN_LENGTH + 1);
    return line_split(&rest, '~', &architecture, &rest) &&
           line_split(&rest, '~', &language, &rest) && take_version(&rest) &&
           rest.length_bytes == 0;
}

bool token_split_label(const struct line *line, struct line *label, struct line *value)
{
    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, ':', label, value) && label->length_bytes > 0 &&
           label->length_bytes <= LABEL_MOST_BYTES;
}

bool token_is_identifier(const struct line *word)
{
    static const char characters[] = DIGITS "_abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return word->length_bytes > 0 && word->length_bytes <= LABEL_MOST_BYTES &&
           line_count_of(word, DIGITS) == 0 &&
           line_count_of(word, characters) == word->length_bytes;
}

bool token_split_property(const struct line *line, char separator, struct line *name,
                          struct line *value)
{
    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, separator, name, value) && token_is_identifier(name);
}

bool token_package_of_line(const struct line *line, struct line *identity)
{
    struct line label;

    return token_split_label(line, &label, identity) && token_is_package(identity);
}

bool token_package_of_row(const struct line *line, struct line *identity)
{
    struct line rest;

    return line->length_bytes > 0 && (unsigned char)*line->bytes > ' ' &&
           line_split(line, '|', identity, &rest) && token_is_package(identity);
}

bool token_names_channel(const struct line *description)
{
    /* Behind the product's name, which is not translated: `Windows(R) 7, RETAIL channel`. */
    static const char *const channels[] = {", VOLUME_",    ", RETAIL channel",
                                           ", RETAIL(",    ", OEM_",
                                           ", TIMEBASED_", ", VIRTUAL_MACHINE_ACTIVATION"};

    for (size_t index = 0; index < ARRAY_COUNT(channels); index++)
        if (line_contains(description, channels[index]))
            return true;
    return false;
}

bool token_is_system_version(const struct line *value)
{
    struct line rest = *value;
    struct line build;

    if (!take_digits(&rest, '.') || !take_digits(&rest, '.'))
        return false;
    build = rest;
    build.length_bytes = line_count_of(&rest, DIGITS);
    rest = line_from(rest, build.length_bytes);
    if (build.length_bytes == 0 || build.length_bytes >= rest.length_bytes || *rest.bytes != ' ')
        return false;
    rest = line_from(rest, rest.length_bytes - build.length_bytes - 1);
    return rest.bytes[0] == ' ' && memcmp(rest.bytes + 1, build.bytes, build.length_bytes) == 0;
}

bool token_is_product_id(const struct line *value)
{
    static const char form[] = "00000-AAA-0000000-00000";

    if (value->length_bytes != sizeof(form) - 1)
        return false;
    for (size_t index = 0; index < sizeof(form) - 1; index++) {
        char byte = value->bytes[index];

        if (form[index] == '-'
                ? byte != '-'
                : (byte < '0' || byte > '9') && (form[index] != 'A' || byte < 'A' || byte > 'Z'))
            return false;
    }
    return true;
}
