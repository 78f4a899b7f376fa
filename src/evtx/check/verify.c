/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx/check/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "evtx/binxml.h"
#include "evtx/check/reference.h"

#define BYTE_ORDER_MARK 0xFEFFu
/* Half of the last digit, of theirs or ours. */
#define FLOAT_ERROR 1e-6
/* libevtx gives the first supplementary characters up to here as ones of U+FC01..U+FFFF. */
#define SUPPLEMENTARY_SPOILT_LAST \
    (REFERENCE_SUPPLEMENTARY_FIRST + REFERENCE_SUPPLEMENTARY_ERROR - 1)

struct verifier {
    struct reference *reference; /* owned; NULL until libevtx is asked for the first time */
    struct chunk chunk;
    const struct record *records; /* that will be asked for */
    size_t record_count;
    bool is_open;
    bool is_refused;    /* libevtx does not open the chunk */
    bool rest_is_shown; /* it was opened for what it recovers */
    size_t next_recovered;
    struct binxml_value_stack values;
    struct eventtext event;
    struct text difference;
};

struct verifier *verifier_create(void)
{
    return memory_allocate(1, sizeof(struct verifier));
}

void verifier_free(struct verifier *verifier)
{
    if (verifier == NULL)
        return;
    reference_free(verifier->reference);
    free(verifier->values.values);
    eventtext_free_content(&verifier->event);
    text_free(&verifier->difference);
    free(verifier);
}

bool verifier_can_ask(struct verifier *verifier, const struct chunk *chunk,
                      const struct record *record, bool *is_too_much)
{
    return reference_can_read(chunk, record, &verifier->values, is_too_much);
}

void verifier_begin_chunk(struct verifier *verifier, const struct chunk *chunk,
                          const struct record *records, size_t count)
{
    verifier->chunk = *chunk;
    verifier->records = records;
    verifier->record_count = count;
    verifier->is_open = false;
    verifier->is_refused = false;
    verifier->rest_is_shown = false;
    verifier->next_recovered = 0;
}

/* Hands libevtx the chunk. */
static bool open_reference(struct verifier *verifier, const struct record *records, size_t count,
                           uint32_t shown_from)
{
    struct error ignored = {0};

    if (verifier->reference == NULL)
        verifier->reference = reference_create();
    verifier->is_open = reference_open(verifier->reference, &verifier->chunk, records, count,
                                       shown_from, &ignored) == 0;
    error_clear(&ignored);
    return verifier->is_open;
}

/* Hands libevtx the chunk with the records that will be asked for. */
static bool open_chunk(struct verifier *verifier)
{
    if (verifier->is_open || verifier->is_refused)
        return verifier->is_open;
    verifier->is_refused =
        !open_reference(verifier, verifier->records, verifier->record_count, CHUNK_SIZE_BYTES);
    return verifier->is_open;
}

/* Hands libevtx the chunk from `start_bytes` on. */
static bool open_rest(struct verifier *verifier, uint32_t start_bytes)
{
    verifier->rest_is_shown = true;
    return open_reference(verifier, NULL, 0, start_bytes);
}

/* --- comparing --- */

/* Takes the next character as libevtx would write it. */
static uint32_t expected_character(const char **at)
{
    uint32_t character;

    text_next_character(at, &character);
    if (character >= REFERENCE_SUPPLEMENTARY_FIRST && character <= SUPPLEMENTARY_SPOILT_LAST &&
        reference_spoils_supplementary())
        character -= REFERENCE_SUPPLEMENTARY_ERROR;
    return character;
}

/* The next character, without moving; 0 at the end. */
static uint32_t look_ahead(const char *at)
{
    return *at != '\0' ? expected_character(&at) : 0;
}

/* Is `theirs` what libevtx makes of a negative number: a minus and all bits but the sign's? */
static bool negatives_agree(const char *ours, const char *theirs)
{
    uint64_t negated, read;

    if (*ours != '-' || *theirs != '-' || !text_parse_number(ours + 1, &negated) ||
        !text_parse_number(theirs + 1, &read))
        return false;
    for (unsigned bits = 8; bits <= 64; bits *= 2)
        if (read == ((0 - negated) & ((UINT64_C(1) << (bits - 1)) - 1)))
            return true;
    return false;
}

