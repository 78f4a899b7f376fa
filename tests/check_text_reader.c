/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts are listings, how they are decoded, and what hostile ones can do. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/lines.h"
#include "base/memory.h"
#include "chance.h"
#include "findings.h"
#include "fixtures/listings.h"
#include "listed.h"
#include "model/incident.h"
#include "mutant.h"
#include "readout.h"
#include "run.h"
#include "text/plaintext.h"
#include "text/text_reader.h"
#include "trial.h"

static const struct listing_update updates[] = {{"KB2534111", LISTING_INSTALLED},
                                                {"KB971033", LISTING_INSTALLED},
                                                {"KB2999226", LISTING_STAGED}};
static const struct listing_data data = {
    .host = "PC1",
    .updates = updates,
    .update_count = ARRAY_COUNT(updates),
    .activation_id = "ae2ee509-1b34-41c0-acb7-6d4650168915",
    .application_id = INCIDENT_WINDOWS_APPLICATION_ID,
    .channel = "VOLUME_KMSCLIENT",
    .edition = "Enterprise",
    .partial_key = "HVTHH",
    .code = "0xC004F200",
};

static struct listed listed;

/* What the reader says that the file is, and why it is not read, if it is not. */
static const char *kind_of(const void *bytes, size_t size_bytes)
{
    listed_read(&listed, bytes, size_bytes);
    return source_kind_word(listed.facts.kind);
}

static const char *kind_of_text(const char *text)
{
    return kind_of(text, strlen(text));
}

/* ---- Lines ---- */

START_TEST(what_is_left_of_no_line_is_none)
{
    ck_assert_uint_eq(line_from((struct line){0}, 0).length_bytes, 0);
}
END_TEST

START_TEST(lines_are_taken_apart)
{
    static const char bytes[] = " a : b:c \n\n \t\nKB\xC3\xA4";
    struct lines lines = lines_of(bytes, sizeof(bytes) - 1);
    struct line line, left, right;
    char *copy;

    ck_assert(lines_next(&lines, &line));
    ck_assert(line.ended && line.number == 1);
    ck_assert(line_split(&line, ':', &left, &line));
    ck_assert(line_equals(&left, "a") && line_equals(&line, "b:c"));
    ck_assert(line_split(&line, ':', &line, &right));
    ck_assert(line_equals(&line, "b") && line_equals(&right, "c"));
    ck_assert(!line_split(&line, ':', &left, &right));
    ck_assert(lines_next_filled(&lines, &line));
    ck_assert(!line.ended && line.number == 4);
    copy = line_copy(&line, 3);
    ck_assert_str_eq(copy, "KB");
    free(copy);
    ck_assert(line_ends_with(&line, "\xC3\xA4") && line_contains(&line, "B"));
    ck_assert_uint_eq(line_count_of(&line, "BK"), 2);
    ck_assert(!lines_next(&lines, &line));
    lines = lines_of("\n\n", 2);
    lines_skip_blank(&lines);
    ck_assert(!lines_next_filled(&lines, &line));
    lines = lines_of("", 0);
    ck_assert(!lines_next(&lines, &line));
}
END_TEST

/* ---- Recognition ---- */

START_TEST(listings_are_known_in_every_language_and_encoding)
{
    static const char *const headings[] = {
        "", "PC1, collected on Tue 01/15/2019 at 10:12:13.45\n\n==== KB971033? ====\n",
        "C:\\collect>wmic qfe\n"};

    for (size_t form = 0; form < listing_maker_count; form++)
        for (int language = 0; language < LISTING_LANGUAGES; language++)
            for (int encoding = 0; encoding < LISTING_ENCODINGS; encoding++)
                for (size_t heading = 0; heading < ARRAY_COUNT(headings); heading++) {
                    struct listing_data own = data;
                    struct text text = {0}, file = {0};

                    own.language = (enum listing_language)language;
                    text_add(&text, headings[heading]);
                    listing_add(&text, listing_makers[form].name, &own);
                    listing_encode(&file, text_get(&text), own.language,
                                   (enum listing_encoding)encoding, LISTING_CRLF, true);
                    ck_assert_msg(strcmp(kind_of(text_get(&file), file.length_bytes), "listing") ==
                                      0,
                                  "%s, language %d, encoding %d", listing_makers[form].name,
                                  language, encoding);
                    text_free(&text);
                    text_free(&file);
                }
}
END_TEST

/* Puts the made listing into what quotes it. `%s` stands for it. */
static void expect_quoted(const char *before, const char *after)
{
    for (size_t form = 0; form < listing_maker_count; form++) {
        struct text text = {0};

        text_add(&text, before);
        listing_add(&text, listing_makers[form].name, &data);
        text_add(&text, after);
        ck_assert_msg(strcmp(kind_of(text_get(&text), text.length_bytes), "text") == 0, "%s in %s",
                      listing_makers[form].name, before);
        text_free(&text);
    }
}

