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
    bool licences_are_lost;
};

static const struct round rounds[] = {
    {"2019-01-01T00:00:00Z", "2019-01-08T09:00:00Z", false},
    {"2019-01-08T11:00:00Z", "2019-01-14T00:00:00Z", true},
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

/* When the client asks: whole seconds, as classic events have them. */
static uint64_t time_of_turn(const struct round *round, unsigned long clients, unsigned long client)
{
    uint64_t first = filetime_of(round->first);
    uint64_t step = (filetime_of(round->last) - first) / clients;
    uint64_t filetime = first + step * client;

    return filetime - filetime % FILETIME_SECOND;
}

/* Those that lost their licence ask as such, and once more two hours later: one request alone says
 * nothing of it. Both are in order of time, so they are merged. */
static int add_round(struct fleet_kms *kms, const struct round *round, unsigned long clients)
{
    unsigned long again = round->licences_are_lost ? 0 : clients;

    for (unsigned long client = 0; client < clients || again < clients;) {
        uint64_t turn = client < clients ? time_of_turn(round, clients, client) : UINT64_MAX;
        uint64_t second =
            again < clients ? time_of_turn(round, clients, again) + ASKS_AGAIN_AFTER : UINT64_MAX;
        int result = 0;

        if (second < turn) {
            if (is_affected(again))
                result = add_request(kms, again, '5', second);
            again++;
        } else {
            result = add_request(kms, client,
                                 round->licences_are_lost && is_affected(client) ? '5' : '1', turn);
            client++;
        }
        if (result != 0)
            return -1;
    }
    return 0;
}

int fleet_kms_write(const char *folder, unsigned long clients, size_t log_mib, FILE *listing)
{
    struct fleet_kms kms = {.folder = folder, .log_bytes = log_mib * MIB, .next_record_id = 1};

    for (size_t number = 0; number < ARRAY_COUNT(rounds); number++)
        if (add_round(&kms, &rounds[number], clients) != 0)
            return -1;
    if (kms.writer != NULL && finish_log(&kms) != 0)
        return -1;
    fprintf(listing, HOST ",no-activation-fault\n");
    for (unsigned long client = 0; client < clients; client++)
        fprintf(listing, "PC-%06lu.corp.example,%s\n", client,
                is_affected(client) ? "affected-by-incident" : "no-activation-fault");
    return 0;
}
