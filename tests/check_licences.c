/* SPDX-License-Identifier: Apache-2.0 */
/* Licences as each form lists them: slmgr, SoftwareLicensingProduct as list and as CSV, MGADiag's
 * report. Whatever the form, the same finding comes out. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "listed.h"
#include "run.h"

#define KMS_DESCRIPTION "Windows Operating System - Windows(R) 7, VOLUME_KMSCLIENT channel"
#define PROFESSIONAL_ID "b92e9980-b9d5-4821-9c94-140f632f6312"
#define WINDOWS_ID "55c92734-d682-4d71-983e-d6ec3f16059f"
#define OFFICE_ID "59a52881-a989-479d-af46-f275c6370663"
/* What every form of it says, up to its status. */
#define PROFESSIONAL                                                        \
    "|name=Windows(R) 7, Professional edition|description=" KMS_DESCRIPTION \
    "|activation_id=" PROFESSIONAL_ID "|application_id=" WINDOWS_ID "|partial_product_key=GPDD4"
#define SLMGR(status)                                                         \
    "Name: Windows(R) 7, Professional edition\nDescription: " KMS_DESCRIPTION \
    "\nActivation ID: " PROFESSIONAL_ID "\nApplication ID: " WINDOWS_ID       \
    "\nPartial Product Key: GPDD4\n" status "Trusted time: 1/9/2019 8:30:00 AM\n\n"
#define PRODUCT_LIST(status, reason)                             \
    "Name                : Windows(R) 7, Professional edition\n" \
    "Description         : " KMS_DESCRIPTION "\n"                \
    "ID                  : " PROFESSIONAL_ID "\n"                \
    "ApplicationID       : " WINDOWS_ID "\n"                     \
    "PartialProductKey   : GPDD4\n"                              \
    "LicenseStatus       : " status "\n"                         \
    "LicenseStatusReason : " reason "\n"

static struct listed listed;

static void read_text(const char *text)
{
    listed_read(&listed, text, strlen(text));
}

/* ---- The status ---- */

START_TEST(status_is_told_by_words_of_slmgr_or_by_the_code)
{
    static const struct {
        const char *lines;
        const char *expected;
    } cases[] = {
        {"License Status: Unlicensed\n", "|status=unlicensed|"},
        {"License Status: Licensed\n", "|status=licensed|license_status=Licensed|"},
        {"License Status: Initial grace period\n", "|status=initial grace|"},
        {"License Status: Additional grace period (KMS license expired or hardware out of "
         "tolerance)\n",
         "|status=out-of-tolerance grace|"},
        {"License Status: Non-genuine grace period.\n", "|status=non-genuine grace|"},
        {"License Status: Notification\nNotification Reason: 0xC004F009 (grace time expired).\n",
         "|status=notification|license_status=Notification|notification_reason=0xC004F009 (grace "
         "time expired).|notification_code=3221549065\n"},
        {"License Status: Extended grace period\n", "|status=extended grace|"},
        {"License Status: Unknown\n", "|status=|license_status=Unknown|"},
        {"License Status: Licensed by nobody\n", "|status=|"},
        {"Lizenzstatus: Lizenziert\n", "|status=|license_status=Lizenziert|"},
        {"Lizenzstatus: Benachrichtigung\nGrund: 0xC004F200\n",
         "|status=notification|license_status=Benachrichtigung|notification_reason=0xC004F200|"
         "notification_code=3221549568\n"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *text = memory_format("Name: Windows(R) 7, Professional edition\n"
                                   "Description: " KMS_DESCRIPTION "\n"
                                   "Partial Product Key: GPDD4\n%sTrusted time: 1\n\n",
                                   cases[index].lines);

        read_text(text);
        listed_expect(&listed, cases[index].expected);
        ck_assert_int_eq(strstr(text_get(&listed.findings), "|status=|") != NULL,
                         strstr(text_get(&listed.facts.detail),
                                "its licensing status is not a known one") != NULL);
        free(text);
    }
}
END_TEST

START_TEST(status_is_told_by_its_number)
{
    static const struct {
        const char *number;
        const char *word;
    } cases[] = {{"0", "unlicensed"},
                 {"1", "licensed"},
                 {"2", "initial grace"},
                 {"3", "out-of-tolerance grace"},
                 {"4", "non-genuine grace"},
                 {"5", "notification"},
                 {"6", "extended grace"},
                 {"7", ""},
                 {"15", ""},
                 {"05", ""},
                 {"-1", ""},
                 {"18446744073709551617", ""}};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *text = memory_format(PRODUCT_LIST("%s", "0") "\n", cases[index].number);
        char *expected = memory_format(PROFESSIONAL "|status=%s|license_status=%s|",
                                       cases[index].word, cases[index].number);

        read_text(text);
        listed_expect(&listed, expected);
        free(expected);
        free(text);
    }
}
END_TEST

