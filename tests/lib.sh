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

# once: is this the pass of script/test that runs what takes long and does not depend on the build?
# ONCE=no says that it is another one.
once() {
    if [ "${ONCE-yes}" = no ]; then
        echo 'left out: what does not depend on the build, another pass of script/test runs it'
        return 1
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

# make_pair FOLDER: the logs of PC1, which was hit in the window, and of PC2, which was not.
make_pair() {
    make_logs "$1" <<'END'
file PC1/Application.evtx
computer PC1
noise 10 2019-01-01T00:00:00Z 2019-01-08T10:00:00Z
2019-01-08T11:00:00Z wat-13 0x00000000 0xC004C4A2
noise 10 2019-01-08T12:00:00Z 2019-01-10T00:00:00Z
file PC2/Application.evtx
computer PC2
noise 20 2019-01-01T00:00:00Z 2019-01-10T00:00:00Z
END
}

# For awk: csv(LINE, CELLS) splits a row of CSV and returns how many cells it has.
csv_reader='
function csv(line, cells,    count) {
    sub(/\r$/, "", line)
    for (count = 0; ; line = substr(line, RLENGTH + 2)) {
        if (match(line, /^"([^"]|"")*"/)) {
            cells[++count] = substr(line, 2, RLENGTH - 2)
            gsub(/""/, "\"", cells[count])
        } else {
            match(line, /^[^,]*/)
            cells[++count] = substr(line, 1, RLENGTH)
        }
        if (substr(line, RLENGTH + 1, 1) != ",")
            return count
    }
}'

# columns FILE COLUMN...: these cells of each row of a report, with bars between.
columns() {
    columns_file=$1
    shift
    awk -v names="$*" "$csv_reader"'
        BEGIN { count = split(names, name, " ") }
        NR == 1 {
            for (at = csv($0, cells); at > 0; at--)
                place[cells[at]] = at
            for (at = 1; at <= count; at++)
                if (!(name[at] in place)) {
                    print "no column " name[at]
                    exit 1
                }
            next
        }
        {
            csv($0, cells)
            for (at = 1; at <= count; at++)
                printf "%s%s", cells[place[name[at]]], at < count ? "|" : "\n"
        }' "$columns_file"
}

# cell FILE HOST COLUMN: a cell of a report, found by the first column.
cell() {
    HOST=$2 awk -v name="$3" "$csv_reader"'
        NR == 1 {
            for (place = csv($0, cells); place > 0 && cells[place] != name; place--);
            if (place > 0)
                next
            print "no column " name
            exit 1
        }
        { csv($0, cells) }
        cells[1] == ENVIRON["HOST"] { print cells[place] }' "$1"
}

# python_check NAME ARGUMENTS... <<END: a test that is a Python program. Without Python it is left
# out, which is said at the end.
python=${PYTHON-/usr/bin/python3}
left_out=0
python_check() {
    python_name=$1
    shift
    if [ -x "$python" ]; then
        check "$python_name" "$python" - "$@"
    else
        left_out=$((left_out + 1))
    fi
}

# valid_html NAME PAGE: a test that tidy finds nothing in the page. Without tidy it is left out, which
# is said at the end.
unread_pages=0
valid_html() {
    if command -v tidy >/dev/null; then
        check "$1" equal '' "$(tidy -q -e "$2" 2>&1)"
    else
        unread_pages=$((unread_pages + 1))
    fi
}

# equal EXPECTED GOT
equal() {
    [ "$1" = "$2" ] || {
        echo "expected: $1"
        echo "got:      $2"
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
        echo "expected one line with: $1"
        cat "$scratch/err"
        return 1
    }
}

finish() {
    [ "$left_out" -eq 0 ] ||
        echo "SKIP: python3, another tool, is not installed: tests that need it: $left_out"
    [ "$unread_pages" -eq 0 ] ||
        echo "SKIP: tidy, another tool, is not installed: tests that need it: $unread_pages"
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
