/* SPDX-License-Identifier: Apache-2.0 */
/* misbehaving: the program, but that its reader of logs is one that was taken over: a log in which
 * `misbehave WAY` stands at MARKER_OFFSET makes it do what the way is called. Every other log is
 * read as always. The pool is given these readers in the place of the program's (--wrap=pool_new),
 * and times and memory that do not let a test wait. So a container does whose name is `WAY.zip`
 * (--wrap=unpack_run). */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "evtx/readers.h"
#include "findings.h"
#include "worker/pool.h"
#include "worker/process.h"
#include "worker/unpack.h"
#include "worker/wire.h"

#define SOCKET_DESCRIPTOR 3 /* where a reader process has it */
#define MARKER "misbehave "
#define MARKER_OFFSET 1024 /* in the part of a log's first page that is not used */
#define MIB ((size_t)1024 * 1024)

/* A sleeper is only told from a reader that gets no processor by time. */
#define TIME_MS 300
#define SLEEP_MS 1500
#define MEMORY_BYTES (64 * MIB)

static int unpacks_from; /* the socket of a process that unpacks, or 0 */

/* ---- Ways ---- */

/* Sends the frames; what a parent that has had enough does with them ends the process. */
static void send_frames(struct pack *frames)
{
    if (file_write(SOCKET_DESCRIPTOR, frames->bytes, frames->length_bytes) != 0)
        _exit(EXIT_FAILURE);
    frames->length_bytes = 0;
}

static void do_crash(void)
{
    raise(SIGSEGV);
}

static void do_abort(void)
{
    abort();
}

static void do_exit(void)
{
    _exit(7);
}

static void do_loop(void)
{
    for (;;)
        ;
}

/* No job comes while it has one. */
static void do_sleep(void)
{
    char byte;

    for (;;)
        (void)!recv(unpacks_from > 0 ? unpacks_from : SOCKET_DESCRIPTOR, &byte, 1, 0);
}

/* In the middle of a frame. */
static void do_half(void)
{
    (void)!write(SOCKET_DESCRIPTOR, "\x02\0\0\0\x07", 5);
    do_loop();
}

static void do_half_sleep(void)
{
    (void)!write(SOCKET_DESCRIPTOR, "\x02\0\0\0\x07", 5);
    do_sleep();
}

static void do_half_end(void)
{
    (void)!write(SOCKET_DESCRIPTOR, "\x02\0\0\0\x07", 5);
    _exit(EXIT_SUCCESS);
}

/* A sanitized process has no limit but this one's patience. */
static void do_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    for (;;)
        memset(memory_allocate(1, MIB), 1, MIB);
#else
    memory_require(NULL);
#endif
}

/* Computers without end. */
static void do_flood(void)
{
    struct wire_result result = {0};
    struct pack frames = {0};

    for (;;) {
        source_facts_computer(&result.facts, "flood")->record_count = 1;
        wire_add_result(&frames, &result);
        frames.length_bytes /= 2; /* the result is the longer half */
        send_frames(&frames);
    }
}

/* What a log does not have. */
static void do_kind(void)
{
    const struct finding finding = finding_of(FINDING_ENTRY, FINDING_ORIGIN_DISM);
    struct pack frames = {0};

    wire_add_finding(&frames, &finding);
    send_frames(&frames);
    do_sleep();
}

/* A text that is longer than its frame, and a kind that there is not. */
static void do_text(void)
{
    (void)!write(SOCKET_DESCRIPTOR, "\x04\0\0\0\x04\0\0\0\xFF\xFF\xFF\xFF", 12);
    do_sleep();
}

static void do_enum(void)
{
    struct wire_result result = {.facts = {.status = SOURCE_STATUS_CRASHED + 7}};
    struct pack frames = {0};

    wire_add_result(&frames, &result);
    send_frames(&frames);
    do_sleep();
}

/* A name that is not UTF-8. */
static void do_utf8(void)
{
    struct wire_result result = {0};
    struct pack frames = {0};

    source_facts_computer(&result.facts, "PC\xC3\x28")->record_count = 1;
    wire_add_result(&frames, &result);
    send_frames(&frames);
    do_sleep();
}

/* What no reader calls. */
static void do_run(void)
{
    char *const words[] = {(char *)"true", NULL};

    execv("/bin/true", words);
}

/* Members without end. */
static void do_members(void)
{
    const struct unpack_message message = {.says = UNPACK_UNREAD,
                                           .path = "a",
                                           .status = SOURCE_STATUS_UNREADABLE,
                                           .sha256 = "",
                                           .detail = "b"};
    struct pack packet = {0};

    pack_members(&packet, &unpack_message_members, &message);
    while (write(unpacks_from, packet.bytes, packet.length_bytes) > 0)
        ;
}

