/* SPDX-License-Identifier: Apache-2.0 */
/* listingvalue: the names and values in listings that are the same in every language. All are
 * questions about one line or word; what they hand out borrows it.
 *
 * Facts: FACTS.md, Text listings; property names: Microsoft, Win32_QuickFixEngineering. */
#ifndef SPPTRIAGE_TEXT_TOKENS_H
#define SPPTRIAGE_TEXT_TOKENS_H

#include "base/lines.h"

/* Splits a line that begins with a label, of sensible length, at its first colon. */
bool listing_split_label(const struct line *line, struct line *label, struct line *value);

/* Is it a property name of the class, as wmic has them? Or, else, one that PowerShell adds? */
bool listing_is_property(const struct line *word);
bool listing_is_added_property(const struct line *word);

/* Is it all of a package identity, `NAME~TOKEN~ARCHITECTURE~LANGUAGE~VERSION`? */
bool listing_is_identity(const struct line *word);

/* The value of a line `LABEL : IDENTITY`, or the first cell of `IDENTITY | STATE | ...`. */
bool listing_package_in_list(const struct line *line, struct line *identity);
bool listing_package_in_table(const struct line *line, struct line *identity);

/* Is it a GUID, with or without braces? */
bool listing_is_guid(const struct line *word);

/* Does the product description name a channel: `..., VOLUME_KMSCLIENT channel`? */
bool listing_names_channel(const struct line *description);

/* Is it a version of four numbers: `6.1.7600.16385`? */
bool listing_is_version(const struct line *value);

/* Is it a version as systeminfo has it: `6.1.7601 Service Pack 1 Build 7601`? */
bool listing_is_system_version(const struct line *value);

#endif
