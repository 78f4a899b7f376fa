/* SPDX-License-Identifier: Apache-2.0 */
/* The EVTX writer of tests/fixtures: what it writes is read back by two other readers, its
 * checksums and tables are right by a walk of this file's own, and each switch for damage does
 * what it says and nothing else. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "fixtures/binxml_value.h"
#include "fixtures/events.h"
#include "fixtures/evtx_damage.h"
#include "fixtures/evtx_layout.h"
#include "run.h"
#include "scratch.h"

#define START_FILETIME UINT64_C(131914118561234567) /* 2019-01-08T09:04:16.1234567Z */
#define ABSENT_READER 77
#define COMPUTER "PC-\xc3\xa4\xf0\x9f\x98\x80.corp.example"
#define AWKWARD "<&\"'>\x01\x1f\n\t | \xc4\x80\xf0\x9f\x98\x80"

/* ---- reading back ---- */

/* Returns owned: what the reader gives of the log, one line a record; NULL, after saying SKIP,
 * where the reader is not installed. */
static char *read_back(const struct evtx_image *image, const char *reader)
{
    char *program = scratch_source_path("tests/fixtures/readback.py");
    char *command =
        memory_format("'%s' '%s' %s log.evtx 2>&1", scratch_python_path(), program, reader);
    struct text lines = {0};
    char part[4096];
    size_t got;

    ck_assert_int_eq(evtx_image_write(image, "log.evtx"), 0);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    while ((got = fread(part, 1, sizeof part, pipe)) > 0)
        text_add_bytes(&lines, part, got);
    int status = pclose(pipe);
    free(command);
    free(program);
    ck_assert(WIFEXITED(status));
    int code = WEXITSTATUS(status);
    if (code == ABSENT_READER || code == 127) {
        printf("SKIP: %s, another tool, is not installed\n", reader);
        text_free(&lines);
        return NULL;
    }
    ck_assert_msg(code == 0, "%s: %s", reader, text_get(&lines));
    return text_take(&lines);
}

static void add_escaped(struct text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < 0x20 || byte > 0x7E || byte == '%' || byte == '=' || byte == '|')
            text_add_format(out, "%%%02X", byte);
        else
            text_add_bytes(out, text, 1);
    }
}

static void add_cell(struct text *out, const char *text)
{
    add_escaped(out, text != NULL ? text : "");
    text_add(out, "|");
}

static void add_number_cell(struct text *out, bool present, uint64_t number)
{
    if (present)
        text_add_format(out, "%llu", (unsigned long long)number);
    text_add(out, "|");
}

/* GUIDs that are values, not text, come in upper case. */
static void add_guid(struct text *out, const char *guid, bool as_value)
{
    char *copy = memory_copy_text(guid != NULL ? guid : "");

    for (char *at = copy; as_value && *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'f')
            *at = (char)(*at - 'a' + 'A');
    add_escaped(out, copy);
    free(copy);
}

static void add_string(struct text *out, const struct evtx_event *event,
                       const struct evtx_string *string)
{
    struct binxml_typed value = binxml_typed_string(string);
    char *text = binxml_typed_text(&value);

    text_add(out, "|");
    add_escaped(out, string->name != NULL ? string->name : "");
    text_add(out, "=");
    if (value.type == EVTX_VALUE_HEX32 && !event->forwarded)
        text_add_format(out, "0x%08llx", (unsigned long long)value.number);
    else if (value.type == EVTX_VALUE_HEX64 && !event->forwarded)
        text_add_format(out, "0x%016llx", (unsigned long long)value.number);
    else if (value.type == EVTX_VALUE_GUID)
        add_guid(out, text, !event->forwarded);
    else
        add_escaped(out, text);
    free(text);
}

/* The line that readback.py should print for the event. */
static void add_expected(struct text *out, const struct evtx_event *event)
{
    bool manifest = event->kind == EVTX_EVENT_EVENT_DATA || event->kind == EVTX_EVENT_USER_DATA;
    bool full = event->provider_guid != NULL;
    struct binxml_typed time = {.type = EVTX_VALUE_FILETIME, .number = event->event_filetime};
    char *time_text = binxml_typed_text(&time);

    add_cell(out, event->provider);
    add_guid(out, event->provider_guid, manifest && !event->forwarded);
    text_add(out, "|");
    add_cell(out, event->event_source_name);
    add_number_cell(out, true, event->event_id);
    add_number_cell(out, event->qualifiers != EVTX_NO_QUALIFIERS, (uint64_t)event->qualifiers);
    add_number_cell(out, full, event->version);
    add_number_cell(out, true, event->level);
    add_number_cell(out, true, event->task);
    add_number_cell(out, full, event->opcode);
    text_add_format(out, event->forwarded ? "0x%llx|" : "0x%016llx|",
                    (unsigned long long)event->keywords);
    add_cell(out, time_text);
    add_number_cell(out, true, event->record_id);
    add_number_cell(out, full, event->process_id);
    add_number_cell(out, full, event->thread_id);
    add_cell(out, event->channel);
    add_cell(out, event->computer);
    add_escaped(out, event->user_sid != NULL ? event->user_sid : "");
    for (size_t index = 0; index < event->string_count; index++)
        add_string(out, event, &event->strings[index]);
    text_add(out, "\n");
    free(time_text);
}

/* ---- events to write ---- */

static const struct evtx_string no_strings[1];
static const struct evtx_string one_empty[] = {{.text = ""}};
static const struct evtx_string unnamed[] = {{.text = "hr=0xC004C4A2"},
                                             {.text = ""},
                                             {.text = AWKWARD},
                                             {.text = "0x00000000"},
                                             {.text = ""}};
static const struct evtx_string named[] = {{.name = "param1", .text = ""},
                                           {.name = "param2", .text = AWKWARD}};
