#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fleet seen from its KMS host (DESIGN section 6): the log of one with 2000 clients in four
# situations, with and without logs of their own, and what names of clients can bring.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# ---- The fleet ----

# Writes `requests`: time, and what the host logs of it, in order of time; `logs`: recipes of logs of
# clients; `expected`: what hosts.csv has of each host, and how many rows the timeline has of it.
#   pc-a: lost its licence in the window, and asks twice without
#   pc-b: the same, and has one again
#   pc-c: licensed all along, asks each week
#   pc-d: the first half a pool made anew each morning, the others ask once, not licensed
# Of each the first 20, and of the others two of every `step`.
cat >fleet.awk <<'END'
# Seconds since 2018-12-01.
function iso(seconds,    day) {
    day = int(seconds / 86400)
    seconds -= day * 86400
    return sprintf("%s-%02dT%02d:%02d:%02dZ", day < 31 ? "2018-12" : "2019-01",
                   day < 31 ? day + 1 : day - 30, int(seconds / 3600), int(seconds / 60) % 60,
                   seconds % 60)
}
function at(day, hour) { return (30 + day) * 86400 + hour * 3600 }
# `id`: the client machine id, and perhaps what the host answered.
function ask(seconds, name, status, licence, id) {
    print iso(seconds) " kms-seen \"" name "\" " status " " licence " " id >"requests"
}
function expect(name, words, rows) { # of hosts.csv, from its column `classification` on
    print tolower(name) "|" words >"expected"
    print tolower(name) "|" rows >"expected-rows"
}
# Lost between two mornings, at a time of the window that differs from client to client.
function lose(number, first, second, licence, id) {
    ask(at(5 + number % 3, 9) + number, first, 1 + number % 2, licence, id)
    ask(at(8, 10) + number * 120, second, 5, licence, id)
    ask(at(8, 12) + number * 120, first, 5, licence, id)
}
function begin_log(name) {
    print "file hosts/" name "/Application.evtx\ncomputer " name >"logs"
}
function noise(count, from, to) { print "noise " count " " iso(from) " " iso(to) >"logs" }
# The name as the host has it first (in full, every third in upper case), and then (short but for the
# second of three).
function name_client(letter, number) {
    name = sprintf("pc-%s%04d.corp.example", letter, number)
    other = sprintf("pc-%s%04d", letter, number)
    if (number % 3 == 0) { name = toupper(name) } else if (number % 3 == 1) other = name
    id = sprintf("%08x-0000-4000-8000-%012x", number, index("abcd", letter))
    licence = number % 2 ? "enterprise" : "professional"
}

