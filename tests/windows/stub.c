// SPDX-License-Identifier: Apache-2.0
/* stub: what the .cmd scripts call on Windows, played for tests/windows_machine.py under Wine. One
 * program under many names: its file name says what it plays, its path which machine it is on. The
 * machine is the folder above Windows; its state is the text machine.txt, read and written under a
 * lock; each call is added to calls.txt. A line of machine.txt is a word and fields, with tabs
 * between (the writer is machine_lines in windows_machine.py):
 *     key KEY | value KEY NAME TYPE DATA     the registry, with its root written out
 *     service NAME STATE COUNT NEXT          after COUNT queries more the state is NEXT
 *     product ID KEY APPLICATION ADDON HOST  what /ipk takes and WMI lists
 *     remover wusa|dism EFFECT STATUS        gone, pending, unlisted, unreadable, nothing
 *     attributes FILE LETTERS                as attrib shows them
 *     dns NAME                               what has an address, or a KMS host's record
 *     flag NAME VALUE                        see flag_is
 *     at SEEN FIRST LAST ACTION ARGUMENT PATTERN      what happens at a call (struct happening)
 * The activation files are real: their first line says which store they are of, and each line
 * `licence ID KEY STATUS` of tokens.dat is a licence that has a product key. */
#include <fcntl.h>
#include <io.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <tlhelp32.h>

enum { FIELDS_MOST = 7, LINES_MOST = 1000, LINE_MOST = 2048 };
enum { STOPPED = 1, RUNNING = 4 };
enum { KILLED = 0xDEAD }; /* exit status of a script that was cut off */

struct line {
    char *text;
    char *field[FIELDS_MOST];
};

static struct line lines[LINES_MOST];
static size_t line_count;
static char root[MAX_PATH];
static char name[MAX_PATH]; /* what is played: no folder, no .exe */
static bool is_in_sysnative;
static char call[LINE_MOST];
static HANDLE lock = INVALID_HANDLE_VALUE;

static const char *const store_files[] = {
    "Windows\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"
    "SoftwareProtectionPlatform\\tokens.dat",
    "Windows\\ServiceProfiles\\NetworkService\\AppData\\Roaming\\Microsoft\\"
    "SoftwareProtectionPlatform\\cache\\cache.dat",
    "Windows\\System32\\"
    "7B296FB0-376B-497e-B012-9C450E1B7327-5P-0.C7483456-A289-439d-8115-601632D005A0",
    "Windows\\System32\\"
    "7B296FB0-376B-497e-B012-9C450E1B7327-5P-1.C7483456-A289-439d-8115-601632D005A0",
};
enum { STORE_FILES = sizeof store_files / sizeof *store_files };

/* ---- Files of the machine ---- */

static const char *path_of(const char *below)
{
    static char path[MAX_PATH * 2];

    snprintf(path, sizeof path, "%s\\%s", root, below);
    return path;
}

static void append(const char *file, const char *text)
{
    FILE *out = fopen(path_of(file), "ab");

    if (out == NULL)
        exit(99);
    fprintf(out, "%s\n", text);
    fclose(out);
}

/* The stub does not understand: the case fails. */
static void fail(const char *what)
{
    char text[LINE_MOST];

    snprintf(text, sizeof text, "WRONG: stub %s: %s (error %lu)", name, what, GetLastError());
    append("calls.txt", text);
    exit(99);
}

/* The file's text, or NULL; the caller frees it. */
static char *read_text(const char *below)
{
    FILE *in = fopen(path_of(below), "rb");
    char *text;
    size_t size;

    if (in == NULL)
        return NULL;
    text = calloc(1, 65536);
    size = fread(text, 1, 65535, in);
    text[size] = '\0';
    fclose(in);
    return text;
}

