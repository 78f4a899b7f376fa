/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of the case: a table of columns a row type, of which SQL, binding and reading are made
 * (column.c). It is meant to be read with the sqlite3 shell, too: `.schema` shows the comments, and
 * every time stands there a second time as text (a virtual column, not stored).
 * Keys of what was read are dense and follow from the order of paths once a case was copied
 * (copy.c), hence ON UPDATE CASCADE. */
#include "case/internal.h"

#include "base/array.h"

/* A code as it is known. */
#define HEX_OF(column)                                                    \
    "TEXT AS (CASE WHEN " column " NOTNULL THEN printf('0x%08X', " column \
    " & 0xFFFFFFFF) END) VIRTUAL"

#define OF_FINDING "INTEGER PRIMARY KEY REFERENCES finding(id) ON DELETE CASCADE ON UPDATE CASCADE"
#define OF_SOURCE "REFERENCES source(id) ON DELETE CASCADE ON UPDATE CASCADE"
#define OF_HOST "REFERENCES source_host(id) ON DELETE CASCADE ON UPDATE CASCADE"
#define OF_MACHINE "REFERENCES machine(id) ON DELETE CASCADE"
#define OF_INVENTORY "REFERENCES inventory_host(id) ON DELETE CASCADE"

#define STRING_OF(number) STRING_OF_TOKEN(number)
#define STRING_OF_TOKEN(token) #token
#define APPLICATION_ID STRING_OF(CASEDB_APPLICATION_ID)
#define SCHEMA_VERSION STRING_OF(CASEDB_SCHEMA_VERSION)

/* ---- The run ---- */

static const struct column run_columns[] = {
    {COLUMN_AS(run_row, id, COLUMN_KEY), .constraint = "CHECK (id = 1)"},
    {COLUMN(run_row, window_start_filetime), .utc = "window_start_utc"},
    {COLUMN(run_row, window_end_filetime), .utc = "window_end_utc"},
    {COLUMN(run_row, folder), .comment = "what relative inputs are relative to; empty without any"},
};
const struct row_type run_rows = {
    COLUMNS_OF(run_columns),
    .table = "run",
    .alias = "run",
    .comment =
        "One row: the window the case was made for. Times are FILETIMEs (100 ns since 1601).",
};

static const struct column run_input_columns[] = {
    {COLUMN(text_item, position), .constraint = "PRIMARY KEY"},
    {COLUMN_NAMED("path", text_item, text)},
};
const struct row_type run_input_rows = {
    COLUMNS_OF(run_input_columns),
    .table = "run_input",
    .alias = "i",
    .comment = "The inputs as given on the command line.",
};

/* ---- Sources, and what they say of computers and hosts ---- */

static const struct column source_columns[] = {
    {COLUMN_AS(case_source, id, COLUMN_KEY)},
    {COLUMN(case_source, path), .constraint = "UNIQUE"},
    {COLUMN(case_source, kind), .words = &source_kind_words},
    {COLUMN(case_source, size_bytes)},
    {COLUMN_AS(case_source, mtime_ns, COLUMN_I64), .comment = "since 1970"},
    {COLUMN_AS(case_source, sha256, COLUMN_TEXT_OR_NULL)},
    {COLUMN_AS(case_source, same_as, COLUMN_ID_OR_NULL), .constraint = OF_SOURCE},
    {COLUMN_AS(case_source, same_as_path, COLUMN_TEXT_OR_NULL), .from = "read.path"},
    {COLUMN(case_source, read_options), .comment = "other ones: the source has to be read again"},
    {COLUMN(case_source, status), .words = &source_status_words},
    {COLUMN(case_source, record_count)},
    {COLUMN(case_source, recovered_count)},
    {COLUMN(case_source, selected_count)},
    {COLUMN(case_source, undecodable_count)},
    {COLUMN(case_source, conflict_count), .comment = "observations that are a conflict, below"},
    {COLUMN(case_source, first_filetime), .utc = "first_event_utc",
     .comment = "least event time, 0 for none"},
    {COLUMN(case_source, last_filetime), .utc = "last_event_utc", .comment = "greatest"},
    {COLUMN(case_source, detail)},
};
const struct row_type source_rows = {
    COLUMNS_OF(source_columns),
    .table = "source",
    .alias = "s",
    .comment = "A place a source lies in. Where same_as is set, its content is that of another\n"
               "  -- source, which was read; what that one says counts for this place, too.",
};

