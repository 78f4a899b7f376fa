/* SPDX-License-Identifier: Apache-2.0 */
/* layout: the names of the folders that lie between a machine's own and its folder Windows, in a
 * collection (FACTS.md, Collections). A name is one part of a path; all of these know it in any
 * case. */
#ifndef SPPTRIAGE_MODEL_LAYOUT_H
#define SPPTRIAGE_MODEL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* A folder in which collectors put the copies of disks: `uploads`, `ntfs`, `fs`. */
bool layout_is_collector(const char *name, size_t length);

/* What a collector calls a drive, a volume or a shadow copy: `C`, `C:`, `c_`, `C%3A`, `\\.\C:`,
 * `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1`, `vss1`. */
bool layout_is_disk(const char *name, size_t length);
bool layout_is_shadow_copy(const char *name, size_t length);

/* What Windows' setup calls the folder of the installation that was there before: `Windows.old`,
 * with `.000` to `.999` or `(1)` behind it where there is such a folder already. */
bool layout_is_old_installation(const char *name, size_t length);

/* Returns owned: the name without the escapes of collectors (`C%3A` is `C:`), which there can be
 * twice. */
char *layout_unescape(const char *name, size_t length) __attribute__((warn_unused_result));

/* Is it the word with a number, or nothing, behind it? */
bool layout_is_numbered(const char *name, size_t length, const char *word);

#endif
