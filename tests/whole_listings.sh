#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Text listings through the whole program: known by their content, read by the reader processes in
# any encoding, weighed with the events.
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1

# PC1: affected, the update gone since. PC2: it is there. PC3 and PC4 have a listing alone, and the
# one of PC4 is cut.
make_logs collected <<'END'
file PC1/Application.evtx
computer PC1
noise 20 2019-01-07T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:02:17Z wat-13 0x00000000 0xC004C4A2
noise 20 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
listing PC1/qfe.txt wmic-get de oem PC1 +100
listing PC1/systeminfo.txt systeminfo ja oem PC1 +100
listing PC1/slmgr.txt slmgr fr utf-16le - enterprise 0xC004F200
file PC2/Application.evtx
computer PC2
noise 40 2019-01-07T00:00:00Z 2019-01-10T00:00:00Z
listing PC2/all.txt get-hotfix en utf-16le PC2 +50
listing PC2/all.txt dism fr utf-16le - +50 KB971033
listing hosts/qfe.csv wmic-csv en oem PC3 +50
listing hosts/cut.csv wmic-csv en oem PC4 +50
shorten hosts/cut.csv 7
raw PC1/notes.txt "KB971033 was seen here.\n"
END
analyze -o report -j1 collected
check 'listings are read' equal 0 "$status"
for path in PC1/qfe.txt PC1/systeminfo.txt PC1/slmgr.txt PC2/all.txt hosts/qfe.csv hosts/cut.csv; do
    check "$path is known" equal listing "$(cell report/sources.csv "collected/$path" kind)"
    check "$path is sound" equal ok "$(cell report/sources.csv "collected/$path" status)"
done
check 'notes are not a listing' equal text "$(cell report/sources.csv collected/PC1/notes.txt kind)"
check 'and are skipped' equal skipped "$(cell report/sources.csv collected/PC1/notes.txt status)"
check 'the cut is said' equal 'line 2: wmic qfe of PC4: it is cut: its last line does not end' \
    "$(cell report/sources.csv collected/hosts/cut.csv detail)"
check 'the machine is affected' equal 'affected-by-incident listing-non-genuine' \
    "$(cell report/hosts.csv PC1 classification) $(cell report/hosts.csv PC1 review)"
check 'the update is gone' equal removed "$(cell report/hosts.csv PC1 kb971033)"
check 'the edition is known' equal 'Windows 7 Enterprise' "$(cell report/hosts.csv PC1 edition)"
check 'the version is known' equal '6.1.7601 Service Pack 1' \
    "$(cell report/hosts.csv PC1 os_version)"
check 'the update is there' equal installed "$(cell report/hosts.csv PC2 kb971033)"
check 'it was never there' equal absent "$(cell report/hosts.csv PC3 kb971033)"
check 'a cut listing proves nothing' equal unknown "$(cell report/hosts.csv PC4 kb971033)"

analyze -o report3 -j3 collected
for file in hosts.csv sources.csv timeline.csv; do
    check "$file does not depend on the number of readers" diff "report/$file" "report3/$file"
done

finish
