#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Logs that are no log files any more: images that are searched with --carve, and what a collector
# took over from many machines.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# --- images ---

# An affected machine and a clean one, each with a log of several chunks.
make_logs logs <<'END'
file AFF-PC/Application.evtx
computer AFF-PC.corp.example
record-id 5000
noise 300 2018-11-01T00:00:00Z 2019-01-08T08:00:00Z
2019-01-08T09:00:00Z licences enterprise
2019-01-08T09:10:00Z licences enterprise
2019-01-08T11:02:17Z wat-13 0x00000000 0xC004C4A2
2019-01-08T11:02:19Z spp-8209 windows
2019-01-08T11:02:20Z spp-8196 0xC004F200
2019-01-08T11:12:00Z licences enterprise
noise 300 2019-01-08T12:00:00Z 2019-01-20T00:00:00Z
2019-01-20T10:00:00Z licences enterprise
2019-01-20T10:01:00Z spp-8208 hr=0xC004C4A2 windows7
file CLEAN-PC/Application.evtx
computer CLEAN-PC
noise 600 2018-11-01T00:00:00Z 2019-01-20T00:00:00Z
END

# make_image IMAGE MIB (SECTOR LOG)...: puts all chunks of each log from that sector on into a
# large file that is mostly hole, with a text before them.
make_image() {
    image=$1
    for _ in $(seq 50); do
        printf 'no event log, but a word of one: ElfChnk '
    done >"$image"
    truncate -s "$2M" "$image"
    shift 2
    while [ $# -gt 0 ]; do
        dd if="$2" of="$image" bs=512 skip=8 seek="$1" conv=notrunc status=none
        shift 2
    done
}
# The first log lies across the border of what two reader processes take.
make_image disk.img 66 131000 logs/AFF-PC/Application.evtx 7 logs/CLEAN-PC/Application.evtx

analyze -o log --verify logs
check 'the logs' equal 0 "$status"
analyze -o image disk.img
check 'an image alone, without --carve, is skipped' equal 0 "$status"
check 'with a warning' grep -q 'no event log was among the files' "$scratch/err"
check 'and has its row' equal 'unknown skipped' \
    "$(cell image/sources.csv disk.img kind) $(cell image/sources.csv disk.img status)"
rm -rf image
analyze -o image --carve --verify -j1 disk.img
check 'an image is read' equal 0 "$status"
check 'as what it is' equal 'carved ok 69206016 ' "$(cell image/sources.csv disk.img kind) $(
    cell image/sources.csv disk.img status) $(cell image/sources.csv disk.img bytes) $(
    cell image/sources.csv disk.img detail)"
check 'with as many records' equal 1208 "$(cell image/sources.csv disk.img records)"
check 'of both machines' equal 'AFF-PC.corp.example; CLEAN-PC' \
    "$(cell image/sources.csv disk.img machines)"
check 'with its hash' equal "$(sha256sum <disk.img | cut -d ' ' -f 1)" \
    "$(cell image/sources.csv disk.img sha256)"

# row REPORT HOST COLUMN...: cells of the host's row, with bars between.
row() {
    row_report=$1
    row_host=$2
    shift 2
    columns "$row_report/hosts.csv" host "$@" | sed -n "s/^$row_host|//p"
}
for host in AFF-PC.corp.example CLEAN-PC; do
    for report in log image; do
        row "$report" "$host" classification state first_fault_utc last_fault_utc \
            recovered_utc in_window_events events_8196 events_8208 events_8209 events_13 codes \
            kb971033 edition licence_channel clock kms_client_key >"$report.row"
    done
    check "$host is judged alike by log and image" cmp log.row image.row
done
check 'the affected one is' equal 'affected-by-incident|confirmed|non-genuine|3|full|' \
    "$(row log AFF-PC.corp.example classification confidence state in_window_events \
        window_coverage review)"
check 'an image does not tell how long' equal 'probable|3|unknown|onset-not-covered' \
    "$(row image AFF-PC.corp.example confidence in_window_events window_coverage review)"
check 'the log covers the window' equal 'full||none' \
    "$(row log CLEAN-PC window_coverage review action)"
check 'of an image nobody knows' equal 'unknown|window-not-covered|collect' \
    "$(row image CLEAN-PC window_coverage review action)"

# timeline REPORT: the events, without where they were read from.
timeline() {
    columns "$1/timeline.csv" message datetime timestamp_desc host provider event_id qualifiers \
        level channel record_id role codes in_window verified strings
}
timeline log >log.events
timeline image >image.events
check 'the timeline has the events' equal 6 "$(wc -l <log.events)"
check 'and that of the image the same' cmp log.events image.events
columns image/timeline.csv source offset >image.places
check 'and tells where in the image' equal 6 "$(grep -c '^disk\.img|' image.places)"
while IFS='|' read -r _ offset; do
    check "at byte $offset is a record" equal '2a 2a 00 00' \
        "$(od -A n -t x1 -j "$offset" -N 4 disk.img | sed 's/^ //')"
done <image.places

