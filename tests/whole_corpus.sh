#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Real logs beside the checkout: what is known of them comes out.
. "$top_srcdir/tests/lib.sh"
if [ ! -d "$CORPUS" ]; then
    echo "SKIP: the real logs are not beside the checkout, so no test reads them: $CORPUS"
    finish
fi
cd "$CORPUS/.." || exit 1
name=$(basename "$CORPUS")
report="$scratch/report"

analyze -o "$report" "$name"
check 'damage and undecodable records are reported' equal 2 "$status"
find "$name" -type f | LC_ALL=C sort >"$scratch/files"
columns "$report/sources.csv" path >"$scratch/paths"
check 'every file has its row' diff "$scratch/files" "$scratch/paths"
check 'no reader crashed' equal 'damaged ok skipped' \
    "$(columns "$report/sources.csv" status | sort -u | paste -s -d ' ')"
hosts="$report/hosts.csv"
check 'one row for the renamed machine' equal 1 "$(cell "$hosts" IE10Win7 host | wc -l)"
check 'its earlier names' equal '37L4247D28-05; IE8Win7; IE9WIN7' "$(cell "$hosts" IE10Win7 aliases)"
check 'its verdict' equal no-activation-fault "$(cell "$hosts" IE10Win7 classification)"
check 'its update' equal installed "$(cell "$hosts" IE10Win7 kb971033)"
check 'its channel' equal other "$(cell "$hosts" IE10Win7 licence_channel)"
check 'its action' equal none "$(cell "$hosts" IE10Win7 action)"
check 'the evidence is of 2016-08-18' sh -c 'case $1 in
    *2016-08-18T17:39:24Z*) ;;
    *) echo "$1"; exit 1 ;;
esac' - "$(cell "$hosts" IE10Win7 kb971033_evidence)"
check 'the database is one of something else' equal \
    'ese skipped an ESE database without an update history (no table tbHistory)' \
    "$(for column in kind status detail; do
        cell "$report/sources.csv" "$name/plaso/Catalog1.edb" $column
    done | paste -s -d ' ')"
check 'no text there is a listing' equal 0 "$(grep -c '","listing","' "$report/sources.csv")"
log="$name/hayabusa-samples/many-events-application.evtx"
check 'times are those of the events' equal 2016-09-20T13:15:31Z \
    "$(cell "$report/sources.csv" "$log" last_event_utc)"
check 'unrelated machines with a shared earlier name stay apart' equal '1 1' \
    "$(cell "$hosts" John-PC host | wc -l) $(cell "$hosts" WIN-03DLIIOFRRA host | wc -l)"
finish
