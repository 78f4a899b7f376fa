/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of listings among lines that are none: what is read, whose it is, and that nothing is taken
 * for complete of which a row may be missing. Texts are as consoles and scripts leave them. */
#include <check.h>
#include <string.h>

#include "base/memory.h"
#include "listed.h"
#include "run.h"

static struct listed listed;

static void read_text(const char *text)
{
    listed_read(&listed, text, strlen(text));
}

/* Reads the three parts as one text. */
static void read_parts(const char *before, const char *between, const char *after)
{
    struct text text = {0};

    text_add_format(&text, "%s%s%s", before, between, after);
    listed_read(&listed, text_get(&text), text.length_bytes);
    text_free(&text);
}

/* What consoles write among the rows. */
static const char *const junk[] = {
    "Get-HotFix : The RPC server is unavailable. (Exception from HRESULT: 0x800706BA)\n"
    "At line:1 char:1\n+ Get-HotFix -ComputerName PC1,PC2,PC3\n+ ~~~~~~~~~~~~~~~~~~~~\n"
    "    + CategoryInfo          : NotSpecified: (:) [Get-HotFix], COMException\n"
    "    + FullyQualifiedErrorId : GetCOMException,Microsoft.PowerShell.Commands.GetHotFixCommand\n"
    " \n",
    "Node - PC2\nERROR:\nDescription = The RPC server is unavailable.\n",
    "ERROR:\n",
    "PS C:\\> exit\n",
    "C:\\>rem next\n",
    "WARNING: something happened\n",
    "----------\n",
    "   some text\n",
    "Checking KB971034 now\n",
};

/* ---- Tables ---- */

#define GET_HOTFIX_HEAD                                                                 \
    "\nSource        Description      HotFixID      InstalledBy          InstalledOn\n" \
    "------        -----------      --------      -----------          -----------\n"
#define GET_HOTFIX_ROW(host, name) \
    host "           Update           " name "     NT AUTHORITY\\SYSTEM  1/22/2019\n"
#define WMIC_HEAD "Caption                CSName  Description  HotFixID   InstalledOn  \n"
#define WMIC_ROW(host, name) \
    "http://x/?kbid=1       " host "     Update       " name "  1/22/2019    \n"

static void expect_rows_behind_junk(const char *origin)
{
    listed_expect_not(&listed, "|incomplete=\n");
    ck_assert_uint_eq(listed_count(&listed, "entry|"), 1);
    listed_expect(&listed, "|update_id=KB971033|");
    ck_assert_uint_eq(listed_count(&listed, "listing|"), 2);
    listed_expect(&listed, origin);
    listed_expect(&listed, "|PC1|");
    listed_expect(&listed, "|PC3|");
    listed_expect(&listed, "lines that are none of its rows interrupt it");
    ck_assert_uint_eq(listed.facts.record_count, 3);
}

START_TEST(junk_in_a_table_is_no_row_and_hides_none)
{
    for (size_t index = 0; index < ARRAY_COUNT(junk); index++) {
        read_parts(GET_HOTFIX_HEAD GET_HOTFIX_ROW("PC1", "KB2534111"), junk[index],
                   GET_HOTFIX_ROW("PC3", "KB2534111") GET_HOTFIX_ROW("PC3", "KB971033 ") "\n\n");
        expect_rows_behind_junk("entry|Get-HotFix|PC3|");
        read_parts(WMIC_HEAD WMIC_ROW("PC1", "KB2534111"), junk[index],
                   WMIC_ROW("PC3", "KB2534111") WMIC_ROW("PC3", "KB971033 ") "\n");
        expect_rows_behind_junk("entry|wmic qfe|PC3|");
    }
}
END_TEST

START_TEST(junk_at_the_end_of_a_table_makes_it_incomplete)
{
    for (size_t index = 0; index < ARRAY_COUNT(junk); index++) {
        read_parts(GET_HOTFIX_HEAD GET_HOTFIX_ROW("PC1", "KB2534111"), junk[index], "\n");
        ck_assert(!listed_has_complete(&listed));
        ck_assert_uint_eq(listed_count(&listed, "listing|"), 1);
        read_parts("\nHotFixID\n--------\nKB2534111\n", junk[index], "\nKB971033\n\n");
        ck_assert(!listed_has_complete(&listed));
        listed_expect(&listed, "|update_id=KB971033|");
    }
    read_parts(WMIC_HEAD WMIC_ROW("PC1", "KB2534111"), "\n", "ERROR:\n");
    ck_assert(!listed_has_complete(&listed));
    read_parts(WMIC_HEAD WMIC_ROW("PC1", "KB2534111"), "\n", "C:\\>exit\n");
    ck_assert(listed_has_complete(&listed));
}
END_TEST

START_TEST(a_blank_line_in_a_table_hides_no_row)
{
    read_text(WMIC_HEAD WMIC_ROW("PC1", "KB2534111") "\n" WMIC_ROW("PC1", "KB971033 ") "\n");
    listed_expect(&listed, "entry|wmic qfe|PC1|4|");
    ck_assert(!listed_has_complete(&listed));
    read_text(
        GET_HOTFIX_HEAD GET_HOTFIX_ROW("PC1", "KB2534111") "\n" GET_HOTFIX_ROW("PC1", "KB971033 "));
    listed_expect(&listed, "entry|Get-HotFix|PC1|6|");
    ck_assert(!listed_has_complete(&listed));
}
END_TEST