START_TEST(reason_is_a_number_of_32_bits_in_either_base)
{
    static const struct {
        const char *reason;
        const char *expected;
    } cases[] = {
        {"3221549568", "|notification_code=3221549568\n"},
        {"0xC004F200", "|notification_code=3221549568\n"},
        {"4294967295", "|notification_code=4294967295\n"},
        {"4294967296", "|notification_code=\n"},
        {"7516516864", "|notification_code=\n"}, /* 0x1C004F200 */
        {"99999999999999999999999999", "|notification_code=\n"},
        {"0", "|notification_code=\n"},
        {"", "|notification_code=\n"},
        {"-1073417728", "|notification_code=\n"},
        {"0xC004F20", "|notification_code=\n"},
        {"0xC004F2000", "|notification_code=\n"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *text = memory_format(PRODUCT_LIST("5", "%s") "\n", cases[index].reason);

        read_text(text);
        listed_expect(&listed, "|status=notification|license_status=5|");
        listed_expect(&listed, cases[index].expected);
        free(text);
    }
}
END_TEST

/* ---- slmgr, wherever it stands ---- */

START_TEST(slmgr_is_read_indented_and_within_other_text)
{
    static const char text[] = "Hello,\n\nthis is what I got on the machine:\n\n"
                               "\t    Name: Windows(R) 7, Professional edition\n"
                               "\t    Description: " KMS_DESCRIPTION "\n"
                               "\t    Activation ID: " PROFESSIONAL_ID "\n"
                               "\t    Application ID: " WINDOWS_ID "\n"
                               "\t    Partial Product Key: GPDD4\n"
                               "\t    License Status: Notification\n"
                               "\t    Notification Reason: 0xC004F200 (non-genuine).\n"
                               "\t    Trusted time: 1/9/2019 8:30:00 AM\n\nWhat shall I do?\n";

    read_text(text);
    ck_assert_str_eq(text_get(&listed.findings),
                     "licence|slmgr||5|" PROFESSIONAL
                     "|status=notification|license_status=Notification|notification_reason="
                     "0xC004F200 (non-genuine).|notification_code=3221549568\n");
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
}
END_TEST

#define LICENSED SLMGR("License Status: Licensed\n")
#define NOTIFIED SLMGR("License Status: Notification\nNotification Reason: 0xC004F200\n")

START_TEST(licences_are_of_the_host_that_stands_above)
{
    static const struct {
        const char *text;
        const char *hosts[2]; /* of the first and the second licence */
    } cases[] = {
        {"C:\\>cscript slmgr.vbs PC1 /dlv\nVersion: 6.1\n\n" LICENSED
         "C:\\>cscript slmgr.vbs PC2 /dlv\n\n" NOTIFIED,
         {"PC1", "PC2"}},
        {"Computer: Ann\n" LICENSED "\\\\Bob:\n" NOTIFIED, {"Ann", "Bob"}},
        {"===== PC-0101 =====\n" LICENSED "===== PC-0102 =====\n" NOTIFIED, {"PC-0101", "PC-0102"}},
        {"PC1\n" LICENSED "[PC2]\n" NOTIFIED, {"PC1", "PC2"}},
        /* One's own machine, options, addresses; headings that are not of every licence. */
        {"C:\\>cscript slmgr.vbs /dlv\n" LICENSED "C:\\>slmgr -dlv\n" NOTIFIED, {"", ""}},
        {"Computer: 10.1.2.3\n" LICENSED "Computer: localhost\n" NOTIFIED, {"", ""}},
        {"===== PC-0101 =====\n" LICENSED NOTIFIED, {"", ""}},
        {"===== PC-0101 =====\n" LICENSED "===== PC-0101 =====\n" NOTIFIED, {"", ""}},
        {"before:\n" LICENSED "after:\n" NOTIFIED, {"", ""}},
        {"2019-01-08\n" LICENSED "2019-01-09\n" NOTIFIED, {"", ""}},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        char *first = memory_format("licence|slmgr|%s|", cases[index].hosts[0]);
        char *second = memory_format("licence|slmgr|%s|", cases[index].hosts[1]);
        const char *at;

        read_text(cases[index].text);
        ck_assert_uint_eq(listed_count(&listed, "licence|"), 2);
        at = strstr(text_get(&listed.findings), first);
        ck_assert_msg(at != NULL && strstr(at + 1, second) != NULL, "case %zu:\n%s", index,
                      text_get(&listed.findings));
        free(first);
        free(second);
    }
}
END_TEST

START_TEST(heading_of_a_single_licence_is_no_host)
{
    read_text("===== dlv-1 =====\n" LICENSED);
    listed_expect(&listed, "licence|slmgr||2|");
}
END_TEST

/* ---- SoftwareLicensingProduct ---- */

START_TEST(lists_of_products_are_read)
{
    static const char expected[] =
        PROFESSIONAL "|status=notification|license_status=5|notification_reason=3221549568|"
                     "notification_code=3221549568\n";
    static const char values[] = "\n\nApplicationID=" WINDOWS_ID "\nDescription=" KMS_DESCRIPTION
                                 "\nID=" PROFESSIONAL_ID "\nLicenseStatus=5\n"
                                 "LicenseStatusReason=3221549568\n"
                                 "Name=Windows(R) 7, Professional edition\n"
                                 "PartialProductKey=GPDD4\n\n\n";
    static const char wrapped[] =
        "__SERVER : WS-7001\nApplicationID : {55C92734-D682-4D71-983E-D6EC3F16059F}\n"
        "Description : Windows Operating System - Windows(R) 7, VOLUME_KMSCLI\n"
        "              ENT channel\n"
        "ID : " PROFESSIONAL_ID "\nLicenseStatus : 5\nLicenseStatusReason : 3221549568\n"
        "MachineURL : http://go.microsoft.com/fwlink/?LinkID=\n              88339\n"
        "Name : Windows(R) 7, Professional edition\nPartialProductKey : GPDD4\n"
        "PSComputerName : ws-7001.corp.example\n\n";
    struct text doubled = {0};

    read_text("\n\n" PRODUCT_LIST("5", "3221549568") "\n\n");
    listed_expect(&listed, "licence|SoftwareLicensingProduct||3|");
    listed_expect(&listed, expected);
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    for (const char *at = "\n" PRODUCT_LIST("5", "3221549568") "\n"; *at != '\0'; at++)
        text_add_bytes(&doubled, *at == '\n' ? "\n\n" : at, *at == '\n' ? 2 : 1);
    read_text(text_get(&doubled));
    listed_expect(&listed, expected);
    text_free(&doubled);
    read_text(values);
    listed_expect(&listed, expected);
    read_text(wrapped);
    listed_expect(&listed, "licence|SoftwareLicensingProduct|ws-7001.corp.example|1|");
    listed_expect(&listed, expected);
}
END_TEST

START_TEST(each_product_with_a_key_of_windows_counts)
{
    read_text(
        "Name : Windows(R) 7, HomeBasic edition\nID : 1\nApplicationID : " WINDOWS_ID
        "\nPartialProductKey :\nLicenseStatus : 0\n\n"
        "Name : Office 14, OfficeProPlus-KMS_Client edition\nID : 2\nApplicationID : " OFFICE_ID
        "\nPartialProductKey : H3GVB\nLicenseStatus : 1\n\n" PRODUCT_LIST("1", "1074066433")
        /* the first property again begins the next */
        PRODUCT_LIST("2", "0") "\n");
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 2);
    listed_expect(&listed, PROFESSIONAL "|status=licensed|license_status=1|");
    listed_expect(&listed, PROFESSIONAL "|status=initial grace|license_status=2|");
    ck_assert_uint_eq(listed.facts.record_count, 2);
}
END_TEST