START_TEST(what_quotes_a_listing_is_none)
{
    expect_quoted("# How to look\n\nRun this:\n\n```\n", "```\n");
    expect_quoted("<!DOCTYPE html>\n<html><body><pre>\n", "</pre></body></html>\n");
    expect_quoted("From: ann@corp.example\nTo: bob@corp.example\nSubject: wmic\n\nHi Bob,\n", "");
    expect_quoted("@echo off\nrem Output looks like this:\n", "");
    expect_quoted("#!/bin/sh\ncat <<END\n", "END\n");
    expect_quoted("#include <stdio.h>\n", "");
    expect_quoted("{\\rtf1\\ansi\n", "}");
}
END_TEST

static const char *name_of_text(const char *text)
{
    kind_of_text(text);
    return text_get(&listed.facts.detail);
}

/* Whatever a console shows before and behind a listing. */
START_TEST(what_stands_around_a_listing_does_not_hide_it)
{
    static const char *const before[] = {
        "This system is the property of Example Corp and is for authorised use only by staff.\n"
        "By using this system you agree that all of your activity may be monitored and kept.\n"
        "Unauthorised use of the system is not allowed and may be punished under the law.\n",
        "ERROR: Access is denied. You need to run this command from an elevated prompt window.\n"
        "Get-HotFix : Cannot find the requested hotfix on the 'localhost' computer. Verify it.\n"
        "Elevated permissions are required to run DISM. Use an elevated command prompt to do so.\n",
        "Windows IP Configuration\n\n   DNS Servers . . . : fec0:0:0:ffff::1%1\n   ::1\n",
        "PC1\n// a comment\n:: another\nTo: whom it may concern\n",
    };
    static const char *const behind[] = {"", "\n::1             localhost\n", "\n//comment\n",
                                         "\n<end>\n```\nFrom: me\nTo: you\nSubject: it\n"};

    for (size_t form = 0; form < listing_maker_count; form++)
        for (size_t row = 0; row < ARRAY_COUNT(before); row++)
            for (size_t last = 0; last < ARRAY_COUNT(behind); last++) {
                struct text text = {0};

                text_add(&text, before[row]);
                listing_add(&text, listing_makers[form].name, &data);
                text_add(&text, behind[last]);
                ck_assert_msg(strcmp(kind_of_text(text_get(&text)), "listing") == 0, "%s",
                              text_get(&text));
                text_free(&text);
            }
}
END_TEST

START_TEST(a_listing_is_found_behind_many_lines)
{
    struct text text = {0};

    for (unsigned line = 0; line < 700; line++)
        text_add_format(&text, "svchost.exe   %u  Services   0   12,345 K of memory in use\n",
                        line);
    listing_add(&text, "systeminfo", &data);
    ck_assert_uint_gt(text.length_bytes, 32768);
    ck_assert_str_eq(kind_of_text(text_get(&text)), "listing");
    text_free(&text);
}
END_TEST

START_TEST(a_text_that_is_not_read_is_named_by_what_it_has)
{
    static const char page[] = "<html><body><pre>\nHotFixID\nKB2534111\n\n</pre>\n";
    static const char notes[] = "KB971033 was seen here.\n";
    static const char other[] = "Nothing was seen here.\n";

    ck_assert_str_eq(name_of_text(page),
                     "text that quotes a listing in a page, mail, script or manual");
    ck_assert_str_eq(name_of_text(notes), "text that is not a listing, though it names KB971033");
    ck_assert_str_eq(name_of_text(other), "text that is not a listing");
}
END_TEST

/* But people paste what slmgr says as they like. */
START_TEST(an_indented_listing_is_none)
{
    for (size_t form = 0; form < listing_maker_count; form++) {
        bool is_slmgr = strncmp(listing_makers[form].name, "slmgr", strlen("slmgr")) == 0;
        struct text text = {0}, indented = {0};

        listing_add(&text, listing_makers[form].name, &data);
        text_add(&indented, "Example:\n\n    ");
        for (const char *at = text_get(&text); *at != '\0'; at++) {
            text_add_bytes(&indented, at, 1);
            if (*at == '\n')
                text_add(&indented, "    ");
        }
        ck_assert_str_eq(kind_of(text_get(&indented), indented.length_bytes),
                         is_slmgr ? "listing" : "text");
        text_free(&text);
        text_free(&indented);
    }
}
END_TEST

START_TEST(texts_that_only_name_things_are_none)
{
    static const char *const texts[] = {
        "Collected on 2019-01-15 by hand.\n",
        "KB971033\nKB4480960\n",
        "dism /online /get-packages\nwmic qfe where HotFixID=\"KB971033\"\nslmgr /dlv\n",
        "Name: Ann\nDescription: sells things, RETAIL and otherwise\n",
        "Host Name:   PC1\nOS Name:     Linux\nOS Version:  6.1.7601\n",
        "host,os_name,os_version\nPC1,Windows 7 Enterprise,6.1.7601 Service Pack 1 Build 7601\n",
        "\"host\",\"aliases\",\"classification\"\n\"PC1\",\"\",\"affected-by-incident\"\n",
        "Host,HotFixID,Remark\nPC1,KB971033,to be removed\n",
        "[section]\nName=x\nStatus=y\nDescription=KB971033\n",
        "Name : x\nSource : y\nStatus : z\n",
        "Version: 1.2.3.4\nA program with a version\n",
        ("The package is Microsoft-Windows-Security-WindowsActivationTechnologies-package~"
         "31bf3856ad364e35~amd64~~7.1.7600.16395\n"),
        "The column HotFixID names the update\n",
        "Source HotFixID\n",
        "\"a\",\"b\",\"c\"\n",
        "Activation ID: ae2ee509-1b34-41c0-acb7-6d4650168915\nPartial Product Key: HVTHH\n",
    };

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        ck_assert_msg(strcmp(kind_of_text(texts[index]), "text") == 0, "%s", texts[index]);
}
END_TEST