/* What follows without an empty line between cuts nothing off. */
START_TEST(a_table_ends_where_another_listing_begins)
{
    read_text(WMIC_HEAD WMIC_ROW("PC1", "KB2534111") WMIC_HEAD WMIC_ROW("PC2", "KB971033 ") "\n");
    listed_expect(&listed, "entry|wmic qfe|PC2|4|");
    listed_expect(&listed, "listing|wmic qfe|PC1|1||newest_date=1/22/2019|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=\n");
    listed_expect(&listed, "listing|wmic qfe|PC2|3|");
    read_text(GET_HOTFIX_HEAD GET_HOTFIX_ROW(
        "PC1", "KB2534111") "Host Name: PC2\nOS Name: Microsoft Windows 7 Professional\n"
                            "OS Version: 6.1.7601 Service Pack 1 Build 7601\n"
                            "Hotfix(s): 1 Hotfix(s) Installed.\n  [01]: KB971033\n");
    listed_expect(&listed, "entry|systeminfo|PC2|");
    listed_expect(&listed, "|PC1|2||newest_date=1/22/2019|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=\n");
    read_text(GET_HOTFIX_HEAD GET_HOTFIX_ROW("PC1", "KB2534111")
                  GET_HOTFIX_HEAD GET_HOTFIX_ROW("PC1", "KB2999226") "\n");
    listed_expect_not(&listed, "|Source|");
    ck_assert_uint_eq(listed_count(&listed, "listing|Get-HotFix|PC1|"), 2);
}
END_TEST

START_TEST(rows_have_names_of_updates_alone)
{
    static const char *const names[] = {"KB2534111", "982861   ", "Q147222  ", "File 1   ",
                                        "KB9764_x ", "Setup    ", "SP1      ", "12       "};

    for (size_t index = 0; index < ARRAY_COUNT(names); index++) {
        struct text text = {0};

        text_add_format(&text, WMIC_HEAD "%-23sPC1     Update       %s  1/22/2019    \n\n", "",
                        names[index]);
        listed_read(&listed, text_get(&text), text.length_bytes);
        ck_assert_msg(listed_has_complete(&listed) == (index < 4), "%s", names[index]);
        text_free(&text);
    }
    read_text("HotFixID   \nKB2534111  \nFile 1     \n{3A7E8B1F-1B2C-4D5E-8F90-123456789ABC}\n"
              "KB971033   \n\n");
    listed_expect(&listed, "entry|wmic qfe||5||update_id=KB971033|");
    listed_expect(&listed, "|entry_count=4|announced_count=|names_update=yes|incomplete=\n");
}
END_TEST

/* PowerShell wraps cells on request; a name that is wrapped is not all in its row. */
START_TEST(wrapped_cells_go_on_with_their_row)
{
    read_text("Source  Description      HotFixID   InstalledOn\n"
              "------  -----------      --------   -----------\n"
              "PC1     Security Update  KB2534111  1/22/2019\n"
              "                                    12:00:00 AM\n"
              "PC1     Update           KB971033   1/22/2019\n"
              "                                    12:00:00 AM\n\n");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
    read_text("Source  Description      HotFixID   InstalledOn\n"
              "------  -----------      --------   -----------\n"
              "PC1     Security Update  KB2534111  1/22/2019\n"
              "PC1     Update           KB25341    1/22/2019\n"
              "                         11\n\n");
    listed_expect(&listed, "|incomplete=a cell with an update number is cut off\n");
}
END_TEST

START_TEST(names_that_were_replaced_may_move_the_rest_of_a_row)
{
    read_text(GET_HOTFIX_HEAD
              "LONGER-NAME-1           Update           KB2534111     NT AUTHORITY\\SYSTEM\n"
              "LONGER-NAME-1           Update           KB971033      NT AUTHORITY\\SYSTEM\n\n");
    listed_expect(&listed, "entry|Get-HotFix|LONGER-NAME-1|5||update_id=KB971033|");
    listed_expect(&listed, "|incomplete=\n");
}
END_TEST

START_TEST(a_table_with_tabs_is_not_taken_for_complete)
{
    read_text("Source\tDescription\tHotFixID\n------\t-----------\t--------\n"
              "PC1\tUpdate\tKB2534111\nPC1\tUpdate\tKB2999226\n\n");
    ck_assert(!listed_has_complete(&listed));
    listed_expect_not(&listed, "Update\tKB");
}
END_TEST

/* ---- CSV ---- */

#define CSV_HEAD "\nNode,Caption,CSName,Description,HotFixID,InstalledBy,InstalledOn\n"
#define CSV_ROW(host, name) \
    host ",http://x," host ",Update," name ",NT AUTHORITY\\SYSTEM,1/22/2019\n"

START_TEST(junk_in_csv_is_no_row_and_hides_none)
{
    for (size_t index = 0; index < ARRAY_COUNT(junk); index++) {
        read_parts(CSV_HEAD CSV_ROW("PC1", "KB2534111"), junk[index],
                   CSV_ROW("PC3", "KB2534111") CSV_ROW("PC3", "KB971033"));
        ck_assert_uint_eq(listed_count(&listed, "listing|"), 2);
        ck_assert(!listed_has_complete(&listed));
        listed_expect(&listed, "entry|wmic qfe|PC3|");
        listed_expect(&listed, "among its rows could not be read as such");
    }
    read_text(CSV_HEAD CSV_ROW("PC1", "KB2534111") "ERROR:\nDescription = Quota violation\n");
    listed_expect(&listed, "|incomplete=2 lines among its rows could not be read as such\n");
    read_text(CSV_HEAD CSV_ROW("PC1", "KB2534111") "\nERROR:\nDescription = Quota violation\n");
    ck_assert(!listed_has_complete(&listed));
    read_text(CSV_HEAD CSV_ROW("PC1", "KB2534111") "\nC:\\>exit\n");
    ck_assert(listed_has_complete(&listed));
}
END_TEST

