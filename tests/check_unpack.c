/* SPDX-License-Identifier: Apache-2.0 */
/* Containers taken apart by the process that unpacks, and what it says of them: archives of every
 * form, made here; what is nested, encrypted, too much, or broken. Changed copies of them: 250 of
 * each form, or MUTANTS in the environment: whatever was changed, the process comes to its end, and
 * the container has its row. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "chance.h"
#include "evtx/readers.h"
#include "fixtures/archive_writer.h"
#include "fixtures/evtx_writer.h"
#include "intake/content.h"
#include "mutant.h"
#include "run.h"
#include "text/text_reader.h"
#include "trial.h"
#include "worker/unpack.h"
#include "worker/wire.h"

#define MIB ((uint64_t)1024 * 1024)
#define MTIME_S 1548000000 /* 2019-01-20T16:00:00Z */
/* A process costs ten times as much where a sanitizer has its maps in it. */
#ifdef __SANITIZE_ADDRESS__
#define WRONG_PASSWORDS 300u
#else
#define WRONG_PASSWORDS 1000u
#endif
#define MUTANTS_USUAL 250u
/* A mutant takes some milliseconds. */
#define SECONDS_MOST 60

static const struct reader *const readers[READER_COUNT] = {
    [READER_LOG] = &evtx_log_reader, [READER_TEXT] = &text_reader};
static const char listing[] = "Node,HotFixID\r\nPC1,KB971033\r\n";
static const char plain[] = "a text that is no listing, and long enough to be one";
static uint8_t log_bytes[EVTX_FILE_HEADER_SIZE + 65536];

static struct unpack_limits limits;
static struct sandbox sandbox;
static const char *passwords[2];
static size_t password_count;
static bool shows_times;
static struct hash *hash;

static void set_up(void)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};

    limits = unpack_default_limits;
    sandbox = sandbox_default;
    password_count = 0;
    shows_times = false;
    hash = hash_new(&err);
    memset(log_bytes, 0, sizeof(log_bytes));
    memcpy(log_bytes, "ElfFile", 8);
    memcpy(log_bytes + EVTX_FILE_HEADER_SIZE, "ElfChnk", 8);
}

static void tear_down(void)
{
    hash_free(hash);
}

/* ---- Unpacking ---- */

/* Says of a member's file whether it is, byte for byte, the log or the listing that was packed, and
 * gives it back. */
static void look_at(struct unpack *unpack, const struct unpack_message *message, int file,
                    struct text *out)
{
    uint8_t bytes[sizeof(log_bytes) + 1];
    size_t got;

    ck_assert_int_eq(file_read_at(file, bytes, sizeof(bytes), 0, &got), 0);
    if ((got == sizeof(log_bytes) && memcmp(bytes, log_bytes, got) == 0) ||
        (got == sizeof(listing) - 1 && memcmp(bytes, listing, got) == 0))
        text_add(out, " whole");
    ck_assert_str_eq(message->sha256, "");
    unpack_give_back(unpack, message->size_bytes);
}

/* A member that comes little by little: it is given back as soon as it is there. */
struct streamed {
    int file;
    uint64_t filled_bytes;
};

static void fill(struct unpack *unpack, struct streamed *streamed, uint64_t filled_bytes)
{
    ck_assert_int_ge(streamed->file, 0);
    ck_assert_uint_ge(filled_bytes, streamed->filled_bytes);
    unpack_give_back(unpack, filled_bytes - streamed->filled_bytes);
    streamed->filled_bytes = filled_bytes;
}

static void add_time(struct text *out, const struct unpack_message *message)
{
    if (shows_times && message->mtime_ns != 0)
        text_add_format(out, "%s %" PRIi64, message->mtime_is_local ? " local" : "",
                        message->mtime_ns / 1000000000);
}

static void add_detail(struct text *out, const struct unpack_message *message)
{
    if (*message->detail != '\0')
        text_add_format(out, " (%s)", message->detail);
    text_add(out, "\n");
}

