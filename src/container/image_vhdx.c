/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a VHDX: [MS-VHDX] 2.2.2, 2.3. A disk that was not detached has changes in it. */
#include "container/image_medium.h"

#include "base/span.h"

#define HEADER_BYTES 80u
#define HEADER_OFFSET_SEQUENCE 8u
#define HEADER_OFFSET_LOG_GUID 48u
#define GUID_BYTES 16u

/* There are two, of which that with the higher number counts. */
static const uint64_t header_offsets[] = {64 * 1024, 128 * 1024};

void vhdx_note_log(const struct container_file *file, struct container_notes *notes)
{
    struct image_bytes bytes = image_bytes_of_file(file);
    struct error err = {.offset_bytes = ERROR_NO_OFFSET};
    uint64_t newest = 0, sequence;
    bool has_log = false;

    for (size_t index = 0; index < 2; index++) {
        uint8_t header[HEADER_BYTES];
        struct span span = span_of(header, sizeof(header), header_offsets[index]);

        if (image_read(&bytes, header_offsets[index], header, sizeof(header), &err) != 0 ||
            !span_starts_with(&span, "head", 4) ||
            !span_u64_at(&span, HEADER_OFFSET_SEQUENCE, &sequence) || sequence < newest)
            continue;
        newest = sequence;
        has_log = !span_is_zero(span_of(header + HEADER_OFFSET_LOG_GUID, GUID_BYTES, 0));
    }
    error_clear(&err);
    if (has_log)
        container_note(notes, true, "the disk was not detached: changes in its log are not read");
}
