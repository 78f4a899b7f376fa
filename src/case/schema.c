/* SPDX-License-Identifier: Apache-2.0 */
/* The schema of the case: a table of columns a row type, of which SQL, binding and reading are made
 * (column.c). It is meant to be read with the sqlite3 shell, too: `.schema` shows the comments, and
 * every time stands there a second time as text (a virtual column, not stored), and views show
 * observations with their texts and strings. */
#include "case/internal.h"

#include <stdlib.h>

#include "base/filetime.h"
#include "base/memory.h"

/* Rows are written before the row of their source and of their computer, which is complete only at
 * the end of the source. */
#define AT_LAST " DEFERRABLE INITIALLY DEFERRED"
#define OF_SOURCE "REFERENCES source(id) ON DELETE CASCADE"
#define OF_COMPUTER "REFERENCES source_computer(id) ON DELETE CASCADE"
#define OF_CLIENT "REFERENCES kms_client(id) ON DELETE CASCADE"
#define OF_HOST "REFERENCES source_host(id) ON DELETE CASCADE"
#define OF_FINDING "REFERENCES finding(id) ON DELETE CASCADE"
#define OF_MACHINE "REFERENCES machine(id) ON DELETE CASCADE"
#define OF_INVENTORY "REFERENCES inventory_host(id) ON DELETE CASCADE"
#define OF_TEXT "REFERENCES text(id)"

#define STRING_OF(number) STRING_OF_TOKEN(number)
#define STRING_OF_TOKEN(token) #token
#define APPLICATION_ID STRING_OF(CASEDB_APPLICATION_ID)
#define SCHEMA_VERSION STRING_OF(CASEDB_SCHEMA_VERSION)

/* ---- The run ---- */

static const struct column run_columns[] = {
    {COLUMN_AS(run_row, id, COLUMN_KEY), .constraint = "CHECK (id = 1)"},
    {COLUMN_FILETIME(run_row, window_start_filetime), .utc = "window_start_utc"},
    {COLUMN_FILETIME(run_row, window_end_filetime), .utc = "window_end_utc"},
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
    {COLUMN_COUNT(case_source, size_bytes)},
    {COLUMN_AS(case_source, mtime_ns, COLUMN_I64),
     .comment = "nanoseconds since 1970; 9223372036854775807: before 1677-09-21 or after "
                "2262-04-11"},
    {COLUMN(case_source, mtime_is_local),
     .comment = "1: of no zone, as in a zip: 14 hours either way"},
    {COLUMN_AS(case_source, sha256, COLUMN_TEXT_OR_NULL)},
    {COLUMN_AS(case_source, same_as, COLUMN_ID_OR_NULL), .constraint = OF_SOURCE},
    {COLUMN_AS(case_source, same_as_path, COLUMN_TEXT_OR_NULL), .from = "read.path"},
    {COLUMN(case_source, read_options), .comment = "other ones: the source has to be read again"},
    {COLUMN(case_source, status), .words = &source_status_words},
    {COLUMN_COUNT(case_source, record_count)},
    {COLUMN_COUNT(case_source, recovered_count)},
    {COLUMN_COUNT(case_source, selected_count)},
    {COLUMN_COUNT(case_source, undecodable_count)},
    {COLUMN_COUNT(case_source, conflict_count),
     .comment = "observations that are a conflict, below"},
    {COLUMN_FILETIME(case_source, first_filetime), .utc = "first_event_utc",
     .comment = "least event time, 0 for none"},
    {COLUMN_FILETIME(case_source, last_filetime), .utc = "last_event_utc", .comment = "greatest"},
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
    {COLUMN(case_computer, source_id), .constraint = OF_SOURCE AT_LAST},
    {COLUMN(case_computer, place_id), .from = "place.id"},
    {COLUMN(case_computer, path), .from = "place.path"},
    {COLUMN(case_computer, kind), .from = "read.kind", .words = &source_kind_words},
    {COLUMN(case_computer, status), .from = "read.status", .words = &source_status_words},
    {COLUMN_COUNT(case_computer, undecodable_count), .from = "read.undecodable_count"},
    {COLUMN(case_computer, name)},
    {COLUMN(case_computer, folded_name), .comment = "in lower case"},
    {COLUMN_AS(case_computer, machine_id, COLUMN_ID_OR_NULL),
     .constraint = "REFERENCES machine(id) ON DELETE SET NULL", .comment = "derived: whose it is"},
    {COLUMN(case_computer, decides),
     .comment = "derived, 0: of an earlier installation, or nobody's"},
    {COLUMN_COUNT(case_computer, record_count)},
    {COLUMN(case_computer, first_number), .comment = "least number of the record headers"},
    {COLUMN(case_computer, last_number), .comment = "greatest"},
    {COLUMN_FILETIME(case_computer, first_number_filetime), .comment = "event times of these two"},
    {COLUMN_FILETIME(case_computer, last_number_filetime)},
    {COLUMN_FILETIME(case_computer, last_filetime)},
    {COLUMN(case_computer, forwarded), .comment = "1: some event was forwarded"},
    {COLUMN_COUNT(case_computer, application_count), .comment = "of channel Application"},
};
const struct row_type source_computer_rows = {
    COLUMNS_OF(source_computer_columns),
    .table = "source_computer",
    .alias = "c",
    .comment = "A computer name that the events of a source bear, and what they say of it.",
    .last_lines = "UNIQUE (source_id, folded_name)",
};