static void take_lock(void)
{
    for (;;) {
        lock = CreateFileA(path_of("machine.lock"), GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
        if (lock != INVALID_HANDLE_VALUE)
            return;
        Sleep(2);
    }
}

static void give_lock(void)
{
    CloseHandle(lock);
}

/* ---- machine.txt ---- */

static void split(struct line *line)
{
    char *at = line->text;

    for (size_t index = 0; index < FIELDS_MOST; index++) {
        char *tab = index + 1 < FIELDS_MOST ? strchr(at, '\t') : NULL;

        line->field[index] = at;
        if (tab != NULL)
            *tab = '\0';
        at = tab != NULL ? tab + 1 : at + strlen(at);
    }
}

static void add_line(const char *format, ...)
{
    char text[LINE_MOST];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (line_count == LINES_MOST)
        fail("too many lines");
    lines[line_count].text = _strdup(text);
    split(&lines[line_count++]);
}

static void remove_line(struct line *line)
{
    *line = lines[--line_count];
}

static void set_field(struct line *line, size_t index, const char *text)
{
    line->field[index] = _strdup(text);
}

static void set_number(struct line *line, size_t index, int number)
{
    char text[16];

    snprintf(text, sizeof text, "%d", number);
    set_field(line, index, text);
}

/* The line with these first fields, without regard to case, or NULL. */
static struct line *find(const char *word, const char *first, const char *second)
{
    for (size_t index = 0; index < line_count; index++) {
        struct line *line = &lines[index];

        if (strcmp(line->field[0], word) == 0 &&
            (first == NULL || _stricmp(line->field[1], first) == 0) &&
            (second == NULL || _stricmp(line->field[2], second) == 0))
            return line;
    }
    return NULL;
}

static bool flag_is(const char *flag, const char *value)
{
    struct line *line = find("flag", flag, NULL);

    return line != NULL && strcmp(line->field[2], value) == 0;
}

static const char *flag_text(const char *flag)
{
    struct line *line = find("flag", flag, NULL);

    return line != NULL ? line->field[2] : "";
}

static void set_flag(const char *flag, const char *value)
{
    struct line *line = find("flag", flag, NULL);

    if (line != NULL)
        set_field(line, 2, value);
    else
        add_line("flag\t%s\t%s", flag, value);
}

static void read_machine(void)
{
    char *text;

    take_lock();
    line_count = 0;
    text = read_text("machine.txt");
    if (text == NULL)
        fail("no machine.txt");
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n"))
        add_line("%s", at);
    free(text);
}

static void write_machine(void)
{
    FILE *out = fopen(path_of("machine.txt"), "wb");

    if (out == NULL)
        fail("machine.txt");
    for (size_t index = 0; index < line_count; index++) {
        size_t last = FIELDS_MOST;

        while (last > 1 && *lines[index].field[last - 1] == '\0')
            last--;
        for (size_t field = 0; field < last; field++)
            fprintf(out, "%s%s", field > 0 ? "\t" : "", lines[index].field[field]);
        fputc('\n', out);
    }
    fclose(out);
    give_lock();
}

/* ---- The registry ---- */

static const char *whole_key(const char *key)
{
    static char whole[LINE_MOST];
    static const char *const roots[][2] = {{"HKLM\\", "HKEY_LOCAL_MACHINE\\"},
                                           {"HKU\\", "HKEY_USERS\\"},
                                           {"HKCU\\", "HKEY_CURRENT_USER\\"}};

    snprintf(whole, sizeof whole, "%s", key);
    for (size_t index = 0; index < sizeof roots / sizeof *roots; index++) {
        size_t length = strlen(roots[index][0]);

        if (_strnicmp(key, roots[index][0], length) == 0)
            snprintf(whole, sizeof whole, "%s%s", roots[index][1], key + length);
    }
    return whole;
}

static bool is_below(const char *key, const char *above)
{
    size_t length = strlen(above);

    return _strnicmp(key, above, length) == 0 && key[length] == '\\';
}

static bool key_exists(const char *key)
{
    for (size_t index = 0; index < line_count; index++) {
        const struct line *line = &lines[index];

        if ((strcmp(line->field[0], "key") == 0 || strcmp(line->field[0], "value") == 0) &&
            (_stricmp(line->field[1], key) == 0 || is_below(line->field[1], key)))
            return true;
    }
    return false;
}

static const char *value_of(const char *key, const char *value)
{
    struct line *line = find("value", key, value);

    return line != NULL ? line->field[4] : "";
}

static void set_value(const char *key, const char *value, const char *type, const char *data)
{
    struct line *line = find("value", key, value);

    if (line != NULL) {
        set_field(line, 3, type);
        set_field(line, 4, data);
    } else {
        add_line("value\t%s\t%s\t%s\t%s", key, value, type, data);
    }
}

static void delete_key(const char *key)
{
    for (size_t index = line_count; index-- > 0;) {
        struct line *line = &lines[index];

        if ((strcmp(line->field[0], "key") == 0 || strcmp(line->field[0], "value") == 0) &&
            (_stricmp(line->field[1], key) == 0 || is_below(line->field[1], key)))
            remove_line(line);
    }
}

static int print_error(int status, const char *text)
{
    fprintf(stderr, "%s\r\n", text);
    return status;
}

/* One line for each subkey, as whole paths. */
static void print_subkeys(const char *key)
{
    char seen[LINE_MOST * 4] = "\n";

    for (size_t index = 0; index < line_count; index++) {
        char subkey[LINE_MOST];
        const char *rest;

        if ((strcmp(lines[index].field[0], "key") != 0 &&
             strcmp(lines[index].field[0], "value") != 0) ||
            !is_below(lines[index].field[1], key))
            continue;
        rest = lines[index].field[1] + strlen(key) + 1;
        snprintf(subkey, sizeof subkey, "\n%s\\%.*s\n", key, (int)strcspn(rest, "\\"), rest);
        if (strstr(seen, subkey) != NULL)
            continue;
        strcat(seen, subkey + 1);
        subkey[strlen(subkey) - 1] = '\0';
        printf("%s\r\n", subkey + 1);
    }
}

static int reg_query(const char *key, const char *value)
{
    bool any = false;

    if (!key_exists(key))
        return print_error(1, "ERROR: The system was unable to find the specified registry key or "
                              "value.");
    for (size_t index = 0; index < line_count; index++) {
        const struct line *line = &lines[index];

        if (strcmp(line->field[0], "value") != 0 || _stricmp(line->field[1], key) != 0 ||
            (value != NULL && _stricmp(line->field[2], value) != 0))
            continue;
        if (!any)
            printf("\r\n%s\r\n", key);
        any = true;
        printf("    %s    %s    %s\r\n", line->field[2], line->field[3], line->field[4]);
    }
    if (value != NULL && !any)
        return print_error(1, "\r\nERROR: The system was unable to find the specified registry key "
                              "or value.");
    printf("\r\n");
    if (value == NULL)
        print_subkeys(key);
    return 0;
}

/* The argument that follows this one, or NULL. */
static const char *option(int argc, char **argv, const char *word)
{
    for (int index = 1; index + 1 < argc; index++)
        if (_stricmp(argv[index], word) == 0)
            return argv[index + 1];
    return NULL;
}

/* A file that is there already is asked about: without an answer that is a failure. */
static int reg_save(const char *key, int argc, char **argv)
{
    bool is_forced = argc > 4 && _stricmp(argv[4], "/y") == 0;
    FILE *out = NULL;

    if (argc > 3 && key_exists(key) &&
        (is_forced || GetFileAttributesA(argv[3]) == INVALID_FILE_ATTRIBUTES))
        out = fopen(argv[3], "wb");
    if (out == NULL)
        return print_error(1, "ERROR: The system was unable to save the specified registry key.");
    fprintf(out, "hive %s\n", key);
    fclose(out);
    printf("The operation completed successfully.\r\n");
    return 0;
}

static int play_reg(int argc, char **argv)
{
    char key[LINE_MOST];
    const char *value = option(argc, argv, "/v");
    struct line *line;

    if (argc < 3)
        return print_error(1, "ERROR: Invalid syntax.");
    snprintf(key, sizeof key, "%s", whole_key(argv[2]));
    if (_stricmp(argv[1], "query") == 0)
        return reg_query(key, value);
    if (_stricmp(argv[1], "save") == 0)
        return reg_save(key, argc, argv);
    if (_stricmp(argv[1], "add") == 0) {
        if (!key_exists(key))
            add_line("key\t%s", key);
        if (value != NULL)
            set_value(key, value, option(argc, argv, "/t"),
                      option(argc, argv, "/d") != NULL ? option(argc, argv, "/d") : "");
        printf("The operation completed successfully.\r\n");
        return 0;
    }
    if (_stricmp(argv[1], "delete") != 0)
        return print_error(1, "ERROR: Invalid syntax.");
    line = value != NULL ? find("value", key, value) : NULL;
    if (value != NULL ? line == NULL : !key_exists(key))
        return print_error(1, "ERROR: The system was unable to find the specified registry key or "
                              "value.");
    if (value != NULL) {
        if (find("key", key, NULL) == NULL)
            add_line("key\t%s", key);
        remove_line(find("value", key, value));
    } else {
        delete_key(key);
    }
    printf("The operation completed successfully.\r\n\r\n");
    return 0;
}

/* ---- The store of activation: four files ---- */

/* A file that is held open by the test cannot be read: `held`. */
static void first_line(const char *below, char *out, size_t size)
{
    char *text = read_text(below);
    bool exists = GetFileAttributesA(path_of(below)) != INVALID_FILE_ATTRIBUTES;

    snprintf(out, size, "%s", text != NULL ? text : exists ? "held" : "-");
    out[strcspn(out, "\r\n")] = '\0';
    free(text);
}

/* File attributes are lines of machine.txt, by the file's own name: Wine keeps none where the file
 * system has no extended attributes. */
static const char *attributes_of(const char *file)
{
    struct line *line = find("attributes", strrchr(file, '\\') + 1, NULL);

    return line != NULL ? line->field[2] : "A";
}

static void set_attributes(const char *file, const char *letters)
{
    struct line *line = find("attributes", strrchr(file, '\\') + 1, NULL);
    char kept[8] = "";

    for (; *letters != '\0'; letters++)
        if (*letters != ' ')
            sprintf(kept + strlen(kept), "%c", *letters);
    if (line != NULL)
        set_field(line, 2, kept);
    else
        add_line("attributes\t%s\t%s", strrchr(file, '\\') + 1, kept);
}

/* What each of the four files is of, `-` where it is away; one word where all are alike. */
static void store_words(char *out, size_t size)
{
    char words[STORE_FILES][64];
    bool alike = true;

    for (size_t index = 0; index < STORE_FILES; index++) {
        first_line(store_files[index], words[index], sizeof words[index]);
        alike = alike && strcmp(words[index], words[0]) == 0;
    }
    if (alike)
        snprintf(out, size, "%s", words[0]);
    else
        snprintf(out, size, "%s %s %s %s", words[0], words[1], words[2], words[3]);
}

static struct line *service(const char *which)
{
    return find("service", which, NULL);
}

static bool is_in_state(const char *which, int state)
{
    struct line *line = service(which);

    return line != NULL && atoi(line->field[2]) == state;
}

/* What happened to the files since the last call stands among the calls. */
static void note_store(void)
{
    char words[300];
    char text[400];

    store_words(words, sizeof words);
    if (flag_is("store", words) || strstr(words, "held") != NULL)
        return;
    snprintf(text, sizeof text, "files %s", words);
    append("calls.txt", text);
    for (size_t index = 0; index < STORE_FILES; index++)
        if (GetFileAttributesA(path_of(store_files[index])) == INVALID_FILE_ATTRIBUTES &&
            strpbrk(attributes_of(store_files[index]), "HS") != NULL)
            append("calls.txt", "WRONG: a hidden file was moved, which move does not see");
    if (is_in_state("sppsvc", RUNNING))
        append("calls.txt", "WRONG: the files changed while sppsvc was running");
    set_flag("store", words);
}

static void remember_store(void)
{
    char words[300];

    store_words(words, sizeof words);
    set_flag("store", words);
}

static void write_store_file(size_t index, const char *word)
{
    FILE *out = fopen(path_of(store_files[index]), "wb");

    if (out == NULL)
        return;
    fprintf(out, "%s\n", word);
    fclose(out);
    set_attributes(store_files[index], index >= 2 ? "AH" : "A");
}

/* ---- Licences that have a product key, as tokens.dat says ---- */

struct licence {
    char id[64];
    char key[8]; /* its last five characters */
    int status;
};

enum { LICENCES_MOST = 8 };
static struct licence licences[LICENCES_MOST];
static size_t licence_count;

static void read_licences(void)
{
    char *text = read_text(store_files[0]);

    licence_count = 0;
    if (text == NULL)
        return;
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        struct licence *licence = &licences[licence_count];

        if (licence_count < LICENCES_MOST &&
            sscanf(at, "licence %63s %7s %d", licence->id, licence->key, &licence->status) == 3)
            licence_count++;
    }
    free(text);
}