START_TEST(updates_are_found_in_rows_that_are_not_well_formed)
{
    static const char *const rows[] = {
        "PC2,http://x,PC2,Update,KB971033,CORP\\Doe, John,1/22/2019\n",
        "PC2,http://x, y,PC2,Update,KB971033,SYSTEM,1/22/2019\n",
        "PC2,\"http://x,PC2,Update,KB971033,SYSTEM,1/22/2019\n",
        "PC2,http://x,PC2,Update,KB971033\n",
    };

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        read_parts(CSV_HEAD CSV_ROW("PC1", "KB2534111"), rows[index],
                   CSV_ROW("PC3", "KB2999226") CSV_ROW("PC3", "KB4480970"));
        listed_expect(&listed, "entry|wmic qfe|PC2|4||update_id=KB971033|");
        listed_expect(&listed, "entry|wmic qfe|PC3|6||update_id=KB4480970|");
        listed_expect(&listed, "|incomplete=1 line among its rows could not be read as such");
        ck_assert(!listed_has_complete(&listed));
        ck_assert_uint_eq(listed.facts.undecodable_count, 0);
    }
}
END_TEST

START_TEST(an_update_of_which_the_host_cannot_be_told_is_of_none)
{
    read_text("\"Description\",\"Source\",\"HotFixID\"\n\"Update\",\"PC1\",\"KB2534111\"\n"
              "Update, security,PC1,KB971033\n");
    listed_expect_not(&listed, "entry|");
    ck_assert(!listed_has_complete(&listed));
    ck_assert_uint_eq(listed.facts.undecodable_count, 1);
    listed_expect_detail(&listed, "line 3: whose update it is cannot be told");
    read_text("Description  HotFixID   Source\n-----------  --------   ------\n"
              "Update       KB2534111  PC1\nUpdate       KB971033\n\n");
    listed_expect_not(&listed, "entry|");
    ck_assert(!listed_has_complete(&listed));
    listed_expect_detail(&listed, "line 4: whose update it is cannot be told");
}
END_TEST

/* ---- Lists ---- */

#define RECORD(host, name) "Caption=x\nCSName=" host "\nHotFixID=" name "\nInstalledOn=1/1/2019\n"

START_TEST(junk_in_a_list_hides_no_record_and_no_host)
{
    for (size_t index = 0; index < ARRAY_COUNT(junk); index++) {
        if (strstr(junk[index], "Description") != NULL)
            continue; /* which is a field */
        read_parts("\n\n" RECORD("PC1", "KB2534111") "\n\n" RECORD("PC2", "KB2534111"), junk[index],
                   "\n\n" RECORD("PC3", "KB971033") "\n\n\n");
        listed_expect(&listed, "entry|wmic qfe|PC3|");
        ck_assert(!listed_has_complete(&listed) || index == 7); /* which goes on with a value */
        read_parts("\n\n" RECORD("PC1", "KB2534111") "\n\nCaption=x\nCSName=PC3\n", junk[index],
                   "HotFixID=KB971033\nInstalledOn=1/1/2019\n\n\n\n");
        listed_expect(&listed, "entry|wmic qfe|PC3|");
        listed_expect_not(&listed, "entry|wmic qfe||");
    }
    read_text("\n\n" RECORD("PC1", "KB971033") "\n\nHotFixID=KB2534111\nInstalledOn=1/1/2019\n\n\n"
                                               "\n");
    listed_expect(&listed, "entry|wmic qfe|PC1|");
    ck_assert(!listed_has_complete(&listed));
}
END_TEST

/* ---- Hosts ---- */

START_TEST(hosts_that_were_cut_off_keep_their_dots)
{
    read_text("Source        Description      HotFixID\n------        -----------      --------\n"
              "WORKSTATIO... Update           KB2534111\n"
              "WORKSTATIO... Update           KB971033\n"
              "LAPTOP-FIN\xE2\x80\xA6   Update           KB2534111\n\n");
    listed_expect(&listed, "entry|Get-HotFix|WORKSTATIO...|4|");
    listed_expect(&listed, "listing|Get-HotFix|LAPTOP-FIN...|1|");
    listed_expect_not(&listed, "Get-HotFix||");
}
END_TEST

START_TEST(the_host_can_stand_in_any_column)
{
    read_text("HotFixID  InstalledOn           PSComputerName\n"
              "--------  -----------           --------------\n"
              "KB2534111 1/22/2019 12:00:00 AM PC1\n"
              "KB971033  1/22/2019 12:00:00 AM PC2\n\n");
    listed_expect(&listed, "listing|Get-HotFix|PC1|1||newest_date=1/22/2019|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=\n");
    listed_expect(&listed, "entry|Get-HotFix|PC2|4|");
    read_text("HotFixID  Source\n--------  ------\nKB2534111 PC1\nKB971033  PC2\n\n");
    listed_expect(&listed, "entry|Get-HotFix|PC2|4|");
    listed_expect_not(&listed, "Get-HotFix||");
    /* Behind a translated description, in characters or in columns of the console. */
    read_text("Description HotFixID  Source\n----------- --------  ------\n"
              "更新        KB2534111 PC1\n更新          KB971033  PC1\n\n");
    listed_expect(&listed, "entry|Get-HotFix|PC1|4|");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
}
END_TEST

