/* SPDX-License-Identifier: Apache-2.0 */
/* template: text with placeholders {{NAME}} (upper case letters, digits, _), filled in by the
 * reports. Two braces stand for nothing else in a template. Every failure is an ERROR_RUN that
 * names the template. */
#ifndef SPPTRIAGE_REPORT_TEMPLATE_H
#define SPPTRIAGE_REPORT_TEMPLATE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

/* A placeholder with its value at hand. */
struct template_value {
    const char *name;
    const char *value; /* put in as it is: escaped by who made it */
};

/* A placeholder whose value is written when its place comes, however long it is. */
struct template_part {
    const char *name;
    int (*write)(void *context, FILE *file, struct error *err);
};

/* Reads the template file `name` of the folder; *out is returned owned. ERROR_RUN with the path
 * when it is missing, unreadable, larger than 1 MiB or not UTF-8 text. */
int template_load(const char *folder, const char *name, char **out, struct error *err);

/* Adds the template with its placeholders filled to *out. ERROR_RUN that names template and line
 * for a placeholder that no value is given for, or that does not end. */
int template_fill(const char *name, const char *text, const struct template_value *values,
                  size_t value_count, struct text *out, struct error *err);

/* The same into `file`, in one go: each part writes its value, with `context`, when its place
 * comes. What a part fails with is passed on. */
int template_write(const char *name, const char *text, const struct template_part *parts,
                   size_t part_count, void *context, FILE *file, struct error *err);

/* Writes text with CR LF behind each line, whatever its lines end in: cmd.exe can miss labels in a
 * script whose lines end otherwise. */
void template_write_lines(const char *text, FILE *file);

/* Would the template be filled by values of these names? Fails as template_fill would. */
int template_check(const char *name, const char *text, const char *const *names, size_t name_count,
                   struct error *err);

#endif
