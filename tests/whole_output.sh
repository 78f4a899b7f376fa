#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a run prints and writes, and where: standard descriptors that are closed or full, signals,
# cases that an earlier run left, links in the output folder, and names that want to be more than
# names.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1
templates=$top_srcdir/templates

make_pair in
analyze -o sound in
check 'undisturbed' equal 0 "$status"

# told STATUS WORDS: is there one line on standard error, with the words, and the status of the run?
told() {
    [ "$status" -eq "$1" ] || {
        echo "exit status $status"
        cat err
        return 1
    }
    [ "$(wc -l <err)" -eq 1 ] && grep -qF -- "$2" err || {
        cat err
        return 1
    }
}

# ---- Standard descriptors ----

unwritten='but their summary could not be written to standard output'
"$SPPTRIAGE" analyze --templates "$templates" -o closed in >&- 2>err
status=$?
check 'standard output closed: a line, and the status of the sources' told 0 "$unwritten"
check 'and the reports are whole' diff -r sound closed
"$SPPTRIAGE" analyze --templates "$templates" -o full in >/dev/full 2>err
status=$?
check 'standard output full' told 0 "$unwritten: No space left on device"
check 'and the reports are whole' diff -r sound full
{
    "$SPPTRIAGE" analyze --templates "$templates" -o gone in 2>err
    echo $? >status
} | :
status=$(cat status)
check 'nobody reads standard output any more' told 0 "$unwritten: Broken pipe"
check 'and the reports are whole' diff -r sound gone
"$SPPTRIAGE" analyze --templates "$templates" -v -o silent in >out.txt 2>&-
check 'standard error closed' equal 0 $?
check 'and the reports are whole' diff -r sound silent
"$SPPTRIAGE" analyze --templates "$templates" -v --progress always -o none in <&- >&- 2>&-
check 'all three closed' equal 0 $?
check 'and the reports are whole' diff -r sound none
"$SPPTRIAGE" analyze --templates "$templates" -o list - <&- >out.txt 2>err
status=$?
check 'a list on a closed standard input' told 1 'cannot read the list of paths: Bad file descriptor'

# ---- Signals ----

# A source that is read for long: the run is stopped in the midst of it.
mkdir many
cp -r in/PC1 in/PC2 many/
cp in/PC1/Application.evtx many/long.evtx
truncate -s 64G many/long.evtx
for number in 1 2 3; do
    cp in/PC2/Application.evtx many/PC2/$number.evtx
