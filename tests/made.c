/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include <string.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "fixtures/events.h"
#include "fixtures/evtx_damage.h"
#include "model/incident.h"

#define START UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

#define RAW(value_type, bytes)                   \
    {.name = #value_type,                        \
     .type = (enum evtx_value_type)(value_type), \
     .raw = (bytes),                             \
     .raw_bytes = sizeof(bytes) - 1}

/* Numbers of the types: evtx/value.h. */
const struct evtx_string made_values[] = {
    RAW(0x01, "a\0b\0c\0"),
    RAW(0x02, "eight bit"),
    RAW(0x03, "\x85"),
    RAW(0x04, "\xfe"),
    RAW(0x05, "\x01\x80"),
    RAW(0x06, "\xfe\xff"),
    RAW(0x07, "\x00\xc2\x04\xc0"),
    RAW(0x08, "\x00\xc2\x04\xc0"),
    RAW(0x09, "\xff\xff\xff\xff\xff\xff\xff\xff"),
    RAW(0x0a, "\xff\xff\xff\xff\xff\xff\xff\xff"),
    RAW(0x0b, "\x00\x00\xc0\x3f"),
    RAW(0x0c, "\x00\x00\x00\x00\x00\x00\xf8\xbf"),
    RAW(0x0d, "\x01\x00\x00\x00"),
    RAW(0x0e, "\x00\x01\xab\xff"),
    RAW(0x0f, "\x34\x27\xc9\x55\x82\xd6\x71\x4d\x98\x3e\xd6\xec\x3f\x16\x05\x9f"),
    RAW(0x10, "\x00\x02\x00\x00"),
    RAW(0x10, "\x00\x02\x00\x00\x01\x00\x00\x00"),
    RAW(0x11, "\x00\x40\x9e\xbb\x39\xa7\xd4\x01"),
    RAW(0x12, "\xe3\x07\x01\x00\x02\x00\x08\x00\x0a\x00\x01\x00\x02\x00\x7b\x00"),
    RAW(0x13, "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00"),
    RAW(0x14, "\xa2\xc4\x04\xc0"),
    RAW(0x15, "\xa2\xc4\x04\xc0\x01\x00\x00\x00"),
    RAW(0x81, "a\0\0\0\0\0b\0\0\0c\0\0\0"),
};
const size_t made_value_count = ARRAY_COUNT(made_values);

static struct evtx_event wat_event(enum evtx_event_kind kind, const struct evtx_string *strings,
                                   size_t count)
{
    return (struct evtx_event){
        .kind = kind,
        .provider = INCIDENT_PROVIDER_WAT,
        .provider_guid =
            kind == EVTX_EVENT_CLASSIC ? NULL : "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}",
        .event_id = 18,
        .qualifiers = EVTX_NO_QUALIFIERS,
        .level = 4,
        .event_filetime = START,
        .channel = "Application",
        .computer = "PC.corp.example",
        .user_sid = "S-1-5-18",
        .user_data_name = "Outcome",
        .strings = strings,
        .string_count = count,
    };
}

static void add_wat(struct evtx_writer *writer, enum evtx_event_kind kind,
                    const struct evtx_string *strings, size_t count)
{
    struct evtx_event event = wat_event(kind, strings, count);

    evtx_writer_add(writer, &event);
}

static struct evtx_image *make_values(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t index = 0; index < made_value_count; index++) {
        add_wat(writer, EVTX_EVENT_CLASSIC, &made_values[index], 1);
        add_wat(writer, EVTX_EVENT_EVENT_DATA, &made_values[index], 1);
        add_wat(writer, EVTX_EVENT_USER_DATA, &made_values[index], 1);
    }
    add_wat(writer, EVTX_EVENT_EVENT_DATA, made_values, made_value_count);
    return evtx_writer_finish(writer);
}

