#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs that are killed at random moments, a third of them in their first 20 ms: each is completed by
# the same command, and gives what an undisturbed run gives. KILLS says how many runs of analyze are
# killed, and REPORT_KILLS how many of report; SEED makes the moments others.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1
kills=${KILLS:-12}
report_kills=${REPORT_KILLS:-6}
seed=${SEED:-1}

for number in $(seq -w 1 12); do
    echo "file $number/Application.evtx"
    echo "computer PC-$number"
    echo 'noise 100 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z'
    echo '2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2'
    echo 'noise 20 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z'
done | make_logs in
cp -r "$top_srcdir/samples/collection/ACCOUNTING" in/more
chmod -R u+w in

milliseconds() {
    echo $(($(date +%s%N) / 1000000))
}
start=$(milliseconds)
analyze -j2 -o sound in
whole_ms=$(($(milliseconds) - start + 1))
check 'an undisturbed run' test "$status" -ne 1
whole_status=$status

# moments COUNT LENGTH: so many times in seconds, every third in the first 20 ms.
moments() {
    awk -v count="$1" -v length_ms="$2" -v seed="$seed" 'BEGIN {
        srand(seed)
        for (at = 0; at < count; at++)
            printf "%.4f\n", (at % 3 == 0 ? 20 : length_ms * 1.1) * rand() / 1000 + 0.0001
    }'
}

killed=0
for moment in $(moments "$kills" "$whole_ms"); do
    rm -rf case
    timeout -s KILL "$moment" "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -j2 -o case in \
        >out.txt 2>err
    [ $? -eq 137 ] && killed=$((killed + 1))
    analyze -j2 -o case in
    [ "$status" -eq "$whole_status" ] && diff -r sound case >differences 2>&1 || {
        check "a run killed after $moment s is completed by the same command" \
            cat "$scratch/err" differences /no-such-file
        continue
    }
    passed=$((passed + 1))
done
check 'runs were killed' test "$killed" -ge $((kills / 3))

start=$(milliseconds)
spptriage report --templates "$top_srcdir/templates" -o apart sound/case.db
report_ms=$(($(milliseconds) - start + 1))
check 'an undisturbed report' diff -r sound apart
# In its own folder, and in one that it makes.
for moment in $(moments "$report_kills" "$report_ms"); do
    rm -rf own apart
    cp -r sound own
    for folder in own apart; do
        timeout -s KILL "$moment" "$SPPTRIAGE" report --templates "$top_srcdir/templates" \
            -o $folder own/case.db >out.txt 2>err
        spptriage report --templates "$top_srcdir/templates" -o $folder own/case.db
        check "a report into $folder killed after $moment s: the next one works" \
            equal "$whole_status" "$status"
        check "and gives the same ($folder, $moment s)" diff -r sound $folder
    done
    timeout -s KILL "$moment" "$SPPTRIAGE" report --templates "$top_srcdir/templates" \
        own/case.db >out.txt 2>err
    analyze -j2 -o own in
    check "so does analyze, after $moment s" diff -r sound own
done
finish
