/* SPDX-License-Identifier: Apache-2.0 */
#include "craft.h"

#include <check.h>
#include <string.h>

#include "made.h"

void craft_begin(struct craft *craft)
{
    *craft = (struct craft){.writer = evtx_writer_new(NULL)};
}

void craft_add(struct craft *craft, craft_write *write, const void *context)
{
    made_add(craft->writer, write, context);
}

void craft_finish(struct craft *craft)
{
    craft->image = evtx_writer_finish(craft->writer);
    craft->writer = NULL;
}

void craft_take(struct craft *craft, struct evtx_image *image)
{
    *craft = (struct craft){.image = image};
}

void craft_open(const struct craft *craft, size_t index, struct chunk *chunk, struct record *record)
{
    const struct evtx_image *image = craft->image;
    struct error ignored = {0};
    size_t at;

    ck_assert_uint_lt(index, image->record_count);
    at = image->chunks[image->records[index].chunk].offset_bytes;
    chunk_open(span_of(image->bytes + at, CHUNK_SIZE_BYTES, at), 0, chunk, &ignored);
    error_clear(&ignored);
    ck_assert_int_eq(chunk_read_record(chunk, (uint32_t)(image->records[index].offset_bytes - at),
                                       CHUNK_SIZE_BYTES, record, &ignored),
                     0);
}

uint8_t *craft_bytes(const struct craft *craft, size_t index)
{
    ck_assert_uint_lt(index, craft->image->record_count);
    return craft->image->bytes + craft->image->records[index].offset_bytes;
}

void craft_end(struct craft *craft)
{
    evtx_image_free(craft->image);
    *craft = (struct craft){0};
}

void craft_open_element(struct binxml *out, const char *name)
{
    binxml_open(out, name, BINXML_NO_DEPENDENCY, false);
    binxml_close_start(out);
}

void craft_put_text(struct binxml *out, const char *name, const char *text)
{
    craft_open_element(out, name);
    binxml_value(out, text);
    binxml_end(out);
}

void craft_write_event(struct binxml *out, const void *craft_event)
{
    const struct craft_event *event = craft_event;
    uint8_t guid[16] = {0};

    memcpy(guid, event->name, strnlen(event->name, sizeof(guid)));
    binxml_put_fragment_header(out);
    if (binxml_template_begin(out, guid)) {
        craft_open_element(out, "Event");
        made_put_system(out);
        event->content(out, event->context);
        binxml_end(out);
        binxml_template_end(out);
    }
    if (event->values != NULL)
        event->values(out, event->context);
    else
        binxml_values_begin(out, 0);
    binxml_put_end_of_stream(out);
}