/* Each type with each size, whether it fits or not. */
static struct evtx_image *make_sizes(void)
{
    static const uint8_t types[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a,
                                    0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13, 0x14,
                                    0x15, 0x81, 0x82, 0x83, 0x84, 0x85, 0x87, 0x88, 0x8a, 0x8b,
                                    0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95};
    static const uint8_t bytes[] = {0x81, 0x00, 0x42, 0x00, 0x03, 0x01, 0x04, 0x00, 0x25,
                                    0x01, 0x86, 0x07, 0x08, 0x10, 0x21, 0x32, 0x43};
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t type = 0; type < sizeof(types); type++)
        for (size_t size = 0; size <= sizeof(bytes); size++) {
            struct evtx_string string = {.name = "Value",
                                         .type = (enum evtx_value_type)types[type],
                                         .raw = bytes,
                                         .raw_bytes = size};

            add_wat(writer, EVTX_EVENT_CLASSIC, &string, 1);
        }
    return evtx_writer_finish(writer);
}

static struct evtx_image *make_optional(void)
{
    static const struct evtx_string strings[] = {
        {.name = "Is", .text = "there", .optional = true},
        {.name = "IsNot", .optional = true, .absent = true},
        {.name = "Empty", .text = "", .optional = true},
        {.name = "Null", .absent = true},
        {.name = "Last", .text = "z"},
    };
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t count = 0; count <= ARRAY_COUNT(strings); count++) {
        if (count > 0)
            add_wat(writer, EVTX_EVENT_CLASSIC, strings, count);
        add_wat(writer, EVTX_EVENT_EVENT_DATA, strings, count);
        add_wat(writer, EVTX_EVENT_USER_DATA, strings, count);
    }
    add_wat(writer, EVTX_EVENT_NO_DATA, NULL, 0);
    return evtx_writer_finish(writer);
}

static struct evtx_image *make_texts(void)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "a\r\nb\tc",
                                        " & < > \" ' ]]> ",
                                        "\xC3\xA9\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "\xF0\x90\x80\x80",
                                        "x\xED\xA0\x80yz",
                                        "\xEF\xBB\xBFmarked",
                                        "\x01\x1f\x7f"};
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_string strings[ARRAY_COUNT(texts)] = {0};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        strings[index].text = texts[index];
    add_wat(writer, EVTX_EVENT_CLASSIC, strings, ARRAY_COUNT(texts));
    add_wat(writer, EVTX_EVENT_CLASSIC, strings, 1);
    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        strings[index].name = "Text";
    add_wat(writer, EVTX_EVENT_CLASSIC, strings, ARRAY_COUNT(texts));
    add_wat(writer, EVTX_EVENT_EVENT_DATA, strings, ARRAY_COUNT(texts));
    add_wat(writer, EVTX_EVENT_USER_DATA, strings, ARRAY_COUNT(texts));
    return evtx_writer_finish(writer);
}

/* The events of interest, written in the manner of the stamp. */
static void add_events(struct evtx_writer *writer, struct event_stamp *stamp)
{
    static const char licences[] = "1: 55c92734-d682-4d71-983e-d6ec3f16059f, 1, 1 [(0 )]";

    events_add_wat_13(writer, stamp, "0x00000000", "0xC004C4A2");
    events_add_spp_8196(writer, stamp, 0x4000, "0xC004F200");
    events_add_spp_8208(writer, stamp, "hr=0xC004C4A2", INCIDENT_WINDOWS7_TEMPLATE_ID);
    events_add_spp_8209(writer, stamp, "0x00000000", INCIDENT_WINDOWS_APPLICATION_ID);
    events_add_spp_12305(writer, stamp, INCIDENT_WINDOWS_APPLICATION_ID);
    events_add_spp_12289(writer, stamp, "0x00000000, 1, 0, 50, 120, 10080, 2019/01/08 10:00");
    events_add_spp_1003(writer, stamp, INCIDENT_WINDOWS_APPLICATION_ID, licences);
    events_add_update_installed(writer, stamp, "Update (KB971033)");
    events_add_servicing(writer, stamp, SERVICING_WORDS, 2, "KB971033", "Installed", "0x0", "WUA");
    events_add_servicing(writer, stamp, SERVICING_NUMBERS, 2, "KB971033", "Absent", "0x0",
                         "CbsTask");
    events_add_eventlog_6009(writer, stamp, "6.01.", "7601", "Service Pack 1");
    events_add_kernel_1(writer, stamp, START, START + FILETIME_HOUR);
    events_add_noise(writer, stamp, stamp->filetime / FILETIME_MINUTE);
}

