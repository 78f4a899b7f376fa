#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The scripts of a report, run by Wine's cmd.exe on made machines: tests/windows_machine.py.
# ONCE=no leaves them out, CASE=WORDS runs the cases with these words in their names.
. "$top_srcdir/tests/lib.sh"
compiler=x86_64-w64-mingw32-gcc

if ! once; then
    finish
fi
if [ ! -x /usr/lib/wine/wine64 ] || ! command -v "$compiler" >/dev/null || [ ! -x "$python" ]; then
    echo 'SKIP: wine64, gcc-mingw-w64-x86-64 or python3 is not installed: no script was run'
    exit 77
fi

analyze -q -o "$scratch/report" "$top_srcdir/samples/collection"
mkdir "$scratch/scripts" "$scratch/work"
cp "$scratch/report/remediation/"*.cmd "$scratch/report/remediation/scripts/"*.cmd \
    "$scratch/scripts/"
check 'the stub for the tools of Windows is built' "$compiler" -O1 -s -Wall -Wextra -Werror \
    -o "$scratch/stub.exe" "$top_srcdir/tests/windows/stub.c"

# All cases take minutes. Where nothing that they depend on has changed since all of them passed
# (tests/cases/scripts-passed), every fourth is tried; ALL_CASES=yes tries all. The sum is that of
# the scripts as a report has them, the stub, the harness and the cases.
sum=$(cat "$scratch/scripts/"*.cmd "$top_srcdir/tests/windows/stub.c" \
    "$top_srcdir/tests/windows_machine.py" "$top_srcdir"/tests/cases/scripts-*.txt | sha256sum |
    cut -d ' ' -f 1)
mkdir "$scratch/tried"
if [ "${ALL_CASES-}${CASE-}" = '' ] && [ "$sum" = "$(cat "$top_srcdir/tests/cases/scripts-passed")" ]; then
    echo 'the scripts are those of which all cases passed: every fourth case is tried'
    for file in "$top_srcdir"/tests/cases/scripts-*.txt; do
        awk '/^case / { keep = count++ % 4 == 0 } /^(sequence|result) / { keep = 1 } keep' "$file" \
            >"$scratch/tried/${file##*/}"
    done
else
    cp "$top_srcdir"/tests/cases/scripts-*.txt "$scratch/tried/"
fi
"$python" "$top_srcdir/tests/windows_machine.py" "$scratch/scripts" "$scratch/stub.exe" \
    "$scratch/work" "$scratch/tried/"*.txt >"$scratch/cases"
sed '$d' "$scratch/cases"
read -r cases_passed _ cases_failed _ <<END
$(tail -n 1 "$scratch/cases")
END
check 'the cases were run' [ "$((cases_passed + cases_failed))" -gt 0 ]
passed=$((passed + cases_passed))
failed=$((failed + cases_failed))
if [ "$failed" -eq 0 ] && [ -z "${CASE-}" ] && cmp -s "$scratch/tried/scripts-rebuild.txt" \
    "$top_srcdir/tests/cases/scripts-rebuild.txt"; then
    echo "all cases passed: tests/cases/scripts-passed is to say $sum"
fi
finish