START_TEST(a_list_without_keys_says_so)
{
    read_text("Name : Windows(R) 7, Professional edition\nLicenseStatus : 5\n\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
    listed_expect_detail(
        &listed, "line 1: SoftwareLicensingProduct: it does not tell which licence has a product "
                 "key");
    read_text("Name,LicenseStatus\n\"Windows(R) 7, Professional edition\",5\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
    listed_expect_detail(&listed, "it does not tell which licence has a product key");
}
END_TEST

#define CSV_HEADER                                                                        \
    "\"Description\",\"ID\",\"ApplicationID\",\"LicenseStatus\",\"LicenseStatusReason\"," \
    "\"Name\",\"PartialProductKey\",\"PSComputerName\",\"CimClass\"\n"
#define CSV_ROW(status, host)                                                      \
    "\"" KMS_DESCRIPTION "\",\"" PROFESSIONAL_ID "\",\"" WINDOWS_ID "\",\"" status \
    "\",\"3221549568\",\"Windows(R) 7, Professional edition\",\"GPDD4\",\"" host   \
    "\",\"root/cimv2:SoftwareLicensingProduct\"\n"

START_TEST(csv_of_products_is_read_host_by_host)
{
    static const char type[] = "#TYPE Microsoft.Management.Infrastructure.CimInstance#root/cimv2/"
                               "SoftwareLicensingProduct\n";
    char *text = memory_format(
        "%s" CSV_HEADER CSV_ROW("5", "PC1") CSV_ROW("1", "PC2") CSV_ROW("6", ""), type);

    read_text(text);
    listed_expect(&listed, "licence|SoftwareLicensingProduct|PC1|3|" PROFESSIONAL
                           "|status=notification|license_status=5|notification_reason=3221549568|"
                           "notification_code=3221549568\n");
    listed_expect(&listed,
                  "licence|SoftwareLicensingProduct|PC2|4|" PROFESSIONAL "|status=licensed|");
    listed_expect(&listed,
                  "licence|SoftwareLicensingProduct||5|" PROFESSIONAL "|status=extended grace|");
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    free(text);
}
END_TEST

START_TEST(rows_of_products_that_are_not_whole_are_left_out)
{
    /* wmic does not quote commas; the last row was cut. */
    read_text("Node,Description,LicenseStatus,PartialProductKey\n"
              "PC1," KMS_DESCRIPTION ",5,GPDD4\nPC1,Windows,1,GPDD4\nPC1,Windows,5,GPDD4");
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 1);
    listed_expect(&listed, "licence|SoftwareLicensingProduct|PC1|3|");
    listed_expect_detail(
        &listed, "line 1: SoftwareLicensingProduct: 2 lines among its rows could not be read");
}
END_TEST

/* ---- slmgr /ato and /xpr ---- */

#define ACTIVATING "Activating Windows(R) 7, Professional edition (" PROFESSIONAL_ID ") ...\n"

START_TEST(answers_of_slmgr_are_read)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {ACTIVATING "Error: 0xC004F074 The Software Licensing Service reported that the computer "
                    "could not be activated.\n",
         "|activation_id=" PROFESSIONAL_ID "|application_id=|partial_product_key=|status=|"},
        {ACTIVATING "Fehler: 0xC004F200 x\n", "|notification_code=3221549568\n"},
        {ACTIVATING "Windows is running within the non-genuine notification period. Run 'slui.exe' "
                    "to go online and validate Windows.\n",
         "|status=notification|license_status=Windows is running within the non-genuine "
         "notification period. Run 'slui.exe' to go online and validate Windows.|"
         "notification_reason=|notification_code=3221549568\n"},
        {ACTIVATING "Product activated successfully.\n", "|status=licensed|"},
        {"Windows(R) 7, Professional edition:\n    Windows is in Notification mode\n",
         "|status=notification|"},
        {"    Windows(R) 7, Professional edition:\n    Volume activation will expire 7/5/2019\n",
         "|status=licensed|"},
        {"Windows(R) 7, Professional edition:\n    Non-genuine grace period ends 2/5/2019\n",
         "|status=non-genuine grace|"},
        {"Windows(R) 7, Professional edition:\n    The machine is permanently activated.\n",
         "|activation_id=|application_id=|partial_product_key=|status=licensed|"},
    };
    static const char *const none[] = {
        ACTIVATING "Bitte warten.\n",
        ACTIVATING "Error: 0xC004F074 x",
        ACTIVATING,
        ACTIVATING "\n1\n2\n3\nError: 0xC004F074\n",
        ACTIVATING "Error: 0xC004F0744444\n",
        "Activating Windows(R) 7, x (b92e9980) ...\nError: 0xC004F074\n",
        "Windows(R) 7, Professional edition\nError: 0xC004F074\n"};

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        read_text(cases[index].text);
        ck_assert_uint_eq(listed_count(&listed, "licence|slmgr||1|"), 1);
        listed_expect(&listed, cases[index].expected);
    }
    for (size_t index = 0; index < ARRAY_COUNT(none); index++) {
        read_text(none[index]);
        ck_assert_msg(listed.findings.length_bytes == 0, "%s", none[index]);
    }
    read_text("C:\\>cscript slmgr.vbs PC1 /ato\n" ACTIVATING "Product activated successfully.\n");
    listed_expect(&listed, "licence|slmgr|PC1|2|");
}
END_TEST