/* Is `theirs` what libevtx makes of a floating-point number: seven digits and an exponent of three?
 * Ours has six digits behind the point. */
static bool floats_agree(const char *ours, const char *theirs)
{
    static const char digits[] = "0123456789";
    const char *mantissa = theirs + (*theirs == '-' ? 1 : 0);
    const char *point = ours + (*ours == '-' ? 1 : 0);
    double left, right, apart;

    point += strspn(point, digits);
    if (strspn(mantissa, digits) != 1 || mantissa[1] != '.' || strspn(mantissa + 2, digits) != 6 ||
        mantissa[8] != 'e' || strchr("+-", mantissa[9]) == NULL ||
        strspn(mantissa + 10, digits) != 3 || mantissa[13] != '\0' || *point != '.' ||
        strspn(point + 1, digits) != 6 || point[7] != '\0')
        return false;
    left = strtod(ours, NULL);
    right = strtod(theirs, NULL);
    apart = left > right ? left - right : right - left;
    return apart <= FLOAT_ERROR * (1 + (right < 0 ? -right : right));
}

/* Is `theirs` a SYSTEMTIME as newer versions of libevtx write it: its milliseconds, which ours ends
 * with, as nanoseconds? */
static bool system_times_agree(const char *ours, const char *theirs)
{
    static const char ours_end[] = "Z", theirs_end[] = "000000Z";
    size_t length = strlen(ours);

    return length > strlen(".000Z") && ours[length - strlen(".000Z")] == '.' &&
           strcmp(ours + length - strlen(ours_end), ours_end) == 0 &&
           strncmp(ours, theirs, length - strlen(ours_end)) == 0 &&
           strcmp(theirs + length - strlen(ours_end), theirs_end) == 0;
}

/* Is `theirs` what libevtx makes of a time that it cannot write: its numbers in hexadecimal, of a
 * FILETIME the upper and lower half, of a SYSTEMTIME eight that are not even those stored? */
static bool impossible_times_agree(const char *ours, const char *theirs)
{
    uint64_t filetime;
    unsigned upper, lower;
    char expected[sizeof("0x0123456789abcdef")];

    if (strncmp(theirs, "(0x", 3) != 0)
        return false;
    if (sscanf(theirs, "(0x%8x 0x%8x)", &upper, &lower) == 2 && strlen(theirs) == 23) {
        snprintf(expected, sizeof(expected), "0x%08x%08x", upper, lower);
        return strcmp(ours, expected) == 0;
    }
    return strlen(theirs) == 57 && strlen(ours) >= 24 && strchr(ours, 'T') != NULL &&
           ours[strlen(ours) - 1] == 'Z' && !filetime_parse(ours, &filetime);
}

/* A way to read `theirs`: how far it is used up. */
struct way {
    const char *theirs;
    bool after_half; /* a U+FFFD was read last: half a surrogate pair, perhaps */
};
/* More are not followed; there is one more for each half. */
#define WAYS_MOST 16u

static void way_add(struct way *ways, size_t *count, const char *theirs, bool after_half)
{
    if (*count < WAYS_MOST)
        ways[(*count)++] = (struct way){.theirs = theirs, .after_half = after_half};
}

/* Compares character by character. The upper half of a surrogate pair takes the unit behind it
 * along, the lower one does not; which it was cannot be told any more. */
static bool characters_agree(const char *ours, const char *theirs)
{
    struct way ways[WAYS_MOST] = {{.theirs = theirs}};
    size_t count = 1;
    bool agree = false;

    while (*ours != '\0' && count > 0) {
        uint32_t character = expected_character(&ours), read;
        struct way before[WAYS_MOST];
        size_t before_count = count;

        memcpy(before, ways, sizeof(before));
        count = 0;
        for (size_t index = 0; index < before_count; index++) {
            const char *behind = before[index].theirs;

            if (*behind != '\0' && (text_next_character(&behind, &read), read == character))
                way_add(ways, &count, behind, character == TEXT_REPLACEMENT_CHARACTER);
            if (before[index].after_half)
                way_add(ways, &count, before[index].theirs, false);
        }
    }
    for (size_t index = 0; index < count; index++)
        agree = agree || *ways[index].theirs == '\0';
    return agree;
}