START_TEST(the_machines_own_name_goes_before_what_it_was_asked_by)
{
    read_text("Node,CSName,HotFixID\n10.1.2.3,PC1,KB971033\nlocalhost,PC2,KB971033\n"
              "alias,PC3,KB971033\nPC4,,KB971033\n");
    for (const char *const *part =
             (const char *const[]){"|PC1|2|", "|PC2|3|", "|PC3|4|", "|PC4|5|", NULL};
         *part != NULL; part++)
        listed_expect(&listed, *part);
    read_text("\"PSComputerName\",\"Source\",\"HotFixID\"\n\"PC9\",\"PC1\",\"KB971033\"\n"
              "\"PC9\",\"localhost\",\"KB971033\"\n");
    listed_expect(&listed, "entry|Get-HotFix|PC1|2|");
    listed_expect(&listed, "entry|Get-HotFix|PC9|3|");
    read_text("PSComputerName : localhost\nHotFixID : KB971033\nCSName : PC1\n\n"
              "PSComputerName : localhost\nHotFixID : KB2534111\nCSName : PC1\n\n\n");
    listed_expect(&listed, "entry|Get-HotFix|PC1|");
}
END_TEST

/* What a machine calls itself is short, and another's name in another domain. */
START_TEST(the_full_form_of_its_name_goes_before_it)
{
    read_text(
        "Node,CSName,HotFixID\npc1.corp.example,PC1,KB971033\npc10.corp.example,PC1,KB971033\n"
        "PC3,PC3,KB971033\n");
    listed_expect(&listed, "entry|wmic qfe|pc1.corp.example|2|");
    listed_expect(&listed, "entry|wmic qfe|PC1|3|");
    listed_expect(&listed, "entry|wmic qfe|PC3|4|");
    read_text("CSName : PC1\nHotFixID : KB971033\nPSComputerName : PC1.corp.example\n\n\n");
    listed_expect(&listed, "entry|Get-HotFix|PC1.corp.example|");
}
END_TEST

START_TEST(addresses_are_no_names)
{
    static const char *const hosts[] = {"localhost", "LOCALHOST", ".",      "127.0.0.1",
                                        "::1",       "10.1.2.3",  "fe80::1"};

    for (size_t index = 0; index < ARRAY_COUNT(hosts); index++) {
        struct text text = {0};

        text_add_format(&text, "Node,HotFixID\n%s,KB971033\n", hosts[index]);
        listed_read(&listed, text_get(&text), text.length_bytes);
        listed_expect(&listed, "entry|wmic qfe||2|");
        text_free(&text);
    }
}
END_TEST

/* A host that one row writes in capitals and the next does not had two listings: an absence was
 * invented. */
START_TEST(hosts_are_one_whatever_their_case_in_every_script)
{
    read_text("Node,HotFixID\nPC\u00C4,KB2534111\nPC\u00C4,KB2534112\npc\u00E4,KB971033\n"
              "PC\u00C4,KB2534113\n\n");
    ck_assert_uint_eq(listed_count(&listed, "listing|"), 1);
    listed_expect(&listed, "listing|wmic qfe|PC\u00C4|1||newest_date=|"
                           "entry_count=4|announced_count=|names_update=yes|incomplete=\n");
    read_text("Node,CSName,HotFixID\npc\u00E4.corp.example,PC\u00C4,KB971033\n");
    listed_expect(&listed, "entry|wmic qfe|pc\u00E4.corp.example|2|");
}
END_TEST

START_TEST(a_host_in_two_cases_is_not_mixed_with_others)
{
    read_text("Node,HotFixID\nPC1,KB2534111\nPC2,KB2534111\npc2,KB2999226\nPC");
    listed_expect(&listed, "listing|wmic qfe|PC1|1||newest_date=|"
                           "entry_count=1|announced_count=|names_update=no|incomplete=\n");
}
END_TEST

/* ---- Lines that were lost ---- */

START_TEST(a_line_that_names_the_update_and_is_no_entry_leaves_nothing_complete)
{
    static const char *const lines[] = {
        "Installed: KB971033\n", "  [09]: KB971033\n",
        "Package Identity : Microsoft-Windows-Security-WindowsActivationTechnologies-package~x\n",
        "Update\tKB971033\tPC1\n"};
    static const char *const harmless[] = {"==== KB971033? ====\n",
                                           "--- KB971033 ---\n",
                                           "C:\\>wmic qfe | find \"KB971033\"\n",
                                           "PS C:\\> Get-HotFix -Id KB971033\n",
                                           "+ Get-HotFix -Id KB971033\n",
                                           "wmic qfe where HotFixID=\"KB971033\"\n",
                                           "KB9710331 is another one\n",
                                           "http://support.microsoft.com/?kbid=971033\n"};

    for (size_t index = 0; index < ARRAY_COUNT(lines); index++) {
        read_parts(WMIC_HEAD WMIC_ROW("PC1", "KB2534111") "\n", "text\n", lines[index]);
        listed_expect(
            &listed, "|incomplete=the text names KB971033 on line 5, which could not be read as an "
                     "entry\n");
        listed_expect_detail(
            &listed, "the text names KB971033 on line 5, which could not be read as an entry");
        read_parts(lines[index], lines[index], WMIC_HEAD WMIC_ROW("PC1", "KB2534111") "\n");
        listed_expect(&listed, "|incomplete=the text names KB971033 on line 1, which");
        listed_expect_detail(&listed, "as an entry, nor could 1 more");
    }
    for (size_t index = 0; index < ARRAY_COUNT(harmless); index++) {
        read_parts(harmless[index], "C:\\>wmic qfe get\n",
                   WMIC_HEAD WMIC_ROW("PC1", "KB2534111") "\n");
        ck_assert_msg(listed_has_complete(&listed), "%s", harmless[index]);
        ck_assert_str_eq(text_get(&listed.facts.detail), "");
    }
}
END_TEST

/* ---- Listings that leave entries out ---- */

