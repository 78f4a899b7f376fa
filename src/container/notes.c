/* SPDX-License-Identifier: Apache-2.0 */
#include "container/unpacker.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"

void container_note(struct container_notes *notes, bool is_incomplete, const char *format, ...)
{
    va_list arguments;
    char *remark;

    va_start(arguments, format);
    remark = memory_format_list(format, arguments);
    va_end(arguments);
    text_add_item(&notes->detail, remark);
    notes->is_incomplete = notes->is_incomplete || is_incomplete;
    free(remark);
}
