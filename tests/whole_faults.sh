#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Faults of the system: calls that fail below one folder of the inputs, or in the output folder
# (tests/inject.c). What cannot be read has its row, the run is incomplete, nothing else changes, a
# case forgets nothing, and the next run gives what an undisturbed one gives.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1
inject=$(dirname "$SPPTRIAGE")/inject.so

if grep -q __asan_init "$SPPTRIAGE"; then
    echo 'faults are injected in the build without sanitizers: these do not share a program with it'
    finish
fi

make_logs in <<'END'
file PC1/Application.evtx
computer PC1
noise 40 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
noise 10 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
file PC2/Application.evtx
computer PC2
noise 40 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
noise 10 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
file PC2/logs/System.evtx
computer PC2
noise 20 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
cp "$top_srcdir/samples/collection/ACCOUNTING/ACC-PC04/slmgr.txt" in/PC2/
chmod -R u+w in
cp in/PC2/Application.evtx in/PC2/z-copy.evtx
analyze -o sound in
check 'undisturbed' equal 0 "$status"
columns sound/hosts.csv host classification in_window_events >sound.hosts

# disturbed CALL AT ERRNO BELOW ARGUMENTS...: runs analyze while that call fails; $calls is how many
# there were.
disturbed() {
    rm -f calls
    status=0
    INJECT_CALL=$1 INJECT_AT=$2 INJECT_ERRNO=$3 INJECT_BELOW=$4 INJECT_LOG=$scratch/calls \
        INJECT_LASTS=$lasts LD_PRELOAD=$inject \
        "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o case in \
        >"$scratch/out.txt" 2>"$scratch/err" || status=$?
    calls=$(cat calls 2>/dev/null || echo none)
}

told() {
    [ "$status" -eq 2 ] || {
        echo "exit status $status"
        cat "$scratch/err"
        return 1
    }
    grep -q 'sources that could not be read whole' "$scratch/err" || {
        cat "$scratch/err"
        return 1
    }
    case $name in *dir*) grep -q '^spptriage: warning: in/PC2[^:]*: the folder cannot be' \
        "$scratch/err" || return 1 ;; esac
    columns case/sources.csv path status detail >rows
    grep -E '^in/PC2[^|]*\|(unreadable|damaged)\|' rows || {
        cat rows
        return 1
    }
}

told_or_whole() {
    [ "$status" -ne 0 ] && told || diff -r sound case
}

# The others' rows are those of the undisturbed run.
others_the_same() {
    grep -v '"PC2"' sound/hosts.csv >others
    grep -v '"PC2"' case/hosts.csv | diff others - && grep -q '"PC1"' others
}

nothing_forgotten() {
    columns case/hosts.csv host classification in_window_events | diff sound.hosts -
}

# Each call fails in a first run, then in one over the whole case.
reading() {
    call=$1
    number=$2
    shift 2
    for at in "$@"; do
        name="$call $at, error $number${lasts:+, from there on}"
        rm -rf case
        disturbed "$call" "$at" "$number" in/PC2
        [ "$calls" != none ] && [ "$calls" -ge "$at" ] || {
            check "$name is met" equal "$at or more" "$calls"
            continue
        }
        check "$name: it is told" told
        check "$name: others are the same" others_the_same
        analyze -o case in
        check "$name: the next run is whole" equal 0 "$status"
        check "$name: and gives what an undisturbed one gives" diff -r sound case
        disturbed "$call" "$at" "$number" in/PC2
        check "$name over a case: it is told, or was not needed" told_or_whole
        check "$name over a case: nothing is forgotten" nothing_forgotten
        disturbed "$call" "$at" "$number" in/PC2
        check "$name over a case again: nothing is forgotten" nothing_forgotten
        analyze -o case in
        check "$name over a case: the next run gives what an undisturbed one gives" diff -r sound case
    done
}

eio=5
estale=116
lasts=
reading opendir $eio 1
reading readdir $estale 1
reading readdir $eio 3
reading stat $estale 2
reading open $eio 1 3
reading fstat $eio 1
reading pread $eio 1 2 4
lasts=1
reading pread $eio 3
reading mmap $eio 1
lasts=