static void write_licences(void)
{
    char word[64];
    FILE *out;

    first_line(store_files[0], word, sizeof word);
    out = fopen(path_of(store_files[0]), "wb");
    if (out == NULL)
        fail("tokens.dat");
    fprintf(out, "%s\n", word);
    for (size_t index = 0; index < licence_count; index++)
        fprintf(out, "licence %s %s %d\n", licences[index].id, licences[index].key,
                licences[index].status);
    fclose(out);
}

static const struct licence *licence_of(const char *id)
{
    for (size_t index = 0; index < licence_count; index++)
        if (_stricmp(licences[index].id, id) == 0)
            return &licences[index];
    return NULL;
}

static bool are_of_one_store(const char *first, const char *second)
{
    return strcmp(first, second) == 0 || strcmp(first, "held") == 0 || strcmp(second, "held") == 0;
}

/* sppsvc makes what is missing; it does not trust files of different stores. */
static void start_store(void)
{
    char words[STORE_FILES][64];
    char made[64];

    snprintf(made, sizeof made, "new%d", atoi(flag_text("stores")) + 1);
    for (size_t index = 0; index < STORE_FILES; index++)
        first_line(store_files[index], words[index], sizeof words[index]);
    if (strcmp(words[0], "-") == 0 || strcmp(words[2], "-") == 0 || strcmp(words[3], "-") == 0)
        set_flag("stores", made + 3);
    for (size_t index = 0; index < STORE_FILES; index++)
        if (strcmp(words[index], "-") == 0 && !flag_is("makes", "nothing"))
            write_store_file(index, index == 1 && strcmp(words[0], "-") != 0 ? words[0] : made);
    if (flag_is("forgets", "yes") && strcmp(words[0], "old") == 0) {
        licence_count = 0;
        write_licences();
    }
    if (strcmp(words[0], "-") == 0)
        set_flag("licences", flag_text("new-licences"));
    else if (!are_of_one_store(words[0], words[2]) || !are_of_one_store(words[0], words[3]))
        append("calls.txt", "WRONG: sppsvc started on files of different stores");
}

/* ---- Services ---- */

