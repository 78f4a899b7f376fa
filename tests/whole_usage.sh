#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Bad use: each gets one clear line and its exit status, and leaves nothing half-written.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

make_pair logs

none() {
    for path in "$@"; do
        if [ -e "$path" ]; then
            echo "$path is there"
            return 1
        fi
    done
}
only() { # only FOLDER NAMES...: the folder holds these and nothing else
    folder=$1
    shift
    equal "$*" "$(ls -A "$folder" | tr '\n' ' ' | sed 's/ $//')"
}

spptriage
check 'no command' refused 'no command given'
spptriage frobnicate
check 'an unknown command' refused 'frobnicate: no such command'
spptriage analyze
check 'no input' refused 'no input given'
analyze -o r --frobnicate logs
check 'an unknown option' refused '--frobnicate: no such option'
analyze -o r --ecs=yes logs
check 'an option that takes no value' refused '--ecs=yes: takes no value'
analyze -o r -y logs
check 'an unknown letter' refused '-y: no such option'
analyze -o r --window
check 'an option without its value' refused '--window: a value is missing'
check 'nothing was made by bad options' none r
for window in 2019-01-08 2019-01-08T10:00:00Z/yesterday \
    2019-01-09T10:00:00Z/2019-01-08T10:00:00Z 2019-01-08T10:00:00Z/2019-02-30T10:00:00Z /; do
    analyze -o r --window "$window" logs
    check "the malformed window $window" refused "--window $window"
done
analyze -o r --progress sometimes logs
check 'a malformed progress' refused '--progress sometimes'
for waves in 0 100 -1 3x 1.5 '' 18446744073709551617; do
    analyze -o r --waves "$waves" logs
    check "the waves '$waves'" refused "--waves $waves: expected a number, 1 to 99"
    spptriage report --waves "$waves" case.db
    check "the waves '$waves' of a report" refused "--waves $waves: expected a number, 1 to 99"
done
analyze -o r missing
check 'a missing path and no other input' refused 'missing: No such file or directory'
mkdir empty
analyze -o r empty
check 'an empty folder' refused 'empty: the folder holds no file'
: | "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o r - >out 2>err
status=$?
check 'an empty list of paths' refused 'no input given'
spptriage analyze --templates no-templates -o r logs
check 'no templates' refused 'no-templates/report.html'
cp -r "$top_srcdir/templates" templates
chmod -R u+w templates
for template in 2-rebuild.cmd README.txt remediate.yml; do
    rm "templates/$template"
    spptriage analyze --templates templates -o r logs
    check "without the template $template" refused "templates/$template"
    cp "$top_srcdir/templates/$template" templates
done
chmod u+w templates/report.html
echo '{{FROBNICATE}}' >>templates/report.html
spptriage analyze --templates templates -o r logs
check 'a template with an unknown placeholder' refused 'FROBNICATE'
analyze -o r --inventory no-inventory.csv logs
check 'a missing inventory' refused 'no-inventory.csv'
echo 'owner' >inventory.csv
analyze -o r --inventory inventory.csv logs
check 'an inventory without hosts' refused 'no column is named host'
analyze -o no-parent/r logs
check 'an output folder without its parent' refused 'no-parent/r'
echo x >file
analyze -o file logs
check 'an output folder that is a file' refused 'file'
check 'nothing was made by bad use' none r no-parent spptriage-report

mkdir foreign
echo precious >foreign/thesis.txt
analyze -o foreign logs
check 'a foreign output folder' refused 'thesis.txt'
check 'the foreign folder is untouched' only foreign thesis.txt
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    chmod a-w locked
    analyze -o locked logs
    check 'an unwritable output folder' refused 'cannot write to the output folder locked'
else
    # Root may write everywhere, but not to a file system that is read only.
    analyze -o /proc/spptriage-report logs
    check 'an output folder that cannot be made' refused '/proc/spptriage-report'
fi

# Another case's folder.
analyze -o r logs/PC1
check 'a first case' equal 0 "$status"
cp r/hosts.csv hosts.before
analyze -o r logs/PC2
check 'other inputs are refused' refused 'holds a case of other inputs'
analyze -o r --window 2019-01-08T10:00:00Z/2019-01-08T11:00:00Z logs/PC1
check 'another window is refused' refused 'holds a case with another window'
check 'a refused run changes nothing' cmp r/hosts.csv hosts.before
check 'a refused run leaves nothing' none r/case.db.partial
analyze -o r --add logs/PC2
check '--add joins inputs' equal 0 "$status"
check 'the joined case has both hosts' equal 3 "$(wc -l <r/hosts.csv)"
analyze -o r logs/PC1 logs/PC2
check 'the joined inputs are now those of the case' equal 0 "$status"
analyze -o r --add --window 2019-01-08T11:00:01Z/2019-01-08T12:00:00Z logs/PC1
check '--add gives another window' equal 0 "$status"
check 'the other window decides' equal other-activation-fault "$(cell r/hosts.csv PC1 classification)"
analyze -o both logs
check 'a fresh case of both' equal 0 "$status"

