/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <inttypes.h>

#include "base/filetime.h"

void findings_add_line(struct text *out, const struct finding *finding)
{
    text_add_format(out, "%s|%s|%s|%" PRIu64 "|", finding_kind_name(finding->kind), finding->origin,
                    finding->host, finding->place);
    if (finding->filetime != 0)
        filetime_add_text(out, finding->filetime);
    for (size_t index = 0; index < finding->field_count; index++)
        text_add_format(out, "|%s=%s", finding->fields[index].name, finding->fields[index].value);
    text_add(out, "\n");
}

static int take_finding(void *context, const struct finding *finding, struct error *err)
{
    (void)err;
    findings_add_line(context, finding);
    return 0;
}

struct sink findings_sink(struct text *out)
{
    return (struct sink){.context = out, .finding = take_finding};
}
