/* SPDX-License-Identifier: Apache-2.0 */
/* value: the typed values of BinXML as text, number or time. Pure; borrows what it is given.
 * Layout: libyal format document "Windows XML Event Log (EVTX)", "Value types"; FACTS.md. */
#ifndef SPPTRIAGE_EVTX_VALUE_H
#define SPPTRIAGE_EVTX_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/text.h"

enum value_type {
    VALUE_NULL = 0x00,
    VALUE_STRING = 0x01, /* UTF-16 */
    VALUE_ANSI_STRING = 0x02,
    VALUE_INT8 = 0x03,
    VALUE_UINT8 = 0x04,
    VALUE_INT16 = 0x05,
    VALUE_UINT16 = 0x06,
    VALUE_INT32 = 0x07,
    VALUE_UINT32 = 0x08,
    VALUE_INT64 = 0x09,
    VALUE_UINT64 = 0x0a,
    VALUE_FLOAT = 0x0b,
    VALUE_DOUBLE = 0x0c,
    VALUE_BOOL = 0x0d,
    VALUE_BINARY = 0x0e,
    VALUE_GUID = 0x0f,
    VALUE_SIZE = 0x10, /* four or eight bytes */
    VALUE_FILETIME = 0x11,
    VALUE_SYSTEMTIME = 0x12,
    VALUE_SID = 0x13,
    VALUE_HEX32 = 0x14,
    VALUE_HEX64 = 0x15,
    VALUE_BINXML = 0x21,
};
#define VALUE_ARRAY 0x80 /* set in a type: several values of it */

/* Adds the value as text: numbers decimal (VALUE_SIZE, too, as libevtx has it), VALUE_HEX as 0x..,
 * GUIDs in braces and SIDs as Windows writes them, times as ISO 8601, binary as hexadecimal digits,
 * an array as its items with a blank between (value_take_item hands them out one by one). A number
 * is one of the size that it has, 1, 2, 4 or 8, whatever its type; of other values what is more
 * than their type has is not looked at. One whose size does not fit even so is added as binary.
 * Nothing is added for VALUE_NULL and for what is not a type of value (VALUE_BINXML). */
void value_add_text(struct text *out, uint8_t type, struct span value);

/* Is the value an array, of one item at least, that can be taken apart? */
bool value_is_array(uint8_t type, struct span value);

/* Takes the next item of an array of this type (VALUE_ARRAY may be set in it); false at the end. */
bool value_take_item(uint8_t type, struct span *array, struct span *out);

/* Takes the next string of an array of strings, each ended by U+0000; false at the end. */
bool value_take_string(struct span *array, struct span *out);

/* Reads a number that is not negative, of an integer type or as decimal text. */
bool value_number(uint8_t type, struct span value, uint64_t *out);

/* Reads a FILETIME, SYSTEMTIME, or ISO 8601 text. Times that cannot be written as text
 * (filetime.h), and 0, do not count. */
bool value_filetime(uint8_t type, struct span value, uint64_t *out);

#endif
