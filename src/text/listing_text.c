/* SPDX-License-Identifier: Apache-2.0 */
#include "text/listing_text.h"

#include <string.h>

#include "base/array.h"
#include "base/codepage.h"
#include "intake/recognise.h"
#include "text/coding.h"

#define REPLACEMENT_CHARACTER 0xFFFDu
/* The code page is chosen by so much of a text: its labels are near its start. */
#define SAMPLE_BYTES ((size_t)64 * 1024)
#define NO_CODEPAGE SIZE_MAX

/* Words of listings that are not ASCII. The code page that makes most of them appear is taken.
 * Labels of systeminfo: public listings in Japanese and French; the others are words of the
 * languages that stand in labels and sentences. */
static const char *const known_words[] = {"ホスト名",
                                          "バージョン",
                                          "ホットフィックス",
                                          "ライセンスの状態",
                                          "インストール済み",
                                          "操作は正常に",
                                          "プロダクト キー",
                                          "アプリケーション",
                                          "l'hôte",
                                          "système",
                                          "d'exploitation",
                                          "état",
                                          "État",
                                          "Installé",
                                          "Identité",
                                          "opération",
                                          "Clé de produit",
                                          "installé(s)",
                                          "Identität",
                                          "identität",
                                          "Schlüssel",
                                          "für",
                                          "Verfügbar",
                                          "Größe",
                                          "Speicherplätze",
                                          "Identità",
                                          "Versión",
                                          "versión",
                                          "operación",
                                          "Versão",
                                          "operação",
                                          "êxito",
                                          "versão",
                                          "Geïnstalleerd",
                                          "Tożsamość",
                                          "Użytkownik",
                                          "Zarejestrowany",
                                          "pomyślnie",
                                          "Имя узла",
                                          "Название ОС",
                                          "Версия ОС",
                                          "Состояние",
                                          "Установлено",
                                          "Операция",
                                          "主机名",
                                          "系统",
                                          "状态",
                                          "已安装",
                                          "操作成功完成",
                                          "主機名稱",
                                          "作業系統",
                                          "狀態",
                                          "已安裝",
                                          "호스트 이름",
                                          "운영 체제",
                                          "설치됨",
                                          "버전",
                                          "작업을 완료"};

static size_t score(size_t codepage, struct span sample)
{
    struct text text = {0};
    size_t sum = 0;

    codepage_add_text(&text, codepage, sample);
    for (size_t index = 0; index < ARRAY_COUNT(known_words); index++)
        if (strstr(text_get(&text), known_words[index]) != NULL)
            sum += strlen(known_words[index]);
    text_free(&text);
    return sum;
}

static size_t choose_codepage(struct span bytes)
{
    struct span sample = bytes;
    size_t best = 0;
    size_t best_score;

    if (sample.left_bytes > SAMPLE_BYTES)
        sample.left_bytes = SAMPLE_BYTES;
    best_score = score(best, sample);
    for (size_t codepage = 1; codepage < codepage_count; codepage++) {
        size_t now = score(codepage, sample);

        if (now > best_score) {
            best = codepage;
            best_score = now;
        }
    }
    return best;
}

/* How many bytes of a character of UTF-8 follow the first one; 0 when it begins none. */
static size_t count_following(uint8_t first)
{
    return first >= 0xC2 && first <= 0xDF   ? 1
           : first >= 0xE0 && first <= 0xEF ? 2
           : first >= 0xF0 && first <= 0xF4 ? 3
                                            : 0;
}

/* Is all of it UTF-8? Sets *cut_bytes to how many bytes of a last, cut character there are. */
static bool is_utf8(struct span bytes, size_t *cut_bytes)
{
    uint8_t byte;

    *cut_bytes = 0;
    while (span_u8(&bytes, &byte)) {
        size_t following = count_following(byte);
        size_t left_bytes = bytes.left_bytes;

        if (byte < 0x80)
            continue;
        if (following == 0)
            return false;
        for (; following > 0 && span_u8(&bytes, &byte); following--)
            if ((byte & 0xC0) != 0x80)
                return false;
        if (following > 0)
            *cut_bytes = left_bytes + 1;
    }
    return true;
}