START_TEST(other_kinds_stay_what_they_are)
{
    static const char binary[] = "\x7F"
                                 "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0\x01\0\0\0";
    char zeros[512] = {0};
    char mixed[512];

    ck_assert_str_eq(kind_of("", 0), "unknown");
    ck_assert_str_eq(kind_of(binary, sizeof(binary)), "unknown");
    ck_assert_str_eq(kind_of(zeros, sizeof(zeros)), "unknown");
    for (size_t index = 0; index < sizeof(mixed); index++)
        mixed[index] = (char)(index * 37);
    ck_assert_str_eq(kind_of(mixed, sizeof(mixed)), "unknown");
    ck_assert_str_eq(kind_of("\xFF\xFE", 2), "unknown");
    ck_assert_str_eq(kind_of("\xEF\xBB\xBFhello\n", 9), "text");
    ck_assert_str_eq(kind_of("\xFF\xFEh\0i\0\n\0", 8), "text");
}
END_TEST

/* No file of our own, whatever it says of updates, is a listing. */
static size_t expect_no_listing_in(const char *folder)
{
    DIR *open_folder = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    ck_assert_ptr_nonnull(open_folder);
    while ((entry = readdir(open_folder)) != NULL) {
        char *path = memory_format("%s/%s", folder, entry->d_name);
        static char head[PLAINTEXT_HEAD_BYTES];
        struct stat status;
        FILE *file = NULL;

        if (*entry->d_name != '.' && stat(path, &status) == 0 && S_ISREG(status.st_mode))
            file = fopen(path, "rbe");
        if (file != NULL) {
            size_t got = fread(head, 1, sizeof(head), file);

            ck_assert_msg(strcmp(kind_of(head, got), "listing") != 0, "%s", path);
            fclose(file);
            count++;
        }
        free(path);
    }
    closedir(open_folder);
    return count;
}

START_TEST(none_of_our_own_files_is_a_listing)
{
    static const char *const folders[] = {"",
                                          "/templates",
                                          "/samples",
                                          "/samples/expected",
                                          "/samples/expected-inventory",
                                          "/samples/expected/remediation",
                                          "/samples/expected/remediation/scripts",
                                          "/src/model",
                                          "/src/text",
                                          "/src/intake",
                                          "/tests",
                                          "/tests/fixtures",
                                          "/tests/cases"};
    const char *top = getenv("top_srcdir");
    size_t count = 0;

    for (size_t index = 0; top != NULL && index < ARRAY_COUNT(folders); index++) {
        char *folder = memory_format("%s%s", top, folders[index]);

        count += expect_no_listing_in(folder);
        free(folder);
    }
    ck_assert(top == NULL || count > 100);
}
END_TEST

/* ---- Decoding ---- */

START_TEST(code_pages_are_told_by_the_words_in_them)
{
    static const char *const encodings[] = {"UTF-8", "CP850", "CP850", "CP932"};

    for (int language = 1; language < LISTING_LANGUAGES; language++) {
        struct listing_data own = data;
        struct text text = {0}, file = {0};
        struct plaintext decoded;

        own.language = (enum listing_language)language;
        listing_add(&text, "dism", &own);
        listing_encode(&file, text_get(&text), own.language, LISTING_OEM, LISTING_LF, false);
        ck_assert(plaintext_decode(span_of(text_get(&file), file.length_bytes, 0), true, &decoded));
        ck_assert_str_eq(decoded.encoding, encodings[language]);
        ck_assert_str_eq(text_get(&decoded.text), text_get(&text));
        plaintext_free_content(&decoded);
        text_free(&text);
        text_free(&file);
    }
}
END_TEST