static struct evtx_image *make_manners(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (uint64_t turn = 0; turn < 8; turn++) {
        struct event_stamp stamp = {.filetime = START + turn * FILETIME_MINUTE,
                                    .computer = turn < 4 ? "PC-A" : "PC-B.corp.example",
                                    .provider_substituted = turn % 4 == 1,
                                    .self_contained = turn % 4 == 2,
                                    .forwarded = turn % 4 == 3};

        if (turn == 7)
            stamp.rendering_message = "rendered";
        add_events(writer, &stamp);
    }
    return evtx_writer_finish(writer);
}

static struct evtx_image *make_wrapped(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_image *image;

    for (uint64_t index = 0; index < 31; index++) {
        struct event_stamp stamp = {
            .filetime = START + index * FILETIME_MINUTE, .computer = "PC", .self_contained = true};

        if (index > 0 && index % 10 == 0)
            evtx_writer_close_chunk(writer);
        events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    }
    image = evtx_writer_finish(writer);
    evtx_image_wrap(image, 3);
    return image;
}

/* --- text in every way --- */

void made_add(struct evtx_writer *writer, void (*write)(struct binxml *out, const void *context),
              const void *context)
{
    struct evtx_event event = {
        .event_filetime = START, .write_content = write, .content_context = context};

    evtx_writer_add(writer, &event);
}

static void put_text_element(struct binxml *out, const char *name, const char *text)
{
    binxml_open(out, name, BINXML_NO_DEPENDENCY, false);
    binxml_close_start(out);
    binxml_value(out, text);
    binxml_end(out);
}

void made_put_system(struct binxml *out)
{
    binxml_open(out, "System", BINXML_NO_DEPENDENCY, false);
    binxml_close_start(out);
    binxml_open(out, "Provider", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    binxml_value(out, INCIDENT_PROVIDER_WAT);
    binxml_close_empty(out);
    put_text_element(out, "EventID", "18");
    binxml_open(out, "TimeCreated", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "SystemTime");
    binxml_value(out, "2019-01-08T10:00:00.000000000Z");
    binxml_close_empty(out);
    put_text_element(out, "EventRecordID", "7");
    put_text_element(out, "Channel", "Application");
    put_text_element(out, "Computer", "PC");
    binxml_end(out);
}

/* One way to say text: as CDATA, by references, beside an instruction, or mixed. */
static void put_way(struct binxml *out, unsigned way)
{
    if ((way & 1) != 0)
        binxml_value(out, "value");
    if ((way & 2) != 0)
        binxml_cdata(out, "<data> & more");
    if ((way & 4) != 0)
        binxml_character(out, 0x20ac);
    if ((way & 8) != 0)
        binxml_entity(out, "amp");
    if ((way & 16) != 0)
        binxml_instruction(out, "target", "data");
}

static void put_marked_up(struct binxml *out, const void *context)
{
    static const uint8_t guid[16] = "marked up";
    unsigned way = *(const unsigned *)context;
    uint8_t own[16];

    memcpy(own, guid, sizeof(own));
    own[15] = (uint8_t)way;
    binxml_put_fragment_header(out);
    binxml_template_begin(out, own);
    binxml_open(out, "Event", BINXML_NO_DEPENDENCY, false);
    binxml_close_start(out);
    made_put_system(out);
    binxml_open(out, "EventData", BINXML_NO_DEPENDENCY, false);
    binxml_close_start(out);
    binxml_open(out, "Data", BINXML_NO_DEPENDENCY, true);
    binxml_attribute(out, "Name");
    binxml_value(out, "Text");
    binxml_close_start(out);
    put_way(out, way);
    binxml_end(out);
    binxml_end(out);
    binxml_end(out);
    binxml_template_end(out);
    binxml_values_begin(out, 0);
    binxml_put_end_of_stream(out);
}

static struct evtx_image *make_marked_up(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (unsigned way = 0; way < 32; way++)
        made_add(writer, put_marked_up, &way);
    return evtx_writer_finish(writer);
}

const struct made_log made_logs[] = {
    {"made values", make_values},       {"made sizes", make_sizes},
    {"made optional", make_optional},   {"made texts", make_texts},
    {"made manners", make_manners},     {"made wrapped", make_wrapped},
    {"made marked up", make_marked_up},
};
const size_t made_log_count = ARRAY_COUNT(made_logs);
