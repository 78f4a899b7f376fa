/* SPDX-License-Identifier: Apache-2.0 */
/* Listings made by tests/fixtures/listings.h are read and compared with the data they were made
 * from, in each form, language, encoding and manner of line ends; then cut at each byte. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixtures/listings.h"
#include "fixtures/recipe.h"
#include "listed.h"
#include "model/incident.h"
#include "run.h"
#include "scratch.h"
#include "text/text_reader.h"

#define WAT_PACKAGE                                                                             \
    "Microsoft-Windows-Security-WindowsActivationTechnologies-package~31bf3856ad364e35~amd64~~" \
    "7.1.7600.16395"
#define WINDOWS_LICENCE                                                               \
    .activation_id = "ae2ee509-1b34-41c0-acb7-6d4650168915",                          \
    .application_id = INCIDENT_WINDOWS_APPLICATION_ID, .channel = "VOLUME_KMSCLIENT", \
    .edition = "Enterprise", .partial_key = "HVTHH"

static const struct listing_update updates[] = {{"KB2534111", LISTING_INSTALLED},
                                                {"KB971033", LISTING_INSTALLED},
                                                {"982861", LISTING_INSTALLED},
                                                {"KB4480970", LISTING_STAGED},
                                                {"KB2999226", LISTING_INSTALLED}};
/* The same without KB971033 and the others of that day. */
static const struct listing_update without[] = {
    {"KB2534111", LISTING_INSTALLED}, {"982861", LISTING_INSTALLED}, {"KB2999226", LISTING_STAGED}};

static const struct listing_data with_update = {
    .host = "PC1", .updates = updates, .update_count = ARRAY_COUNT(updates), WINDOWS_LICENCE};
static const struct listing_data without_update = {
    .host = "PC1", .updates = without, .update_count = ARRAY_COUNT(without), WINDOWS_LICENCE};

static const char *const of_updates[] = {
    "wmic",           "wmic-get", "wmic-csv",   "wmic-list",  "get-hotfix",    "get-hotfix-list",
    "get-hotfix-csv", "dism",     "dism-table", "systeminfo", "systeminfo-csv"};

static bool is_dism(const char *form)
{
    return strncmp(form, "dism", 4) == 0;
}

/* Reads the listing of that form as a file of that kind. */
static void read_made(struct listed *listed, const char *form, const struct listing_data *data,
                      enum listing_encoding encoding, enum listing_line_ends ends)
{
    struct text text = {0}, file = {0};

    listing_add(&text, form, data);
    listing_encode(&file, text_get(&text), data->language, encoding, ends, true);
    listed_read(listed, text_get(&file), file.length_bytes);
    text_free(&text);
    text_free(&file);
}

/* ---- What stands in a sound listing ---- */

static const char *origin_of(const char *form)
{
    return is_dism(form)                          ? "dism"
           : strncmp(form, "wmic", 4) == 0        ? "wmic qfe"
           : strncmp(form, "get-hotfix", 10) == 0 ? "Get-HotFix"
                                                  : "systeminfo";
}

/* The findings without their places and dates, which tests of single forms look at. */
static void drop_places(const char *findings, struct text *out)
{
    for (const char *line = findings; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned bars = 0;

        for (const char *at = line; *at != '\n'; at++) {
            bars += *at == '|';
            if (bars == 3 && *at != '|')
                continue;
            if (strncmp(at, "|date=", 6) == 0)
                break;
            if (strncmp(at, "|newest_date=", 13) == 0)
                at += 1 + strcspn(at + 1, "|");
            text_add_bytes(out, at, 1);
        }
        text_add(out, "\n");
    }
}

static void expect_with_update(const struct listed *listed, const char *form,
                               enum listing_language language)
{
    static const char *const staged[] = {"Staged", "Bereitgestellt", "Copie intermédiaire",
                                         "ステージング済み"};
    static const char *const installed[] = {"Installed", "Installiert", "Installé",
                                            "インストール済み"};
    const char *origin = origin_of(form);
    const char *host = is_dism(form) ? "" : "PC1";
    struct text expected = {0}, got = {0};