static void set_state(const char *which, int state)
{
    struct line *line = service(which);

    set_number(line, 2, state);
    set_field(line, 3, "");
    set_field(line, 4, "");
}

static const char *services_key(const char *which)
{
    static char key[LINE_MOST];

    snprintf(key, sizeof key, "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\%s", which);
    return key;
}

/* The service is stopped, and goes to `state` when it was asked for its state often enough. */
static void go_to_state(const char *which, int pending, int state)
{
    struct line *line = service(which);
    char flag[64];

    snprintf(flag, sizeof flag, "%s %s", state == RUNNING ? "slow-start" : "slow-stop", which);
    set_state(which, state);
    if (*flag_text(flag) == '\0')
        return;
    set_number(line, 2, pending);
    set_field(line, 3, flag_text(flag));
    set_number(line, 4, state);
}

static bool start_service(const char *which)
{
    if (service(which) == NULL || strcmp(value_of(services_key(which), "Start"), "0x4") == 0)
        return false;
    if (is_in_state(which, STOPPED)) {
        if (_stricmp(which, "sppsvc") == 0)
            start_store();
        go_to_state(which, 2, RUNNING);
    }
    return true;
}

static int play_sc(int argc, char **argv)
{
    static const char *const words[] = {
        "?",       "STOPPED ",         "START_PENDING ", "STOP_PENDING ",
        "RUNNING", "CONTINUE_PENDING", "PAUSE_PENDING",  "PAUSED"};
    static const char *const types[][2] = {
        {"auto", "0x2"}, {"delayed-auto", "0x2"}, {"demand", "0x3"}, {"disabled", "0x4"}};
    struct line *line = argc > 2 ? service(argv[2]) : NULL;

    if (line == NULL) {
        printf("[SC] %s FAILED 1060:\r\n\r\nThe specified service does not exist as an installed "
               "service.\r\n\r\n",
               argc > 1 && _stricmp(argv[1], "query") == 0 ? "EnumQueryServicesStatus:OpenService"
                                                           : "OpenService");
        return 1060;
    }
    if (_stricmp(argv[1], "query") == 0) {
        if (*line->field[3] != '\0' && atoi(line->field[3]) == 0)
            set_state(argv[2], atoi(line->field[4]));
        else if (*line->field[3] != '\0')
            set_number(line, 3, atoi(line->field[3]) - 1);
        printf("\r\nSERVICE_NAME: %s \r\n        TYPE               : 10  WIN32_OWN_PROCESS  \r\n"
               "        STATE              : %s  %s \r\n"
               "                                (NOT_STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r\n"
               "        WIN32_EXIT_CODE    : 0  (0x0)\r\n        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
               "        CHECKPOINT         : 0x0\r\n        WAIT_HINT          : 0x0\r\n",
               line->field[1], line->field[2], words[atoi(line->field[2]) & 7]);
        return 0;
    }
    if (_stricmp(argv[1], "config") != 0 || argc != 5 || strcmp(argv[3], "start=") != 0)
        return print_error(1639, "DESCRIPTION:");
    for (size_t index = 0; index < sizeof types / sizeof *types; index++) {
        if (strcmp(argv[4], types[index][0]) != 0)
            continue;
        set_value(services_key(argv[2]), "Start", "REG_DWORD", types[index][1]);
        if (index == 1 || find("value", services_key(argv[2]), "DelayedAutostart") != NULL)
            set_value(services_key(argv[2]), "DelayedAutostart", "REG_DWORD",
                      index == 1 ? "0x1" : "0x0");
        printf("[SC] ChangeServiceConfig SUCCESS\r\n");
        return 0;
    }
    return print_error(1639, "invalid start= field");
}

static int play_net(int argc, char **argv)
{
    bool starts = argc > 1 && _stricmp(argv[1], "start") == 0;

    if (argc < 3)
        return print_error(1, "The syntax of this command is:");
    if (service(argv[2]) == NULL)
        return print_error(2,
                           "The service name is invalid.\r\n\r\nMore help is available by typing "
                           "NET HELPMSG 2185.\r\n");
    if (is_in_state(argv[2], starts ? RUNNING : STOPPED))
        return print_error(2, starts ? "The requested service has already been started.\r\n"
                                     : "The service is not started.\r\n");
    if (starts && !start_service(argv[2]))
        return print_error(2, "System error 1058 has occurred.\r\n");
    if (!starts)
        go_to_state(argv[2], 3, STOPPED);
    printf("The %s service was %s successfully.\r\n\r\n", argv[2], starts ? "started" : "stopped");
    return 0;
}

/* ---- Licensing: slmgr.vbs and WMI, which both start sppsvc ---- */

static int print_slmgr_error(unsigned status, const char *text)
{
    printf("Error: 0x%08X %s\r\n", status, text);
    return (int)status;
}

static int install_key(const char *key)
{
    char last[8] = "";

    if (!flag_is("licences", "") && find("flag", "licences", NULL) != NULL)
        return print_slmgr_error(0xC004F050, "The Software Licensing Service reported that the "
                                             "product key is invalid.");
    for (size_t index = 0; index < line_count; index++) {
        const struct line *line = &lines[index];
        size_t kept = 0;

        if (strcmp(line->field[0], "product") != 0 || *line->field[2] == '\0' ||
            _stricmp(line->field[2], key) != 0)
            continue;
        /* One licence of Windows has a key at a time; add-ons stay. */
        for (size_t at = 0; at < licence_count; at++)
            if (strcmp(find("product", licences[at].id, NULL)->field[4], "TRUE") == 0)
                licences[kept++] = licences[at];
        licence_count = kept;
        snprintf(last, sizeof last, "%.5s", key + strlen(key) - 5);
        snprintf(licences[kept].id, sizeof licences[kept].id, "%s", line->field[1]);
        snprintf(licences[kept].key, sizeof licences[kept].key, "%s", last);
        licences[kept].status = 5;
        licence_count++;
        write_licences();
        printf("Installed product key %s successfully.\r\n\r\n", key);
        return 0;
    }
    return print_slmgr_error(0xC004F050, "The Software Licensing Service reported that the product "
                                         "key is invalid.");
}

static int activate(void)
{
    if (licence_count == 0)
        return print_slmgr_error(0xC004F014, "The product key is not available.");
    if (!flag_is("kms", "answers"))
        return print_slmgr_error(0xC004F074, "No Key Management Service (KMS) could be contacted.");
    for (size_t index = 0; index < licence_count; index++)
        licences[index].status = 1;
    write_licences();
    printf("Activating Windows(R) 7 ...\r\nProduct activated successfully.\r\n\r\n");
    return 0;
}