static const struct column span_columns[] = {
    {COLUMN_NAMED("computer_id", span_row, span.computer_id), .constraint = OF_COMPUTER AT_LAST},
    {COLUMN_AS(span_row, channel_id, COLUMN_ID_OR_NULL), .constraint = OF_TEXT, .unread = true},
    {COLUMN_NAMED("channel", span_row, span.channel), .from = "channel.value"},
    {COLUMN_NAMED("recovered", span_row, span.recovered),
     .comment = "1: of records found in unused parts of chunks"},
    {COLUMN_NAMED("first_record_id", span_row, span.first_record_id), .comment = "EventRecordID"},
    {COLUMN_NAMED("last_record_id", span_row, span.last_record_id)},
    {COLUMN_NAMED("record_count", span_row, span.record_count), .greatest = INT64_MAX,
     .comment = "less than the ids make: some between them are missing"},
    {COLUMN_NAMED("first_filetime", span_row, span.first_filetime), .greatest = FILETIME_MAX,
     .utc = "first_event_utc"},
    {COLUMN_NAMED("last_filetime", span_row, span.last_filetime), .greatest = FILETIME_MAX,
     .utc = "last_event_utc"},
};
const struct row_type span_rows = {
    COLUMNS_OF(span_columns),
    .table = "record_span",
    .alias = "r",
    .comment = "Records of a computer and channel whose ids follow each other and whose times are\n"
               "  -- in order: of what order and coverage are told.",
};

static const struct column mark_columns[] = {
    {COLUMN_NAMED("computer_id", mark_row, mark.computer_id), .constraint = OF_COMPUTER AT_LAST},
    {COLUMN_AS(mark_row, channel_id, COLUMN_ID_OR_NULL), .constraint = OF_TEXT, .unread = true},
    {COLUMN_NAMED("channel", mark_row, mark.channel), .from = "channel.value"},
    {COLUMN_NAMED("record_id", mark_row, mark.record_id), .comment = "EventRecordID"},
    {COLUMN_NAMED("event_filetime", mark_row, mark.event_filetime), .greatest = FILETIME_MAX,
     .utc = "event_utc"},
};
const struct row_type mark_rows = {
    COLUMNS_OF(mark_columns),
    .table = "record_mark",
    .alias = "k",
    .comment =
        "Some records of each log, spread over their ids: logs of one name where these have\n"
        "  -- other times are of two machines.",
};

