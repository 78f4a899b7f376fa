/* SPDX-License-Identifier: Apache-2.0 */
/* slmgr /dlv and /dli: one product. In the order of the script (slmgr.vbs of Windows 7):
 *
 *     Name: Windows(R) 7, Enterprise edition
 *     Description: Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel
 *     Activation ID: ae2ee509-1b34-41c0-acb7-6d4650168915        (/dlv)
 *     Application ID: 55c92734-d682-4d71-983e-d6ec3f16059f       (/dlv)
 *     Extended PID, Installation ID, addresses                   (/dlv)
 *     Partial Product Key: HVTHH                   (or: This license is not in use.)
 *     License Status: Notification
 *     Notification Reason: 0xC004F200 (non-genuine).
 *
 * Labels are translated, so it is the order and the form of the values that tell them apart; other
 * GUIDs, such as that of the KMS client, come after the key. Lines up to the key need no label:
 * some consoles wrap what is longer than 80 characters. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/incident.h"
#include "text/forms.h"
#include "text/tokens.h"

/* Lines of a product up to its key, and of its status behind it. */
#define PRODUCT_LINES_MOST 40
#define STATUS_LINES_MOST 4
#define KEY_ALPHABET "BCDFGHJKMPQRTVWXY2346789"
#define KEY_PART_LENGTH 5
#define CODE_DIGITS 8

struct product {
    struct line name;
    struct line description;
    struct line description_rest; /* where it was wrapped; else empty */
    struct line activation_id;
    struct line application_id;
    struct line partial_key;
    struct line status;
    struct line reason;
    uint32_t code;     /* 0 without a reason */
    bool is_doubled;   /* an empty line follows each line */
    const char *fault; /* NULL, or why it is not whole */
};

static bool is_key_part(const struct line *value)
{
    return value->length_bytes == KEY_PART_LENGTH &&
           line_count_of(value, KEY_ALPHABET) == KEY_PART_LENGTH;
}

/* Reads `0xC004F200 ...`. */
static bool read_code(const struct line *value, uint32_t *code)
{
    struct line digits;
    char *text;

    if (!line_starts_with(value, "0x") && !line_starts_with(value, "0X"))
        return false;
    digits = line_from(*value, 2);
    if (line_count_of(&digits, "0123456789abcdefABCDEF") != CODE_DIGITS)
        return false;
    text = line_copy(&digits, CODE_DIGITS);
    *code = (uint32_t)strtoul(text, NULL, 16);
    free(text);
    return true;
}

/* Takes the next line; false at the end of the product: an empty line, another product or listing,
 * the end. Where line ends are doubled, an empty line follows each line. Notes when the line does
 * not end: then it is the last one, and its value may be the start of another. */
static bool next_line(struct listing_walk *walk, struct product *product, struct line *line)
{
    struct lines after = walk->lines;

    if (product->is_doubled && lines_next(&after, line) && line_is_blank(line))
        walk->lines = after;
    after = walk->lines;
    if (listing_form_at(walk) != LISTING_FORM_NONE || !lines_next(&after, line) ||
        line_is_blank(line))
        return false;
    if (!line->ended)
        product->fault = LISTING_CUT_IN_LINE;
    walk->lines = after;
    return true;
}

/* Takes what of the description stands on a line of its own. It ends with that word in every
 * language. */
static void read_description_rest(struct listing_walk *walk, struct product *product)
{
    struct lines before = walk->lines;
    struct line line, label, value;

    if (line_ends_with(&product->description, " channel"))
        return;
    if (next_line(walk, product, &line) && !line_split(&line, ':', &label, &value))
        product->description_rest = line_trim(line);
    else
        walk->lines = before;
}

/* Reads up to the key: false when the product has none. One that is not in use says so in a
 * sentence without a label. */
static bool read_product(struct listing_walk *walk, struct product *product)
{
    bool has_sentence = product->description_rest.length_bytes > 0;
    struct line line, label, value;

    for (unsigned count = 0; count < PRODUCT_LINES_MOST && next_line(walk, product, &line);
         count++) {
        if (!line_split(&line, ':', &label, &value)) {
            has_sentence = true;
            continue;
        }
        if (is_key_part(&value)) {
            product->partial_key = value;
            return true;
        }
        if (!token_is_guid(&value))
            continue;
        if (product->activation_id.length_bytes == 0)
            product->activation_id = value;
        else if (product->application_id.length_bytes == 0)
            product->application_id = value;
    }
    if (product->fault == NULL && !has_sentence)
        product->fault = "it is cut: it ends before its key";
    return false;
}