# A file that was known as a copy of another.
rm -rf case
analyze -o case in
disturbed open 1 $eio z-copy
check 'a copy that cannot be opened any more is incomplete' equal 2 "$status"
check 'and has its row' equal 'unreadable: same content as in/PC2/Application.evtx; cannot be opened: Input/output error; what an earlier run read of it is kept, and the same command tries again' \
    "$(cell case/sources.csv in/PC2/z-copy.evtx status): $(cell case/sources.csv in/PC2/z-copy.evtx detail)"
check 'and nothing is forgotten' nothing_forgotten
analyze -o case in
check 'the next run gives what an undisturbed one gives, of the copy' diff -r sound case

# A copy of a file that is gone, or another one now, while the copy itself cannot be looked at.
for call in readdir open; do
    for becomes in gone another; do
        rm -rf case kept
        mv in kept
        cp -R kept in
        mkdir in/PC3
        cp in/PC2/Application.evtx in/PC3/copy.evtx
        rm in/PC2/z-copy.evtx
        analyze -o case in
        rm -r in/PC2
        [ $becomes = gone ] || { mkdir in/PC2 && cp in/PC1/Application.evtx in/PC2/; }
        lasts=1
        disturbed $call 1 $eio in/PC3
        lasts=
        check "$call: a copy whose original is $becomes is incomplete" equal 2 "$status"
        columns case/hosts.csv host classification >hosts
        check 'and its machine is not forgotten' grep -qx 'PC2|affected-by-incident' hosts
        rm -rf in
        mv kept in
    done
done

# The input itself.
rm -rf case
analyze -o case in
disturbed readdir 3 $eio in
check 'an input that cannot be listed to its end is incomplete' equal 2 "$status"
check 'and nothing is forgotten' nothing_forgotten
analyze -o case in
check 'the next run gives what an undisturbed one gives' diff -r sound case

# The list on standard input: half of it would be other inputs.
rm -rf case
"$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o case - <. >out.txt 2>"$scratch/err"
status=$?
check 'a list of inputs that cannot be read' refused 'cannot read the list of paths: '
check 'makes no folder' test ! -e case

# Writing: one line, or no harm, and the next run makes up for it.
whole_or_refused() {
    if [ "$status" -eq 0 ]; then
        diff -r sound case
    else
        refused 'case'
    fi
}
writing() {
    call=$1
    number=$2
    below=$3
    shift 3
    for at in "$@"; do
        rm -rf case
        disturbed "$call" "$at" "$number" "$below"
        check "$call $at of $below is met" test "$calls" -ge "$at"
        check "$call $at of $below: one line" whole_or_refused
        analyze -o case in
        check "$call $at of $below: the next run gives what an undisturbed one gives" \
            diff -r sound case
    done
}
enospc=28
writing write $enospc hosts.csv 1
writing write $eio report.html 1
writing write $enospc case.db 1 9
writing fsync $eio timeline.csv 1
writing fsync $eio case.db 1
writing open $eio sources.csv 1
writing open $eio case.db.partial 1
writing rename $eio hosts.csv 1
writing rename $eio case.db 1

# An archive: what the case has of its members stays. (The third reading is that of what unpacks.)
python_zip() {
    (cd in && "$python" -m zipfile -c archive.zip PC2/ && rm -r PC2)
}
if [ -x "$python" ]; then
    check 'an archive' python_zip
    rm -rf case sound.zip
    analyze -o sound.zip in
    for at in 1 3; do
        lasts=1
        rm -rf case
        disturbed pread $at $eio archive.zip
        check "an archive that cannot be read from reading $at on" equal 2 "$status"
        check 'has its row' equal unreadable "$(cell case/sources.csv in/archive.zip status)"
        analyze -o case in
        check 'the next run gives what an undisturbed one gives' diff -r sound.zip case
        for turn in first second; do
            disturbed pread $at $eio archive.zip
            check "over a case, the $turn time" equal 2 "$status"
            check 'it has its row' equal unreadable "$(cell case/sources.csv in/archive.zip status)"
            columns case/hosts.csv host classification >hosts
            columns sound.zip/hosts.csv host classification >expected
            check 'and nothing is forgotten' diff expected hosts
        done
        analyze -o case in
        check 'the next run gives what an undisturbed one gives, over a case' diff -r sound.zip case
    done
else
    left_out=$((left_out + 1))
fi
finish
