#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The timeline in its three forms: the same rows in the same order, and with --ecs the names and
# values of the Elastic Common Schema.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# Names and strings that would break out of a line, an object or a string.
make_logs logs <<'END'
file "A&B/Application.evtx"
computer "PC\"},{\"1"
noise 5 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
noise 5 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
END
samples=$top_srcdir/samples/collection
analyze -o report --ecs logs "$samples"
check 'with --ecs' equal 2 "$status"
analyze -o without logs "$samples"
check 'without it there is no such file' test ! -e without/timeline-ecs.jsonl
check 'and all else is the same' equal 'Only in report: timeline-ecs.jsonl' "$(diff -r report without)"

# Every row has its line, and each says the same.
python_check 'each row of the timeline has its line in both forms' report <<'END'
import csv, json, sys

folder = sys.argv[1]
# elastic.co/docs/reference/ecs, allowed values: the categories used, and the types expected of each.
EXPECTED_TYPES = {
    'configuration': {'access', 'change', 'creation', 'deletion', 'info'},
    'host': {'access', 'change', 'end', 'info', 'start'},
    'package': {'access', 'change', 'deletion', 'info', 'installation', 'start'},
}
FIELDS = {'@timestamp', 'ecs', 'event', 'host', 'log', 'message', 'spptriage', 'user', 'winlog'}
LEVELS = {'': None, '0': 'information', '1': 'critical', '2': 'error', '3': 'warning',
          '4': 'information', '5': 'verbose'}


def lines(name):
    with open(f'{folder}/{name}', encoding='utf-8', newline='\n') as file:
        return [json.loads(line) for line in file]


with open(f'{folder}/timeline.csv', encoding='utf-8', newline='') as file:
    rows = list(csv.DictReader(file))
plain, ecs = lines('timeline.jsonl'), lines('timeline-ecs.jsonl')
assert len(rows) == len(plain) == len(ecs) > 20, (len(rows), len(plain), len(ecs))
outcomes, seen = set(), set()
for row, line, made in zip(rows, plain, ecs):
    assert row['data_type'] == line['data_type'] == 'windows:evtx:record', row
    assert set(made) <= FIELDS, set(made) - FIELDS
    assert made['ecs'] == {'version': '8.17.0'}
    assert made['@timestamp'] == (row['datetime'] or '1970-01-01T00:00:00Z') == line['datetime']
    assert made['message'] == line['message'], made
    event = made['event']
    assert event['kind'] == 'event' and event['module'] == 'spptriage'
    assert event['dataset'] == 'spptriage.timeline'
    assert event['code'] == made['winlog']['event_id'] == row['event_id'], event
    assert event['provider'] == made['winlog']['provider_name'] == row['provider'], event
    assert len(event['category']) == len(event['type']) == 1, event
    assert event['type'][0] in EXPECTED_TYPES[event['category'][0]], event
    assert event.get('outcome') in (None, 'success', 'failure'), event
    role = row['role']
    if role.startswith('signal') or role == 'fault':
        assert event['outcome'] == 'failure', event
    if role == 'recovery':
        assert event['outcome'] == 'success', event
    assert event['action'] and set(event['action']) <= set('abcdefghijklmnopqrstuvwxyz0123456789-')
    assert made['host']['name'] == line['host'], made
    assert made['log']['file']['path'] == line['source'] and \
        made['log'].get('level') == LEVELS[row['level']], made
    assert made['winlog']['record_id'] == row['record_id'], made
    assert made['winlog'].get('channel', '') == row['channel'], made
    assert made['winlog']['computer_name'] == line['computer_name'], made
    ours = made['spptriage']
    assert ours['role'] == role and ours['in_window'] == (row['in_window'] == 'yes'), ours
    assert ours['strings'] == line['strings'] and ours.get('codes') == line.get('codes'), ours
    assert ours['offset'] == line['offset'] and ours['timestamp_desc'] == row['timestamp_desc']
    assert ours.get('verified', '') == row['verified'], ours
    assert ours.get('qualifiers', '') == row['qualifiers'], ours
    outcomes.add(event.get('outcome'))
    seen.add((event['category'][0], event['type'][0]))
assert outcomes == {None, 'failure', 'success'}, outcomes
assert {('host', 'info'), ('package', 'installation'), ('package', 'change')} <= seen, seen
assert any(made['host']['name'] == 'PC"},{"1' for made in ecs)
END
check 'as many lines as events' equal "$(wc -l <report/timeline.jsonl)" \
    "$(wc -l <report/timeline-ecs.jsonl)"

# A later report takes it away again, as it does any file that it does not have; and makes it.
spptriage report --templates "$top_srcdir/templates" -q report
check 'a report without it' equal 2 "$status"
check 'has none' diff -r report without
spptriage report --templates "$top_srcdir/templates" -q --ecs without
check 'a report with it has it' test -s without/timeline-ecs.jsonl
analyze -o without --ecs logs "$samples"
check 'and the folder is one of a report all the same' equal 2 "$status"
finish
