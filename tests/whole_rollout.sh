#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A fleet before and after the roll-out: what was collected of each machine in two rounds, and what
# became of it by hosts.csv and by the page (docs/roll-out.md, report.html).
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# ---- What is collected ----

id=ae2ee509-1b34-41c0-acb7-6d4650168915

# before HOST: its log up to the first round: licensed, then hit.
before() {
    echo "computer $1.corp.example"
    cat <<'END'
noise 20 2018-12-01T07:00:00Z 2019-01-07T07:00:00Z
2019-01-07T08:00:00Z kms-request enterprise 1
2019-01-07T08:00:01Z kms-answer 0x00000000 1
noise 5 2019-01-07T09:00:00Z 2019-01-08T10:58:00Z
2019-01-08T11:02:17Z wat-13 0x00000000 0xC004C4A2
2019-01-08T11:02:17Z spp-8208 hr=0xC004C4A2 windows7
2019-01-08T11:02:18Z spp-8209 windows
noise 10 2019-01-08T12:00:00Z 2019-01-15T08:00:00Z
END
}

# healthy HOST: the same of a machine that was not hit.
healthy() {
    before "$1" | grep -v -e wat-13 -e spp-
}

# fixed DAY: the events that a repair leaves.
fixed() {
    cat <<END
$1T10:00:05Z spp 8206 0x4000
$1T10:00:20Z spp 1016 0x4000 $id 00392-00170-918-500000-03-1033-7601.0000-0202019
$1T10:00:30Z kms-request enterprise 5
$1T10:00:31Z kms-answer 0x00000000 1
$1T10:00:32Z licences enterprise
END
}

# second HOST MORE: a log of the second round, which goes on with what standard input has.
second() {
    echo "file round2/$1_20190125-0900/Application.evtx"
    ${2-before} "$1"
    cat
    echo 'noise 10 2019-01-24T12:00:00Z 2019-01-25T08:00:00Z'
}

# step TIME HOST SCRIPT WORDS: a line of the scripts' log, as a recipe has it.
step() {
    printf 'spptriage/1 %s %s %s %s-77 %s\\r\\n' "$1" "$2" "$3" "$(echo "$1" | cut -c 1-10)" "$4"
}

# removed HOST STATUS; rebuilt HOST: the lines of a run that worked.
removed() {
    step 2019-01-19T10:00:00Z "$1" 1-remove-kb971033 'start begin -'
    printf 'The operation completed successfully.\\r\\n'
    step 2019-01-19T10:01:00Z "$1" 1-remove-kb971033 "remove ok $2"
    step 2019-01-19T10:01:00Z "$1" 1-remove-kb971033 "end ok $2"
}
rebuilt() {
    step 2019-01-20T10:00:00Z "$1" 2-rebuild-enterprise 'start begin -'
    step 2019-01-20T10:00:40Z "$1" 2-rebuild-enterprise 'rebuild ok -'
    step 2019-01-20T10:00:40Z "$1" 2-rebuild-enterprise 'activate ok -'
    step 2019-01-20T10:00:41Z "$1" 2-rebuild-enterprise 'end ok 0'
}

# script_log HOST LINES [NAME]
script_log() {
    printf 'raw round2/%s_20190125-0900/%s "%s"\n' "$1" "${3-spptriage-remediation.log}" "$2"
}

# The machines, and what is expected of each: state, kb971033, action, remediation, result.
hit='BY-SCRIPT BY-HAND CAME-BACK REFUSED CUT-OFF UPDATE-BACK UPDATE-LISTED FAILED REGISTRY NOBODY
    AWAY LOG-ONLY JOINED-1 JOINED-2 WELL-TRIED'
for host in $hit; do
    echo "file round1/${host}_20190115-0900/Application.evtx"
    before "$host"
