#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# report.html in a browser: Debian's Chromium, driven by its chromedriver (tests/browser/page.py).
. "$top_srcdir/tests/lib.sh"
cd "$scratch" || exit 1
if ! once; then
    finish
fi
for program in "$python" chromium chromedriver; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIP: $program, another tool, is not installed: the page is not looked at in a browser"
        finish
    fi
done

analyze -o sample --inventory "$top_srcdir/samples/inventory.csv" "$top_srcdir/samples/collection"
check 'the samples' equal 2 "$status"

# Names and strings that want to be more than that: in logs, as folders, in an inventory.
bidi=$(printf '\342\200\256')
make_logs hostile-logs <<END
file one/Application.evtx
computer "<img src=x onerror=window.ran=1>"
noise 10 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
2019-01-08T11:01:00Z spp-8209 "</script><script>window.ran=1</script>"
file two/Application.evtx
computer "</script><script>window.ran=1</script>"
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
file three/Application.evtx
computer "<!--<script>"
2019-01-08T11:00:00Z spp-8196 0xC004F200
file four/Application.evtx
computer "__proto__"
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
file five/Application.evtx
computer "javascript:window.ran=1"
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
END
mkdir -p "hostile-logs/${bidi}gpj" 'hostile-logs/x;=1+1;y<style>*{display:none}<'
cp hostile-logs/one/Application.evtx "hostile-logs/${bidi}gpj/"
cp hostile-logs/four/Application.evtx 'hostile-logs/x;=1+1;y<style>*{display:none}<'
cat >hostile.csv <<END
host,"<img src=http://127.0.0.1:9/ onerror=window.ran=1>",__proto__,"=1+1",State,site,site,
__proto__,"</script><script>window.ran=1</script>",constructor,"a;=1+1",used,A,C,D
"<svg/onload=window.ran=1>","<iframe src=http://127.0.0.1:9/></iframe>",toString,"-1+1",new,B,C,E
"${bidi}gpj.exe",""" onmouseover=""window.ran=1","<!--","@SUM(1+1)",new,B,,E
END
analyze -o hostile --inventory hostile.csv hostile-logs
check 'hostile names' equal 0 "$status"

# Two machines of one name.
make_pair pair
make_logs pair <<END
file one/Application.evtx
computer TWIN
record-id 1
noise 50 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
file other/Application.evtx
computer TWIN
record-id 9000
noise 50 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
{
    printf 'file MANY/Application.evtx\ncomputer MANY\n'
    awk 'BEGIN { for (at = 0; at < 450; at++)
        printf "2019-01-%02dT%02d:%02d:00Z wat-13 0x00000000 0xC004C4A2\n", 9 + at / 60, at / 4 % 15, at % 4 * 15 }'
} | make_logs pair
{
    echo host,site
    echo TWIN,Site 1
    awk 'BEGIN { for (at = 1; at <= 3000; at++) printf "PC-%05d.corp.example,Site %d\n", at, at % 40 }'
} >long.csv
analyze -o long --inventory long.csv pair
check 'many hosts' equal 0 "$status"

# A window as far away as there are times.
analyze -o far --window 9999-12-31T00:00:00Z/9999-12-31T23:59:59Z pair
check 'a window of the last day' equal 0 "$status"

"$python" "$top_srcdir/tests/browser/page.py" sample hostile long "$scratch" >lines 2>&1
check 'the tests in the browser come to their end' equal 0 $?
grep '^FAIL\|^SKIP' lines
passed=$((passed + $(grep -c '^ok ' lines)))
failed=$((failed + $(grep -c '^FAIL ' lines)))
check 'all of them ran' equal "$(grep -c '^@test' "$top_srcdir/tests/browser/page.py")" \
    "$(grep -c '^ok \|^FAIL ' lines)"
[ "$failed" -eq 0 ] || grep -v '^ok \|^FAIL \|^SKIP' lines
finish