static int play_slmgr(const char *script, int argc, char **argv)
{
    if (flag_is("script-host", "disabled"))
        return print_error(1,
                           "CScript Error: Windows Script Host access is disabled on this machine. "
                           "Contact your administrator for details.");
    if (GetFileAttributesA(script) == INVALID_FILE_ATTRIBUTES)
        return print_error(1, "Input Error: Can not find script file");
    if (flag_is("slmgr", "broken"))
        return print_error(1, "Microsoft VBScript runtime error: Permission denied");
    if (argc > 0 && strcmp(argv[0], "/?") == 0) {
        printf("Windows Software Licensing Management Tool\r\nUsage: slmgr.vbs [Option]\r\n"
               "/ipk <Product Key>\r\n    Install product key (replaces existing key)\r\n");
        return 0;
    }
    if (!start_service("sppsvc")) {
        printf("Error: 0x80070422 The service cannot be started.\r\n");
        return (int)0x80070422;
    }
    read_licences();
    if (argc > 1 && _stricmp(argv[0], "/ipk") == 0)
        return install_key(argv[1]);
    if (argc > 0 && _stricmp(argv[0], "/ato") == 0)
        return activate();
    if (argc > 0 && _stricmp(argv[0], "/rilc") == 0) {
        set_flag("licences", "");
        printf(
            "Re-installing license files ...\r\nLicense files re-installed successfully.\r\n\r\n");
        return 0;
    }
    printf("Software licensing service version: 6.1.7601.17514\r\n\r\n");
    return 0;
}

static int play_cscript(int argc, char **argv)
{
    int at = 1;

    while (at < argc && strncmp(argv[at], "//", 2) == 0)
        at++;
    if (at == argc)
        return print_error(1, "Input Error: There is no script file specified.");
    return play_slmgr(argv[at], argc - at - 1, argv + at + 1);
}

/* A property of a product, NULL where this stub does not know it. */
static const char *property(const struct line *product, const char *which)
{
    static char number[16];
    const struct licence *licence = licence_of(product->field[1]);

    if (_stricmp(which, "ID") == 0)
        return product->field[1];
    if (_stricmp(which, "ApplicationID") == 0)
        return product->field[3];
    if (_stricmp(which, "LicenseIsAddon") == 0)
        return product->field[4];
    if (_stricmp(which, "IsKeyManagementServiceMachine") == 0)
        return licence != NULL && strcmp(product->field[5], "1") == 0 ? "1" : "0";
    if (_stricmp(which, "PartialProductKey") == 0)
        return licence != NULL ? licence->key : "";
    if (_stricmp(which, "Description") == 0 || _stricmp(which, "Name") == 0)
        return product->field[6];
    if (_stricmp(which, "LicenseStatus") != 0)
        return NULL;
    snprintf(number, sizeof number, "%d", licence != NULL ? licence->status : 0);
    return number;
}

/* Is it a product that all conditions (joined with `and`) hold for? */
static bool meets(const struct line *product, const char *conditions)
{
    char text[LINE_MOST];

    snprintf(text, sizeof text, "%s", conditions);
    for (char *at = text, *next; at != NULL; at = next) {
        char *equals = strchr(at, '=');
        char *null = strstr(at, " is not null");
        char *wanted;

        next = strstr(at, " and ");
        if (next != NULL) {
            *next = '\0';
            next += 5;
        }
        if (null != NULL && (next == NULL || null < next)) {
            *null = '\0';
            if (*property(product, at) == '\0')
                return false;
            continue;
        }
        if (equals == NULL)
            fail("a condition without =");
        *equals = '\0';
        wanted = equals + 1;
        wanted += *wanted == '\'';
        wanted[strcspn(wanted, "'")] = '\0';
        if (property(product, at) == NULL)
            fail("a condition on what the stub does not know");
        if (_stricmp(property(product, at), wanted) != 0)
            return false;
    }
    return true;
}

static int wmic_products(const char *conditions, const char *wanted)
{
    bool any = false;

    for (size_t index = 0; index < line_count; index++) {
        char names[LINE_MOST];

        if (strcmp(lines[index].field[0], "product") != 0 || !meets(&lines[index], conditions))
            continue;
        printf("%s\r\r\n\r\r\n", any ? "" : "\r\r\n");
        any = true;
        snprintf(names, sizeof names, "%s", wanted);
        for (char *at = strtok(names, ","); at != NULL; at = strtok(NULL, ",")) {
            const char *text = property(&lines[index], at);

            if (text == NULL)
                fail("a property that the stub does not know");
            printf("%s=%s\r\r\n", at, text);
        }
    }
    if (any)
        printf("\r\r\n\r\r\n\r\r\n");
    else
        fprintf(stderr, "No Instance(s) Available.\r\r\n");
    return 0;
}

static int play_wmic(int argc, char **argv)
{
    const char *class = option(argc, argv, "path");
    const char *where = option(argc, argv, "where");
    const char *wanted = option(argc, argv, "get");
    char word[64];

    if (flag_is("wmi", "broken"))
        return print_error((int)0x80041014,
                           "ERROR:\r\r\nDescription = Initialization failure\r\r\n");
    if (argc > 1 && _stricmp(argv[1], "qfe") == 0) {
        printf("CSName  Description  HotFixID   InstalledOn  \r\r\n"
               "%s      Update       KB2534111  1/1/2016     \r\r\n",
               flag_text("host"));
        return 0;
    }
    if (class == NULL || wanted == NULL)
        return print_error((int)0x80041017, "Invalid query");
    if (_stricmp(class, "Win32_OperatingSystem") == 0) {
        printf("\r\r\n\r\r\nVersion=6.1.7601\r\r\n\r\r\n\r\r\n\r\r\n");
        return 0;
    }
    first_line(store_files[0], word, sizeof word);
    if (!start_service("sppsvc") ||
        (flag_is("wmi", "old store broken") && strcmp(word, "old") == 0))
        return print_error(0, "No Instance(s) Available.\r\r\n");
    read_licences();
    return wmic_products(where != NULL ? where : "LicenseStatus=LicenseStatus", wanted);
}

/* ---- The update: wusa and dism ---- */

#define SERVICING \
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing"

