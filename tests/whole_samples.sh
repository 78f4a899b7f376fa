#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The made-up collection gives the kept reports, byte for byte, whatever the way to them.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1
report="$scratch/report"
templates="$top_srcdir/templates"
samples="$top_srcdir/samples"

mkdir -p samples/collection
"$samples/make-collection" "$MAKE_LOGS" "$samples/collection.recipe" samples/collection
check 'the collection is what its recipe makes' diff -r "$samples/collection" samples/collection

# diff_reports FOLDER: all but the case, which is no text and has times of files in it, and what the
# page says of the way to them.
diff_reports() {
    diff -r --exclude=case.db -I '^<dt>Command</dt>' -I '^<dt>Read with</dt>' "$1" "$report"
}

analyze -o "$report" samples/collection
check 'the sample is read, damage and all' equal 2 "$status"
check 'the reports are the kept ones' diff -r --exclude=case.db "$samples/expected" "$report"
head -n -3 "$scratch/out" >"$scratch/summary" # all but where the reports are
check 'the summary is the kept one' diff "$samples/expected-summary.txt" "$scratch/summary"
# in_all WORDS: what the summary says of all classes.
in_all() {
    sed -n "s/^  $1 *\([0-9]*\)\$/\1/p" "$scratch/summary"
}
excluded_not=$(in_all 'not excluded')
check 'the list has as many as are not excluded' equal "$((excluded_not + 1))" \
    "$(wc -l <"$report/remediation/not-excluded.csv")"
cells=
for linked in "machines:$(sed -n 's/^Hosts *//p' "$scratch/summary")" \
    "is=broken:$(in_all 'still broken')" "is=recovered:$(in_all recovered)" \
    "is=not-excluded:$excluded_not"; do
    cells="$cells<td class=\"number\"><a href=\"#${linked%%:*}\">${linked#*:}</a></td>"
done
check 'the page has the same numbers' grep -qF "<th scope=\"row\">In all</th>$cells</tr>" \
    "$report/report.html"
check 'and ends with what the page begins with' equal \
    "$(sed -n '/ hosts: /p' "$scratch/summary")" \
    "$(grep -m 1 ' are still broken' "$report/report.html" | sed 's/<[^>]*>//g')"
valid_html 'the page is valid HTML, whatever is in hosts and events' "$report/report.html"
# not_shown LIST COLUMN: the words of a closed set that no host of the sample has.
not_shown() {
    sed -n "/^#define $1(/,/^\$/s/^ *ROW([A-Z0-9_]*, \"\([^\"]*\)\".*/\1/p" \
        "$top_srcdir/src/model/words.h" | LC_ALL=C sort >"$scratch/words"
    columns "$samples/expected/hosts.csv" "$2" >"$scratch/cells"
    [ "$2" != review ] || sed -i 's/; /\n/g' "$scratch/cells"
    [ -s "$scratch/words" ] || echo "no $1"
    LC_ALL=C sort -u "$scratch/cells" | LC_ALL=C comm -23 "$scratch/words" -
}
check 'every note is shown' equal '' "$(not_shown REVIEW_NOTES review)"
check 'every state is shown' equal '' "$(not_shown ACTIVATION_STATES state)"
check 'every action is shown' equal '' "$(not_shown ACTIONS action)"
while IFS= read -r line; do
    grep -qxF -- "${line:+    $line}" "$top_srcdir/README.md" || echo "not in README.md: $line"
done <"$samples/expected-summary.txt" >"$scratch/stale"
check 'the README shows that summary' equal '' "$(cat "$scratch/stale")"
grep -v '^$' "$samples/expected-summary.txt" | tail -n 2 | sed 's/^/    /' |
    grep -vxFf "$top_srcdir/docs/reports.md" >"$scratch/stale"
check 'and docs/reports.md the sentences that end it' equal '' "$(cat "$scratch/stale")"
columns "$samples/expected/hosts.csv" host classification state kb971033 action review |
    sed 's/|/ | /g; s/^/| /; s/$/ |/' >"$scratch/rows"
for page in README.md docs/architecture.md; do
    sed -n '/^| host | classification |/,/^$/p' "$top_srcdir/$page" | sed '1,2d; $d' >"$scratch/shown"
    check "the table of $page has some of the hosts" test -s "$scratch/shown"
    check 'as they are' equal '' "$(grep -vxFf "$scratch/rows" "$scratch/shown")"