static void find_controls(struct span bytes, bool wide, bool big_endian, struct listing_text *out)
{
    struct span at = bytes;
    uint16_t unit = 0;
    uint8_t byte = 0;

    while (!out->has_controls && (wide ? span_u16(&at, &unit) : span_u8(&at, &byte))) {
        if (wide && big_endian)
            unit = (uint16_t)(unit << 8 | unit >> 8);
        if (plaintext_is_control(wide ? unit : byte)) {
            out->has_controls = true;
            out->control_offset_bytes = at.offset_bytes - (wide ? sizeof(unit) : sizeof(byte));
        }
    }
}

/* The code page is chosen once, by the first stretch that is in one; *codepage starts as
 * NO_CODEPAGE. */
static const char *decode_bytes(struct span bytes, size_t *codepage, struct listing_text *out)
{
    size_t start = out->text.length_bytes;
    size_t cut_bytes;

    find_controls(bytes, false, false, out);
    if (!is_utf8(bytes, &cut_bytes)) {
        if (*codepage == NO_CODEPAGE)
            *codepage = choose_codepage(bytes);
        codepage_add_text(&out->text, *codepage, bytes);
        return codepage_name(*codepage);
    }
    text_add_bytes(&out->text, (const char *)bytes.bytes, bytes.left_bytes - cut_bytes);
    if (cut_bytes > 0)
        text_add_character(&out->text, REPLACEMENT_CHARACTER);
    for (char *zero = out->text.bytes + start, *end = out->text.bytes + out->text.length_bytes;
         zero < end && (zero = memchr(zero, '\0', (size_t)(end - zero))) != NULL;)
        *zero = ' ';
    return "UTF-8";
}

static const char *decode_wide(struct span bytes, enum text_coding coding, struct listing_text *out)
{
    find_controls(bytes, true, coding == TEXT_CODING_UTF16BE, out);
    plaintext_add_utf16(&out->text, bytes, coding);
    /* Half of a LF behind its CR is a cut line end, and told by that CR. */
    if (bytes.left_bytes % sizeof(uint16_t) != 0 &&
        (out->text.length_bytes == 0 || out->text.bytes[out->text.length_bytes - 1] != '\r'))
        text_add_character(&out->text, REPLACEMENT_CHARACTER);
    return coding == TEXT_CODING_UTF16LE ? "UTF-16LE" : "UTF-16BE";
}

/* A new stretch begins a new line; when the one before has not ended, what was in that line is
 * lost. */
static void begin_stretch(uint64_t offset_bytes, struct listing_text *out)
{
    size_t length = out->text.length_bytes;

    if (length == 0 || out->text.bytes[length - 1] == '\n')
        return;
    if (!out->is_torn) {
        out->is_torn = true;
        out->tear_offset_bytes = offset_bytes;
    }
    text_add(&out->text, "\n");
}

void listing_text_decode(struct span bytes, struct listing_text *out)
{
    struct span head = bytes;
    struct text_stretch stretch;
    size_t mark_bytes, codepage = NO_CODEPAGE;
    enum text_coding coding;

    if (head.left_bytes > RECOGNISE_HEAD_BYTES)
        head.left_bytes = RECOGNISE_HEAD_BYTES;
    coding = plaintext_coding(head, &mark_bytes);
    *out = (struct listing_text){0};
    while (plaintext_next_stretch(&bytes, &coding, &stretch)) {
        bool is_wide =
            stretch.coding == TEXT_CODING_UTF16LE || stretch.coding == TEXT_CODING_UTF16BE;
        const char *encoding;

        begin_stretch(stretch.bytes.offset_bytes, out);
        encoding = is_wide ? decode_wide(stretch.bytes, stretch.coding, out)
                           : decode_bytes(stretch.bytes, &codepage, out);
        if (out->encoding == NULL)
            out->encoding = encoding;
    }
    if (out->encoding == NULL)
        out->encoding = "UTF-8";
    plaintext_end_lines(&out->text);
    plaintext_apply_backspaces(&out->text);
    plaintext_drop_marks(&out->text);
}

void listing_text_free_content(struct listing_text *text)
{
    text_free(&text->text);
    *text = (struct listing_text){0};
}