    if (strcmp(origin, "systeminfo") == 0)
        text_add_format(&expected,
                        "system|systeminfo|PC1|||os_name=Microsoft Windows 7 Enterprise|"
                        "os_version=6.1.7601 Service Pack 1 %s "
                        "7601|edition_id=|installation_type=|product_id=\n",
                        language == LISTING_JA ? "ビルド" : "Build");
    text_add_format(&expected, "entry|%s|%s|||update_id=KB971033|name=%s|state=%s|state_text=%s\n",
                    origin, host, is_dism(form) ? WAT_PACKAGE : "KB971033",
                    is_dism(form) ? "Installed" : "", is_dism(form) ? installed[language] : "");
    text_add_format(
        &expected, "entry|%s|%s|||update_id=KB4480970|name=%s|state=%s|state_text=%s\n", origin,
        host, is_dism(form) ? "Package_for_KB4480970~31bf3856ad364e35~amd64~~6.1.1.0" : "KB4480970",
        !is_dism(form)           ? ""
        : language == LISTING_EN ? "Staged"
                                 : "unknown",
        is_dism(form) ? staged[language] : "");
    text_add_format(
        &expected,
        "listing|%s|%s|||entry_count=5|announced_count=%s|names_update=yes|incomplete=\n", origin,
        host, strcmp(origin, "systeminfo") == 0 ? "5" : "");
    drop_places(text_get(&listed->findings), &got);
    ck_assert_str_eq(text_get(&got), text_get(&expected));
    ck_assert_int_eq(listed->facts.status, SOURCE_STATUS_OK);
    ck_assert_uint_eq(listed->facts.record_count, 5);
    ck_assert_uint_eq(listed->facts.selected_count, 2);
    ck_assert_str_eq(text_get(&listed->facts.detail), "");
    text_free(&expected);
    text_free(&got);
}

START_TEST(every_form_is_read_in_every_language_and_encoding)
{
    struct listed listed = {0};

    for (size_t form = 0; form < ARRAY_COUNT(of_updates); form++)
        for (int language = 0; language < LISTING_LANGUAGES; language++)
            for (int encoding = 0; encoding < LISTING_ENCODINGS; encoding++)
                for (int ends = 0; ends < LISTING_LINE_ENDS; ends++) {
                    struct listing_data data = with_update;

                    data.language = (enum listing_language)language;
                    read_made(&listed, of_updates[form], &data, (enum listing_encoding)encoding,
                              (enum listing_line_ends)ends);
                    if (ends == LISTING_CRLF_EACH_TWICE &&
                        strcmp(of_updates[form], "get-hotfix") == 0)
                        continue; /* not what PowerShell does to its own */
                    expect_with_update(&listed, of_updates[form], data.language);
                }
    listed_free_content(&listed);
}
END_TEST

START_TEST(a_sound_listing_without_the_update_is_complete)
{
    struct listed listed = {0};

    for (size_t form = 0; form < ARRAY_COUNT(of_updates); form++) {
        read_made(&listed, of_updates[form], &without_update, LISTING_UTF8, LISTING_CRLF);
        listed_expect_not(&listed, "entry|");
        listed_expect(&listed, "|names_update=no|incomplete=\n");
        listed_expect(&listed, "|entry_count=3|");
    }
    listed_free_content(&listed);
}
END_TEST

/* Where the list of updates itself is whole, what is cut behind it does not matter. A file that is
 * cut between two rows cannot be told from a whole one; an entry of several lines, by their number.
 */
static bool may_be_complete(const char *form, const char *text, size_t length)
{
    const char *last_of_entry = strcmp(form, "wmic-list") == 0         ? "Status="
                                : strcmp(form, "get-hotfix-list") == 0 ? "InstalledOn "
                                                                       : NULL;
    size_t start = length - 1;

    if (strcmp(form, "systeminfo") == 0)
        return length >= (size_t)(strstr(text, "NIC(s)") - text);
    if (is_dism(form))
        return length == strlen(text);
    if (text[length - 1] != '\n')
        return false;
    while (start > 0 && text[start - 1] != '\n')
        start--;
    return last_of_entry == NULL || text[start] == '\n' ||
           strncmp(text + start, last_of_entry, strlen(last_of_entry)) == 0;
}

START_TEST(a_cut_listing_is_never_complete)
{
    static const enum listing_encoding encodings[] = {LISTING_UTF8, LISTING_UTF16LE, LISTING_OEM};
    struct listed listed = {0};

    for (size_t form = 0; form < ARRAY_COUNT(of_updates); form++) {
        struct text text = {0};

        listing_add(&text, of_updates[form], &without_update);
        for (size_t length = 1; length <= text.length_bytes; length++) {
            listed_read(&listed, text_get(&text), length);
            ck_assert_msg(!listed_has_complete(&listed) ||
                              may_be_complete(of_updates[form], text_get(&text), length),
                          "%s cut to %zu bytes:\n%s", of_updates[form], length,
                          text_get(&listed.findings));
        }
        listed_expect(&listed, "|incomplete=\n");
        text_free(&text);
    }
    for (size_t row = 0; row < ARRAY_COUNT(encodings); row++) {
        struct text text = {0}, file = {0};

        listing_add(&text, "wmic", &without_update);
        listing_encode(&file, text_get(&text), LISTING_JA, encodings[row], LISTING_CRCRLF, true);
        for (size_t length = 1; length < file.length_bytes; length++) {
            const char *end = text_get(&file) + length;
            bool ends;

            while (end > text_get(&file) && (end[-1] == '\r' || end[-1] == '\0'))
                end--;
            ends = end > text_get(&file) && end[-1] == '\n';

            listed_read(&listed, text_get(&file), length);
            ck_assert_msg(!listed_has_complete(&listed) || ends, "cut to %zu bytes", length);
        }
        text_free(&text);
        text_free(&file);
    }
    listed_free_content(&listed);
}
END_TEST

