/* SPDX-License-Identifier: Apache-2.0 */
/* dism /online /get-packages. A banner with versions comes first, then packages, each either as
 * four lines or as a row:
 *
 *     Package Identity : Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0
 *     State : Installed
 *     Release Type : Update
 *     Install Time : 11/21/2010 3:40 AM
 *
 *     Package_for_KB2534111~31bf3856ad364e35~amd64~~6.1.1.0 | Installed | Update | 11/21/2010 3:40
 *
 * and a sentence ends it. Labels, states and sentence are translated. */
#include "base/memory.h"
#include "text/forms.h"
#include "text/tokens.h"

#define LINES_A_PACKAGE 3 /* behind its identity */
#define CELLS_A_PACKAGE 4

/* States. The English ones: Microsoft, DismPackageFeatureState and dism's own output. The others
 * are the word for `installed` in each language, which cannot mean another state; that in Chinese
 * is in public listings, the two of Japanese are in Microsoft's translation of its guide to
 * packages in a pending state. Words that are not here are not guessed at. */
static const struct {
    const char *word;
    enum package_state state;
} states[] = {
    {"Installed", PACKAGE_STATE_INSTALLED},
    {"Uninstall Pending", PACKAGE_STATE_UNINSTALL_PENDING},
    {"Install Pending", PACKAGE_STATE_INSTALL_PENDING},
    {"Staged", PACKAGE_STATE_STAGED},
    {"Superseded", PACKAGE_STATE_SUPERSEDED},
    {"Not Present", PACKAGE_STATE_NOT_PRESENT},
    {"Installiert", PACKAGE_STATE_INSTALLED},
    {"Installé", PACKAGE_STATE_INSTALLED},
    {"インストール済み", PACKAGE_STATE_INSTALLED},
    {"インストールの保留中", PACKAGE_STATE_INSTALL_PENDING},
    {"アンインストールの保留中", PACKAGE_STATE_UNINSTALL_PENDING},
    {"Instalado", PACKAGE_STATE_INSTALLED}, /* Spanish and Portuguese */
    {"Installato", PACKAGE_STATE_INSTALLED},
    {"Geïnstalleerd", PACKAGE_STATE_INSTALLED},
    {"Zainstalowano", PACKAGE_STATE_INSTALLED},
    {"Zainstalowany", PACKAGE_STATE_INSTALLED},
    {"Установлено", PACKAGE_STATE_INSTALLED},
    {"Установлен", PACKAGE_STATE_INSTALLED},
    {"已安装", PACKAGE_STATE_INSTALLED},
    {"已安裝", PACKAGE_STATE_INSTALLED},
    {"설치됨", PACKAGE_STATE_INSTALLED},
};

/* `The operation completed successfully.`, without its stop. The German sentence is in public
 * listings of dism; the others are those of the system's message 0 and of dism in each language. */
static const char *const endings[] = {"The operation completed successfully",
                                      "Der Vorgang wurde erfolgreich beendet",
                                      "L'opération a réussi",
                                      "L’opération a réussi",
                                      "操作は正常に完了しました",
                                      "この操作を正しく終了しました",
                                      "La operación se completó correctamente",
                                      "Operazione completata",
                                      "A operação foi concluída com êxito",
                                      "A operação foi concluída com sucesso",
                                      "De bewerking is voltooid",
                                      "Operacja ukończona pomyślnie",
                                      "Операция успешно завершена",
                                      "操作成功完成",
                                      "作業順利完成",
                                      "작업을 완료했습니다"};

static enum package_state find_state(const struct line *word)
{
    for (size_t index = 0; index < ARRAY_COUNT(states); index++)
        if (line_equals(word, states[index].word))
            return states[index].state;
    return PACKAGE_STATE_UNKNOWN;
}

static bool is_ending(struct line line)
{
    line = line_trim(line);
    if (line_ends_with(&line, "."))
        line.length_bytes -= 1;
    else if (line_ends_with(&line, "。"))
        line.length_bytes -= sizeof("。") - 1;
    for (size_t index = 0; index < ARRAY_COUNT(endings); index++)
        if (line_equals(&line, endings[index]))
            return true;
    return false;
}

/* Reads the lines of a package behind its identity, as far as there are. Returns how many. */
static size_t read_details(struct listing_walk *walk, struct listed_update *entry, bool *ended)
{
    struct lines after = walk->lines;
    struct line line, label, value, identity;
    size_t count = 0;

    while (count < LINES_A_PACKAGE && lines_next_filled(&after, &line) &&
           line_split(&line, ':', &label, &value) && !token_is_package(&value) &&
           !token_package_of_row(&line, &identity)) {
        if (count == 0)
            entry->state_text = value;
        if (count == LINES_A_PACKAGE - 1)
            entry->date = value;
        *ended = line.ended;
        walk->lines = after;
        count++;
    }
    return count;
}