/* ---- MGADiag ---- */

#define REPORT(validation)                                                                  \
    "Diagnostic Report (1.9.0027.0):\n-----------------------------------------\n"          \
    "Windows Validation Data-->\n\nValidation Code: 0x8004FE21\n"                           \
    "Cached Online Validation Code: 0xC004C4A2\n"                                           \
    "Windows Product ID: 00371-868-0000007-85123\nProduct Name: Windows 7 Professional\n\n" \
    "Vista WgaER Data-->\nVersion: N/A, hr = 0x80070002\n\n"                                \
    "Licensing Data-->\nSoftware licensing service version: 6.1.7601.17514\n\n" NOTIFIED    \
    "Windows Activation Technologies-->\n" validation                                       \
    "HealthStatus Bitmask Output:\n\nHWID Data-->\nHWID Hash Current: MAAA\n\n"             \
    "OEM Activation 2.0 Data-->\nBIOS valid for OA 2.0: yes\n"
#define INCIDENT_CODES "HrOffline: 0x00000000\nHrOnline: 0xC004C4A2\n"
#define REGISTERED                                   \
    "ActiveX: Registered, Version: 7.1.7600.16395\n" \
    "Admin Service: Registered, Version: 7.1.7600.16395\n"
#define NOT_REGISTERED \
    "ActiveX: Not Registered - 0x80040154\nAdmin Service: Not Registered - 0x80040154\n"

