/* SPDX-License-Identifier: Apache-2.0 */
#include "text/plaintext.h"

#include <string.h>

#include "base/encoding.h"

#define NO_CODEPAGE SIZE_MAX

/* ---- Stretches ---- */

static void find_controls(struct span bytes, bool wide, bool big_endian, struct plaintext *out)
{
    struct span at = bytes;
    uint16_t unit = 0;
    uint8_t byte = 0;

    while (!out->has_controls && (wide ? span_u16(&at, &unit) : span_u8(&at, &byte))) {
        if (wide && big_endian)
            unit = (uint16_t)(unit << 8 | unit >> 8);
        if (encoding_is_control(wide ? unit : byte)) {
            out->has_controls = true;
            out->control_offset_bytes = at.offset_bytes - (wide ? sizeof(unit) : sizeof(byte));
        }
    }
}

static void add_bytes(struct span bytes, size_t cut_bytes, struct text *out)
{
    size_t start = out->length_bytes;

    text_add_bytes(out, (const char *)bytes.bytes, bytes.left_bytes - cut_bytes);
    if (cut_bytes > 0)
        text_add_character(out, TEXT_REPLACEMENT_CHARACTER);
    for (char *zero = out->bytes + start, *end = out->bytes + out->length_bytes;
         zero < end && (zero = memchr(zero, '\0', (size_t)(end - zero))) != NULL;)
        *zero = ' ';
}

/* The code page is chosen once, by the first stretch that is in one; *codepage starts as
 * NO_CODEPAGE. */
static const char *decode_bytes(struct span bytes, bool with_codepage, size_t *codepage,
                                struct plaintext *out)
{
    bool is_cut;
    size_t utf8_bytes = text_utf8_length((const char *)bytes.bytes, bytes.left_bytes, &is_cut);

    find_controls(bytes, false, false, out);
    if (is_cut || utf8_bytes == bytes.left_bytes) {
        add_bytes(bytes, bytes.left_bytes - utf8_bytes, &out->text);
        return "UTF-8";
    }
    if (*codepage == NO_CODEPAGE)
        *codepage = with_codepage ? codepage_choose(bytes) : 0;
    if (with_codepage)
        codepage_add_text(&out->text, *codepage, bytes);
    else
        add_bytes(bytes, 0, &out->text);
    out->is_raw = !with_codepage;
    return codepage_name(*codepage);
}

static const char *decode_wide(struct span bytes, enum text_coding coding, struct plaintext *out)
{
    find_controls(bytes, true, coding == TEXT_CODING_UTF16BE, out);
    encoding_add_wide(&out->text, bytes, coding);
    /* Half of a LF behind its CR is a cut line end, and told by that CR. */
    if (bytes.left_bytes % sizeof(uint16_t) != 0 &&
        (out->text.length_bytes == 0 || out->text.bytes[out->text.length_bytes - 1] != '\r'))
        text_add_character(&out->text, TEXT_REPLACEMENT_CHARACTER);
    return coding == TEXT_CODING_UTF16LE ? "UTF-16LE" : "UTF-16BE";
}

/* A new stretch begins a new line; when the one before has not ended, what was in that line is
 * lost. */
static void begin_stretch(uint64_t offset_bytes, struct plaintext *out)
{
    size_t length = out->text.length_bytes;

    if (length == 0 || out->text.bytes[length - 1] == '\n')
        return;
    if (!out->is_torn) {
        out->is_torn = true;
        out->tear_offset_bytes = offset_bytes;
    }
    text_add(&out->text, "\n");
}

/* ---- Lines ---- */

/* Makes LF of every line end in the text: CR LF, CR CR LF (what wmic's output becomes in a file),
 * CR alone. Where LF is in use, a CR at the very end ends no line: the text was cut there. */
static void end_lines(struct text *text)
{
    bool has_feeds = text->bytes != NULL && memchr(text->bytes, '\n', text->length_bytes) != NULL;
    size_t out = 0;
    size_t in = 0;

    while (in < text->length_bytes) {
        size_t returns = 0;

        while (in + returns < text->length_bytes && text->bytes[in + returns] == '\r')
            returns++;
        in += returns;
        /* A text that ends so was cut within its last line end. */
        if (returns > 0 && in == text->length_bytes && has_feeds)
            break;
        if (returns > 0 && (in == text->length_bytes || text->bytes[in] != '\n'))
            for (; returns > 0; returns--)
                text->bytes[out++] = '\n';
        else
            text->bytes[out++] = text->bytes[in++];
    }
    text->length_bytes = out;
    if (text->bytes != NULL)
        text->bytes[out] = '\0';
}

