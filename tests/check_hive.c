/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of registry hives on hives made by tests/fixtures, sound and damaged, and on the real
 * ones beside the checkout. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/filetime.h"
#include "base/memory.h"
#include "findings.h"
#include "fixtures/hive_writer.h"
#include "fixtures/layout.h"
#include "hive/hive.h"
#include "hive/registry.h"
#include "readout.h"
#include "real.h"
#include "run.h"

/* libregf leaks where it gives up in the middle of a key; that is not ours to fail for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libregf\n";
}

/* --- a reading --- */

static struct {
    struct source_facts facts;
    struct text lines; /* tests/findings.h */
    struct error err;
    uint64_t fed_bytes;
} got;

static void clear_all(void)
{
    source_facts_free_content(&got.facts);
    text_free(&got.lines);
    error_clear(&got.err);
    got.fed_bytes = 0;
}

static void take_bytes(void *context, const void *bytes, size_t size_bytes)
{
    (void)context;
    (void)bytes;
    got.fed_bytes += size_bytes;
}

static int read_open(int descriptor, uint64_t size_bytes)
{
    static char path[] = "made";
    struct source source = {.path = path, .kind = SOURCE_KIND_REGISTRY, .size_bytes = size_bytes};
    struct byte_sink byte_sink = {.take = take_bytes};
    struct reader_options options = {.window = incident_window, .byte_sink = &byte_sink};
    struct sink sink = findings_sink(&got.lines);

    clear_all();
    return reader_read(&hive_reader, &source, descriptor, &options, &sink, &got.facts, &got.err);
}

/* Reads and frees it. */
static int read_file(struct hive_file *file)
{
    int descriptor = readout_make_file(file->bytes, file->size_bytes);
    int result = read_open(descriptor, file->size_bytes);

    close(descriptor);
    hive_file_free(file);
    return result;
}

static void expect(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in \"%s\"", part, text);
}

static void expect_line(const char *part)
{
    expect(text_get(&got.lines), part);
}

static void expect_no_line(const char *part)
{
    ck_assert_msg(strstr(text_get(&got.lines), part) == NULL, "\"%s\" is in \"%s\"", part,
                  text_get(&got.lines));
}

static void expect_detail(const char *part)
{
    expect(text_get(&got.facts.detail), part);
}

/* --- hives --- */

#define LAST_WRITE UINT64_C(131914152000000000) /* 2019-01-08T10:00:00Z */

static const struct hive_options sound = {.last_write_filetime = LAST_WRITE};

static const struct hive_computer computer = {
    .hostname = "PC1", .domain = "corp.example", .computer_name = "PC1", .control_set = 2};
static const struct hive_system windows_7 = {.product_name = "Windows 7 Professional N",
                                             .edition_id = "ProfessionalN",
                                             .product_id = "00371-868-0000007-85123",
                                             .version = "6.1",
                                             .build = "7601",
                                             .service_pack = "Service Pack 1",
                                             .installation_type = "Client"};

static struct hive_writer *system_writer(void)
{
    struct hive_writer *writer = hive_writer_new();

    hive_writer_add_key(writer, "ControlSet001");
    hive_writer_set_computer(writer, &computer);
    return writer;
}

/* Of Windows 7 with that many packages of no interest. */
static struct hive_writer *software_writer(size_t packages)
{
    struct hive_writer *writer = hive_writer_new();

    hive_writer_add_key(writer, "Classes");
    hive_writer_add_key(writer, "Policies");
    hive_writer_set_system(writer, &windows_7);
    hive_writer_add_packages(writer, packages);
    return writer;
}

static struct hive_file *software_file(const struct hive_options *options)
{
    struct hive_writer *writer = software_writer(20);

    hive_writer_add_package(writer, HIVE_WAT_PACKAGE, 0x70, LAST_WRITE);
    return hive_writer_finish(writer, options);
}

