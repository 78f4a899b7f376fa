#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The verdicts on machines with random stories against those of a second implementation of the rules
# (tests/second_verdict.py). RANDOM_SEED and RANDOM_COUNT make others than those of every run.
. "$top_srcdir/tests/lib.sh"
if ! once; then
    finish
fi
if [ ! -x "$python" ]; then
    echo 'SKIP: python3, another tool, is not installed: nothing to compare with'
    finish
fi
seed=${RANDOM_SEED-1}
count=${RANDOM_COUNT-600}
export PYTHONDONTWRITEBYTECODE=1

"$python" "$top_srcdir/tests/random_machines.py" "$seed" "$count" "$scratch/random.recipe" \
    "$scratch/machines.json" || exit
"$python" "$top_srcdir/tests/second_verdict.py" "$scratch/machines.json" >"$scratch/second.csv" || exit
make_logs "$scratch/random" <"$scratch/random.recipe" || exit
analyze -q -o "$scratch/report" "$scratch/random"
check 'all of it is read' equal 0 "$status"

# Each column of each machine; where they differ, all of it is shown, and what happened on the machine.
"$python" - "$scratch/machines.json" "$scratch/second.csv" "$scratch/report/hosts.csv" \
    >"$scratch/differences" <<'END'
import csv, json, sys

def rows(path):
    with open(path, newline='', encoding='utf-8') as file:
        return {row['host']: row for row in csv.DictReader(file)}

with open(sys.argv[1], encoding='utf-8') as file:
    told = json.load(file)
stories = told['not_collected'] | {machine['host']: machine['story'] for machine in told['machines']}
second, program, different = rows(sys.argv[2]), rows(sys.argv[3]), 0
for host in sorted(second.keys() | program.keys()):
    if host not in second or host not in program:
        print(host, 'is known to one of them only')
        different += 1
        continue
    columns = [name for name in second[host] if second[host][name] != program[host][name]]
    different += bool(columns)
    for name in columns:
        print(f'{host} {name}: second {second[host][name]!r}, program {program[host][name]!r}')
    for line in sorted(stories[host.partition('.')[0]]) if columns else []:
        print('   ', line)
if different:
    print(different, 'machines of', len(second), 'differ')
END
compared=$?
cat "$scratch/differences"
check "the verdicts on $count machines of seed $seed" equal '0, nothing differs' \
    "$compared, $(tail -n 1 "$scratch/differences" | grep . || echo nothing differs)"
finish