static const struct column source_computer_columns[] = {
    {COLUMN_AS(case_computer, id, COLUMN_KEY)},
    {COLUMN(case_computer, source_id), .constraint = OF_SOURCE},
    {COLUMN(case_computer, place_id), .from = "place.id"},
    {COLUMN(case_computer, path), .from = "place.path"},
    {COLUMN(case_computer, kind), .from = "read.kind", .words = &source_kind_words},
    {COLUMN(case_computer, status), .from = "read.status", .words = &source_status_words},
    {COLUMN(case_computer, undecodable_count), .from = "read.undecodable_count"},
    {COLUMN(case_computer, name)},
    {COLUMN(case_computer, folded_name), .comment = "in lower case"},
    {COLUMN_AS(case_computer, machine_id, COLUMN_ID_OR_NULL),
     .constraint = "REFERENCES machine(id) ON DELETE SET NULL", .comment = "derived: whose it is"},
    {COLUMN(case_computer, record_count)},
    {COLUMN(case_computer, first_number), .comment = "least number of the record headers"},
    {COLUMN(case_computer, last_number), .comment = "greatest"},
    {COLUMN(case_computer, last_filetime)},
    {COLUMN(case_computer, forwarded), .comment = "1: some event was forwarded"},
    {COLUMN(case_computer, application_count), .comment = "of channel Application, as below"},
    {COLUMN(case_computer, application_first_filetime)},
    {COLUMN(case_computer, application_last_filetime)},
    {COLUMN(case_computer, application_first_record_id)},
    {COLUMN(case_computer, application_last_record_id)},
};
const struct row_type source_computer_rows = {
    COLUMNS_OF(source_computer_columns),
    .table = "source_computer",
    .alias = "c",
    .comment = "A computer name that the events of a source bear, and what they say of it.",
    .constraint = "UNIQUE (source_id, folded_name)",
};

static const struct column source_host_columns[] = {
    {COLUMN_AS(case_source_host, id, COLUMN_KEY)},
    {COLUMN(case_source_host, source_id), .constraint = OF_SOURCE},
    {COLUMN(case_source_host, place_id), .from = "place.id"},
    {COLUMN(case_source_host, path), .from = "place.path"},
    {COLUMN(case_source_host, name), .comment = "empty: the source does not say"},
    {COLUMN(case_source_host, folded_name), .comment = "in lower case"},
};
const struct row_type source_host_rows = {
    COLUMNS_OF(source_host_columns),
    .table = "source_host",
    .alias = "h",
    .comment =
        "A host that a source without events names, or the one without a name that it is of.",
    .constraint = "UNIQUE (source_id, folded_name)",
};

/* ---- Observations and findings ---- */

/* A FILETIME column as text, as in column.c. */
#define UTC_OF "TEXT AS (strftime('%Y-%m-%dT%H:%M:%SZ', nullif("
#define UTC_END ", 0) / 10000000 - 11644473600, 'unixepoch')) VIRTUAL"