#define COMPUTER_LINE(host, rest) "computer|SYSTEM hive|" host "|0|2019-01-08T10:00:00Z|" rest "\n"
#define SYSTEM_LINE                                                                        \
    "system|SOFTWARE hive||0|2019-01-08T10:00:00Z|os_name=Windows 7 Professional N|"       \
    "os_version=6.1.7601 Service Pack 1|edition_id=ProfessionalN|installation_type=Client" \
    "|product_id=00371-868-0000007-85123\n"
#define ENTRY_LINE(state, text, date)                                                       \
    "entry|SOFTWARE hive||0|2019-01-08T10:00:00Z|update_id=KB971033|name=" HIVE_WAT_PACKAGE \
    "|state=" state "|state_text=" text "|date=" date "\n"
#define LISTING_LINE(count, names, incomplete)                                      \
    "listing|SOFTWARE hive||0|2019-01-08T10:00:00Z|newest_date=|entry_count=" count \
    "|announced_count=|names_update=" names "|incomplete=" incomplete "\n"

/* --- what is read --- */

START_TEST(system_hive_names_its_computer)
{
    ck_assert_int_eq(read_file(hive_writer_finish(system_writer(), &sound)), 0);
    ck_assert_str_eq(
        text_get(&got.lines),
        COMPUTER_LINE("PC1.corp.example", "name=PC1|netbios_name=PC1|domain=corp.example"));
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_gt(got.fed_bytes, 0);
}
END_TEST

START_TEST(name_of_a_computer_is_the_longest_that_there_is)
{
    static const struct {
        struct hive_computer computer;
        const char *line;
    } cases[] = {
        {{.hostname = "LONGNAME-OF-A-COMPUTER", .computer_name = "LONGNAME-OF-A-C"},
         COMPUTER_LINE("LONGNAME-OF-A-COMPUTER",
                       "name=LONGNAME-OF-A-COMPUTER|netbios_name=LONGNAME-OF-A-C|domain=")},
        {{.computer_name = "PC1", .domain = "", .nv_domain = "corp.example"},
         COMPUTER_LINE("PC1.corp.example", "name=PC1|netbios_name=PC1|domain=corp.example")},
        {{.hostname = "PC1", .domain = ""}, COMPUTER_LINE("PC1", "name=PC1|netbios_name=|domain=")},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct hive_writer *writer = hive_writer_new();

        hive_writer_set_computer(writer, &cases[index].computer);
        read_file(hive_writer_finish(writer, &sound));
        ck_assert_str_eq(text_get(&got.lines), cases[index].line);
    }
}
END_TEST

START_TEST(current_control_set_counts_and_no_other)
{
    struct hive_writer *writer = system_writer();

    hive_writer_set_text(writer, "ControlSet001\\Services\\Tcpip\\Parameters", "Hostname", "OLD");
    read_file(hive_writer_finish(writer, &sound));
    expect_line("computer|SYSTEM hive|PC1.corp.example|");
    writer = hive_writer_new();
    hive_writer_set_number(writer, "Select", "Current", 2);
    hive_writer_set_text(writer, "ControlSet001\\Services\\Tcpip\\Parameters", "Hostname", "OLD");
    read_file(hive_writer_finish(writer, &sound));
    ck_assert_str_eq(text_get(&got.lines), "");
    expect_detail("its current control set cannot be read");
}
END_TEST

START_TEST(software_hive_says_system_and_packages)
{
    ck_assert_int_eq(read_file(software_file(&sound)), 0);
    ck_assert_str_eq(text_get(&got.lines),
                     SYSTEM_LINE ENTRY_LINE("Installed", "installed (0x70)", "2019-01-08T10:00:00Z")
                         LISTING_LINE("21", "yes", ""));
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
}
END_TEST

START_TEST(list_without_the_package_is_whole)
{
    read_file(hive_writer_finish(software_writer(20), &sound));
    ck_assert_str_eq(text_get(&got.lines), SYSTEM_LINE LISTING_LINE("20", "no", ""));
}
END_TEST