done >round1.recipe
echo "file round1/HEALTHY_20190115-0900/Application.evtx
$(healthy HEALTHY)" >>round1.recipe
{
    fixed 2019-01-20 | second BY-SCRIPT
    script_log BY-SCRIPT "$(removed BY-SCRIPT 3010)$(rebuilt BY-SCRIPT)"
    echo 'listing round2/BY-SCRIPT_20190125-0900/qfe.txt wmic-csv en oem BY-SCRIPT +8'
    echo 'time round2/BY-SCRIPT_20190125-0900/qfe.txt 2019-01-25T09:00:00Z'
    echo 'listing round2/BY-SCRIPT_20190125-0900/slmgr.txt slmgr en oem BY-SCRIPT enterprise licensed'
    echo 'time round2/BY-SCRIPT_20190125-0900/slmgr.txt 2019-01-25T09:00:00Z'
    fixed 2019-01-21 | second BY-HAND
    echo 'file round2/BY-HAND_20190125-0900/Setup.evtx'
    echo 'computer BY-HAND.corp.example'
    echo '2019-01-21T09:00:00Z servicing 2 KB971033 Absent 0x0'
    { fixed 2019-01-20; echo '2019-01-24T08:00:00Z spp-8209 windows'; } | second CAME-BACK
    script_log CAME-BACK "$(removed CAME-BACK 0)$(rebuilt CAME-BACK)"
    second REFUSED </dev/null
    script_log REFUSED "$(step 2019-01-20T10:00:00Z REFUSED 2-rebuild-enterprise 'start begin -')$(
        step 2019-01-20T10:00:01Z REFUSED 2-rebuild-enterprise 'end refused 24')"
    echo '2019-01-20T10:00:05Z spp 8206 0x4000' | second CUT-OFF
    script_log CUT-OFF "$(step 2019-01-20T10:00:00Z CUT-OFF 2-rebuild-enterprise 'start begin -')$(
        step 2019-01-20T10:00:04Z CUT-OFF 2-rebuild-enterprise 'set-aside ok 0')" \
        spptriage-remediation-20190120T100000Z-77.log
    fixed 2019-01-20 | second UPDATE-BACK
    script_log UPDATE-BACK "$(removed UPDATE-BACK 3010)$(rebuilt UPDATE-BACK)"
    echo 'file round2/UPDATE-BACK_20190125-0900/System.evtx'
    echo 'computer UPDATE-BACK.corp.example'
    echo '2019-01-24T03:00:00Z update-installed "Update for Windows 7 for x64-based Systems (KB971033)"'
    fixed 2019-01-20 | second UPDATE-LISTED
    script_log UPDATE-LISTED "$(removed UPDATE-LISTED 3010)$(rebuilt UPDATE-LISTED)"
    echo 'listing round2/UPDATE-LISTED_20190125-0900/qfe.txt wmic-csv en oem UPDATE-LISTED +8 KB971033'
    echo 'time round2/UPDATE-LISTED_20190125-0900/qfe.txt 2019-01-25T09:00:00Z'
    second FAILED </dev/null
    script_log FAILED "$(removed FAILED 0)$(
        step 2019-01-20T10:00:00Z FAILED 2-rebuild-enterprise 'activate failed 0xC004F074')$(
        step 2019-01-20T10:00:00Z FAILED 2-rebuild-enterprise 'activate failed -1073422220')$(
        step 2019-01-20T10:01:00Z FAILED 2-rebuild-enterprise 'put-back ok -')$(
        step 2019-01-20T10:01:00Z FAILED 2-rebuild-enterprise 'end failed 31')"
    second REGISTRY </dev/null
    script_log REGISTRY "\\r\\nHKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\spptriage\\r\\n$(
        for value in Script=1-remove-kb971033 Machine=REGISTRY Run=r1 Time=2019-01-19T10:00:00Z \
            ExitStatus=13; do
            printf '    %s    REG_SZ    %s\\r\\n' "${value%%=*}" "${value#*=}"
        done)" spptriage.txt
    second NOBODY </dev/null
    script_log LOG-ONLY "$(removed LOG-ONLY 3010)$(rebuilt LOG-ONLY)"
    fixed 2019-01-20 | second JOINED-1
    second JOINED-2 </dev/null
    printf 'raw round2/share/all.log "%s"\n' "$(rebuilt JOINED-1)$(
        step 2019-01-20T10:00:01Z JOINED-2 2-rebuild-enterprise 'end refused 13')"
    # A run that refused does not undo what an earlier one did.
    fixed 2019-01-20 | second WELL-TRIED
    script_log WELL-TRIED "$(rebuilt WELL-TRIED)$(
        step 2019-01-22T10:00:01Z WELL-TRIED 1-remove-kb971033 'end refused 17')"
    second HEALTHY healthy </dev/null
    script_log HEALTHY "$(removed HEALTHY 3010)"
} >round2.recipe