static const char create_observation[] =
    "CREATE TABLE observation (\n"
    "  -- An event of interest. Its source is that of its computer_id.\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  computer_id INTEGER NOT NULL REFERENCES source_computer(id)\n"
    "    ON DELETE CASCADE ON UPDATE CASCADE,\n"
    "  offset_bytes INTEGER NOT NULL, -- of the record in the source\n"
    "  record_number INTEGER NOT NULL, -- the record header's own\n"
    "  recovered INTEGER NOT NULL, -- 1: found in the unused part of a chunk\n"
    "  provider TEXT NOT NULL,\n"
    "  event_id INTEGER NOT NULL,\n"
    "  qualifiers INTEGER, -- NULL where the event has none\n"
    "  level INTEGER, -- NULL where the event has none\n"
    "  event_filetime INTEGER NOT NULL, -- TimeCreated, 0 for none\n"
    "  record_id INTEGER NOT NULL, -- EventRecordID\n"
    "  channel TEXT NOT NULL,\n"
    "  computer TEXT NOT NULL, -- as the event writes it\n"
    "  user_sid TEXT NOT NULL,\n"
    "  duplicate INTEGER NOT NULL DEFAULT 0, -- derived, 1: another source says the same\n"
    "  identity BLOB NOT NULL, -- digest: equal ones say the same\n"
    "  likeness BLOB, -- digest of content, of events kept first and last only\n"
    "  verified TEXT NOT NULL, -- what libevtx says: yes, no, conflict; empty: not asked\n"
    "  other_reading TEXT, -- of a conflict: what libevtx reads instead, else NULL\n"
    "  event_utc " UTC_OF "event_filetime" UTC_END "\n"
    ") STRICT;\n"
    "CREATE TABLE observation_string (\n"
    "  -- The EventData and UserData strings of an observation, as read.\n"
    "  observation_id INTEGER NOT NULL REFERENCES observation(id)\n"
    "    ON DELETE CASCADE ON UPDATE CASCADE,\n"
    "  position INTEGER NOT NULL, -- from 0\n"
    "  name TEXT NOT NULL,\n"
    "  value TEXT NOT NULL,\n"
    "  PRIMARY KEY (observation_id, position)\n"
    ") STRICT, WITHOUT ROWID;\n";

static const char create_finding[] =
    "CREATE TABLE finding (\n"
    "  -- What a source without events says of a host.\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  host_id INTEGER NOT NULL " OF_HOST ",\n"
    "  kind TEXT NOT NULL, -- history, history-row, listing, entry, licence, system\n"
    "  origin TEXT NOT NULL, -- DataStore.edb, wmic qfe, ...\n"
    "  place INTEGER NOT NULL, -- line of the text, or IdEvent of the row\n"
    "  filetime INTEGER NOT NULL, -- 0: of the time of collection, or without a readable time\n"
    "  verified TEXT NOT NULL, -- what a second reader says: yes, no, conflict; empty: not asked\n"
    "  utc " UTC_OF "filetime" UTC_END "\n"
    ") STRICT;\n";

/* What a finding says, a table a kind; the columns are the members of the kind (model/finding.c),
 * in that order. */
static const char create_finding_content[] =
    "CREATE TABLE finding_history (\n"
    "  -- An update history as a whole.\n"
    "  finding_id " OF_FINDING ",\n"
    "  row_count INTEGER NOT NULL,\n"
    "  unreadable_count INTEGER NOT NULL, -- rows without a title that can be read\n"
    "  missing TEXT NOT NULL -- empty, or why rows may be missing\n"
    ") STRICT;\n"
    "CREATE TABLE finding_history_row (\n"
    "  -- A row of an update history that names an update; numbers are NULL as they are there.\n"
    "  finding_id " OF_FINDING ",\n"
    "  status INTEGER,\n"
    "  mapped_result INTEGER,\n"
    "  unmapped_result INTEGER,\n"
    "  server_selection INTEGER,\n"
    "  update_id TEXT NOT NULL, -- that the title names\n"
    "  client_id TEXT NOT NULL,\n"
    "  title TEXT NOT NULL,\n"
    "  offset_bytes INTEGER NOT NULL, -- of the row in its source\n"
    "  other_reading TEXT NOT NULL, -- of a conflict: what the second reader reads instead\n"
    "  mapped_hex " HEX_OF(
        "mapped_result") ",\n"
                         "  unmapped_hex " HEX_OF(
                             "unmapped_result") "\n"
                                                ") STRICT;\n"
                                                "CREATE TABLE finding_listing (\n"
                                                "  -- A listing of updates or packages as a "
                                                "whole.\n"
                                                "  finding_id " OF_FINDING ",\n"
                                                "  entry_count INTEGER NOT NULL, -- each counted "
                                                "once\n"
                                                "  announced_count INTEGER, -- by systeminfo\n"
                                                "  names_update INTEGER NOT NULL, -- 1: an entry "
                                                "is of KB971033\n"
                                                "  incomplete TEXT NOT NULL -- empty, or why it "
                                                "proves no absence\n"
                                                ") STRICT;\n"
                                                "CREATE TABLE finding_entry (\n"
                                                "  -- An entry of a listing that names an update.\n"
                                                "  finding_id " OF_FINDING ",\n"
                                                "  update_id TEXT NOT NULL,\n"
                                                "  name TEXT NOT NULL, -- in the listing\n"
                                                "  state TEXT NOT NULL, -- Installed, ...; "
                                                "unknown; empty: listings of updates have none\n"
                                                "  state_text TEXT NOT NULL, -- as the listing has "
                                                "it, and so the date\n"
                                                "  date TEXT NOT NULL\n"
                                                ") STRICT;\n"
                                                "CREATE TABLE finding_licence (\n"
                                                "  -- A Windows licence with a product key, as "
                                                "slmgr has it.\n"
                                                "  finding_id " OF_FINDING ",\n"
                                                "  name TEXT NOT NULL,\n"
                                                "  description TEXT NOT NULL,\n"
                                                "  activation_id TEXT NOT NULL,\n"
                                                "  application_id TEXT NOT NULL,\n"
                                                "  partial_product_key TEXT NOT NULL,\n"
                                                "  license_status TEXT NOT NULL,\n"
                                                "  notification_reason TEXT NOT NULL,\n"
                                                "  notification_code INTEGER, -- in the reason\n"
                                                "  notification_hex " HEX_OF(
                                                    "notification_code") "\n"
                                                                         ") STRICT;\n"
                                                                         "CREATE TABLE "
                                                                         "finding_system (\n"
                                                                         "  -- Windows, as "
                                                                         "systeminfo has it.\n"
                                                                         "  finding_id " OF_FINDING
                                                                         ",\n"
                                                                         "  os_name TEXT NOT "
                                                                         "NULL,\n"
                                                                         "  os_version TEXT NOT "
                                                                         "NULL\n"
                                                                         ") STRICT;\n";

