/* SPDX-License-Identifier: Apache-2.0 */
/* make-fleet: makes the logs that the benchmark reads.
 *
 *     make-fleet FOLDER --machines N --log-mib M [--first K] [--affected-percent P]
 *                [--renewal-days D] [--licence-checks-a-day C]
 *     make-fleet --image FILE --mib N [--affected-percent P] [--renewal-days D]
 *                [--licence-checks-a-day C]
 *     make-fleet FOLDER --kms-clients N --log-mib M
 *
 * The first form makes FOLDER/PC-nnnn/Windows/System32/winevt/Logs/Application.evtx of the
 * machines K to K+N-1, M MiB each (4096 makes the largest log there is, 4 GiB less one chunk); the
 * second an image to carve; the third the logs of the KMS host that N clients ask. Each machine is
 * a KMS client that renews its activation every D days (7; 0: not at all) and notes C times a day
 * (0) how much of it is left. The same words make the same bytes. Prints each machine's computer
 * name and the classification that it must get. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "fleet_image.h"
#include "fleet_kms.h"
#include "fleet_log.h"

#define CHUNKS_PER_MIB 16
#define LOG_MIB_MAX 4096
#define NUMBER_MAX 1000000 /* of machines, and of MiB of an image */
#define DAYS_MAX 365
#define LICENCE_CHECKS_MAX 24 /* a day */

struct request {
    const char *folder;
    const char *image;
    unsigned long machines;
    unsigned long first;
    unsigned long log_mib;
    unsigned long image_mib;
    unsigned long affected_percent;
    unsigned long renewal_days;
    unsigned long licence_checks;
    unsigned long kms_clients;
};

static const struct option long_options[] = {
    {"machines", required_argument, NULL, 'm'},
    {"log-mib", required_argument, NULL, 'l'},
    {"affected-percent", required_argument, NULL, 'a'},
    {"first", required_argument, NULL, 'f'},
    {"renewal-days", required_argument, NULL, 'r'},
    {"licence-checks-a-day", required_argument, NULL, 'c'},
    {"kms-clients", required_argument, NULL, 'k'},
    {"image", required_argument, NULL, 'i'},
    {"mib", required_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};

static int use(void)
{
    fprintf(stderr,
            "use: make-fleet FOLDER --machines N --log-mib M [--first K] [--affected-percent P]\n"
            "                [--renewal-days D] [--licence-checks-a-day C]\n"
            "     make-fleet --image FILE --mib N [--affected-percent P] [--renewal-days D]\n"
            "                [--licence-checks-a-day C]\n"
            "     make-fleet FOLDER --kms-clients N --log-mib M\n");
    return 1;
}

static bool take_number(const char *text, unsigned long least, unsigned long most,
                        unsigned long *out)
{
    char *end;

    errno = 0;
    *out = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && *out >= least &&
           *out <= most;
}

static bool take_option(int letter, const char *value, struct request *out)
{
    switch (letter) {
    case 'm':
        return take_number(value, 1, NUMBER_MAX, &out->machines);
    case 'l':
        return take_number(value, 1, LOG_MIB_MAX, &out->log_mib);
    case 'a':
        return take_number(value, 0, 100, &out->affected_percent);
    case 'f':
        return take_number(value, 1, NUMBER_MAX, &out->first);
    case 'r':
        return take_number(value, 0, DAYS_MAX, &out->renewal_days);
    case 'c':
        return take_number(value, 0, LICENCE_CHECKS_MAX, &out->licence_checks);
    case 'k':
        return take_number(value, 1, NUMBER_MAX, &out->kms_clients);
    case 's':
        return take_number(value, 1, NUMBER_MAX, &out->image_mib);
    case 'i':
        out->image = value;
        return true;
    default:
        return false;
    }
}

static bool read_request(int argc, char **argv, struct request *out)
{
    int letter;

    while ((letter = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take_option(letter, optarg, out))
            return false;
    if (optind + 1 == argc)
        out->folder = argv[optind];
    if (out->image != NULL)
        return optind == argc && out->image_mib > 0;
    return out->folder != NULL && (out->machines > 0) != (out->kms_clients > 0) && out->log_mib > 0;
}

/* Makes the folder of the last component of `path`, and those above it. */
static int make_folders(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        int result = mkdir(path, 0755);
        *at = '/';
        if (result != 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

static struct fleet_plan plan_of(const struct request *request)
{
    return (struct fleet_plan){.affected_percent = (unsigned)request->affected_percent,
                               .renewal_days = (unsigned)request->renewal_days,
                               .licence_checks = (unsigned)request->licence_checks};
}

static int make_machine(const struct request *request, unsigned number)
{
    struct fleet_plan plan = plan_of(request);
    struct fleet_machine *machine = fleet_machine_new(number, &plan);
    size_t chunks = request->log_mib * CHUNKS_PER_MIB;
    char *path = memory_format("%s/%s/Windows/System32/winevt/Logs/Application.evtx",
                               request->folder, fleet_machine_name(machine));

    if (chunks > FLEET_LOG_CHUNKS_MAX)
        chunks = FLEET_LOG_CHUNKS_MAX;
    int result = make_folders(path);
    if (result == 0)
        result = fleet_log_write(machine, chunks, 1 + number * UINT64_C(7919),
                                 number * (size_t)37 % chunks, path);
    if (result != 0)
        fprintf(stderr, "make-fleet: %s: %s\n", path, strerror(errno));
    else
        printf("%s,%s\n", fleet_machine_computer(machine), fleet_machine_classification(machine));
    free(path);
    fleet_machine_free(machine);
    return result;
}

static int make_kms_logs(const struct request *request)
{
    char *path = memory_format("%s/", request->folder);
    int result = make_folders(path);

    if (result == 0)
        result = fleet_kms_write(request->folder, request->kms_clients, request->log_mib, stdout);
    if (result != 0)
        fprintf(stderr, "make-fleet: %s: %s\n", request->folder, strerror(errno));
    free(path);
    return result;
}

int main(int argc, char **argv)
{
    struct request request = {.first = 1, .affected_percent = 10, .renewal_days = 7};

    if (!read_request(argc, argv, &request))
        return use();
    printf("host,classification\n");
    if (request.image != NULL) {
        struct fleet_plan plan = plan_of(&request);

        if (fleet_image_write(request.image, request.image_mib, &plan, stdout) == 0)
            return 0;
        fprintf(stderr, "make-fleet: %s: %s\n", request.image, strerror(errno));
        return 1;
    }
    if (request.kms_clients > 0)
        return make_kms_logs(&request) == 0 ? 0 : 1;
    for (unsigned long number = request.first; number < request.first + request.machines; number++)
        if (make_machine(&request, (unsigned)number) != 0)
            return 1;
    return 0;
}