static const struct column client_columns[] = {
    {COLUMN_AS(case_client, id, COLUMN_KEY)},
    {COLUMN(case_client, source_id), .constraint = OF_SOURCE AT_LAST},
    {COLUMN(case_client, computer_id), .constraint = OF_COMPUTER AT_LAST,
     .comment = "of the KMS host"},
    {COLUMN(case_client, name)},
    {COLUMN(case_client, folded_name), .comment = "in lower case"},
    {COLUMN(case_client, client_machine_id), .comment = "of the last request; or empty"},
    {COLUMN_COUNT(case_client, request_count),
     .comment = "0: only records in unused parts of chunks name it"},
    {COLUMN(case_client, is_windows_7), .comment = "1: some request is for a Windows 7"},
    {COLUMN_FILETIME(case_client, last_filetime), .utc = "last_event_utc"},
    {COLUMN_AS(case_client, machine_id, COLUMN_ID_OR_NULL),
     .constraint = "REFERENCES machine(id) ON DELETE SET NULL", .comment = "derived: whose it is"},
};
const struct row_type client_rows = {
    COLUMNS_OF(client_columns),
    .table = "kms_client",
    .alias = "k",
    .comment = "A client that a KMS host was asked by, as its log names it.",
    .last_lines = "UNIQUE (source_id, computer_id, folded_name)",
};

static const struct column source_host_columns[] = {
    {COLUMN_AS(case_source_host, id, COLUMN_KEY)},
    {COLUMN(case_source_host, source_id), .constraint = OF_SOURCE AT_LAST},
    {COLUMN(case_source_host, place_id), .from = "place.id"},
    {COLUMN(case_source_host, path), .from = "place.path"},
    {COLUMN(case_source_host, name), .comment = "empty: the source does not say"},
    {COLUMN(case_source_host, folded_name), .comment = "in lower case"},
    {COLUMN(case_source_host, names_tree),
     .from = "EXISTS (SELECT 1 FROM finding AS f WHERE f.host_id = h.id AND f.kind = 'computer')"},
    {COLUMN(case_source_host, names_all),
     .from = "EXISTS (SELECT 1 FROM finding AS f WHERE f.host_id = h.id AND f.kind = 'computer'"
             " AND f.origin = 'client_info.json')"},
};
const struct row_type source_host_rows = {
    COLUMNS_OF(source_host_columns),
    .table = "source_host",
    .alias = "h",
    .comment =
        "A host that a source without events names, or the one without a name that it is of.",
    .last_lines = "UNIQUE (source_id, folded_name)",
};

/* ---- Observations ---- */

static const struct column text_columns[] = {
    {COLUMN_AS(text_row, id, COLUMN_KEY)},
    {COLUMN(text_row, value), .constraint = "UNIQUE"},
};
const struct row_type text_rows = {
    COLUMNS_OF(text_columns),
    .table = "text",
    .alias = "t",
    .comment = "Texts of observations that many of them have: they refer to them. Empty ones have\n"
               "  -- no row, and are referred to by NULL.",
};