static const struct evtx_string typed[] = {
    {.name = "updateTitle", .text = AWKWARD},
    {.name = "empty", .text = ""},
    {.name = "updateGuid",
     .text = "{36a0ea1a-0e82-410c-8921-023f21f69575}",
     .type = EVTX_VALUE_GUID},
    {.name = "byte", .number = 255, .type = EVTX_VALUE_UINT8},
    {.name = "word", .number = 65535, .type = EVTX_VALUE_UINT16},
    {.name = "number", .number = 4000000000, .type = EVTX_VALUE_UINT32},
    /* Debian's libevtx shows a negative one wrongly: -1 as -2147483647 */
    {.name = "signed", .number = 2147483647, .type = EVTX_VALUE_INT32},
    {.name = "long", .number = UINT64_MAX, .type = EVTX_VALUE_UINT64},
    {.name = "yes", .number = 1, .type = EVTX_VALUE_BOOLEAN},
    {.name = "code", .number = 0xC004F200, .type = EVTX_VALUE_HEX32},
    {.name = "mask", .number = 0x8000000000000018, .type = EVTX_VALUE_HEX64},
    {.name = "NewTime", .number = START_FILETIME, .type = EVTX_VALUE_FILETIME},
    {.name = "user", .text = "S-1-5-21-1-2-4000000000-500", .type = EVTX_VALUE_SID},
};

/* Of every kind one, with all that can be present and all that can be absent. */
static const struct evtx_event varied[] = {
    {.kind = EVTX_EVENT_CLASSIC,
     .provider = "Microsoft-Windows-Security-SPP",
     .provider_guid = "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}",
     .event_source_name = "Software Protection Platform Service",
     .event_id = 8208,
     .qualifiers = 0xC000,
     .level = 2,
     .keywords = 0x80000000000000,
     .channel = "Application",
     .strings = unnamed,
     .string_count = ARRAY_COUNT(unnamed)},
    {.kind = EVTX_EVENT_CLASSIC,
     .provider = "Windows Activation Technologies",
     .event_id = 10,
     .qualifiers = 0,
     .level = 4,
     .keywords = 0x80000000000000,
     .channel = "Application",
     .strings = no_strings},
    {.kind = EVTX_EVENT_CLASSIC,
     .provider = "Windows Activation Technologies",
     .event_id = 65535,
     .qualifiers = 0xFFFF,
     .level = 255,
     .task = 65535,
     .channel = "Application",
     .user_sid = "S-1-5-18",
     .strings = one_empty,
     .string_count = 1},
    {.kind = EVTX_EVENT_CLASSIC,
     .provider = "Service Control Manager",
     .provider_guid = "{555908d1-a6d7-4695-8e1e-26931d2012f4}",
     .event_source_name = "Service Control Manager",
     .event_id = 7036,
     .qualifiers = 0x4000,
     .version = 1,
     .level = 4,
     .opcode = 7,
     .process_id = 492,
     .thread_id = 1188,
     .channel = "System",
     .provider_substituted = true,
     .strings = named,
     .string_count = ARRAY_COUNT(named)},
    {.kind = EVTX_EVENT_EVENT_DATA,
     .provider = "Microsoft-Windows-WindowsUpdateClient",
     .provider_guid = "{945a8954-c147-4acd-923f-40c45405a658}",
     .event_id = 19,
     .qualifiers = EVTX_NO_QUALIFIERS,
     .version = 1,
     .level = 4,
     .task = 1,
     .opcode = 13,
     .keywords = 0x8000000000000018,
     .process_id = 4294967295,
     .thread_id = 3472,
     .channel = "System",
     .user_sid = "S-1-5-21-1865559946-3925841745-111227986-500",
     .strings = typed,
     .string_count = ARRAY_COUNT(typed)},
    {.kind = EVTX_EVENT_EVENT_DATA,
     .provider = "Microsoft-Windows-Kernel-General",
     .provider_guid = "{A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D}",
     .event_id = 1,
     .qualifiers = EVTX_NO_QUALIFIERS,
     .channel = "System",
     .strings = no_strings},
    {.kind = EVTX_EVENT_USER_DATA,
     .provider = "Microsoft-Windows-Servicing",
     .provider_guid = "{BD12F3B8-FC40-4A61-A307-B7A013A069C1}",
     .event_id = 2,
     .qualifiers = EVTX_NO_QUALIFIERS,
     .task = 1,
     .keywords = 0x8000000000000000,
     .channel = "Setup",
     .user_sid = "S-1-5-18",
     .user_data_name = "CbsPackageChangeState",
     .user_data_namespace = "http://manifests.microsoft.com/win/2004/08/windows/setup_provider",
     .strings = typed,
     .string_count = ARRAY_COUNT(typed)},
};

/* The event at `index` of a long log of such events. */
static struct evtx_event varied_event(size_t index)
{
    struct evtx_event event = varied[index % ARRAY_COUNT(varied)];

    event.computer = index % 50 < 40 ? COMPUTER : "OLDNAME";
    event.event_filetime = START_FILETIME + index * UINT64_C(61234567);
    event.record_id = 1000 + index;
    return event;
}

static struct evtx_image *make_varied(size_t count, bool forwarded, struct text *expected)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);

    for (size_t index = 0; index < count; index++) {
        struct evtx_event event = varied_event(index);

        event.forwarded = forwarded;
        event.rendering_message = index % 2 == 0 ? "Update installed" : NULL;
        evtx_writer_add(writer, &event);
        if (expected != NULL)
            add_expected(expected, &event);
    }
    return evtx_writer_finish(writer);
}

