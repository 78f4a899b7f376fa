# SPDX-License-Identifier: Apache-2.0
# What the whole-program tests share. The environment gives top_srcdir, SPPTRIAGE (the program)
# and MAKE_LOGS; the tests write below $scratch only, and end with `finish`.
set -u
export LC_ALL=C.UTF-8

scratch=$(mktemp -d)
trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT
passed=0
failed=0

# check NAME COMMAND...: counts a test; its output is shown when it fails.
check() {
    test_name=$1
    shift
    if "$@" >"$scratch/check.out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $test_name"
        head -n 20 "$scratch/check.out" | cut -c 1-300 | sed 's/^/    /'
    fi
}

# spptriage ARGUMENTS...: runs the program with this tree's templates. Sets $status, leaves
# $scratch/out and $scratch/err.
spptriage() {
    status=0
    "$SPPTRIAGE" "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

analyze() {
    spptriage analyze --templates "$top_srcdir/templates" "$@"
}

# make_logs FOLDER: makes the logs that the recipe on standard input describes.
make_logs() {
    mkdir -p "$1"
    cat >"$scratch/recipe"
    "$MAKE_LOGS" "$scratch/recipe" "$1"
}

# cell FILE HOST COLUMN: a cell of a report, found by the first column, read by Python's csv.
cell() {
    /usr/bin/python3 - "$@" <<'END'
import csv, sys
path, host, column = sys.argv[1:]
rows = list(csv.DictReader(open(path, newline='', encoding='utf-8')))
first = list(rows[0])[0] if rows else ''
print('\n'.join(row[column] for row in rows if row[first] == host))
END
}

# equal WANTED GOT
equal() {
    [ "$1" = "$2" ] || {
        echo "wanted: $1"
        echo "got:    $2"
        return 1
    }
}

# Is there one line on standard error, the one that contains the words, and the status?
refused() {
    [ "$status" -eq 1 ] || {
        echo "exit status $status"
        cat "$scratch/err"
        return 1
    }
    [ "$(wc -l <"$scratch/err")" -eq 1 ] && grep -qF -- "$1" "$scratch/err" || {
        echo "wanted one line with: $1"
        cat "$scratch/err"
        return 1
    }
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