START_TEST(bytes_become_lines_of_utf8)
{
    static const struct {
        const char *bytes;
        size_t size_bytes;
        const char *encoding;
        const char *text;
    } cases[] = {
        {"a\r\nb\nc\r\r\nd", 10, "UTF-8", "a\nb\nc\nd"},
        {"a\rb\r", 4, "UTF-8", "a\nb\n"}, /* CR alone */
        {"a\r\nb\r", 5, "UTF-8", "a\nb"}, /* the last line end is cut */
        {"a\r\nb\r\r", 6, "UTF-8", "a\nb"},
        {"\xEF\xBB\xBF\xC3\xA4\n", 6, "UTF-8", "\xC3\xA4\n"},
        {"\xC3\xA4\xC3", 3, "UTF-8", "\xC3\xA4\xEF\xBF\xBD"}, /* a cut character */
        {"\x84", 1, "CP850", "\xC3\xA4"},
        {"\xFF\xFE"
         "a\0\r\0\n\0",
         8, "UTF-16LE", "a\n"},
        {"\xFF\xFE"
         "x\0\n\0a\0\r\0\n",
         11, "UTF-16LE", "x\na"},
        {"\xFF\xFE"
         "a\0\n\0b",
         7, "UTF-16LE", "a\n\xEF\xBF\xBD"},
        {"\xFE\xFF\0a\0\n", 6, "UTF-16BE", "a\n"},
        {"h\0e\0l\0l\0o\0", 10, "UTF-16LE", "hello"},
        {"\b\bh\n\bi\b", 7, "UTF-8", "h\ni"}, /* nothing lies before a line */
        {"abc\b\bX\nd", 8, "UTF-8", "aXc\nd"},
        {"a\xC3\xA4z\b\b\bo\xC3\xA9\n", 11, "UTF-8", "o\xC3\xA9z\n"},
        {"|\b/\b-\b\\\b \n", 10, "UTF-8", " \n"},
        {"A text of some length with a zero \0 in it, as a broken disk would leave it there", 80,
         "UTF-8",
         "A text of some length with a zero   in it, as a broken disk would leave it there"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct plaintext decoded;

        ck_assert(plaintext_decode(span_of(cases[index].bytes, cases[index].size_bytes, 0), true,
                                   &decoded));
        ck_assert_msg(strcmp(text_get(&decoded.text), cases[index].text) == 0,
                      "case %zu: \"%s\" (%s)", index, text_get(&decoded.text), decoded.encoding);
        ck_assert_str_eq(decoded.encoding, cases[index].encoding);
        plaintext_free_content(&decoded);
    }
}
END_TEST

/* What a text is can be told without a code page, which costs more than all else. */
START_TEST(without_a_code_page_bytes_stay_as_they_are)
{
    static const char bytes[] = "Gr\x94\xE1"
                                "e: 1\r\n";
    struct plaintext decoded;

    ck_assert(plaintext_decode(span_of(bytes, sizeof(bytes) - 1, 0), false, &decoded));
    ck_assert_str_eq(text_get(&decoded.text), "Gr\x94\xE1"
                                              "e: 1\n");
    ck_assert(decoded.is_raw);
    plaintext_free_content(&decoded);
    ck_assert(plaintext_decode(span_of(bytes, sizeof(bytes) - 1, 0), true, &decoded));
    ck_assert_str_eq(text_get(&decoded.text), "Größe: 1\n");
    ck_assert(!decoded.is_raw);
    plaintext_free_content(&decoded);
    ck_assert(plaintext_decode(span_of("Größe\n", 8, 0), false, &decoded));
    ck_assert(!decoded.is_raw);
    plaintext_free_content(&decoded);
}
END_TEST

/* Controls are judged alike when a file is recognised and when it is read. */
START_TEST(controls_that_consoles_leave_are_text)
{
    static const char *const controls[] = {"\b\b\b", "\x1B", "\x1A", "\f"};

    for (int encoding = 0; encoding < LISTING_ENCODINGS; encoding++)
        for (size_t row = 0; row < ARRAY_COUNT(controls); row++) {
            struct text text = {0}, file = {0};

            for (unsigned line = 0; line < 20; line++)
                text_add_format(&text, "%sa line\n", controls[row]);
            listing_add(&text, "wmic", &data);
            for (unsigned line = 0; line < 20; line++)
                text_add_format(&text, "%sa line\n", controls[row]);
            listing_encode(&file, text_get(&text), LISTING_EN, (enum listing_encoding)encoding,
                           LISTING_CRLF, true);
            ck_assert_str_eq(kind_of(text_get(&file), file.length_bytes), "listing");
            ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
            ck_assert(listed_has_complete(&listed));
            text_free(&text);
            text_free(&file);
        }
}
END_TEST

/* What each line of a table begins with, its columns stand where they are seen. */
START_TEST(backspaces_move_no_column)
{
    struct text plain = {0}, text = {0};

    listing_add(&plain, "wmic", &data);
    for (const char *at = text_get(&plain); *at != '\0'; at++) {
        text_add_bytes(&text, at, 1);
        if (*at == '\n')
            text_add(&text, "\b\b\b");
    }
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_ptr_nonnull(strstr(text_get(&listed.findings), "entry|wmic qfe|PC1|3|"));
    ck_assert(listed_has_complete(&listed));
    text_free(&plain);
    text_free(&text);
}
END_TEST

/* ---- Texts in stretches ---- */

/* Adds the listing so encoded. */
static void add_encoded(struct text *out, const char *form, const struct listing_data *made,
                        enum listing_encoding encoding, bool with_mark)
{
    struct text text = {0};

    listing_add(&text, form, made);
    listing_encode(out, text_get(&text), made->language, encoding, LISTING_CRLF, with_mark);
    text_free(&text);
}

static void expect_both(const struct text *file, const char *what)
{
    const char *findings;

    ck_assert_msg(strcmp(kind_of(text_get(file), file->length_bytes), "listing") == 0, "%s", what);
    findings = text_get(&listed.findings);
    ck_assert_msg(strstr(findings, "listing|systeminfo|PC1|") != NULL, "%s: %s", what, findings);
    ck_assert_msg(strstr(findings, "entry|Get-HotFix|PC1|") != NULL, "%s: %s", what, findings);
    ck_assert_msg(strstr(findings, "licence|slmgr|") != NULL, "%s: %s", what, findings);
    ck_assert_msg(strstr(findings, "incomplete=it") == NULL, "%s: %s", what, findings);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
}

/* `type` and cmd append bytes, PowerShell appends UTF-16, with its mark or without. */
START_TEST(listings_appended_in_another_encoding_are_read)
{

    for (int language = 0; language < LISTING_LANGUAGES; language++)
        for (int first = 0; first < LISTING_ENCODINGS; first++)
            for (int second = 0; second < LISTING_ENCODINGS; second++)
                for (int odd = 0; odd < 2; odd++) {
                    struct listing_data own = data;
                    struct text file = {0};
                    bool second_is_marked = second != LISTING_OEM && second != LISTING_UTF16LE_BARE;
                    char what[64];

                    own.language = (enum listing_language)language;
                    snprintf(what, sizeof(what), "%d: %d, %d, %d", language, first, second, odd);
                    /* Big-endian text without a mark is not written by anything. */
                    add_encoded(&file, "systeminfo", &own, (enum listing_encoding)first, true);
                    if (odd && first != LISTING_UTF16LE && first != LISTING_UTF16BE &&
                        first != LISTING_UTF16LE_BARE)
                        text_add(&file, "x\r\n");
                    add_encoded(&file, "get-hotfix", &own, (enum listing_encoding)second,
                                second_is_marked);
                    add_encoded(&file, "slmgr", &own, (enum listing_encoding)first, true);
                    expect_both(&file, what);
                    text_free(&file);
                }
}
END_TEST

/* UTF-16 without a mark can begin with an empty line, or with letters that are not ASCII; and what
 * stands before it can be short. */
START_TEST(where_a_stretch_begins_is_found)
{
    static const char *const before[] = {"HotFixID\nKB2534111\n\n", "\r\n", "x\n", "xy\r\n", ""};

    for (int language = 0; language < LISTING_LANGUAGES; language++)
        for (size_t row = 0; row < ARRAY_COUNT(before); row++)
            for (size_t skipped = 0; skipped < 2; skipped++) {
                struct listing_data own = data;
                struct text text = {0}, file = {0};

                own.language = (enum listing_language)language;
                text_add(&file, before[row]);
                listing_add(&text, "systeminfo", &own);
                listing_encode(&file, text_get(&text) + skipped, own.language, LISTING_UTF16LE_BARE,
                               LISTING_CRLF, false);
                ck_assert_str_eq(kind_of(text_get(&file), file.length_bytes), "listing");
                ck_assert_msg(strstr(text_get(&listed.findings), "entry|systeminfo|PC1|") != NULL,
                              "%d, %zu, %zu: %s", language, row, skipped,
                              text_get(&listed.findings));
                ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
                ck_assert(strncmp(before[row], "Hot", 3) != 0 ||
                          strstr(text_get(&listed.findings), "listing|wmic qfe|") != NULL);
                text_free(&text);
                text_free(&file);
            }
}
END_TEST

/* Behind a byte that is too many, units look as if they were big-endian. */
START_TEST(a_stray_byte_does_not_turn_what_stands_before_it)
{
    static const char first[] =
        "H\0o\0t\0F\0i\0x\0I\0D\0\r\0\n\0K\0B\0009\0007\0001\0000\0003\0003\0\r\0\n"
        "\0\r\0\n\0";
    struct text file = {0};

    text_add_bytes(&file, first, sizeof(first) - 1);
    text_add_bytes(&file, "x", 1);
    add_encoded(&file, "systeminfo", &data, LISTING_UTF16LE_BARE, false);
    listed_read(&listed, text_get(&file), file.length_bytes);
    ck_assert_ptr_nonnull(strstr(text_get(&listed.findings), "entry|wmic qfe||2|"));
    text_free(&file);
}
END_TEST

/* Where a line breaks off, its end is lost, and nothing is known to be whole. */
START_TEST(text_appended_within_a_line_is_damage)
{

    for (int second = 0; second < 2; second++) {
        struct text file = {0};
        char *cut;

        add_encoded(&file, "wmic", &data, LISTING_UTF8, true);
        cut = strstr(text_get(&file), "KB2999226");
        file.length_bytes = (size_t)(cut - text_get(&file)) + 4;
        add_encoded(&file, "get-hotfix", &data, second ? LISTING_UTF16LE : LISTING_UTF16LE_BARE,
                    true);
        listed_read(&listed, text_get(&file), file.length_bytes);
        ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
        ck_assert(!listed_has_complete(&listed));
        ck_assert_ptr_nonnull(strstr(text_get(&listed.findings), "entry|Get-HotFix|PC1|"));
        text_free(&file);
        add_encoded(&file, "wmic", &data, LISTING_UTF16LE, true);
        file.length_bytes -= 100;
        add_encoded(&file, "get-hotfix", &data, LISTING_UTF8, true);
        listed_read(&listed, text_get(&file), file.length_bytes);
        ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
        ck_assert(!listed_has_complete(&listed));
        text_free(&file);
    }
}
END_TEST

START_TEST(every_code_page_is_there)
{
    codepage_prepare();
    for (size_t codepage = 0; codepage < codepage_count; codepage++) {
        struct text text = {0};

        codepage_add_text(&text, codepage, span_of("KB971033 \xB0\xA1", 11, 0));
        ck_assert_msg(strncmp(text_get(&text), "KB971033 ", 9) == 0, "%s", codepage_name(codepage));
        ck_assert_msg(strstr(text_get(&text), "\xEF\xBF\xBD") == NULL, "%s",
                      codepage_name(codepage));
        text_free(&text);
    }
}
END_TEST

/* ---- Sizes and failures ---- */

static void count_bytes(void *context, const void *bytes, size_t size_bytes)
{
    (void)bytes;
    *(uint64_t *)context += size_bytes;
}

/* Reads the open file, of which the shown bytes are counted. */
static uint64_t read_counted(int descriptor, uint64_t size_bytes)
{
    uint64_t shown_bytes = 0;
    struct byte_sink byte_sink = {.context = &shown_bytes, .take = count_bytes};
    static char path[] = "made";
    struct source source = {.path = path, .kind = SOURCE_KIND_UNKNOWN, .size_bytes = size_bytes};
    struct reader_options options = {.window = incident_window, .byte_sink = &byte_sink};
    struct sink sink = findings_sink(&listed.findings);
    struct error err = {0};

    listed_free_content(&listed);
    ck_assert_int_eq(
        reader_read(&text_reader, &source, descriptor, &options, &sink, &listed.facts, &err), 0);
    return shown_bytes;
}

START_TEST(a_listing_that_is_too_large_is_damage_and_hashed)
{
    static const char head[] = "HotFixID\nKB971033\n\n";
    uint64_t size_bytes = LISTING_MOST_BYTES + 1;
    char *text = memory_allocate(PLAINTEXT_HEAD_BYTES, 1);
    int descriptor = readout_make_hole(size_bytes);

    memset(text, '\n', PLAINTEXT_HEAD_BYTES);
    memcpy(text, head, sizeof(head) - 1);
    ck_assert_int_eq(pwrite(descriptor, text, PLAINTEXT_HEAD_BYTES, 0), PLAINTEXT_HEAD_BYTES);
    ck_assert_uint_eq(read_counted(descriptor, size_bytes), size_bytes);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_uint_eq(listed.facts.kind, SOURCE_KIND_LISTING);
    ck_assert_str_eq(text_get(&listed.facts.detail), "a listing of more than 64 MiB is not read");
    ck_assert_str_eq(text_get(&listed.findings), "");
    free(text);
    close(descriptor);
}
END_TEST

/* All of this hole would take hours. */
START_TEST(of_what_is_not_read_the_head_alone_is_looked_at)
{
    static const char note[] = "A text without a listing.\n";
    uint64_t size_bytes = UINT64_C(1) << 42;
    int descriptor = readout_make_hole(size_bytes);

    ck_assert_uint_eq(read_counted(descriptor, size_bytes), 0);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_SKIPPED);
    ck_assert_uint_eq(listed.facts.kind, SOURCE_KIND_UNKNOWN);
    ck_assert_str_eq(text_get(&listed.facts.detail), "file of an unknown kind");
    ck_assert(source_facts_tell_unread(&listed.facts));
    close(descriptor);
    descriptor = readout_make_file(note, sizeof(note) - 1);
    ck_assert_uint_eq(read_counted(descriptor, sizeof(note) - 1), 0);
    ck_assert_uint_eq(listed.facts.kind, SOURCE_KIND_TEXT);
    ck_assert(source_facts_tell_unread(&listed.facts));
    close(descriptor);
}
END_TEST