START_TEST(report_of_mgadiag_is_read)
{
    read_text(REPORT(INCIDENT_CODES "HealthStatus: 0x0000000000000000\n"
                                    "Event Time Stamp: 1:8:2019 12:02\n" REGISTERED));
    listed_expect(&listed, "licence|MGADiag||");
    listed_expect(&listed,
                  PROFESSIONAL "|status=notification|license_status=Notification|"
                               "notification_reason=0xC004F200|notification_code=3221549568\n");
    listed_expect(&listed, "system|MGADiag||1||os_name=Windows 7 Professional|os_version=|"
                           "edition_id=|installation_type=|product_id=00371-868-0000007-85123\n");
    listed_expect(&listed,
                  "|hr_offline=0|hr_online=3221537954|day=2019-01-08|update_parts=installed\n");
    ck_assert_uint_eq(listed_count(&listed, "\n"), 3);
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
}
END_TEST

START_TEST(validation_says_what_the_report_has_and_no_more)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {REPORT("HrOffline: N/A\nHrOnline: N/A, hr = 0x80070002\nEvent Time Stamp: "
                "N/A\n" NOT_REGISTERED),
         "|hr_offline=|hr_online=|day=|update_parts=absent\n"},
        {REPORT("HrOnline: 3221537954\nEvent Time Stamp: 12:31:2018 23:59\n"),
         "|hr_offline=|hr_online=|day=2018-12-31|update_parts=neither\n"},
        {REPORT("Event Time Stamp: 13:1:2019 1:00\nActiveX: Registered, Version: 7\n"),
         "|day=|update_parts=neither\n"},
        {REPORT("Event Time Stamp: 1:32:2019 1:00\nActiveX: Registered\nAdmin Service: Not "
                "Registered - 0x80040154\n"),
         "|day=|update_parts=neither\n"},
        {REPORT("Event Time Stamp: 1:8:99999999999999999999 1\n"), "|day=|"},
        {REPORT("Event Time Stamp: 0:8:2019\n"), "|day=|"},
        {REPORT(""), "|hr_offline=|hr_online=|day=|update_parts=neither\n"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        read_text(cases[index].text);
        listed_expect(&listed, cases[index].expected);
    }
    read_text("Diagnostic Report (1.9.0027.0):\nHrOnline: 0xC004C4A2\nActiveX: Registered\n");
    listed_expect_not(&listed, "validation|");
}
END_TEST