/* A command, and a listing that it makes; what was seen above real ones comes first. */
static const struct {
    const char *command;
    bool selects;
} commands[] = {
    {"PS C:\\> Get-Hotfix | Where-Object { $_.Description -eq \"Security Update\" } \n", true},
    {"Get-HotFix | where -filter {$_.Description -like \"Security*\"} | ft\n", true},
    {"PS C:\\> Get-HotFix | Sort-Object -Property InstalledOn | Select-Object -First 20\n", true},
    {"*Evil-WinRM* PS C:\\Users\\x> get-hotfix|?{$_.InstalledOn}\n", true},
    {"PS C:\\> Get-HotFix -Id KB2534111\n", true},
    {"PS C:\\> get-hotfix KB2534111\n", true},
    {"PS C:\\> gwmi win32_quickfixengineering | ? HotFixID -match 253\n", true},
    {"PS C:\\> Get-WmiObject -Class Win32_QuickFixEngineering -Filter \"HotFixID like 'KB25%'\"\n",
     true},
    {"powershell -Command \"Get-HotFix | Select-String KB25\"\n", true},
    {"PS C:\\> Get-HotFix | Select-Object Source, HotFixID | Sort-Object HotFixID\n", false},
    {"PS C:\\> Get-HotFix -ComputerName PC1 | Format-Table -AutoSize\n", false},
    {"PS C:\\> wmic qfe where \"HotFixID='KB2534111'\"\nNo Instance(s) Available.\n\n"
     "PS C:\\> Get-HotFix | ft\n",
     false},
    {"PS C:\\> Get-HotFix -Id KB971033\n\nPS C:\\> Get-HotFix | ft\n", false},
    {"PS C:\\> Get-HotFix -Id KB971033\n\nPS C:\\> Get-HotFix\n", false},
};

START_TEST(a_listing_whose_command_leaves_entries_out_is_not_complete)
{
    for (size_t index = 0; index < ARRAY_COUNT(commands); index++) {
        read_parts(commands[index].command, GET_HOTFIX_HEAD,
                   GET_HOTFIX_ROW("PC1", "KB2534111") "\n\n");
        ck_assert_msg(listed_has_complete(&listed) == !commands[index].selects, "%s",
                      commands[index].command);
        if (commands[index].selects)
            listed_expect(&listed, "|incomplete=the command above it leaves entries out\n");
    }
    read_parts("C:\\>wmic qfe where \"HotFixID like 'KB25%'\"\n", WMIC_HEAD,
               WMIC_ROW("PC1", "KB2534111") "\n");
    listed_expect(&listed, "|incomplete=the command above it leaves entries out\n");
    read_text(
        "C:\\>dism /online /get-packages /format:table | findstr KB25\nVersion: 6.1.7600.16385\n\n"
        "Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0 | Installed | Update | 1/1/2019\n\n"
        "The operation completed successfully.\n");
    listed_expect(&listed, "|incomplete=the command above it leaves entries out\n");
    read_parts("C:\\>wmic qfe where \"HotFixID like 'KB25%'\" list /format:csv\n",
               "\nNode,HotFixID\nPC1,KB2534111\nPC2,KB2534111\nPC3,KB2534111\n", "\n");
    ck_assert_uint_eq(
        listed_count(&listed, "|incomplete=the command above it leaves entries out\n"), 3);
    ck_assert_uint_eq(listed_count(&listed, "it has no entry"), 0);
    /* One that is another listing's says nothing. */
    read_parts("PS C:\\> Get-HotFix -Id KB2534111\n", WMIC_HEAD, WMIC_ROW("PC1", "KB2534111") "\n");
    ck_assert(listed_has_complete(&listed));
}
END_TEST

/* KB971033 is described as an update. */
START_TEST(a_listing_of_other_kinds_alone_is_not_complete)
{
    static const char reason[] =
        "|incomplete=it has no entry of the kind Update, which KB971033 is\n";

    read_text(GET_HOTFIX_HEAD
              "PC1           Security Update  KB2534111     NT AUTHORITY\\SYSTEM  1/22/2019\n"
              "PC1           Security Update  KB2999226     NT AUTHORITY\\SYSTEM  1/22/2019\n\n");
    listed_expect(&listed, reason);
    read_text(GET_HOTFIX_HEAD
              "PC1           Security Update  KB2534111     NT AUTHORITY\\SYSTEM  1/22/2019\n"
              "PC1           Update           KB2999226     NT AUTHORITY\\SYSTEM  1/22/2019\n\n");
    ck_assert(listed_has_complete(&listed));
    read_text("Node,Description,HotFixID\nPC1,Security Update,KB2534111\nPC2,Update,KB2534111\n");
    listed_expect(&listed, reason);
    ck_assert(listed_has_complete(&listed));
    read_text("\n\nDescription=Security Update\nHotFixID=KB2534111\n\n\n"
              "Description=Security Update\nHotFixID=KB2999226\n\n\n\n");
    listed_expect(&listed, reason);
    read_text(GET_HOTFIX_HEAD
              "PC1           Hotfix           KB2534111     NT AUTHORITY\\SYSTEM  1/22/2019\n"
              "PC1           Security Update  KB2999226     NT AUTHORITY\\SYSTEM  1/22/2019\n\n");
    listed_expect(&listed, reason);
    /* A word of another language, or none, may be of an Update. */
    read_text("Node,Description,HotFixID\nPC1,Hotfix,KB2534111\nPC1,Mise,KB2534112\n");
    ck_assert(listed_has_complete(&listed));
    read_text("Node,Description,HotFixID\nPC1,Hotfix,KB2534111\nPC1,,KB2534112\n");
    ck_assert(listed_has_complete(&listed));
}
END_TEST