# However a case came about, it is that of one run over its inputs.
samples=$top_srcdir/samples/collection
analyze -o once logs/PC1 logs/PC2 "$samples"
check 'one run over all' equal 2 "$status"
analyze -o joined logs/PC1/
room=$(($(stat -c %s joined/case.db) / 512 + 8)) # for the copy of the case, not for more
(
    ulimit -f "$room"
    trap '' XFSZ
    "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o joined --add "$samples" 2>&1
) >"$scratch/out"
check 'an --add that fails leaves the old report' only joined case.db case.db.partial hosts.csv \
    remediation report.html sources.csv timeline.csv timeline.jsonl
analyze -o joined logs/PC1
check 'the old command is told of the unfinished run' refused 'deleting joined/case.db.partial gives the unfinished run up'
analyze -o joined --add logs/PC2
check 'another --add makes up for it' equal 2 "$status"
check 'the result is that of one run' diff -r joined once
mkdir -p twins/x twins/y
cp logs/PC1/Application.evtx twins/x/
cp logs/PC1/Application.evtx twins/y/
analyze -o joined2 twins/y
analyze -o joined2 --add twins/x
analyze -o once2 twins/x twins/y
check 'copies are met across --add' diff -r joined2 once2
rm -r twins/y
analyze -o joined2 --add twins/x
check 'an input of the case that is gone' refused 'twins/y: nothing to read is there any more'

mkdir -p elsewhere/logs/PC1 elsewhere/twins
cp logs/PC2/Application.evtx elsewhere/logs/PC1/
cp -r logs/PC2 elsewhere/twins/x
(
    cd elsewhere || exit 1
    "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o ../once2 --add logs
) >"$scratch/out" 2>"$scratch/err"
status=$?
check 'a relative input in another working folder' refused 'run the command there'
mkdir share
cp -r logs/PC1 share/
analyze -o shared share logs/PC2 never-there
check 'inputs one of which was never there' equal 2 "$status"
rm -r share/PC1
analyze -o shared share logs/PC2 never-there
check 'an input that is empty now' refused 'share: nothing to read is there any more'
analyze -o shared --add twins/x
check 'an input that is empty now, with --add' refused 'share: nothing to read is there any more'
cp -r logs/PC1 share/
analyze -o shared --add twins/x
check 'what was never there does not matter' equal 2 "$status"

# What a killed run leaves is no foreign file.
touch once/.case.db.copy once/.case.db.copy-journal once/.hosts.csv.partial once/case.db.partial-wal
analyze -o once logs/PC1 logs/PC2 "$samples"
check 'leftovers of a killed run are taken' equal 2 "$status"
check 'and removed' only once case.db hosts.csv remediation report.html sources.csv timeline.csv \
    timeline.jsonl

# A damaged case is named as it was named by the user, not by the copy that is worked on.
mkdir cut
head -c 20480 once/case.db >cut/case.db
spptriage report --templates "$top_srcdir/templates" cut/case.db
check 'a damaged case' refused 'cut/case.db: the case is damaged; read the logs into a new output'
spptriage report --templates "$top_srcdir/templates" -o elsewhere/cut cut/case.db
check 'with another output folder' refused 'spptriage: cut/case.db: the case is damaged; read the'
mkdir cut/unfinished
cp cut/case.db cut/unfinished/case.db.partial
analyze -o cut/unfinished --add logs/PC1
check 'a damaged one of other inputs is not: they would be lost' refused 'case.db.partial: the case is damaged'
check 'and stays' cmp cut/case.db cut/unfinished/case.db.partial
analyze -o cut/unfinished logs/PC1
check 'a damaged unfinished one is begun anew' equal 0 "$status"

# Missing and vanishing inputs among others.
analyze -o partly logs/PC1 missing
check 'a missing path among others is incomplete' equal 2 "$status"
check 'it has its row' equal unreadable "$(cell partly/sources.csv missing status)"

# An input folder without a file, as a share is that is not mounted.
mkdir unmounted hollow hollow/sub linking
ln -s ../logs/PC1 linking/PC1
mkdir logs/PC1/sub
analyze -o hollowed logs/PC1 unmounted hollow linking
check 'input folders without a file among others are incomplete' equal 2 "$status"
check 'they are told of' grep -q 'sources that could not be read whole: 3; see' "$scratch/err"
check 'an empty one has its row' equal 'unreadable: the folder holds no file' \
    "$(cell hollowed/sources.csv unmounted status): $(cell hollowed/sources.csv unmounted detail)"
