/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int error_set(struct error *err, enum error_kind kind, uint64_t offset_bytes, const char *format,
              ...)
{
    va_list arguments;

    if (err->kind != ERROR_NONE)
        return -1;
    err->kind = kind;
    err->offset_bytes = offset_bytes;
    va_start(arguments, format);
    err->message = memory_format_list(format, arguments);
    va_end(arguments);
    return -1;
}

int error_set_library(struct error *err, const char *library, char *text)
{
    char *function_end;
    size_t length;

    text[strcspn(text, "\n")] = '\0';
    function_end = strstr(text, ": ");
    if (function_end != NULL)
        text = function_end + strlen(": ");
    length = strlen(text);
    if (length > 0 && text[length - 1] == '.')
        text[length - 1] = '\0';
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "%s: %s", library, text);
}

void error_clear(struct error *err)
{
    free(err->message);
    err->message = NULL;
    err->kind = ERROR_NONE;
    err->offset_bytes = ERROR_NO_OFFSET;
}