BEGIN {
    suspected = "affected-by-incident|suspected|"
    clear = "no-activation-fault||none|"
    for (number = 1; number <= 500; number++) {
        if (number > 20 && number % step > 1)
            continue
        name_client("a", number)
        words = suspected "unlicensed||unknown|volume-kms|collect"
        rows = 3
        shown = name
        if (number <= 5) { # its log shows the window, and no fault in it
            begin_log(toupper(name))
            noise(40, at(-5, 0), at(15, 0))
            words = "no-activation-fault||unlicensed||full|volume-kms|troubleshoot"
        } else if (number <= 10) { # its log begins after it
            begin_log(shown = other)
            noise(20, at(20, 0), at(25, 0))
            words = suspected "unlicensed||none|volume-kms|collect"
        } else if (number <= 13) { # its log tells more
            begin_log(name)
            noise(30, at(-5, 0), at(8, 9))
            print iso(at(8, 11)) " wat-13 0x00000000 0xC004C4A2" >"logs"
            noise(10, at(8, 12), at(15, 0))
            words = "affected-by-incident|confirmed|non-genuine||full|volume-kms|" \
                "remove-kb971033; restart; rebuild-activation"
            rows = 4
        } else if (number <= 16) { # its log has the requests, and that it was licensed each time
            id = "36f27b39-2fd5-440b-be67-a09996d27a38"
            begin_log(shown = other)
            noise(10, at(8, 10) + number * 120 - 60, at(8, 10) + number * 120 - 1)
            for (hour = 10; hour <= 12; hour += 2) {
                print iso(at(8, hour) + number * 120 - 5) " kms-request " licence " 5" >"logs"
                print iso(at(8, hour) + number * 120 - 4) " kms-answer 0x00000000 1" >"logs"
            }
            noise(10, at(9, 0), at(15, 0))
            words = clear "window-not-covered|partial|volume-kms|collect"
            rows = 7
        }
        lose(number, name, other, licence, id)
        expect(shown, words, rows) # as its own log has it

        name_client("b", number)
        lose(number, name, other, licence, id)
        ask(at(11, 9) + number, name, 1, licence, id)
        expect(name, suspected "recovered||unknown|volume-kms|check-kb971033", 4)

        name_client("c", number)
        words = clear "window-not-covered|unknown|volume-kms|collect"
        if (number <= 2) {
            begin_log(name)
            noise(40, at(-5, 0), at(15, 0))
            words = clear "|full|volume-kms|check-kb971033"
        } else if (number > 490) # clones
            id = "cccccccc-0000-4000-8000-000000000000"
        if (number == 3) # refused at last
            words = "other-activation-fault||fault-open|window-not-covered|unknown|volume-kms|troubleshoot"
        for (day = -3; day <= 25; day += 7)
            ask(at(day, 9) + number, day == 4 ? other : name, 1, licence,
                id (number == 3 && day == 25 ? " 0xC004F06C" : ""))
        expect(name, words, number == 3 ? 4 : 3) # the first two and the last of five

        name_client("d", number)
        words = clear "window-not-covered|unknown|volume-kms|collect"
        if (number == 250 || number == 500) {
            begin_log(name)
            noise(40, at(-5, 0), at(15, 0))
            words = clear "|full|volume-kms|check-kb971033"
        }
        for (day = 6; day <= (number <= 250 ? 10 : 6); day++)
            ask(at(day, 8) + day * 60 + number, name, 5, licence, id)
        expect(name, words, number <= 250 ? 3 : 1)
    }
    # Names of the network can be anything: those of HOSTILE lost their licence and have one again.
    while ((getline name < "hostile") > 0) {
        lose(++number, name, name, "enterprise", sprintf("%08x-0000-4000-8000-eeeeeeeeeeee", number))
        ask(at(11, 9) + number, name, 1, "enterprise", sprintf("%08x-0000-4000-8000-eeeeeeeeeeee", number))
    }
    # What is not a Windows 7, or names nobody.
    for (number = 1; number <= 30; number++)
        ask(at(8, 12) + number, "SRV-" number ".corp.example", 5,
            number % 3 == 0 ? "server" : number % 3 == 1 ? "windows10" : "office2010",
            sprintf("%08x-0000-4000-8000-ffffffffffff", number))
    for (number = 1; number <= 256; number++)
        long = long "m"
    ask(at(8, 12), long, 4, "enterprise", "99999999-0000-4000-8000-000000000001")
    ask(at(8, 12), "", 4, "enterprise", "99999999-0000-4000-8000-000000000002")
    ask(at(8, 12), " . ", 4, "enterprise", "99999999-0000-4000-8000-000000000003")
    ask(at(8, 12), "COMMA,1", 4, "enterprise", "99999999-0000-4000-8000-000000000004")
}
END
cat >hostile <<'END'
=cmd|'/C calc'!A0
+1+cmd
@SUM(1)
-rf
../../../etc/passwd
..\\..\\windows\\win.ini
.hidden
C:\\CON
<script>alert(1)</script>
</td><img src=x onerror=alert(2)>
\"quoted\" 'twice'
a & del %SystemRoot% & rem
$(reboot)`reboot`
\x01\x1b[2Jwiped
two\r\nlines
tab\there
END
awk 'BEGIN { for (at = 0; at < 255; at++) long = long "n"; print long
             for (at = 0; at < 127; at++) umlauts = umlauts "\303\244"; print umlauts "x" }' >>hostile
