/* SPDX-License-Identifier: Apache-2.0 */
/* craft: a log whose records a test writes itself, opened as the reader sees it, for tests of what
 * reads one record. Fails the test when something is not as it should be. */
#ifndef SPPTRIAGE_TESTS_CRAFT_H
#define SPPTRIAGE_TESTS_CRAFT_H

#include "evtx/chunk.h"
#include "fixtures/binxml_writer.h"
#include "fixtures/evtx_writer.h"

/* Writes the BinXML of a record: from its fragment header to the end of its stream. */
typedef void craft_write(struct binxml *out, const void *context);

/* A log being made, then read. */
struct craft {
    struct evtx_writer *writer;
    struct evtx_image *image; /* once it is finished */
};

void craft_begin(struct craft *craft);
void craft_add(struct craft *craft, craft_write *write, const void *context);

/* Nothing is added any more; the records can be damaged, and opened. */
void craft_finish(struct craft *craft);

/* Makes `craft` the one of a finished log, which it takes. */
void craft_take(struct craft *craft, struct evtx_image *image);

/* Opens the record at `index` and the chunk that it lies in. */
void craft_open(const struct craft *craft, size_t index, struct chunk *chunk,
                struct record *record);

/* The bytes of the record, to be damaged; its BinXML begins at RECORD_OFFSET_BINXML. */
uint8_t *craft_bytes(const struct craft *craft, size_t index);

void craft_end(struct craft *craft);

/* Writes an event as the one template instance of a record: Event, System (made_put_system), then
 * what `content` writes, in a template of its own for each `name`; the values are left to
 * `values`, or there are none when it is NULL. */
struct craft_event {
    const char *name;
    craft_write *content;
    craft_write *values;
    const void *context;
};
void craft_write_event(struct binxml *out, const void *craft_event);

/* Opens and ends an element that has no attributes. */
void craft_open_element(struct binxml *out, const char *name);

/* Writes an element with a text. */
void craft_put_text(struct binxml *out, const char *name, const char *text);

#endif
