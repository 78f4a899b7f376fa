/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "intake/content.h"
#include "intake/inventory.h"
#include "intake/walk.h"
#include "run.h"
#include "scratch.h"
#include "worker/hash.h"

static void write_text(const char *path, const char *text)
{
    scratch_write(path, text, strlen(text));
}

static const struct walk_entry *find(const struct walk *walk, const char *path)
{
    for (size_t index = 0; index < walk->entry_count; index++)
        if (strcmp(walk->entries[index].path, path) == 0)
            return &walk->entries[index];
    return NULL;
}

/* ---- walk ---- */

START_TEST(folders_are_walked_in_the_order_of_bytes)
{
    const char *inputs[] = {"t", "t/b"};
    struct walk walk;

    ck_assert_int_eq(mkdir("t", 0777), 0);
    ck_assert_int_eq(mkdir("t/b", 0777), 0);
    write_text("t/b/1", "");
    write_text("t/a", "");
    write_text("t/b-c", "");
    write_text("t/Z", "");
    walk_collect(inputs, 2, NULL, false, &walk);
    ck_assert_uint_eq(walk.entry_count, 4);
    ck_assert_uint_eq(walk.file_count, 4);
    ck_assert_str_eq(walk.entries[0].path, "t/Z");
    ck_assert_str_eq(walk.entries[1].path, "t/a");
    ck_assert_str_eq(walk.entries[2].path, "t/b-c");
    ck_assert_str_eq(walk.entries[3].path, "t/b/1");
    walk_free_content(&walk);
}
END_TEST

START_TEST(links_and_special_files_are_listed_but_not_read)
{
    const char *inputs[] = {"t"};
    struct walk walk;

    ck_assert_int_eq(mkdir("t", 0777), 0);
    ck_assert_int_eq(mkdir("outside", 0777), 0);
    write_text("outside/secret", "");
    ck_assert_int_eq(symlink("../outside", "t/out"), 0);
    ck_assert_int_eq(symlink(".", "t/self"), 0);
    ck_assert_int_eq(symlink("nothing", "t/dangling"), 0);
    ck_assert_int_eq(mkfifo("t/fifo", 0666), 0);
    write_text("t/file", "");
    walk_collect(inputs, 1, NULL, false, &walk);
    ck_assert_uint_eq(walk.entry_count, 5);
    ck_assert_uint_eq(walk.file_count, 1);
    ck_assert_ptr_null(find(&walk, "t/file")->problem);
    for (size_t index = 0; index < walk.entry_count; index++)
        if (walk.entries[index].problem != NULL)
            ck_assert_int_eq(walk.entries[index].status, SOURCE_STATUS_SKIPPED);
    ck_assert_str_eq(find(&walk, "t/fifo")->problem, "not a regular file");
    walk_free_content(&walk);
}
END_TEST

START_TEST(a_named_link_is_followed)
{
    const char *inputs[] = {"link"};
    struct walk walk;

    ck_assert_int_eq(mkdir("t", 0777), 0);
    write_text("t/file", "");
    ck_assert_int_eq(symlink("t", "link"), 0);
    walk_collect(inputs, 1, NULL, false, &walk);
    ck_assert_uint_eq(walk.file_count, 1);
    ck_assert_str_eq(walk.entries[0].path, "link/file");
    walk_free_content(&walk);
}
END_TEST

START_TEST(a_missing_path_is_an_entry_with_its_reason)
{
    const char *inputs[] = {"missing", "there", "dangling"};
    struct walk walk;

    write_text("there", "x");
    ck_assert_int_eq(symlink("nothing", "dangling"), 0);
    walk_collect(inputs, 3, NULL, false, &walk);
    ck_assert_uint_eq(walk.file_count, 1);
    ck_assert_int_eq(find(&walk, "missing")->status, SOURCE_STATUS_UNREADABLE);
    ck_assert_str_eq(find(&walk, "missing")->problem, "No such file or directory");
    ck_assert_int_eq(find(&walk, "dangling")->status, SOURCE_STATUS_UNREADABLE);
    ck_assert_str_eq(find(&walk, "dangling")->problem,
                     "symbolic link that leads nowhere: No such file or directory");
    walk_free_content(&walk);
}
END_TEST