/* Compares line by line, so that a failure shows one record. */
static void compare_lines(const char *got, const char *expected)
{
    while (*got != '\0' || *expected != '\0') {
        size_t got_length = strcspn(got, "\n");
        size_t expected_length = strcspn(expected, "\n");

        ck_assert_msg(got_length == expected_length && strncmp(got, expected, got_length) == 0,
                      "read:    %.*s\nwritten: %.*s", (int)got_length, got, (int)expected_length,
                      expected);
        got += got_length + (got[got_length] != '\0');
        expected += expected_length + (expected[expected_length] != '\0');
    }
}

static void check_reader(const char *reader, bool forwarded)
{
    struct text expected = {0};
    struct evtx_image *image = make_varied(600, forwarded, &expected);
    char *got = read_back(image, reader);

    ck_assert_uint_ge(image->chunk_count, 3);
    if (got != NULL)
        compare_lines(got, text_get(&expected));
    free(got);
    text_free(&expected);
    evtx_image_free(image);
}

START_TEST(libevtx_reads_what_was_written)
{
    check_reader("evtxexport", false);
}
END_TEST

START_TEST(python_evtx_reads_what_was_written)
{
    check_reader("python-evtx", false);
}
END_TEST

START_TEST(forwarded_records_read_back)
{
    check_reader("forwarded", true);
}
END_TEST

/* Every function of events.h once: provider, id, qualifiers and strings as FACTS.md has them. */
static struct evtx_image *make_events(void)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START_FILETIME, .computer = "PC"};

    events_add_spp_8196(writer, &stamp, 0x4000, "0xC004F200");
    events_add_spp_8208(writer, &stamp, "hr=0xC004C4A2", "66c92734-d682-4d71-983e-d6ec3f16059f");
    events_add_spp_8209(writer, &stamp, "0x00000000", "55c92734-d682-4d71-983e-d6ec3f16059f");
    events_add_spp_12304(writer, &stamp, "66c92734-d682-4d71-983e-d6ec3f16059f");
    events_add_spp_12305(writer, &stamp, "55c92734-d682-4d71-983e-d6ec3f16059f");
    events_add_spp_12288(writer, &stamp, "0x00000000, 0x00000000, kms:1688");
    events_add_spp_12289(writer, &stamp, "0x00000000, 0x00000000, 1, 0, 50, 120, 10080");
    events_add_spp_1003(writer, &stamp, "55c92734-d682-4d71-983e-d6ec3f16059f", "\n1: a\n2: b\n");
    events_add_spp_fault(writer, &stamp, 8193, "0xC004F074");
    events_add_wat(writer, &stamp, 1, NULL, 0);
    events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    events_add_update_installed(writer, &stamp, "Update (KB971033)");
    events_add_update_failed(writer, &stamp, 0x80070643, "Update (KB971033)");
    events_add_servicing(writer, &stamp, SERVICING_NUMBERS, 2, "KB971033", "Installed", "0x0",
                         "WindowsUpdateAgent");
    events_add_servicing(writer, &stamp, SERVICING_WORDS, 3, "KB971033", "Absent", "0x800f0816",
                         "DISM");
    events_add_servicing(writer, &stamp, SERVICING_NUMBERS, 1, "KB971033", "Absent", "", "DISM");
    events_add_eventlog_6009(writer, &stamp, "6.01.", "7601", "Service Pack 1");
    events_add_kernel_1(writer, &stamp, START_FILETIME, START_FILETIME + 3);
    events_add_installer_1033(writer, &stamp, "Product", "1.0");
    events_add_service_7036(writer, &stamp, "Windows Update", "stopped");
    for (uint64_t number = 0; number < 4; number++)
        events_add_noise(writer, &stamp, number);
    return evtx_writer_finish(writer);
}

#define SPP_WORDS                                                            \
    "Microsoft-Windows-Security-SPP|{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}|" \
    "Software Protection Platform Service|"
#define UPDATE_WORDS "|updateGuid={36A0EA1A-0E82-410C-8921-023F21F69575}|updateRevisionNumber=101"
#define SERVICING_WORDS_OF "Microsoft-Windows-Servicing|{BD12F3B8-FC40-4A61-A307-B7A013A069C1}||"