/* Writes a message down: `member PATH KIND BYTES`, and so on. */
static void write_down(struct unpack *unpack, const struct unpack_message *message, int file,
                       struct streamed *streamed, struct text *out)
{
    switch (message->says) {
    case UNPACK_MEMBER:
        text_add_format(out, "%s %s %s %" PRIu64, message->is_streamed ? "streamed" : "member",
                        message->path, source_kind_word(message->kind), message->size_bytes);
        add_time(out, message);
        if (!message->is_streamed)
            look_at(unpack, message, file, out);
        add_detail(out, message);
        break;
    case UNPACK_FILLED:
        fill(unpack, streamed, message->filled_bytes);
        break;
    case UNPACK_FILLED_ALL:
        fill(unpack, streamed, message->filled_bytes);
        text_add_format(out, "filled %" PRIu64 "%s", message->filled_bytes,
                        *message->sha256 != '\0' ? " hashed" : "");
        add_detail(out, message);
        break;
    case UNPACK_UNREAD:
        text_add_format(out, "unread %s", message->path);
        add_detail(out, message);
        break;
    case UNPACK_CONTAINER:
    case UNPACK_SAYS_COUNT:
        text_add_format(out, "container%s%s", *message->path != '\0' ? " " : "", message->path);
        add_time(out, message);
        text_add_format(out, " %s", source_status_word(message->status));
        add_detail(out, message);
    }
}

/* Takes all that the process says, up to the outermost container. */
static void take_all(struct unpack *unpack, struct text *out)
{
    struct streamed streamed = {.file = -1};
    struct unpack_message message = {0};
    const char *fault = NULL;
    bool is_done = false;

    while (!is_done) {
        struct pollfd polled = {.fd = unpack->process.socket, .events = POLLIN};
        int file;
        int taken;

        ck_assert_int_ge(poll(&polled, 1, SECONDS_MOST * 1000), 1);
        taken = unpack_take(unpack, 0, &message, &file, &fault);
        if (taken < 0) {
            char *end = unpack_end(unpack, fault);

            text_add_format(out, "crashed: %s\n", end);
            free(end);
            break;
        }
        if (taken == 0)
            continue;
        if (message.is_streamed) {
            ck_assert_int_lt(streamed.file, 0);
            streamed = (struct streamed){.file = file};
        }
        write_down(unpack, &message, file, &streamed, out);
        if (file >= 0 && !message.is_streamed)
            close(file);
        if (message.says == UNPACK_FILLED_ALL) {
            close(streamed.file);
            streamed.file = -1;
        }
        is_done = message.says == UNPACK_CONTAINER && *message.path == '\0';
    }
    if (streamed.file >= 0)
        close(streamed.file);
    unpack_stop(unpack);
}

/* Unpacks the bytes as what they are, and returns owned what was said. */
static char *unpack_bytes(const uint8_t *bytes, size_t size_bytes, const char *name)
{
    struct container_file file = {.descriptor = memfd_create("container", MFD_CLOEXEC),
                                  .size_bytes = size_bytes,
                                  .name = name};
    const char *what;
    struct container_input input = {
        .kind = content_recognise_for(span_of(bytes, size_bytes, 0), false, &what),
        .files = &file,
        .file_count = 1,
        .passwords = passwords,
        .password_count = password_count};
    struct unpack_order order = {
        .input = &input, .limits = &limits, .sandbox = &sandbox, .readers = readers, .hash = hash};
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    struct unpack unpack;
    struct text out = {0};

    ck_assert_int_eq(file_write(file.descriptor, bytes, size_bytes), 0);
    if (source_kind_is(input.kind, SOURCE_IS_ARCHIVE) ||
        source_kind_is(input.kind, SOURCE_IS_IMAGE)) {
        ck_assert_int_eq(unpack_start(&unpack, &order, &err), 0);
        take_all(&unpack, &out);
    }
    close(file.descriptor);
    return text_take(&out);
}

static void expect_bytes(const uint8_t *bytes, size_t size_bytes, const char *expected)
{
    char *said = unpack_bytes(bytes, size_bytes, "in.bin.x");

    ck_assert_str_eq(said, expected);
    free(said);
}

static void expect(const struct archive_form *form, const struct archive_member *members,
                   size_t count, const char *expected)
{
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(form, members, count, &size_bytes);

    expect_bytes(bytes, size_bytes, expected);
    free(bytes);
}

/* Is this among what is said? */
static void expect_words(const struct archive_form *form, const struct archive_member *members,
                         size_t count, const char *words)
{
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(form, members, count, &size_bytes);
    char *said = unpack_bytes(bytes, size_bytes, "x");

    ck_assert_msg(strstr(said, words) != NULL, "%s is not in %s", words, said);
    free(said);
    free(bytes);
}

#define LOG(name) \
    {.path = (name), .bytes = log_bytes, .size_bytes = sizeof(log_bytes), .mtime_s = MTIME_S}
