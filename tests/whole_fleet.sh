#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fleets that bench/run measures with are what they are said to be.
. "$top_srcdir/tests/lib.sh"
fleet="$scratch/fleet"
report="$scratch/report"
logs=Windows/System32/winevt/Logs/Application.evtx

# classified LISTING REPORT: do the hosts have the classifications that the maker named?
classified() {
    columns "$1" host classification | sort >"$scratch/expected"
    columns "$2" host classification | sort | diff "$scratch/expected" -
}

"$MAKE_FLEET" "$fleet" --machines 2 --log-mib 1 --affected-percent 50 >"$scratch/listing"
check 'a log has its size' equal 1052672 "$(wc -c <"$fleet/PC-0001/$logs")"
check 'logs differ' sh -c '! cmp -s "$1" "$2"' - "$fleet/PC-0001/$logs" "$fleet/PC-0002/$logs"
analyze -o "$report" --verify "$fleet"
check 'every checksum is right' equal 0 "$status"
check 'the verdicts are those that were made' classified "$scratch/listing" "$report/hosts.csv"
host=PC-0002.corp.example
check 'one of two is affected' equal affected-by-incident \
    "$(cell "$report/hosts.csv" "$host" classification)"
check 'by a refusal in the window' equal confirmed "$(cell "$report/hosts.csv" "$host" confidence)"
check 'it had the update' equal installed "$(cell "$report/hosts.csv" "$host" kb971033)"
check 'it is a KMS client' equal volume-kms "$(cell "$report/hosts.csv" "$host" licence_channel)"
check 'the logs cover the window' equal 'full full' \
    "$(cell "$report/hosts.csv" PC-0001.corp.example window_coverage) $(
        cell "$report/hosts.csv" "$host" window_coverage)"

"$MAKE_FLEET" "$scratch/again" --machines 1 --first 2 --log-mib 1 --affected-percent 50 \
    >"$scratch/out"
check 'the same words make the same bytes' cmp "$fleet/PC-0002/$logs" "$scratch/again/PC-0002/$logs"

# A log of several parts reads as one: numbers go on, and the year is spread over it.
"$MAKE_FLEET" "$scratch/long" --machines 1 --log-mib 9 >"$scratch/listing"
analyze -o "$scratch/long-report" --verify "$scratch/long"
check 'a long log is sound' equal 0 "$status"
check 'its verdict' classified "$scratch/listing" "$scratch/long-report/hosts.csv"
python_check 'its numbers are in one run' "$scratch/long/PC-0001/$logs" <<'END'
import struct, sys
data = open(sys.argv[1], 'rb').read()
first, last, next_number = struct.unpack_from('<3Q', data, 8)
count = struct.unpack_from('<H', data, 42)[0]
assert len(data) == 4096 + count * 65536 == 9 * 1024 * 1024 + 4096
expected = None
for step in range(count):
    chunk = 4096 + (first + step) % count * 65536
    numbers = struct.unpack_from('<4Q', data, chunk + 8)
    assert numbers[:2] == numbers[2:] and expected in (None, numbers[0]), (step, numbers)
    expected = numbers[1] + 1
assert expected == next_number and last == (first - 1) % count
END

# A KMS host that the fleet asks: one in a hundred clients lost its licence over the window. A few
# clients are far apart in time, and many close together.
for clients in 3 300; do
    kms="$scratch/kms-$clients"
    mkdir "$kms"
    "$MAKE_FLEET" "$kms" --kms-clients "$clients" --log-mib 64 >"$scratch/listing"
    analyze -o "$kms-report" --verify "$kms"
    check "the log of a KMS host of $clients clients is sound" equal 0 "$status"
    check '.. and its verdicts are those that were made' classified "$scratch/listing" \
        "$kms-report/hosts.csv"
    check '.. by what the host saw' equal suspected \
        "$(cell "$kms-report/hosts.csv" PC-000000.corp.example confidence)"
done

"$MAKE_FLEET" --image "$scratch/image" --mib 24 --affected-percent 50 >"$scratch/listing"
python_check 'the image holds whole logs at odd places' "$scratch/image" "$scratch/listing" <<'END'
import struct, sys, zlib
data = open(sys.argv[1], 'rb').read()
machines = len(open(sys.argv[2]).readlines()) - 1
assert len(data) == 24 * 1024 * 1024
sound = odd = others = 0
for at in range(0, len(data) - 65535, 512):
    if data[at:at + 8] != b'ElfChnk\0':
        continue
    header = data[at:at + 120] + data[at + 128:at + 512]
    if zlib.crc32(header) != struct.unpack_from('<I', data, at + 124)[0]:
        others += 1
        continue
    sound += 1
    odd += at % 4096 != 0
assert machines > 0 and machines * 16 <= sound < (machines + 1) * 16, (machines, sound)
assert odd > sound / 2 and others > 0, (odd, others)
END
check 'wrong use is refused' sh -c '! "$1" "$2/none" --machines 0 --log-mib 1' - "$MAKE_FLEET" \
    "$scratch"
finish