START_TEST(list_of_packages_that_is_not_there_or_empty_says_nothing)
{
    struct hive_writer *writer = software_writer(0);

    read_file(hive_writer_finish(software_writer(0), &sound));
    ck_assert_str_eq(text_get(&got.lines), SYSTEM_LINE);
    expect_detail("no list of packages in it");
    hive_writer_add_key(writer, HIVE_PACKAGES);
    read_file(hive_writer_finish(writer, &sound));
    ck_assert_str_eq(text_get(&got.lines), SYSTEM_LINE);
    expect_detail("no list of packages in it");
}
END_TEST

START_TEST(states_are_those_of_the_chart)
{
    static const struct {
        uint32_t number;
        const char *line, *listing;
    } cases[] = {
        {0x00, ENTRY_LINE("Not Present", "absent (0x0)", ""), LISTING_LINE("21", "no", "")},
        {0x05, ENTRY_LINE("Uninstall Pending", "uninstall pending (0x5)", ""), ""},
        {0x08, ENTRY_LINE("Permanent", "permanent (0x8)", ""), ""},
        {0x07, ENTRY_LINE("Installed", "installed (0x7)", ""), ""},
        {0x40, ENTRY_LINE("Staged", "staged (0x40)", ""), LISTING_LINE("21", "yes", "")},
        {0x60, ENTRY_LINE("Install Pending", "install pending (0x60)", ""), ""},
        {0x65, ENTRY_LINE("on the way", "partially installed (0x65)", ""), ""},
        {0x80, ENTRY_LINE("Permanent", "permanent (0x80)", ""), ""},
        {0x71, ENTRY_LINE("unknown", "0x71", ""), LISTING_LINE("21", "yes", "")},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct hive_writer *writer = software_writer(20);

        hive_writer_add_package(writer, HIVE_WAT_PACKAGE, cases[index].number, 0);
        read_file(hive_writer_finish(writer, &sound));
        expect_line(cases[index].line);
        expect_line(cases[index].listing);
    }
}
END_TEST

START_TEST(other_packages_of_the_incident_are_told_too)
{
    struct hive_writer *writer = software_writer(1);

    hive_writer_add_package(writer, "Package_for_KB971033_RTM~31bf3856ad364e35~amd64~~6.1.1.0",
                            0x70, 0);
    hive_writer_add_package(writer, "Package_for_KB9710331~31bf3856ad364e35~amd64~~6.1.1.0", 0x70,
                            0);
    hive_writer_add_package(writer, "Package_for_KB4480970~31bf3856ad364e35~amd64~~6.1.1.0", 0x70,
                            0);
    read_file(hive_writer_finish(writer, &sound));
    expect_line("update_id=KB971033|name=Package_for_KB971033_RTM");
    expect_line("update_id=KB4480970|name=Package_for_KB4480970");
    expect_no_line("KB9710331");
    expect_line(LISTING_LINE("4", "yes", ""));
}
END_TEST

START_TEST(windows_10_has_its_version_in_numbers)
{
    static const struct hive_system system = {.product_name = "Windows 10 Enterprise",
                                              .edition_id = "Enterprise",
                                              .version = "6.3",
                                              .build = "19045"};
    struct hive_writer *writer = hive_writer_new();
    static const char path[] = "Microsoft\\Windows NT\\CurrentVersion";

    hive_writer_set_system(writer, &system);
    hive_writer_set_number(writer, path, "CurrentMajorVersionNumber", 10);
    hive_writer_set_number(writer, path, "CurrentMinorVersionNumber", 0);
    read_file(hive_writer_finish(writer, &sound));
    expect_line("|os_version=10.0.19045|");
}
END_TEST

