#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Collections in which some files were bent: the run ends with reports, every file has its row, the
# machines whose files were left alone get what they get without the bent ones, and nothing is made
# or changed outside of the output folder. MUTANTS and MUTANT_SEED in the environment say how many
# collections (3) and which.
. "$top_srcdir/tests/lib.sh"

mutants=${MUTANTS-3}
seed=${MUTANT_SEED-20190108}
machines='01 02 03 04 05 06 07 08 09 10'

# What a machine left, by turns: plain logs, a database, hives, texts, an archive of them.
describe() {
    for machine in $machines; do
        name=PC-$machine
        cat <<END
file $name/Application.evtx
computer $name.corp.example
noise 40 2019-01-07T08:00:00Z 2019-01-08T11:00:00Z
2019-01-08T12:00:00Z spp-8208 0xC004C4A2 windows7
2019-01-08T12:00:01Z spp-8209 windows
noise 40 2019-01-08T13:00:00Z 2019-01-10T11:00:00Z
listing $name/qfe-$name.txt wmic en utf-8 $name KB971033 KB2534111
END
        case $machine in
        *[369]) echo "datastore $name/DataStore.edb"
            echo 'history 2019-01-02T10:00:00Z 2 0 "Update for Windows 7 (KB971033)"' ;;
        *[258]) echo "hive-system $name/SYSTEM $name domain=corp.example"
            echo "hive-software $name/SOFTWARE Professional KB971033=installed +20" ;;
        *[47]) echo "pack $name $name.zip" ;;
        esac
    done
}

# bend FILE SEED: changes some bytes of it, or cuts it.
bend() {
    size=$(wc -c <"$1")
    awk -v seed="$2" -v size="$size" 'BEGIN {
        srand(seed)
        if (rand() < 0.15) {
            print "cut", int(rand() * size)
            exit
        }
        for (left = 1 + int(rand() * 12); left > 0; left--)
            printf "%d %03o\n", int((rand() < 0.4 ? rand() * rand() : rand()) * size),
                int(rand() * 256)
    }' | while read -r at byte; do
        if [ "$at" = cut ]; then
            truncate -s "$byte" "$1"
        else
            printf "\\$byte" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
        fi
    done
}

# Everything but the output, with sizes and times.
snapshot() {
    find "$scratch/work" -path "$scratch/work/out" -prune -o -printf '%p %s %T@ %y\n' | sort
}


describe | make_logs "$scratch/sound" || exit 1
mkdir "$scratch/work"
cp -a "$scratch/sound" "$scratch/work/in"
(cd "$scratch/work" && analyze -q -o out in)
cp "$scratch/work/out/hosts.csv" "$scratch/hosts.sound"
check 'the collection is read when it is sound' [ "$(wc -l <"$scratch/hosts.sound")" -eq 11 ]

try() {
    rm -rf "$scratch/work"
    mkdir "$scratch/work"
    cp -a "$scratch/sound" "$scratch/work/in"
    bent=$(awk -v seed="$1" 'BEGIN { srand(seed); for (at = 0; at < 3; at++)
        printf "%s%02d", (at > 0 ? "|" : ""), 1 + int(rand() * 10) }')
    place=0
    for file in $(find "$scratch/work/in" -type f | sort | grep -E "PC-($bent)[/.]"); do
        place=$((place + 1))
        bend "$file" "$1$place"
    done
    snapshot >"$scratch/before"
    (
        cd "$scratch/work"
        analyze -q -o out in
        echo "$status" >"$scratch/status"
    )
    snapshot >"$scratch/after"
    read -r status <"$scratch/status"
    [ "$status" -eq 0 ] || [ "$status" -eq 2 ] || {
        echo "seed $1: exit status $status"
        cat "$scratch/err"
        return 1
    }
    if grep -q 'Sanitizer\|runtime error' "$scratch/err"; then
        echo "seed $1: $(cat "$scratch/err")"
        return 1
    fi
    # The folder itself is newer, as the output was made in it.
    grep -v "^$scratch/work [0-9]" "$scratch/before" >"$scratch/before.in"
    grep -v "^$scratch/work [0-9]" "$scratch/after" | diff "$scratch/before.in" - || {
        echo "seed $1: something changed outside of the output folder"
        return 1
    }
    find "$scratch/work/in" -type f -printf 'in/%P\n' | sort >"$scratch/files"
    columns "$scratch/work/out/sources.csv" path | sort -u >"$scratch/rows"
    comm -23 "$scratch/files" "$scratch/rows" | sed "s/^/seed $1: no row of /" >"$scratch/lost"
    [ ! -s "$scratch/lost" ] || {
        cat "$scratch/lost"
        return 1
    }
    grep -Ev "^\"PC-($bent)[.\"]" "$scratch/hosts.sound" | grep '^"PC-' |
        while read -r row; do
            grep -qxF -- "$row" "$scratch/work/out/hosts.csv" || echo "seed $1: another row: $row"
        done >"$scratch/lost"
    [ ! -s "$scratch/lost" ] || {
        cat "$scratch/lost"
        return 1
    }
}

number=0
while [ "$number" -lt "$mutants" ]; do
    check "bent collection $((seed + number))" try "$((seed + number))"
    number=$((number + 1))
done
finish