/* ---- Lines that a filter let through ---- */

#define URL "http://support.microsoft.com/?kbid="
#define WAT_IDENTITY                                                                            \
    "Microsoft-Windows-Security-WindowsActivationTechnologies-Package~31bf3856ad364e35~amd64~~" \
    "7.1.7600.16395"

START_TEST(rows_without_a_heading_prove_presence_alone)
{
    static const char reason[] =
        "|incomplete=nothing stands above its rows, so others may have been left out";

    read_text(URL
              "971033   PC1  Update           KB971033   NT AUTHORITY\\SYSTEM  4/19/2018  \n\n");
    listed_expect(&listed,
                  "entry|wmic qfe|PC1|1||update_id=KB971033|name=KB971033|state=|state_text=|"
                  "date=4/19/2018\n");
    ck_assert(!listed_has_complete(&listed));
    /* Without a host, and of two hosts one after the other. */
    read_text("C:\\>wmic qfe get Caption,Description,HotFixID | find \"971033\"\n" URL
              "971033  Update  KB971033  \n");
    listed_expect(&listed, "entry|wmic qfe||2|");
    read_text(URL "971033  PC1  Update  KB971033  x\n" URL "971033  PC2  Update  KB971033  x\n");
    listed_expect(&listed, "entry|wmic qfe|PC1|1|");
    listed_expect(&listed, "entry|wmic qfe|PC2|2|");
    read_text(URL "2534111  PC1  Update  KB2534111  x\n" URL
                  "2534112  PC1  Update  KB2534112  x\n");
    listed_expect(
        &listed, "|entry_count=2|announced_count=|names_update=no|incomplete=nothing stands above");
    listed_expect(&listed, reason);
    /* A cut row, an address alone, an address in a sentence. */
    read_text(URL "971033  PC1  Update  KB971033");
    ck_assert_str_eq(text_get(&listed.findings), "");
    read_text(URL "971033\n" URL "971033 is what tells of KB971033\n");
    ck_assert_str_eq(text_get(&listed.findings), "");
}
END_TEST

/* A filter lets no state through, or the whole row with it. */
START_TEST(packages_without_a_heading_are_known_and_no_more)
{
    read_text("Package Identity : " WAT_IDENTITY "\n");
    listed_expect(&listed, "entry|dism||1||update_id=KB971033|name=" WAT_IDENTITY
                           "|state=unknown|state_text=|");
    ck_assert(!listed_has_complete(&listed));
    read_text("C:\\>dism /online /get-packages | findstr KB\n"
              "Package Identity : Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0\n");
    listed_expect_not(&listed, "entry|");
    ck_assert(!listed_has_complete(&listed));
    read_text(WAT_IDENTITY " | Installed | Update | 4/19/2018 9:27 AM\n" WAT_IDENTITY
                           " | Staged | Update | 4/19/2018 9:27 AM\n");
    listed_expect(&listed,
                  "entry|dism||1||update_id=KB971033|name=" WAT_IDENTITY "|state=Installed|");
    listed_expect(&listed, "entry|dism||2||update_id=KB971033|name=" WAT_IDENTITY "|state=Staged|");
    read_text("Package Identity : Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0\n"
              "State : Installed\nRelease Type : Update\nInstall Time : 4/19/2018 9:27 AM\n");
    listed_expect(
        &listed, "|entry_count=1|announced_count=|names_update=no|incomplete=nothing stands above");
    read_text("Package Identity : " WAT_IDENTITY);
    ck_assert_str_eq(text_get(&listed.findings), "");
}
END_TEST

/* ---- ReportingEvents.log ---- */

#define REPORTED(time, event, result, words)                      \
    "{5B6E8A3C-0A6B-4F0B-9B38-4C6B6C3C3A11}\t" time "\t1\t" event \
    "\t101\t{26F09D71-9D5C-44A0-ACB8-3F27E5C2B9CB}\t201\t" result "\tAutomaticUpdates\t" words

START_TEST(rows_of_reporting_events_are_history)
{
    static const char done[] = "Success\tContent Install\tInstallation Successful: Windows "
                               "successfully installed the following update: x (KB971033)\n";
    static const char failed[] = "Failure\tContent Install\tInstallation Failure: x (KB971033)\n";
    struct text text = {0};

    text_add_format(
        &text,
        REPORTED("2019-01-08 09:45:55:528-0500", "183 [AGENT_INSTALLING_SUCCEEDED]", "0", "%s")
            REPORTED("2019-01-08 09:45:55.528+0130", "182\t[AGENT_INSTALLING_FAILED]", "80070643",
                     "%s") REPORTED("2019-01-08 09:45:55:528+0000", "162", "0", "%s"),
        done, failed, done);
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_str_eq(
        text_get(&listed.findings),
        "history-row|ReportingEvents.log||1|2019-01-08T14:45:55.5280000Z|status=1|mapped_result=0|"
        "unmapped_result=|server_selection=|update_id=KB971033|client_id=|title=Installation "
        "Successful: Windows successfully installed the following update: x (KB971033)|"
        "other_reading=\n"
        "history-row|ReportingEvents.log||2|2019-01-08T08:15:55.5280000Z|status=2|"
        "mapped_result=-2147023293|unmapped_result=|server_selection=|update_id=KB971033|"
        "client_id=|title=Installation Failure: x (KB971033)|other_reading=\n");
    ck_assert_str_eq(text_get(&listed.facts.detail), "");
    ck_assert_uint_eq(listed.facts.record_count, 3);
    text_free(&text);
}
END_TEST