START_TEST(a_cut_never_makes_up_an_entry)
{
    static const struct listing_update longer[] = {{"KB2534111", 0}, {"KB9710331", 0}};
    const struct listing_data data = {
        .host = "PC1", .updates = longer, .update_count = ARRAY_COUNT(longer)};
    struct listed listed = {0};

    for (size_t form = 0; form < ARRAY_COUNT(of_updates); form++) {
        struct text text = {0};

        if (is_dism(of_updates[form]))
            continue;
        listing_add(&text, of_updates[form], &data);
        for (size_t length = 1; length <= text.length_bytes; length++) {
            listed_read(&listed, text_get(&text), length);
            listed_expect_not(&listed, "names_update=yes");
        }
        text_free(&text);
    }
    listed_free_content(&listed);
}
END_TEST

/* ---- Places, dates, hosts ---- */

START_TEST(findings_have_their_line_and_date)
{
    struct listed listed = {0};

    read_made(&listed, "wmic", &with_update, LISTING_UTF8, LISTING_CRCRLF);
    listed_expect(&listed,
                  "entry|wmic qfe|PC1|3||update_id=KB971033|name=KB971033|state=|state_text=|"
                  "date=1/2/2019\n");
    listed_expect(&listed, "listing|wmic qfe|PC1|1||");
    read_made(&listed, "dism", &with_update, LISTING_UTF16LE, LISTING_CRLF);
    listed_expect(&listed, "|state=Installed|state_text=Installed|date=1/2/2019 3:40 AM\n");
    listed_free_content(&listed);
}
END_TEST

START_TEST(the_newest_date_is_of_any_entry)
{
    static const char text[] = "Node,HotFixID,InstalledOn\n"
                               "PC1,KB2534111,1/2/2019\nPC1,KB2999226,2/13/2019\n"
                               "PC1,KB971033,1/15/2019\nPC1,KB2533552,\n";
    struct listed listed = {0};

    listed_read(&listed, text, strlen(text));
    listed_expect(&listed, "listing|wmic qfe|PC1|1||newest_date=2/13/2019|entry_count=4|");
    listed_free_content(&listed);
}
END_TEST

START_TEST(each_host_of_a_listing_has_its_own)
{
    static const char text[] = "\r\r\nNode,CSName,Description,HotFixID,InstalledOn\r\r\n"
                               "PC1,PC1,Update,KB2534111,1/1/2019\r\r\n"
                               "PC1,PC1,Update,KB971033,1/2/2019\r\r\n"
                               "pc2,PC2,Update,KB2534111,1/1/2019\r\r\n"
                               "PC2,PC2,Update,KB2999226,1/1/2019\r\r\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    ck_assert_str_eq(text_get(&listed.findings),
                     "entry|wmic qfe|PC1|4||update_id=KB971033|name=KB971033|state=|state_text=|"
                     "date=1/2/2019\n"
                     "listing|wmic qfe|PC1|2||newest_date=1/2/2019|"
                     "entry_count=2|announced_count=|names_update=yes|incomplete=\n"
                     "listing|wmic qfe|PC2|2||newest_date=1/1/2019|"
                     "entry_count=2|announced_count=|names_update=no|incomplete=\n");
    listed_free_content(&listed);
}
END_TEST

START_TEST(a_cut_concerns_the_last_host_unless_they_are_mixed)
{
    static const char apart[] = "Node,HotFixID\nPC1,KB2534111\nPC2,KB2534111\nPC2,KB299922";
    static const char mixed[] = "Node,HotFixID\nPC1,KB2534111\nPC2,KB2534111\nPC1,KB2999226\nPC";
    struct listed listed = {0};

    listed_read(&listed, apart, sizeof(apart) - 1);
    listed_expect(&listed, "|PC1|1||newest_date=|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=\n");
    listed_expect(&listed, "|PC2|1||newest_date=|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=it is cut");
    listed_read(&listed, mixed, sizeof(mixed) - 1);
    ck_assert(!listed_has_complete(&listed));
    listed_free_content(&listed);
}
END_TEST