/* The state of a package of KB971033 that can be removed, NULL where there is none. */
static struct line *package(void)
{
    static const char removable[] = " 0x6 0x7 0x50 0x60 0x65 0x70 ";

    for (size_t index = 0; index < line_count; index++) {
        struct line *line = &lines[index];
        char state[LINE_MOST];

        snprintf(state, sizeof state, " %s ", line->field[4]);
        if (strcmp(line->field[0], "value") == 0 &&
            is_below(line->field[1], SERVICING "\\Packages") &&
            strstr(line->field[1], "WindowsActivationTechnologies") != NULL &&
            _stricmp(line->field[2], "CurrentState") == 0 && strstr(removable, state) != NULL)
            return line;
    }
    return NULL;
}

/* What the machine's line says that the tool does to the update. */
static int remove_update(const char *tool)
{
    struct line *line = find("remover", tool, NULL);
    struct line *state = package();
    const char *effect = line != NULL ? line->field[2] : "nothing";

    if (strcmp(effect, "nothing") != 0 && state == NULL)
        return print_error(0x00240017, "The update is not installed.");
    if (strcmp(effect, "gone") == 0)
        delete_key(state->field[1]);
    if (strcmp(effect, "pending") == 0) {
        add_line("key\t%s\\PackagesPending%s", SERVICING, strrchr(state->field[1], '\\'));
        add_line("key\t%s\\RebootPending", SERVICING);
        set_field(state, 4, "0x5");
    }
    if (strcmp(effect, "unlisted") == 0)
        set_field(state, 4, "0x0");
    if (strcmp(effect, "unreadable") == 0)
        set_field(state, 4, "0x90");
    return line != NULL ? atoi(line->field[3]) : 1;
}

static int play_dism(int argc, char **argv)
{
    bool lists = false;

    for (int index = 1; index < argc; index++) {
        if (_strnicmp(argv[index], "/Remove-Package", 15) == 0)
            return remove_update("dism");
        lists = lists || _stricmp(argv[index], "/get-packages") == 0;
    }
    if (!lists)
        return print_error(87, "Error: 87");
    printf("\r\nDeployment Image Servicing and Management tool\r\nVersion: 6.1.7600.16385\r\n\r\n");
    for (size_t index = 0; index < line_count; index++) {
        const struct line *line = &lines[index];

        if (strcmp(line->field[0], "value") == 0 && _stricmp(line->field[2], "CurrentState") == 0 &&
            is_below(line->field[1], SERVICING "\\Packages") && !flag_is("dism", "lists nothing"))
            printf("Package Identity : %s\r\nState : Installed\r\nRelease Type : Update\r\n"
                   "Install Time : 1/1/2016 9:00 AM\r\n\r\n",
                   strrchr(line->field[1], '\\') + 1);
    }
    printf("The operation completed successfully.\r\n");
    return 0;
}

static int play_wusa(int argc, char **argv)
{
    for (int index = 1; index < argc; index++)
        if (_stricmp(argv[index], "/uninstall") == 0)
            return remove_update("wusa");
    return 87;
}

/* ---- Small tools ---- */

/* The clock stands still but for this: in seconds of the day of flag `clock`. */
static void pass_time(int seconds)
{
    char text[16];

    snprintf(text, sizeof text, "%d", atoi(flag_text("clock")) + seconds);
    set_flag("clock", text);
}

static int play_ping(int argc, char **argv)
{
    const char *count = option(argc, argv, "-n");
    const char *asked = argv[argc - 1];

    pass_time(count != NULL ? atoi(count) - 1 : 3);
    if (asked[strspn(asked, "0123456789.")] == '\0')
        printf("\r\nPinging %s with 32 bytes of data:\r\n", asked);
    else if (find("dns", asked, NULL) != NULL)
        printf("\r\nPinging %s [10.0.0.2] with 32 bytes of data:\r\n", asked);
    else
        printf("Ping request could not find host %s. Please check the name and try again.\r\n",
               asked);
    return strcmp(asked, "127.0.0.1") != 0; /* hosts need not answer */
}

static int play_nslookup(int argc, char **argv)
{
    printf("Server:  dns.corp.example\r\nAddress:  10.0.0.1\r\n\r\n");
    if (find("dns", argv[argc - 1], NULL) != NULL)
        printf("%s.corp.example\tSRV service location:\r\n\t  priority       = 0\r\n"
               "\t  port           = 1688\r\n\t  svr hostname   = kms.corp.example\r\n",
               argv[argc - 1]);
    else
        fprintf(stderr, "*** dns.corp.example can't find %s: Non-existent domain\r\n",
                argv[argc - 1]);
    return 0;
}

/* Called with wrong arguments, for the local time that its error line begins with. */
static int play_robocopy(int argc, char **argv)
{
    int clock = atoi(flag_text("clock"));
    bool has_header = true;

    for (int index = 1; index < argc; index++)
        has_header = has_header && _stricmp(argv[index], "/njh") != 0;
    if (flag_is("robocopy", "silent"))
        return 16;
    if (has_header)
        printf("\r\n   ROBOCOPY     ::     Robust File Copy for Windows\r\n\r\n"
               "  Started : Sun Jan 20 11:00:00 2019\r\n");
    printf("\r\n%s %02d:%02d:%02d ERROR 123 (0x0000007B) Accessing Source Directory\r\n"
           "The filename, directory name, or volume label syntax is incorrect.\r\n",
           flag_text("date"), clock / 3600, clock / 60 % 60, clock % 60);
    return 16;
}

/* findstr [/i] [/l] [/b] [/x] [/v] /c:TEXT: of standard input or files, plain text only. */
/* Does the line have one of the wanted texts, at its beginning or anywhere? */
static bool has_one(const char *line, char *const *wanted, size_t count, bool begins)
{
    for (size_t index = 0; index < count; index++)
        for (const char *at = line; *at != '\0' && (!begins || at == line); at++)
            if (_strnicmp(at, wanted[index], strlen(wanted[index])) == 0)
                return true;
    return false;
}