START_TEST(rows_without_a_time_are_none)
{
    static const char *const times[] = {"2019-01-08 09:45:55:528",
                                        "2019-13-08 09:45:55:528-0500",
                                        "2019-01-08 09:45:55:528 0500",
                                        "2019-01-08 09:45:55:528-05:0",
                                        "1601-01-01 00:00:00:000+0100",
                                        "",
                                        "1"};

    for (size_t index = 0; index < ARRAY_COUNT(times); index++) {
        struct text text = {0};

        text_add_format(&text, REPORTED("%s", "183", "0", "Success\tx (KB971033)\n"), times[index]);
        listed_read(&listed, text_get(&text), text.length_bytes);
        ck_assert_str_eq(text_get(&listed.findings), "");
        text_free(&text);
    }
    /* A row that was cut tells nothing. */
    read_text(REPORTED("2019-01-08 09:45:55:528-0500", "183", "0", "Success\tx (KB971033)"));
    ck_assert_str_eq(text_get(&listed.findings), "");
    read_text(REPORTED("2019-01-08 09:45:55:528-0500", "99999999999999999999", "0",
                       "Success\tx (KB971033)\n"));
    ck_assert_str_eq(text_get(&listed.findings), "");
}
END_TEST

/* ---- Columns under other names ---- */

START_TEST(columns_can_have_other_names)
{
    static const struct {
        const char *text;
        const char *entry;
    } cases[] = {
        {"\"ComputerName\",\"KB\"\n\"PC1\",\"KB2534111\"\n\"PC1\",\"971033\"\n",
         "entry|Get-HotFix|PC1|3|"},
        {"Name;KBNumber;InstalledOn\nPC1;KB2534111;1/1/2019\nPC1;KB971033;1/2/2019\n",
         "|PC1|3||update_id=KB971033|name=KB971033|state=|state_text=|date=1/2/2019\n"},
        {"\"Name0\",\"HotFixID0\",\"InstalledOn0\"\n\"PC1\",\"KB2534111\",\"\"\n\"PC1\","
         "\"KB971033\",\"1/2/2019\"\n",
         "|PC1|3||update_id=KB971033|name=KB971033|state=|state_text=|date=1/2/2019\n"},
        {"ComputerName KB       \n------------ --       \nPC1          KB2534111\n"
         "PC1          971033   \n",
         "entry|Get-HotFix|PC1|4|"},
        {"ComputerName : PC1\nHotFixID : KB2534111\n\nComputerName : PC1\nHotFixID : KB971033\n",
         "entry|Get-HotFix|PC1|5|"},
        {"#TYPE x\n\"CSName\",\"HotFixID\",\"Name\",\"PSComputerName\",\"CimClass\","
         "\"CimInstanceProperties\",\"CimSystemProperties\"\n"
         "\"PC1\",\"KB2534111\",\"\",\"PC1\",\"a\",\"b\",\"c\"\n"
         "\"PC1\",\"KB971033\",\"\",\"PC1\",\"a\",\"b\",\"c\"\n",
         "entry|Get-HotFix|PC1|4|"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        read_text(cases[index].text);
        listed_expect(&listed, cases[index].entry);
        listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
    }
    /* Words that scripts have for other things, and names of updates where hosts could be. */
    read_text("Caption,Name,HotFixID\nx,Update for Windows (KB971033),KB971033\n");
    listed_expect(&listed, "entry|Get-HotFix||2|");
    read_text("Caption,Name,HotFixID\nx,,KB971033\n");
    listed_expect(&listed, "entry|Get-HotFix||2|");
}
END_TEST

START_TEST(a_status_in_a_table_of_updates_counts)
{
    read_text("ComputerName,KB,Status\nPC1,KB971033,Missing\nPC2,KB971033,Installed\n"
              "PC3,KB971033,\n");
    listed_expect(&listed,
                  "|PC1|2||update_id=KB971033|name=KB971033|state=unknown|state_text=Missing|");
    listed_expect(&listed, "|PC2|3||update_id=KB971033|name=KB971033|state=Installed|");
    listed_expect(&listed, "|PC3|4||update_id=KB971033|name=KB971033|state=|state_text=|");
}
END_TEST

/* ---- Listings one behind the other ---- */

START_TEST(listings_that_were_appended_are_each_complete)
{
    static const char typed[] = "#TYPE System.Management.ManagementObject#root\\cimv2\n"
                                "\"Source\",\"HotFixID\"\n\"%s\",\"KB2534111\"\n";
    struct text text = {0};

    for (const char *const *host = (const char *const[]){"PC1", "PC2", "PC3", NULL}; *host != NULL;
         host++)
        text_add_format(&text, typed, *host);
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_uint_eq(
        listed_count(&listed, "|entry_count=1|announced_count=|names_update=no|incomplete=\n"), 3);
    text_free(&text);
    read_text(
        "\n\n" RECORD("PC1", "KB2534111") "\n\n" RECORD("PC1", "KB2999226") "\n\n\n\n\n" RECORD(
            "PC2", "KB2534111") "\n\n" RECORD("PC2", "KB2999226") "\n\n\n");
    ck_assert_uint_eq(
        listed_count(&listed, "|entry_count=2|announced_count=|names_update=no|incomplete=\n"), 2);
}
END_TEST

START_TEST(a_table_with_each_line_end_twice_is_read)
{
    read_text("\n\nSource  Description  HotFixID\n\n------  -----------  --------\n\n"
              "PC1     Update       KB2534111\n\nPC1     Update       KB971033\n\n\n\n");
    listed_expect(&listed, "entry|Get-HotFix|PC1|9|");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
}
END_TEST

START_TEST(other_fields_of_a_record_can_name_its_update)
{
    read_text("__RELPATH : Win32_QuickFixEngineering.HotFixID=\"KB971033\"\nCSName : PC1\n"
              "HotFixID : KB971033\n__PATH : HotFixID=\"KB971033\"\n\n"
              "__RELPATH : Win32_QuickFixEngineering.HotFixID=\"KB2534111\"\nCSName : PC1\n"
              "HotFixID : KB2534111\n__PATH : HotFixID=\"KB2534111\"\n\n\n");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
}
END_TEST

START_TEST(packages_behind_a_stray_line_are_read)
{
    read_text(
        "Version: 6.1.7600.16385\n\n"
        "P : Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0\nS : Installed\nR : Update\n"
        "T : 1/1/2019\n\nsomething else\n"
        "P : Package_for_KB971033~31bf3856ad364e35~amd64~~6.1.1.0\nS : Installed\nR : Update\n"
        "T : 1/1/2019\n\nThe operation completed successfully.\n");
    listed_expect(&listed, "entry|dism||9|");
    listed_expect(&listed,
                  "|entry_count=2|announced_count=|names_update=yes|incomplete=it does not end");
}
END_TEST

START_TEST(a_number_alone_names_the_update)
{
    read_text("Node,HotFixID\nPC1,971033\nPC1,KB2534111\n");
    listed_expect(&listed, "entry|wmic qfe|PC1|2||update_id=KB971033|name=971033|");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=yes|incomplete=\n");
    read_text("Node,HotFixID\nPC1,9710331\nPC1,KB2534111\n");
    listed_expect(&listed, "|entry_count=2|announced_count=|names_update=no|incomplete=\n");
}
END_TEST

/* ---- Bounds ---- */

START_TEST(what_is_left_out_is_damage)
{
    struct text text = {0};

    text_add(&text, "Node,HotFixID\n");
    for (unsigned host = 0; host < 100000; host++)
        text_add_format(&text, "PC%u,KB2534111\n", host);
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_OK);
    listed_expect(&listed, "listing|wmic qfe|PC99999|");
    text_add(&text, "one-more,KB971033\n");
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
    listed_expect_detail(&listed,
                         "line 1: more than 100000 hosts: the entries of others were left out, 1");
    text_clear(&text);
    text_add(&text, "Node,HotFixID\n");
    for (unsigned row = 0; row < 65; row++)
        text_add(&text, "PC1,KB971033\n");
    listed_read(&listed, text_get(&text), text.length_bytes);
    ck_assert_int_eq(listed.facts.status, SOURCE_STATUS_DAMAGED);
    listed_expect_detail(&listed, "it says too much: findings were left out, 1");
    text_free(&text);
}
END_TEST