/* How a record's line begins, up to the qualifiers, and how it ends, from the user on. */
static const struct {
    const char *begins;
    const char *ends;
} event_lines[] = {
    {SPP_WORDS "8196|16384|", "||=0xC004F200"},
    {SPP_WORDS "8208|49152|", "||=hr%3D0xC004C4A2|=66c92734-d682-4d71-983e-d6ec3f16059f"},
    {SPP_WORDS "8209|49152|", "||=0x00000000|=55c92734-d682-4d71-983e-d6ec3f16059f"},
    {SPP_WORDS "12304|16384|", "||=66c92734-d682-4d71-983e-d6ec3f16059f"},
    {SPP_WORDS "12305|16384|", "||=55c92734-d682-4d71-983e-d6ec3f16059f"},
    {SPP_WORDS "12288|16384|", "||=0x00000000, 0x00000000, kms:1688"},
    {SPP_WORDS "12289|16384|", "||=0x00000000, 0x00000000, 1, 0, 50, 120, 10080"},
    {SPP_WORDS "1003|16384|", "||=55c92734-d682-4d71-983e-d6ec3f16059f|=%0A1: a%0A2: b%0A"},
    {SPP_WORDS "8193|49152|", "||=0xC004F074"},
    {"Windows Activation Technologies|||1|0|", "|Application|PC|"},
    {"Windows Activation Technologies|||13|0|", "||=0x00000000|=0xC004C4A2"},
    {"Microsoft-Windows-WindowsUpdateClient|{945A8954-C147-4ACD-923F-40C45405A658}||19||",
     "|System|PC|S-1-5-18|updateTitle=Update (KB971033)" UPDATE_WORDS},
    {"Microsoft-Windows-WindowsUpdateClient|{945A8954-C147-4ACD-923F-40C45405A658}||20||",
     "|errorCode=0x80070643|updateTitle=Update (KB971033)" UPDATE_WORDS},
    {SERVICING_WORDS_OF "2||",
     "|Setup|PC|S-1-5-18|PackageIdentifier=KB971033|IntendedPackageState=5112|"
     "IntendedPackageStateTextized=Installed|ErrorCode=0x0|Client=WindowsUpdateAgent"},
    {SERVICING_WORDS_OF "3||",
     "|PackageIdentifier=KB971033|IntendedPackageState=Absent|ErrorCode=0x800f0816|Client=DISM"},
    {SERVICING_WORDS_OF "1||",
     "|PackageIdentifier=KB971033|InitialPackageState=5000|InitialPackageStateTextized=Absent|"
     "IntendedPackageState=5000|IntendedPackageStateTextized=Absent|Client=DISM"},
    {"EventLog|||6009|32768|", "|=6.01.|=7601|=Service Pack 1|=Multiprocessor Free|=17514"},
    {"Microsoft-Windows-Kernel-General|{A68CA8B7-004F-D7B6-A698-07E2DE0F1F5D}||1||",
     "|NewTime=2019-01-08T09:04:16.123456700Z|OldTime=2019-01-08T09:04:16.123457000Z"},
    {"MsiInstaller|||1033|0|", "|S-1-5-18|=Product|=1.0|=1033|=0|=Microsoft Corporation|=(NULL)|="},
    {"Service Control Manager|{555908d1-a6d7-4695-8e1e-26931d2012f4}|Service Control Manager|"
     "7036|16384|",
     "|System|PC||param1=Windows Update|param2=stopped"},
    {"MsiInstaller|||1033|", ""},
    {"ESENT|||102|0|", ""},
    {"Microsoft-Windows-RestartManager|{0888E5EF-9B98-4695-979D-E92CE4247224}||10000||", ""},
    {SPP_WORDS "902|16384|", ""},
};

START_TEST(every_event_of_interest_reads_back)
{
    struct evtx_image *image = make_events();
    char *got = read_back(image, "evtxexport");
    char *rest = got;

    for (size_t index = 0; got != NULL && index < ARRAY_COUNT(event_lines); index++) {
        const char *begins = event_lines[index].begins;
        const char *ends = event_lines[index].ends;
        char *line = strsep(&rest, "\n");

        ck_assert_ptr_nonnull(line);
        ck_assert_msg(strncmp(line, begins, strlen(begins)) == 0, "%s: not %s", line, begins);
        ck_assert_msg(strlen(line) >= strlen(ends) &&
                          strcmp(line + strlen(line) - strlen(ends), ends) == 0,
                      "%s: not at the end: %s", line, ends);
    }
    if (got != NULL)
        ck_assert_str_eq(rest, "");
    free(got);
    evtx_image_free(image);
}
END_TEST

/* ---- a walk of our own ---- */

