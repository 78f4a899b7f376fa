/* SPDX-License-Identifier: Apache-2.0 */
/* The handler of SIGBUS looks the address up among the open mappings and puts a page of zeros
 * there, so that the reading that failed goes on with it. */
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* What the handler knows of each open mapping. */
struct open_mapping {
    uintptr_t start; /* 0: free */
    size_t size_bytes;
    uintptr_t first_fault; /* 0: none */
};

static struct open_mapping open_mappings[MAPPING_MOST];
static volatile uint64_t fault_count;
static uintptr_t page_bytes;
static bool handler_is_set;

static void leave_to_the_system(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    sigaction(SIGBUS, &action, NULL);
}

static void handle_bus_error(int signal_number, siginfo_t *info, void *context)
{
    uintptr_t page = (uintptr_t)info->si_addr & ~(page_bytes - 1);
    int error_number = errno;

    (void)signal_number;
    (void)context;
    for (size_t index = 0; index < MAPPING_MOST; index++) {
        struct open_mapping *mapping = &open_mappings[index];

        if (mapping->start == 0 || page < mapping->start ||
            page - mapping->start >= mapping->size_bytes)
            continue;
        if (mapping->first_fault == 0 || page < mapping->first_fault)
            mapping->first_fault = page;
        fault_count++;
        if (mmap((void *)page, page_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0) != MAP_FAILED) {
            errno = error_number;
            return;
        }
    }
    leave_to_the_system();
}

static void set_handler(void)
{
    struct sigaction action = {.sa_sigaction = handle_bus_error, .sa_flags = SA_SIGINFO};

    if (handler_is_set)
        return;
    page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    sigaction(SIGBUS, &action, NULL);
    handler_is_set = true;
}

static struct open_mapping *find_open(uintptr_t start)
{
    for (size_t index = 0; index < MAPPING_MOST; index++)
        if (open_mappings[index].start == start)
            return &open_mappings[index];
    return NULL;
}

int mapping_open(int descriptor, uint64_t start_bytes, size_t size_bytes, struct mapping *out,
                 struct error *err)
{
    struct open_mapping *free_place;
    uint64_t page_start;
    void *bytes;

    set_handler();
    page_start = start_bytes & ~(uint64_t)(page_bytes - 1);
    size_bytes += (size_t)(start_bytes - page_start);
    free_place = find_open(0);
    assert(free_place != NULL && size_bytes > 0);
    bytes = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, descriptor, (off_t)page_start);
    if (bytes == MAP_FAILED)
        return error_set(err, ERROR_SOURCE, start_bytes, "cannot be read: %m");
    *free_place = (struct open_mapping){.start = (uintptr_t)bytes, .size_bytes = size_bytes};
    *out = (struct mapping){.bytes = bytes, .size_bytes = size_bytes, .start_bytes = page_start};
    return 0;
}

struct span mapping_span(const struct mapping *mapping, uint64_t offset_bytes, size_t size_bytes)
{
    uint64_t position = offset_bytes - mapping->start_bytes;

    assert(offset_bytes >= mapping->start_bytes && position <= mapping->size_bytes &&
           size_bytes <= mapping->size_bytes - position);
    return span_of(mapping->bytes + position, size_bytes, offset_bytes);
}

bool mapping_find_fault(const struct mapping *mapping, uint64_t *offset_bytes)
{
    const struct open_mapping *open_mapping = find_open((uintptr_t)mapping->bytes);

    if (mapping->bytes == NULL || open_mapping == NULL || open_mapping->first_fault == 0)
        return false;
    *offset_bytes = mapping->start_bytes + (open_mapping->first_fault - open_mapping->start);
    return true;
}

uint64_t mapping_fault_count(void)
{
    return fault_count;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->bytes == NULL)
        return;
    *find_open((uintptr_t)mapping->bytes) = (struct open_mapping){0};
    munmap(mapping->bytes, mapping->size_bytes);
    *mapping = (struct mapping){0};
}