#define TEXT(name, words) \
    {.path = (name), .bytes = (words), .size_bytes = sizeof(words) - 1, .mtime_s = MTIME_S}
#define EXPECT(form, members, expected) expect((form), (members), ARRAY_COUNT(members), (expected))

static const struct archive_form zip = {"zip", "none", NULL, NULL};
static const struct archive_form tar = {"ustar", "none", NULL, NULL};

static const struct archive_form forms[] = {
    {"zip", "none", NULL, NULL},   {"zip", "none", "zip:compression=store", NULL},
    {"7zip", "none", NULL, NULL},  {"ustar", "none", NULL, NULL},
    {"ustar", "gzip", NULL, NULL}, {"ustar", "bzip2", NULL, NULL},
    {"ustar", "xz", NULL, NULL},   {"ustar", "zstd", NULL, NULL},
    {"pax", "none", NULL, NULL},
};

/* ---- Tests ---- */

START_TEST(every_form_gives_its_members)
{
    const struct archive_member members[] = {
        {.path = "PC1/"},
        LOG("PC1/Application.evtx"),
        TEXT("PC1/qfe.csv", listing),
        TEXT("PC1/notes.txt", plain),
        {.path = "PC1/empty"},
    };

    EXPECT(&forms[_i], members,
           "member PC1/Application.evtx evtx 69632 whole\n"
           "member PC1/qfe.csv unknown 29 whole\n"
           "container ok (members that no reader takes: 1 unknown, 1 empty)\n");
}
END_TEST

START_TEST(what_is_only_compressed_is_one_member)
{
    static const char *const compressions[] = {"gzip", "bzip2", "xz", "zstd"};

    for (size_t index = 0; index < ARRAY_COUNT(compressions); index++) {
        const struct archive_form form = {"raw", compressions[index], NULL, NULL};
        const struct archive_member members[] = {LOG("a")};

        EXPECT(&form, members, "member in.bin evtx 69632 whole\ncontainer ok\n");
    }
}
END_TEST

START_TEST(nothing_to_read_is_skipped)
{
    const struct archive_member members[] = {TEXT("notes.txt", plain),
                                             {.path = "link", .link = "/etc/passwd"}};

    EXPECT(&tar, members,
           "container skipped (members that no reader takes: 1 unknown, 1 links or devices)\n");
}
END_TEST

START_TEST(a_fourth_container_is_listed)
{
    const struct archive_member log[] = {LOG("PC1/Application.evtx")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&forms[_i], log, 1, &size_bytes);

    for (unsigned depth = 0; depth < 3; depth++) {
        const struct archive_member inner[] = {
            {.path = "in", .bytes = bytes, .size_bytes = size_bytes}};
        uint8_t *outer;

        if (depth == 2) {
            char *said = unpack_bytes(bytes, size_bytes, "x");

            ck_assert_str_eq(said, "member in!/in!/PC1/Application.evtx evtx 69632 whole\n"
                                   "container in!/in ok\ncontainer in ok\ncontainer ok\n");
            free(said);
        }
        outer = archive_write_members(&forms[_i], inner, 1, &size_bytes);
        free(bytes);
        bytes = outer;
    }
    expect_bytes(bytes, size_bytes,
                 "unread in!/in!/in (lies in 3 containers, so it is not opened (--limit depth))\n"
                 "container in!/in damaged (1 member not read, each told in its row)\n"
                 "container in ok\ncontainer ok\n");
    free(bytes);
}
END_TEST

/* What does not fit into a third of the memory comes as a stream. */
START_TEST(a_large_container_in_another_is_streamed)
{
    const struct archive_member log[] = {LOG("PC1/Application.evtx"),
                                         {.path = "pad", .zeros_bytes = 4 * MIB}};
    const struct archive_form stored = {"zip", "none", "zip:compression=store", NULL};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&stored, log, 2, &size_bytes);
    const struct archive_member inner[] = {
        {.path = "in.zip", .bytes = bytes, .size_bytes = size_bytes}, LOG("b")};

    limits.memory_bytes = 8 * MIB;
    EXPECT(&zip, inner,
           "member in.zip!/PC1/Application.evtx evtx 69632 whole\n"
           "container in.zip ok (members that no reader takes: 1 unknown)\n"
           "member b evtx 69632 whole\ncontainer ok\n");
    free(bytes);
}
END_TEST

