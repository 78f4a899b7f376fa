#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Our own reader against python3-evtx, on the undamaged real logs beside the checkout: all events of
# the event table and a sample of the others.
. "$top_srcdir/tests/lib.sh"
if ! once; then
    finish
fi
if [ ! -d "$CORPUS" ]; then
    finish # whole_corpus.sh says so
fi
if ! "$python" -c 'import Evtx.Evtx' 2>/dev/null; then
    echo 'SKIP: python3-evtx, another tool, is not installed: nothing to compare with'
    finish
fi

# Every 50th record beside the events of the table: some seconds. What python3-evtx cannot read
# (forwarded records, nested values of CAPI2) is counted.
same_lines() {
    "$DECODED_LINES" 50 "$1" >"$scratch/ours" || return 1
    "$python" "$top_srcdir/tests/fixtures/python_lines.py" "$1" \
        <"$scratch/ours" >"$scratch/theirs" || return 1
    compared=$((compared + $(grep -vc '|cannot: ' "$scratch/theirs")))
    lacking=$((lacking + $(grep -c '|cannot: ' "$scratch/theirs")))
    sed -n 's/|cannot: .*/|/p' "$scratch/theirs" >"$scratch/cannot"
    awk -F'|' 'FILENAME == ARGV[1] { cannot[$1]; next } !($1 in cannot)' "$scratch/cannot" "$scratch/ours" \
        >"$scratch/expected"
    grep -v '|cannot: ' "$scratch/theirs" | diff "$scratch/expected" -
}

compared=0
lacking=0
sed -n 's/^ok  *[0-9]* .*\(shifted\|own  *\) //p' "$top_srcdir/tests/cases/corpus-logs.txt" \
    >"$scratch/logs"
while read -r log; do
    check "$log" same_lines "$CORPUS/$log"
done <"$scratch/logs"
check 'records compared, and records that python3-evtx cannot read' equal '1076 19' \
    "$compared $lacking"
finish