check 'which says that it is no file' equal folder "$(cell hollowed/sources.csv unmounted kind)"
check 'and is nothing that a host has lost' equal '' "$(cell hollowed/hosts.csv PC1 review)"
check 'so has one of empty folders' equal unreadable "$(cell hollowed/sources.csv hollow status)"
check 'and one of links' equal unreadable "$(cell hollowed/sources.csv linking status)"
check 'a folder below an input has none' equal 6 "$(wc -l <hollowed/sources.csv)"
cp -r hollowed hollowed.before
analyze -o hollowed logs/PC1 unmounted hollow linking
check 'the same command again is incomplete, too' equal 2 "$status"
check 'and changes nothing' diff -r hollowed hollowed.before
spptriage report --templates "$top_srcdir/templates" hollowed/case.db
check 'nor does a report of the case' diff -r hollowed hollowed.before
check 'which is incomplete, too' equal 2 "$status"
analyze -o hollowed2 logs/PC1
printf 'hollow\nlinking/\nlogs/PC1\nunmounted\n' |
    "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o hollowed2 --add - >out 2>err
check 'nor does another way to it' diff -r hollowed hollowed2
cp logs/PC2/Application.evtx unmounted/
analyze -o hollowed logs/PC1 unmounted hollow linking
check 'files that came are read' equal ok "$(cell hollowed/sources.csv unmounted/Application.evtx status)"
check 'and the row of the folder goes' equal '' "$(cell hollowed/sources.csv unmounted status)"
analyze -o filled logs/PC1 unmounted hollow linking
check 'as if they had always been there' diff -r hollowed filled
rmdir logs/PC1/sub

cp -r logs going
analyze -o went going
check 'before the file goes' equal 0 "$status"
rm going/PC2/Application.evtx
analyze -o went going
check 'a file that is gone in a second run is left out' equal 2 "$(wc -l <went/hosts.csv)"
grep -q 'gone from the inputs' "$scratch/err"
check 'and the run says so' equal 0 $?

# A file that vanishes during the run. Its first line says that the files were looked for; then the
# program is held by its own lines, half of which fill the pipe, long before the last file.
mkdir many
seq -f 'many/%05.0f' 1 6000 | xargs touch
cp logs/PC1/Application.evtx many/last.evtx
mkfifo pipe
"$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -j2 -o vanished -v many \
    >/dev/null 2>pipe &
program=$!
exec 9<pipe
check 'it begins' equal 1 "$(dd bs=1 count=1 status=none <&9 | wc -c)"
rm many/last.evtx
cat <&9 >/dev/null
wait "$program"
check 'a file that vanishes during the run is incomplete' equal 2 "$?"
check 'and has its row' equal 'unreadable: vanished during the run' \
    "$(cell vanished/sources.csv many/last.evtx status): $(cell vanished/sources.csv many/last.evtx detail)"
exec 9<&-

# A full disk: files may not grow beyond so many blocks of 512 bytes.
for blocks in 0 8 40 100 170; do
    rm -rf full
    # The message goes through a pipe: a file could not take it either.
    message=$(
        ulimit -f "$blocks"
        trap '' XFSZ
        exec "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o full logs 2>&1 >/dev/null
    )
    status=$?
    echo "$message" >"$scratch/err"
    check "a full disk after $blocks blocks" refused 'full/'
    check "nothing under a final name after $blocks blocks" none full/case.db full/hosts.csv \
        full/timeline.csv full/sources.csv full/report.html full/remediation
done
analyze -o full logs
check 'the run goes on when there is room again' equal 0 "$status"
check 'and gives what an undisturbed run gives' diff -r both full

# One run at a time.
if command -v flock >/dev/null 2>&1; then
    flock both "$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o both logs \
        >/dev/null 2>"$scratch/err"
    status=$?
    check 'a second run at the same time' refused 'another run is writing'
fi

# report
spptriage report --templates "$top_srcdir/templates"
check 'report without a case' refused 'expected one case'
spptriage report --templates "$top_srcdir/templates" missing.db
check 'report of a missing case' refused 'missing.db'
spptriage report --templates "$top_srcdir/templates" file -o r2
check 'report of what is no case' refused 'file'
spptriage report --templates "$top_srcdir/templates" both/case.db -o r
check 'report over another case' refused 'holds the report of another case'
spptriage report --templates "$top_srcdir/templates" both/case.db -o r2
check 'report into another folder' equal 0 "$status"
check 'gives the same reports' diff -r both r2
cp both/report.html page.before
spptriage report --templates "$top_srcdir/templates" both/case.db
check 'report into its own folder' equal 0 "$status"
check 'gives the same page' cmp both/report.html page.before

