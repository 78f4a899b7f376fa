/* SPDX-License-Identifier: Apache-2.0 */
/* Archives, through libarchive, which is told what to expect: only the formats of the kind that the
 * content tells are asked, so that a hostile file meets no other parser. Its clock is UTC in the
 * process that unpacks (worker/unpack.h), so a time without a zone comes out as it stands.
 *
 * libarchive takes a password of ZipCrypto by one byte: one in 256 wrong ones passes. Where several
 * passwords are given, each is tried on a whole member first, by an archive of its own; what a
 * wrong one makes of a member does not fit its checksum. */
#include "container/unpacker.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "container/zip_place.h"

#define BUFFER_BYTES ((size_t)256 * 1024)
/* A member that decides between passwords is looked at no further than this. */
#define TRIAL_BYTES (UINT64_C(256) * 1024 * 1024)
/* So many members are tried until one tells the password: each is gone to from the start. */
#define SEARCHES_MOST 64

/* The bytes of the archive, for libarchive's callbacks. */
struct archive_bytes {
    const struct container_input *input;
    uint64_t *read_bytes; /* counts what was read; NULL: it does not count */
    uint64_t position_bytes;
    uint8_t *buffer;  /* owned */
    struct error err; /* why reading failed; owned */
};

struct archive_reading {
    const struct container_input *input;
    struct archive_bytes bytes;
    struct archive *archive;     /* owned */
    struct archive_entry *entry; /* borrowed from it */
    uint64_t ordinal;            /* of the entry, from 1 */
    size_t password;             /* the one that is used, where there are several */
    const uint8_t *block;        /* of the entry: what is left of the last one, */
    size_t block_bytes;
    uint64_t block_offset_bytes; /* where that lies, */
    uint64_t position_bytes;     /* and how much was handed on */
    bool is_broken;              /* a warning came with the block */
    bool is_password_found;
    unsigned password_searches;
    struct text path; /* of the entry */
};

/* ---- The bytes ---- */

static uint64_t size_of(const struct archive_bytes *bytes)
{
    return bytes->input->files[0].size_bytes;
}

static la_ssize_t give_bytes(struct archive *archive, void *context, const void **out)
{
    struct archive_bytes *bytes = context;
    const struct container_input *input = bytes->input;
    size_t got = 0;
    int result;

    *out = bytes->buffer;
    if (input->stream != NULL) {
        result = input->stream->read(input->stream->context, bytes->buffer, BUFFER_BYTES, &got,
                                     &bytes->err);
    } else {
        uint64_t left_bytes = size_of(bytes) - bytes->position_bytes;

        result = container_file_read(&input->files[0], bytes->position_bytes, bytes->buffer,
                                     left_bytes < BUFFER_BYTES ? (size_t)left_bytes : BUFFER_BYTES,
                                     &got);
        if (result != 0)
            error_set(&bytes->err, ERROR_SOURCE, bytes->position_bytes, "cannot be read: %m");
    }
    bytes->position_bytes += got;
    if (bytes->read_bytes != NULL)
        *bytes->read_bytes += got;
    if (result == 0)
        return (la_ssize_t)got;
    archive_set_error(archive, EIO, "%s", bytes->err.message);
    return ARCHIVE_FATAL;
}

static la_int64_t skip_bytes(struct archive *archive, void *context, la_int64_t count)
{
    struct archive_bytes *bytes = context;
    uint64_t left_bytes = size_of(bytes) - bytes->position_bytes;
    uint64_t wanted = count > 0 ? (uint64_t)count : 0;
    uint64_t skipped = wanted < left_bytes ? wanted : left_bytes;

    (void)archive;
    bytes->position_bytes += skipped;
    return (la_int64_t)skipped;
}

static la_int64_t seek_bytes(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    struct archive_bytes *bytes = context;
    int64_t size_bytes = (int64_t)size_of(bytes);
    int64_t base = whence == SEEK_SET   ? 0
                   : whence == SEEK_CUR ? (int64_t)bytes->position_bytes
                                        : size_bytes;
    int64_t target;

    if (__builtin_add_overflow(base, offset, &target) || target < 0) {
        archive_set_error(archive, EIO, "it points to before its start");
        return ARCHIVE_FATAL;
    }
    bytes->position_bytes = (uint64_t)(target < size_bytes ? target : size_bytes);
    return (la_int64_t)bytes->position_bytes;
}

/* ---- Opening ---- */

static void allow_compressions(struct archive *archive)
{
    archive_read_support_filter_gzip(archive);
    archive_read_support_filter_bzip2(archive);
    archive_read_support_filter_xz(archive);
    archive_read_support_filter_zstd(archive);
}

