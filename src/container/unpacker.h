/* SPDX-License-Identifier: Apache-2.0 */
/* unpacker: the one interface of what takes containers apart: archives (archive.c) and disk images
 * (image.c). It runs in a process of its own (worker/unpack.h) that has the descriptors it
 * was handed and nothing else: every byte of a container may be hostile. */
#ifndef SPPTRIAGE_CONTAINER_UNPACKER_H
#define SPPTRIAGE_CONTAINER_UNPACKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/source.h"

/* A file that holds a container, or a segment or extent of one; or a part of a file that does: an
 * archive that is stored in another. */
struct container_file {
    int descriptor; /* borrowed */
    uint64_t start_bytes;
    uint64_t size_bytes;
    const char
        *name; /* its file name without folders: extents of a VMDK are told by it. Borrowed */
    uint64_t *read_bytes; /* NULL, or in memory that processes share: how much was read, so far, of
                           * the container that it is of. Borrowed */
};

/* file_read_at from that byte of the container's on, which is added to what was read of it. */
int container_file_read(const struct container_file *file, uint64_t offset_bytes, void *buffer,
                        size_t size_bytes, size_t *got) __attribute__((warn_unused_result));

/* Bytes that come one after the other: a container that lies in another. */
struct container_stream {
    void *context;
    /* *got bytes, 0 at the end; -1 (ERROR_SOURCE) when the rest cannot be read. */
    int (*read)(void *context, void *buffer, size_t size_bytes, size_t *got, struct error *err);
};

struct container_input {
    enum source_kind kind;                 /* of the first file, as its content tells */
    const struct container_file *files;    /* the first segment first */
    size_t file_count;                     /* 1 at least, but: */
    const struct container_stream *stream; /* NULL, or where an archive's bytes come from: then
                                            * there are no files */
    bool is_sparse;                        /* sparse_open opens it */
    bool carve;                            /* of an image: the whole medium is wanted as well */
    const char *const *passwords;          /* to be tried in this order; borrowed */
    size_t password_count;
};

#define MEMBER_SIZE_UNKNOWN UINT64_MAX

/* What is to be done about an encrypted archive of any form but zip: libarchive decrypts no other.
 */
#define CONTAINER_NOT_DECRYPTED "only zip archives are decrypted here, so unpack it first"

/* What a member is. */
enum container_member_type {
    MEMBER_FILE,
    MEMBER_FOLDER,
    MEMBER_LINK,    /* of either kind */
    MEMBER_SPECIAL, /* devices and the like */
    MEMBER_MEDIUM,  /* all bytes of the medium of an image, for --carve; its path is "" */
};

struct container_member {
    enum container_member_type type;
    const char *path; /* UTF-8, slashes between, as the container has it. Borrowed until the next */
    uint64_t size_bytes; /* or MEMBER_SIZE_UNKNOWN */
    int64_t mtime_ns;    /* since 1970; 0 for none */
    bool mtime_is_local; /* the container tells no zone for it */
    bool is_encrypted;
    const char *why_unread; /* NULL, or why it cannot be read, for a person. Borrowed as the path */
};

/* What an unpacker has to say of a container as a whole, for a person. */
struct container_notes {
    struct text detail;  /* a "; " list */
    uint64_t read_bytes; /* of an archive, so far: what was read of its own bytes */
    bool is_incomplete;  /* part of it could not be read: it can hold what is not in the report */
};

/* Adds a remark. `is_incomplete` is for what could not be read that may hold evidence. */
void container_note(struct container_notes *notes, bool is_incomplete, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An open container. */
struct unpacker {
    void *state; /* owned */
    /* Goes to the next member. Returns 1, 0 at the end, -1 (ERROR_SOURCE) when the rest of the
     * container cannot be read. */
    int (*next)(void *state, struct container_member *out, struct error *err);
    /* Reads on in the present member, from its start: *got bytes, 0 at its end. Holes are zeros.
     * -1 (ERROR_SOURCE) when the rest of the member cannot be read; others still may be. */
    int (*read)(void *state, void *buffer, size_t size_bytes, size_t *got, struct error *err);
    /* Goes back to the first member: next is the first call after it. -1 where that cannot be. */
    int (*rewind)(void *state, struct error *err);
    /* Does the present member lie in the container's only file, byte by byte? *start_bytes is then
     * where, in that file. NULL: no member does. */
    bool (*locate)(void *state, const struct container_member *member, uint64_t *start_bytes);
    void (*close)(void *state);
};

/* Opens a container of its kind; the input and all it points to are borrowed until it is closed.
 * `notes` (borrowed likewise) is added to from now until it is closed. -1 (ERROR_SOURCE) when it
 * cannot be opened; the message says why. */
int archive_open(const struct container_input *input, struct container_notes *notes,
                 struct unpacker *out, struct error *err);
int image_open(const struct container_input *input, struct container_notes *notes,
               struct unpacker *out, struct error *err);

/* The same of a file that lies in a folder without its holes: the first file is that, the second
 * its map (container/sparse.h). It has one member, the file with its holes, whose path is "file".
 */
int sparse_open(const struct container_input *input, struct container_notes *notes,
                struct unpacker *out, struct error *err);

#endif
