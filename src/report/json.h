/* SPDX-License-Identifier: Apache-2.0 */
/* json: the one way text gets into timeline.jsonl: RFC 8259, UTF-8, one object a line. A writer
 * borrows its file. Write errors show when the file is closed (staging_close). */
#ifndef SPPTRIAGE_REPORT_JSON_H
#define SPPTRIAGE_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct json_writer {
    FILE *file;
    bool needs_comma; /* a member or item was written */
};

/* Adds the value as a JSON string. Control characters and the line ends of Unicode (U+0085,
 * U+2028, U+2029: some readers of lines break there) are written as \uXXXX; bytes that are no
 * UTF-8 become \xNN. Everything else reads back as it was. */
void json_add_string(struct text *out, const char *value);

void json_begin_object(struct json_writer *json);

/* Ends the object and its line. */
void json_end_object(struct json_writer *json);

/* Members of the object. */
void json_text(struct json_writer *json, const char *name, const char *value);
void json_number(struct json_writer *json, const char *name, uint64_t number);
void json_signed(struct json_writer *json, const char *name, int64_t number);
void json_bool(struct json_writer *json, const char *name, bool value);

/* A member that is a list of strings. */
void json_begin_list(struct json_writer *json, const char *name);
void json_item(struct json_writer *json, const char *value);
void json_end_list(struct json_writer *json);

#endif
