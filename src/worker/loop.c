/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader process does: take a job from the socket, read, answer, until the socket is closed.
 * It has nothing but that socket and the open file that comes with a job, on which it may do what a
 * reader does: fstat, pread, mmap. It opens no file, no connection and no case. */
#include "worker/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "worker/wire.h"

/* So much is gathered before it is sent. */
#define FLUSH_BYTES ((size_t)64 * 1024)

struct loop {
    int socket;
    const struct reader *const *readers;
    struct hash *hash;
    struct pack out;            /* to be sent */
    struct pack in;             /* the payload of the job at hand */
    struct source_facts *facts; /* of the job at hand */
};

static _Noreturn void end(int status)
{
    _exit(status);
}

/* Sends what was gathered. Without a parent there is nothing left to do. */
static void send_gathered(struct loop *loop)
{
    if (file_write(loop->socket, loop->out.bytes, loop->out.length_bytes) != 0)
        end(EXIT_SUCCESS);
    loop->out.length_bytes = 0;
}

static int take_observation(void *context, const struct incident_event *event,
                            const struct observation *observation, struct error *err)
{
    struct loop *loop = context;

    (void)event; /* the parent finds it again */
    (void)err;
    if (!wire_add_observation(&loop->out, observation))
        source_facts_add_undecodable(loop->facts, "%llu at byte %llu (its strings are too long)",
                                     (unsigned long long)observation->record_number,
                                     (unsigned long long)observation->offset_bytes);
    if (loop->out.length_bytes >= FLUSH_BYTES)
        send_gathered(loop);
    return 0;
}

static int take_finding(void *context, const struct finding *finding, struct error *err)
{
    struct loop *loop = context;

    (void)err;
    if (!wire_add_finding(&loop->out, finding))
        source_facts_add_undecodable(
            loop->facts, "%s %llu of %s (its texts are too long)", finding_kind_word(finding->kind),
            (unsigned long long)finding->place, finding_origin_word(finding->origin));
    if (loop->out.length_bytes >= FLUSH_BYTES)
        send_gathered(loop);
    return 0;
}

static void read_part(struct loop *loop, const struct wire_job *job, const struct source *source,
                      int descriptor, struct wire_result *result)
{
    const struct reader *reader = loop->readers[source_kind_reader(job->kind)];
    struct byte_sink byte_sink = {.context = loop->hash, .take = hash_take};
    struct reader_options options = {.window = job->window,
                                     .verify = job->verify,
                                     .skip_reference = job->skip_reference,
                                     .byte_sink = job->hash ? &byte_sink : NULL};
    struct sink sink = {.context = loop, .observation = take_observation, .finding = take_finding};

    if (reader == NULL)
        end(EXIT_FAILURE); /* the parent asks for no such kind */
    reader->read_part(source, descriptor, job->part, &options, &sink, &result->facts,
                      &result->read_err);
}

/* Readings that failed, of whatever kind. */
static uint64_t count_faults(void)
{
    return mapping_fault_count() + file_fault_count();
}

/* What the reader showed to the byte sink is hashed already. A source that it did not show whole,
 * or of which it may have shown zeros where a page could not be read, is hashed here. */
static void finish_hash(struct loop *loop, const struct wire_job *job, int descriptor,
                        uint64_t faults_before, struct wire_result *result)
{
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    bool is_hashed = job->read && hash_taken_bytes(loop->hash) == job->size_bytes &&
                     count_faults() == faults_before;

    if (!is_hashed && hash_file(loop->hash, descriptor, job->size_bytes, &result->hash_err) != 0)
        return;
    if (hash_finish(loop->hash, result->hash, &err) != 0)
        end(EXIT_FAILURE);
    result->has_hash = true;
}

/* What failed once may be read the next time: a source of which not all was read the first time
 * must not count as one that was, whatever its reader made of it. */
static void note_fault(struct wire_result *result)
{
    result->has_hash = false;
    if (result->hash_err.kind == ERROR_NONE)
        error_set(&result->hash_err, ERROR_SOURCE, 0, "a part of it could not be read at first");
}

static void do_job(struct loop *loop, const struct wire_job *job, int descriptor)
{
    struct source source = {.path = (char *)job->path, /* borrowed for the job */
                            .kind = job->kind,
                            .size_bytes = job->size_bytes};
    struct wire_result result = {0};
    uint64_t faults_before = count_faults();

    loop->facts = &result.facts;
    if (job->hash)
        hash_begin(loop->hash);
    if (job->read)
        read_part(loop, job, &source, descriptor, &result);
    if (job->hash && !source_facts_tell_unread(&result.facts))
        finish_hash(loop, job, descriptor, faults_before, &result);
    if (count_faults() != faults_before)
        note_fault(&result);
    wire_add_result(&loop->out, &result);
    send_gathered(loop);
    wire_result_free_content(&result);
}

/* ---- Receiving ---- */

/* Takes the open file out of what came beside the bytes. */
static void take_descriptor(struct msghdr *message, int *descriptor)
{
    for (struct cmsghdr *beside = CMSG_FIRSTHDR(message); beside != NULL;
         beside = CMSG_NXTHDR(message, beside))
        if (beside->cmsg_level == SOL_SOCKET && beside->cmsg_type == SCM_RIGHTS &&
            beside->cmsg_len == CMSG_LEN(sizeof(int)))
            memcpy(descriptor, CMSG_DATA(beside), sizeof(int));
}

/* Receives just so many bytes; ends the process when the parent has hung up. */
static void receive(struct loop *loop, uint8_t *out, size_t size_bytes, int *descriptor)
{
    size_t received_bytes = 0;

    while (received_bytes < size_bytes) {
        union {
            struct cmsghdr header;
            char bytes[CMSG_SPACE(sizeof(int))];
        } beside;
        struct iovec place = {out + received_bytes, size_bytes - received_bytes};
        struct msghdr message = {.msg_iov = &place,
                                 .msg_iovlen = 1,
                                 .msg_control = &beside,
                                 .msg_controllen = sizeof(beside)};
        ssize_t received = recvmsg(loop->socket, &message, MSG_CMSG_CLOEXEC);

        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            end(EXIT_SUCCESS);
        take_descriptor(&message, descriptor);
        received_bytes += (size_t)received;
    }
}

/* Receives a job. What comes from the parent is as it should be, and checked all the same. */
static void receive_job(struct loop *loop, struct wire_job *job, int *descriptor)
{
    uint8_t header[WIRE_HEADER_BYTES];
    struct span at = span_of(header, sizeof(header), 0);
    uint32_t type, length;

    receive(loop, header, sizeof(header), descriptor);
    if (!span_u32(&at, &type) || !span_u32(&at, &length) || type != WIRE_JOB ||
        length > WIRE_PAYLOAD_MAX_BYTES)
        end(EXIT_FAILURE);
    loop->in.length_bytes = 0;
    pack_reserve(&loop->in, length);
    receive(loop, loop->in.bytes, length, descriptor);
    if (!wire_read_job(span_of(loop->in.bytes, length, 0), job) || *descriptor < 0)
        end(EXIT_FAILURE);
}

_Noreturn void loop_run(int socket, unsigned refused, const struct reader *const *readers,
                        struct hash *hash)
{
    struct loop loop = {.socket = socket, .readers = readers, .hash = hash};

    wire_add_begin(&loop.out, refused);
    send_gathered(&loop);
    for (;;) {
        struct wire_job job;
        int descriptor = -1;

        receive_job(&loop, &job, &descriptor);
        do_job(&loop, &job, descriptor);
        close(descriptor);
    }
}
