/* SPDX-License-Identifier: Apache-2.0 */
#include "report/writers.h"

#include <stdlib.h>

#include "base/memory.h"
#include "report/format.h"

/* In front of the name of an inventory's column that is called like one of ours. */
#define INVENTORY_PREFIX "inventory_"

int joined_read(struct casedb *db, struct joined *out, struct error *err)
{
    *out = (struct joined){0};
    if (casedb_read_inventory_columns(db, &out->columns, &out->column_count, err) != 0)
        return -1;
    for (size_t index = 0; index < out->column_count; index++) {
        char *name = out->columns[index];

        if (!hosts_has_column(name) && !remediation_has_column(name))
            continue;
        out->columns[index] = memory_format(INVENTORY_PREFIX "%s", name);
        free(name);
    }
    return 0;
}

void joined_free_content(struct joined *joined)
{
    memory_free_texts(joined->columns, joined->column_count);
    *joined = (struct joined){0};
}

int joined_read_values(const struct joined *joined, struct casedb *db,
                       const struct case_machine *machine, char ***values, struct error *err)
{
    char **found = NULL;
    size_t found_count = 0;

    if (machine->inventory_id != 0 &&
        casedb_read_inventory_values(db, machine->inventory_id, &found, &found_count, err) != 0)
        return -1;
    *values = memory_allocate(joined->column_count, sizeof(**values));
    for (size_t index = 0; index < joined->column_count; index++)
        (*values)[index] = memory_copy_text(index < found_count ? found[index] : "");
    memory_free_texts(found, found_count);
    return 0;
}

void joined_free_values(const struct joined *joined, char **values)
{
    memory_free_texts(values, joined->column_count);
}

void joined_write_names(const struct joined *joined, struct csv_writer *csv)
{
    for (size_t index = 0; index < joined->column_count; index++)
        csv_cell(csv, joined->columns[index]);
}

void joined_write_values(const struct joined *joined, char *const *values, struct csv_writer *csv)
{
    for (size_t index = 0; index < joined->column_count; index++)
        csv_cell(csv, values[index]);
}