/* What is only compressed can be a tar; else it is one file. */
static void allow_formats(struct archive *archive, const struct container_input *input)
{
    switch (input->kind) {
    case SOURCE_KIND_ZIP:
        if (input->stream == NULL)
            archive_read_support_format_zip_seekable(archive);
        else
            archive_read_support_format_zip_streamable(archive);
        break;
    case SOURCE_KIND_7Z:
        archive_read_support_format_7zip(archive);
        break;
    case SOURCE_KIND_CAB:
        archive_read_support_format_cab(archive);
        break;
    case SOURCE_KIND_RAR:
        archive_read_support_format_rar(archive);
        archive_read_support_format_rar5(archive);
        break;
    case SOURCE_KIND_TAR:
        archive_read_support_format_tar(archive);
        break;
    default:
        allow_compressions(archive);
        archive_read_support_format_tar(archive);
        archive_read_support_format_raw(archive);
        archive_read_support_format_empty(archive);
    }
}

/* What libarchive says went wrong; it says nothing of some broken archives. */
static const char *why_of(struct archive *archive)
{
    const char *why = archive_error_string(archive);

    if (archive_errno(archive) == ENOMEM)
        return "unpacking it takes more memory than it may (--limit memory)";
    return why != NULL && *why != '\0' ? why : "it is broken";
}

/* Opens the archive at its start with that password, and where `with_others`, with all others to be
 * tried behind it. */
static int open_at_start(struct archive_bytes *bytes, size_t password, bool with_others,
                         struct archive **out, struct error *err)
{
    const struct container_input *input = bytes->input;
    struct archive *archive = memory_require(archive_read_new());

    *out = archive;
    bytes->position_bytes = 0;
    allow_formats(archive, input);
    for (size_t index = 0; index < (with_others ? input->password_count : 1); index++)
        if (input->password_count > 0)
            archive_read_add_passphrase(
                archive, input->passwords[(password + index) % input->password_count]);
    archive_read_set_callback_data(archive, bytes);
    archive_read_set_read_callback(archive, give_bytes);
    if (input->stream == NULL) {
        archive_read_set_skip_callback(archive, skip_bytes);
        archive_read_set_seek_callback(archive, seek_bytes);
    }
    if (archive_read_open1(archive) >= ARCHIVE_WARN)
        return 0;
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "cannot be opened: %s", why_of(archive));
}

static void bytes_begin(struct archive_bytes *bytes, const struct container_input *input,
                        uint64_t *read_bytes)
{
    *bytes = (struct archive_bytes){
        .input = input, .read_bytes = read_bytes, .buffer = memory_allocate(BUFFER_BYTES, 1)};
    bytes->err.offset_bytes = ERROR_NO_OFFSET;
}

static void bytes_end(struct archive_bytes *bytes)
{
    free(bytes->buffer);
    error_clear(&bytes->err);
}

/* ---- Passwords ---- */

/* Does the password open the member at hand, as far as it is looked at? */
static bool opens(const struct archive_reading *reading, size_t password)
{
    struct archive_bytes bytes;
    struct archive *archive;
    struct archive_entry *entry;
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint64_t ordinal = 0, looked_at_bytes = 0;
    const void *block;
    size_t size_bytes = 0;
    la_int64_t offset;
    int result = ARCHIVE_FATAL;

    bytes_begin(&bytes, reading->input, NULL);
    if (open_at_start(&bytes, password, false, &archive, &err) == 0)
        do
            result = archive_read_next_header(archive, &entry);
        while (result >= ARCHIVE_WARN && result != ARCHIVE_EOF && ++ordinal < reading->ordinal);
    while (result == ARCHIVE_OK && looked_at_bytes < TRIAL_BYTES) {
        result = archive_read_data_block(archive, &block, &size_bytes, &offset);
        looked_at_bytes += result == ARCHIVE_OK ? size_bytes : 0;
    }
    archive_read_free(archive);
    bytes_end(&bytes);
    error_clear(&err);
    return result == ARCHIVE_OK || result == ARCHIVE_EOF;
}

/* Goes on with the archive as it is opened with that password, at the same member. */
static int use_password(struct archive_reading *reading, size_t password, struct error *err)
{
    int result;

    reading->password = password;
    archive_read_free(reading->archive);
    result = open_at_start(&reading->bytes, password, true, &reading->archive, err) == 0
                 ? ARCHIVE_OK
                 : ARCHIVE_FATAL;
    for (uint64_t ordinal = 0; ordinal < reading->ordinal && result >= ARCHIVE_WARN; ordinal++)
        result = archive_read_next_header(reading->archive, &reading->entry);
    if (result >= ARCHIVE_WARN && result != ARCHIVE_EOF)
        return 0;
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "%s", why_of(reading->archive));
}

