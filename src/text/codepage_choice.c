/* SPDX-License-Identifier: Apache-2.0 */
#include "text/plaintext.h"

#include <string.h>

#include "base/encoding.h"
#include "base/memory.h"

/* The code page is chosen by so much of a text: its labels are near its start. */
#define SAMPLE_BYTES ((size_t)64 * 1024)

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

size_t codepage_choose(struct span bytes)
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
