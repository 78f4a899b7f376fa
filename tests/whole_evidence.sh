#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every row of the action table, every kind of evidence and every conflict, through the whole
# program: tests/cases/evidence.recipe makes the hosts, evidence.txt says what is expected of them.
. "$top_srcdir/tests/lib.sh"
cases="$top_srcdir/tests/cases"

# agrees HOST: are all columns of the host in hosts.csv as expected?
agrees() {
    awk -v host="$1" "$csv_reader"'
        FNR == 1 && NR == 1 { for (at = csv($0, cells); at > 0; at--) place[cells[at]] = at; next }
        FNR == NR { csv($0, cells); if (cells[1] == host) { count++; row = $0 }; next }
        FNR == 1 { csv(row, cells) }
        $1 == host && ($3 == "=" || $3 == "~") {
            if (!($2 in place)) {
                print "no column " $2
                wrong = 1
                next
            }
            got = cells[place[$2]]
            expected = substr($0, length($1 " " $2 " = ") + 1)
            if ($3 == "=" ? got == expected : index(got, expected) > 0)
                next
            print $2 " is " got "\n  expected " expected
            wrong = 1
        }
        END { if (count != 1) print count + 0 " rows"; exit wrong || count != 1 }
    ' report/hosts.csv "$cases/evidence.txt"
}

cd "$scratch" || exit 1
# Files to which the recipe gives no time are all of one, after the events.
mkdir collected
"$top_srcdir/samples/make-collection" "$MAKE_LOGS" "$cases/evidence.recipe" collected
printf 'host\nACT-1-INSTALLED\nGONE\n' >inventory.csv
analyze -o report --inventory inventory.csv collected
check 'every source is read whole' equal 0 "$status"
hosts=$(sed -n 's/^\([^# ]*\) .*/\1/p' "$cases/evidence.txt" | sort -u)
for host in $hosts; do
    check "$host" agrees "$host"
done
check 'there are no other hosts but the one that was not collected' equal \
    "$(echo "$hosts" | wc -l)" "$(($(wc -l <report/hosts.csv) - 2))"
check 'which is to be collected' equal 'not-collected collect' \
    "$(cell report/hosts.csv GONE classification) $(cell report/hosts.csv GONE action)"

# An inventory of NetBIOS names, which are cut off.
make_logs cut-off <<'RECIPE'
file Application.evtx
computer CORPLAPTOP-ACCOUNTING-01.corp.example
noise 20 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
RECIPE
printf 'host,owner\nCORPLAPTOP-ACCO,Ann\n' >inventory.csv
analyze -o netbios --inventory inventory.csv cut-off
check 'a NetBIOS name in the inventory is the one machine' equal Ann \
    "$(cell netbios/hosts.csv CORPLAPTOP-ACCOUNTING-01.corp.example owner)"
check 'and no host to collect' equal 1 "$(wc -l <netbios/remediation/not-collected.csv)"

# As Excel, directories and people write it.
inventory_is_matched() {
    rm -rf messy
    analyze -o messy --inventory inventory.csv cut-off
    equal Ann "$(cell messy/hosts.csv CORPLAPTOP-ACCOUNTING-01.corp.example owner)" &&
        equal 1 "$(wc -l <messy/remediation/not-collected.csv)"
}
printf 'host,owner\n"CORPLAPTOP-ACCOUNTING-01.corp.example \302\240",Ann\n' >inventory.csv
check 'blanks behind a host are left out' inventory_is_matched
printf 'sep=;\r\nhost;owner\r\nCORPLAPTOP-ACCOUNTING-01;Ann\r\n' >inventory.csv
check 'the line with the separator is passed' inventory_is_matched
printf 'ComputerName,owner\nCORP\\CORPLAPTOP-ACCO$,Ann\n' >inventory.csv
check 'the account of a host is the host' inventory_is_matched
printf 'Name,owner\n"CN=CORPLAPTOP-ACCO,OU=Computers,DC=corp,DC=example",Ann\n' >inventory.csv
check 'so is its distinguished name' inventory_is_matched
printf '#TYPE x\n"sep=;"\nhost;owner\nCORPLAPTOP-ACCOUNTING-01.corp.example.;Ann\n' >inventory.csv
check 'and its name that begins at the root of the DNS' inventory_is_matched
printf 'Hostname,owner\nCORPLAPTOP-ACCO,Ann\n' | iconv -f ASCII -t UTF-16 >inventory.csv
check 'UTF-16 is read' inventory_is_matched

# Two ways to write one host, with letters that are not ASCII.
mkdir nonascii
printf 'Node,HotFixID\r\nPC\303\204,KB2534111\r\nPC\303\244,KB971033\r\nPC\303\244,KB2534113\r\n\r\n' \
    >nonascii/qfe.csv