/* What is longer than the head is read to its end, each byte once. */
START_TEST(a_long_listing_is_shown_and_read_whole)
{
    struct text text = {0};
    int descriptor;

    text_add(&text, "Node,HotFixID\n");
    while (text.length_bytes < 3 * PLAINTEXT_HEAD_BYTES)
        text_add(&text, "PC1,KB2534111\n");
    text_add(&text, "PC1,KB971033\n");
    descriptor = readout_make_file(text_get(&text), text.length_bytes);
    ck_assert_uint_eq(read_counted(descriptor, text.length_bytes), text.length_bytes);
    ck_assert_ptr_nonnull(strstr(text_get(&listed.findings), "entry|wmic qfe|PC1|"));
    close(descriptor);
    text_free(&text);
}
END_TEST

static int refuse(void *context, const struct finding *finding, struct error *err)
{
    (void)context;
    (void)finding;
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "no more");
}

START_TEST(a_sink_that_fails_ends_every_parser)
{
    static char path[] = "made";
    struct reader_options options = {.window = incident_window};
    struct sink sink = {.finding = refuse};

    for (size_t form = 0; form < listing_maker_count; form++) {
        struct text text = {0};
        struct source source = {.path = path, .kind = SOURCE_KIND_UNKNOWN};
        struct source_facts facts = {0};
        struct error err = {0};
        int descriptor;

        listing_add(&text, listing_makers[form].name, &data);
        source.size_bytes = text.length_bytes;
        descriptor = readout_make_file(text_get(&text), text.length_bytes);
        ck_assert_int_eq(
            reader_read(&text_reader, &source, descriptor, &options, &sink, &facts, &err), -1);
        ck_assert_int_eq(err.kind, ERROR_RUN);
        close(descriptor);
        error_clear(&err);
        source_facts_free_content(&facts);
        text_free(&text);
    }
}
END_TEST