/* The polynomial of zlib, bit by bit: not the library that the writer uses. */
static uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t size_bytes)
{
    crc = ~crc;
    for (size_t index = 0; index < size_bytes; index++) {
        crc ^= bytes[index];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

enum fault {
    FAULT_FILE_MAGIC = 1,
    FAULT_FILE_CHECKSUM = 2,
    FAULT_CHUNK_MAGIC = 4,
    FAULT_CHUNK_CHECKSUM = 8,
    FAULT_RECORDS_CHECKSUM = 16,
    FAULT_RECORD_MAGIC = 32,
    FAULT_RECORD_SIZE = 64,
    FAULT_RECORD_COPY = 128,
    FAULT_RECORD_COUNT = 256,
    FAULT_CUT = 512,
};

static unsigned inspect_file_header(const struct evtx_image *image)
{
    if (memcmp(image->bytes, FILE_MAGIC, 8) != 0)
        return FAULT_FILE_MAGIC;
    return crc32_add(0, image->bytes, 120) == layout_load(image->bytes + 124, 4)
               ? 0
               : FAULT_FILE_CHECKSUM;
}

static unsigned inspect_records(const uint8_t *chunk, size_t free_bytes, size_t *records)
{
    size_t at = EVTX_CHUNK_HEADER_SIZE;

    for (*records = 0; at < free_bytes; ++*records) {
        size_t size = layout_load(chunk + at + 4, 4);

        if (memcmp(chunk + at, "**\0", 4) != 0)
            return FAULT_RECORD_MAGIC;
        if (size < 28 || size > free_bytes - at)
            return FAULT_RECORD_SIZE;
        if (layout_load(chunk + at + size - 4, 4) != size)
            return FAULT_RECORD_COPY;
        at += size;
    }
    return 0;
}

static unsigned inspect_chunk(const struct evtx_image *image, const struct evtx_chunk_place *place)
{
    if (place->offset_bytes + EVTX_CHUNK_SIZE > image->size_bytes)
        return FAULT_CUT;
    const uint8_t *chunk = image->bytes + place->offset_bytes;
    size_t free_bytes = layout_load(chunk + CHUNK_FREE_SPACE_AT, 4);
    uint32_t header_crc = crc32_add(crc32_add(0, chunk, 120), chunk + 128, 384);
    size_t records;
    unsigned faults = 0;

    if (memcmp(chunk, CHUNK_MAGIC, 8) != 0)
        faults |= FAULT_CHUNK_MAGIC;
    if (header_crc != layout_load(chunk + 124, 4))
        faults |= FAULT_CHUNK_CHECKSUM;
    if (free_bytes < EVTX_CHUNK_HEADER_SIZE || free_bytes > EVTX_CHUNK_SIZE)
        return faults;
    if (crc32_add(0, chunk + 512, free_bytes - 512) != layout_load(chunk + 52, 4))
        faults |= FAULT_RECORDS_CHECKSUM;
    unsigned record_fault = inspect_records(chunk, free_bytes, &records);
    if (record_fault == 0 && records != place->record_count)
        record_fault = FAULT_RECORD_COUNT;
    return faults | record_fault;
}

/* All that is wrong with the log, `only_chunk` told apart from the others. */
struct inspection {
    unsigned file;
    unsigned one_chunk;
    unsigned other_chunks;
};

static struct inspection inspect(const struct evtx_image *image, size_t one_chunk)
{
    struct inspection found = {.file = inspect_file_header(image)};

    for (size_t chunk = 0; chunk < image->chunk_count; chunk++) {
        unsigned faults = inspect_chunk(image, &image->chunks[chunk]);

        *(chunk == one_chunk ? &found.one_chunk : &found.other_chunks) |= faults;
    }
    return found;
}

static void ck_assert_sound(const struct evtx_image *image)
{
    struct inspection found = inspect(image, 0);

    ck_assert_uint_eq(found.file, 0);
    ck_assert_uint_eq(found.one_chunk, 0);
    ck_assert_uint_eq(found.other_chunks, 0);
}

START_TEST(headers_and_checksums_are_right)
{
    struct evtx_image *image = make_varied(600, false, NULL);
    size_t next = 0;

    ck_assert_sound(image);
    ck_assert_uint_eq(layout_load(image->bytes + 16, 8), image->chunk_count - 1);
    ck_assert_uint_eq(layout_load(image->bytes + 24, 8), 601);
    ck_assert_uint_eq(layout_load(image->bytes + 42, 2), image->chunk_count);
    for (size_t index = 0; index < image->chunk_count; index++) {
        const struct evtx_chunk_place *place = &image->chunks[index];
        const uint8_t *chunk = image->bytes + place->offset_bytes;
        const struct evtx_record_place *last =
            &image->records[place->first_record + place->record_count - 1];

        ck_assert_uint_eq(place->first_record, next);
        next += place->record_count;
        ck_assert_uint_eq(layout_load(chunk + 24, 8), place->first_record + 1);
        ck_assert_uint_eq(layout_load(chunk + 32, 8), next);
        ck_assert_uint_eq(layout_load(chunk + 44, 4), last->offset_bytes - place->offset_bytes);
        ck_assert_uint_eq(layout_load(chunk + 48, 4),
                          layout_load(chunk + 44, 4) + last->size_bytes);
        ck_assert_uint_lt(layout_load(chunk + 48, 4), EVTX_CHUNK_SIZE);
    }
    ck_assert_uint_eq(next, image->record_count);
    evtx_image_free(image);
}
END_TEST

START_TEST(record_table_names_every_record)
{
    struct evtx_image *image = make_varied(300, false, NULL);

    for (size_t index = 0; index < image->record_count; index++) {
        const struct evtx_record_place *place = &image->records[index];
        const uint8_t *record = image->bytes + place->offset_bytes;

        ck_assert_mem_eq(record, "**\0", 4);
        ck_assert_uint_eq(layout_load(record + 4, 4), place->size_bytes);
        ck_assert_uint_eq(place->size_bytes % 8, 0);
        ck_assert_uint_eq(layout_load(record + 8, 8), place->number);
        ck_assert_uint_eq(place->number, index + 1);
        ck_assert_uint_eq(place->record_id, index + 1000);
        ck_assert_uint_eq(layout_load(record + 16, 8), varied_event(index).event_filetime);
    }
    evtx_image_free(image);
}
END_TEST

/* Walks one chain of names; answers how many it holds. */
static size_t check_name_chain(const uint8_t *chunk, size_t bucket)
{
    size_t at = layout_load(chunk + 128 + 4 * bucket, 4);
    size_t count = 0;

    while (at != 0) {
        uint32_t hash = 0;
        size_t next = layout_load(chunk + at, 4);
        size_t length = layout_load(chunk + at + 6, 2);

        for (size_t index = 0; index < length; index++)
            hash = hash * 65599 + (uint32_t)layout_load(chunk + at + 8 + 2 * index, 2);
        ck_assert_uint_eq(hash & 0xFFFF, layout_load(chunk + at + 4, 2));
        ck_assert_uint_eq(hash % 64, bucket);
        ck_assert_uint_eq(layout_load(chunk + at + 8 + 2 * length, 2), 0);
        /* right behind the offset that points at it */
        ck_assert_uint_eq(layout_load(chunk + at - 4, 4), at);
        ck_assert_uint_lt(next, at);
        at = next;
        count++;
    }
    return count;
}

static size_t check_template_chain(const uint8_t *chunk, size_t bucket)
{
    size_t at = layout_load(chunk + 384 + 4 * bucket, 4);
    size_t count = 0;

    while (at != 0) {
        size_t next = layout_load(chunk + at, 4);
        size_t size = layout_load(chunk + at + 20, 4);

        ck_assert_uint_eq(chunk[at - 10], 0x0c);
        ck_assert_uint_eq(layout_load(chunk + at - 8, 4), layout_load(chunk + at + 4, 4));
        ck_assert_uint_eq(layout_load(chunk + at - 4, 4), at);
        ck_assert_uint_eq(layout_load(chunk + at + 24, 4), 0x0001010f);
        ck_assert_uint_eq(chunk[at + 24 + size - 1], 0);
        ck_assert_uint_lt(next, at);
        at = next;
        count++;
    }
    return count;
}

START_TEST(names_and_templates_are_in_the_tables)
{
    struct evtx_image *image = make_varied(300, false, NULL);

    for (size_t index = 0; index < image->chunk_count; index++) {
        const uint8_t *chunk = image->bytes + image->chunks[index].offset_bytes;
        size_t names = 0;
        size_t templates = 0;

        for (size_t bucket = 0; bucket < 64; bucket++)
            names += check_name_chain(chunk, bucket);
        for (size_t bucket = 0; bucket < 32; bucket++)
            templates += check_template_chain(chunk, bucket);
        if (image->chunks[index].record_count < 2 * ARRAY_COUNT(varied))
            continue;
        /* Event, xmlns, 14 of System, 9 attributes; and those of the data */
        ck_assert_uint_ge(names, 25);
        /* seven events, those of the data but for the shared one, at one or two computers */
        ck_assert_uint_ge(templates, 11);
        ck_assert_uint_le(templates, 17);
    }
    evtx_image_free(image);
}
END_TEST

/* ---- variants of a log ---- */

START_TEST(record_numbers_can_differ_from_record_ids)
{
    struct evtx_writer *writer =
        evtx_writer_new(&(struct evtx_writer_options){.first_record_number = 426});
    struct event_stamp stamp = {.filetime = START_FILETIME, .record_id = 90001, .computer = "PC"};

    events_add_spp_8196(writer, &stamp, 0x4000, "0xC004F200");
    struct evtx_image *image = evtx_writer_finish(writer);
    char *got = read_back(image, "evtxexport");

    ck_assert_uint_eq(layout_load(image->bytes + image->records[0].offset_bytes + 8, 8), 426);
    ck_assert_uint_eq(layout_load(image->bytes + EVTX_FILE_HEADER_SIZE + 24, 8), 426);
    ck_assert_uint_eq(layout_load(image->bytes + 24, 8), 427);
    if (got != NULL)
        ck_assert_ptr_nonnull(strstr(got, "|90001|"));
    free(got);
    evtx_image_free(image);
}
END_TEST

START_TEST(exported_log_has_shifted_header_times)
{
    struct evtx_writer *writer =
        evtx_writer_new(&(struct evtx_writer_options){.header_times_shifted = true});

    for (size_t index = 0; index < 300; index++) {
        struct evtx_event event = varied_event(index);
        evtx_writer_add(writer, &event);
    }
    struct evtx_image *image = evtx_writer_finish(writer);
    for (size_t index = 0; index < 300; index++) {
        const uint8_t *record = image->bytes + image->records[index].offset_bytes;

        ck_assert_uint_eq(layout_load(record + 16, 8),
                          index < 299 ? varied_event(index + 1).event_filetime : 0);
    }
    ck_assert_sound(image);
    evtx_image_free(image);
}
END_TEST

START_TEST(log_without_records_is_one_empty_chunk)
{
    struct evtx_image *image = evtx_writer_finish(evtx_writer_new(NULL));
    static const char *const readers[] = {"evtxexport", "python-evtx"};

    ck_assert_sound(image);
    ck_assert_uint_eq(image->size_bytes, EVTX_FILE_HEADER_SIZE + EVTX_CHUNK_SIZE);
    for (size_t index = 0; index < ARRAY_COUNT(readers); index++) {
        char *got = read_back(image, readers[index]);

        if (got != NULL)
            ck_assert_str_eq(got, "");
        free(got);
    }
    evtx_image_free(image);
}
END_TEST

START_TEST(only_a_record_that_is_asked_to_ends_at_the_chunks_end)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_event event = varied_event(0);

    evtx_writer_add(writer, &event);
    event.fills_chunk = true;
    evtx_writer_add(writer, &event);
    event.fills_chunk = false;
    evtx_writer_add(writer, &event);
    struct evtx_image *image = evtx_writer_finish(writer);
    ck_assert_uint_eq(image->chunk_count, 2);
    ck_assert_uint_eq(image->chunks[0].free_bytes, EVTX_CHUNK_SIZE);
    ck_assert_uint_eq(image->chunks[0].record_count, 2);
    ck_assert_sound(image);
    evtx_image_free(image);
}
END_TEST

/* Two records in one log, the second with a string of `units` UTF-16 units. */
static struct evtx_image *make_two(size_t units)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct event_stamp stamp = {.filetime = START_FILETIME, .computer = "PC"};
    char *text = memory_allocate(units + 1, 1);

    memset(text, 'x', units);
    events_add_spp_12288(writer, &stamp, "first");
    events_add_spp_12288(writer, &stamp, text);
    free(text);
    return evtx_writer_finish(writer);
}