/* ---- The inventory ---- */

static const struct column inventory_column_columns[] = {
    {COLUMN(text_item, position), .constraint = "PRIMARY KEY"},
    {COLUMN_NAMED("name", text_item, text)},
};
const struct row_type inventory_column_rows = {
    COLUMNS_OF(inventory_column_columns),
    .table = "inventory_column",
    .alias = "i",
    .comment = "The other columns of the inventory, in the order of the file.",
};

static const struct column inventory_host_columns[] = {
    {COLUMN_AS(case_inventory_host, id, COLUMN_KEY)},
    {COLUMN(case_inventory_host, host)},
    {COLUMN(case_inventory_host, folded_host), .constraint = "UNIQUE", .comment = "in lower case"},
};
const struct row_type inventory_host_rows = {
    COLUMNS_OF(inventory_host_columns),
    .table = "inventory_host",
    .alias = "i",
    .comment = "The hosts of the inventory, in the order of the file.",
};

static const struct column inventory_value_columns[] = {
    {COLUMN_NAMED("host_id", text_item, owner_id), .constraint = OF_INVENTORY},
    {COLUMN(text_item, position)},
    {COLUMN_NAMED("value", text_item, text)},
};
const struct row_type inventory_value_rows = {
    COLUMNS_OF(inventory_value_columns),
    .table = "inventory_value",
    .alias = "i",
    .comment = "What the inventory says of a host; position is that of inventory_column.",
    .constraint = "PRIMARY KEY (host_id, position)",
    .without_rowid = true,
};

/* ---- Derived ---- */

static const struct column machine_columns[] = {
    {COLUMN_AS(case_machine, id, COLUMN_KEY)},
    {COLUMN(case_machine, name)},
    {COLUMN(case_machine, folded_name), .comment = "in lower case"},
    {COLUMN(case_machine, collected), .comment = "0: known from the inventory alone"},
    {COLUMN(case_machine, shared_name), .comment = "1: a name of it is also another machine's"},
    {COLUMN_AS(case_machine, inventory_id, COLUMN_ID_OR_NULL),
     .constraint = "REFERENCES inventory_host(id) ON DELETE SET NULL"},
    {COLUMN(case_machine, has_verdict), .from = "v.machine_id IS NOT NULL"},
};
const struct row_type machine_rows = {
    COLUMNS_OF(machine_columns),
    .table = "machine",
    .alias = "m",
    .comment = "Derived: one Windows installation, under its newest name.",
};