# make_fleet STEP: in the current folder.
make_fleet() {
    awk -v "step=$1" -f "$scratch/fleet.awk"
    LC_ALL=C sort -s -k 1,1 requests >sorted
}
make_fleet 1
log() {
    printf '%s\n' "file $1/kms.evtx" 'computer KMS01.corp.example' "record-id $2"
}
{
    log KMS01 1001
    cat sorted logs
} | make_logs collected
analyze -o report collected
cp out summary

# ---- The verdicts ----

# of_fleet FILE: those of the fleet, without regard to case, in order.
of_fleet() { tr '[:upper:]' '[:lower:]' <"$1" | grep '^pc-[a-e][0-9]' | sort; }
verdicts() {
    columns "$1" host classification confidence state review window_coverage licence_channel action
}
same_lines() { diff "$1" "$2"; }
# counted WORDS: the number that the summary has behind these words, where they come last.
counted() { sed -n "s/^ *$1  *\([0-9]*\)$/\1/p" summary | tail -n 1; }

check 'every source is read whole' equal 0 "$status"
sort expected >expected-hosts
verdicts report/hosts.csv >found
of_fleet found >found-hosts
check 'each client has the verdict of its situation' same_lines expected-hosts found-hosts
verdict='affected-by-incident|suspected|recovered||unknown|volume-kms|check-kb971033'
hostile=$(wc -l <hostile)
all=$((2000 + hostile))
check 'hostile names have theirs, too' equal "$hostile" \
    "$(grep -iv '^pc-\|^kms01' found | grep -cF "|$verdict")"
check 'and there are no others but the KMS host' equal "$((all + 1))" "$(wc -l <found)"
check 'which has no requests of its own' equal 'no-activation-fault none collect' \
    "$(cell report/hosts.csv KMS01.corp.example classification) $(
        cell report/hosts.csv KMS01.corp.example window_coverage) $(
        cell report/hosts.csv KMS01.corp.example action)"
suspected=$(grep -c '|suspected|' found)
check 'as many are suspected as lost their licence' equal "$((489 + 500 + hostile))" "$suspected"
check 'the summary counts them apart' equal "$suspected 3" "$(counted suspected) $(counted confirmed)"
# reason HOST WORDS: are these in the reason of its verdict? `@` stands for the host that saw it.
reason() {
    words=$(echo "$2" | sed 's/@/(seen by KMS01.corp.example)/g')
    cell report/hosts.csv "$1" reason | tee /dev/stderr | grep -qF "$words"
}
check 'the reason names the two requests and the host' reason PC-A0030.CORP.EXAMPLE \
    'alone: asked as licensed at 2019-01-05T09:00:30Z @, then as notification at 2019-01-08T11:00:00Z @'
check 'a client that asked once is of an unknown state' reason PC-D0399.CORP.EXAMPLE \
    'alone, as notification at 2019-01-06T08:12:39Z @: new, re-imaged or broken: state unknown'
check 'so is one of a pool' reason PC-D0120.CORP.EXAMPLE \
    'KMS hosts saw 5 requests, the last, alone, as notification at 2019-01-10T08:12:00Z @: new,'
check 'editions are those that were asked for' equal '1018 Enterprise, 1000 Professional' "$(
    columns report/hosts.csv edition | sort | uniq -c |
        sed -n 's/^ *\([0-9]*\) Windows 7 /\1 /p' | paste -s -d , | sed 's/,/, /')"
check 'what a KMS host answered is a code' equal 0xC004F06C \
    "$(cell report/hosts.csv PC-C0003.CORP.EXAMPLE codes)"

# ---- Lists ----

lists=report/remediation
rows() { echo "$(($(wc -l <"$1") - 1))"; }
check 'not-excluded.csv has as many as the summary' equal \
    "$(counted 'not excluded')" "$(rows $lists/not-excluded.csv)"
check 'which are the suspected and those not covered' equal "$(
    awk -F '|' '/\|suspected\|/ || /\|window-not-covered\|/' found | cut -d '|' -f 1 | sort)" "$(
    columns $lists/not-excluded.csv host | cut -d '|' -f 1 | sort)"
check 'affected-by-incident.csv has all of that class' equal "$((suspected + 3))" \
    "$(rows $lists/affected-by-incident.csv)"