START_TEST(all_forms_of_lists_are_read)
{
    static const enum hive_list_form forms[] = {HIVE_LIST_HASHES, HIVE_LIST_HINTS, HIVE_LIST_PLAIN};

    for (size_t form = 0; form < ARRAY_COUNT(forms); form++)
        for (size_t most = 0; most < 10; most += 3) {
            struct hive_options options = sound;
            struct hive_writer *writer = software_writer(500);

            options.form = forms[form];
            options.most_per_list = most;
            hive_writer_add_package(writer, HIVE_WAT_PACKAGE, 0x70, 0);
            read_file(hive_writer_finish(writer, &options));
            ck_assert_str_eq(text_get(&got.facts.detail), "");
            expect_line(LISTING_LINE("501", "yes", ""));
        }
}
END_TEST

START_TEST(dirty_hive_is_read_as_it_is)
{
    struct hive_options options = sound;

    options.is_dirty = true;
    read_file(hive_writer_finish(software_writer(20), &options));
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    expect_detail("dirty: its newest changes can be in its logs (.LOG, .LOG1, .LOG2) alone, which "
                  "are not read");
    expect_line("|entry_count=20|announced_count=|names_update=no|incomplete=the hive is dirty: ");
    read_file(software_file(&options));
    expect_line(ENTRY_LINE("Installed", "installed (0x70)", "2019-01-08T10:00:00Z"));
}
END_TEST