/* What is stored as it is needs no memory, and can be of a form that wants to be read from its end:
 * its sizes stand in its directory alone. */
START_TEST(a_stored_container_is_read_where_it_lies)
{
    static uint64_t noise[768 * 1024];
    uint64_t chance = MUTANT_SEED;
    const struct archive_form inner_form = {"7zip", "none", NULL, NULL};
    const struct archive_member log[] = {
        LOG("PC1/Application.evtx"), {.path = "pad", .bytes = noise, .size_bytes = sizeof(noise)}};
    size_t size_bytes;
    uint8_t *bytes;

    for (size_t index = 0; index < ARRAY_COUNT(noise); index++)
        noise[index] = chance_next(&chance);
    bytes = archive_write_members(&inner_form, log, 2, &size_bytes);
    limits.memory_bytes = 8 * MIB;
    {
        const struct archive_member inner[] = {
            {.path = "a/in.7z", .bytes = bytes, .size_bytes = size_bytes}, LOG("b")};

        EXPECT(&forms[1], inner,
               "member a/in.7z!/PC1/Application.evtx evtx 69632 whole\n"
               "container a/in.7z ok (members that no reader takes: 1 unknown)\n"
               "member b evtx 69632 whole\ncontainer ok\n");
        expect_words(&zip, inner, 2,
                     "unread a/in.7z (of its kind all has to be in memory at a time");
    }
    free(bytes);
}
END_TEST

START_TEST(names_cannot_lead_out)
{
    const struct archive_member members[] = {LOG("../../a"), LOG("/etc/b"), LOG("C:\\x\\c"),
                                             LOG("./d/./e"), LOG("./f//g")};

    EXPECT(&zip, members,
           "member %2E%2E/%2E%2E/a evtx 69632 whole\nmember etc/b evtx 69632 whole\n"
           "member C:/x/c evtx 69632 whole\nmember d/e evtx 69632 whole\n"
           "member f/g evtx 69632 whole\ncontainer ok\n");
}
END_TEST

START_TEST(a_name_that_is_too_long_is_counted)
{
    char name[UNPACK_NAME_MOST_BYTES + 2];
    const struct archive_member members[] = {LOG(name), LOG("a")};

    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    EXPECT(&zip, members,
           "member a evtx 69632 whole\n"
           "container damaged (1 member with a name of more than 4096 bytes not read)\n");
}
END_TEST

START_TEST(the_number_of_members_has_a_limit)
{
    const struct archive_member members[] = {LOG("a"), TEXT("b", plain), LOG("c")};

    limits.members = 2;
    EXPECT(&zip, members,
           "member a evtx 69632 whole\n"
           "container damaged (cut off there: it has more than 2 members (--limit members); "
           "members that no reader takes: 1 unknown)\n");
}
END_TEST

START_TEST(what_unpacks_to_too_much_is_cut_off)
{
    const struct archive_member members[] = {
        LOG("a"),
        {.path = "b", .bytes = "ElfFile", .size_bytes = 8, .zeros_bytes = 4 * MIB},
        LOG("c")};

    limits.size_bytes = 2 * MIB;
    expect_words(&forms[_i], members, 3, "member a evtx 69632 whole\nmember b evtx ");
    expect_words(&forms[_i], members, 3,
                 "(in its container it goes past the 2 MiB that a container may unpack to (--limit "
                 "size): the first ");
    expect_words(
        &forms[_i], members, 3,
        "\ncontainer damaged (cut off at b, which goes past the 2 MiB that a container may "
        "unpack to (--limit size); 1 member not whole, each told in its row)\n");
}
END_TEST

static const struct archive_member bomb[] = {
    {.path = "a", .bytes = "ElfFile", .size_bytes = 8, .zeros_bytes = 100 * MIB},
    LOG("b"),
};

START_TEST(a_bomb_is_cut_off_by_its_ratio)
{
    limits.ratio = 20;
    EXPECT(&zip, bomb,
           "streamed a evtx 104857608\n"
           "filled 67108864 (in its container it unpacks to more than 20 times its size (--limit "
           "ratio): the first 67108864 bytes are read)\n"
           "member b evtx 69632 whole\n"
           "container damaged (1 member not whole, each told in its row)\n");
    expect_words(&forms[4], bomb, 2,
                 "container damaged (cut off at a, which unpacks to more than 20 times its size "
                 "(--limit ratio); 1 member not whole, each told in its row)\n");
}
END_TEST