static bool values_agree(const char *ours, const char *theirs)
{
    if (strcmp(ours, theirs) == 0 || (strcmp(ours, "\n") == 0 && *theirs == '\0') ||
        negatives_agree(ours, theirs) || floats_agree(ours, theirs) ||
        system_times_agree(ours, theirs) || impossible_times_agree(ours, theirs))
        return true;
    if (look_ahead(ours) == BYTE_ORDER_MARK && look_ahead(theirs) != BYTE_ORDER_MARK)
        expected_character(&ours);
    return characters_agree(ours, theirs);
}

static void compare_texts(struct text *difference, const char *field, const char *ours,
                          const char *theirs)
{
    if (!values_agree(ours, theirs))
        text_add_item_format(difference, "%s %s", field, theirs);
}

static void compare_numbers(struct text *difference, const char *field, int64_t ours,
                            int64_t theirs)
{
    if (ours != theirs)
        text_add_item_format(difference, "%s %" PRId64, field, theirs);
}

static void compare_strings(struct text *difference, const struct observation *ours,
                            const struct observation *theirs)
{
    if (ours->string_count != theirs->string_count) {
        compare_numbers(difference, "strings, count", (int64_t)ours->string_count,
                        (int64_t)theirs->string_count);
        return;
    }
    for (size_t index = 0; index < ours->string_count; index++) {
        char *field = memory_format("string %zu name", index + 1);

        compare_texts(difference, field, ours->strings[index].name, theirs->strings[index].name);
        free(field);
        field = memory_format("string %zu", index + 1);
        compare_texts(difference, field, ours->strings[index].value, theirs->strings[index].value);
        free(field);
    }
}

bool observations_agree(const struct observation *ours, const struct observation *theirs,
                        struct text *difference)
{
    text_clear(difference);
    compare_texts(difference, "provider", ours->provider, theirs->provider);
    compare_numbers(difference, "event id", ours->event_id, theirs->event_id);
    compare_numbers(difference, "qualifiers", ours->qualifiers, theirs->qualifiers);
    compare_texts(difference, "computer", ours->computer, theirs->computer);
    compare_texts(difference, "channel", ours->channel, theirs->channel);
    compare_strings(difference, ours, theirs);
    return difference->length_bytes == 0;
}

/* --- checking --- */

static bool read_theirs(struct verifier *verifier, const struct record *record)
{
    struct reference_record decoded;
    struct error ignored = {0};
    size_t index;
    bool read =
        !record_is_forwarded(record) &&
        reference_can_read(&verifier->chunk, record, &verifier->values, NULL) &&
        open_chunk(verifier) &&
        reference_find(verifier->reference, record->position_bytes, &index) &&
        reference_read(verifier->reference, index, &decoded, &ignored) == 0 &&
        eventtext_parse(&verifier->event, decoded.text, decoded.length_bytes, &ignored) == 0;

    error_clear(&ignored);
    return read;
}

void verifier_check(struct verifier *verifier, const struct record *record,
                    struct observation *observation)
{
    observation->other_reading = NULL;
    observation->verified = VERIFIED_NO;
    if (!read_theirs(verifier, record))
        return;
    observation->verified = VERIFIED_YES;
    if (observations_agree(observation, &verifier->event.observation, &verifier->difference))
        return;
    observation->verified = VERIFIED_CONFLICT;
    observation->other_reading = text_get(&verifier->difference);
}

bool verifier_next_recovered(struct verifier *verifier, uint32_t start_bytes,
                             bool (*is_known)(const void *context, uint32_t position_bytes),
                             const void *context, struct observation *out)
{
    if (!verifier->rest_is_shown && !open_rest(verifier, start_bytes))
        return false;
    while (verifier->is_open && verifier->next_recovered < reference_count(verifier->reference)) {
        struct reference_record decoded;
        struct error ignored = {0};
        bool read =
            reference_read(verifier->reference, verifier->next_recovered++, &decoded, &ignored) ==
                0 &&
            !is_known(context, decoded.position_bytes) &&
            eventtext_parse(&verifier->event, decoded.text, decoded.length_bytes, &ignored) == 0;

        error_clear(&ignored);
        if (!read)
            continue;
        *out = verifier->event.observation;
        out->offset_bytes = verifier->chunk.bytes.offset_bytes + decoded.position_bytes;
        out->verified = VERIFIED_NO;
        out->reference_only = true;
        return true;
    }
    return false;
}
