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
    /usr/bin/python3 - "$@" <<'END'
import sys
path, mib, *places = sys.argv[1:]
with open(path, 'wb') as image:
    image.truncate(int(mib) << 20)
    image.write(b'no event log, but a word of one: ElfChnk ' * 50)
    for sector, log in zip(places[::2], places[1::2]):
        image.seek(int(sector) * 512)
        image.write(open(log, 'rb').read()[4096:])
END
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

# row REPORT HOST COLUMN...: cells of the host's row.
row() {
    /usr/bin/python3 - "$@" <<'END'
import csv, sys
report, host, *columns = sys.argv[1:]
rows = csv.DictReader(open(report + '/hosts.csv', newline='', encoding='utf-8'))
print([[row[column] for column in columns] for row in rows if row['host'] == host])
END
}
for host in AFF-PC.corp.example CLEAN-PC; do
    for report in log image; do
        row "$report" "$host" classification confidence reason state first_fault_utc \
            last_fault_utc recovered_utc in_window_events events_8196 events_8208 events_8209 \
            events_13 codes kb971033 edition licence_channel clock action kms_client_key \
            >"$report.row"
    done
    check "$host is judged alike by log and image" cmp log.row image.row
done
check 'the affected one is' equal "[['affected-by-incident', 'confirmed', 'non-genuine', '3', '']]" \
    "$(row image AFF-PC.corp.example classification confidence state in_window_events review)"
check 'the log covers the window' equal "[['full', '']]" \
    "$(row log CLEAN-PC window_coverage review)"
check 'of an image nobody knows' equal "[['unknown', 'window-not-covered']]" \
    "$(row image CLEAN-PC window_coverage review)"
check 'not even of an affected machine' equal "[['unknown']]" \
    "$(row image AFF-PC.corp.example window_coverage)"

# timeline REPORT: the events, without where they were read from.
timeline() {
    /usr/bin/python3 - "$1" <<'END'
import csv, sys
for row in csv.DictReader(open(sys.argv[1] + '/timeline.csv', newline='', encoding='utf-8')):
    print({key: cell for key, cell in row.items() if key not in ('source', 'offset')})
END
}
timeline log >log.events
timeline image >image.events
check 'the timeline has the events' equal 6 "$(wc -l <log.events)"
check 'and that of the image the same' cmp log.events image.events
check 'offsets are those in the image' /usr/bin/python3 - disk.img image/timeline.csv <<'END'
import csv, struct, sys
image = open(sys.argv[1], 'rb')
for row in csv.DictReader(open(sys.argv[2], newline='', encoding='utf-8')):
    image.seek(int(row['offset']))
    magic, size = struct.unpack('<4sI', image.read(8))
    assert row['source'] == 'disk.img' and magic == b'**\0\0' and size > 24, row
END

# Both together: each event once, from the first source in path order.
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
check 'from the log, where its path is first' sh -c '! grep -q "z\.img" both/timeline.csv'
(cd before && analyze -o ../both2 --carve .)
check 'each event once, from the image' cmp log.events - <<END
$(timeline both2)
END
check 'where its path is first' sh -c '! grep -q "Application\.evtx" both2/timeline.csv'
for report in alone both both2; do
    row "$report" AFF-PC.corp.example classification state review in_window_events events_8196 \
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

# What is damaged in an image, and images with nothing in them.
mkdir odd
{
    head -c 1536 /dev/zero
    tail -c +4097 logs/AFF-PC/Application.evtx | head -c 150000
} >odd/cut.img
printf 'ElfChnk\0 is the magic of a chunk, and this is none' >odd/text.img
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
analyze -o headless --carve headless.evtx
check 'a log without its header' equal 'carved ok 608' "$(
    cell headless/sources.csv headless.evtx kind) $(
    cell headless/sources.csv headless.evtx status) $(
    cell headless/sources.csv headless.evtx records)"
grep AFF-PC log.events >aff.events
check 'has its events' cmp aff.events - <<END
$(timeline headless)
END

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
check 'of 300 machines' /usr/bin/python3 - collected/hosts.csv <<'END'
import csv, sys
rows = {row['host']: row for row in csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8'))}
wanted = {'7': 'affected-by-incident', '8': 'other-activation-fault'}
assert sorted(rows) == ['PC-%03d.corp.example' % number for number in range(1, 301)], sorted(rows)
for host, row in rows.items():
    assert row['window_coverage'] == 'unknown' and row['aliases'] == '', row
    assert row['classification'] == wanted.get(host[5], 'no-activation-fault'), row
    assert ('window-not-covered' in row['review']) == (host[5] != '7'), row
END
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
else
    echo "SKIP: the real log is not there: $CORPUS/$wec"
fi
finish
