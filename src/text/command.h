/* SPDX-License-Identifier: Apache-2.0 */
/* command: lines of a console with the commands whose output listings are. They stand above a
 * listing that was copied from a console, and say whether it is whole. */
#ifndef SPPTRIAGE_TEXT_COMMAND_H
#define SPPTRIAGE_TEXT_COMMAND_H

#include <stdbool.h>

#include "base/lines.h"
#include "model/finding.h"

/* Is the line a command as a console echoes it, behind a prompt or not, or as PowerShell's errors
 * quote it? */
bool command_is(struct line line);

/* Does the nearest command above `at` in the text that makes such a listing (`origin`)
 * leave entries out: `Get-HotFix | where ...`, `wmic qfe where ...`, `dism ... |
 * findstr ...`? Looks at a few lines; false where there is none. `at` is the start of a line. */
bool command_above_selects(const char *text, const char *at, enum finding_origin origin);

#endif