START_TEST(other_hives_and_logs_are_skipped)
{
    struct hive_options options = sound;
    struct hive_writer *writer = hive_writer_new();

    hive_writer_add_key(writer, "Software\\Microsoft\\Windows NT\\CurrentVersion");
    hive_writer_add_key(writer, "Control Panel");
    ck_assert_int_eq(read_file(hive_writer_finish(writer, &options)), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
    ck_assert_str_eq(text_get(&got.facts.detail), "registry hive other than SOFTWARE and SYSTEM");
    options.type = 1;
    ck_assert_int_eq(read_file(software_file(&options)), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
    ck_assert_str_eq(text_get(&got.facts.detail),
                     "transaction log of a registry hive, which is not read");
    ck_assert_str_eq(text_get(&got.lines), "");
}
END_TEST

/* --- damage --- */

START_TEST(last_write_without_a_right_checksum_does_not_count)
{
    struct hive_file *file = software_file(&sound);

    file->bytes[13] ^= 1;
    ck_assert_int_eq(read_file(file), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_detail("at byte 508: base block has a wrong checksum");
    expect_line("system|SOFTWARE hive||0||os_name=Windows 7 Professional N|");
    expect_line("|names_update=yes|incomplete=the hive is damaged\n");
}
END_TEST

START_TEST(bin_with_a_wrong_header_is_read_all_the_same)
{
    static const size_t places[] = {0, 4, 8};

    for (size_t index = 0; index < ARRAY_COUNT(places); index++) {
        struct hive_writer *writer = software_writer(500);
        struct hive_file *file;

        hive_writer_add_package(writer, HIVE_WAT_PACKAGE, 0x70, 0);
        file = hive_writer_finish(writer, &sound);
        file->bytes[4096 + 3 * 4096 + places[index]] ^= 0x55;
        ck_assert_int_eq(read_file(file), 0);
        ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
        expect_detail("at byte 16384: header of a bin is wrong");
        expect_line("|state=Installed|");
        expect_line("|names_update=yes|incomplete=the hive is damaged\n");
    }
}
END_TEST

START_TEST(cut_hive_is_read_as_far_as_it_goes)
{
    struct hive_file *file = hive_writer_finish(software_writer(2000), &sound);

    file->size_bytes /= 2;
    ck_assert_int_eq(read_file(file), 0);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_detail("file is cut");
    expect_no_line("|incomplete=\n");
    file = software_file(&sound);
    file->size_bytes = 700;
    ck_assert_int_eq(read_file(file), -1);
    ck_assert_int_eq(got.err.kind, ERROR_SOURCE);
}
END_TEST

START_TEST(list_that_lacks_keys_proves_no_absence)
{
    struct hive_file *file = hive_writer_finish(software_writer(500), &sound);
    size_t at = hive_file_find_key(file, "Packages");

    ck_assert_uint_ne(at, 0);
    layout_store(file->bytes + at + 4 + 20, 501, 4);
    read_file(file);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_detail("key, or the list of those below it, cannot be read");
    expect_no_line("listing|");
    expect_line("system|");
}
END_TEST

static void expect_other_letter(uint8_t bit)
{
    struct hive_file *file = software_file(&sound);
    size_t at = hive_file_find_key(file, HIVE_WAT_PACKAGE);

    file->bytes[at + 4 + 76 + 40] ^= bit;
    read_file(file);
    expect_detail("name of a key below Packages is not that of the list");
    expect_line(LISTING_LINE("20", "no", "the hive is damaged"));
}

START_TEST(package_that_cannot_be_read_is_damage)
{
    struct hive_file *file = software_file(&sound);
    size_t at = hive_file_find_key(file, HIVE_WAT_PACKAGE);

    ck_assert_uint_ne(at, 0);
    file->bytes[at + 4] = 'x';
    read_file(file);
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_DAMAGED);
    expect_line(LISTING_LINE("20", "no", "the hive is damaged"));
    /* One letter of the name is another one, of ASCII and beyond: the hash in the list tells. */
    expect_other_letter(1);
    expect_other_letter(0x80);
}
END_TEST

/* Hashes by the rule, of U+1F44D by its surrogates; the upper case of y with diaeresis is beyond
 * Latin-1. */
START_TEST(hash_is_of_the_name_in_upper_case)
{
    static const struct {
        const char *name;
        uint32_t hash;
        bool fits;
    } cases[] = {
        {"Ab", 0x41 * 37 + 0x42, true},
        {"\xC3\xB4x", 0xD4 * 37 + 0x58, true},
        {"\xC3\xB4x", 0xF4 * 37 + 0x58, false},
        {"\xC3\xBF", 0x178, true},
        {"\xF0\x9F\x91\x8D", 0xD83D * 37 + 0xDC4D, true},
        {"\xF4", 0xF4, false},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct hive_listed listed = {.has_hash = true, .hash = cases[index].hash};

        ck_assert_int_eq(hive_listed_fits(&listed, cases[index].name), cases[index].fits);
        listed.has_hash = false;
        ck_assert(hive_listed_fits(&listed, cases[index].name));
    }
}
END_TEST

START_TEST(damage_is_told_once)
{
    struct hive_file *file = software_file(&sound);
    size_t at = hive_file_find_key(file, "Classes");

    ck_assert_uint_ne(at, 0);
    file->bytes[at + 4] = 'x'; /* it is passed on the way to all others */
    read_file(file);
    expect_detail("key, or the list of those below it, cannot be read");
    ck_assert_uint_eq(got.facts.damage.count, 1);
    expect_line(LISTING_LINE("21", "yes", "the hive is damaged"));
    file = software_file(&sound);
    file->bytes[at + 4 + 76] = 'x';
    read_file(file);
    expect_detail("is not that of the list");
    ck_assert_uint_eq(got.facts.damage.count, 1);
}
END_TEST

START_TEST(values_that_are_announced_and_cannot_be_there_are_damage)
{
    struct hive_file *file = software_file(&sound);
    size_t at = hive_file_find_key(file, HIVE_WAT_PACKAGE);

    layout_store(file->bytes + at + 4 + 36, 0x10000, 4);
    read_file(file);
    expect_detail("key, or the list of those below it, cannot be read");
    expect_line(LISTING_LINE("20", "no", "the hive is damaged"));
}
END_TEST

START_TEST(list_that_leads_to_itself_ends)
{
    struct hive_options options = sound;
    struct hive_writer *writer = software_writer(500);
    struct hive_file *file;
    size_t at;
    uint32_t list;

    options.most_per_list = 100;
    file = hive_writer_finish(writer, &options);
    at = hive_file_find_key(file, "Packages");
    list = (uint32_t)layout_load(file->bytes + at + 4 + 28, 4);
    layout_store(file->bytes + 4096 + list + 8, list, 4);
    read_file(file);
    expect_detail("key, or the list of those below it, cannot be read");
    expect_no_line("listing|");
}
END_TEST

START_TEST(value_of_another_type_says_nothing)
{
    struct hive_writer *writer = software_writer(20);
    static const char path[] = HIVE_PACKAGES "\\" HIVE_WAT_PACKAGE;

    hive_writer_set_text(writer, path, "CurrentState", "0x70");
    read_file(hive_writer_finish(writer, &sound));
    expect_line(ENTRY_LINE("unknown", "", ""));
    expect_line(LISTING_LINE("21", "yes", ""));
}
END_TEST

/* --- real ones --- */

/* Reads the hive of that name beside the real logs: false where there is none. */
static bool read_real(const char *name)
{
    char *path =
        real_folder() != NULL ? memory_format("%s/../hives/%s", real_folder(), name) : NULL;
    int descriptor = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat status;

    free(path);
    if (descriptor < 0)
        return false;
    ck_assert_int_eq(fstat(descriptor, &status), 0);
    ck_assert_int_eq(read_open(descriptor, (uint64_t)status.st_size), 0);
    close(descriptor);
    return true;
}

START_TEST(real_hive_of_windows_7_names_its_computer)
{
    if (!read_real("SYSTEM-windows7"))
        return;
    ck_assert_str_eq(text_get(&got.facts.detail), "");
    expect_line("computer|SYSTEM hive|WKS-WIN732BITA.shieldbase.local|0|");
    expect_line("|name=WKS-WIN732BITA|netbios_name=WKS-WIN732BITA|domain=shieldbase.local\n");
}
END_TEST

START_TEST(real_dirty_hive_is_marked)
{
    if (!read_real("SYSTEM-dirty"))
        return;
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_OK);
    expect_detail("dirty: ");
    expect_line("computer|SYSTEM hive|DESKTOP-PM6C56D|0|");
    ck_assert(read_real("SYSTEM-dirty.LOG1"));
    ck_assert_int_eq(got.facts.status, SOURCE_STATUS_SKIPPED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hive");
    TCase *cases = tcase_create("all");

    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(cases, NULL, clear_all);
    tcase_add_test(cases, system_hive_names_its_computer);
    tcase_add_test(cases, name_of_a_computer_is_the_longest_that_there_is);
    tcase_add_test(cases, current_control_set_counts_and_no_other);
    tcase_add_test(cases, software_hive_says_system_and_packages);
    tcase_add_test(cases, list_without_the_package_is_whole);
    tcase_add_test(cases, list_of_packages_that_is_not_there_or_empty_says_nothing);
    tcase_add_test(cases, states_are_those_of_the_chart);
    tcase_add_test(cases, other_packages_of_the_incident_are_told_too);
    tcase_add_test(cases, windows_10_has_its_version_in_numbers);
    tcase_add_test(cases, all_forms_of_lists_are_read);
    tcase_add_test(cases, dirty_hive_is_read_as_it_is);
    tcase_add_test(cases, other_hives_and_logs_are_skipped);
    tcase_add_test(cases, last_write_without_a_right_checksum_does_not_count);
    tcase_add_test(cases, bin_with_a_wrong_header_is_read_all_the_same);
    tcase_add_test(cases, cut_hive_is_read_as_far_as_it_goes);
    tcase_add_test(cases, list_that_lacks_keys_proves_no_absence);
    tcase_add_test(cases, package_that_cannot_be_read_is_damage);
    tcase_add_test(cases, damage_is_told_once);
    tcase_add_test(cases, values_that_are_announced_and_cannot_be_there_are_damage);
    tcase_add_test(cases, list_that_leads_to_itself_ends);
    tcase_add_test(cases, hash_is_of_the_name_in_upper_case);
    tcase_add_test(cases, value_of_another_type_says_nothing);
    tcase_add_test(cases, real_hive_of_windows_7_names_its_computer);
    tcase_add_test(cases, real_dirty_hive_is_marked);
    return run_suite(suite);
}