done
# Each list of the roll-out is in the README, with as many machines as it has.
(cd "$samples/expected/remediation" && wc -l scripts/*.hosts.txt) |
    sed -n 's#^ *\([0-9]*\) scripts/\(.*\)#\2 \1#p' >"$scratch/lists"
sed -n 's/^|.*| `\([^`]*\.hosts\.txt\)` | \([0-9]*\) |$/\1 \2/p' "$top_srcdir/README.md" | sort |
    diff "$scratch/lists" - >"$scratch/stale"
check 'and all lists of scripts' equal '' "$(cat "$scratch/stale")"
check 'and how many are broken, and not excluded' grep -qE \
    "^1\. .* $(in_all 'still broken') are still broken, .* $excluded_not are \*not excluded\*" \
    "$top_srcdir/README.md"
by_hand=$(sed -n 's/^something else to a deployment tool: \([0-9]*\)\. .*/\1/p' \
    "$samples/expected/remediation/README.txt")
check 'and how many are in no list' grep -qF "; $by_hand whose names could mean other machines are in none" \
    "$top_srcdir/README.md"
meaning=$(sed -n 's/^| `shared-name` | its \(.*\) |$/\1/p' "$top_srcdir/docs/verdict.md")
check 'the page says of a shared name what the manual says' grep -qF -- "Its $meaning." \
    "$report/report.html"
cp -r "$report" "$scratch/first"

analyze -o "$report" samples/collection
check 'a second run changes nothing' diff -r "$scratch/first" "$report"
rm -rf "$report"
analyze -o "$report" samples/collection
check 'two runs give the same bytes, case included' diff -r "$scratch/first" "$report"
rm -rf "$report"
find samples/collection -type f | "$SPPTRIAGE" analyze --templates "$templates" -q -o "$report" - \
    >"$scratch/out" 2>"$scratch/err"
check 'a list of paths gives the same reports' diff_reports "$samples/expected"
check 'quiet prints nothing' equal '' "$(cat "$scratch/out" "$scratch/err")"
rm -rf "$report"
analyze -o "$report" --verify samples/collection
check 'every checksum is right but the damaged ones' diff_reports "$samples/expected"
rm -rf "$report"
analyze -o "$report" samples/collection/FIN-PC01
analyze -o "$report" --add samples/collection
check 'joining inputs gives the same reports' diff_reports "$samples/expected"
rm -rf "$report"
analyze -o "$report" --inventory "$samples/inventory.csv" samples/collection
check 'with an inventory' diff_reports "$samples/expected-inventory"
rm -rf "$report"
analyze -o "$report" samples/collection
spptriage report --templates "$templates" --inventory "$samples/inventory.csv" "$report/case.db"
check 'with an inventory that comes later' diff_reports "$samples/expected-inventory"

# Without hashing, only the hashes are missing.
rm -rf "$report"
analyze -o "$report" --no-hash samples/collection
check 'without hashes the hosts are the same' cmp "$samples/expected/hosts.csv" "$report/hosts.csv"
check 'and copies are met' grep -q 'same content as' "$report/sources.csv"

# Every CSV file is read back by another reader as it was meant.
python_check 'python reads every CSV file' "$samples/expected" <<'END'
import csv, glob, re, sys
for path in glob.glob(sys.argv[1] + '/**/*.csv', recursive=True):
    raw = open(path, 'rb').read()
    assert raw.endswith(b'\r\n') and b'\n' not in raw.replace(b'\r\n', b''), path
    rows = list(csv.reader(open(path, newline='', encoding='utf-8'), strict=True))
    assert rows and all(len(row) == len(rows[0]) for row in rows), path
    for row in rows[1:]:
        for value in row:
            assert not re.search('(^|;"*)[=+@\t\r-]', value), (path, value)
            assert all(c >= ' ' for c in value), (path, value)
END
python_check 'the two timelines say the same' "$samples/expected" <<'END'
import csv, json, re, sys
rows = list(csv.DictReader(open(sys.argv[1] + '/timeline.csv', newline='', encoding='utf-8')))
lines = [json.loads(line) for line in open(sys.argv[1] + '/timeline.jsonl', encoding='utf-8')]
assert len(rows) == len(lines) > 0
def cell(text):
    text = re.sub('^(?=[=+@\t\r-])|(?<=;)(?="*[=+@\t\r-])', "'", text)
    return re.sub('\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]', ' ', text)
for row, line in zip(rows, lines):
    for name in ('message', 'datetime', 'timestamp_desc', 'host', 'provider', 'channel', 'role',
                 'verified', 'source'):
        assert row[name] == cell(line.get(name) or ''), (name, row, line)
    assert row['strings'] == cell('; '.join(line['strings'])), (row, line)
    assert int(row['event_id']) == line['event_id'] == line['event_identifier']
    assert int(row['offset']) == line['offset']
    assert line['data_type'] == 'windows:evtx:record'
END
finish