static const struct column machine_name_columns[] = {
    {COLUMN_NAMED("machine_id", text_item, owner_id), .constraint = OF_MACHINE},
    {COLUMN(text_item, position)},
    {COLUMN_NAMED("name", text_item, text)},
};
const struct row_type machine_name_rows = {
    COLUMNS_OF(machine_name_columns),
    .table = "machine_name",
    .alias = "n",
    .comment = "Derived: the earlier names of a machine, oldest first.",
    .constraint = "PRIMARY KEY (machine_id, position)",
    .without_rowid = true,
};

static const struct column host_place_columns[] = {
    {COLUMN(host_place, host_id), .constraint = OF_HOST},
    {COLUMN(host_place, place_id), .constraint = OF_SOURCE},
    {COLUMN(host_place, machine_id), .constraint = OF_MACHINE},
    {COLUMN(host_place, remark), .comment = "on how that was found, for sources.csv; or empty"},
    {COLUMN(host_place, is_guess), .comment = "1: neither a name nor a folder of its own tells so"},
};
const struct row_type host_place_rows = {
    COLUMNS_OF(host_place_columns),
    .table = "host_place",
    .alias = "p",
    .comment = "Derived: whose a host of a source is, for each place that the source's content\n"
               "  -- lies in.",
    .constraint = "PRIMARY KEY (host_id, place_id)",
    .without_rowid = true,
};

static const struct column update_evidence_columns[] = {
    {COLUMN(case_update_evidence, machine_id), .constraint = OF_MACHINE},
    {COLUMN_NAMED("update_name", case_update_evidence, update), .words = &update_id_words,
     .comment = "KB971033, KB4480960, KB4480970"},
    {COLUMN(case_update_evidence, kind), .words = &evidence_kind_words},
    {COLUMN(case_update_evidence, event_id), .comment = "0: not an event"},
    {COLUMN(case_update_evidence, says), .words = &update_says_words,
     .comment = "installed, absent, neither"},
    {COLUMN(case_update_evidence, with_collection),
     .comment = "1: a listing, newer than all that has a time"},
    {COLUMN(case_update_evidence, filetime), .utc = "utc"},
    {COLUMN(case_update_evidence, detail)},
    {COLUMN(case_update_evidence, source_id), .constraint = OF_SOURCE},
    {COLUMN(case_update_evidence, path), .from = "s.path"},
};
const struct row_type update_evidence_rows = {
    COLUMNS_OF(update_evidence_columns),
    .table = "update_evidence",
    .alias = "e",
    .comment = "Derived: what says that a machine had KB 971033 or had it not. The updates that\n"
               "  -- came out on the day of the incident and are unrelated have rows here, too.",
};

static const struct column licence_evidence_columns[] = {
    {COLUMN(case_licence_evidence, machine_id), .constraint = OF_MACHINE},
    {COLUMN(case_licence_evidence, kind), .words = &evidence_kind_words},
    {COLUMN(case_licence_evidence, activation_id)},
    {COLUMN(case_licence_evidence, edition)},
    {COLUMN(case_licence_evidence, licence_channel), .words = &licence_channel_words},
    {COLUMN(case_licence_evidence, with_collection),
     .comment = "1: a listing, newer than all that has a time"},
    {COLUMN(case_licence_evidence, filetime), .utc = "utc"},
    {COLUMN(case_licence_evidence, detail)},
    {COLUMN(case_licence_evidence, source_id), .constraint = OF_SOURCE},
    {COLUMN(case_licence_evidence, path), .from = "s.path"},
};
const struct row_type licence_evidence_rows = {
    COLUMNS_OF(licence_evidence_columns),
    .table = "licence_evidence",
    .alias = "e",
    .comment = "Derived: what says which edition and licence a machine has.",
};