START_TEST(an_input_folder_without_a_file_is_an_entry_with_its_reason)
{
    const char *inputs[] = {"empty", "hollow", "links", "t"};
    struct walk walk;

    ck_assert_int_eq(mkdir("empty", 0777), 0);
    ck_assert_int_eq(mkdir("hollow", 0777), 0);
    ck_assert_int_eq(mkdir("hollow/sub", 0777), 0);
    ck_assert_int_eq(mkdir("links", 0777), 0);
    ck_assert_int_eq(symlink("../t/file", "links/link"), 0);
    ck_assert_int_eq(mkdir("t", 0777), 0);
    ck_assert_int_eq(mkdir("t/sub", 0777), 0);
    write_text("t/file", "x");
    walk_collect(inputs, 4, NULL, false, &walk);
    ck_assert_uint_eq(walk.entry_count, 5);
    ck_assert_uint_eq(walk.file_count, 1);
    ck_assert_int_eq(find(&walk, "empty")->status, SOURCE_STATUS_UNREADABLE);
    ck_assert(find(&walk, "empty")->is_folder);
    ck_assert_str_eq(find(&walk, "empty")->problem, "the folder holds no file");
    ck_assert_str_eq(find(&walk, "hollow")->problem, "the folder holds no file");
    ck_assert_int_eq(find(&walk, "links")->status, SOURCE_STATUS_UNREADABLE);
    ck_assert_int_eq(find(&walk, "links/link")->status, SOURCE_STATUS_SKIPPED);
    walk_free_content(&walk);
}
END_TEST

START_TEST(the_output_folder_is_not_walked_into)
{
    const char *inputs[] = {"t", "t/report"};
    struct stat exclude;
    struct walk walk;

    ck_assert_int_eq(mkdir("t", 0777), 0);
    ck_assert_int_eq(mkdir("t/report", 0777), 0);
    write_text("t/report/hosts.csv", "");
    write_text("t/file", "");
    ck_assert_int_eq(stat("t/report", &exclude), 0);
    walk_collect(inputs, 2, &exclude, false, &walk);
    ck_assert_uint_eq(walk.entry_count, 1);
    walk_free_content(&walk);
}
END_TEST

static size_t count_listed(const char *bytes, size_t size_bytes, char ***inputs)
{
    struct error err = {0};
    size_t count = 0;
    FILE *list;

    scratch_write("list", bytes, size_bytes);
    list = fopen("list", "re");
    ck_assert_ptr_nonnull(list);
    *inputs = NULL;
    ck_assert_int_eq(walk_read_list(list, "paths", inputs, &count, &err), 0);
    fclose(list);
    return count;
}

static void free_list(char **inputs, size_t count)
{
    for (size_t index = 0; index < count; index++)
        free(inputs[index]);
    free(inputs);
}

START_TEST(lists_of_paths_end_at_lines_or_nuls)
{
    static const char lines[] = "a b\r\n\nc\nlast";
    static const char nuls[] = "a\nb\0c\r\0\0d";
    char **inputs;
    size_t count = count_listed(lines, sizeof(lines) - 1, &inputs);

    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(inputs[0], "a b");
    ck_assert_str_eq(inputs[1], "c");
    ck_assert_str_eq(inputs[2], "last");
    free_list(inputs, count);
    count = count_listed(nuls, sizeof(nuls) - 1, &inputs);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(inputs[0], "a\nb");
    ck_assert_str_eq(inputs[1], "c\r");
    ck_assert_str_eq(inputs[2], "d");
    free_list(inputs, count);
    ck_assert_uint_eq(count_listed("", 0, &inputs), 0);
    free_list(inputs, 0);
}
END_TEST

/* ---- recognise ---- */

static const char *recognised_word(struct span head)
{
    const char *name;

    return source_kind_word(content_recognise(head, &name));
}

