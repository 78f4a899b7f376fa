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
# Its evaluation licence had expired in 2014 (1003 in notification, 0xC004F009) until it was rearmed;
# from 2016-08-24 on 1003 says licensed. The logs end in 2016.
check 'its verdict' equal other-activation-fault "$(cell "$hosts" IE10Win7 classification)"
check 'its state' equal recovered "$(cell "$hosts" IE10Win7 state)"
check 'its faults' equal '2014-11-21T23:43:05Z 2014-11-28T15:46:15Z 0xC004F009' "$(
    columns "$hosts" host first_fault_utc last_fault_utc codes |
        sed -n 's/^IE10Win7|//p' | tr '|' ' ')"
check 'what it is to be looked at for' equal 'window-not-covered; not-volume-licensed' \
    "$(cell "$hosts" IE10Win7 review)"
check 'its clock, which was wrong only where it does not matter' equal ok "$(cell "$hosts" IE10Win7 clock)"
check 'its update' equal installed "$(cell "$hosts" IE10Win7 kb971033)"
check 'its channel' equal other "$(cell "$hosts" IE10Win7 licence_channel)"
check 'its action' equal collect "$(cell "$hosts" IE10Win7 action)"
check 'a machine that is not activated, by 1003 alone' equal \
    'other-activation-fault unlicensed 0xC004F034 troubleshoot' "$(
        columns "$hosts" host classification state codes action |
            sed -n 's/^DESKTOP-0HIJB49|//p' | tr '|' ' ')"
check 'no other machine has a fault' equal 33 \
    "$(columns "$hosts" classification | grep -c '^no-activation-fault$')"
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

# A log of 69 KB whose values are nested in each other: libevtx takes 600 MB and seconds for it.
nested=reports/hostile/nested-values.evtx
if [ -f "$nested" ]; then
    analyze --limit time=2 --limit reader-memory=64 -o "$scratch/nested" "$nested"
    check 'values nested in each other are read within 2 s and 64 MB' equal \
        "2 ok 3 1 record could not be decoded" "$status $(
            columns "$scratch/nested/sources.csv" status records | tr '|' ' ') $(
            cell "$scratch/nested/sources.csv" "$nested" detail | grep -o '1 record could not be decoded')"
    check 'and libevtx is not asked for them' grep -q 'libevtx is not asked for' \
        "$scratch/nested/sources.csv"
else
    echo "SKIP: the small inputs that went wrong are not beside the checkout: $nested"
fi
finish