START_TEST(reports_of_several_machines_are_told_apart)
{
    read_text("Computer: PC1\n" REPORT(INCIDENT_CODES REGISTERED) "Computer: PC2\n" REPORT(
        INCIDENT_CODES NOT_REGISTERED));
    listed_expect(&listed, "validation|MGADiag|PC1|");
    listed_expect(&listed, "system|MGADiag|PC2|");
    listed_expect(&listed, "licence|MGADiag|PC2|");
    listed_expect(&listed, "|update_parts=installed\n");
    listed_expect(&listed, "|update_parts=absent\n");
}
END_TEST

/* ---- Hostile texts ---- */

/* A cut never tells another status or code than the whole text, and ends. */
START_TEST(cut_texts_make_nothing_up)
{
    static const char *const texts[] = {
        PRODUCT_LIST("5", "3221549568") "\n", CSV_HEADER CSV_ROW("5", "PC1"), NOTIFIED,
        REPORT(INCIDENT_CODES "Event Time Stamp: 1:8:2019 12:02\n" REGISTERED)};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        for (size_t length = 1; length <= strlen(texts[index]); length++) {
            listed_read(&listed, texts[index], length);
            ck_assert_uint_eq(listed_count(&listed, "|status="),
                              listed_count(&listed, "|status=notification|") +
                                  listed_count(&listed, "|status=|license_status=|"));
            ck_assert_uint_eq(listed_count(&listed, "|notification_code="),
                              listed_count(&listed, "|notification_code=3221549568\n") +
                                  listed_count(&listed, "|notification_code=\n"));
            ck_assert_uint_eq(listed_count(&listed, "|hr_online="),
                              listed_count(&listed, "|hr_online=3221537954|") +
                                  listed_count(&listed, "|hr_online=|"));
            ck_assert_uint_eq(listed_count(&listed, "|update_parts=absent"), 0);
        }
}
END_TEST