/* A text that stands once: the reference, which is written, and the text, which is read. */
#define TEXT_COLUMNS(name, member)                                                    \
    {COLUMN_AS(observation_row, name##_id, COLUMN_ID_OR_NULL), .constraint = OF_TEXT, \
     .unread = true},                                                                 \
        {COLUMN_NAMED(#name, observation_row, seen.observation.member), .from = #name ".value"}

static const struct column observation_columns[] = {
    {COLUMN_AS(observation_row, id, COLUMN_KEY)},
    {COLUMN(observation_row, computer_id), .constraint = OF_COMPUTER AT_LAST},
    {.name = "client_id",
     .type = COLUMN_ID_OR_NULL,
     .offset_bytes = offsetof(struct observation_row, seen.client_id),
     .constraint = OF_CLIENT AT_LAST,
     .comment = "of an SPP 12290: what the KMS host saw is of this one"},
    {COLUMN_NAMED("offset_bytes", observation_row, seen.observation.offset_bytes),
     .greatest = INT64_MAX, .comment = "of the record in the source"},
    {COLUMN_NAMED("record_number", observation_row, seen.observation.record_number),
     .comment = "the record header's own"},
    {COLUMN_NAMED("recovered", observation_row, seen.observation.recovered),
     .comment = "1: found in the unused part of a chunk"},
    TEXT_COLUMNS(provider, provider),
    {COLUMN_NAMED("event_id", observation_row, seen.observation.event_id)},
    {COLUMN_NAMED("qualifiers", observation_row, seen.observation.qualifiers),
     .greatest = OBSERVATION_QUALIFIERS_MAX, .comment = "NULL where the event has none"},
    {COLUMN_NAMED("level", observation_row, seen.observation.level),
     .greatest = OBSERVATION_LEVEL_MAX, .comment = "NULL where the event has none"},
    {COLUMN_NAMED("event_filetime", observation_row, seen.observation.event_filetime),
     .greatest = FILETIME_MAX, .utc = "event_utc", .comment = "TimeCreated, 0 for none"},
    {COLUMN_NAMED("record_id", observation_row, seen.observation.record_id),
     .comment = "EventRecordID"},
    TEXT_COLUMNS(channel, channel),
    TEXT_COLUMNS(computer_name, computer),
    TEXT_COLUMNS(user_sid, user_sid),
    {COLUMN(observation_row, strings),
     .comment =
         "values of EventData and UserData, a JSON array; \\udcXX is a byte that is not UTF-8"},
    {COLUMN_AS(observation_row, names_id, COLUMN_ID_OR_NULL), .constraint = OF_TEXT, .unread = true,
     .comment = "their names, as another; NULL where none has a name"},
    {COLUMN_AS(observation_row, names, COLUMN_TEXT_OR_NULL), .from = "names.value"},
    {COLUMN_NAMED("verified", observation_row, seen.observation.verified), .words = &verified_words,
     .comment = "what libevtx says; empty: not asked"},
    {.name = "other_reading",
     .type = COLUMN_TEXT_OR_NULL,
     .offset_bytes = offsetof(struct observation_row, seen.observation.other_reading),
     .comment = "of a conflict: what libevtx reads instead"},
    {COLUMN(observation_row, duplicate), .unread = true,
     .comment = "derived, 1: another source says the same"},
    {COLUMN(observation_row, hidden), .unread = true,
     .comment = "derived, 1: a request that says what those beside it say"},
    {.name = "role",
     .type = COLUMN_WORD,
     .offset_bytes = offsetof(struct observation_row, seen.role),
     .words = &role_words,
     .comment = "derived: by its place among the others; empty: as by itself"},
    {COLUMN_NAMED("wrong_clock", observation_row, seen.wrong_clock),
     .comment = "derived, 1: its time is wrong"},
    {COLUMN_NAMED("placed_filetime", observation_row, seen.placed_filetime), .unread = true,
     .greatest = FILETIME_MAX, .utc = "placed_utc", .comment = "derived: that it counts as of"},
    {COLUMN_NAMED("placed_in_window", observation_row, seen.placed_in_window),
     .comment = "derived"},
    {COLUMN_NAMED("counts_filetime", observation_row, seen.placed_filetime),
     .from = OBSERVATION_COUNTS_FILETIME, .greatest = FILETIME_MAX},
    {COLUMN_NAMED("machine", observation_row, seen.machine),
     .from = "coalesce(m.name, computer_name.value)"},
    {COLUMN_NAMED("machine_id", observation_row, seen.machine_id), .from = "m.id"},
    {COLUMN_NAMED("decides", observation_row, seen.decides),
     .from = "c.decides AND m.id IS NOT NULL"},
    {COLUMN_NAMED("writer_id", observation_row, seen.writer_id), .from = "c.machine_id"},
    {COLUMN_NAMED("forwarded", observation_row, seen.forwarded), .from = "c.forwarded"},
    {COLUMN_NAMED("source_id", observation_row, seen.source_id), .from = "s.id"},
    {COLUMN_NAMED("path", observation_row, seen.path), .from = "s.path"},
};
const struct row_type observation_rows = {
    COLUMNS_OF(observation_columns),
    .table = "observation",
    .alias = "o",
    .comment = "An event of interest. Its source is that of its computer_id.",
};

/* ---- Findings ---- */

static const struct column finding_columns[] = {
    {COLUMN_AS(finding_row, id, COLUMN_KEY)},
    {COLUMN(finding_row, host_id), .constraint = OF_HOST},
    {COLUMN_NAMED("kind", finding_row, said.finding.kind), .words = &finding_kind_words},
    {COLUMN_NAMED("origin", finding_row, said.finding.origin), .words = &finding_origin_words},
    {COLUMN_NAMED("host", finding_row, said.finding.host), .from = "h.name"},
    {COLUMN_NAMED("place", finding_row, said.finding.place),
     .comment = "line of the text, or IdEvent of the row"},
    {COLUMN_NAMED("filetime", finding_row, said.finding.filetime), .greatest = FILETIME_MAX,
     .utc = "utc", .comment = "0: of the time of collection, or without a readable time"},
    {COLUMN_NAMED("verified", finding_row, said.finding.verified), .words = &verified_words,
     .comment = "what a second reader says; empty: not asked"},
    {COLUMN_NAMED("place_id", finding_row, said.place_id), .from = "where_said.place_id"},
    {COLUMN_NAMED("path", finding_row, said.path), .from = "where_said.path"},
    {.name = "mtime_ns",
     .offset_bytes = offsetof(struct finding_row, said.mtime_ns),
     .type = COLUMN_I64,
     .from = "where_said.mtime_ns"},
    {COLUMN_NAMED("mtime_is_local", finding_row, said.mtime_is_local),
     .from = "where_said.mtime_is_local"},
    {COLUMN_NAMED("is_guess", finding_row, said.is_guess), .from = "where_said.is_guess"},
};
const struct row_type finding_rows = {
    COLUMNS_OF(finding_columns),
    .table = "finding",
    .alias = "f",
    .comment = "What a source without events says of a host; more of it in the table of its kind.",
};

static const struct column finding_content_columns[] = {
    {.name = "finding_id",
     .type = COLUMN_KEY,
     .offset_bytes = offsetof(struct finding_row, id),
     .constraint = OF_FINDING},
};

/* What is told of the table of a kind, and the columns that show a code as it is known. */
#define CODE_OF(column)                                                               \
    column "_hex TEXT AS (CASE WHEN " column " NOTNULL THEN printf('0x%08X', " column \
           " & 0xFFFFFFFF) END) VIRTUAL"
#define TELL_history "An update history as a whole."
#define TELL_history_row "A row of an update history that names an update."
#define TELL_listing "A listing of updates or packages, or those of a hive, as a whole."
#define TELL_entry "An entry of a listing, or a package of a hive, that names an update."
#define TELL_licence "A Windows licence with a product key, as a listing has it."
#define TELL_system "Windows, as a listing or a hive has it."
#define TELL_computer "The machine of the folder tree that the source lies in."
#define TELL_validation "The last genuine validation, as MGADiag has it."
#define TELL_remediation "What a script of ours wrote of a run of its own."
#define CODES_history NULL
#define CODES_history_row CODE_OF("mapped_result") ",\n  " CODE_OF("unmapped_result")
#define CODES_listing NULL
#define CODES_entry NULL
#define CODES_licence CODE_OF("notification_code")
#define CODES_system NULL
#define CODES_computer NULL
#define CODES_validation CODE_OF("hr_offline") ",\n  " CODE_OF("hr_online")
#define CODES_remediation NULL

/* Their columns are the members of the kind (model/finding.c). */
#define CONTENT_ROWS(kind, word, member)           \
    [kind] = {COLUMNS_OF(finding_content_columns), \
              .table = "finding_" #member,         \
              .alias = "said",                     \
              .comment = TELL_##member,            \
              .last_lines = CODES_##member,        \
              .members = &finding_members[kind],   \
              .members_offset_bytes = offsetof(struct finding_row, said.finding.member)},
const struct row_type finding_content_rows[FINDING_KIND_COUNT] = {FINDING_KINDS(CONTENT_ROWS)};

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
    .last_lines = "PRIMARY KEY (host_id, position)",
    .without_rowid = true,
};

/* ---- Derived ---- */

static const struct column machine_columns[] = {
    {COLUMN_AS(case_machine, id, COLUMN_KEY)},
    {COLUMN(case_machine, name)},
    {COLUMN(case_machine, folded_name), .comment = "in lower case"},
    {COLUMN(case_machine, collected),
     .comment = "0: nothing of it was, it is in the inventory, or a KMS host saw it"},
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
    .last_lines = "PRIMARY KEY (machine_id, position)",
    .without_rowid = true,
};

static const struct column host_place_columns[] = {
    {COLUMN(host_place_row, host_id), .constraint = OF_HOST},
    {COLUMN(host_place_row, place_id), .constraint = OF_SOURCE},
    {COLUMN_NAMED("machine_id", host_place_row, said.machine_id), .constraint = OF_MACHINE},
    {COLUMN_NAMED("remark", host_place_row, said.remark),
     .comment = "on how that was found, for sources.csv; or empty"},
    {COLUMN_NAMED("is_guess", host_place_row, said.is_guess),
     .comment = "1: neither a name nor a folder of its own tells so"},
    {COLUMN_NAMED("decides", host_place_row, said.decides),
     .comment = "0: of an earlier installation of the machine"},
};
const struct row_type host_place_rows = {
    COLUMNS_OF(host_place_columns),
    .table = "host_place",
    .alias = "p",
    .comment = "Derived: whose a host of a source is, for each place that the source's content\n"
               "  -- lies in.",
    .last_lines = "PRIMARY KEY (host_id, place_id)",
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
     .comment = "1: a listing, newer than every event; by its time among these"},
    {COLUMN_FILETIME(case_update_evidence, filetime), .utc = "utc"},
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
     .comment = "1: a listing, newer than every event; by its time among these"},
    {COLUMN_FILETIME(case_licence_evidence, filetime), .utc = "utc"},
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

static const struct column kms_sight_columns[] = {
    {COLUMN(case_kms_sight, machine_id), .constraint = OF_MACHINE},
    {COLUMN_AS(case_kms_sight, host_id, COLUMN_ID_OR_NULL), .constraint = OF_MACHINE,
     .comment = "of the KMS host"},
    {.name = "computer",
     .type = COLUMN_TEXT,
     .offset_bytes = offsetof(struct case_kms_sight, host),
     .comment = "the same, as its events have it"},
    {COLUMN(case_kms_sight, before), .words = &licensing_status_words,
     .comment = "as which it asked last before the window, in it and after it; or empty"},
    {COLUMN(case_kms_sight, within), .words = &licensing_status_words},
    {COLUMN(case_kms_sight, after), .words = &licensing_status_words},
    {COLUMN_COUNT(case_kms_sight, request_count)},
    {COLUMN_FILETIME(case_kms_sight, first_filetime), .utc = "first_utc"},
    {COLUMN_FILETIME(case_kms_sight, last_filetime), .utc = "last_utc"},
    {COLUMN(case_kms_sight, host), .from = "coalesce(h.name, g.computer)"},
    {COLUMN(case_kms_sight, name), .from = "m.name"},
    {COLUMN(case_kms_sight, classification), .from = "v.classification",
     .words = &classification_words},
    {COLUMN(case_kms_sight, confidence), .from = "v.confidence", .words = &confidence_words},
    {COLUMN(case_kms_sight, state), .from = "v.state", .words = &activation_state_words},
};
const struct row_type kms_sight_rows = {
    COLUMNS_OF(kms_sight_columns),
    .table = "kms_sight",
    .alias = "g",
    .comment = "Derived: what a KMS host saw of a machine.",
};

static const struct column episode_columns[] = {
    {COLUMN(case_episode, machine_id), .constraint = OF_MACHINE},
    {COLUMN_FILETIME(case_episode, first_filetime), .utc = "first_utc",
     .comment = "that its first signal counts as of"},
    {COLUMN_FILETIME(case_episode, end_filetime), .utc = "end_utc",
     .comment = "0: it is open, or ended by a listing of the time of collection"},
    {COLUMN_NAMED("ended_by", case_episode, end), .words = &episode_end_words,
     .comment = "event, listing, script; empty: it is open"},
    {COLUMN(case_episode, provider), .comment = "of the event that ended it"},
    {COLUMN(case_episode, event_id), .comment = "of the same, or 0"},
    {COLUMN(case_episode, is_incident),
     .comment = "1: of the incident, if the machine is one that this can hit"},
};
const struct row_type episode_rows = {
    COLUMNS_OF(episode_columns),
    .table = "episode",
    .alias = "e",
    .comment = "Derived: from a signal of a machine to what ended that, in their order.",
};

static const struct column covered_time_columns[] = {
    {COLUMN(case_covered_time, machine_id), .constraint = OF_MACHINE},
    {COLUMN_FILETIME(case_covered_time, first_filetime), .utc = "first_utc"},
    {COLUMN_FILETIME(case_covered_time, last_filetime), .utc = "last_utc"},
};
const struct row_type covered_time_rows = {
    COLUMNS_OF(covered_time_columns),
    .table = "covered_time",
    .alias = "t",
    .comment = "Derived: what the Application logs of a machine cover without a gap.",
};

static const struct column verdict_columns[] = {
    {COLUMN_AS(case_verdict, machine_id, COLUMN_KEY), .constraint = OF_MACHINE},
    {COLUMN(case_verdict, classification), .words = &classification_words},
    {COLUMN(case_verdict, confidence), .words = &confidence_words},
    {COLUMN(case_verdict, reason)},
    {COLUMN_AS(case_verdict, review, COLUMN_WORDS), .words = &review_note_words},
    {COLUMN(case_verdict, state), .words = &activation_state_words},
    {COLUMN_FILETIME(case_verdict, first_fault_filetime), .utc = "first_fault_utc"},
    {COLUMN_FILETIME(case_verdict, last_fault_filetime), .utc = "last_fault_utc"},
    {COLUMN_FILETIME(case_verdict, recovered_filetime), .utc = "recovered_utc"},
    {COLUMN_COUNT(case_verdict, in_window_events)},
    {COLUMN_COUNT(case_verdict, events_8196)},
    {COLUMN_COUNT(case_verdict, events_8208)},
    {COLUMN_COUNT(case_verdict, events_8209)},
    {COLUMN_COUNT(case_verdict, events_13)},
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
    {COLUMN(case_verdict, remediation), .comment = "the last run of a script of ours"},
    {COLUMN(case_verdict, rollout), .words = &rollout_result_words},
    {COLUMN(case_verdict, rollout_trace)},
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

static const struct row_type *const tables[] = {
    &run_rows,
    &run_input_rows,
    &source_rows,
    &source_computer_rows,
    &span_rows,
    &mark_rows,
    &client_rows,
    &text_rows,
    &observation_rows,
    &source_host_rows,
    &finding_rows,
    &inventory_column_rows,
    &inventory_host_rows,
    &inventory_value_rows,
};

/* In the order in which they are emptied: those that refer to others first. */
static const struct row_type *const derived_tables[] = {
    &verdict_rows,          &episode_rows,         &covered_time_rows,
    &licence_evidence_rows, &update_evidence_rows, &kms_sight_rows,
    &host_place_rows,       &machine_name_rows,    &machine_rows,
};

/* For a person: nothing here uses them. */
static const char create_views[] =
    "CREATE VIEW event AS\n"
    "  -- Observations with their texts, their source and their machine.\n"
    "  SELECT o.id, s.path, o.offset_bytes, o.record_number, o.recovered, p.value AS provider,\n"
    "    o.event_id, o.qualifiers, o.level, o.event_utc, o.event_filetime, o.record_id,\n"
    "    ch.value AS channel, n.value AS computer, u.value AS user_sid, o.strings, o.verified,\n"
    "    o.other_reading, o.duplicate, o.hidden, o.wrong_clock, o.placed_utc,\n"
    "    m.name AS machine\n"
    "  FROM observation AS o JOIN source_computer AS c ON c.id = o.computer_id\n"
    "    JOIN source AS s ON s.id = c.source_id LEFT JOIN kms_client AS k ON k.id = o.client_id\n"
    "    LEFT JOIN machine AS m\n"
    "      ON m.id = iif(o.client_id IS NULL, c.machine_id, k.machine_id)\n"
    "    LEFT JOIN text AS p ON p.id = o.provider_id LEFT JOIN text AS ch ON ch.id = o.channel_id\n"
    "    LEFT JOIN text AS n ON n.id = o.computer_name_id\n"
    "    LEFT JOIN text AS u ON u.id = o.user_sid_id;\n"
    "CREATE VIEW event_string AS\n"
    "  -- The strings of observations, each with its name, NULL where it has none.\n"
    "  SELECT o.id AS observation_id, s.key AS position,\n"
    "    nullif(json_extract(names.value, '$[' || s.key || ']'), '') AS name, s.value\n"
    "  FROM observation AS o JOIN json_each(o.strings) AS s\n"
    "    LEFT JOIN text AS names ON names.id = o.names_id;\n";

static const char mark_as_case[] = "PRAGMA application_id = " APPLICATION_ID ";\n"
                                   "PRAGMA user_version = " SCHEMA_VERSION ";\n";

static const char create_indexes[] =
    "CREATE INDEX IF NOT EXISTS source_by_same_as ON source(same_as);\n"
    "CREATE INDEX IF NOT EXISTS source_computer_by_machine ON source_computer(machine_id);\n"
    "CREATE INDEX IF NOT EXISTS observation_by_computer ON observation(computer_id);\n"
    "CREATE INDEX IF NOT EXISTS observation_by_client ON observation(client_id)\n"
    "  WHERE client_id NOTNULL;\n"
    "CREATE INDEX IF NOT EXISTS kms_client_by_machine ON kms_client(machine_id)\n"
    "  WHERE machine_id NOTNULL;\n"
    "CREATE INDEX IF NOT EXISTS record_span_by_computer ON record_span(computer_id);\n"
    "CREATE INDEX IF NOT EXISTS record_mark_by_computer ON record_mark(computer_id, record_id);\n"
    "CREATE INDEX IF NOT EXISTS observation_by_time ON observation(event_filetime, record_id);\n"
    "CREATE INDEX IF NOT EXISTS observation_by_conflict ON observation(verified)\n"
    "  WHERE verified = 'conflict';\n"
    "CREATE INDEX IF NOT EXISTS finding_by_host ON finding(host_id);\n"
    "CREATE INDEX IF NOT EXISTS machine_by_inventory ON machine(inventory_id);\n"
    "CREATE INDEX IF NOT EXISTS host_place_by_machine ON host_place(machine_id);\n"
    "CREATE INDEX IF NOT EXISTS host_place_by_place ON host_place(place_id);\n"
    "CREATE INDEX IF NOT EXISTS episode_by_machine ON episode(machine_id);\n"
    "CREATE INDEX IF NOT EXISTS covered_time_by_machine ON covered_time(machine_id);\n"
    "CREATE INDEX IF NOT EXISTS update_evidence_by_machine ON update_evidence(machine_id);\n"
    "CREATE INDEX IF NOT EXISTS licence_evidence_by_machine ON licence_evidence(machine_id);\n";

static const char clear_marks[] =
    "UPDATE source_computer SET machine_id = NULL, decides = 0 WHERE machine_id IS NOT NULL;"
    "UPDATE kms_client SET machine_id = NULL WHERE machine_id IS NOT NULL;"
    "UPDATE observation SET duplicate = 0 WHERE duplicate <> 0;"
    "UPDATE observation SET hidden = 0 WHERE hidden <> 0;"
    "UPDATE observation SET role = '' WHERE role <> '';"
    "UPDATE observation SET wrong_clock = 0, placed_filetime = 0, placed_in_window = 0"
    " WHERE wrong_clock <> 0;";

static int make_tables(struct casedb *db, const struct row_type *const *types, size_t count,
                       struct error *err)
{
    for (size_t index = 0; index < count; index++)
        if (row_type_create(db, types[index], err) != 0)
            return -1;
    return 0;
}

int schema_make(struct casedb *db, struct error *err)
{
    if (make_tables(db, tables, ARRAY_COUNT(tables), err) != 0)
        return -1;
    for (size_t kind = 0; kind < FINDING_KIND_COUNT; kind++)
        if (row_type_create(db, &finding_content_rows[kind], err) != 0)
            return -1;
    if (make_tables(db, derived_tables, ARRAY_COUNT(derived_tables), err) != 0 ||
        casedb_execute(db, create_views, err) != 0)
        return -1;
    return casedb_execute(db, mark_as_case, err);
}

int schema_make_indexes(struct casedb *db, struct error *err)
{
    return casedb_execute(db, create_indexes, err);
}

int schema_delete_derived(struct casedb *db, struct error *err)
{
    int result = casedb_execute(db, clear_marks, err);

    for (size_t index = 0; index < ARRAY_COUNT(derived_tables) && result == 0; index++) {
        char *sql = memory_format("DELETE FROM %s", derived_tables[index]->table);

        result = casedb_execute(db, sql, err);
        free(sql);
    }
    return result;
}