check 'with state and action' equal 'recovered check-kb971033 1-remove-kb971033.cmd' \
    "$(cell $lists/affected-by-incident.csv pc-b0100.corp.example state) $(
        cell $lists/affected-by-incident.csv pc-b0100.corp.example action) $(
        cell $lists/affected-by-incident.csv pc-b0100.corp.example scripts)"
check 'other-activation-fault.csv has the one that was refused' equal PC-C0003.CORP.EXAMPLE \
    "$(columns $lists/other-activation-fault.csv host)"
check 'nothing is not collected' equal 0 "$(rows $lists/not-collected.csv)"
cat $lists/scripts/*.hosts.txt | tr -d '\r' >script-hosts
fleet='pc-[a-d][0-9]{4}(\.corp\.example)?'
check 'hosts of scripts are those of the fleet' equal "$((500 + 3 + 2 + 2 + 3))" \
    "$(grep -ciE "^$fleet\$" script-hosts)"
check 'and none of the hostile names' equal '' "$(grep -ivE "^$fleet\$" script-hosts)"
check 'scripts have none of them' sh -c '! grep -rlF -e reboot -e passwd -e nnnn "$1"/*.cmd' - \
    $lists/scripts
check 'the netbios name of a path is none' equal '' \
    "$(cell $lists/affected-by-incident.csv ../../../etc/passwd netbios_name)"
check 'formulas are none' sh -c '! cat report/*.csv "$1"/*.csv | grep -E "(^|,)\"[=+@-]"' - $lists

# ---- Sources, timeline, page ----

log=collected/KMS01/kms.evtx
detail() { cell report/sources.csv $log detail | tr ';' '\n' | sed 's/^ //' | grep "$1"; }
check 'the source says how many clients it has' equal "requests of $((all + 31)) KMS clients" \
    "$(detail requests)"
check 'that some are not Windows 7' equal \
    '31 of these clients not Windows 7 by what they asked for: no row for them alone' "$(detail 7)"
check 'and that some are clones' equal '13 of these clients are clones' \
    "$(detail clones | sed 's/,.*//')"
check 'and not that it is theirs' equal KMS01.corp.example "$(cell report/sources.csv $log machines)"
check 'a client has the host it was seen by as a source' equal \
    "$log; collected/hosts/pc-c0001.corp.example/Application.evtx" \
    "$(cell report/hosts.csv pc-c0001.corp.example sources)"

sort expected-rows >expected-counts
columns report/timeline.csv host >hosts-of-rows
of_fleet hosts-of-rows | uniq -c | sed 's/ *\([0-9]*\) \(.*\)/\2|\1/' | sort >counts
check 'the timeline has what each client asked, but for the equal ones between' same_lines \
    expected-counts counts
requests_of() {
    columns report/timeline.csv host datetime event_id role in_window verified source |
        sed -n "s,^$1|\(.*\)|$2\$,\1,p"
}
check 'of five equal ones the first two and the last' equal \
    '2018-12-28T09:01:39Z|12290|licence|no|yes
2019-01-04T09:01:39Z|12290|licence|no|yes
2019-01-25T09:01:39Z|12290|licence|no|yes' "$(requests_of PC-C0099.CORP.EXAMPLE "$log")"
check 'one that was refused differs, and is a fault' equal \
    '2018-12-28T09:00:03Z|12290|licence|no|yes
2019-01-04T09:00:03Z|12290|licence|no|yes
2019-01-18T09:00:03Z|12290|licence|no|yes
2019-01-25T09:00:03Z|12290|fault|no|yes' "$(requests_of PC-C0003.CORP.EXAMPLE "$log")"
check 'some are in the window' equal \
    '2019-01-05T09:00:30Z|12290|licence|no|yes
2019-01-08T11:00:00Z|12290|licence|yes|yes
2019-01-08T13:00:00Z|12290|licence|yes|yes' "$(requests_of PC-A0030.CORP.EXAMPLE "$log")"
check 'the second reader agrees with all' equal '12290|yes' \
    "$(columns report/timeline.csv event_id role verified | grep -v '^12290|context' |
        sed -n 's/^\(12290\)|.*|/\1|/p' | sort -u)"