static const struct column verdict_columns[] = {
    {COLUMN_AS(case_verdict, machine_id, COLUMN_KEY), .constraint = OF_MACHINE},
    {COLUMN(case_verdict, classification), .words = &classification_words},
    {COLUMN(case_verdict, confidence), .words = &confidence_words},
    {COLUMN(case_verdict, reason)},
    {COLUMN_AS(case_verdict, review, COLUMN_WORDS), .words = &review_note_words},
    {COLUMN(case_verdict, state), .words = &activation_state_words},
    {COLUMN(case_verdict, first_fault_filetime), .utc = "first_fault_utc"},
    {COLUMN(case_verdict, last_fault_filetime), .utc = "last_fault_utc"},
    {COLUMN(case_verdict, recovered_filetime), .utc = "recovered_utc"},
    {COLUMN(case_verdict, in_window_events)},
    {COLUMN(case_verdict, events_8196)},
    {COLUMN(case_verdict, events_8208)},
    {COLUMN(case_verdict, events_8209)},
    {COLUMN(case_verdict, events_13)},
    {COLUMN(case_verdict, codes)},
    {COLUMN(case_verdict, window_coverage), .words = &coverage_words},
    {COLUMN(case_verdict, kb971033), .words = &update_status_words},
    {COLUMN(case_verdict, kb971033_evidence)},
    {COLUMN(case_verdict, unrelated_updates)},
    {COLUMN(case_verdict, edition)},
    {COLUMN(case_verdict, licence_channel), .words = &licence_channel_words},
    {COLUMN(case_verdict, licence_evidence)},
    {COLUMN(case_verdict, os_version)},
    {COLUMN(case_verdict, clock), .words = &clock_state_words},
    {COLUMN(case_verdict, action), .words = &action_words},
    {COLUMN(case_verdict, kms_client_key)},
    {COLUMN(case_verdict, verified), .words = &verified_words,
     .comment = "what libevtx says of the events that the reason names"},
};
const struct row_type verdict_rows = {
    COLUMNS_OF(verdict_columns),
    .table = "verdict",
    .alias = "v",
    .comment = "Derived: the verdict on a machine, in the words of hosts.csv.",
};

/* ---- All ---- */

/* In an order in which each table refers to earlier ones, but for those that are derived. */
static const struct row_type *const tables[] = {
    &run_rows,
    &run_input_rows,
    &source_rows,
    &source_computer_rows,
    &source_host_rows,
    &inventory_column_rows,
    &inventory_host_rows,
    &inventory_value_rows,
    &machine_rows,
    &machine_name_rows,
    &host_place_rows,
    &update_evidence_rows,
    &licence_evidence_rows,
    &verdict_rows,
};

static const char create_rest[] =
    "CREATE INDEX source_by_same_as ON source(same_as);\n"
    "CREATE INDEX source_computer_by_machine ON source_computer(machine_id);\n"
    "CREATE INDEX observation_by_computer ON observation(computer_id);\n"
    "CREATE INDEX observation_by_likeness ON observation(computer_id, likeness)\n"
    "  WHERE likeness IS NOT NULL;\n"
    "CREATE INDEX observation_by_conflict ON observation(verified) WHERE verified = 'conflict';\n"
    "CREATE INDEX finding_by_host ON finding(host_id);\n"
    "CREATE INDEX machine_by_inventory ON machine(inventory_id);\n"
    "CREATE INDEX host_place_by_machine ON host_place(machine_id);\n"
    "CREATE INDEX host_place_by_place ON host_place(place_id);\n"
    "CREATE INDEX update_evidence_by_machine ON update_evidence(machine_id);\n"
    "CREATE INDEX update_evidence_by_source ON update_evidence(source_id);\n"
    "CREATE INDEX licence_evidence_by_machine ON licence_evidence(machine_id);\n"
    "CREATE INDEX licence_evidence_by_source ON licence_evidence(source_id);\n"
    "PRAGMA application_id = " APPLICATION_ID ";\n"
    "PRAGMA user_version = " SCHEMA_VERSION ";\n";

int schema_make(struct casedb *db, struct error *err)
{
    for (size_t index = 0; index < ARRAY_COUNT(tables); index++)
        if (row_type_create(db, tables[index], err) != 0)
            return -1;
    if (casedb_execute(db, create_observation, err) != 0 ||
        casedb_execute(db, create_finding, err) != 0 ||
        casedb_execute(db, create_finding_content, err) != 0)
        return -1;
    return casedb_execute(db, create_rest, err);
}
