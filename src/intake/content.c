/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/content.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define BUFFER_BYTES ((size_t)1024 * 1024)
#define SHA256_BYTES 32

/* Reads up to `size_bytes` at `offset_bytes`, going on after short reads; -1 with errno set. */
static ssize_t read_fully(int descriptor, void *buffer, size_t size_bytes, uint64_t offset_bytes)
{
    size_t done = 0;
    ssize_t got;

    while (done < size_bytes) {
        got = pread(descriptor, (char *)buffer + done, size_bytes - done,
                    (off_t)(offset_bytes + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

int content_open(const struct walk_entry *entry, int *descriptor, struct source *source,
                 const struct file_kind **kind, struct error *err)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (entry->named ? 0 : O_NOFOLLOW);
    uint8_t head[RECOGNISE_HEAD_BYTES];
    struct stat status;
    ssize_t got;

    *source = (struct source){.path = memory_copy_text(entry->path), .kind = ""};
    *descriptor = open(entry->path, flags);
    if (*descriptor < 0 && errno == ENOENT)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "vanished during the run");
    if (*descriptor < 0 || fstat(*descriptor, &status) != 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "cannot be opened: %m");
    source->size_bytes = (uint64_t)status.st_size;
    source->mtime_ns = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
    if (!S_ISREG(status.st_mode))
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "is no regular file any more");
    got = read_fully(*descriptor, head, sizeof(head), 0);
    if (got < 0)
        return error_set(err, ERROR_SOURCE, 0, "cannot be read: %m");
    *kind = recognise(span_of(head, (size_t)got, 0));
    source->kind = (*kind)->kind;
    return 0;
}

static int hash_file(EVP_MD_CTX *hash, int descriptor, uint8_t *buffer, struct error *err)
{
    uint64_t offset = 0;
    ssize_t got;

    if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "SHA-256 is not available in libcrypto");
    while ((got = read_fully(descriptor, buffer, BUFFER_BYTES, offset)) > 0) {
        EVP_DigestUpdate(hash, buffer, (size_t)got);
        offset += (uint64_t)got;
    }
    if (got < 0)
        return error_set(err, ERROR_SOURCE, offset, "cannot be read: %m");
    return 0;
}

int content_hash(int descriptor, struct source *source, struct error *err)
{
    uint8_t *buffer = memory_allocate(BUFFER_BYTES, 1);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t digest[SHA256_BYTES];
    struct text hex = {0};
    int result;

    if (hash == NULL)
        result = error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "out of memory for SHA-256");
    else
        result = hash_file(hash, descriptor, buffer, err);
    if (result == 0) {
        EVP_DigestFinal_ex(hash, digest, NULL);
        for (size_t index = 0; index < sizeof(digest); index++)
            text_add_format(&hex, "%02x", digest[index]);
        source->sha256 = text_take(&hex);
    }
    EVP_MD_CTX_free(hash);
    free(buffer);
    return result;
}

bool content_equals_file(int descriptor, const char *path)
{
    int other = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    uint8_t *buffers = memory_allocate(2, BUFFER_BYTES);
    uint64_t offset = 0;
    bool equal = other >= 0;
    ssize_t got = 1;

    while (equal && got > 0) {
        got = read_fully(descriptor, buffers, BUFFER_BYTES, offset);
        equal = got >= 0 &&
                read_fully(other, buffers + BUFFER_BYTES, BUFFER_BYTES, offset) == got &&
                memcmp(buffers, buffers + BUFFER_BYTES, (size_t)got) == 0;
        offset += equal ? (uint64_t)got : 0;
    }
    free(buffers);
    if (other >= 0)
        close(other);
    return equal;
}