rebuild='2-rebuild-enterprise 2019-01-20T10:00:41Z 0'
cat >expected <<END
BY-SCRIPT|recovered|removed|none|$rebuild|Fixed
BY-HAND|recovered|removed|verify||Fixed
CAME-BACK|non-genuine|removed|rebuild-activation|$rebuild|Still broken
REFUSED|non-genuine|installed|remove-kb971033; restart; rebuild-activation|2-rebuild-enterprise 2019-01-20T10:00:01Z 24|Refused
CUT-OFF|non-genuine|installed|remove-kb971033; restart; rebuild-activation|2-rebuild-enterprise 2019-01-20T10:00:00Z not ended|Still broken
UPDATE-BACK|recovered|installed|remove-kb971033|$rebuild|Fixed
UPDATE-LISTED|recovered|installed|remove-kb971033|$rebuild|Fixed
FAILED|non-genuine|removed|rebuild-activation|2-rebuild-enterprise 2019-01-20T10:01:00Z 31|Still broken
REGISTRY|non-genuine|installed|remove-kb971033; restart; rebuild-activation|1-remove-kb971033 2019-01-19T10:00:00Z 13|Refused
NOBODY|non-genuine|installed|remove-kb971033; restart; rebuild-activation||Not reached
AWAY|non-genuine|installed|remove-kb971033; restart; rebuild-activation||Not reached
LOG-ONLY|recovered|removed|verify|$rebuild|Fixed
JOINED-1|recovered|installed|remove-kb971033|$rebuild|Fixed
JOINED-2|non-genuine|installed|remove-kb971033; restart; rebuild-activation|2-rebuild-enterprise 2019-01-20T10:00:01Z 13|Refused
WELL-TRIED|recovered|installed|remove-kb971033|1-remove-kb971033 2019-01-22T10:00:01Z 17|Fixed
HEALTHY|none|removed|none|1-remove-kb971033 2019-01-19T10:01:00Z 3010|Was not broken
END

# results PAGE: each machine of the section Roll-out with what became of it.
results() {
    awk '
        /<section id="rollout"/ { inside = 1 }
        /<\/section>/ { inside = 0 }
        inside && /^<tr class="group">/ { sub(/.*"5">/, ""); sub(/ <span.*/, ""); result = $0 }
        inside && /^<tr><th scope="row" class="text">/ {
            sub(/.*class="text">/, ""); sub(/<.*/, ""); sub(/[.].*/, ""); print $0 "|" result
        }' "$1" | LC_ALL=C sort
}

# ---- Before ----

make_logs collected <round1.recipe
analyze -o report collected/round1
check 'the first round is read' equal 0 "$status"
check 'each that was hit is broken' equal "$(echo $hit | wc -w)" \
    "$(columns report/hosts.csv state | grep -c '^non-genuine$')"
check 'nobody ran a script yet' equal '' "$(columns report/hosts.csv remediation | tr -d '\n')"
check 'the page does not speak of a roll-out' sh -c '! grep -q "id=.rollout." report/report.html'
check '.. nor does the summary' sh -c '! grep -qi "roll-out" out'

# ---- After ----

make_logs collected <round2.recipe
analyze -o report --add collected/round2
check 'the second round is added' equal 0 "$status"
cp out summary
columns report/hosts.csv host state kb971033 action remediation | sed 's/[.]corp[.]example//' |
    LC_ALL=C sort >hosts
cut -d '|' -f 1-5 expected | LC_ALL=C sort >expected-hosts
check 'each machine has its state, update, action and last run' diff expected-hosts hosts
results report/report.html >found
cut -d '|' -f 1,6 expected | LC_ALL=C sort >expected-results
check 'the page has what became of each' diff expected-results found
cut -d '|' -f 6 expected | sed 's/Was not/Not/' | tr 'A-Z ' 'a-z-' | sort | uniq -c |
    awk '{ print $2, $1 }' >expected-counts
awk '/^[^ ]/ { inside = 0 } inside { print $1, $2 } /^Roll-out/ { inside = 1 }' summary | sort >counts
check 'the summary counts them' diff expected-counts counts
check 'a repair by hand is named' grep -q \
    'SPP 8206 at 2019-01-21T10:00:05Z, then 1016, 12288, 12289: made anew, key installed' \
    report/report.html
check 'the reason names what the knowledge is from' grep -q \
    "recovered by spptriage's own script log at 2019-01-20T10:00:40Z" report/hosts.csv
check 'the exit status of a refusal is explained' grep -q \
    '2-rebuild-enterprise ended with 24: another licence: left alone' report/report.html
check 'a line that could not be read is counted' grep -q \
    'FAILED_20190125-0900/spptriage-remediation.log.*line 5: spptriage-remediation.log: 1 line of it' \
    report/sources.csv
check 'one log names two machines' equal 'JOINED-1.corp.example; JOINED-2.corp.example' \
    "$(cell report/sources.csv collected/round2/share/all.log machines)"

# ---- It is the same in one go, and made again from the case ----

analyze -o again collected/round1 collected/round2
check 'both rounds at once say the same' cmp report/hosts.csv again/hosts.csv
spptriage report --templates "$top_srcdir/templates" -o made-again report/case.db
check 'so does the case' cmp report/report.html made-again/report.html
finish