# Both together: each event once, from the machine's own log, wherever that lies.
mkdir behind before
cp -r logs behind/logs
cp disk.img behind/z.img
cp -r logs before/logs
cp disk.img before/a.img
(cd behind && analyze -o ../both --carve .)
(cd behind && analyze -o ../alone logs)
check 'log and image' equal 0 "$status"
check 'count each event once' cmp log.events - <<END
$(timeline both)
END
check 'from the log' sh -c '! grep -q "z\.img" both/timeline.csv'
(cd before && analyze -o ../both2 --carve .)
check 'each event once where the image is first, too' cmp log.events - <<END
$(timeline both2)
END
check 'and from the log there' sh -c '! grep -q "a\.img" both2/timeline.csv'
for report in alone both both2; do
    row "$report" AFF-PC.corp.example classification confidence state review in_window_events events_8196 \
        events_8208 events_8209 events_13 window_coverage >"$report.row"
done
check 'the verdict is that of the log' cmp alone.row both.row
check 'in either case, and so is what it covers' cmp alone.row both2.row

analyze -o image3 --carve --verify -j3 disk.img
check 'three readers give what one gives, case included' diff -r image image3
for jobs in 1 3; do
    (cd before && analyze -o "../n$jobs" --carve --no-hash "-j$jobs" .)
done
check 'without hashes, and with logs beside it, too' diff -r n1 n3

# An image that begins like a log without its first pages: with --carve all of it is searched.
make_image early.img 66 80003 logs/CLEAN-PC/Application.evtx 8 logs/AFF-PC/Application.evtx
analyze -o early --carve early.img
check 'an image whose first chunk lies where that of a log could' equal \
    'carved AFF-PC.corp.example; CLEAN-PC 1208' "$(cell early/sources.csv early.img kind) $(
        cell early/sources.csv early.img machines) $(cell early/sources.csv early.img records)"

# What is damaged in an image, and images with nothing in them.
mkdir odd
{
    head -c 1536 /dev/zero
    tail -c +4097 logs/AFF-PC/Application.evtx | head -c 150000
} >odd/cut.img
{
    head -c 512 /dev/zero
    printf 'ElfChnk\0 is the magic of a chunk, and this is none'
} >odd/text.img
head -c 100000 /dev/zero >odd/zeros.img
analyze -o odd.report --carve odd
check 'a cut chunk is damage' equal 2 "$status"
check 'with its offset' equal \
    'at byte 132608: chunk is cut: 18928 of its 65536 bytes are there' \
    "$(cell odd.report/sources.csv odd/cut.img detail)"
for name in text zeros; do
    check "nothing in $name" equal 'carved ok no chunk of an event log was found in it' \
        "$(cell odd.report/sources.csv odd/$name.img kind) $(
            cell odd.report/sources.csv odd/$name.img status) $(
            cell odd.report/sources.csv odd/$name.img detail)"
done

# A log whose header is gone.
tail -c +4097 logs/AFF-PC/Application.evtx >headless.evtx
analyze -o headless headless.evtx
analyze -o carved --carve headless.evtx
check 'a log without its header is one' equal 'evtx damaged 608' "$(
    cell headless/sources.csv headless.evtx kind) $(
    cell headless/sources.csv headless.evtx status) $(
    cell headless/sources.csv headless.evtx records)"
check 'that says where it begins' grep -q \
    'log without its first pages: the first chunk begins at byte 0' headless/sources.csv
grep AFF-PC log.events >aff.events
check 'has its events' cmp aff.events - <<END
$(timeline headless)
END
check 'and is searched like anything else with --carve' equal 'carved ok 608' "$(
    cell carved/sources.csv headless.evtx kind) $(
    cell carved/sources.csv headless.evtx status) $(
    cell carved/sources.csv headless.evtx records)"

# --- forwarded events ---

{
    echo 'file ForwardedEvents.evtx'
    echo 'forwarded yes'
    for minute in 10 20 30; do
        for number in $(seq -w 1 300); do
            echo "computer PC-$number.corp.example"
            echo "noise 1 2019-01-08T10:$minute:00Z 2019-01-08T10:$minute:00Z"
            case $number-$minute in
            ??7-20) echo "2019-01-08T10:20:30Z wat-13 0x00000000 0xC004C4A2" ;;
            ??8-30) echo "2019-01-10T10:30:30Z wat-13 0x00000000 0xC004C4A2" ;;
            esac
        done
    done
} | make_logs collector
analyze -o collected collector
check "a collector's log" equal 0 "$status"
columns collected/hosts.csv host aliases classification window_coverage review >rows
for number in $(seq -f '%03.0f' 1 300); do
    case $number in
    ??7) verdict='affected-by-incident|unknown|onset-not-covered' ;;
    ??8) verdict='other-activation-fault|unknown|window-not-covered' ;;
    *) verdict='no-activation-fault|unknown|window-not-covered' ;;
    esac
    echo "PC-$number.corp.example||$verdict"
done >expected
check 'of 300 machines' diff expected rows
check 'has a row for each' equal 301 "$(wc -l <collected/hosts.csv)"
check 'and its records' equal 'ok 960 60 ' "$(
    for column in status records selected detail; do
        printf '%s ' "$(cell collected/sources.csv collector/ForwardedEvents.evtx "$column")"
    done | sed 's/ $//')"

wec=evtx-samples/MSExchange_Management_wec.evtx
if [ -f "$CORPUS/$wec" ]; then
    (cd "$CORPUS" && analyze -o "$scratch/wec" --verify "$wec" && echo "$status" >"$scratch/wec.status")
    check 'a real log of a collector is decoded whole' equal '0 ok ' "$(cat wec.status) $(
        cell wec/sources.csv "$wec" status) $(cell wec/sources.csv "$wec" detail)"
    check 'with its records' equal 1 "$(($(cell wec/sources.csv "$wec" records) > 0))"
fi
finish