/* Finds the password of the first encrypted member that holds something and that one of them opens:
 * it is tried first from then on, as it is that of the others mostly. What a wrong one makes of
 * them does not fit their checksums, which is said. */
static int find_password(struct archive_reading *reading, struct error *err)
{
    size_t count = reading->input->password_count;

    if (count < 2 || reading->input->stream != NULL || reading->is_password_found ||
        archive_entry_size(reading->entry) == 0 || reading->password_searches == SEARCHES_MOST)
        return 0;
    reading->password_searches++;
    for (size_t password = 0; password < count; password++)
        if (opens(reading, password)) {
            reading->is_password_found = true;
            return password != reading->password ? use_password(reading, password, err) : 0;
        }
    return 0;
}

/* ---- Members ---- */

/* The name of what is only compressed is that of the file without its extension. */
static void name_raw(struct archive_reading *reading)
{
    const char *name = reading->input->stream == NULL ? reading->input->files[0].name : "";
    const char *dot = strrchr(name, '.');

    if (dot != NULL && dot > name)
        text_add_bytes(&reading->path, name, (size_t)(dot - name));
    else
        text_add(&reading->path, "content");
}

static void take_name(struct archive_reading *reading)
{
    const char *name = archive_entry_pathname_utf8(reading->entry);

    text_clear(&reading->path);
    if (archive_format(reading->archive) == ARCHIVE_FORMAT_RAW) {
        name_raw(reading);
        return;
    }
    if (name == NULL)
        name = archive_entry_pathname(reading->entry);
    text_add(&reading->path, name != NULL ? name : "");
}

static enum container_member_type type_of(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) != NULL || archive_entry_symlink(entry) != NULL)
        return MEMBER_LINK;
    switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
    case 0: /* raw, and archives that do not tell */
        return MEMBER_FILE;
    case AE_IFDIR:
        return MEMBER_FOLDER;
    case AE_IFLNK:
        return MEMBER_LINK;
    default:
        return MEMBER_SPECIAL;
    }
}

static int64_t mtime_of(struct archive_entry *entry)
{
    int64_t nanoseconds;

    if (!archive_entry_mtime_is_set(entry) ||
        __builtin_mul_overflow((int64_t)archive_entry_mtime(entry), INT64_C(1000000000),
                               &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (int64_t)archive_entry_mtime_nsec(entry), &nanoseconds))
        return 0;
    return nanoseconds;
}

/* Zip, cab and the older rar keep the time of a clock on a wall. */
static bool tells_no_zone(const struct archive_reading *reading)
{
    return reading->input->kind == SOURCE_KIND_ZIP || reading->input->kind == SOURCE_KIND_CAB ||
           archive_format(reading->archive) == ARCHIVE_FORMAT_RAR;
}

static void describe(struct archive_reading *reading, struct container_member *out)
{
    struct archive_entry *entry = reading->entry;
    int64_t size_bytes = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;

    take_name(reading);
    *out = (struct container_member){
        .type = type_of(entry),
        .path = text_get(&reading->path),
        .size_bytes = size_bytes >= 0 ? (uint64_t)size_bytes : MEMBER_SIZE_UNKNOWN,
        .mtime_ns = mtime_of(entry),
        .mtime_is_local = tells_no_zone(reading),
        .is_encrypted = archive_entry_is_data_encrypted(entry) > 0,
    };
}

static int archive_next(void *state, struct container_member *out, struct error *err)
{
    struct archive_reading *reading = state;
    int result = archive_read_next_header(reading->archive, &reading->entry);

    reading->block_bytes = 0;
    reading->position_bytes = 0;
    reading->is_broken = false;
    if (result == ARCHIVE_EOF)
        return 0;
    reading->ordinal++;
    if (result < ARCHIVE_WARN && reading->ordinal == 1 && reading->input->kind != SOURCE_KIND_ZIP &&
        archive_read_has_encrypted_entries(reading->archive) > 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                         "the list of its members is encrypted: " CONTAINER_NOT_DECRYPTED);
    if (result < ARCHIVE_WARN)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                         "broken behind member %llu: %s, so what follows is not read",
                         (unsigned long long)reading->ordinal - 1, why_of(reading->archive));
    if (archive_entry_is_data_encrypted(reading->entry) > 0 && find_password(reading, err) != 0)
        return -1;
    describe(reading, out);
    return 1;
}

