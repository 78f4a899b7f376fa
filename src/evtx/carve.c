/* SPDX-License-Identifier: Apache-2.0 */
#include "evtx/carve.h"

static uint64_t evtx_carve_count_parts(uint64_t size_bytes)
{
    (void)size_bytes;
    return 1;
}

static int evtx_carve_read_part(const struct source *source, int descriptor, uint64_t part,
                                const struct reader_options *options, const struct sink *sink,
                                struct source_facts *facts, struct error *err)
{
    (void)source;
    (void)descriptor;
    (void)part;
    (void)options;
    (void)sink;
    (void)facts;
    (void)err;
    return 0;
}

const struct reader evtx_carve_reader = {
    .kind = SOURCE_KIND_CARVED,
    .count_parts = evtx_carve_count_parts,
    .read_part = evtx_carve_read_part,
    .join = source_facts_join,
    .finish = source_facts_finish,
};