START_TEST(a_member_has_a_greatest_size)
{
    limits.member_bytes = 10 * MIB;
    EXPECT(&zip, bomb,
           "streamed a evtx 10485760\n"
           "filled 10485760 (in its container it is larger than 10 MiB (--limit member-size): the "
           "first 10485760 bytes are read)\n"
           "member b evtx 69632 whole\n"
           "container damaged (1 member not whole, each told in its row)\n");
}
END_TEST

START_TEST(a_log_that_does_not_fit_is_streamed)
{
    const struct archive_member members[] = {
        {.path = "a", .bytes = log_bytes, .size_bytes = sizeof(log_bytes), .zeros_bytes = 60 * MIB},
        LOG("b")};

    limits.memory_bytes = 80 * MIB;
    EXPECT(&zip, members,
           "streamed a evtx 62984192\nfilled 62984192 hashed\nmember b evtx 69632 whole\n"
           "container ok\n");
    limits.memory_bytes = 40 * MIB;
    EXPECT(&zip, members,
           "unread a (of its kind all has to be in memory at a time, which is more than 40 MiB "
           "(--limit memory): raise that, or unpack it first)\n"
           "member b evtx 69632 whole\n"
           "container damaged (1 member not read, each told in its row)\n");
}
END_TEST

START_TEST(encrypted_members_need_their_password)
{
    static const char *const encryptions[] = {"zip:encryption=traditional", "zip:encryption=aes128",
                                              "zip:encryption=aes256"};
    const struct archive_form form = {"zip", "none", encryptions[_i], "secret"};
    const struct archive_member members[] = {LOG("a"), TEXT("b", listing)};

    EXPECT(&form, members,
           "unread a (is encrypted: name the password with --password-file)\n"
           "unread b (is encrypted: name the password with --password-file)\n"
           "container unreadable (2 encrypted members not read: name the password with "
           "--password-file)\n");
    passwords[0] = "secret";
    password_count = 1;
    EXPECT(&form, members, "member a evtx 69632 whole\nmember b unknown 29 whole\ncontainer ok\n");
    passwords[0] = "wrong";
    passwords[1] = "secret";
    password_count = 2;
    EXPECT(&form, members, "member a evtx 69632 whole\nmember b unknown 29 whole\ncontainer ok\n");
    password_count = 1;
    EXPECT(
        &form, members,
        "unread a (is encrypted, and no password of --password-file opens it (Incorrect "
        "passphrase))\n"
        "unread b (is encrypted, and no password of --password-file opens it (Incorrect "
        "passphrase))\n"
        "container unreadable (2 encrypted members not read: no password of --password-file opens "
        "them)\n");
}
END_TEST

START_TEST(holes_that_were_left_out_are_put_back)
{
    static const char map[] =
        "{\"ranges\":[{\"file_offset\":0,\"original_offset\":0,\"file_length\":8,\"length\":8},"
        "{\"file_offset\":8,\"original_offset\":8,\"file_length\":0,\"length\":\"4088\"},"
        "{\"file_offset\":8,\"original_offset\":4096,\"file_length\":8,\"length\":65536}]}";
    const struct archive_member members[] = {
        {.path = "a.evtx", .bytes = "ElfFile\0ElfChnk", .size_bytes = 16}, TEXT("a.evtx.idx", map)};
    char *said;
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&zip, members, 2, &size_bytes);
    const struct archive_member whole[] = {LOG("a.evtx")};
    char *expected;

    said = unpack_bytes(bytes, size_bytes, "x.zip");
    ck_assert_str_eq(said, "member a.evtx evtx 69632 whole\ncontainer ok\n");
    free(bytes);
    free(said);
    bytes = archive_write_members(&zip, whole, 1, &size_bytes);
    expected = unpack_bytes(bytes, size_bytes, "x.zip");
    ck_assert_str_eq(expected, "member a.evtx evtx 69632 whole\ncontainer ok\n");
    free(expected);
    free(bytes);
}
END_TEST

/* ---- Broken ones ---- */

