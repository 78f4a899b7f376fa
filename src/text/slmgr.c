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
 * some consoles wrap what is longer than 80 characters. It can be indented, and be what MGADiag has
 * between lines of its own. */
#include "text/forms.h"
#include "text/tokens.h"

/* Lines of a product up to its key, and of its status behind it. */
#define PRODUCT_LINES_MOST 40
#define STATUS_LINES_MOST 4
#define KEY_ALPHABET "BCDFGHJKMPQRTVWXY2346789"
#define KEY_PART_LENGTH 5

struct product {
    struct listed_licence licence;
    bool is_doubled;   /* an empty line follows each line */
    const char *fault; /* NULL, or why it is not whole */
};

static bool is_key_part(const struct line *value)
{
    return value->length_bytes == KEY_PART_LENGTH &&
           line_count_of(value, KEY_ALPHABET) == KEY_PART_LENGTH;
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

    if (line_ends_with(&product->licence.description, " channel"))
        return;
    if (next_line(walk, product, &line) && !line_split(&line, ':', &label, &value))
        product->licence.description_rest = line_trim(line);
    else
        walk->lines = before;
}

/* Reads up to the key: false when the product has none. One that is not in use says so in a
 * sentence without a label. */
static bool read_product(struct listing_walk *walk, struct product *product)
{
    bool has_sentence = product->licence.description_rest.length_bytes > 0;
    struct line line, label, value;

    for (unsigned count = 0; count < PRODUCT_LINES_MOST && next_line(walk, product, &line);
         count++) {
        if (!line_split(&line, ':', &label, &value)) {
            has_sentence = true;
            continue;
        }
        if (is_key_part(&value)) {
            product->licence.partial_key = value;
            return true;
        }
        if (!token_is_guid(&value))
            continue;
        if (product->licence.activation_id.length_bytes == 0)
            product->licence.activation_id = value;
        else if (product->licence.application_id.length_bytes == 0)
            product->licence.application_id = value;
    }
    if (product->fault == NULL && !has_sentence)
        product->fault = "it is cut: it ends before its key";
    return false;
}

static void read_status(struct listing_walk *walk, struct product *product)
{
    bool is_status_last = false;
    struct line line, label, value;
    uint32_t code;

    for (unsigned count = 0; count < STATUS_LINES_MOST && next_line(walk, product, &line) &&
                             line_split(&line, ':', &label, &value) && product->fault == NULL;
         count++) {
        if (count == 0)
            product->licence.status = value;
        is_status_last = count == 0 && walk->lines.at == walk->lines.end;
        if (count > 0 && product->licence.reason.length_bytes == 0 &&
            line_starts_with_ascii(&value, "0x") && licence_read_code(&value, &code))
            product->licence.reason = value;
    }
    if (product->fault == NULL && product->licence.status.length_bytes == 0)
        product->fault = "it is cut: no status follows its key";
    /* /dlv always goes on; after /dli the status can be the last line. */
    else if (product->fault == NULL && is_status_last &&
             product->licence.activation_id.length_bytes > 0)
        product->fault = "it is cut: nothing follows its status";
}

int slmgr_parse_as(enum finding_origin origin, struct listing_walk *walk, struct emitter *emitter,
                   struct error *err)
{
    struct product product = {.licence = {.origin = origin}};
    struct listed_licence *licence = &product.licence;
    struct line line, label;
    bool has_key;

    if (!lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &licence->name) ||
        !lines_next_filled(&walk->lines, &line) ||
        !line_split(&line, ':', &label, &licence->description))
        return 0;
    licence->line = licence->name.number;
    product.is_doubled = licence->description.number > licence->line + 1;
    if (!line.ended)
        product.fault = LISTING_CUT_IN_LINE;
    read_description_rest(walk, &product);
    has_key = read_product(walk, &product);
    if (has_key)
        read_status(walk, &product);
    if (product.fault != NULL)
        emitter_remark(emitter, licence->line, origin, "", product.fault);
    return has_key ? licence_add(emitter, licence, err) : 0;
}

int slmgr_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    return slmgr_parse_as(FINDING_ORIGIN_SLMGR, walk, emitter, err);
}