check 'what names nobody is context of the host itself' equal '3 KMS01.corp.example|12290|context' \
    "$(columns report/timeline.csv host event_id role | grep '|context' | sort | uniq -c |
        sed -n 's/^ *\([0-9]* .*|12290|.*\)/\1/p')"
check 'both timelines have the same rows' equal "$(rows report/timeline.csv)" \
    "$(wc -l <report/timeline.jsonl)"
check 'what is nobody'"'"'s is in none' sh -c '! grep -E "SRV-[0-9]|COMMA" "$@"' - \
    report/timeline.csv report/timeline.jsonl report/hosts.csv report/report.html
check 'the case has all requests' equal "$(wc -l <requests)" \
    "$(cell report/sources.csv $log selected)"
python_check 'each hostile name is a row of the timelines, whole' <<'END'
import csv, json, re
expected = [re.sub(r'\\(x(..)|.)', lambda found: {'r': '\r', 'n': '\n', 't': '\t'}.get(found[1]) or
                   (chr(int(found[2], 16)) if found[2] else found[1]), line.rstrip('\n'))
            for line in open('hostile', encoding='utf-8')]
assert len(expected) == 18 and all(len(name.encode()) <= 255 for name in expected)
rows = [json.loads(line) for line in open('report/timeline.jsonl', encoding='utf-8')]
for name in expected:
    mine = [row for row in rows if row['host'] == name]
    assert len(mine) == 4, (name, len(mine))
    assert all(row['strings'][0].split(',', 2)[2].startswith(name) for row in mine), name
cells = [row[0] for row in csv.reader(open('report/hosts.csv', encoding='utf-8', newline=''))]
for name in expected:
    shown = re.sub('\r\n|[\x00-\x1f]', ' ', name)
    assert ("'" if shown[0] in '=+-@' else '') + shown in cells, name
END

page=report/report.html
check 'the page has the host and its clients' grep -q "^<h3>KMS01.corp.example</h3>$" $page
check 'and counts them' grep -q "^<p>$all clients, $suspected suspected.</p>$" $page
check 'those that are suspected, and 200 others' equal "$((suspected + 200))" "$(
    sed -n '/<section id="kms"/,/<\/section>/p' $page | grep -c '^<tr><th scope="row" class="text">')"
check 'the others are counted' grep -q \
    "<p>And $((all - suspected - 200)) more, none of which is suspected" $page
# Licensed clients are those of pc-c, and those of pc-a and pc-b that asked so, or with such a name.
licensed=$(awk '$1 < "2019-01-08" && $(NF - 2) == 1 && $NF !~ /000000000003$|cccc/' requests | wc -l)
before='before the window</th>'
for number in "$all" 0 "$((licensed + 500))"; do
    before="$before<td class=\"number\">$number</td>"
done
check 'and in which state they asked' grep -qF "$before" $page
check 'names are no markup' sh -c '! grep -e "<script>alert" -e "<img" "$1"' - $page

# ---- The same case in other ways ----

spptriage report --templates "$top_srcdir/templates" -o again report/case.db
check 'the case gives the same reports again' diff -r -x case.db report again

# Some of the fleet are enough for the others.
mkdir few
cp hostile few/
cd few || exit 1
make_fleet 20
{
    log KMS01 1001
    cat sorted logs
} | make_logs collected
analyze -o report -j1 collected
verdicts report/hosts.csv >found
of_fleet found >found-hosts
sort expected >expected-hosts
check 'some of the fleet have the verdicts that they have among all' same_lines \
    expected-hosts found-hosts
analyze -o jobs -j4 collected
check 'more jobs give the same bytes' diff -r report jobs