/* Microsoft's and others' public listings have both: hosts and updates that are cut off. */
START_TEST(cells_that_are_cut_off_are_no_names)
{
    static const char text[] =
        "Source        Description      HotFixID      InstalledBy          InstalledOn\n"
        "------        -----------      --------      -----------          -----------\n"
        "WIN-0DUCV7... Security Update  KB2894856     NT AUTHORITY\\SYSTEM  1/15/2014\n"
        "WIN-0DUCV7... Update           KB2899189_... NT AUTHORITY\\SYSTEM  1/15/2014\n"
        "%s\n";
    static const struct {
        const char *row;
        const char *expected;
    } cases[] = {
        {"", "listing|Get-HotFix|WIN-0DUCV7...|1||newest_date=1/15/2014|"
             "entry_count=2|announced_count=|names_update=no|incomplete=\n"},
        {"WIN-0DUCV7... Update           982861        NT AUTHORITY\\SY...  1/15/2014\n",
         "listing|Get-HotFix|WIN-0DUCV7...|1||newest_date=1/15/2014|"
         "entry_count=3|announced_count=|names_update=no|incomplete=\n"},
        {"WIN-0DUCV7... Update           KB97103...\n", "|names_update=no|incomplete=a cell with"},
        {"WIN-0DUCV7... Update           KB971033...\n", "|names_update=no|incomplete=a cell with"},
        {"WIN-0DUCV7... Update           K...\n", "|names_update=no|incomplete=a cell with"},
        {"WIN-0DUCV7... Update           KB971033_M...\n", "|names_update=yes|"},
    };
    struct listed listed = {0};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct text whole = {0};

        text_add_bytes(&whole, text, strlen(text) - 3);
        text_add(&whole, cases[index].row);
        text_add(&whole, "\n");
        listed_read(&listed, text_get(&whole), whole.length_bytes);
        listed_expect(&listed, cases[index].expected);
        text_free(&whole);
    }
    listed_free_content(&listed);
}
END_TEST

/* ---- What proves nothing ---- */

START_TEST(narrow_commands_prove_no_absence)
{
    static const struct listing_update one[] = {{"KB971033", LISTING_INSTALLED}};
    static const struct listing_update coincident[] = {{"KB4480960", LISTING_INSTALLED}};
    struct listing_data data = {.host = "PC1", .updates = one, .update_count = 1};
    struct listed listed = {0};

    for (size_t form = 0; form < ARRAY_COUNT(of_updates); form++) {
        data.updates = one;
        read_made(&listed, of_updates[form], &data, LISTING_UTF8, LISTING_CRLF);
        listed_expect(&listed, "|names_update=yes|incomplete=it has no entry but those");
        data.updates = coincident;
        read_made(&listed, of_updates[form], &data, LISTING_UTF8, LISTING_CRLF);
        listed_expect(&listed, "|names_update=no|incomplete=it has no entry but those");
    }
    data.updates = one;
    read_made(&listed, "wmic-narrow", &data, LISTING_UTF16LE, LISTING_CRLF);
    listed_expect(&listed, "entry|wmic qfe||2||update_id=KB971033|");
    listed_expect(&listed, "|incomplete=it has no entry but those");
    listed_free_content(&listed);
}
END_TEST

START_TEST(empty_listings_prove_no_absence)
{
    static const char *const texts[] = {
        "Caption  CSName  Description  FixComments  HotFixID  InstallDate\r\r\n\r\r\n",
        "HotFixID  \nNo Instance(s) Available.\n\n",
        "Node,HotFixID\n",
        "Source  HotFixID\n------  --------\n\n",
        ("Host Name:   PC1\nOS Name:   Microsoft Windows 7 Professional\n"
         "OS Version:  6.1.7601 Service Pack 1 Build 7601\nHotfix(s):   N/A\n"),
    };
    struct listed listed = {0};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        listed_read(&listed, texts[index], strlen(texts[index]));
        listed_expect(&listed, "|entry_count=0|");
        listed_expect(&listed, "it has no entry\n");
    }
    listed_free_content(&listed);
}
END_TEST

/* As a public listing of Windows 7 has it: the list breaks off, and all else follows. */
START_TEST(systeminfo_that_lists_less_than_it_announces_is_incomplete)
{
    struct listing_data data = without_update;
    struct listed listed = {0};

    data.announced_extra = 2;
    for (int csv = 0; csv < 2; csv++) {
        read_made(&listed, csv ? "systeminfo-csv" : "systeminfo", &data, LISTING_UTF8,
                  LISTING_CRLF);
        listed_expect(&listed,
                      "|entry_count=3|announced_count=5|names_update=no|incomplete=it announces 5 "
                      "entries and has 3\n");
    }
    listed_free_content(&listed);
}
END_TEST

START_TEST(entries_that_are_listed_twice_count_once)
{
    static const char text[] = "Host Name:   PC1\nOS Name:   Microsoft Windows 7 Professional\n"
                               "OS Version:  6.1.7601 Service Pack 1 Build 7601\n"
                               "Hotfix(s):   3 Hotfix(s) Installed.\n"
                               "             [01]: KB2534111\n             [02]: KB2841134\n"
                               "             [03]: KB2841134\nNIC(s): 1\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    listed_expect(&listed, "|entry_count=2|announced_count=2|names_update=no|incomplete=\n");
    listed_free_content(&listed);
}
END_TEST

