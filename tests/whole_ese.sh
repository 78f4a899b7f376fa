#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The databases of tests/fixtures/ese_writer.h, read by another reader: what esedbexport prints of
# tbHistory is what was written, row by row and column by column, for all page sizes and shapes.
. "$top_srcdir/tests/lib.sh"
if ! command -v esedbexport >/dev/null; then
    echo 'SKIP: esedbexport, another tool, is not installed: nothing to read the databases with'
    finish
fi

# same_rows NAME: an explicit NULL on a small page ends the export, which make-datastore knows.
same_rows() {
    rm -rf "$scratch/table.export"
    esedbexport -T tbHistory -t "$scratch/table" "$scratch/made/$1.edb" || true
    # Behind the last line stands an empty one.
    sed '${/^$/d}' "$scratch/table.export/tbHistory".* >"$scratch/rows" || return 1
    awk -F'\t' -v found="$scratch/found" '
        FILENAME == ARGV[1] { expected[FNR] = $0; count = FNR; next }
        {
            last = FNR
            columns = split(expected[FNR], cells, "\t")
            same = columns == NF
            for (column = 1; column <= columns; column++) {
                may_lack = sub(/^\001/, "", cells[column])
                if (may_lack && $column != "") print $1 >>found
                if (!(may_lack && $column == "") && $column "" != cells[column] "") same = 0
            }
            if (!same) { print "expected: " expected[FNR]; print "got:      " $0; wrong = 1 }
        }
        END { if (last != count) print "expected " count " lines, got " last
              exit wrong || last != count }' "$scratch/made/$1.expected" "$scratch/rows"
}

: >"$scratch/found"
# export_of FILE: the columns of tbHistory that a recipe says, between bars.
export_of() {
    rm -rf "$scratch/table.export"
    esedbexport -T tbHistory -t "$scratch/table" "$1" >"$scratch/export.out" || return 1
    tail -n +2 "$scratch/table.export/tbHistory".* | sed '${/^$/d}' | cut -f 1-5,11 | tr '\t' '|'
}

# lacks_history FILE
lacks_history() {
    esedbinfo "$1" | sed -n 's/^Table: [0-9]*[[:space:]]*//p' >"$scratch/tables"
    equal 'MSysObjects (2) MSysObjectsShadow (3) tbJobs (6)' "$(paste -s -d ' ' "$scratch/tables")"
}

version=$(esedbexport -V | sed -n '1s/.* //p')
mkdir "$scratch/made"
counts=$("$MAKE_DATASTORE" "$scratch/made" "$version")
for database in "$scratch/made"/*.edb; do
    name=$(basename "$database" .edb)
    check "$name" same_rows "$name"
done
# The faults are those of esedbexport, each of which make-datastore writes down. Debian 12 has version
# 20181229, Debian 13 has 20240420.
case $version in
20181229)
    cells='long-value 92, supplementary 788, surrogate 402'
    found=2
    cut='2|1|3|0|0|the newest is in the first'
    ;;
*)
    cells='long-value 0, supplementary 0, surrogate 0'
    found=0
    cut= # it looks for the next leaf past the end of the file, and ends
    ;;
esac
check 'rows compared, and cells (of null-flag: exports) where esedbexport is at fault' \
    equal "rows 3506, filler 3350, $cells, null-flag 2" "$counts"
check 'long values that esedbexport finds for all that' equal "$found" "$(wc -l <"$scratch/found")"
check 'databases compared' equal 40 "$(ls "$scratch/made" | grep -c 'edb$')"

# The program finds the same rows in the same databases, and ten more, which esedbexport does not come
# to behind the two at which it ends.
records() {
    columns "$scratch/report/sources.csv" path records status |
        awk -F'|' '/^[^|]*\.edb\|/ { count[$3]++; records += $2 }
            END { for (status in count) printf "%s %d ", status, count[status]; print records }'
}
analyze -o "$scratch/report" "$scratch/made"
check 'the program finds the rows' equal 'ok 40 3516' "$(records)"

make_logs "$scratch/recipes" <<'END'
datastore pc/DataStore.edb page-size 8192 dirty
history 2019-01-08T12:00:00Z 1 0 "Update (KB971033)"
history 2019-01-09T12:00:00Z 2 0x80240016 "Mise \xc3\xa0 jour (KB971033)" unmapped -3 selection 2
history 2019-01-10T12:00:00Z 1 0 "Update (KB971033)" deleted
history 2019-01-11T12:00:00Z 1 null "Update (KB976932)" compressed
datastore pc/qmgr.db foreign
datastore pc/cut.edb rows-per-leaf 1
history 2019-01-08T12:00:00Z 1 0 "the oldest is in the last leaf"
history 2019-01-09T12:00:00Z 1 0 "the newest is in the first"
damage cut-before-last-leaf
raw pc/end "x"
END
check 'a recipe makes a database' equal "4|1|3|707406378|0|Update (KB976932)
2|2|2|-2145124330|-3|Mise à jour (KB971033)
1|1|3|0|0|Update (KB971033)" "$(export_of "$scratch/recipes/pc/DataStore.edb")"
check 'a recipe makes a dirty database' \
    equal 2 "$(od -A n -t u4 -j 52 -N 4 "$scratch/recipes/pc/DataStore.edb" | tr -d ' ')"
check 'a recipe makes a foreign database' lacks_history "$scratch/recipes/pc/qmgr.db"
check 'a recipe makes a damaged database' equal "$cut" "$(export_of "$scratch/recipes/pc/cut.edb")"
finish