# Two parts of the log, which overlap.
mkdir parts
half=$(($(wc -l <sorted) * 2 / 5))
{
    log KMS01 1001
    head -n "$((half + half / 2))" sorted
    log KMS01/later "$((1001 + half))"
    tail -n "+$((half + 1))" sorted
    cat logs
} | make_logs parts/collected
(cd parts && analyze -o report collected)
without_sources() { sed 's/,"[^"]*"\r$//' "$1"; }
without_sources report/hosts.csv >whole-hosts
without_sources parts/report/hosts.csv >parts/hosts
check 'there are sources' sh -c '! cmp -s report/hosts.csv parts/report/hosts.csv'
check 'two parts of the log give the same verdicts' diff whole-hosts parts/hosts
timeline_of() {
    columns "$1" message datetime host event_id record_id role codes in_window verified strings
}
timeline_of report/timeline.csv >whole-rows
timeline_of parts/report/timeline.csv >parts-rows
check 'and the same timeline' diff whole-rows parts-rows

# Another host, later, whose log stands before the others: what it saw of some, and of a new one.
make_logs another <<'END'
file KMS02/kms.evtx
computer KMS02.corp.example
2019-01-06T09:00:00Z kms-seen pc-d0400 5 professional 00000190-0000-4000-8000-000000000004
2019-01-08T12:00:00Z kms-seen PC-C0100 5 professional 00000064-0000-4000-8000-000000000003
2019-01-08T14:00:00Z kms-seen PC-A0100 1 professional 00000064-0000-4000-8000-000000000001
2019-01-08T14:00:01Z kms-seen PC-C0100 5 professional 00000064-0000-4000-8000-000000000003
2019-01-20T09:00:00Z kms-seen pc-a0001 1 enterprise 00000001-0000-4000-8000-000000000001
2019-01-20T09:00:01Z kms-seen pc-a0101 1 enterprise 00000065-0000-4000-8000-000000000001
2019-01-21T09:00:00Z kms-seen pc-b0100 5 professional 00000064-0000-4000-8000-000000000002
2019-01-21T11:00:00Z kms-seen pc-b0100 5 professional 00000064-0000-4000-8000-000000000002
2019-01-22T11:00:00Z kms-seen PC-E0001 1 enterprise 00000001-0000-4000-8000-000000000005
END
cp -r report added
analyze -o added --add another
check 'a second host is added' equal 0 "$status"
verdicts added/hosts.csv >found
of_fleet found >added-hosts
check 'and changes what it must' equal \
    '< pc-a0001.corp.example|no-activation-fault||unlicensed||full|volume-kms|troubleshoot
> pc-a0001.corp.example|no-activation-fault||none||full|volume-kms|check-kb971033
< pc-a0100.corp.example|affected-by-incident|suspected|unlicensed||unknown|volume-kms|collect
> pc-a0100.corp.example|no-activation-fault||none|window-not-covered|unknown|volume-kms|collect
< pc-a0101.corp.example|affected-by-incident|suspected|unlicensed||unknown|volume-kms|collect
> pc-a0101.corp.example|affected-by-incident|suspected|recovered||unknown|volume-kms|check-kb971033
< pc-b0100.corp.example|affected-by-incident|suspected|recovered||unknown|volume-kms|check-kb971033
> pc-b0100.corp.example|affected-by-incident|suspected|unlicensed||unknown|volume-kms|collect
< pc-c0100.corp.example|no-activation-fault||none|window-not-covered|unknown|volume-kms|collect
> pc-c0100.corp.example|affected-by-incident|suspected|recovered||unknown|volume-kms|check-kb971033
< pc-d0400.corp.example|no-activation-fault||none|window-not-covered|unknown|volume-kms|collect
> pc-d0400.corp.example|other-activation-fault||unlicensed|window-not-covered|unknown|volume-kms|troubleshoot
> pc-e0001|no-activation-fault||none|window-not-covered|unknown|volume-kms|collect' \
    "$(diff found-hosts added-hosts | grep '^[<>]' | sort -s -t '|' -k 1.3,1)"
check 'but no row of another client' equal "$((7 + 1))" "$(
    diff report/hosts.csv added/hosts.csv | grep -c '^>')"
check 'the page has both hosts' equal '<h3>KMS01.corp.example</h3>
<h3>KMS02.corp.example</h3>' "$(grep '^<h3>KMS' added/report.html)"
analyze -o together collected another
check 'read together they give the same' diff -r -x case.db added together
check 'case included' cmp added/case.db together/case.db
finish
