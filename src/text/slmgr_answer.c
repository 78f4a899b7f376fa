/* SPDX-License-Identifier: Apache-2.0 */
/* slmgr /ato and /xpr: a line that names the product, then the answer:
 *
 *     Activating Windows(R) 7, Enterprise edition (ae2ee509-1b34-41c0-acb7-6d4650168915) ...
 *     Error: 0xC004F074 The Software Licensing Service reported ...
 *
 *     Windows(R) 7, Enterprise edition:
 *         Windows is in Notification mode
 *
 * Of the answers in words the English ones of slmgr.vbs are known. The sentence on the non-genuine
 * period is said where an activation gave no error, and the product is in notification all the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/tokens.h"

#define LINES_TO_ANSWER_MOST 3
#define GUID_LENGTH 36

static const struct {
    const char *words;
    enum licensing_status status;
    int64_t code;
} answers[] = {
    {"non-genuine notification period", LICENSING_STATUS_NOTIFICATION, INCIDENT_CODE_NON_GENUINE},
    {"Product activated successfully", LICENSING_STATUS_LICENSED, FINDING_ABSENT},
    {"machine is permanently activated", LICENSING_STATUS_LICENSED, FINDING_ABSENT},
    {"activation will expire", LICENSING_STATUS_LICENSED, FINDING_ABSENT},
    {"is in Notification mode", LICENSING_STATUS_NOTIFICATION, FINDING_ABSENT},
    {"Initial grace period ends", LICENSING_STATUS_INITIAL_GRACE, FINDING_ABSENT},
    {"Additional grace period ends", LICENSING_STATUS_OUT_OF_TOLERANCE_GRACE, FINDING_ABSENT},
    {"Non-genuine grace period ends", LICENSING_STATUS_NON_GENUINE_GRACE, FINDING_ABSENT},
    {"Extended grace period ends", LICENSING_STATUS_EXTENDED_GRACE, FINDING_ABSENT},
};

/* Finds a GUID in parentheses. */
static bool find_guid(struct line line, struct line *guid)
{
    struct line before;

    while (line_split(&line, '(', &before, &line)) {
        *guid = line;
        guid->length_bytes = GUID_LENGTH;
        if (line.length_bytes > GUID_LENGTH && line.bytes[GUID_LENGTH] == ')' &&
            token_is_guid(guid))
            return true;
    }
    return false;
}

/* Does the line name a product as these do? *guid is empty where it gives none. */
static bool names_product(const struct line *line, struct line *guid)
{
    struct line text = line_trim(*line);

    if (!line_contains(&text, "Windows(R) 7, "))
        return false;
    if (find_guid(text, guid))
        return true;
    *guid = (struct line){0};
    return line_starts_with(&text, "Windows(R) 7, ") && line_ends_with(&text, ":");
}

static bool read_answer(const struct line *line, struct finding_licence *said)
{
    struct line rest = *line, word;
    uint32_t code;

    for (size_t index = 0; index < ARRAY_COUNT(answers); index++)
        if (line_contains(line, answers[index].words)) {
            said->status = answers[index].status;
            said->notification_code = answers[index].code;
            return true;
        }
    while (line_next_word(&rest, &word))
        if (line_starts_with_ascii(&word, "0x") && licence_read_code(&word, &code) && code != 0) {
            said->notification_code = code;
            return true;
        }
    return false;
}

/* Reads the product and its answer; false, and nothing is moved, where there is none. */
static bool read_both(struct lines *lines, struct finding_licence *said, struct line *product,
                      struct line *guid, struct line *answer)
{
    struct lines after = *lines;

    if (!lines_next(&after, product) || !names_product(product, guid))
        return false;
    for (unsigned count = 0;
         count < LINES_TO_ANSWER_MOST && lines_next_filled(&after, answer) && answer->ended;
         count++)
        if (read_answer(answer, said)) {
            *lines = after;
            return true;
        }
    return false;
}

bool slmgr_answer_is_at(struct lines lines)
{
    struct finding_licence said;
    struct line product, guid, answer;

    return read_both(&lines, &said, &product, &guid, &answer);
}

int slmgr_answer_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct finding finding = finding_of(FINDING_LICENCE, FINDING_ORIGIN_SLMGR);
    struct line product, guid, answer;
    char *name, *id, *words;
    int result;

    if (!read_both(&walk->lines, &finding.licence, &product, &guid, &answer))
        return 0;
    product = line_trim(product);
    answer = line_trim(answer);
    name = line_copy(&product, LISTING_VALUE_MOST_BYTES);
    id = licence_copy_guid(&guid);
    words = line_copy(&answer, LISTING_VALUE_MOST_BYTES);
    finding.place = product.number;
    finding.licence.name = name;
    finding.licence.activation_id = id;
    finding.licence.license_status = words;
    emitter->facts->record_count++;
    result = emitter_add_below(emitter, &finding, err);
    free(name);
    free(id);
    free(words);
    return result;
}