/* Flips a bit of the stored log, which its checksum alone tells. */
/* A member without a time has that of the innermost container that has one. */
START_TEST(a_member_without_a_time_has_that_of_its_container)
{
    const struct archive_form gzip = {"raw", "gzip", "!timestamp", NULL};
    const struct archive_member log[] = {LOG("a")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&gzip, log, 1, &size_bytes);
    const struct archive_member inner[] = {
        {.path = "in.gz", .bytes = bytes, .size_bytes = size_bytes, .mtime_s = MTIME_S}};

    shows_times = true;
    EXPECT(&zip, inner,
           "member in.gz!/in evtx 69632 local 1548000000 whole\n"
           "container in.gz local 1548000000 ok\ncontainer ok\n");
    EXPECT(&tar, inner,
           "member in.gz!/in evtx 69632 1548000000 whole\n"
           "container in.gz 1548000000 ok\ncontainer ok\n");
    free(bytes);
}
END_TEST

START_TEST(a_wrong_checksum_is_said)
{
    const struct archive_member members[] = {LOG("a"), LOG("b")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&forms[1], members, 2, &size_bytes);

    char *said;

    bytes[20000] ^= 1;
    said = unpack_bytes(bytes, size_bytes, "x");
    ck_assert_ptr_nonnull(
        strstr(said, "member a evtx 69632 (in its container it is broken: ZIP bad CRC"));
    ck_assert_ptr_nonnull(
        strstr(said, "member b evtx 69632 whole\ncontainer damaged (1 member not whole, "));
    free(said);
    free(bytes);
}
END_TEST

/* The directory says less than there is: what was streamed ends too early for it. */
START_TEST(a_size_that_lies_is_said)
{
    const struct archive_member members[] = {{.path = "a",
                                              .bytes = log_bytes,
                                              .size_bytes = sizeof(log_bytes),
                                              .zeros_bytes = 60 * MIB}};
    const uint32_t size = sizeof(log_bytes) + 60 * MIB, less = sizeof(log_bytes) + 50 * MIB;
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&zip, members, 1, &size_bytes);

    for (size_t at = 0; at + sizeof(size) <= size_bytes; at++)
        if (memcmp(bytes + at, &size, sizeof(size)) == 0)
            memcpy(bytes + at, &less, sizeof(less));
    limits.memory_bytes = 80 * MIB;
    expect_bytes(bytes, size_bytes,
                 "streamed a evtx 52498432\n"
                 "filled 52498432 (in its container it has more bytes than it says: the first "
                 "52498432 bytes are read)\n"
                 "container damaged (1 member not whole, each told in its row)\n");
    free(bytes);
}
END_TEST

START_TEST(a_split_zip_is_told)
{
    const struct archive_member members[] = {LOG("a")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&zip, members, 1, &size_bytes);
    uint8_t *split = memory_allocate(size_bytes + 4, 1);

    memcpy(split, "PK\7\10", 4);
    memcpy(split + 4, bytes, size_bytes);
    expect_bytes(split, size_bytes + 4,
                 "container unreadable (is the first part of a zip that was split: join its parts "
                 "first (zip -s 0 --out WHOLE.zip SPLIT.zip))\n");
    free(split);
    free(bytes);
}
END_TEST

/* In a tar the map comes when its file is gone. */
START_TEST(holes_that_are_not_put_back_are_said)
{
    static const char map[] = "{\"ranges\":[{\"file_length\":69632,\"length\":69632}]}";
    const struct archive_member members[] = {LOG("a.evtx"), TEXT("a.evtx.idx", map)};

    EXPECT(
        &tar, members,
        "member a.evtx evtx 69632 whole\n"
        "container damaged (1 file stored without holes, whose map (.idx) is not at hand here, and "
        "read so: unpack it first)\n");
    EXPECT(&forms[2], members, "member a.evtx evtx 69632 whole\ncontainer ok\n");
}
END_TEST

START_TEST(a_wrong_password_is_never_silent)
{
    const struct archive_form form = {"zip", "none",
                                      "zip:encryption=traditional,zip:compression=store", "right"};
    const struct archive_member members[] = {LOG("a")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&form, members, 1, &size_bytes);
    char password[16];

    passwords[0] = password;
    password_count = 1;
    for (unsigned number = 0; number < WRONG_PASSWORDS; number++) {
        char *said;

        snprintf(password, sizeof(password), "wrong%u", number);
        said = unpack_bytes(bytes, size_bytes, "x");
        ck_assert_msg(strstr(said, "unread a (is encrypted, and no password") != NULL, "%s", said);
        free(said);
    }
    free(bytes);
}
END_TEST

/* ---- A process that was taken over ---- */