static void read_status(struct listing_walk *walk, struct product *product)
{
    bool is_status_last = false;
    struct line line, label, value;

    for (unsigned count = 0; count < STATUS_LINES_MOST && next_line(walk, product, &line) &&
                             line_split(&line, ':', &label, &value) && product->fault == NULL;
         count++) {
        if (count == 0)
            product->status = value;
        is_status_last = count == 0 && walk->lines.at == walk->lines.end;
        if (product->reason.length_bytes == 0 && read_code(&value, &product->code))
            product->reason = value;
    }
    if (product->fault == NULL && product->status.length_bytes == 0)
        product->fault = "it is cut: no status follows its key";
    /* /dlv always goes on; after /dli the status can be the last line. */
    else if (product->fault == NULL && is_status_last && product->activation_id.length_bytes > 0)
        product->fault = "it is cut: nothing follows its status";
}

/* Returns owned: the GUID as the case has them. */
static char *copy_guid(const struct line *value)
{
    struct line guid = *value;
    char *text;

    if (line_starts_with(&guid, "{")) {
        guid = line_from(guid, 1);
        guid.length_bytes--;
    }
    text = line_copy(&guid, LISTING_VALUE_MOST_BYTES);
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

/* Returns owned: the description, put together again where it was wrapped. */
static char *copy_description(const struct product *product)
{
    char *start = line_copy(&product->description, LISTING_VALUE_MOST_BYTES);
    char *rest = line_copy(&product->description_rest, LISTING_VALUE_MOST_BYTES);
    char *whole = memory_format("%s%s", start, rest);

    free(start);
    free(rest);
    return whole;
}

static int hand_on(struct emitter *emitter, const struct product *product, struct error *err)
{
    char *activation_id = copy_guid(&product->activation_id);
    char *application_id = copy_guid(&product->application_id);
    char *name = line_copy(&product->name, LISTING_VALUE_MOST_BYTES);
    char *description = copy_description(product);
    char *partial_key = line_copy(&product->partial_key, LISTING_VALUE_MOST_BYTES);
    char *status = line_copy(&product->status, LISTING_VALUE_MOST_BYTES);
    char *reason = line_copy(&product->reason, LISTING_VALUE_MOST_BYTES);
    struct finding finding = finding_of(FINDING_LICENCE, FINDING_ORIGIN_SLMGR);
    int result = 0;

    finding.place = product->name.number;
    finding.licence = (struct finding_licence){
        .name = name,
        .description = description,
        .activation_id = activation_id,
        .application_id = application_id,
        .partial_product_key = partial_key,
        .license_status = status,
        .notification_reason = reason,
        .notification_code =
            product->reason.length_bytes > 0 ? (int64_t)product->code : FINDING_ABSENT,
    };
    if (*application_id == '\0' || guid_equal(application_id, INCIDENT_WINDOWS_APPLICATION_ID)) {
        emitter->facts->record_count++;
        result = emitter_add(emitter, &finding, err);
    }
    free(activation_id);
    free(application_id);
    free(name);
    free(description);
    free(partial_key);
    free(status);
    free(reason);
    return result;
}

int slmgr_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct product product = {0};
    struct line line, label;
    bool has_key;

    if (!lines_next_filled(&walk->lines, &line) || !line_split(&line, ':', &label, &product.name) ||
        !lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &product.description))
        return 0;
    product.is_doubled = product.description.number > product.name.number + 1;
    if (!line.ended)
        product.fault = LISTING_CUT_IN_LINE;
    read_description_rest(walk, &product);
    has_key = read_product(walk, &product);
    if (has_key)
        read_status(walk, &product);
    if (product.fault != NULL)
        emitter_remark(emitter, product.name.number, FINDING_ORIGIN_SLMGR, "", product.fault);
    return has_key ? hand_on(emitter, &product, err) : 0;
}