START_TEST(a_file_that_became_shorter_is_damaged_and_incomplete)
{
    static char path[] = "made";
    struct text text = {0}, findings = {0};
    struct reader_options options = {.window = incident_window};
    struct sink sink = findings_sink(&findings);
    struct source source = {.path = path, .kind = SOURCE_KIND_UNKNOWN};
    struct source_facts facts = {0};
    struct error err = {0};
    int descriptor;

    listing_add(&text, "wmic", &data);
    descriptor = readout_make_file(text_get(&text), text.length_bytes);
    source.size_bytes = text.length_bytes + 100;
    ck_assert_int_eq(reader_read(&text_reader, &source, descriptor, &options, &sink, &facts, &err),
                     0);
    ck_assert_int_eq(facts.status, SOURCE_STATUS_DAMAGED);
    ck_assert_ptr_nonnull(strstr(text_get(&findings), "incomplete=the file became shorter"));
    close(descriptor);
    source_facts_free_content(&facts);
    text_free(&text);
    text_free(&findings);
}
END_TEST

/* ---- Hostile texts ---- */

/* A number in each place is the same mutant each time. */
static uint32_t next_random(uint64_t *state)
{
    return (uint32_t)(chance_next(state) >> 32);
}

/* MUTANTS and MUTANT_SEED in the environment say how many and which. */
#define MUTANTS_USUAL 3000u