static int play_findstr(int argc, char **argv)
{
    char *wanted[8];
    size_t count = 0;
    bool begins = false;
    bool inverts = false;
    const char *file = NULL;
    FILE *in = stdin;
    char text[LINE_MOST];
    int status = 1;

    for (int index = 1; index < argc; index++) {
        if (_strnicmp(argv[index], "/c:", 3) == 0 && count < sizeof wanted / sizeof *wanted)
            wanted[count++] = argv[index] + 3;
        else if (*argv[index] != '/')
            file = argv[index];
        begins = begins || _stricmp(argv[index], "/b") == 0;
        inverts = inverts || _stricmp(argv[index], "/v") == 0;
    }
    if (file != NULL && (in = fopen(file, "rb")) == NULL)
        return print_error(1, "FINDSTR: Cannot open");
    while (fgets(text, sizeof text, in) != NULL) {
        if (has_one(text, wanted, count, begins) == inverts)
            continue;
        fputs(text, stdout);
        status = 0;
    }
    return status;
}

static int play_shutdown(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    append("calls.txt", "WRONG: a restart");
    return 0;
}

/* attrib FILE prints the letters, attrib +L -L FILE changes them. */
static int play_attrib(int argc, char **argv)
{
    static const char *const places = "A  SHR";
    const char *file = argc > 1 ? argv[argc - 1] : "";
    char letters[] = "A  SHR";

    if (GetFileAttributesA(file) == INVALID_FILE_ATTRIBUTES)
        return print_error(0, "File not found");
    for (size_t at = 0; places[at] != '\0'; at++)
        letters[at] = strchr(attributes_of(file), places[at]) != NULL ? places[at] : ' ';
    if (argc == 2) {
        printf("%s       %s\r\n", letters, file);
        return 0;
    }
    for (int index = 1; index + 1 < argc; index++)
        for (size_t at = 0; places[at] != '\0'; at++)
            if (places[at] != ' ' && places[at] == toupper((unsigned char)argv[index][1]))
                letters[at] = *argv[index] == '+' ? places[at] : ' ';
    set_attributes(file, letters);
    return 0;
}

static int play_wevtutil(int argc, char **argv)
{
    FILE *out = argc > 3 ? fopen(argv[3], "wb") : NULL;

    if (out == NULL)
        return print_error(87, "Failed to export log.");
    fprintf(out, "log %s\n", argv[2]);
    fclose(out);
    return 0;
}

static int play_systeminfo(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf(
        "\r\nHost Name:                 %s\r\nOS Name:                   Microsoft Windows 7\r\n",
        flag_text("host"));
    return 0;
}

/* ---- Running scripts ---- */

static const char system_cmd[] = "C:\\windows\\system32\\cmd.exe";

/* Only a 32-bit process of a 64-bit Windows sees the folder Sysnative. */
static bool sees_32_bits(void)
{
    return GetFileAttributesA(path_of("Windows\\Sysnative")) != INVALID_FILE_ATTRIBUTES;
}

/* Runs a command line in Wine's cmd.exe. Wine gives each process a SystemRoot of its own, so that
 * one has to be set there. */
static unsigned run_in_cmd(const char *command)
{
    char text[LINE_MOST * 2];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD status = 0;

    snprintf(text, sizeof text,
             "%s /d /c \"set SystemRoot=%s\\Windows& set windir=%s\\Windows& %s%s\"", system_cmd,
             root, root, sees_32_bits() ? "set PROCESSOR_ARCHITEW6432=AMD64& " : "", command);
    if (!CreateProcessA(system_cmd, text, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        fail("cmd.exe was not started");
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &status);
    return status;
}

static void note_exit(unsigned status)
{
    char text[16];

    snprintf(text, sizeof text, "%d", (int)status);
    append("exits.txt", text);
}

/* job.txt: lines NAME=VALUE of the environment, then the command. */
static int play_run(int argc, char **argv)
{
    char *text = read_text("job.txt");
    char *command = NULL;

    (void)argc;
    (void)argv;
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n")) {
        char *value = strchr(at, '=');

        command = at;
        if (*at == '"' || value == NULL)
            break;
        *value = '\0';
        SetEnvironmentVariableA(at, value[1] != '\0' ? value + 1 : NULL);
    }
    note_exit(run_in_cmd(command));
    return 0;
}

/* 64-bit cmd.exe of a 64-bit Windows as a 32-bit process sees it, in Sysnative. */
static int play_cmd(int argc, char **argv)
{
    const char *command = strstr(GetCommandLineA(), "/c ");
    char text[LINE_MOST];
    char moved[MAX_PATH * 2];

    (void)argc;
    (void)argv;
    if (command == NULL)
        return print_error(1, "no /c");
    snprintf(text, sizeof text, "%s", command + 3 + (strncmp(command + 3, "\"\"", 2) == 0));
    if (text[strlen(text) - 1] == '"' && strncmp(command + 3, "\"\"", 2) == 0)
        text[strlen(text) - 1] = '\0';
    snprintf(moved, sizeof moved, "%s\\Windows\\Sysnative.hidden", root);
    MoveFileA(path_of("Windows\\Sysnative"), moved);
    return (int)run_in_cmd(text);
}