rm both/report.html
spptriage report --templates "$top_srcdir/templates" both/
check 'report of a folder' equal 0 "$status"
check 'is that of its case' cmp both/report.html page.before
check 'and paths in it have no slash twice' equal 'reports: both
page: both/report.html
lists and scripts: both/remediation' "$(tail -n 3 "$scratch/out")"
spptriage report --templates "$top_srcdir/templates" both -o r3
check 'from a folder into another' equal 0 "$status"
check 'gives the same reports' diff -r both r3
spptriage report --templates "$top_srcdir/templates" logs
check 'report of a folder without a case' refused \
    'logs: there is no case.db in this folder: name the output folder of an analyze command'
check 'where nothing is made' none logs/case.db logs/report.html
for named in nosuch nosuch/ nosuch/case.db ./nosuch/case.db "$scratch/nosuch/case.db" 'a%b?c#d/case.db'; do
    spptriage report --templates "$top_srcdir/templates" "$named"
    check "report of $named, which is not there" refused \
        "$named: cannot open the case: No such file or directory; name "
done
spptriage report --templates "$top_srcdir/templates" ''
check 'report of an empty path' refused 'the case is an empty path; name the folder of a report'
ln -s ../both/case.db foreign/case.db
spptriage report --templates "$top_srcdir/templates" foreign -o r4
check 'a link in place of the case is not followed' refused 'foreign/case.db'
rm foreign/case.db

# A case that can only be read, by a user who is not root.
# The checkout may lie where only root may look: the program and its templates are copied.
mkdir others
chmod 777 others
chmod 755 "$scratch" both
chmod 444 both/case.db
cp "$SPPTRIAGE" program
cp -r "$top_srcdir/templates" readable
chmod -R a+rX program readable
as_user=
[ "$(id -u)" -ne 0 ] || as_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
if [ -n "$as_user" ] && ! command -v setpriv >/dev/null 2>&1; then
    echo 'SKIP: setpriv, another tool, is not installed: no report by another user'
elif ! $as_user test -r "$scratch/both/case.db"; then
    echo "SKIP: $scratch is out of reach of any user but root"
else
    # shellcheck disable=SC2086 # words
    $as_user "$scratch/program" report --templates "$scratch/readable" both/case.db -o others/r \
        >"$scratch/out" 2>"$scratch/err"
    status=$?
    check 'report of a case that can only be read' equal '0 ' "$status $(cat "$scratch/err")"
fi

# Names that would be two members of a list.
make_logs listed <<'END'
file "a; b/Application.evtx"
computer OLD;=1+1;
noise 5 2019-01-01T00:00:00Z 2019-01-02T00:00:00Z
computer PC
noise 5 2019-01-02T00:00:01Z 2019-01-10T00:00:00Z
file c/Application.evtx
computer PC
noise 5 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
cp -r listed/c 'listed/copy; of c'
analyze -o lists listed
check 'logs of a folder with a semicolon' equal 0 "$status"
check 'in the list of sources' equal \
    'listed/a\x3B b/Application.evtx; listed/c/Application.evtx; listed/copy\x3B of c/Application.evtx' \
    "$(cell lists/hosts.csv PC sources)"
check 'in that of aliases' equal 'OLD\x3B=1+1\x3B' "$(cell lists/hosts.csv PC aliases)"

# Names that would do something to a terminal.
analyze -o r "$(printf 'no\nfile\033[31m')"
check 'one line, whatever the name' refused 'no\x0Afile\x1B[31m: No such file'
mkdir links
ln -s ../logs links/logs
cp file links/
analyze -o linked links
check 'links are told of' grep -q 'links not followed, and special files: 1' "$scratch/err"
check 'no log at all is told of' grep -q 'no event log was among the files' "$scratch/err"
for source in slmgr.txt DataStore.edb; do
    analyze -o "only-$source" "$top_srcdir/samples/collection/ACCOUNTING/ACC-PC04/$source"
    check "and where only $source was read" \
        grep -q 'no event log was among the files' "$scratch/err"
done
analyze -o both logs
check 'and of logs nothing' equal '0 ' "$status $(cat "$scratch/err")"

# Output that cannot be written.
"$SPPTRIAGE" analyze --templates "$top_srcdir/templates" -o both logs >/dev/full 2>"$scratch/err"
status=$?
check 'a full standard output changes nothing in the reports' equal 0 "$status"
check 'and is told of' grep -q 'their summary could not be written' "$scratch/err"
finish