START_TEST(dism_without_its_last_sentence_is_incomplete)
{
    struct text text = {0};
    struct listed listed = {0};

    listing_add(&text, "dism", &without_update);
    *strstr(text_get(&text), "The operation") = '\0';
    listed_read(&listed, text_get(&text), strlen(text_get(&text)));
    listed_expect(&listed, "|incomplete=it is cut: nothing ends it\n");
    text.length_bytes = strlen(text_get(&text));
    text_add(&text, "Error: 1726\n");
    listed_read(&listed, text_get(&text), text.length_bytes);
    listed_expect(&listed, "|incomplete=it does not end with what dism says");
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

/* As parents of language packages of Internet Explorer have it. */
START_TEST(packages_can_be_of_no_architecture)
{
    static const char text[] =
        "\nDeployment Image Servicing and Management tool\nVersion: 6.1.7600.16385\n\n"
        "Image Version: 6.1.7600.16385\n\nPackages listing:\n\n"
        "Package Identity : Microsoft-Windows-IE-Hyphenation-Parent-Package-English~"
        "31bf3856ad364e35~~~11.2.9412.0\nState : Installed\nRelease Type : Feature Pack\n"
        "Install Time : 3/2/2015 8:00 AM\n\n"
        "Package Identity : Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0\n"
        "State : Installed\nRelease Type : Hotfix\nInstall Time : 3/2/2015 8:00 AM\n\n"
        "The operation completed successfully.\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=no|incomplete=\n");
    listed_free_content(&listed);
}
END_TEST

START_TEST(packages_have_their_state)
{
    static const struct {
        enum listing_state state;
        const char *expected;
    } cases[] = {{LISTING_INSTALLED, "|state=Installed|"},
                 {LISTING_STAGED, "|state=Staged|"},
                 {LISTING_UNINSTALL_PENDING, "|state=Uninstall Pending|"}};
    struct listed listed = {0};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        const struct listing_update update = {"KB971033", cases[index].state};
        const struct listing_data data = {.host = "", .updates = &update, .update_count = 1};

        read_made(&listed, index % 2 ? "dism" : "dism-table", &data, LISTING_UTF8, LISTING_CRLF);
        listed_expect(&listed, cases[index].expected);
        listed_expect(&listed, "|names_update=yes|");
    }
    listed_free_content(&listed);
}
END_TEST