/* Holds a file open, shared with nobody, until the machine's file `release` is there. */
static int play_hold(int argc, char **argv)
{
    HANDLE file = INVALID_HANDLE_VALUE;

    (void)argc;
    for (int tries = 0; GetFileAttributesA(path_of("release")) == INVALID_FILE_ATTRIBUTES;
         tries++) {
        if (file == INVALID_HANDLE_VALUE)
            file = CreateFileA(path_of(argv[1]), GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (tries == 0) /* where it has to wait, the very call that it was started at has it open */
            append("held.txt", file != INVALID_HANDLE_VALUE ? argv[1] : "waits");
        Sleep(2);
    }
    CloseHandle(file);
    append("let-go.txt", argv[1]);
    return 0;
}

/* The machine's file that the pattern names: the name of a run's log is not known before. */
static const char *found_file(const char *pattern)
{
    static char found[LINE_MOST];
    WIN32_FIND_DATAA data;

    snprintf(found, sizeof found, "%s", pattern);
    if (strchr(pattern, '*') != NULL &&
        FindFirstFileA(path_of(pattern), &data) != INVALID_HANDLE_VALUE)
        snprintf(strrchr(found, '\\') + 1, sizeof data.cFileName, "%s", data.cFileName);
    return found;
}

static void hold(const char *file)
{
    char text[LINE_MOST];
    /* Without the standard output of this call, which can be the very file. */
    STARTUPINFOA startup = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    char *held = read_text("held.txt");
    size_t before = held != NULL ? strlen(held) : 0;

    snprintf(text, sizeof text, "%s\\hold.exe \"%s\"", root, found_file(file));
    if (!CreateProcessA(NULL, text, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        fail("hold.exe was not started");
    do {
        free(held);
        Sleep(2);
        held = read_text("held.txt");
    } while (held == NULL || strlen(held) == before);
    free(held);
}

/* As when the power goes: nothing of the script goes on. */
static void kill_scripts(void)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};

    append("calls.txt", "killed"); /* before the run ends, and its calls are read */
    for (BOOL more = Process32First(snapshot, &entry); more; more = Process32Next(snapshot, &entry))
        if (_stricmp(entry.szExeFile, "cmd.exe") == 0)
            TerminateProcess(OpenProcess(PROCESS_TERMINATE, FALSE, entry.th32ProcessID), KILLED);
}

/* ---- A call ---- */

struct tool {
    const char *name;
    int (*play)(int argc, char **argv);
};

static const struct tool tools[] = {
    {"reg", play_reg},
    {"sc", play_sc},
    {"net", play_net},
    {"cscript", play_cscript},
    {"wmic", play_wmic},
    {"dism", play_dism},
    {"wusa", play_wusa},
    {"ping", play_ping},
    {"nslookup", play_nslookup},
    {"robocopy", play_robocopy},
    {"findstr", play_findstr},
    {"shutdown", play_shutdown},
    {"attrib", play_attrib},
    {"wevtutil", play_wevtutil},
    {"systeminfo", play_systeminfo},
};

/* `*` stands for any text, and at the end of each pattern. */
static bool matches(const char *pattern, const char *text)
{
    for (; *pattern != '\0'; pattern++, text++) {
        if (*pattern == '*') {
            for (; *text != '\0'; text++)
                if (matches(pattern + 1, text))
                    return true;
            return false;
        }
        if (tolower((unsigned char)*pattern) != tolower((unsigned char)*text))
            return false;
    }
    return true;
}

/* What the machine's `at` lines say of this call. */
struct happening {
    bool fails;    /* fail STATUS: the call does nothing and ends so */
    bool lies;     /* says STATUS: it does its work, and ends so */
    bool is_fatal; /* kill: the script ends before the call does anything; killed: after it */
    bool was_fatal;
    int status;
    const char *runs; /* run COMMAND: meanwhile */
};

static struct happening look_at_faults(void)
{
    struct happening result = {0};

    for (size_t index = 0; index < line_count; index++) {
        struct line *line = &lines[index];
        int seen;

        if (strcmp(line->field[0], "at") != 0 || !matches(line->field[6], call))
            continue;
        seen = atoi(line->field[1]) + 1;
        set_number(line, 1, seen);
        if (seen < atoi(line->field[2]) || seen > atoi(line->field[3]))
            continue;
        if (strcmp(line->field[4], "fail") == 0 || strcmp(line->field[4], "says") == 0)
            result.status = atoi(line->field[5]);
        result.fails = result.fails || strcmp(line->field[4], "fail") == 0;
        result.lies = result.lies || strcmp(line->field[4], "says") == 0;
        result.is_fatal = result.is_fatal || strcmp(line->field[4], "kill") == 0;
        result.was_fatal = result.was_fatal || strcmp(line->field[4], "killed") == 0;
        if (strcmp(line->field[4], "run") == 0)
            result.runs = line->field[5];
        if (strcmp(line->field[4], "hold") == 0)
            hold(line->field[5]);
        if (strcmp(line->field[4], "set") == 0)
            set_flag(strtok(_strdup(line->field[5]), "="), strchr(line->field[5], '=') + 1);
        if (strcmp(line->field[4], "start") == 0)
            start_service(line->field[5]);
    }
    return result;
}

/* The call as one line: the tool's name and its arguments without quotes. */
static void describe_call(void)
{
    const char *line = GetCommandLineA();
    const char *script;
    char *out = call;

    line += *line == '"' ? strcspn(line + 1, "\"") + 2 : strcspn(line, " ");
    script = strstr(line, "slmgr.vbs");
    if (strcmp(name, "cscript") == 0 && script != NULL) {
        out += sprintf(out, "slmgr");
        line = script + strlen("slmgr.vbs");
    } else {
        out += sprintf(out, "%s", name);
    }
    for (; *line != '\0' && out < call + sizeof call - 1; line++)
        if (*line != '"' && !(*line == ' ' && (line[1] == ' ' || line[1] == '\0')))
            *out++ = *line;
    *out = '\0';
}

static int play(const struct tool *tool, int argc, char **argv)
{
    struct happening happening;
    int status;

    read_machine();
    note_store();
    append("calls.txt", call);
    if (sees_32_bits() && !is_in_sysnative)
        append("calls.txt", "WRONG: a 32-bit tool of a 64-bit Windows");
    pass_time(1);
    happening = look_at_faults();
    if (happening.is_fatal || happening.runs != NULL) {
        char *command = _strdup(happening.runs != NULL ? happening.runs : "");

        write_machine();
        if (happening.is_fatal) {
            kill_scripts();
            return 1;
        }
        note_exit(run_in_cmd(command));
        read_machine();
    }
    if (happening.fails)
        status = print_error(happening.status, "a failure that the test makes");
    else
        status = tool->play(argc, argv);
    fflush(stdout);
    remember_store();
    write_machine();
    if (happening.was_fatal)
        kill_scripts();
    return happening.fails || happening.lies ? happening.status : status;
}

int main(int argc, char **argv)
{
    char *windows;
    char *base;

    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    GetModuleFileNameA(NULL, root, sizeof root);
    base = strrchr(root, '\\');
    snprintf(name, sizeof name, "%s", base + 1);
    *strrchr(name, '.') = '\0';
    _strlwr(name);
    windows = strstr(root, "\\Windows\\");
    is_in_sysnative = windows != NULL && strstr(windows, "\\Sysnative\\") != NULL;
    *(windows != NULL ? windows : base) = '\0';
    describe_call();
    if (strcmp(name, "run") == 0)
        return play_run(argc, argv);
    if (strcmp(name, "hold") == 0)
        return play_hold(argc, argv);
    if (strcmp(name, "cmd") == 0)
        return play_cmd(argc, argv);
    for (size_t index = 0; index < sizeof tools / sizeof *tools; index++)
        if (strcmp(tools[index].name, name) == 0)
            return play(&tools[index], argc, argv);
    fail("nothing of this name is played");
    return 99;
}