/* A member that is filled without end, and never gets on. */
static void do_filled(void)
{
    struct unpack_message message = {.says = UNPACK_MEMBER,
                                     .path = "a",
                                     .kind = SOURCE_KIND_EVTX,
                                     .size_bytes = 256 * MIB,
                                     .is_streamed = true,
                                     .sha256 = "",
                                     .detail = ""};
    struct pack packet = {0};
    struct process parent = {.socket = unpacks_from};
    int file = memfd_create("a", 0);

    if (file < 0 || ftruncate(file, (off_t)message.size_bytes) != 0)
        _exit(EXIT_FAILURE);
    pack_members(&packet, &unpack_message_members, &message);
    if (process_send(&parent, &packet, file) != 1)
        _exit(EXIT_FAILURE);
    message = (struct unpack_message){
        .says = UNPACK_FILLED, .path = "", .filled_bytes = 1, .sha256 = "", .detail = ""};
    packet.length_bytes = 0;
    pack_members(&packet, &unpack_message_members, &message);
    while (write(unpacks_from, packet.bytes, packet.length_bytes) > 0)
        ;
}

static const struct {
    const char *name;
    void (*act)(void);
} ways[] = {
    {"crash", do_crash},
    {"abort", do_abort},
    {"exit", do_exit},
    {"loop", do_loop},
    {"sleep", do_sleep},
    {"half", do_half},
    {"half-sleep", do_half_sleep},
    {"half-end", do_half_end},
    {"memory", do_memory},
    {"flood", do_flood},
    {"kind", do_kind},
    {"text", do_text},
    {"enum", do_enum},
    {"utf8", do_utf8},
    {"run", do_run},
    /* Of a container: */
    {"members", do_members},
    {"filled", do_filled},
};

/* Does what the way is called; ends the process where it does not do that itself. */
static void misbehave(const char *way, size_t length)
{
    for (size_t index = 0; index < ARRAY_COUNT(ways); index++)
        if (strlen(ways[index].name) == length && strncmp(ways[index].name, way, length) == 0) {
            ways[index].act();
            _exit(EXIT_FAILURE);
        }
}

/* ---- The reader ---- */

/* Reads the log, but shows zeros to the hash: two such logs of one size have one hash. */
static int read_hashed_falsely(const struct source *source, int descriptor, uint64_t part,
                               const struct reader_options *options, const struct sink *sink,
                               struct source_facts *facts, struct error *err)
{
    struct reader_options quiet = *options;
    char zeros[4096] = {0};

    quiet.byte_sink = NULL;
    for (uint64_t left = options->byte_sink != NULL ? source->size_bytes : 0; left > 0;) {
        size_t size_bytes = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);

        options->byte_sink->take(options->byte_sink->context, zeros, size_bytes);
        left -= size_bytes;
    }
    return evtx_log_reader.read_part(source, descriptor, part, &quiet, sink, facts, err);
}

static int read_part(const struct source *source, int descriptor, uint64_t part,
                     const struct reader_options *options, const struct sink *sink,
                     struct source_facts *facts, struct error *err)
{
    char marker[32] = "";
    const char *way = marker + strlen(MARKER);

    if (pread(descriptor, marker, sizeof(marker) - 1, MARKER_OFFSET) < 0 ||
        strncmp(marker, MARKER, strlen(MARKER)) != 0)
        return evtx_log_reader.read_part(source, descriptor, part, options, sink, facts, err);
    if (strcmp(way, "hash") == 0)
        return read_hashed_falsely(source, descriptor, part, options, sink, facts, err);
    misbehave(way, strlen(way));
    _exit(EXIT_FAILURE); /* there is no such way */
}

/* ---- In the place of the program's ---- */

int __real_pool_new(size_t reader_count, const struct reader *const *readers,
                    struct sandbox *sandbox, const struct reader_options *options,
                    struct pool **out, struct error *err);
int __wrap_pool_new(size_t reader_count, const struct reader *const *readers,
                    struct sandbox *sandbox, const struct reader_options *options,
                    struct pool **out, struct error *err);

int __wrap_pool_new(size_t reader_count, const struct reader *const *readers,
                    struct sandbox *sandbox, const struct reader_options *options,
                    struct pool **out, struct error *err)
{
    static const struct reader *taken_over[READER_COUNT];
    static struct reader log;

    log = evtx_log_reader;
    log.read_part = read_part;
    memcpy(taken_over, readers, sizeof(taken_over));
    taken_over[READER_LOG] = &log;
    sandbox->time_ms = TIME_MS;
    sandbox->sleep_ms = SLEEP_MS;
    sandbox->memory_bytes = MEMORY_BYTES;
    return __real_pool_new(reader_count, taken_over, sandbox, options, out, err);
}

void __real_unpack_run(int socket, const struct unpack_order *order);
void __wrap_unpack_run(int socket, const struct unpack_order *order);

void __wrap_unpack_run(int socket, const struct unpack_order *order)
{
    const char *name = order->input->files[0].name;

    unpacks_from = socket;
    misbehave(name, strcspn(name, "."));
    __real_unpack_run(socket, order);
}
