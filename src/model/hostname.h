/* SPDX-License-Identifier: Apache-2.0 */
/* hostname: when two names of hosts are one. A name is short (`PC1`) or fully qualified
 * (`PC1.corp.example`): its first label, a dot and a domain. Windows' own listings, and what knows
 * machines by them, have the NetBIOS name: the first label, cut off after 15 characters. Tables cut
 * names off with dots (`CORPLAP...`). Unless it says otherwise, names are given as text_fold makes
 * them, so that they compare as bytes. Pure. */
#ifndef SPPTRIAGE_MODEL_HOSTNAME_H
#define SPPTRIAGE_MODEL_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

#define HOSTNAME_NETBIOS_CHARACTERS 15

/* What stands for the rest of a name that was cut off. */
#define HOSTNAME_CUT_OFF "..."

/* How many bytes the first label has. */
size_t hostname_label_bytes(const char *name);

/* Is it the fully qualified form of that short name? `PC1.` is not. */
bool hostname_is_full_form(const char *full, const char *name);

/* Are they the same, or one the fully qualified form of the other? */
bool hostname_is_form(const char *left, const char *right);

/* Has it as many characters as a NetBIOS name that was cut off? */
bool hostname_may_be_netbios(const char *name);

/* Is `netbios` the NetBIOS name, cut off, of the one with that name? */
bool hostname_is_netbios_of(const char *netbios, const char *name);

/* Returns owned: the NetBIOS name of the host with that name (as it is written): the first label,
 * in upper case, cut off. "" for what cannot be a computer's name: an address, the path of a
 * folder. */
char *hostname_netbios(const char *name) __attribute__((warn_unused_result));

bool hostname_is_cut_off(const char *name);

/* Does the name begin as that one does, which was cut off? */
bool hostname_fits_cut_off(const char *name, const char *cut_off);

/* Returns owned: the name of the host whose account that is, as directories write them:
 * `CORP\PC1$`, or as a distinguished name, `CN=PC1,OU=Computers` (RFC 4514). It is given as it is
 * written, and so returned; one that is not so written is the name itself. */
char *hostname_of_account(const char *account) __attribute__((warn_unused_result));

/* Without the last dot of a name that begins at the root of the DNS, `PC1.corp.example.`, the name
 * has so many bytes: all of them, where it has none. */
size_t hostname_rootless_bytes(const char *name);

#endif
