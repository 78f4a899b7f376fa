/* SPDX-License-Identifier: Apache-2.0 */
/* wire: what passes between the parent and a reader process, as bytes.
 *
 *     frame := type (u32), length of the payload (u32, at most WIRE_PAYLOAD_MAX_BYTES), payload
 *     parent to reader:  one WIRE_JOB a job, with the open file beside its first byte (SCM_RIGHTS)
 *     reader to parent:  WIRE_BEGIN, once; then for each job WIRE_OBSERVATIONs and WIRE_FINDINGs in
 *                        the order of the file, WIRE_COMPUTERs, WIRE_SPANs, WIRE_MARKs, and one
 *                        WIRE_RESULT
 *
 * A payload is a struct, member by member, as its table (base/lookup.h) says. Numbers are little
 * endian. A text is its length (u32), its bytes, and a NUL, so that what is unpacked can be
 * borrowed from where it lies.
 *
 * A reader may have been taken over by what it read, so the parent takes every frame for hostile:
 * a length, a number, a choice, a text that is not as its table says makes the frame malformed, and
 * bytes left over do, too. Whoever sent such a frame is to be ended. No struct is cast to bytes. */
#ifndef SPPTRIAGE_WORKER_WIRE_H
#define SPPTRIAGE_WORKER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/lookup.h"
#include "base/span.h"
#include "model/finding.h"
#include "model/incident.h"
#include "model/observation.h"
#include "model/source.h"
#include "worker/hash.h"

#define WIRE_HEADER_BYTES 8
/* A record is no longer than a chunk (64 KiB); its strings as UTF-8 are a few times that. */
#define WIRE_PAYLOAD_MAX_BYTES (1024 * 1024)
/* All WIRE_COMPUTERs, WIRE_SPANs and WIRE_MARKs of one job. */
#define WIRE_COMPUTERS_MAX_BYTES (8 * 1024 * 1024)
/* A remark or a message that is longer is cut: it is a sentence for a person. */
#define WIRE_REMARK_MAX_BYTES (16 * 1024)

/* ---- Packing (pack.c) ---- */

/* A growing buffer of bytes. Starts as zeros; owns its bytes. */
struct pack {
    uint8_t *bytes;
    size_t length_bytes;
    size_t capacity_bytes;
};

/* Makes room for so many bytes more behind those that are there. */
void pack_reserve(struct pack *pack, size_t size_bytes);
void pack_free(struct pack *pack);

/* Takes the first `size_bytes` bytes away. */
void pack_drop(struct pack *pack, size_t size_bytes);

void pack_bytes(struct pack *pack, const void *bytes, size_t size_bytes);
void pack_u32(struct pack *pack, uint32_t number);

/* Packs the members of the struct at `owner`. An owned text that is longer than its `greatest` is
 * cut there, between two characters. */
void pack_members(struct pack *pack, const struct members *members, const void *owner);

/* Fills the members of the struct at `owner`: false when the bytes are not there or are not as the
 * table says. Texts are borrowed from the span's bytes, and owned ones are copies, also of what was
 * filled before it failed. */
bool unpack_members(struct span *in, const struct members *members, void *owner) SPAN_CHECKED;

/* ---- Frames ---- */

enum wire_type {
    WIRE_JOB = 1,
    WIRE_OBSERVATION,
    WIRE_FINDING,
    WIRE_COMPUTER,
    WIRE_SPAN,
    WIRE_MARK,
    WIRE_RESULT,
    WIRE_BEGIN,
};

struct wire_frame {
    enum wire_type type;
    struct span payload;
};

/* Finds the frame at the start of the received bytes and moves past it: 1, or 0 when some of it is
 * still to come, or -1 (nothing in *err is needed: it is malformed) for no known type or a length
 * above the limit. */
int wire_next_frame(struct span *received, struct wire_frame *out);

/* Adds a copy of the frame. */
void wire_add_frame(struct pack *out, const struct wire_frame *frame);

/* ---- What goes to a reader ---- */

/* What a reader is to do with a source. */
struct wire_job {
    bool read; /* read the part `part` */
    bool hash; /* hash the whole source */
    const char *path;
    enum source_kind kind; /* whose reader is to read it */
    uint64_t size_bytes;
    uint64_t part;
    struct window window;
    bool verify;
    bool skip_reference;
};

void wire_add_job(struct pack *out, const struct wire_job *job);
/* Is the payload a job? *out borrows from it. */
bool wire_read_job(struct span payload, struct wire_job *out) SPAN_CHECKED;

/* ---- What comes from a reader ---- */

/* What was refused of its sandbox (worker/sandbox.h). */
void wire_add_begin(struct pack *out, uint32_t refused);
bool wire_read_begin(struct span payload, uint32_t *refused) SPAN_CHECKED;

/* Returns false, and adds nothing, when the observation is too long for a frame. */
bool wire_add_observation(struct pack *out, const struct observation *observation);

/* An observation as it is read from a frame. Starts as zeros; is used for one after the other. */
struct wire_observation {
    struct observation observation; /* borrows from the payload */
    const struct incident_event *event;
    struct observation_string *strings; /* owned */
    size_t capacity;
};
void wire_observation_free_content(struct wire_observation *observation);
/* Is the payload an observation of the event table? */
bool wire_read_observation(struct span payload, struct wire_observation *out) SPAN_CHECKED;

/* Returns false, and adds nothing, when the finding is too long for a frame. */
bool wire_add_finding(struct pack *out, const struct finding *finding);
/* Is the payload a finding? *out borrows from it. */
bool wire_read_finding(struct span payload, struct finding *out) SPAN_CHECKED;

/* What a reader says at the end of a job. */
struct wire_result {
    struct source_facts facts; /* owned; of the part that was read, without its computers,
                                * spans and marks */
    uint64_t computer_count;   /* how many WIRE_COMPUTERs came before, */
    uint64_t span_count;       /* and WIRE_SPANs behind these, */
    uint64_t mark_count;       /* and WIRE_MARKs behind those */
    struct error read_err;     /* why the part could not be read at all, message owned; or empty */
    struct error hash_err;     /* why there is no hash, though one was asked for */
    bool has_hash;
    uint8_t hash[HASH_BYTES];
};
void wire_result_free_content(struct wire_result *result);

/* Adds the computers, their spans and marks, and the result. Where the computers are more than the
 * wire takes, the last ones are left out, which is noted as damage; so are spans and marks that it
 * does not take, without a word: their records count as not covered. */
void wire_add_result(struct pack *out, struct wire_result *result);
/* Is the payload a result? *out is then owned; otherwise it is left empty. */
bool wire_read_result(struct span payload, struct wire_result *out) SPAN_CHECKED;
/* Is the payload a computer? out->name is then owned. */
bool wire_read_computer(struct span payload, struct computer_facts *out) SPAN_CHECKED;
/* Is the payload a span of one of `computer_count` computers? out->channel is then owned. */
bool wire_read_span(struct span payload, uint64_t computer_count,
                    struct record_span *out) SPAN_CHECKED;
/* Is the payload a mark of one of `computer_count` computers? out->channel is then owned. */
bool wire_read_mark(struct span payload, uint64_t computer_count,
                    struct record_mark *out) SPAN_CHECKED;

#endif