done
stopped() { # stopped SIGNAL NAME STATUS
    rm -rf stopped
    env --default-signal=INT "$SPPTRIAGE" analyze --templates "$templates" --no-hash -j1 -v \
        -o stopped many <&- >&- 2>err &
    program=$!
    until grep -q 'PC2/Application.evtx: ' err 2>/dev/null || ! kill -0 $program 2>/dev/null; do
        sleep 0.02
    done
    readers=$(cat "/proc/$program/task/$program/children" 2>/dev/null)
    held="$(readlink "/proc/$program/fd/0") $(readlink "/proc/$program/fd/1")"
    kill -s "$1" $program
    wait $program 2>/dev/null
    status=$?
    grep '^spptriage' err >line
    mv line err
}
for signal in INT:Ctrl-C:130 TERM:SIGTERM:143 HUP:SIGHUP:129; do
    number=${signal##*:}
    name=${signal#*:}
    stopped "${signal%%:*}"
    check "$signal: descriptors that are closed are taken by no file" equal '/dev/null /dev/null' \
        "$held"
    check "$signal: one line" told "$number" "spptriage: stopped by ${name%:*}: "
    check "$signal: it says how far the case is" \
        grep -qE '[0-9]+ of 6 sources are in stopped/case.db.partial; the same command goes on$' err
    for reader in $readers; do
        tries=0
        while [ -e "/proc/$reader/exe" ] && [ $tries -lt 200 ]; do
            tries=$((tries + 1))
            sleep 0.05
        done
        check "$signal: its readers are ended" test ! -e "/proc/$reader/exe"
    done
done
rm many/long.evtx
analyze --no-hash -o stopped many
check 'the same command goes on' equal 0 "$status"
check 'and says with how much' \
    grep -qE '^spptriage: goes on with an earlier run: [1-5] sources are read already$' "$scratch/err"
analyze --no-hash -o fresh many
check 'and gives what an undisturbed run gives' diff -r fresh stopped
check 'a run that has nothing to go on with says nothing' equal '' "$(cat "$scratch/err")"
(
    trap '' HUP
    exec "$SPPTRIAGE" analyze --templates "$templates" -o nohup in >out.txt 2>err
)
check 'an ignored SIGHUP stays one' equal 0 $?

# A file that must not grow: as a full disk.
mkfifo pipe
(
    ulimit -f 8
    exec "$SPPTRIAGE" analyze --templates "$templates" -o small in >out.txt 2>pipe
) &
cat <pipe >err
wait $!
status=$?
check 'a limit on the size of files' told 1 'small/'
analyze -o small in
check 'the next run gives what an undisturbed one gives' diff -r sound small

# ---- What an earlier run left ----

echo precious >precious

# left NAME: the folder holds such an unfinished case.
left() {
    analyze -o left in
    check "$1: the run succeeds" equal 0 "$status"
    check "$1: and gives what an undisturbed one gives" diff -r sound left
    rm -rf left
    mkdir left
}
mkdir left
: >left/case.db.partial
left 'an empty unfinished case'
head -c 100 sound/case.db >left/case.db.partial
left 'the first bytes of one'
head -c 8192 /dev/urandom >left/case.db.partial
left 'what is no case'
check 'it is told of' grep -q 'an earlier run left a case that is of no use, and is begun anew' \
    "$scratch/err"
head -c 20480 sound/case.db >left/case.db.partial
left 'a part of one'
cp sound/case.db left/case.db.partial
printf '\0\0\0\1' | dd of=left/case.db.partial bs=1 seek=60 conv=notrunc status=none
left 'one of an older schema'
cp sound/case.db left/
head -c 5000 /dev/urandom >left/case.db.partial
left 'what is no case, beside a whole one'
ln -s /etc/passwd left/case.db.partial
left 'a link'
mkfifo left/case.db.partial
left 'a pipe'
for end in wal shm journal; do
    ln -s ../precious left/case.db.partial-$end
    head -c 4096 sound/case.db >left/case.db.partial
    left "a link for its $end file"
done
touch left/.case.db.copy left/.hosts.csv.partial
left 'temporary files alone'
cp sound/case.db left/
: >left/case.db.partial
spptriage report --templates "$templates" left/case.db
check 'report beside an unfinished case that was not begun' equal 0 "$status"
head -c 9000 sound/case.db >left/.case.db.report
spptriage report --templates "$templates" left/case.db
check 'report after a killed one' equal 0 "$status"
rm left/case.db.partial
check 'and leaves what analyze leaves' diff -r sound left
rm -rf left
mkdir left
cp sound/hosts.csv left/
analyze -o left in
check 'reports without their case are not ours' equal 1 "$status"

# ---- Links in the output folder ----

mkdir elsewhere
unharmed() {
    equal precious "$(cat precious)" && equal '' "$(ls -A elsewhere)"
}
mkdir linked
for name in hosts.csv report.html timeline.csv .hosts.csv.partial .case.db.copy .case.db.report; do
    ln -s ../precious linked/$name
done
ln -s ../sound/case.db linked/case.db
analyze -o linked in
check 'a case that is a link is refused' equal 1 "$status"
check 'and says so' grep -q 'linked/case.db is a link, or not a file' "$scratch/err"
rm linked/case.db
: >linked/case.db.partial
analyze -o linked in
check 'links in the place of reports are replaced' equal 0 "$status"
check 'by reports' diff -r sound linked
check 'and nothing behind them changed' unharmed
for place in remediation remediation/scripts; do
    rm -rf linked
    cp -r sound linked
    rm -r linked/$place
    ln -s "$scratch/elsewhere" linked/$place
    analyze -o linked in
    check "$place is a link: refused" equal 1 "$status"
    check "$place is a link: it is named" grep -q "linked/$place" "$scratch/err"
    check "$place is a link: nothing is written behind it" unharmed
    spptriage report --templates "$templates" linked/case.db
    check "$place is a link: no report either" equal 1 "$status"
    check "$place is a link: nor does that write" unharmed
done
mkdir target
ln -s target folder
analyze -o folder in
check 'a folder that is a link itself is what the user named' equal 0 "$status"
check 'and holds the reports' diff -r sound target

# ---- Names ----

bidi=$(printf '\342\200\256')
tag=$(printf '\363\240\201\201')
line=$(printf 'a\nb')
mkdir -p "names/$line"
cp in/PC1/Application.evtx "names/$line/Application.evtx"
cp in/PC1/Application.evtx "names/$line/copy.evtx"
head -c 30000 in/PC2/Application.evtx >"names/${bidi}gpj$tag.evtx"
mkfifo "names/${bidi}pipe"
analyze -v -o named names
check 'names' equal 2 "$status"
check 'are visible where they are printed' grep -qF 'names/\u202Egpj\U000E0041.evtx: ' "$scratch/err"
check 'and nowhere else' test -z "$(grep -F "$bidi" "$scratch/err" "$scratch/out")"
analyze -v -o "$bidi" in
check 'the name of the output folder, too' grep -qF 'reports: \u202E' "$scratch/out"
analyze -o r "no$bidi-such-file"
check 'and one that is missing' refused 'no\u202E-such-file: No such file'
check 'a line end in a path: sources.csv' \
    grep -qF '"names/a\x0Ab/Application.evtx"' named/sources.csv
check 'its detail' grep -qF 'same content as names/a\x0Ab/Application.evtx' named/sources.csv
check 'the list of hosts.csv' equal 'names/a\x0Ab/Application.evtx; names/a\x0Ab/copy.evtx' \
    "$(cell named/hosts.csv PC1 sources)"
check 'the timeline' grep -qF '"names/a\x0Ab/Application.evtx"' named/timeline.csv
check 'no report has such a line' \
    test -z "$(grep -lE '^b/(Application|copy).evtx' named/*.csv named/*.html named/remediation/*.csv)"

valid_html 'the page is valid HTML' named/report.html

# What a spreadsheet would run, in a cell and where `;` parts cells, on either reading.
mkdir 'sheets' 'sheets/x;=1+1;y' 'sheets/a; @b' 'sheets/c;"=d'
for folder in sheets/*; do
    cp in/PC1/Application.evtx "$folder/"
done
cp "$top_srcdir/../shared/reports/hostile/semicolon-host.evtx" sheets/ 2>/dev/null
analyze -o formulas sheets
python_check 'no cell is a formula, whatever parts the cells' formulas <<'END'
import csv, glob, sys
starts = tuple('=+-@\t\r\uff1d\uff0b\uff0d\uff20')
seen = 0
for path in glob.glob(sys.argv[1] + '/**/*.csv', recursive=True):
    for delimiter in ',;':
        with open(path, newline='', encoding='utf-8') as file:
            for row in csv.reader(file, delimiter=delimiter):
                for cell in row:
                    seen += 1
                    start = cell.lstrip(' "')
                    assert not start.startswith(starts), (path, delimiter, cell)
assert seen > 200, seen
END

# ---- What another examiner needs ----

# An inventory of names alone is one, too; and one row can be two machines, of one name.
make_logs in <<'END'
file one/Application.evtx
computer TWIN
record-id 1
noise 50 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
file other/Application.evtx
computer TWIN
record-id 9000
noise 50 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
printf 'host\nTWIN\n' >names.csv
analyze -o method --verify --carve --inventory names.csv in
check 'a row that two machines share is no row too many' equal '0 ' "$status $(cat err)"
check 'the page tells the command with its options' grep -qF \
    '<code>spptriage analyze --verify --carve --inventory FILE in</code>' method/report.html

mkdir nothing
echo 'nothing to read' >nothing/note.txt
analyze -o empty nothing
check 'a case without hosts' equal 0 "$status"
valid_html 'and its page is valid, too' empty/report.html
check 'which claims nothing' grep -qF 'No host is in this case.' empty/report.html
check 'of what was not read' grep -qF '1 source with 0 bytes and 0 records; nothing of that is read.' \
    empty/report.html
finish