START_TEST(mutants_are_read_to_their_end)
{
    static const char *const pieces[] = {"\n", "\r\r\n", "KB971033", "|",  ":",        "=",   "\"",
                                         ",",  "[01]: ", "~",        "\0", "HotFixID", "...", " "};
    uint64_t state = trial_setting("MUTANT_SEED", MUTANT_SEED) | 1;
    uint64_t most = trial_mutants(MUTANTS_USUAL);

    for (uint64_t number = 0; number < most; number++) {
        struct listing_data own = data;
        struct text text = {0}, file = {0};
        unsigned changes = 1 + next_random(&state) % 4;

        own.language = (enum listing_language)(next_random(&state) % LISTING_LANGUAGES);
        for (unsigned count = 1 + next_random(&state) % 2; count > 0; count--)
            listing_add(&text, listing_makers[next_random(&state) % listing_maker_count].name,
                        &own);
        listing_encode(&file, text_get(&text), own.language,
                       (enum listing_encoding)(next_random(&state) % LISTING_ENCODINGS),
                       (enum listing_line_ends)(next_random(&state) % LISTING_LINE_ENDS), true);
        for (; changes > 0; changes--) {
            size_t at = next_random(&state) % file.length_bytes;
            const char *piece = pieces[next_random(&state) % ARRAY_COUNT(pieces)];
            size_t length = *piece == '\0' ? 1 : strlen(piece);

            switch (next_random(&state) % 4) {
            case 0:
                file.bytes[at] = (char)next_random(&state);
                break;
            case 1:
                if (at + length <= file.length_bytes)
                    memcpy(file.bytes + at, piece, length);
                break;
            case 2:
                file.length_bytes = at + 1;
                break;
            default:
                memmove(file.bytes + at / 2, file.bytes + at, file.length_bytes - at);
                file.length_bytes -= at - at / 2;
            }
        }
        listed_read(&listed, file.bytes, file.length_bytes);
        text_free(&text);
        text_free(&file);
    }
}
END_TEST

/* ---- Velociraptor's account of the machine ---- */

