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
        FILENAME == ARGV[1] { wanted[FNR] = $0; count = FNR; next }
        {
            last = FNR
            columns = split(wanted[FNR], cells, "\t")
            same = columns == NF
            for (column = 1; column <= columns; column++) {
                may_lack = sub(/^\001/, "", cells[column])
                if (may_lack && $column != "") print $1 >>found
                if (!(may_lack && $column == "") && $column "" != cells[column] "") same = 0
            }
            if (!same) { print "wanted: " wanted[FNR]; print "got:    " $0; wrong = 1 }
        }
        END { if (last != count) print "wanted " count " lines, got " last
              exit wrong || last != count }' "$scratch/made/$1.wanted" "$scratch/rows"
}

: >"$scratch/found"
mkdir "$scratch/made"
counts=$("$MAKE_DATASTORE" "$scratch/made")
for database in "$scratch/made"/*.edb; do
    name=$(basename "$database" .edb)
    check "$name" same_rows "$name"
done
# The faults are those of esedbexport, each of which make-datastore writes down.
check 'rows compared, and cells (of null-flag: exports) where esedbexport is at fault' \
    equal 'rows 3506, filler 3350, long-value 92, supplementary 788, surrogate 402, null-flag 2' \
    "$counts"
check 'long values that esedbexport finds for all that' equal 2 "$(wc -l <"$scratch/found")"
check 'databases compared' equal 40 "$(ls "$scratch/made" | grep -c 'edb$')"
finish
