/* SPDX-License-Identifier: Apache-2.0 */
/* hash: SHA-256 of bytes that come one after the other, through libcrypto. One struct hash serves
 * many sources, one at a time. It is made before processes are forked, so that what libcrypto sets
 * up (its providers read a configuration file) is there in all of them. */
#ifndef SPPTRIAGE_WORKER_HASH_H
#define SPPTRIAGE_WORKER_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HASH_BYTES 32
#define HASH_BASE64_SIZE 45                /* 44 characters of base64 and a NUL */
#define HASH_HEX_SIZE (2 * HASH_BYTES + 1) /* 64 lower-case hex digits and a NUL */

struct hash;

/* Returns owned, freed with hash_free; NULL with ERROR_RUN where libcrypto has no SHA-256. */
struct hash *hash_new(struct error *err);
void hash_free(struct hash *hash);

/* Begins anew. What fails from here on is told by hash_finish. */
void hash_begin(struct hash *hash);

/* Takes the next bytes; `hash` is a struct hash (the signature is that of struct byte_sink). */
void hash_take(void *hash, const void *bytes, size_t size_bytes);

/* How many bytes were taken since hash_begin. */
uint64_t hash_taken_bytes(const struct hash *hash);

/* How many bytes were hashed so far, by all processes that were forked with it. What they say is
 * not to be relied on: it is for show. */
uint64_t hash_all_bytes(const struct hash *hash);

/* Writes the hash of what was taken. -1 (ERROR_RUN) when libcrypto failed on the way. */
int hash_finish(struct hash *hash, uint8_t out[HASH_BYTES], struct error *err);

/* Begins anew and takes the first `size_bytes` bytes of the file. ERROR_SOURCE, with the offset,
 * when it cannot be read or has fewer. The descriptor is borrowed. */
int hash_file(struct hash *hash, int descriptor, uint64_t size_bytes, struct error *err);

/* Writes the digest as text. */
void hash_write_hex(const uint8_t digest[HASH_BYTES], char out[HASH_HEX_SIZE]);

/* The same in base64 (RFC 4648), as a Content-Security-Policy has it. */
void hash_write_base64(const uint8_t digest[HASH_BYTES], char out[HASH_BASE64_SIZE]);

#endif