START_TEST(bytes_that_are_no_text_make_a_listing_incomplete)
{
    struct text text = {0};
    struct listed listed = {0};

    listing_add(&text, "wmic", &without_update);
    memset(text.bytes + text.length_bytes / 2, 0, 2);
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert(!listed_has_complete(&listed));
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
    listed_expect(&listed, "bytes in the text that are not text");
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

/* ---- Licences ---- */

START_TEST(licences_are_read_in_every_language_and_encoding)
{
    static const char *const statuses[] = {"Notification", "Benachrichtigung", "Notification",
                                           "通知"};
    struct listed listed = {0};

    for (int language = 0; language < LISTING_LANGUAGES; language++)
        for (int encoding = 0; encoding < LISTING_ENCODINGS; encoding++)
            for (int ends = 0; ends < LISTING_LINE_ENDS; ends++)
                for (int detailed = 0; detailed < 2; detailed++) {
                    struct listing_data data = with_update;
                    char *expected;

                    data.language = (enum listing_language)language;
                    data.code = "0xC004F200";
                    read_made(&listed, detailed ? "slmgr" : "slmgr-dli", &data,
                              (enum listing_encoding)encoding, (enum listing_line_ends)ends);
                    expected = memory_format(
                        "|name=Windows(R) 7, Enterprise edition|description=Windows Operating "
                        "System - Windows(R) 7, VOLUME_KMSCLIENT channel|activation_id=%s|"
                        "application_id=%s|partial_product_key=HVTHH|status=notification|license_"
                        "status=%s|"
                        "notification_reason=0xC004F200 (non-genuine).|notification_code="
                        "3221549568\n",
                        detailed ? data.activation_id : "", detailed ? data.application_id : "",
                        statuses[language]);
                    listed_expect(&listed, expected);
                    ck_assert_uint_eq(listed.facts.record_count, 1);
                    free(expected);
                }
    listed_free_content(&listed);
}
END_TEST

START_TEST(only_licences_of_windows_with_a_key_are_handed_on)
{
    struct listing_data data = with_update;
    struct text text = {0};
    struct listed listed = {0};

    data.partial_key = NULL;
    listing_add(&text, "slmgr", &data);
    data.partial_key = "GPDD4";
    data.application_id = "59A52881-A989-479D-AF46-F275C6370663";
    listing_add(&text, "slmgr", &data);
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_str_eq(text_get(&listed.findings), "");
    data = with_update;
    data.channel = "OEM_SLP";
    data.activation_id = "{D2C04E90-C3DD-4260-B0F3-F845F5D27D64}";
    listing_add(&text, "slmgr", &data);
    data.channel = "VOLUME_MAK";
    listing_add(&text, "slmgr", &data);
    listed_read(&listed, text_get(&text), text.length_bytes);
    listed_expect(&listed, ", OEM_SLP channel|activation_id=d2c04e90-c3dd-4260-b0f3-f845f5d27d64|");
    listed_expect(&listed, ", VOLUME_MAK channel|");
    listed_expect(&listed, "|license_status=Licensed|notification_reason=|notification_code=\n");
    ck_assert_uint_eq(listed.facts.record_count, 2);
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

/* Behind its key, status and reason a product has nothing that is read. */
START_TEST(a_cut_licence_makes_up_nothing_and_is_remarked_on)
{
    struct listing_data data = with_update;
    struct text text = {0};
    struct listed listed = {0};
    size_t begins, reasoned;

    data.code = "0xC004F200";
    listing_add(&text, "slmgr", &data);
    begins = (size_t)(strstr(text_get(&text), ", VOLUME_") - text_get(&text)) + strlen(", VOLUME_");
    reasoned = (size_t)(strstr(text_get(&text), "(non-genuine).\n") - text_get(&text)) +
               strlen("(non-genuine).\n");
    for (size_t length = 1; length <= text.length_bytes; length++) {
        bool ends = text.bytes[length - 1] == '\n';

        listed_read(&listed, text_get(&text), length);
        ck_assert_msg(length < begins || length >= reasoned ||
                          strstr(text_get(&listed.facts.detail), "slmgr: it is cut") != NULL,
                      "%zu bytes: %s", length, text_get(&listed.facts.detail));
        if (strstr(text_get(&listed.findings), "licence|") == NULL)
            continue;
        listed_expect(&listed, "|partial_product_key=HVTHH|");
        if (length < reasoned)
            listed_expect(&listed, "|notification_reason=|notification_code=\n");
        else
            listed_expect(&listed, "|notification_code=3221549568\n");
        ck_assert(strstr(text_get(&listed.findings), "|license_status=|") != NULL ||
                  strstr(text_get(&listed.findings), "|license_status=Notification|") != NULL);
        if (!ends && length < reasoned)
            ck_assert_ptr_nonnull(
                strstr(text_get(&listed.facts.detail), "it is cut: its last line does not end"));
    }
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

/* As a console of 80 columns left it, and with a colon of another width. */
START_TEST(a_licence_of_wrapped_lines_is_read)
{
    static const char text[] =
        "\nName: Windows Server(R), ServerStandard edition\n"
        "Description: Windows Operating System - Windows Server(R), VOLUME_KMSCLIENT chan\nnel\n"
        "\xE6\x89\xA9\xE5\xB1\x95 PID\xEF\xBC\x9A"
        "00392-00170\n"
        "Partial Product Key: R7VHC\nLicense Status: Licensed\n"
        "Volume activation expiration: 251100 minute(s) (174 day(s))\n\n";
    static const char unused[] =
        "Name: Windows(R) 7, Enterprise edition\n"
        "Description: Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel\n"
        "This license is not in use.\n\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    listed_expect(&listed, "|description=Windows Operating System - Windows Server(R), "
                           "VOLUME_KMSCLIENT channel|activation_id=|application_id=|"
                           "partial_product_key=R7VHC|status=licensed|license_status=Licensed|");
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    listed_read(&listed, unused, sizeof(unused) - 1);
    ck_assert_str_eq(text_get(&listed.findings), "");
    ck_assert_str_eq(text_get(&listed.facts.detail), "no listing could be read from it");
    listed_free_content(&listed);
}
END_TEST

START_TEST(a_system_whose_host_was_blanked_is_read)
{
    static const char text[] = "\nHost Name:\n"
                               "OS Name:                   Microsoft Windows 7 Enterprise\n"
                               "OS Version:                6.1.7601 Service Pack 1 Build 7601\n"
                               "Hotfix(s):                 1 Hotfix(s) Installed.\n"
                               "                           [01]: KB2534111\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    listed_expect(&listed, "system|systeminfo||2||os_name=Microsoft Windows 7 Enterprise|");
    listed_expect(&listed, "listing|systeminfo||2||newest_date=|"
                           "entry_count=1|announced_count=1|names_update=no|incomplete=\n");
    listed_free_content(&listed);
}
END_TEST

START_TEST(product_id_is_the_value_of_its_form)
{
#define SYSTEM                                                    \
    "Host Name:                 PC1\n"                            \
    "OS Name:                   Microsoft Windows 7 Enterprise\n" \
    "OS Version:                6.1.7601 Service Pack 1 Build 7601\n"
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {SYSTEM "Registered Owner: Ann\nProduct ID: 00392-918-5000002-85123\n",
         "|product_id=00392-918-5000002-85123\n"},
        {SYSTEM "Produkt-ID:  00371-OEM-8992671-00524\n", "|product_id=00371-OEM-8992671-00524\n"},
        {SYSTEM "Product ID: 00392-918-5000002-8512\nX: 00392-918-5000002-851234\n"
                "Y: 00392-9a8-5000002-85123\nZ: 00392_918_5000002_85123\n",
         "|product_id=\n"},
        {SYSTEM "Product ID: 00392-918-5000002-85123", "|product_id=\n"}, /* it may go on */
        {SYSTEM SYSTEM "Product ID: 00392-918-5000002-85123\n",
         "system|systeminfo|PC1|1||os_name=Microsoft Windows 7 Enterprise|os_version=6.1.7601 "
         "Service Pack 1 Build 7601|edition_id=|installation_type=|product_id=\n"},
        {"\"PC1\",\"Microsoft Windows 7 Enterprise\",\"6.1.7601 Service Pack 1 Build 7601\",\"a\","
         "\"b\",\"c\",\"d\",\"e\",\"00392-918-5000002-85123\",\"f\"\n",
         "|product_id=00392-918-5000002-85123\n"},
    };
    struct listed listed = {0};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        listed_read(&listed, cases[index].text, strlen(cases[index].text));
        listed_expect(&listed, cases[index].expected);
    }
    listed_free_content(&listed);
#undef SYSTEM
}
END_TEST

