/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the seeds of the fuzz target fuzz_listing: a listing of each form, in each language, in
 * each encoding by turns, and all of them in one file.
 * Usage: fuzz-seeds-listing FOLDER */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "fixtures/listings.h"
#include "model/incident.h"
#include "seed.h"

static const struct listing_update updates[] = {{"KB2534111", LISTING_INSTALLED},
                                                {"KB971033", LISTING_INSTALLED},
                                                {"982861", LISTING_INSTALLED},
                                                {"KB4480970", LISTING_STAGED}};

/* What our scripts write, and `reg query` prints of it. */
static const char script_log[] =
    "spptriage/1 2019-01-20T10:00:00Z PC1 2-rebuild 20190120T100000Z-7 start begin - words\r\n"
    "The operation completed successfully.\r\n"
    "spptriage/1 2019-01-20T10:00:09Z PC1 2-rebuild 20190120T100000Z-7 remove ok 3010\r\n"
    "spptriage/1 - PC1 2-rebuild -7 end failed -1073741510\r\n"
    "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\spptriage\r\n    Script    REG_SZ    2-rebuild\r\n"
    "    Run    REG_SZ    r1\r\n    Time    REG_SZ    2019-01-20T10:00:09Z\r\n"
    "    ExitStatus    REG_SZ    31\r\n    Unfinished    REG_SZ    r0\r\n";

static void write_seed(const char *folder, unsigned number, const char *listing,
                       const struct listing_data *data)
{
    struct text file = {0};

    listing_encode(&file, listing, data->language,
                   (enum listing_encoding)(number % LISTING_ENCODINGS),
                   (enum listing_line_ends)(number % LISTING_LINE_ENDS), true);
    seed_write(folder, number, text_get(&file), file.length_bytes);
    text_free(&file);
}

int main(int count, char **arguments)
{
    unsigned number = 0;
    struct text all = {0};

    if (count != 2) {
        fputs("Usage: fuzz-seeds-listing FOLDER\n", stderr);
        return EXIT_FAILURE;
    }
    for (size_t form = 0; form < listing_maker_count; form++)
        for (int language = 0; language < LISTING_LANGUAGES; language++) {
            const struct listing_data data = {.language = (enum listing_language)language,
                                              .host = "PC1",
                                              .updates = updates,
                                              .update_count = ARRAY_COUNT(updates),
                                              .activation_id =
                                                  "ae2ee509-1b34-41c0-acb7-6d4650168915",
                                              .application_id = INCIDENT_WINDOWS_APPLICATION_ID,
                                              .channel = "VOLUME_KMSCLIENT",
                                              .edition = "Enterprise",
                                              .partial_key = "HVTHH",
                                              .code = "0xC004F200"};
            struct text listing = {0};

            listing_add(&listing, listing_makers[form].name, &data);
            write_seed(arguments[1], number++, text_get(&listing), &data);
            if (language == LISTING_EN)
                text_add(&all, text_get(&listing));
            text_free(&listing);
        }
    seed_write(arguments[1], number++, script_log, sizeof(script_log) - 1);
    seed_write(arguments[1], number++, text_get(&all), all.length_bytes);
    text_free(&all);
    printf("%u seeds\n", number);
    return EXIT_SUCCESS;
}
