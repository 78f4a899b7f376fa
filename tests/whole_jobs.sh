#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reader processes: the output does not depend on how many there are, and a run outlives them, but
# they do not outlive it.
. "$top_srcdir/tests/lib.sh"
cd "$top_srcdir" || exit 1
templates="$top_srcdir/templates"

# How many there are.
for jobs in 1 2 5; do
    analyze -o "$scratch/j$jobs" "-j$jobs" samples/collection
    check "the sample with -j$jobs" equal 2 "$status"
done
check 'two readers give what one gives, case included' diff -r "$scratch/j1" "$scratch/j2"
check 'five readers give what one gives, case included' diff -r "$scratch/j1" "$scratch/j5"
analyze -o "$scratch/j" samples/collection
check 'and so does the number of cores' diff -r "$scratch/j1" "$scratch/j"
analyze -o "$scratch/n1" --no-hash -j 1 samples/collection
analyze -o "$scratch/n3" --no-hash --jobs 3 samples/collection
check 'three readers give what one gives, without hashes' diff -r "$scratch/n1" "$scratch/n3"
analyze -o "$scratch/j1" -j5 samples/collection
check 'a second run with other readers changes nothing' diff -r "$scratch/j1" "$scratch/j2"

(
    ulimit -n 40
    "$SPPTRIAGE" analyze --templates "$templates" -q -o "$scratch/few" -j16 samples/collection
)
check 'with few open files allowed, too' diff -r "$scratch/j1" "$scratch/few"

for jobs in 0 x 1x -1 257 99999999999999999999 ''; do
    analyze -o "$scratch/r" -j "$jobs" samples/collection
    check "the malformed number of readers '$jobs'" refused "--jobs $jobs: expected a number"
done

# A line for every source.
analyze -v -o "$scratch/v" -j2 samples/collection
grep -v '^spptriage:' "$scratch/err" >"$scratch/lines"
check '-v prints a line for every source' \
    equal "$(($(wc -l <"$scratch/v/sources.csv") - 1))" "$(wc -l <"$scratch/lines")"
sed 's/: .*//' "$scratch/lines" >"$scratch/order"
check 'in the order of paths, a container behind its members' diff "$scratch/order" - <<END
$(sed 's/\.zip$/.zip!~/' "$scratch/order" | LC_ALL=C sort | sed 's/!~$//')
END
analyze -v -o "$scratch/v" -j2 samples/collection
check 'what has not changed is not taken again' \
    equal 98 "$(grep -c ': unchanged$' "$scratch/err")"

# Readers that are killed while they are at work.

cd "$scratch" || exit 1
for number in $(seq -w 1 60); do
    echo "file $number/Application.evtx"
    echo "computer PC-$number"
    echo 'noise 400 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z'
    echo '2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2'
    echo 'noise 100 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z'
done | make_logs many
# enlarge: the first log keeps a reader busy while it is killed: a gibibyte of room not used yet, and
# twice as much each time that a reader was done too early for that.
mib=512
enlarge() {
    mib=$((mib * 2))
    truncate -s $((4096 + mib * 1048576)) many/01/Application.evtx
}
enlarge

# start OPTIONS...: starts the program and waits for its first reader, until that is one (it has its
# name then, and has closed what it does not need), or for its end; sets $program and $reader.
start() {
    "$SPPTRIAGE" analyze --no-hash --templates "$templates" "$@" >out 2>err &
    program=$!
    while kill -0 "$program" 2>/dev/null; do
        reader=$(cut -d ' ' -f 1 "/proc/$program/task/$program/children" 2>/dev/null)
        [ -z "$reader" ] || [ -n "$(readlink "/proc/$reader/fd/1" 2>/dev/null)" ] || break
    done
}

# undisturbed: what comes out when nobody kills anything.
undisturbed() {
    rm -rf undisturbed
    analyze -o undisturbed -j1 --no-hash many
    check 'many logs' equal 0 "$status"
}

# gone PROCESS: waits for its end, however long the machine takes to come to it. What nobody has
# waited for yet is gone, too.
gone() {
    while :; do
        case $(cut -d ' ' -f 3 "/proc/$1/stat" 2>/dev/null) in
        '' | Z | X) return 0 ;;
        esac
        sleep 0.05
    done
}

while :; do
    start -o killed -j1 many
    kill -KILL "$reader" 2>/dev/null
    wait "$program"
    status=$?
    crashed=$(grep -c '"crashed"' killed/sources.csv)
    [ "$crashed" -eq 0 ] && [ "$mib" -lt 65536 ] || break
    rm -rf killed
    enlarge
done
check 'a run outlives its reader, and is incomplete' equal 2 "$status"
check 'one source says so' equal 1 "$crashed"
grep '"crashed"' killed/sources.csv >crashed
check 'and how the reader ended' grep -q 'ended (signal 9, Killed)' crashed
# What libevtx would have said of that one is missing.
without_verified() {
    columns "$1" message datetime timestamp_desc host provider event_id qualifiers level channel \
        record_id role codes in_window source offset strings
}
undisturbed
without_verified undisturbed/timeline.csv >undisturbed.rows
without_verified killed/timeline.csv >killed.rows
check 'everything was read all the same' cmp undisturbed.rows killed.rows
analyze -o killed -j1 --no-hash many
check 'the same command makes up for it' equal 0 "$status"
check 'and gives what an undisturbed run gives' diff -r undisturbed killed

while :; do
    start -o orphans -j3 many
    kill -STOP "$program" 2>/dev/null
    readers=$(cat "/proc/$program/task/$program/children" 2>/dev/null)
    kill -KILL "$program" 2>/dev/null
    wait "$program" 2>/dev/null
    [ -z "$readers" ] && [ "$mib" -lt 65536 ] || break
    rm -rf orphans
    enlarge
done
for reader in $readers; do
    check 'no reader outlives the run' gone "$reader"
done
analyze -o orphans -j3 --no-hash many
check 'a run that was killed goes on' equal 0 "$status"
undisturbed
check 'and gives what an undisturbed run gives' diff -r undisturbed orphans

# What no reader takes is searched with --carve.
mkdir mixed
cp many/02/Application.evtx mixed/
printf 'no log' >mixed/image.raw
: >mixed/empty
analyze -o carved mixed
check 'without --carve it is skipped' equal skipped "$(cell carved/sources.csv mixed/image.raw status)"
check 'and known by its content' equal text "$(cell carved/sources.csv mixed/image.raw kind)"
analyze -o carved --carve mixed
check 'with --carve' equal 0 "$status"
check 'it is searched' equal 'carved ok' \
    "$(cell carved/sources.csv mixed/image.raw kind) $(cell carved/sources.csv mixed/image.raw status)"
check 'with its hash' equal "$(sha256sum <mixed/image.raw | cut -d ' ' -f 1)" \
    "$(cell carved/sources.csv mixed/image.raw sha256)"
check 'an empty file is not' equal skipped "$(cell carved/sources.csv mixed/empty status)"
check 'nor is a log' equal evtx "$(cell carved/sources.csv mixed/Application.evtx kind)"
analyze -o carved mixed
check 'without it again, it is skipped again' \
    equal skipped "$(cell carved/sources.csv mixed/image.raw status)"

device=$(find /dev -type b 2>/dev/null | head -n 1)
if [ -n "$device" ]; then
    analyze -o r "$device"
    check 'a block device without --carve' refused "$device: block device: it is read with --carve only"
fi
finish
