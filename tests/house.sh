#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of the house (docs/architecture.md): what the compiler does not see to. Each rule
# prints what breaks it, in the tree that it is given.
. "$top_srcdir/tests/lib.sh"

headers_most=90
function_lines_most=60
makefile_lines_most=499
# A room includes itself and what stands to the left of it; rooms with `=` between them are side by
# side and do not know each other.
flow='base model intake evtx=ese=hive=text=export=container worker case identity verdict report app'
banned='strcpy strcat sprintf strncpy strtok atoi localtime mktime system'

# sources TREE: its C files, each by its path below src.
sources() {
    (cd "$1/src" && find . -name '*.[ch]' | sed 's#^\./##' | LC_ALL=C sort)
}

# over_sources TREE AWK-PROGRAM [ASSIGNMENTS...]
over_sources() {
    tree=$1
    program=$2
    shift 2
    (cd "$tree/src" && sources ../ | xargs awk "$@" "$program")
}

includes_follow_the_flow() {
    over_sources "$1" '
        BEGIN {
            count = split(flow, steps, " ")
            for (step = 1; step <= count; step++) {
                beside = split(steps[step], rooms, "=")
                for (at = 1; at <= beside; at++) place[rooms[at]] = step
            }
        }
        /^#include "/ {
            split($0, quoted, "\""); split(quoted[2], to, "/"); split(FILENAME, from, "/")
            if (to[1] == from[1] && from[1] in place) next
            if (to[1] in place && from[1] in place && place[to[1]] < place[from[1]]) next
            print FILENAME " includes " quoted[2]
            wrong = 1
        }
        END { exit wrong }' -v flow="$flow"
}

no_files_include_each_other() {
    over_sources "$1" '
        function visit(file, way,    at, count, files) {
            if (state[file] == "done") return
            if (state[file] == "open") { print way; wrong = 1; return }
            state[file] = "open"
            count = split(included[file], files, " ")
            for (at = 1; at <= count; at++) visit(files[at], way " includes " files[at])
            state[file] = "done"
        }
        /^#include "/ { split($0, quoted, "\""); included[FILENAME] = included[FILENAME] " " quoted[2] }
        END { for (file in included) visit(file, file); exit wrong }'
}

few_headers() {
    count=$(sources "$1" | grep -c 'h$')
    echo "$count headers, of $headers_most at most"
    [ "$count" -le "$headers_most" ]
}

# A function is counted from the first line of what stands before its brace.
functions_are_short() {
    over_sources "$1" '
        FNR == 1 { begun = 0; inside = 0 }
        inside && /^}/ {
            if (FNR - begun + 1 > most) {
                print FILENAME ":" begun ": a function of " FNR - begun + 1 " lines"
                wrong = 1
            }
            inside = 0; begun = 0
            next
        }
        inside { next }
        /^{/ { inside = 1; next }
        /^$|^[#}]|\*\/$|;$/ { begun = 0; next }
        begun == 0 { begun = FNR }
        END { exit wrong }' -v most="$function_lines_most"
}

short_makefile() {
    count=$(wc -l <"$1/Makefile.am")
    echo "Makefile.am has $count lines, of $makefile_lines_most at most"
    [ "$count" -le "$makefile_lines_most" ]
}

no_banned_functions() {
    over_sources "$1" '
        BEGIN { gsub(" ", "|", banned); pattern = "(^|[^A-Za-z0-9_])(" banned ")\\(" }
        $0 ~ pattern { print FILENAME ":" FNR ": " $0; wrong = 1 }
        END { exit wrong }' -v banned="$banned"
}

# A struct that a file keeps for itself has a name of its own, too: one name means one thing.
names_mean_one_thing() {
    over_sources "$1" '
        FNR == 1 { count = split(FILENAME, parts, "/"); file = parts[count] }
        FNR == 1 && file ~ /h$/ { if (file in header) { print header[file] " and " FILENAME; wrong = 1 }
                                  header[file] = FILENAME }
        match($0, /^(static )?(const )?struct [a-z0-9_]+ \{$/) {
            sub(/ \{$/, ""); sub(/.*struct /, "")
            if ($0 in owner) { print "struct " $0 " in " owner[$0] " and " FILENAME; wrong = 1 }
            owner[$0] = FILENAME
        }
        END { exit wrong }'
}

rules='includes_follow_the_flow no_files_include_each_other few_headers functions_are_short
    short_makefile no_banned_functions names_mean_one_thing'

for rule in $rules; do
    check "$rule" $rule "$top_srcdir"
done

# ---- Each rule sees what breaks it ----

# tree: a new tree in which all is well; $tree is its folder.
tree() {
    tree=$scratch/tree
    rm -rf "$tree"
    for room in base model evtx/check ese app; do
        mkdir -p "$tree/src/$room"
    done
    printf '#include "base/span.h"\n' >"$tree/src/model/source.h"
    printf 'struct span {\n    int a;\n};\n' >"$tree/src/base/span.h"
    printf '#include "evtx/check/verify.h"\nsnprintf(a, 1, "system");\n' >"$tree/src/evtx/log.c"
    printf '#include "base/span.h"\n#include "model/source.h"\n' >"$tree/src/evtx/check/verify.h"
    printf 'x\n' >"$tree/Makefile.am"
}

# breaks RULE: is the rule, and no other, broken in the tree?
breaks() {
    for other in $rules; do
        if $other "$tree"; then
            [ "$other" != "$1" ] || return 1
        else
            [ "$other" = "$1" ] || return 1
        fi
    done
}

# lines COUNT: so many lines.
lines() {
    yes '    x = 1;' | head -n "$1"
}

tree
for rule in $rules; do
    check "$rule where all is well" $rule "$tree"
done
printf '#include "model/source.h"\n' >>"$tree/src/base/span.c"
check 'base includes model' breaks includes_follow_the_flow
tree
printf '#include "evtx/log.h"\n' >"$tree/src/ese/edb.c"
check 'a reader includes another' breaks includes_follow_the_flow
tree
printf '#include "base/span.h"\n' >"$tree/src/stray.c"
check 'a file in no room' breaks includes_follow_the_flow
tree
printf '#include "evtx/b.h"\n' >"$tree/src/evtx/a.h"
printf '#include "evtx/check/c.h"\n' >"$tree/src/evtx/b.h"
printf '#include "evtx/a.h"\n' >"$tree/src/evtx/check/c.h"
check 'three files in a ring' breaks no_files_include_each_other
tree
for number in $(seq "$headers_most"); do
    : >"$tree/src/app/h$number.h"
done
check 'too many headers' breaks few_headers
tree
{
    printf '/* Says. */\nstatic int f(int a,\n             int b)\n{\n'
    lines $((function_lines_most - 4))
    printf '}\n'
} >"$tree/src/app/main.c"
check 'a function of the greatest length' functions_are_short "$tree"
sed -i 's/^}/    return x;\n}/' "$tree/src/app/main.c"
check 'a function that is too long' breaks functions_are_short
tree
lines $((makefile_lines_most + 1)) >"$tree/Makefile.am"
check 'a long Makefile.am' breaks short_makefile
for function in $banned; do
    tree
    printf 'x = %s(a);\n' "$function" >"$tree/src/app/main.c"
    check "$function" breaks no_banned_functions
done
tree
printf 'static struct span {\n' >"$tree/src/app/main.c"
check 'a struct of the name of another' breaks names_mean_one_thing
tree
printf '/* span */\n' >"$tree/src/app/span.h"
check 'a header of the name of another' breaks names_mean_one_thing
finish
