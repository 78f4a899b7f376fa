/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of one machine or source, as one text each. */
#include "case/internal.h"

#include "base/text.h"

static const char machine_aliases[] =
    "SELECT name FROM machine_name WHERE machine_id = ?1 ORDER BY position";

/* Every place that has the content of one of its logs, and the places whose host it is. */
static const char machine_sources[] =
    "SELECT place.path FROM source_computer AS said"
    " JOIN source AS place ON place.id = said.source_id OR place.same_as = said.source_id"
    " WHERE said.machine_id = ?1"
    " UNION SELECT place.path FROM kms_client AS said"
    " JOIN source AS place ON place.id = said.source_id OR place.same_as = said.source_id"
    " WHERE said.machine_id = ?1"
    " UNION SELECT place.path FROM host_place AS said JOIN source AS place"
    " ON place.id = said.place_id WHERE said.machine_id = ?1"
    " ORDER BY 1";

static const char source_machines[] =
    "WITH said(id) AS (SELECT id FROM source WHERE id = ?1"
    " UNION SELECT same_as FROM source WHERE id = ?1 AND same_as IS NOT NULL)"
    " SELECT name FROM machine WHERE id IN ("
    " SELECT machine_id FROM source_computer WHERE source_id IN said"
    " UNION SELECT machine_id FROM host_place WHERE place_id = ?1)"
    " ORDER BY folded_name, name";

/* A source of many hosts could have one a host: the others are counted. */
static const char source_remarks[] =
    "WITH said AS (SELECT DISTINCT remark FROM host_place WHERE place_id = ?1 AND remark <> '')"
    " SELECT remark FROM (SELECT remark, 0 AS last FROM said ORDER BY remark LIMIT 8)"
    " UNION ALL SELECT 'and ' || (count(*) - 8) || ' more' FROM said HAVING count(*) > 8";

static int read_list(struct casedb *db, const char *sql, int64_t id, char **out, struct error *err)
{
    struct query query = query_of(db, sql);
    struct text list = {0};
    int step;

    query_integer(&query, id);
    while ((step = query_step(&query, err)) == 1) {
        struct row row = row_of(query.statement);
        struct text item = {0};

        text_add_path(&item, row_text(&row));
        text_add_item(&list, text_get(&item));
        text_free(&item);
    }
    *out = step == 0 ? text_take(&list) : NULL;
    text_free(&list);
    return step;
}

int casedb_machine_aliases(struct casedb *db, int64_t machine_id, char **out, struct error *err)
{
    return read_list(db, machine_aliases, machine_id, out, err);
}

int casedb_machine_sources(struct casedb *db, int64_t machine_id, char **out, struct error *err)
{
    return read_list(db, machine_sources, machine_id, out, err);
}

int casedb_source_machines(struct casedb *db, int64_t source_id, char **out, struct error *err)
{
    return read_list(db, source_machines, source_id, out, err);
}

int casedb_source_remarks(struct casedb *db, int64_t source_id, char **out, struct error *err)
{
    return read_list(db, source_remarks, source_id, out, err);
}