START_TEST(record_that_would_end_at_the_chunks_end_begins_a_new_chunk)
{
    struct evtx_image *image = make_two(10000);
    size_t exact_units = 10000 + (EVTX_CHUNK_SIZE - image->chunks[0].free_bytes) / 2;

    evtx_image_free(image);
    image = make_two(exact_units - 4);
    ck_assert_uint_eq(image->chunk_count, 1);
    ck_assert_uint_eq(image->chunks[0].free_bytes, EVTX_CHUNK_SIZE - 8);
    evtx_image_free(image);
    image = make_two(exact_units);
    ck_assert_uint_eq(image->chunk_count, 2);
    ck_assert_sound(image);
    evtx_image_free(image);
}
END_TEST

START_TEST(event_without_data_has_no_such_element)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    struct evtx_event event = varied_event(1);

    event.kind = EVTX_EVENT_NO_DATA;
    evtx_writer_add(writer, &event);
    struct evtx_image *image = evtx_writer_finish(writer);
    char *got = read_back(image, "python-evtx");
    struct text expected = {0};

    add_expected(&expected, &event);
    if (got != NULL)
        ck_assert_str_eq(got, text_get(&expected));
    free(got);
    text_free(&expected);
    evtx_image_free(image);
}
END_TEST

/* ---- states ---- */

