/* SPDX-License-Identifier: Apache-2.0 */
/* text: growing text of unknown length, and the few questions asked of names and strings. A
 * struct text starts as zeros (`struct text line = {0};`), owns its bytes, and is always ended by
 * a NUL once something was added. Text inside the program is UTF-8 without U+0000. */
#ifndef SPPTRIAGE_BASE_TEXT_H
#define SPPTRIAGE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* owned; NULL while empty */
    size_t length_bytes;
    size_t capacity_bytes;
};

/* What stands for bytes and code units that are not a character. */
#define TEXT_REPLACEMENT_CHARACTER 0xFFFDu
/* What many programs begin a text in UTF-8 with. */
#define TEXT_BYTE_ORDER_MARK "\xEF\xBB\xBF"

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t length_bytes);
void text_add_character(struct text *text, uint32_t code_point);
/* What it is given must not lie in the text itself. */
void text_add_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void text_add_number(struct text *text, uint64_t number); /* in decimal */

/* Lists are texts whose members are joined by TEXT_SEPARATOR (DESIGN 7). A `;` in a member is
 * written as \x3B, as bytes that are not UTF-8 are, and a `\` before x3B and x5C as \x5C: so a list
 * can be split again, and gives its members as they were. */
#define TEXT_SEPARATOR "; "

/* Adds `item` as a member of a list; the separator comes first unless the text is empty. */
void text_add_item(struct text *text, const char *item);
void text_add_item_format(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the members of another list to a list. */
void text_add_items(struct text *text, const char *items);

/* Is it a control character, or one of the other line ends of Unicode? */
bool text_is_control(uint32_t code_point);

/* Adds a path for a report: such characters as \xNN of each byte, since a cell, a line of a page
 * and a member of a list have one line. */
void text_add_path(struct text *text, const char *path);

/* Adds what a member is written as, without a separator: for lists in which a member can be empty.
 */
void text_add_item_content(struct text *text, const char *item);

/* The text so far, "" while empty. Borrowed until the next change. */
const char *text_get(const struct text *text);

/* Returns the text owned (never NULL) and leaves *text empty. */
char *text_take(struct text *text) __attribute__((warn_unused_result));

/* Leaves the text empty and keeps its memory for what comes next. */
void text_clear(struct text *text);

/* "" for 1, else "s". */
const char *text_plural(uint64_t count);

/* Frees the text and leaves it empty, ready for use again. */
void text_free(struct text *text);

/* How many bytes at the start of the text are printable ASCII and none of `except`, which are two
 * at most. Writers take such a stretch as it is and look at single characters behind it. */
size_t text_plain_length(const char *text, const char *except);

/* Reads one UTF-8 character at *at (not at its NUL) into *code_point and moves *at past it.
 * Returns false for a byte that is not UTF-8: it is passed alone, so the loop always moves on, and
 * *code_point is U+FFFD. */
bool text_next_character(const char **at, uint32_t *code_point);

/* How many bytes at the start are whole characters of UTF-8: all of them, where it is. Sets *is_cut
 * when the others are the start of one more, which was cut off. */
size_t text_utf8_length(const char *bytes, size_t length_bytes, bool *is_cut);

/* Does the byte of UTF-8 go on with a character that began before it? */
static inline bool text_is_within_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* The greatest length up to `most_bytes` at which no character is cut apart, of bytes that are more
 * than that. */
size_t text_cut_length(const char *bytes, size_t most_bytes);

/* Does the character show nothing of itself, or change what stands around it? It is one of the C1
 * controls, the line ends of Unicode, its Default_Ignorable_Code_Point (those of no width,
 * variation selectors and tags are among them), the format characters (Cf) beside these, and the
 * annotation marks. */
bool text_is_unseen(uint32_t code_point);

/* Adds a byte as \xNN. So the reports and messages write bytes that are not UTF-8 (they are met in
 * paths only). */
void text_add_byte(struct text *text, char byte);

/* Adds `raw` on one line for a terminal: control characters and bytes that are not UTF-8 as \xNN
 * of each byte, other characters that are not seen as \uNNNN or \UNNNNNNNN. All that is printed of
 * what was read, or named by a user, goes through this. */
void text_add_visible(struct text *text, const char *raw);

/* Names compare without regard to case (DESIGN 3): by this folding and by no other. It is the
 * simple case folding of Unicode, the same in every locale: letter by letter, as Windows compares
 * names, to which `ss` and U+00DF are two. Then NFC: collections unpacked on a Mac have names of
 * folders in decomposed form, which nobody can tell from that of the events. Bytes that are not
 * UTF-8 (they are met in paths) stand for themselves. */

/* Returns owned: the folded name. */
char *text_fold(const char *text) __attribute__((warn_unused_result));
char *text_fold_bytes(const char *bytes, size_t length_bytes) __attribute__((warn_unused_result));

/* A hash of bytes that come one by one (FNV-1a), from TEXT_HASH_START on. Equal ones do not prove
 * equal bytes. */
#define TEXT_HASH_START UINT64_C(0xCBF29CE484222325)

static inline uint64_t text_hash_byte(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001B3);
}

/* Are the two equal when ASCII letters are taken without case? For words of the formats. */
bool text_equal_ascii(const char *left, const char *right);

/* The same of their first bytes, so many at most. */
bool text_equal_ascii_bytes(const char *left, const char *right, size_t length_bytes);

/* Reads a decimal number: digits alone, 1 at least. Returns false, and leaves *out alone, for
 * anything else and for numbers that do not fit. */
bool text_parse_number(const char *text, uint64_t *out);

/* Does the ASCII text `needle` occur in `haystack`, without regard to ASCII case, and not
 * followed by a digit? Finds update numbers: KB971033 is not in KB9710331. */
bool text_has_number_word(const char *haystack, const char *needle);

#endif