START_TEST(client_info_names_the_machine_of_its_collection)
{
    static const struct {
        const char *text;
        const char *finding;
    } infos[] = {
        {"{\n \"Hostname\": \"PC1\",\n \"Fqdn\": \"pc1.corp.example\",\n \"Name\": "
         "\"velociraptor\"\n}\n",
         "|pc1.corp.example|1||name=pc1|netbios_name=|domain=corp.example\n"},
        {"{\"Hostname\":\"PC1\",\"Fqdn\":\"PC1\"}", "|PC1|1||name=PC1|netbios_name=|domain=\n"},
        {"\xEF\xBB\xBF{\"Fqdn\":\"pc1.corp.example.\"}",
         "|pc1.corp.example|1||name=pc1|netbios_name=|domain=corp.example\n"},
        {"{\"Hostname\":\"PC1\",\"Fqdn\":\"router.home\"}",
         "|PC1|1||name=PC1|netbios_name=|domain=\n"},
        {"{\"Hostname\":\"PC1\",\"KernelVersion\":\"6.1.7601\"}",
         "|PC1|1||name=PC1|netbios_name=|domain=\n"},
        {"{\"client_id\":\"C.1\",\"os_info\":{\"hostname\":\"PC1\",\"fqdn\":\"PC1.corp.example\"}}",
         "|PC1.corp.example|1||name=PC1|netbios_name=|domain=corp.example\n"},
        {"{\"Hostname\":\"P\\u00d61\",\"Fqdn\":null}", "|P\xC3\x96"
                                                       "1|1||name=P\xC3\x96"
                                                       "1|netbios_name=|domain=\n"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(infos); index++) {
        ck_assert_str_eq(kind_of_text(infos[index].text), "listing");
        ck_assert_str_eq(source_status_word(listed.facts.status), "ok");
        ck_assert_msg(strstr(text_get(&listed.findings), "computer|client_info.json|") ==
                              text_get(&listed.findings) &&
                          strstr(text_get(&listed.findings), infos[index].finding) != NULL,
                      "%s: %s", infos[index].text, text_get(&listed.findings));
    }
}
END_TEST

START_TEST(other_objects_are_not_client_info)
{
    static const char *const texts[] = {
        "{\"Hostname\":\"PC1\",\"Port\":1433}",
        "{\"hostname\":\"PC1\",\"fqdn\":\"pc1.corp.example\"}",
        "{\"Hostname\":1,\"Fqdn\":[\"PC1\"]}",
        "{\"os_info\":{\"system\":\"windows\"}}",
        "{\"os_info\":\"windows\"}",
        "[{\"Hostname\":\"PC1\",\"Fqdn\":\"PC1\"}]",
        "{\"Hostname\":\"PC1\",\"Fqdn\":\"PC1\"",
        "{\"Hostname\":\"PC1\",\"Fqdn\":\"PC1\"}\n{}",
        "x\n{\"Hostname\":\"PC1\",\"Fqdn\":\"PC1\"}",
    };
    struct text large = {0};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++) {
        ck_assert_msg(strcmp(kind_of_text(texts[index]), "text") == 0, "%s", texts[index]);
        ck_assert_str_eq(text_get(&listed.findings), "");
    }
    text_add(&large, "{\"Fqdn\":\"PC1\",\"x\":\"");
    for (size_t index = 0; index < 65536; index++)
        text_add(&large, "y");
    text_add(&large, "\"}");
    ck_assert_str_eq(kind_of(text_get(&large), large.length_bytes), "text");
    text_free(&large);
}
END_TEST

START_TEST(client_info_without_a_name_that_can_be_is_remarked_on)
{
    static const char *const names[] = {"../PC1", "PC 1", "<PC1>", "\\u0000PC1"};

    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        char *text = memory_format("{\"Hostname\":\"%s\",\"Fqdn\":\"\"}", names[index]);

        kind_of_text(text);
        ck_assert_msg(*text_get(&listed.findings) == '\0', "%s: %s", text,
                      text_get(&listed.findings));
        free(text);
    }
    kind_of_text("{\"Hostname\":\"PC 1\",\"Fqdn\":\"\"}");
    listed_expect_detail(&listed, "line 1: client_info.json: it does not tell a name that a host "
                                  "can have");
}
END_TEST

static Suite *text_reader_suite(void)
{
    Suite *suite = suite_create("text_reader");
    TCase *cases = tcase_create("text_reader");

    tcase_add_test(cases, what_is_left_of_no_line_is_none);
    tcase_add_test(cases, lines_are_taken_apart);
    tcase_add_test(cases, listings_are_known_in_every_language_and_encoding);
    tcase_add_test(cases, what_quotes_a_listing_is_none);
    tcase_add_test(cases, what_stands_around_a_listing_does_not_hide_it);
    tcase_add_test(cases, a_listing_is_found_behind_many_lines);
    tcase_add_test(cases, a_text_that_is_not_read_is_named_by_what_it_has);
    tcase_add_test(cases, an_indented_listing_is_none);
    tcase_add_test(cases, texts_that_only_name_things_are_none);
    tcase_add_test(cases, other_kinds_stay_what_they_are);
    tcase_add_test(cases, none_of_our_own_files_is_a_listing);
    tcase_add_test(cases, code_pages_are_told_by_the_words_in_them);
    tcase_add_test(cases, bytes_become_lines_of_utf8);
    tcase_add_test(cases, without_a_code_page_bytes_stay_as_they_are);
    tcase_add_test(cases, controls_that_consoles_leave_are_text);
    tcase_add_test(cases, backspaces_move_no_column);
    tcase_add_test(cases, listings_appended_in_another_encoding_are_read);
    tcase_add_test(cases, where_a_stretch_begins_is_found);
    tcase_add_test(cases, a_stray_byte_does_not_turn_what_stands_before_it);
    tcase_add_test(cases, text_appended_within_a_line_is_damage);
    tcase_add_test(cases, every_code_page_is_there);
    tcase_add_test(cases, a_listing_that_is_too_large_is_damage_and_hashed);
    tcase_add_test(cases, of_what_is_not_read_the_head_alone_is_looked_at);
    tcase_add_test(cases, a_long_listing_is_shown_and_read_whole);
    tcase_add_test(cases, a_sink_that_fails_ends_every_parser);
    tcase_add_test(cases, a_file_that_became_shorter_is_damaged_and_incomplete);
    tcase_add_test(cases, client_info_names_the_machine_of_its_collection);
    tcase_add_test(cases, other_objects_are_not_client_info);
    tcase_add_test(cases, client_info_without_a_name_that_can_be_is_remarked_on);
    tcase_add_test(cases, mutants_are_read_to_their_end);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(text_reader_suite());
}
