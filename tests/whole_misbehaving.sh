#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Readers that are taken over by what they read: each costs its own source, and nothing else.
# Of SOURCES logs, MISBEHAVING make their reader crash, hang, eat memory or lie (tests/misbehaving.c).
. "$top_srcdir/tests/lib.sh"

sources=${SOURCES-1000}
bad=${MISBEHAVING-50}
# A sanitized program starts its processes slowly.
if grep -q __asan_init "$SPPTRIAGE"; then
    sources=${SOURCES-150}
    bad=${MISBEHAVING-15}
fi
# No sleepers but two: they are told by time that passes.
ways='crash abort exit loop half half-end memory flood kind text enum run'
templates="$top_srcdir/templates"

for number in $(seq -w 1 "$sources"); do
    echo "file $number/Application.evtx"
    echo "computer PC-$number"
    echo '2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2'
done | make_logs "$scratch/logs"

# misbehave FOLDER WAY: from now on the log there does that to its reader.
misbehave() {
    printf 'misbehave %s\0' "$2" |
        dd of="$scratch/logs/$1/Application.evtx" bs=1 seek=1024 conv=notrunc status=none
}

# run PROGRAM OUTPUT
run() {
    status=0
    (cd "$scratch/logs" && "$1" analyze --templates "$templates" -q -j4 -o "$2" .) \
        >"$scratch/out" 2>"$scratch/err" || status=$?
}

every=$((sources / bad))
count=0
mkdir "$scratch/apart"
for folder in $(cd "$scratch/logs" && echo * | tr ' ' '\n' | awk "NR % $every == 1"); do
    count=$((count + 1))
    case $count in
    1) way=sleep ;;
    2) way=half-sleep ;;
    *) way=$(echo "$ways" | tr ' ' '\n' | awk -v at="$count" '{ way[NR] = $1 } END { print way[at % NR + 1] }') ;;
    esac
    misbehave "$folder" "$way"
    echo "./$folder/Application.evtx|$way" >>"$scratch/ways"
done
run "$MISBEHAVING_PROGRAM" "$scratch/with"
check 'with some that misbehave, exit status 2' equal 2 "$status"
columns "$scratch/with/sources.csv" path status | awk -F'|' '$2 != "ok"' >"$scratch/not-ok"
check 'each of these costs its own source' equal \
    "$(cut -d'|' -f1 "$scratch/ways")" "$(sed 's/|crashed$//' "$scratch/not-ok")"

# What each says: the reasons that there are, in words.
columns "$scratch/with/sources.csv" path detail >"$scratch/details"
said() {
    sed -n "s/|$1\$//p" "$scratch/ways" | while read -r path; do
        grep -F "$path|" "$scratch/details" | grep -qF "twice ($2)" || {
            echo "$1: $(grep -F "$path|" "$scratch/details")"
            echo wrong >"$scratch/wrong"
        }
    done
    [ ! -e "$scratch/wrong" ]
}
check 'a loop' said loop 'took longer than 0.3 s of processor time (--limit time)'
check 'a loop in the middle of a message' said half 'took longer than 0.3 s of processor time (--limit time)'
check 'one that sleeps' said sleep 'did nothing for 1.5 s (--limit time)'
check 'one that sleeps in the middle of a message' said half-sleep 'did nothing for 1.5 s (--limit time)'
check 'one that eats memory' said memory 'used more memory than 64 MiB (--limit reader-memory)'
check 'what ends by itself' said exit 'exit status 7'
check 'what calls what it must not' said run 'called what its sandbox does not allow'
for way in flood kind text enum; do
    check "a lie: $way" said "$way" 'a malformed message'
done

for path in $(cut -d'|' -f1 "$scratch/ways"); do
    mv "$scratch/logs/$(dirname "$path")" "$scratch/apart"
done
run "$SPPTRIAGE" "$scratch/without"
check 'without them' equal 0 "$status"
for report in hosts.csv timeline.csv timeline.jsonl; do
    check "$report is what it is without them" cmp "$scratch/with/$report" "$scratch/without/$report"
done

# So do processes that unpack.
mkdir "$scratch/zips"
(
    cd "$scratch" && "${PYTHON-/usr/bin/python3}" - <<'END'
import glob, zipfile
for name in ('loop', 'sleep', 'abort', 'filled', 'memory', 'members', 'run', 'sound'):
    with zipfile.ZipFile(f'zips/{name}.zip', 'w') as archive:
        archive.write(sorted(glob.glob('logs/*/Application.evtx'))[0], f'{name}.evtx')
END
) || : # without Python
if [ -e "$scratch/zips/sound.zip" ]; then
    (cd "$scratch/zips" && "$MISBEHAVING_PROGRAM" analyze --templates "$templates" --limit members=9 -q -o ../unzipped . \
        2>"$scratch/err")
    check 'each costs its own container' diff - "$scratch/zip-rows" <<END
$(columns "$scratch/unzipped/sources.csv" path status detail | grep -v "^./[fm][a-z]*.zip!/a" >"$scratch/zip-rows")./abort.zip|crashed|the process that unpacks it ended (signal 6, Aborted): what was unpacked before is read, and the same command tries again
./filled.zip|crashed|the process that unpacks it ended (it filled a member without getting on): what was unpacked before is read, and the same command tries again
./loop.zip|crashed|the process that unpacks it ended (took longer than 0.3 s of processor time without a word (--limit time)): what was unpacked before is read, and the same command tries again
./members.zip|crashed|the process that unpacks it ended (it said what was not its turn): what was unpacked before is read, and the same command tries again
./memory.zip|crashed|the process that unpacks it ended (used more memory than 176 MiB (--limit memory)): what was unpacked before is read, and the same command tries again
./run.zip|crashed|the process that unpacks it ended (called what its sandbox does not allow): what was unpacked before is read, and the same command tries again
./sleep.zip|crashed|the process that unpacks it ended (did nothing for 1.5 s (--limit time)): what was unpacked before is read, and the same command tries again
./sound.zip|ok|
./sound.zip!/sound.evtx|ok|
END
fi

finish