/* Says why the entry cannot be read on. */
static int refuse(const struct archive_reading *reading, struct error *err)
{
    if (archive_entry_is_encrypted(reading->entry) <= 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "is broken: %s",
                         why_of(reading->archive));
    if (reading->input->kind != SOURCE_KIND_ZIP)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                         "is encrypted: " CONTAINER_NOT_DECRYPTED);
    if (reading->input->password_count == 0)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                         "is encrypted: name the password with --password-file");
    return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET,
                     "is encrypted, and no password of --password-file opens it (%s)",
                     why_of(reading->archive));
}

/* Goes to the next block that is not empty: 1, or 0 at the end. (archive_read_data would forget
 * what it copied before an error.) A wrong checksum is a warning that comes with the last bytes. */
static int next_block(struct archive_reading *reading, struct error *err)
{
    while (reading->block_bytes == 0) {
        const void *block = NULL;
        la_int64_t offset = 0;

        if (reading->is_broken)
            return refuse(reading, err);
        switch (archive_read_data_block(reading->archive, &block, &reading->block_bytes, &offset)) {
        case ARCHIVE_EOF:
            reading->block_bytes = 0;
            return 0;
        case ARCHIVE_OK:
            break;
        case ARCHIVE_WARN:
            reading->is_broken = true;
            break;
        default:
            reading->block_bytes = 0;
            return refuse(reading, err);
        }
        if (reading->block_bytes > 0 &&
            (offset < 0 || (uint64_t)offset < reading->position_bytes)) {
            reading->block_bytes = 0;
            return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "is broken: pieces of it overlap");
        }
        reading->block = block;
        reading->block_offset_bytes = (uint64_t)offset;
    }
    return 1;
}

static int archive_read_on(void *state, void *buffer, size_t size_bytes, size_t *got,
                           struct error *err)
{
    struct archive_reading *reading = state;
    int step = next_block(reading, err);
    uint64_t hole_bytes = reading->block_offset_bytes - reading->position_bytes;

    *got = 0;
    if (step != 1)
        return step;
    if (hole_bytes > 0) {
        *got = hole_bytes < size_bytes ? (size_t)hole_bytes : size_bytes;
        memset(buffer, 0, *got);
        reading->position_bytes += *got;
        return 0;
    }
    *got = reading->block_bytes < size_bytes ? reading->block_bytes : size_bytes;
    memcpy(buffer, reading->block, *got);
    reading->block += *got;
    reading->block_bytes -= *got;
    reading->block_offset_bytes += *got;
    reading->position_bytes += *got;
    return 0;
}

static int archive_rewind(void *state, struct error *err)
{
    struct archive_reading *reading = state;

    if (reading->input->stream != NULL)
        return error_set(err, ERROR_SOURCE, ERROR_NO_OFFSET, "cannot be read twice");
    archive_read_free(reading->archive);
    reading->ordinal = 0;
    return open_at_start(&reading->bytes, reading->password, true, &reading->archive, err);
}

static bool archive_locate(void *state, const struct container_member *member,
                           uint64_t *start_bytes)
{
    const struct archive_reading *reading = state;

    return reading->input->kind == SOURCE_KIND_ZIP && reading->input->stream == NULL &&
           zip_find_stored(&reading->input->files[0], member->path, member->size_bytes,
                           start_bytes);
}

static void archive_close_reading(void *state)
{
    struct archive_reading *reading = state;

    archive_read_free(reading->archive);
    bytes_end(&reading->bytes);
    text_free(&reading->path);
    free(reading);
}

/* Is it the first part of a zip that was split? What it says of places counts from other parts. */
static bool is_split(const struct container_input *input)
{
    char magic[4];
    size_t got;

    return input->kind == SOURCE_KIND_ZIP && input->stream == NULL &&
           container_file_read(&input->files[0], 0, magic, sizeof(magic), &got) == 0 &&
           got == sizeof(magic) && memcmp(magic, "PK\7\10", sizeof(magic)) == 0;
}

int archive_open(const struct container_input *input, struct container_notes *notes,
                 struct unpacker *out, struct error *err)
{
    struct archive_reading *reading;

    if (is_split(input))
        return error_set(
            err, ERROR_SOURCE, ERROR_NO_OFFSET,
            "is the first part of a zip that was split: join its parts first (zip -s 0 "
            "--out WHOLE.zip SPLIT.zip)");
    reading = memory_allocate(1, sizeof(*reading));

    reading->input = input;
    bytes_begin(&reading->bytes, input, &notes->read_bytes);
    *out = (struct unpacker){.state = reading,
                             .next = archive_next,
                             .read = archive_read_on,
                             .rewind = archive_rewind,
                             .locate = archive_locate,
                             .close = archive_close_reading};
    if (open_at_start(&reading->bytes, 0, true, &reading->archive, err) == 0)
        return 0;
    archive_close_reading(reading);
    return -1;
}