START_TEST(files_are_known_by_their_content)
{
    static char head[CONTENT_LONG_HEAD_BYTES];
    static const struct {
        size_t offset;
        const char *magic;
        size_t size;
        const char *kind;
    } cases[] = {
        {0, "ElfFile\0", 8, "evtx"},       {4096, "ElfChnk\0", 8, "evtx"},
        {0, "ElfFile", 7, "evtx"}, /* the next byte of `head` is 0 */
        {0, "\x30\0\0\0LfLe", 8, "evt"},   {4, "\xEF\xCD\xAB\x89", 4, "ese"},
        {0, "PK\x03\x04", 4, "zip"},       {257, "ustar", 5, "tar"},
        {0, "ElfChnk\0", 8, "evtx"},       {65536, "ElfChnk\0", 8, "evtx"},
        {1, "ElfFile\0", 8, "unknown"},    {512, "ElfChnk\0", 8, "unknown"},
        {2048, "ElfChnk\0", 8, "unknown"}, {12288, "ElfChnk", 7, "evtx"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        memset(head, 0, sizeof(head));
        memcpy(head + cases[index].offset, cases[index].magic, cases[index].size);
        ck_assert_str_eq(recognised_word(span_of(head, sizeof(head), 0)), cases[index].kind);
    }
    ck_assert_str_eq(recognised_word(span_of("", 0, 0)), "empty");
    ck_assert_str_eq(recognised_word(span_of("PK\x03\x04HotFixID\n", 13, 0)), "zip");
    ck_assert_str_eq(recognised_word(span_of("ElfFi", 5, 0)), "unknown");
    ck_assert_str_eq(recognised_word(span_of("HotFixID\n", 9, 0)), "unknown");
}
END_TEST

static enum source_kind opened_kind(const char *bytes, size_t size_bytes, bool carve)
{
    struct walk_entry entry = {.path = (char[]){"file"}, .named = true};
    struct error open_err = {0};
    enum source_kind kind;
    struct source source;
    const char *name;
    int file;

    scratch_write(entry.path, bytes, size_bytes);
    ck_assert_int_eq(content_open(&entry, carve, &file, &source, &name, &open_err), 0);
    close(file);
    kind = source.kind;
    source_free_content(&source);
    return kind;
}

/* The first chunk that is whole begins at a page of the first 68 KiB, and at none behind. */
START_TEST(logs_without_their_first_pages_are_known_by_their_first_chunk)
{
    enum { FILE_BYTES = 3 * 65536 };
    char *bytes = memory_allocate(FILE_BYTES, 1);

    for (size_t page = 0; page < 19; page++) {
        memset(bytes, 'x', FILE_BYTES);
        memcpy(bytes + 4096 * page, "ElfChnk", 8);
        ck_assert_uint_eq(opened_kind(bytes, FILE_BYTES, false),
                          page < 17 ? SOURCE_KIND_EVTX : SOURCE_KIND_UNKNOWN);
        /* It can be a part of a disk: with --carve all of it is searched. */
        ck_assert_uint_eq(opened_kind(bytes, FILE_BYTES, true), SOURCE_KIND_UNKNOWN);
    }
    memcpy(bytes, "ElfFile", 8);
    ck_assert_uint_eq(opened_kind(bytes, FILE_BYTES, true), SOURCE_KIND_EVTX);
    free(bytes);
}
END_TEST

/* ---- content and its index ---- */

/* Returned owned; NULL with *err filled. */
static char *hash_of(int descriptor, uint64_t size_bytes, struct error *err)
{
    struct hash *hash = hash_new(err);
    uint8_t digest[HASH_BYTES];
    char *hex = NULL;

    ck_assert_ptr_nonnull(hash);
    if (hash_file(hash, descriptor, size_bytes, err) == 0) {
        ck_assert_int_eq(hash_finish(hash, digest, err), 0);
        hex = memory_allocate(HASH_HEX_SIZE, 1);
        hash_write_hex(digest, hex);
    }
    hash_free(hash);
    return hex;
}

static int open_entry(const char *path, bool named, struct source *source, struct error *err)
{
    struct walk_entry entry = {.path = (char *)path, .named = named};
    const char *name;
    int descriptor = -1;

    if (content_open(&entry, false, &descriptor, source, &name, err) != 0 && descriptor >= 0) {
        close(descriptor);
        descriptor = -1;
    }
    return descriptor;
}

START_TEST(a_file_that_vanished_or_became_a_link_is_an_error_of_the_source)
{
    struct error err = {0};
    struct source source;

    ck_assert_int_eq(open_entry("gone", false, &source, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_str_eq(err.message, "vanished during the run");
    source_free_content(&source);
    error_clear(&err);
    write_text("there", "x");
    ck_assert_int_eq(symlink("there", "link"), 0);
    ck_assert_int_eq(open_entry("link", false, &source, &err), -1);
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    source_free_content(&source);
    error_clear(&err);
}
END_TEST

START_TEST(hash_is_that_of_the_content)
{
    struct error err = {0};
    struct source source;
    char *sha256;
    int descriptor;

    write_text("abc", "abc");
    descriptor = open_entry("abc", false, &source, &err);
    ck_assert_int_ge(descriptor, 0);
    sha256 = hash_of(descriptor, source.size_bytes, &err);
    ck_assert_str_eq(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    free(sha256);
    ck_assert_ptr_null(hash_of(descriptor, source.size_bytes + 1, &err));
    ck_assert_int_eq(err.kind, ERROR_SOURCE);
    ck_assert_uint_eq(err.offset_bytes, 3);
    error_clear(&err);
    close(descriptor);
    source_free_content(&source);
}
END_TEST

/* What is known of a file that is asked for. */
struct asked {
    const char *path;
    const char *sha256; /* NULL: none */
    bool is_sure;
    bool is_gone; /* its path leads to no file */
};

/* The id of the file with its content that came earlier; the file gets `id` where there is none,
 * and -1 is returned where that cannot be told without a sure hash. */
static int64_t earlier_id_of(struct content_index *index, const struct asked *asked, int64_t id)
{
    struct error err = {0};
    struct source source;
    int descriptor = open_entry(asked->path, false, &source, &err);
    struct content content = {.source = &source,
                              .descriptor = descriptor,
                              .is_sure = asked->is_sure,
                              .is_there = !asked->is_gone};
    const struct indexed_file *earlier;
    const char *rival;

    ck_assert_int_ge(descriptor, 0);
    if (asked->sha256 != NULL)
        source.sha256 = memory_copy_text(asked->sha256);
    earlier = content_index_find(index, &content, &rival);
    if (earlier != NULL)
        id = indexed_file_id(earlier);
    else if (rival != NULL && !asked->is_sure)
        id = -1;
    else
        indexed_file_set_source(content_index_add(index, &content), id, SOURCE_KIND_EVTX);
    close(descriptor);
    source_free_content(&source);
    return id;
}

static int64_t earlier_id(struct content_index *index, const char *path, bool hashed, int64_t id)
{
    struct error err = {0};
    struct source source;
    int descriptor = open_entry(path, false, &source, &err);
    char *sha256 = hashed ? hash_of(descriptor, source.size_bytes, &err) : NULL;
    struct asked asked = {.path = path, .sha256 = sha256, .is_sure = hashed};

    close(descriptor);
    source_free_content(&source);
    id = earlier_id_of(index, &asked, id);
    free(sha256);
    return id;
}

/* A reader that was taken over says what hash it likes. */
START_TEST(lying_hash_makes_no_copy)
{
    struct content_index *index = content_index_new();
    struct asked first = {.path = "first", .sha256 = "aa"};
    struct asked liar = {.path = "liar", .sha256 = "aa"};
    struct asked copy = {.path = "copy", .sha256 = "aa"};
    struct asked member = {.path = "first", .sha256 = "bb", .is_sure = true, .is_gone = true};

    scratch_write("first", "one and the same", 16);
    scratch_write("copy", "one and the same", 16);
    scratch_write("liar", "one and thy same", 16);
    ck_assert_int_eq(earlier_id_of(index, &first, 11), 11);
    ck_assert_int_eq(earlier_id_of(index, &copy, 22), 11);
    ck_assert_int_eq(earlier_id_of(index, &liar, 33), -1);
    liar.sha256 = "cc"; /* which is made sure */
    liar.is_sure = true;
    ck_assert_int_eq(earlier_id_of(index, &liar, 33), 33);
    ck_assert_int_eq(earlier_id_of(index, &copy, 44), 11);
    /* What is gone is compared by hashes that are sure, */
    ck_assert_int_eq(earlier_id_of(index, &member, 55), 55);
    copy.sha256 = "bb";
    ck_assert_int_eq(earlier_id_of(index, &copy, 66), -1);
    copy.is_sure = true;
    ck_assert_int_eq(earlier_id_of(index, &copy, 66), 55);
    /* and what is there, but has others, by no hash. */
    scratch_write("first", "another and not this", 20);
    copy.sha256 = "aa";
    ck_assert_int_eq(earlier_id_of(index, &copy, 77), 77);
    content_index_free(index);
}
END_TEST

START_TEST(equal_files_are_met_with_and_without_hashes)
{
    static char bytes[200000];

    for (int hashed = 0; hashed < 2; hashed++) {
        struct content_index *index = content_index_new();

        memset(bytes, 'x', sizeof(bytes));
        scratch_write("1", bytes, sizeof(bytes));
        scratch_write("1-again", bytes, sizeof(bytes));
        bytes[sizeof(bytes) - 1] = 'y'; /* past what the quick checksum sees */
        scratch_write("2", bytes, sizeof(bytes));
        scratch_write("2-again", bytes, sizeof(bytes));
        scratch_write("shorter", bytes, sizeof(bytes) - 1);
        ck_assert_int_eq(earlier_id(index, "1", hashed, 11), 11);
        ck_assert_int_eq(earlier_id(index, "2", hashed, 22), 22);
        ck_assert_int_eq(earlier_id(index, "1-again", hashed, 33), 11);
        ck_assert_int_eq(earlier_id(index, "2-again", hashed, 44), 22);
        ck_assert_int_eq(earlier_id(index, "shorter", hashed, 55), 55);
        content_index_free(index);
    }
}
END_TEST

/* ---- inventory ---- */

static struct inventory read_inventory(const char *text, struct error *err, int expected)
{
    struct inventory inventory;

    write_text("inventory.csv", text);
    ck_assert_int_eq(inventory_read("inventory.csv", &inventory, err), expected);
    return inventory;
}

START_TEST(inventory_keeps_its_other_columns)
{
    struct error err = {0};
    struct inventory inventory = read_inventory("\xEF\xBB\xBFowner,HOST,\"room, floor\"\r\n"
                                                "Ann,PC1,\"a \"\"b\"\"\nc\"\r\n"
                                                "Bob,,x\r\n"
                                                "Cid,PC2\r\n",
                                                &err, 0);

    ck_assert_uint_eq(inventory.column_count, 2);
    ck_assert_str_eq(inventory.columns[0], "owner");
    ck_assert_str_eq(inventory.columns[1], "room, floor");
    ck_assert_uint_eq(inventory.host_count, 2);
    ck_assert_uint_eq(inventory.rows_without_host, 1);
    ck_assert_str_eq(inventory.hosts[0], "PC1");
    ck_assert_str_eq(inventory.values[0], "Ann");
    ck_assert_str_eq(inventory.values[1], "a \"b\"\nc");
    ck_assert_str_eq(inventory.hosts[1], "PC2");
    ck_assert_str_eq(inventory.values[2], "Cid");
    ck_assert_str_eq(inventory.values[3], "");
    inventory_free_content(&inventory);
}
END_TEST

START_TEST(inventory_separators_of_other_countries_are_taken)
{
    struct error err = {0};
    struct inventory inventory = read_inventory("host;owner\nPC1;M,N\n", &err, 0);

    ck_assert_uint_eq(inventory.host_count, 1);
    ck_assert_str_eq(inventory.values[0], "M,N");
    inventory_free_content(&inventory);
}
END_TEST

/* The inventory has one host, with one value. */
static void expect_host(const char *text, size_t size_bytes, const char *host, const char *value)
{
    struct error err = {0};
    struct inventory inventory;

    scratch_write("inventory.csv", text, size_bytes);
    ck_assert_msg(inventory_read("inventory.csv", &inventory, &err) == 0, "%s: %s", text,
                  err.message);
    ck_assert_uint_eq(inventory.host_count, 1);
    ck_assert_str_eq(inventory.hosts[0], host);
    ck_assert_uint_eq(inventory.column_count, 1);
    ck_assert_str_eq(inventory.values[0], value);
    inventory_free_content(&inventory);
}

START_TEST(blanks_around_hosts_and_their_accounts_are_left_out)
{
    static const char *const cells[] = {"PC1.corp",
                                        "PC1.corp ",
                                        " PC1.corp\t",
                                        "PC1.corp\u00A0",
                                        "\u00A0PC1.corp\u3000",
                                        "\u200BPC1.corp\u2007 ",
                                        "PC1.corp\uFEFF",
                                        "CORP\\PC1.corp",
                                        "PC1.corp$",
                                        "CORP\\PC1.corp$\u00A0",
                                        " CORP\\ PC1.corp "};

    for (size_t index = 0; index < ARRAY_COUNT(cells); index++) {
        struct text text = {0};

        text_add_format(&text, "owner,host\n\"Ann \",\"%s\"\n", cells[index]);
        expect_host(text_get(&text), text.length_bytes, "PC1.corp", "Ann ");
        text_free(&text);
    }
}
END_TEST

/* What Active Directory and the DNS write. */
START_TEST(distinguished_and_rooted_names_are_those_of_hosts)
{
    static const struct {
        const char *cell;
        const char *host;
    } rows[] = {
        {"CN=FIN-PC03,OU=Computers,DC=corp,DC=example", "FIN-PC03"},
        {" cn=FIN-PC03,OU=x ", "FIN-PC03"},
        {"Cn=FIN-PC03", "FIN-PC03"},
        {"CN= FIN-PC03 ,OU=x", "FIN-PC03"},
        {"CN=FIN\\,PC\\\\03,OU=x\\,y", "FIN,PC\\03"},
        {"CN=FIN-PC03\\", "FIN-PC03"},
        {"CN=FIN-PC01.corp.example.,OU=x", "FIN-PC01.corp.example"},
        {"cn=FIN-PC01$,OU=x", "FIN-PC01"},
        {"CN=FIN\\2cPC\\2C\\c3\\84,OU=x", "FIN,PC,\u00C4"},
        {"OU=x,CN=FIN-PC03", "OU=x,CN=FIN-PC03"},
        {"CN-PC1,x", "CN-PC1,x"},
        {"FIN-PC01.corp.example.", "FIN-PC01.corp.example"},
        {"FIN-PC01.", "FIN-PC01"},
        {"FIN-PC01.corp.example. ", "FIN-PC01.corp.example"},
        {"CORP\\FIN-PC01.corp.example.", "FIN-PC01.corp.example"},
        {"CORPLAPTOP...", "CORPLAPTOP..."},
        {"FIN-PC01..", "FIN-PC01.."},
    };

    for (size_t index = 0; index < ARRAY_COUNT(rows); index++) {
        struct text text = {0};

        text_add_format(&text, "owner,host\n\"Ann\",\"%s\"\n", rows[index].cell);
        expect_host(text_get(&text), text.length_bytes, rows[index].host, "Ann");
        text_free(&text);
    }
}
END_TEST

START_TEST(a_cell_of_blanks_names_no_host)
{
    struct error err = {0};
    struct inventory inventory =
        read_inventory("host\n \u00A0\nCORP\\\n$\n.\nCN=\nPC 1\n", &err, 0);

    ck_assert_uint_eq(inventory.rows_without_host, 5);
    ck_assert_uint_eq(inventory.host_count, 1);
    ck_assert_str_eq(inventory.hosts[0], "PC 1");
    inventory_free_content(&inventory);
}
END_TEST

START_TEST(the_best_heading_of_hosts_counts)
{
    static const char *const headings[] = {"Name", "computer", "ComputerName", "HOSTNAME", "host"};

    for (size_t best = 0; best < ARRAY_COUNT(headings); best++) {
        struct text text = {0};
        struct error err = {0};
        struct inventory inventory;

        for (size_t index = 0; index <= best; index++)
            text_add_format(&text, "%s,", headings[index]);
        text_add(&text, "x\n");
        for (size_t index = 0; index <= best; index++)
            text_add_format(&text, "PC%zu,", index);
        text_add(&text, "x\n");
        inventory = read_inventory(text_get(&text), &err, 0);
        ck_assert_uint_eq(inventory.column_count, best + 1);
        ck_assert_int_eq(inventory.hosts[0][2], (char)('0' + best));
        inventory_free_content(&inventory);
        text_free(&text);
    }
    expect_host("\u00A0Host ,y\nPC1,z\n", strlen("\u00A0Host ,y\nPC1,z\n"), "PC1", "z");
}
END_TEST

START_TEST(lines_of_programs_above_the_headings_are_passed)
{
    static const char *const texts[] = {
        "sep=;\r\nhost;y\r\nPC1;z,z\r\n",
        "SEP=,\nhost,y\nPC1,\"z,z\"\n",
        "sep=|\nhost|y\nPC1|z,z\n",
        "\xEF\xBB\xBFsep=;;\nhost;y\nPC1;z,z\n",
        "sep=\t\nhost\ty\nPC1\tz,z\n",
        "#TYPE Microsoft.ActiveDirectory.Management.ADComputer\r\nName;y\r\nPC1;z,z\r\n",
        "#TYPE Selected.ADComputer\r\nsep=;\r\nhost;y\r\nPC1;z,z\r\n",
        "sep=|\r\n#TYPE Selected.ADComputer\r\nhost|y\r\nPC1|z,z\r\n",
        "\"sep=;\"\r\nhost;y\r\nPC1;z,z\r\n",
        "\"sep=|\"||\n#TYPE x\nhost|y\nPC1|z,z\n",
        "\r\nhost;y\r\nPC1;z,z\r\n"};

    for (size_t index = 0; index < ARRAY_COUNT(texts); index++)
        expect_host(texts[index], strlen(texts[index]), "PC1", "z,z");
}
END_TEST

/* Excel's `CSV` and `Unicode text`, PowerShell's default, and what has no mark. */
START_TEST(inventories_are_read_in_the_encodings_of_windows)
{
    static const char text[] = "host\tOwner\r\nB\u00DCRO-1\tM\u00FCller\r\n";
    static const char ansi[] = "host\tOwner\r\nB\xDCRO-1\xA0\tM\xFCller\r\n";
    struct text wide = {0}, swapped = {0};
    struct error err = {0};
    struct inventory inventory;

    expect_host(ansi, sizeof(ansi) - 1, "B\u00DCRO-1", "M\u00FCller");
    text_add_bytes(&wide, "\xFF\xFE", 2);
    for (const char *at = text; *at != '\0';) {
        uint32_t character;

        ck_assert(text_next_character(&at, &character));
        text_add_bytes(&wide, (const char[]){(char)character, (char)(character >> 8)}, 2);
    }
    for (size_t index = 0; index < wide.length_bytes; index++)
        text_add_bytes(&swapped, &wide.bytes[index ^ 1], 1);
    expect_host(wide.bytes, wide.length_bytes, "B\u00DCRO-1", "M\u00FCller");
    expect_host(wide.bytes + 2, wide.length_bytes - 2, "B\u00DCRO-1", "M\u00FCller");
    expect_host(swapped.bytes, swapped.length_bytes, "B\u00DCRO-1", "M\u00FCller");
    expect_host(swapped.bytes + 2, swapped.length_bytes - 2, "B\u00DCRO-1", "M\u00FCller");
    inventory = read_inventory(text, &err, 0);
    ck_assert(!inventory.is_ansi);
    inventory_free_content(&inventory);
    inventory = read_inventory(ansi, &err, 0);
    ck_assert(inventory.is_ansi);
    inventory_free_content(&inventory);
    text_free(&wide);
    text_free(&swapped);
}
END_TEST

START_TEST(an_inventory_that_is_not_text_is_refused)
{
    static const char binary[] = "PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\1\2\3\4";
    struct inventory inventory;
    struct error err = {0};

    scratch_write("inventory.csv", binary, sizeof(binary));
    ck_assert_int_eq(inventory_read("inventory.csv", &inventory, &err), -1);
    ck_assert_msg(strstr(err.message, "is not text") != NULL, "%s", err.message);
    error_clear(&err);
}
END_TEST

START_TEST(a_bad_inventory_is_refused_with_its_row)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "is empty"},
        {"owner,site\nPC1,A\n", "row 1: no column is named host"},
        {"sep=;\nowner;site\nPC1;A\n", "row 2: no column is named host"},
        {"#TYPE x\nsep=;\nowner;site\n", "row 3: no column is named host"},
        {"sep=;\nhost,site\nPC1,A\n", "the line sep= above it makes \";\" the separator"},
        {"#TYPE x\n\"sep=\t\"\nhost,site\n", "the line sep= above it makes a tab the separator"},
        {"\"sep=;\nhost;site\nPC1;A\n", "row 1"},
        {"sep=;\n#TYPE x\n", "is empty"},
        {"sep=;\n", "is empty"},
        {"host,owner\nPC1,A,B\n", "row 2 has 3 cells"},
        {"host,owner\n\"PC1,A\n", "row 2"},
    };

    for (size_t index = 0; index < ARRAY_COUNT(cases); index++) {
        struct error err = {0};
        struct inventory inventory = read_inventory(cases[index].text, &err, -1);

        ck_assert_int_eq(err.kind, ERROR_RUN);
        ck_assert_msg(strstr(err.message, cases[index].says) != NULL, "%s", err.message);
        ck_assert_msg(strstr(err.message, "inventory.csv") != NULL, "%s", err.message);
        error_clear(&err);
        inventory_free_content(&inventory);
    }
}
END_TEST

static Suite *intake_suite(void)
{
    Suite *suite = suite_create("intake");
    TCase *cases = tcase_create("intake");

    tcase_add_checked_fixture(cases, scratch_begin, scratch_end);
    tcase_add_test(cases, folders_are_walked_in_the_order_of_bytes);
    tcase_add_test(cases, links_and_special_files_are_listed_but_not_read);
    tcase_add_test(cases, a_named_link_is_followed);
    tcase_add_test(cases, a_missing_path_is_an_entry_with_its_reason);
    tcase_add_test(cases, an_input_folder_without_a_file_is_an_entry_with_its_reason);
    tcase_add_test(cases, the_output_folder_is_not_walked_into);
    tcase_add_test(cases, lists_of_paths_end_at_lines_or_nuls);
    tcase_add_test(cases, files_are_known_by_their_content);
    tcase_add_test(cases, logs_without_their_first_pages_are_known_by_their_first_chunk);
    tcase_add_test(cases, a_file_that_vanished_or_became_a_link_is_an_error_of_the_source);
    tcase_add_test(cases, hash_is_that_of_the_content);
    tcase_add_test(cases, equal_files_are_met_with_and_without_hashes);
    tcase_add_test(cases, lying_hash_makes_no_copy);
    tcase_add_test(cases, inventory_keeps_its_other_columns);
    tcase_add_test(cases, inventory_separators_of_other_countries_are_taken);
    tcase_add_test(cases, blanks_around_hosts_and_their_accounts_are_left_out);
    tcase_add_test(cases, distinguished_and_rooted_names_are_those_of_hosts);
    tcase_add_test(cases, a_cell_of_blanks_names_no_host);
    tcase_add_test(cases, the_best_heading_of_hosts_counts);
    tcase_add_test(cases, lines_of_programs_above_the_headings_are_passed);
    tcase_add_test(cases, inventories_are_read_in_the_encodings_of_windows);
    tcase_add_test(cases, an_inventory_that_is_not_text_is_refused);
    tcase_add_test(cases, a_bad_inventory_is_refused_with_its_row);
    suite_add_tcase(suite, cases);
    return suite;
}

int main(void)
{
    return run_suite(intake_suite());
}
