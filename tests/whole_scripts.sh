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
"$python" "$top_srcdir/tests/windows_machine.py" "$scratch/scripts" "$scratch/stub.exe" \
    "$scratch/work" "$top_srcdir"/tests/cases/scripts-*.txt >"$scratch/cases"
sed '$d' "$scratch/cases"
read -r cases_passed _ cases_failed _ <<END
$(tail -n 1 "$scratch/cases")
END
check 'the cases were run' [ "$((cases_passed + cases_failed))" -gt 0 ]
passed=$((passed + cases_passed))
failed=$((failed + cases_failed))
finish