/* Reads the cells of a row behind its identity. Returns how many there are, with that one. */
static size_t read_cells(const struct line *row, struct listed_update *entry)
{
    struct line rest = *row, cell;
    size_t count = 1;

    while (line_split(&rest, '|', &cell, &rest)) {
        if (count == 2)
            entry->state_text = cell;
        count++;
    }
    if (count == CELLS_A_PACKAGE)
        entry->date = rest;
    return count;
}

/* Reads the package that the line begins. False when it begins none. */
static bool read_package(struct listing_walk *walk, const struct line *line,
                         struct listed_update *entry, bool *is_whole)
{
    bool ended = line->ended;

    *entry = (struct listed_update){.state = PACKAGE_STATE_UNKNOWN};
    if (!line->ended)
        return false;
    if (token_package_of_line(line, &entry->name))
        *is_whole = read_details(walk, entry, &ended) == LINES_A_PACKAGE && ended;
    else if (token_package_of_row(line, &entry->name))
        *is_whole = read_cells(line, entry) == CELLS_A_PACKAGE && ended;
    else
        return false;
    entry->state = find_state(&entry->state_text);
    return true;
}

/* Reads up to the sentence that ends the listing, another listing, or the end of the text. Any
 * other line interrupts it; packages that follow are read all the same. */
static int read_packages(struct listing_walk *walk, struct update_listing *updates,
                         struct emitter *emitter, struct error *err)
{
    const struct line no_host = {0};
    struct lines before = walk->lines;
    bool is_whole = true;
    struct listed_update entry;
    struct line line;
    int result = 0;

    for (; result == 0 && lines_next_filled(&walk->lines, &line); before = walk->lines) {
        if (read_package(walk, &line, &entry, &is_whole)) {
            result = update_listing_add(updates, emitter, no_host, &entry, err);
            if (!is_whole)
                update_listing_mark_incomplete(updates, "one of its entries is not whole");
            continue;
        }
        if (is_ending(line)) {
            if (!line.ended)
                update_listing_mark_incomplete(updates, LISTING_CUT_IN_LINE);
            return 0;
        }
        update_listing_mark_incomplete(updates,
                                       "it does not end with what dism says when all went well");
        walk->lines = before;
        lines_skip_blank(&walk->lines);
        if (listing_form_at(walk) != LISTING_FORM_NONE)
            return 0;
        lines_next(&walk->lines, &line);
    }
    update_listing_mark_incomplete(updates, "it is cut: nothing ends it");
    return result;
}

/* Moves to the first package. False when another listing comes before it: a version can be that of
 * slmgr. */
static bool skip_banner(struct listing_walk *walk)
{
    struct lines after = walk->lines;
    struct line line, identity;

    while (lines_next(&after, &line) && !token_package_of_line(&line, &identity) &&
           !token_package_of_row(&line, &identity)) {
        enum listing_form form;

        walk->lines = after;
        form = listing_form_at(walk);
        if (form != LISTING_FORM_NONE && form != LISTING_FORM_DISM &&
            form != LISTING_FORM_DISM_LINES)
            return false;
    }
    return true;
}

int dism_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct update_listing updates = {.origin = FINDING_ORIGIN_DISM, .line = walk->lines.number + 1};
    int result;

    if (!skip_banner(walk))
        return 0;
    result = read_packages(walk, &updates, emitter, err);
    update_listing_finish(&updates, emitter);
    return result;
}

/* What `dism ... | findstr` leaves: of packages as lines, the identities alone. */
int dism_lines_parse(struct listing_walk *walk, struct emitter *emitter, struct error *err)
{
    struct update_listing updates = {.origin = FINDING_ORIGIN_DISM, .line = walk->lines.number + 1};
    const struct line no_host = {0};
    struct lines before = walk->lines;
    struct listed_update entry;
    struct line line;
    bool is_whole;
    int result = 0;

    for (; result == 0 && lines_next_filled(&walk->lines, &line) &&
           read_package(walk, &line, &entry, &is_whole);
         before = walk->lines)
        result = update_listing_add(&updates, emitter, no_host, &entry, err);
    walk->lines = before;
    update_listing_mark_incomplete(&updates, LISTING_WITHOUT_HEADING);
    update_listing_finish(&updates, emitter);
    return result;
}