analyze -o nonascii-report nonascii
check 'names of hosts are one whatever their case' equal 'installed 2' \
    "$(cell nonascii-report/hosts.csv PCÄ kb971033) $(wc -l <nonascii-report/hosts.csv)"

# A listing that has one machine by its short and its full name: what the rows of the one lack
# stands in those of the other. A name that two machines share means neither.
mkdir forms
printf 'Node,HotFixID\r\nPC1,KB2534111\r\npc1.corp.example,KB971033\r\n\r\n' >forms/a.csv
touch -d 2019-03-01T12:00:00Z forms/a.csv
printf 'Node,HotFixID\r\nPC3,KB2534111\r\npc3.a.example,KB971033\r\n\r\n' >forms/b.csv
printf 'Node,HotFixID\r\npc3.b.example,KB971033\r\n\r\n' >forms/c.csv
analyze -o forms-report forms
check 'a short name and its full form are one machine of a listing' equal \
    'installed  installed: wmic qfe with the collection (file of 2019-03-01T12:00:00Z) in forms/a.csv' \
    "$(cell forms-report/hosts.csv pc1.corp.example kb971033) $(
        cell forms-report/hosts.csv pc1.corp.example review | sed 's/window-not-covered//'
    ) $(cell forms-report/hosts.csv pc1.corp.example kb971033_evidence)"
check 'a name of two machines means neither' equal \
    'absent window-not-covered; shared-name installed' \
    "$(cell forms-report/hosts.csv PC3 kb971033) $(cell forms-report/hosts.csv PC3 review) $(
        cell forms-report/hosts.csv pc3.a.example kb971033)"

# Whose a listing is, where that is not plain.
make_logs apart <<'END'
file logs/PC1.evtx
computer PC1
noise 5 2019-01-08T07:00:00Z 2019-01-08T08:00:00Z
listing texts/dism.txt dism en oem - +5
listing logs/qfe.csv wmic-csv en oem PC2 +5
END
analyze -o apart-report apart
check 'it is said whose a listing of no host is' equal \
    'no host is named in it: taken for PC1, whose logs lie in another folder beside it' \
    "$(cell apart-report/sources.csv apart/texts/dism.txt detail)"
check 'and that a host contradicts the place' equal \
    'it names the host PC2, but lies among logs of PC1: the name counts' \
    "$(cell apart-report/sources.csv apart/logs/qfe.csv detail)"
check 'the page shows both' equal 2 "$(grep -c 'taken for PC1, whose\|the name counts' \
    apart-report/report.html)"
mkdir many
for number in 1 2 3 4 5 6 7 8 9 10 11 12; do
    echo "listing logs/all.csv wmic-csv en oem HOST$number +5"
done | { cat; printf '%s\n' 'file logs/PC1.evtx' 'computer PC1' \
    'noise 5 2019-01-08T07:00:00Z 2019-01-08T08:00:00Z'; } | make_logs many
analyze -o many-report many
check 'of many such remarks the first are listed' grep -q 'the name counts; and 4 more"' \
    many-report/sources.csv

# Lists and scripts follow from the action.
lists=report/remediation
check 'a healthy host with the update is in the list of removals' equal remove-kb971033 \
    "$(cell $lists/remove-kb971033.csv ACT-7-INSTALLED action)"
check 'so is one on which nothing tells' equal check-kb971033 \
    "$(cell $lists/remove-kb971033.csv ACT-8-VOLUME action)"
check 'and in that of the script' grep -qx "ACT-8-VOLUME$(printf '\r')" \
    $lists/scripts/1-remove-kb971033.hosts.txt
check 'of one that is not excluded the list says what is missing' grep -q \
    'Application log from 2019-01-20T07:00:00Z: the window is not covered' $lists/not-excluded.csv
check 'one that may keep it is in no list' sh -c '! grep -r OEM-HEALTHY "$1"' - $lists
check 'hosts of one edition are in the list of its script' grep -qx "ACT-1-INSTALLED$(printf '\r')" \
    $lists/scripts/2-rebuild-enterprise.hosts.txt
check 'hosts without an edition in that of the one that asks' grep -qx \
    "ACT-1-UNKNOWN$(printf '\r')" $lists/scripts/2-rebuild.hosts.txt
check 'a MAK host is in none of them' sh -c '! grep MAK- "$1"/*rebuild*.hosts.txt' -\
    $lists/scripts
check 'the unrelated updates are named' grep -q 'KB4480960 ([0-9]* hosts) and KB4480970 ([0-9]' \
    report/report.html
analyze -o one -j1 --no-hash collected
check 'another number of readers gives the same hosts' equal "$(cut -d, -f1-30 one/hosts.csv)" \
    "$(analyze -o two -j3 --no-hash collected && cut -d, -f1-30 two/hosts.csv)"
spptriage report --templates "$top_srcdir/templates" -o again report/case.db
check 'the case gives the same hosts again' cmp report/hosts.csv again/hosts.csv

finish
