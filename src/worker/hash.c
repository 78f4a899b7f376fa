/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/hash.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

/* Small enough to stay in a core's cache between the kernel's copy and the hashing. */
#define BUFFER_BYTES ((size_t)256 * 1024)

struct hash {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
    bool failed;
    uint64_t taken_bytes;
    uint64_t *all_bytes; /* shared by processes; owned, or NULL */
    uint8_t *buffer;     /* owned: for whole files, made when first needed */
};

struct hash *hash_new(struct error *err)
{
    struct hash *hash = memory_allocate(1, sizeof(*hash));

    hash->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    hash->context = EVP_MD_CTX_new();
    hash->all_bytes = memory_share_count();
    if (hash->algorithm != NULL && hash->context != NULL)
        return hash;
    hash_free(hash);
    error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "SHA-256 is not available in libcrypto");
    return NULL;
}

void hash_free(struct hash *hash)
{
    if (hash == NULL)
        return;
    EVP_MD_CTX_free(hash->context);
    EVP_MD_free(hash->algorithm);
    memory_unshare_count(hash->all_bytes);
    free(hash->buffer);
    free(hash);
}

void hash_begin(struct hash *hash)
{
    hash->taken_bytes = 0;
    hash->failed = EVP_DigestInit_ex2(hash->context, hash->algorithm, NULL) != 1;
}

void hash_take(void *context, const void *bytes, size_t size_bytes)
{
    struct hash *hash = context;

    hash->taken_bytes += size_bytes;
    if (hash->all_bytes != NULL)
        __atomic_fetch_add(hash->all_bytes, size_bytes, __ATOMIC_RELAXED);
    if (!hash->failed)
        hash->failed = EVP_DigestUpdate(hash->context, bytes, size_bytes) != 1;
}

uint64_t hash_taken_bytes(const struct hash *hash)
{
    return hash->taken_bytes;
}

uint64_t hash_all_bytes(const struct hash *hash)
{
    return hash->all_bytes != NULL ? __atomic_load_n(hash->all_bytes, __ATOMIC_RELAXED) : 0;
}

int hash_finish(struct hash *hash, uint8_t out[HASH_BYTES], struct error *err)
{
    if (hash->failed || EVP_DigestFinal_ex(hash->context, out, NULL) != 1)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "SHA-256 failed in libcrypto");
    return 0;
}

int hash_file(struct hash *hash, int descriptor, uint64_t size_bytes, struct error *err)
{
    if (hash->buffer == NULL)
        hash->buffer = memory_allocate(BUFFER_BYTES, 1);
    hash_begin(hash);
    while (hash->taken_bytes < size_bytes) {
        uint64_t left_bytes = size_bytes - hash->taken_bytes;
        size_t block_bytes = left_bytes < BUFFER_BYTES ? (size_t)left_bytes : BUFFER_BYTES;
        size_t got;

        if (file_read_at(descriptor, hash->buffer, block_bytes, hash->taken_bytes, &got) != 0)
            return error_set(err, ERROR_SOURCE, hash->taken_bytes + got, "cannot be read: %m");
        if (got < block_bytes)
            return error_set(err, ERROR_SOURCE, hash->taken_bytes + got,
                             "became shorter while it was read");
        hash_take(hash, hash->buffer, got);
    }
    return 0;
}

void hash_write_hex(const uint8_t digest[HASH_BYTES], char out[HASH_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t index = 0; index < HASH_BYTES; index++) {
        out[2 * index] = digits[digest[index] >> 4];
        out[2 * index + 1] = digits[digest[index] & 0xF];
    }
    out[2 * HASH_BYTES] = '\0';
}

void hash_write_base64(const uint8_t digest[HASH_BYTES], char out[HASH_BASE64_SIZE])
{
    EVP_EncodeBlock((unsigned char *)out, digest, HASH_BYTES);
}