/* Takes byte order marks out of the lines that begin with one: those of texts that were appended.
 */
static void drop_marks(struct text *text)
{
    size_t mark_bytes = strlen(TEXT_BYTE_ORDER_MARK);
    size_t out = 0;

    for (size_t in = 0; in < text->length_bytes; in++) {
        bool begins = in == 0 || text->bytes[in - 1] == '\n';

        if (begins && text->length_bytes - in >= mark_bytes &&
            memcmp(text->bytes + in, TEXT_BYTE_ORDER_MARK, mark_bytes) == 0)
            in += mark_bytes;
        if (in < text->length_bytes)
            text->bytes[out++] = text->bytes[in];
    }
    text->length_bytes = out;
    if (text->bytes != NULL)
        text->bytes[out] = '\0';
}

/* ---- Backspaces ---- */

/* A line on the console: the characters before the cursor, in place, and those that it went back
 * over, the nearest last and the bytes of each in the opposite order. */
struct console_line {
    char *bytes; /* borrowed */
    size_t length_bytes;
    struct text passed; /* owned */
};

static void go_back(struct console_line *line)
{
    char byte = (char)0x80;

    while (line->length_bytes > 0 && text_is_within_character(byte)) {
        byte = line->bytes[--line->length_bytes];
        text_add_bytes(&line->passed, &byte, 1);
    }
}

/* Writes a byte; the first one of a character takes the place of the one at the cursor. */
static void write_byte(struct console_line *line, char byte)
{
    struct text *passed = &line->passed;

    if (passed->length_bytes > 0 && !text_is_within_character(byte)) {
        passed->length_bytes--;
        while (passed->length_bytes > 0 &&
               text_is_within_character(passed->bytes[passed->length_bytes - 1]))
            passed->length_bytes--;
    }
    line->bytes[line->length_bytes++] = byte;
}

/* Moves the cursor to the end. */
static void end_line(struct console_line *line)
{
    while (line->passed.length_bytes > 0)
        line->bytes[line->length_bytes++] = line->passed.bytes[--line->passed.length_bytes];
}

/* Does in each line what a console does at a backspace: the next character is written over the one
 * before. */
static void apply_backspaces(struct text *text)
{
    struct console_line line = {.bytes = text->bytes};
    size_t length_bytes = text->length_bytes;

    if (length_bytes == 0 || memchr(text->bytes, '\b', length_bytes) == NULL)
        return;
    for (size_t in = 0; in < length_bytes; in++) {
        char byte = text->bytes[in];

        if (byte == '\b') {
            go_back(&line);
        } else if (byte == '\n') {
            end_line(&line);
            write_byte(&line, byte);
            line.bytes += line.length_bytes;
            line.length_bytes = 0;
        } else {
            write_byte(&line, byte);
        }
    }
    end_line(&line);
    text->length_bytes = (size_t)(line.bytes - text->bytes) + line.length_bytes;
    text->bytes[text->length_bytes] = '\0';
    text_free(&line.passed);
}

/* ---- The whole ---- */

bool plaintext_decode(struct span bytes, bool with_codepage, struct plaintext *out)
{
    struct span head = bytes;
    struct text_stretch stretch;
    size_t codepage = NO_CODEPAGE;
    enum text_coding coding;

    *out = (struct plaintext){0};
    if (head.left_bytes > PLAINTEXT_HEAD_BYTES)
        head.left_bytes = PLAINTEXT_HEAD_BYTES;
    coding = encoding_of(head);
    if (coding == TEXT_CODING_NONE)
        return false;
    while (encoding_next_stretch(&bytes, &coding, &stretch)) {
        const char *encoding;

        begin_stretch(stretch.bytes.offset_bytes, out);
        encoding = encoding_is_wide(stretch.coding)
                       ? decode_wide(stretch.bytes, stretch.coding, out)
                       : decode_bytes(stretch.bytes, with_codepage, &codepage, out);
        if (out->encoding == NULL)
            out->encoding = encoding;
    }
    end_lines(&out->text);
    apply_backspaces(&out->text);
    drop_marks(&out->text);
    return true;
}

void plaintext_free_content(struct plaintext *text)
{
    text_free(&text->text);
    *text = (struct plaintext){0};
}