START_TEST(zeros_in_a_text_are_damage)
{
    static const char text[] = PRODUCT_LIST("5", "32215\0"
                                                 "9568") "\n";

    listed_read(&listed, text, sizeof(text) - 1);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
    listed_expect(&listed, "|notification_code=\n");
}
END_TEST

/* Each byte in turn becomes one that means something, or nothing. */
START_TEST(mutants_are_read_to_their_end)
{
    static const char bytes[] = {'\0', '\n', ' ', ':', '9', '"', ',', '\xFF'};
    static const char *const texts[] = {PRODUCT_LIST("5", "3221549568") "\n",
                                        CSV_HEADER CSV_ROW("5", "PC1") CSV_ROW("1", "PC2"),
                                        NOTIFIED, REPORT(INCIDENT_CODES REGISTERED)};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        for (size_t at = 0; at < strlen(texts[index]); at++) {
            char *mutant = memory_copy_text(texts[index]);

            mutant[at] = bytes[at % sizeof(bytes)];
            listed_read(&listed, mutant, strlen(texts[index]));
            ck_assert_uint_le(listed_count(&listed, "licence|"), 2);
            free(mutant);
        }
}
END_TEST

/* Every line could begin a list, and no line is looked at time and again. */
START_TEST(long_lists_that_are_none_take_no_time)
{
    struct text text = {0};

    text_add(&text, NOTIFIED);
    for (unsigned line = 0; line < 400000; line++)
        text_add(&text, line % 2 == 0 ? "a:\n" : "b=\n");
    for (unsigned line = 0; line < 400000; line++)
        text_add(&text, "a:\n");
    read_text(text_get(&text));
    ck_assert_uint_eq(listed_count(&listed, "licence|"), 1);
    text_free(&text);
}
END_TEST

static Suite *licences_suite(void)
{
    Suite *suite = suite_create("licences");
    TCase *cases = tcase_create("licences");

    tcase_add_test(cases, status_is_told_by_words_of_slmgr_or_by_the_code);
    tcase_add_test(cases, status_is_told_by_its_number);
    tcase_add_test(cases, reason_is_a_number_of_32_bits_in_either_base);
    tcase_add_test(cases, slmgr_is_read_indented_and_within_other_text);
    tcase_add_test(cases, licences_are_of_the_host_that_stands_above);
    tcase_add_test(cases, heading_of_a_single_licence_is_no_host);
    tcase_add_test(cases, lists_of_products_are_read);
    tcase_add_test(cases, each_product_with_a_key_of_windows_counts);
    tcase_add_test(cases, a_list_without_keys_says_so);
    tcase_add_test(cases, csv_of_products_is_read_host_by_host);
    tcase_add_test(cases, rows_of_products_that_are_not_whole_are_left_out);
    tcase_add_test(cases, answers_of_slmgr_are_read);
    tcase_add_test(cases, report_of_mgadiag_is_read);
    tcase_add_test(cases, validation_says_what_the_report_has_and_no_more);
    tcase_add_test(cases, reports_of_several_machines_are_told_apart);
    tcase_add_test(cases, cut_texts_make_nothing_up);
    tcase_add_test(cases, mutants_are_read_to_their_end);
    tcase_add_test(cases, zeros_in_a_text_are_damage);
    tcase_add_test(cases, long_lists_that_are_none_take_no_time);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(licences_suite());
}