static Suite *listing_rows_suite(void)
{
    Suite *suite = suite_create("listing_rows");
    TCase *cases = tcase_create("listing_rows");

    tcase_add_test(cases, junk_in_a_table_is_no_row_and_hides_none);
    tcase_add_test(cases, junk_at_the_end_of_a_table_makes_it_incomplete);
    tcase_add_test(cases, a_blank_line_in_a_table_hides_no_row);
    tcase_add_test(cases, a_table_ends_where_another_listing_begins);
    tcase_add_test(cases, rows_have_names_of_updates_alone);
    tcase_add_test(cases, wrapped_cells_go_on_with_their_row);
    tcase_add_test(cases, names_that_were_replaced_may_move_the_rest_of_a_row);
    tcase_add_test(cases, a_table_with_tabs_is_not_taken_for_complete);
    tcase_add_test(cases, junk_in_csv_is_no_row_and_hides_none);
    tcase_add_test(cases, updates_are_found_in_rows_that_are_not_well_formed);
    tcase_add_test(cases, an_update_of_which_the_host_cannot_be_told_is_of_none);
    tcase_add_test(cases, junk_in_a_list_hides_no_record_and_no_host);
    tcase_add_test(cases, hosts_that_were_cut_off_keep_their_dots);
    tcase_add_test(cases, the_host_can_stand_in_any_column);
    tcase_add_test(cases, the_machines_own_name_goes_before_what_it_was_asked_by);
    tcase_add_test(cases, the_full_form_of_its_name_goes_before_it);
    tcase_add_test(cases, addresses_are_no_names);
    tcase_add_test(cases, hosts_are_one_whatever_their_case_in_every_script);
    tcase_add_test(cases, a_host_in_two_cases_is_not_mixed_with_others);
    tcase_add_test(cases, a_line_that_names_the_update_and_is_no_entry_leaves_nothing_complete);
    tcase_add_test(cases, a_listing_whose_command_leaves_entries_out_is_not_complete);
    tcase_add_test(cases, a_listing_of_other_kinds_alone_is_not_complete);
    tcase_add_test(cases, rows_without_a_heading_prove_presence_alone);
    tcase_add_test(cases, packages_without_a_heading_are_known_and_no_more);
    tcase_add_test(cases, rows_of_reporting_events_are_history);
    tcase_add_test(cases, rows_without_a_time_are_none);
    tcase_add_test(cases, columns_can_have_other_names);
    tcase_add_test(cases, a_status_in_a_table_of_updates_counts);
    tcase_add_test(cases, listings_that_were_appended_are_each_complete);
    tcase_add_test(cases, a_table_with_each_line_end_twice_is_read);
    tcase_add_test(cases, other_fields_of_a_record_can_name_its_update);
    tcase_add_test(cases, packages_behind_a_stray_line_are_read);
    tcase_add_test(cases, a_number_alone_names_the_update);
    tcase_add_test(cases, what_is_left_out_is_damage);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(listing_rows_suite());
}
