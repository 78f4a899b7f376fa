/* SPDX-License-Identifier: Apache-2.0 */
/* What KMS clients and their hosts log: each event has one string, a list with commas [VATR]. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "model/hostname.h"
#include "model/licences.h"

/* Fields of the list, from 0. */
#define FIELD_HR 0
#define REQUEST_FIELD_CLIENT 2
#define REQUEST_FIELD_CLIENT_MACHINE_ID 3
#define REQUEST_FIELD_STATUS 6
#define REQUEST_FIELD_ACTIVATION_ID 8
#define ANSWER_FIELD_ACTIVATED 2

/* A name of the DNS has no more (RFC 1035). */
#define CLIENT_BYTES_MOST 255

#define BLANKS " \t\r\n"

/* A field without the blanks around it; of length 0 where there is none. Borrows its text. */
struct field {
    const char *text;
    size_t length;
};

static struct field field_of(const struct observation *observation, size_t index)
{
    const char *list = observation_value(observation, 0);
    struct field field = {.text = ""};

    for (; list != NULL && index > 0; index--) {
        list = strchr(list, ',');
        list = list != NULL ? list + 1 : NULL;
    }
    if (list == NULL)
        return field;
    field.text = list + strspn(list, BLANKS);
    field.length = strcspn(field.text, ",");
    while (field.length > 0 && strchr(BLANKS, field.text[field.length - 1]) != NULL)
        field.length--;
    return field;
}

static bool read_code(struct field field, uint32_t *out)
{
    char text[32];

    if (field.length == 0 || field.length >= sizeof(text))
        return false;
    memcpy(text, field.text, field.length);
    text[field.length] = '\0';
    return code_parse(text, out);
}

static char read_digit(struct field field)
{
    return field.length == 1 && field.text[0] >= '0' && field.text[0] <= '9' ? field.text[0] : '\0';
}

static enum licensing_status status_of(char digit)
{
    if (digit == '\0' || digit >= '0' + LICENSING_STATUS_NOT_TOLD)
        return LICENSING_STATUS_NOT_TOLD;
    return (enum licensing_status)(digit - '0');
}

static void read_guid(struct field field, char out[GUID_TEXT_BYTES])
{
    if (!guid_read(field.text, field.length, out))
        out[0] = '\0';
}

struct kms_request kms_request_of(const struct observation *observation)
{
    struct kms_request request = {.status_digit =
                                      read_digit(field_of(observation, REQUEST_FIELD_STATUS))};

    request.status = status_of(request.status_digit);
    request.has_hr = read_code(field_of(observation, FIELD_HR), &request.hr);
    read_guid(field_of(observation, REQUEST_FIELD_CLIENT_MACHINE_ID), request.client_machine_id);
    read_guid(field_of(observation, REQUEST_FIELD_ACTIVATION_ID), request.activation_id);
    return request;
}

bool kms_request_is_windows_7(const struct kms_request *request)
{
    const struct incident_licence *licence = incident_find_known_licence(request->activation_id);

    return licence != NULL && !licence->not_windows_7 && !licence->is_add_on;
}

char *kms_request_client(const struct observation *observation)
{
    struct field field = field_of(observation, REQUEST_FIELD_CLIENT);
    char *name;

    if (field.length == 0 || field.length > CLIENT_BYTES_MOST)
        return NULL;
    name = memory_copy_bytes(field.text, field.length);
    name[hostname_rootless_bytes(name)] = '\0';
    if (*name != '\0')
        return name;
    free(name);
    return NULL;
}

struct kms_answer kms_answer_of(const struct observation *observation)
{
    struct field activated = field_of(observation, ANSWER_FIELD_ACTIVATED);
    struct kms_answer answer = {.activated = activated.length == 1 ? activated.text[0] : '\0'};

    answer.has_hr = read_code(field_of(observation, FIELD_HR), &answer.hr);
    return answer;
}