/* Is the message refused that the process says, with that file beside it? */
static bool is_refused(struct unpack_message message, int file)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } beside = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct unpack unpack = {.limits = &limits, .readers = readers};
    struct pack packet = {0};
    struct iovec place;
    struct msghdr header = {.msg_iov = &place, .msg_iovlen = 1};
    const char *fault;
    int ends[2], got, taken;

    message.path = "a";
    message.sha256 = message.detail = "";
    pack_members(&packet, &unpack_message_members, &message);
    place = (struct iovec){packet.bytes, packet.length_bytes};
    if (file >= 0) {
        memcpy(CMSG_DATA(&beside.header), &file, sizeof(file));
        header.msg_control = &beside;
        header.msg_controllen = sizeof(beside);
    }
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    ck_assert_int_eq(sendmsg(ends[1], &header, 0), (ssize_t)packet.length_bytes);
    unpack.process.socket = ends[0];
    unpack.has_begun = true;
    unpack.packet = memory_allocate(UNPACK_PACKET_MOST_BYTES, 1);
    taken = unpack_take(&unpack, 0, &message, &got, &fault);
    ck_assert_int_eq(got >= 0, taken == 1 && file >= 0);
    if (got >= 0)
        close(got);
    close(ends[1]);
    unpack_stop(&unpack);
    pack_free(&packet);
    return taken == -1 && fault != NULL;
}

