/* SPDX-License-Identifier: Apache-2.0 */
/* What two observations have in common, as digests: SHA-256 cut to 16 bytes, over numbers of
 * eight bytes and texts with their length in front, so that no two lists of fields run together
 * to the same bytes. */
#include "case/internal.h"

#include <endian.h>
#include <string.h>

static bool add_number(EVP_MD_CTX *digest, uint64_t number)
{
    uint64_t bytes = htole64(number);

    return EVP_DigestUpdate(digest, &bytes, sizeof(bytes)) == 1;
}

static bool add_text(EVP_MD_CTX *digest, const char *text)
{
    size_t length = strlen(text);

    return add_number(digest, length) && EVP_DigestUpdate(digest, text, length) == 1;
}

static bool add_content(EVP_MD_CTX *digest, const struct observation *observation)
{
    bool good = add_text(digest, observation->provider) &&
                add_number(digest, observation->event_id) &&
                add_number(digest, observation->string_count);

    for (size_t index = 0; good && index < observation->string_count; index++)
        good = add_text(digest, observation->strings[index].value);
    return good;
}

static bool finish(EVP_MD_CTX *digest, uint8_t out[CASEDB_DIGEST_BYTES])
{
    uint8_t whole[EVP_MAX_MD_SIZE];

    if (EVP_DigestFinal_ex(digest, whole, NULL) != 1)
        return false;
    memcpy(out, whole, CASEDB_DIGEST_BYTES);
    return true;
}

static int fail(struct casedb *db, struct error *err)
{
    return error_set(err, ERROR_RUN, ERROR_NO_OFFSET, "%s: libcrypto gives no SHA-256", db->path);
}

int identity_of(struct casedb *db, const struct observation *observation, const char *folded_name,
                uint8_t out[CASEDB_DIGEST_BYTES], struct error *err)
{
    bool good = EVP_DigestInit_ex2(db->digest, db->sha256, NULL) == 1 &&
                add_text(db->digest, folded_name) && add_text(db->digest, observation->channel) &&
                add_number(db->digest, observation->record_id) &&
                add_number(db->digest, observation->event_filetime) &&
                add_content(db->digest, observation) && finish(db->digest, out);

    return good ? 0 : fail(db, err);
}

int identity_of_content(struct casedb *db, const struct observation *observation,
                        uint8_t out[CASEDB_DIGEST_BYTES], struct error *err)
{
    bool good = EVP_DigestInit_ex2(db->digest, db->sha256, NULL) == 1 &&
                add_content(db->digest, observation) && finish(db->digest, out);

    return good ? 0 : fail(db, err);
}