/* ---- Files of several listings ---- */

START_TEST(all_listings_of_a_file_are_read)
{
    struct text text = {0};
    struct listed listed = {0};

    for (size_t form = 0; form < listing_maker_count; form++) {
        text_add_format(&text, "===== %s (for KB971033 and KB4480960) =====\n",
                        listing_makers[form].name);
        listing_add(&text, listing_makers[form].name, &without_update);
    }
    listed_read(&listed, text_get(&text), text.length_bytes);
    for (const char *at = text_get(&listed.findings); *at != '\0'; at = strchr(at, '\n') + 1)
        if (strncmp(at, "listing|", 8) == 0)
            ck_assert_msg(strstr(at, "|entry_count=3|") < strchr(at, '\n') &&
                              strchr(at, '\n')[-1] == '=',
                          "%s", at);
    listed_expect_not(&listed, "entry|");
    listed_expect(&listed, "listing|systeminfo|PC1|");
    ck_assert_uint_eq(listed.facts.record_count, 3 * 12 + 2);
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

/* slmgr begins with a version as dism does. */
START_TEST(a_licence_before_packages_is_read)
{
    struct text text = {0};
    struct listed listed = {0};

    listing_add(&text, "slmgr", &without_update);
    *strstr(text_get(&text), "Key Management") = '\0';
    text.length_bytes = strlen(text_get(&text));
    listing_add(&text, "dism", &with_update);
    listed_read(&listed, text_get(&text), text.length_bytes);
    listed_expect(&listed, "licence|slmgr||");
    listed_expect(&listed, "listing|dism||");
    listed_expect(&listed, "|entry_count=5|announced_count=|names_update=yes|incomplete=\n");
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

START_TEST(what_is_incomplete_is_said_of_the_source)
{
    struct text text = {0};
    struct listed listed = {0};

    listing_add(&text, "wmic", &without_update);
    listed_read(&listed, text_get(&text), text.length_bytes - 2);
    ck_assert_str_eq(text_get(&listed.facts.detail),
                     "line 1: wmic qfe of PC1: it is cut: its last line does not end");
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
    listed_read(&listed, "HotFixID\nKB971033\n", 18);
    ck_assert_str_eq(text_get(&listed.facts.detail),
                     "line 1: wmic qfe: it has no entry but those that were looked for");
    text_clear(&text);
    for (unsigned count = 0; count < 20; count++)
        text_add(&text, "HotFixID\nKB971033\n\n");
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_ptr_nonnull(
        strstr(text_get(&listed.facts.detail), "; and 12 more that are incomplete"));
    text_free(&text);
    listed_free_content(&listed);
}
END_TEST

START_TEST(a_heading_is_no_row)
{
    static const char text[] =
        "Caption  CSName  Description  FixComments  HotFixID   InstallDate\r\r\n"
        "         PC1     Update                    KB2534111             \r\r\n"
        "===  Checked for  KB971033  ===\r\n";
    static const char csv[] =
        "Node,HotFixID\r\r\nPC1,KB2534111\r\r\n\r\nDear all,KB971033 is gone\r\n";
    struct listed listed = {0};

    listed_read(&listed, text, sizeof(text) - 1);
    listed_expect_not(&listed, "entry|");
    ck_assert(!listed_has_complete(&listed));
    listed_read(&listed, csv, sizeof(csv) - 1);
    listed_expect_not(&listed, "entry|");
    listed_expect_not(&listed, "Dear");
    listed_free_content(&listed);
}
END_TEST

/* ---- Recipes ---- */

static void read_file(struct listed *listed, const char *path)
{
    FILE *file = fopen(path, "rbe");
    char bytes[65536];
    size_t got;

    ck_assert_ptr_nonnull(file);
    got = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    listed_read(listed, bytes, got);
    ck_assert_uint_eq(listed->facts.kind, SOURCE_KIND_LISTING);
}

START_TEST(recipes_write_listings)
{
    static const char recipe[] =
        "listing PC1/qfe.txt wmic de oem PC1 KB2534111 +3 KB971033\n"
        "listing PC1/all.txt systeminfo fr utf-16le PC2 +2 announced+1\n"
        "listing PC1/all.txt slmgr ja utf-16le - professional-n 0xC004F200\n"
        "listing PC1/dism.txt dism en utf-8 - KB971033:staged +4\n"
        "listing PC1/cut.txt get-hotfix-csv en utf-8 PC3 +4\n"
        "shorten PC1/cut.txt 5\n";
    struct listed listed = {0};

    scratch_begin();
    scratch_write("recipe", recipe, sizeof(recipe) - 1);
    recipe_make("recipe", ".");
    read_file(&listed, "PC1/qfe.txt");
    listed_expect(&listed, "listing|wmic qfe|PC1|1||newest_date=1/5/2019|"
                           "entry_count=5|announced_count=|names_update=yes|incomplete=\n");
    read_file(&listed, "PC1/all.txt");
    listed_expect(&listed,
                  "|PC2|2||newest_date=|"
                  "entry_count=2|announced_count=3|names_update=no|incomplete=it announces");
    listed_expect(&listed, "|activation_id=54a09a0d-d57b-4c10-8b69-a842d6590ad5|");
    listed_expect(&listed, "|partial_product_key=QY7MG|");
    listed_expect(&listed, "|notification_code=3221549568\n");
    read_file(&listed, "PC1/dism.txt");
    listed_expect(&listed, "|state=Staged|");
    read_file(&listed, "PC1/cut.txt");
    listed_expect(&listed, "|entry_count=3|announced_count=|names_update=no|incomplete=it is cut");
    listed_free_content(&listed);
    scratch_end();
}
END_TEST

static Suite *listing_suite(void)
{
    Suite *suite = suite_create("listing");
    TCase *cases = tcase_create("listing");

    tcase_add_test(cases, every_form_is_read_in_every_language_and_encoding);
    tcase_add_test(cases, a_sound_listing_without_the_update_is_complete);
    tcase_add_test(cases, a_cut_listing_is_never_complete);
    tcase_add_test(cases, a_cut_never_makes_up_an_entry);
    tcase_add_test(cases, findings_have_their_line_and_date);
    tcase_add_test(cases, each_host_of_a_listing_has_its_own);
    tcase_add_test(cases, the_newest_date_is_of_any_entry);
    tcase_add_test(cases, a_cut_concerns_the_last_host_unless_they_are_mixed);
    tcase_add_test(cases, cells_that_are_cut_off_are_no_names);
    tcase_add_test(cases, narrow_commands_prove_no_absence);
    tcase_add_test(cases, empty_listings_prove_no_absence);
    tcase_add_test(cases, systeminfo_that_lists_less_than_it_announces_is_incomplete);
    tcase_add_test(cases, entries_that_are_listed_twice_count_once);
    tcase_add_test(cases, dism_without_its_last_sentence_is_incomplete);
    tcase_add_test(cases, packages_can_be_of_no_architecture);
    tcase_add_test(cases, packages_have_their_state);
    tcase_add_test(cases, bytes_that_are_no_text_make_a_listing_incomplete);
    tcase_add_test(cases, licences_are_read_in_every_language_and_encoding);
    tcase_add_test(cases, only_licences_of_windows_with_a_key_are_handed_on);
    tcase_add_test(cases, a_cut_licence_makes_up_nothing_and_is_remarked_on);
    tcase_add_test(cases, a_licence_of_wrapped_lines_is_read);
    tcase_add_test(cases, a_system_whose_host_was_blanked_is_read);
    tcase_add_test(cases, product_id_is_the_value_of_its_form);
    tcase_add_test(cases, all_listings_of_a_file_are_read);
    tcase_add_test(cases, a_licence_before_packages_is_read);
    tcase_add_test(cases, what_is_incomplete_is_said_of_the_source);
    tcase_add_test(cases, a_heading_is_no_row);
    tcase_add_test(cases, recipes_write_listings);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(listing_suite());
}