START_TEST(what_makes_no_sense_is_refused)
{
    struct unpack_message member = {
        .says = UNPACK_MEMBER, .kind = SOURCE_KIND_EVTX, .size_bytes = sizeof(log_bytes)};
    struct unpack_message filled = {.says = UNPACK_FILLED};
    int file = memfd_create("member", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    ck_assert_int_eq(file_write(file, log_bytes, sizeof(log_bytes)), 0);
    ck_assert(is_refused(member, file)); /* it could still be changed */
    ck_assert_int_eq(fcntl(file, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK), 0);
    ck_assert(!is_refused(member, file));
    ck_assert(is_refused(member, -1));
    member.size_bytes++;
    ck_assert(is_refused(member, file));
    member.size_bytes--;
    member.kind = SOURCE_KIND_SQLITE; /* which is not read */
    ck_assert(is_refused(member, file));
    member.kind = SOURCE_KIND_UNKNOWN;
    ck_assert(!is_refused(member, file));
    member.is_streamed = true; /* which texts are not */
    ck_assert(is_refused(member, file));
    member.kind = SOURCE_KIND_EVTX;
    ck_assert(!is_refused(member, file));
    member.size_bytes++; /* the file is cut already: there was less of it than its container says */
    ck_assert(!is_refused(member, file));
    member.size_bytes -= 2;
    ck_assert(is_refused(member, file));
    member.size_bytes++;
    limits.memory_bytes = sizeof(log_bytes) - 1;
    ck_assert(!is_refused(member, file));
    member.is_streamed = false;
    ck_assert(is_refused(member, file));
    ck_assert(!is_refused(filled, -1));
    ck_assert(is_refused(filled, file));
    filled.filled_bytes = INT64_MAX;
    ck_assert(is_refused(filled, -1));
    close(file);
}
END_TEST

START_TEST(a_cut_archive_gives_what_lies_before)
{
    const struct archive_member members[] = {LOG("a"), LOG("b")};
    size_t size_bytes;
    uint8_t *bytes = archive_write_members(&tar, members, 2, &size_bytes);

    expect_bytes(
        bytes, 512 + 69632 + 512 + 5000,
        "member a evtx 69632 whole\n"
        "member b evtx 5000 (in its container it is broken: Truncated tar archive: the "
        "first 5000 bytes are read)\n"
        "container damaged (broken behind member 2: Truncated input file (needed 64632 bytes, only "
        "0 "
        "available), so what follows is not read; 1 member not whole, each told in its row)\n");
    free(bytes);
}
END_TEST

static uint8_t *mutate(const uint8_t *original, size_t *size_bytes, uint64_t *chance)
{
    uint8_t *bytes = (uint8_t *)memory_copy_bytes((const char *)original, *size_bytes);

    for (uint64_t changes = 1 + chance_next(chance) % 4; changes > 0; changes--) {
        uint64_t choice = chance_next(chance), at = chance_next(chance) % *size_bytes;

        /* The structures of most forms lie at the start and at the end. */
        if (choice % 4 == 1 && *size_bytes > 128)
            at %= 128;
        else if (choice % 4 == 2 && *size_bytes > 256)
            at = *size_bytes - 1 - at % 256;
        if (choice % 16 == 15)
            *size_bytes = at + 1;
        else if (choice % 3 == 0)
            bytes[at] ^= (uint8_t)(1u << (choice >> 8) % 8);
        else
            bytes[at] = choice % 3 == 1 ? 0xFF : (uint8_t)(choice >> 16);
    }
    return bytes;
}

/* Ends the last line with the outermost container? */
static bool has_row(const char *said)
{
    const char *row = strstr(said, "container ");

    for (const char *next = row; next != NULL; next = strstr(next + 1, "\ncontainer "))
        row = next;
    return row != NULL || strstr(said, "crashed: ") != NULL || *said == '\0';
}

START_TEST(changed_copies_come_to_an_end)
{
    const struct archive_member members[] = {{.path = "PC1/"},
                                             LOG("PC1/Application.evtx"),
                                             TEXT("PC1/qfe.csv", listing),
                                             TEXT("PC1/notes.txt", plain)};
    uint64_t count = trial_mutants(MUTANTS_USUAL);
    uint64_t chance = trial_setting("MUTANT_SEED", MUTANT_SEED) * 16 + (uint64_t)_i + 1;
    size_t original_bytes, crashes = 0;
    uint8_t *original =
        archive_write_members(&forms[_i], members, ARRAY_COUNT(members), &original_bytes);

    limits.size_bytes = 64 * MIB;
    for (uint64_t number = 0; number < count; number++) {
        size_t size_bytes = original_bytes;
        uint8_t *bytes = mutate(original, &size_bytes, &chance);
        char *said = unpack_bytes(bytes, size_bytes, "x.y");

        ck_assert_msg(has_row(said), "mutant %" PRIu64 ": %s", number, said);
        crashes += strstr(said, "crashed: ") != NULL;
        free(said);
        free(bytes);
    }
    free(original);
    ck_assert_uint_eq(crashes, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unpack");
    TCase *unpacking = tcase_create("unpack"), *mutants = tcase_create("mutants");

    tcase_add_checked_fixture(unpacking, set_up, tear_down);
    tcase_add_loop_test(unpacking, every_form_gives_its_members, 0, ARRAY_COUNT(forms));
    tcase_add_test(unpacking, what_is_only_compressed_is_one_member);
    tcase_add_test(unpacking, nothing_to_read_is_skipped);
    tcase_add_loop_test(unpacking, a_fourth_container_is_listed, 0, ARRAY_COUNT(forms));
    tcase_add_test(unpacking, a_large_container_in_another_is_streamed);
    tcase_add_test(unpacking, a_stored_container_is_read_where_it_lies);
    tcase_add_test(unpacking, names_cannot_lead_out);
    tcase_add_test(unpacking, a_name_that_is_too_long_is_counted);
    tcase_add_test(unpacking, the_number_of_members_has_a_limit);
    tcase_add_loop_test(unpacking, what_unpacks_to_too_much_is_cut_off, 0, ARRAY_COUNT(forms));
    tcase_add_test(unpacking, a_bomb_is_cut_off_by_its_ratio);
    tcase_add_test(unpacking, a_member_has_a_greatest_size);
    tcase_add_test(unpacking, a_log_that_does_not_fit_is_streamed);
    tcase_add_loop_test(unpacking, encrypted_members_need_their_password, 0, 3);
    tcase_add_test(unpacking, holes_that_were_left_out_are_put_back);
    tcase_add_test(unpacking, a_member_without_a_time_has_that_of_its_container);
    tcase_add_test(unpacking, a_wrong_checksum_is_said);
    tcase_add_test(unpacking, a_size_that_lies_is_said);
    tcase_add_test(unpacking, a_split_zip_is_told);
    tcase_add_test(unpacking, holes_that_are_not_put_back_are_said);
    tcase_add_test(unpacking, a_wrong_password_is_never_silent);
    tcase_add_test(unpacking, what_makes_no_sense_is_refused);
    tcase_add_test(unpacking, a_cut_archive_gives_what_lies_before);
    suite_add_tcase(suite, unpacking);
    tcase_add_checked_fixture(mutants, set_up, tear_down);
    tcase_set_timeout(mutants, SECONDS_MOST * 10);
    tcase_add_loop_test(mutants, changed_copies_come_to_an_end, 0, ARRAY_COUNT(forms));
    suite_add_tcase(suite, mutants);
    return run_suite(suite);
}
