/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_kms.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "fixtures/events.h"

#define HOST "kms01.corp.example"
#define ASKS_AGAIN_AFTER (2 * FILETIME_HOUR)
#define AFFECTED_EVERY 100 /* clients */
#define MIB ((size_t)1 << 20)

struct fleet_kms {
    const char *folder;
    size_t log_bytes;
    unsigned log_number;
    uint64_t next_record_id;
    struct evtx_writer *writer;
};

/* The clients ask one after the other, evenly spread over a time. */
struct round {
    const char *first;
    const char *last;
};

static const struct round rounds[] = {
    {"2019-01-01T00:00:00Z", "2019-01-08T09:00:00Z"},
    {"2019-01-08T11:00:00Z", "2019-01-14T00:00:00Z"},
};

static bool is_affected(unsigned long client)
{
    return client % AFFECTED_EVERY == 0;
}

static int finish_log(struct fleet_kms *kms)
{
    struct evtx_image *image = evtx_writer_finish(kms->writer);
    char *path =
        memory_format("%s/Archive-Key Management Service-%u.evtx", kms->folder, ++kms->log_number);
    int result = evtx_image_write(image, path);

    free(path);
    evtx_image_free(image);
    kms->writer = NULL;
    return result;
}

static int add_request(struct fleet_kms *kms, unsigned long client, char status, uint64_t filetime)
{
    struct event_stamp stamp = {
        .filetime = filetime, .record_id = kms->next_record_id++, .computer = HOST};
    char *request = memory_format("0x0,25,PC-%06lu.corp.example,36f27b39-2fd5-440b-be67-%012lx,"
                                  "2019/1/8 21:46,0,%c,259200,ae2ee509-1b34-41c0-acb7-6d4650168915",
                                  client, client, status);

    if (kms->writer == NULL)
        kms->writer =
            evtx_writer_new(&(struct evtx_writer_options){.first_record_number = stamp.record_id});
    events_add_kms_12290(kms->writer, &stamp, request);
    free(request);
    return evtx_writer_size(kms->writer) >= kms->log_bytes ? finish_log(kms) : 0;
}

static uint64_t filetime_of(const char *text)
{
    uint64_t filetime = 0;

    filetime_parse(text, &filetime);
    return filetime;
}

/* A client that has lost its licence asks again two hours later, and is refused again: one request
 * alone says nothing of it. */
static int add_round(struct fleet_kms *kms, size_t number, unsigned long clients)
{
    uint64_t first = filetime_of(rounds[number].first);
    uint64_t step = (filetime_of(rounds[number].last) - first) / clients;
    unsigned long later = (unsigned long)(ASKS_AGAIN_AFTER / step) + 1;

    for (unsigned long turn = 0; turn < clients + (number > 0 ? later : 0); turn++) {
        uint64_t filetime = first + step * turn;

        filetime -= filetime % FILETIME_SECOND;
        if (number > 0 && turn >= later && is_affected(turn - later) &&
            add_request(kms, turn - later, '5', filetime) != 0)
            return -1;
        if (turn < clients &&
            add_request(kms, turn, number > 0 && is_affected(turn) ? '5' : '1', filetime) != 0)
            return -1;
    }
    return 0;
}

int fleet_kms_write(const char *folder, unsigned long clients, size_t log_mib, FILE *listing)
{
    struct fleet_kms kms = {.folder = folder, .log_bytes = log_mib * MIB, .next_record_id = 1};

    for (size_t number = 0; number < ARRAY_COUNT(rounds); number++)
        if (add_round(&kms, number, clients) != 0)
            return -1;
    if (kms.writer != NULL && finish_log(&kms) != 0)
        return -1;
    fprintf(listing, HOST ",no-activation-fault\n");
    for (unsigned long client = 0; client < clients; client++)
        fprintf(listing, "PC-%06lu.corp.example,%s\n", client,
                is_affected(client) ? "affected-by-incident" : "no-activation-fault");
    return 0;
}