START_TEST(dirty_log_has_stale_counts)
{
    struct evtx_image *image = make_varied(300, false, NULL);
    size_t chunk_count = image->chunk_count;

    evtx_image_make_dirty(image, 1);
    ck_assert_sound(image);
    ck_assert_uint_eq(layout_load(image->bytes + 120, 4), 1);
    ck_assert_uint_eq(layout_load(image->bytes + 42, 2), 1);
    ck_assert_uint_eq(layout_load(image->bytes + 16, 8), 0);
    ck_assert_uint_eq(layout_load(image->bytes + 24, 8), image->chunks[0].record_count + 1);
    ck_assert_uint_eq(image->size_bytes, EVTX_FILE_HEADER_SIZE + chunk_count * EVTX_CHUNK_SIZE);
    evtx_image_free(image);
}
END_TEST

/* A log of self-contained records whose youngest chunk holds only few. */
static struct evtx_image *make_wrappable(size_t chunks, size_t last_records)
{
    struct evtx_writer *writer = evtx_writer_new(NULL);
    size_t number = 0;

    while (evtx_writer_size(writer) < EVTX_FILE_HEADER_SIZE + chunks * EVTX_CHUNK_SIZE) {
        struct event_stamp stamp = {.filetime = START_FILETIME + number++ * 10000000,
                                    .computer = "PC",
                                    .self_contained = true};
        events_add_wat_13(writer, &stamp, "0x00000000", "0xC004C4A2");
    }
    for (size_t index = 1; index < last_records; index++) {
        struct event_stamp stamp = {.filetime = START_FILETIME + number++ * 10000000,
                                    .computer = "PC"};
        events_add_wat_13(writer, &stamp, "0x00000000", "0x00000000");
    }
    return evtx_writer_finish(writer);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

START_TEST(wrapped_log_is_a_ring_with_leftovers)
{
    struct evtx_image *image = make_wrappable(5, 3);
    uint64_t oldest_number = image->records[image->chunks[2].first_record].number;
    uint64_t newest_number = image->records[image->record_count - 1].number;

    evtx_image_wrap(image, 3);
    ck_assert_sound(image);
    ck_assert_uint_eq(image->size_bytes, EVTX_FILE_HEADER_SIZE + 3 * EVTX_CHUNK_SIZE);
    ck_assert_uint_eq(layout_load(image->bytes + 8, 8), 2);
    ck_assert_uint_eq(layout_load(image->bytes + 16, 8), 1);
    ck_assert_uint_eq(layout_load(image->bytes + 42, 2), 3);
    ck_assert_uint_eq(image->chunks[0].offset_bytes, EVTX_FILE_HEADER_SIZE + 2 * EVTX_CHUNK_SIZE);
    ck_assert_uint_eq(image->records[0].number, oldest_number);
    ck_assert_uint_eq(image->records[image->record_count - 1].number, newest_number);
    for (size_t index = 0; index < image->record_count; index++)
        ck_assert_uint_eq(
            layout_load(image->bytes + image->records[index].offset_bytes + RECORD_NUMBER_AT, 8),
            image->records[index].number);
    ck_assert_uint_gt(image->leftover_count, 10);
    for (size_t index = 0; index < image->leftover_count; index++) {
        const struct evtx_record_place *left = &image->leftovers[index];

        ck_assert_mem_eq(image->bytes + left->offset_bytes, "**\0", 4);
        ck_assert_uint_eq(layout_load(image->bytes + left->offset_bytes + 8, 8), left->number);
        ck_assert_uint_lt(left->number, oldest_number);
        ck_assert_uint_ge(left->offset_bytes,
                          image->chunks[2].offset_bytes + image->chunks[2].free_bytes);
    }
    evtx_image_free(image);
}
END_TEST

START_TEST(leftovers_of_a_wrapped_log_are_recoverable)
{
    struct evtx_image *image = make_wrappable(5, 3);

    evtx_image_wrap(image, 3);
    char *walked = read_back(image, "evtxexport");
    char *recovered = read_back(image, "evtxexport -m recovered");

    if (walked != NULL)
        ck_assert_uint_eq(count_lines(walked), image->record_count);
    if (recovered != NULL)
        ck_assert_uint_eq(count_lines(recovered), image->leftover_count);
    free(walked);
    free(recovered);
    evtx_image_free(image);
}
END_TEST

START_TEST(log_without_checksums_says_so_everywhere)
{
    struct evtx_image *image = make_varied(300, false, NULL);

    evtx_image_drop_checksums(image);
    ck_assert_uint_eq(layout_load(image->bytes + 120, 4), 4);
    ck_assert_uint_eq(layout_load(image->bytes + 124, 4), 0);
    for (size_t index = 0; index < image->chunk_count; index++) {
        const uint8_t *chunk = image->bytes + image->chunks[index].offset_bytes;

        ck_assert_uint_eq(layout_load(chunk + 120, 4), 5);
        ck_assert_uint_eq(layout_load(chunk + 124, 4), 0);
        ck_assert_uint_eq(layout_load(chunk + 52, 4), 0);
    }
    evtx_image_free(image);
}
END_TEST

/* ---- damage ---- */

#define DAMAGED_CHUNK 1

static void damage_chunk_magic(struct evtx_image *image)
{
    evtx_damage_chunk_magic(image, DAMAGED_CHUNK);
}

static void damage_chunk_header_checksum(struct evtx_image *image)
{
    evtx_damage_chunk_header_checksum(image, DAMAGED_CHUNK);
}

static void damage_records_checksum(struct evtx_image *image)
{
    evtx_damage_records_checksum(image, DAMAGED_CHUNK);
}

static void damage_zero_chunk(struct evtx_image *image)
{
    evtx_damage_zero_chunk(image, DAMAGED_CHUNK);
}

/* The record in question stands neither first nor last in its chunk. */
static size_t damaged_record(const struct evtx_image *image)
{
    return image->chunks[DAMAGED_CHUNK].first_record + 3;
}

static void damage_size_zero(struct evtx_image *image)
{
    evtx_damage_record_size(image, damaged_record(image), EVTX_SIZE_ZERO);
}

static void damage_size_past_chunk(struct evtx_image *image)
{
    evtx_damage_record_size(image, damaged_record(image), EVTX_SIZE_PAST_CHUNK);
}

static void damage_size_past_free(struct evtx_image *image)
{
    evtx_damage_record_size(image, damaged_record(image), EVTX_SIZE_PAST_FREE);
}

static void damage_size_copy(struct evtx_image *image)
{
    evtx_damage_record_size(image, damaged_record(image), EVTX_SIZE_COPY);
}

static void damage_record_magic(struct evtx_image *image)
{
    evtx_damage_record_magic(image, damaged_record(image));
}

static void damage_cut(struct evtx_image *image)
{
    evtx_damage_truncate(image, EVTX_FILE_HEADER_SIZE + 2 * EVTX_CHUNK_SIZE - 1);
}

static void damage_zero_bytes(struct evtx_image *image)
{
    evtx_damage_zero_bytes(image, image->records[damaged_record(image)].offset_bytes, 512, true);
}

static void damage_zero_bytes_unsealed(struct evtx_image *image)
{
    evtx_damage_zero_bytes(image, image->records[damaged_record(image)].offset_bytes, 512, false);
}

/* What each damage shows as; everything that is not named stays sound. The image has two chunks,
 * so that a cut concerns the second alone. */
static const struct {
    const char *name;
    void (*damage)(struct evtx_image *image);
    unsigned file;
    unsigned chunk;
} damages[] = {
    {"file checksum", evtx_damage_file_checksum, FAULT_FILE_CHECKSUM, 0},
    {"file header", evtx_damage_file_header, FAULT_FILE_MAGIC, 0},
    {"cut", damage_cut, 0, FAULT_CUT},
    {"chunk magic", damage_chunk_magic, 0, FAULT_CHUNK_MAGIC},
    {"chunk header checksum", damage_chunk_header_checksum, 0, FAULT_CHUNK_CHECKSUM},
    {"records checksum", damage_records_checksum, 0, FAULT_RECORDS_CHECKSUM},
    {"zero chunk", damage_zero_chunk, 0, FAULT_CHUNK_MAGIC | FAULT_CHUNK_CHECKSUM},
    {"size zero", damage_size_zero, 0, FAULT_RECORD_SIZE},
    {"size past chunk", damage_size_past_chunk, 0, FAULT_RECORD_SIZE},
    {"size past free space", damage_size_past_free, 0, FAULT_RECORD_SIZE},
    {"size copy", damage_size_copy, 0, FAULT_RECORD_COPY},
    {"record magic", damage_record_magic, 0, FAULT_RECORD_MAGIC},
    {"zero bytes", damage_zero_bytes, 0, FAULT_RECORD_MAGIC},
    {"zero bytes, checksum left", damage_zero_bytes_unsealed, 0,
     FAULT_RECORD_MAGIC | FAULT_RECORDS_CHECKSUM},
};

START_TEST(damage_is_what_it_says_and_nothing_else)
{
    struct evtx_image *image = make_wrappable(2, 40);

    ck_assert_uint_eq(image->chunk_count, 2);
    damages[_i].damage(image);
    struct inspection found = inspect(image, DAMAGED_CHUNK);
    ck_assert_msg(found.file == damages[_i].file, "%s: file %u", damages[_i].name, found.file);
    ck_assert_msg(found.one_chunk == damages[_i].chunk, "%s: chunk %u", damages[_i].name,
                  found.one_chunk);
    ck_assert_msg(found.other_chunks == 0, "%s: others %u", damages[_i].name, found.other_chunks);
    evtx_image_free(image);
}
END_TEST

static Suite *fixtures_suite(void)
{
    Suite *suite = suite_create("fixtures");
    TCase *written = tcase_create("written");
    TCase *changed = tcase_create("changed");

    /* unchecked: the folder is also removed after a failure */
    tcase_add_unchecked_fixture(written, scratch_begin, scratch_end);
    tcase_add_test(written, libevtx_reads_what_was_written);
    tcase_add_test(written, python_evtx_reads_what_was_written);
    tcase_add_test(written, forwarded_records_read_back);
    tcase_add_test(written, every_event_of_interest_reads_back);
    tcase_add_test(written, headers_and_checksums_are_right);
    tcase_add_test(written, record_table_names_every_record);
    tcase_add_test(written, names_and_templates_are_in_the_tables);
    tcase_add_test(written, record_numbers_can_differ_from_record_ids);
    tcase_add_test(written, exported_log_has_shifted_header_times);
    tcase_add_test(written, log_without_records_is_one_empty_chunk);
    tcase_add_test(written, only_a_record_that_is_asked_to_ends_at_the_chunks_end);
    tcase_add_test(written, record_that_would_end_at_the_chunks_end_begins_a_new_chunk);
    tcase_add_test(written, event_without_data_has_no_such_element);
    suite_add_tcase(suite, written);

    tcase_add_unchecked_fixture(changed, scratch_begin, scratch_end);
    tcase_add_test(changed, dirty_log_has_stale_counts);
    tcase_add_test(changed, wrapped_log_is_a_ring_with_leftovers);
    tcase_add_test(changed, leftovers_of_a_wrapped_log_are_recoverable);
    tcase_add_test(changed, log_without_checksums_says_so_everywhere);
    tcase_add_loop_test(changed, damage_is_what_it_says_and_nothing_else, 0,
                        (int)ARRAY_COUNT(damages));
    suite_add_tcase(suite, changed);
    return suite;
}

int main(void)
{
    return run_suite(fixtures_suite());
}
