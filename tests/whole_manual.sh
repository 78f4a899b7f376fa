#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The manual (README.md, docs, the man page) and the program say the same, and its links lead somewhere.
# Each rule prints what breaks it, in the tree that it is given.
. "$top_srcdir/tests/lib.sh"

readme_lines_most=150

# pages TREE: the pages of the manual, by their paths in the tree.
pages() {
    (cd "$1" && ls README.md docs/*.md)
}

# cells TREE PAGE HEADING [COLUMN]: what stands in code in that column (the first) of the table whose
# first heading it is, in order.
cells() {
    awk -v heading="| $3 |" -v column="${4:-1}" '
        !/^\|/ { inside = 0; next }
        index($0, heading) == 1 { inside = 1; next }
        inside {
            gsub(/\\\|/, "/")
            split($0, parts, / ?\| ?/)
            rest = parts[column + 1]
            while (match(rest, /`[^`]+`/)) {
                print substr(rest, RSTART + 1, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
            }
        }' "$1/$2"
}

# same_words EXPECTED-FILE GOT-FILE: are they the same lines?
same_words() {
    [ -s "$1" ] && diff "$1" "$2"
}

short_readme() {
    count=$(wc -l <"$1/README.md")
    echo "README.md has $count lines, of $readme_lines_most at most"
    [ "$count" -le "$readme_lines_most" ]
}

# A page opens with its title and one line of what it answers, and the README leads to it.
pages_open_alike() {
    wrong=0
    for page in $(cd "$1" && ls docs/*.md); do
        if [ "$(sed -n '1s/^# ..*/title/p; 2s/^$/blank/p; 3s/^\*..*[^*]\*$/line/p; 4s/^$/blank/p' "$1/$page" |
            tr '\n' ' ')" != 'title blank line blank ' ]; then
            echo "$page: no title, or no line of what it answers"
            wrong=1
        fi
        if ! grep -qF "]($page)" "$1/README.md"; then
            echo "$page: no link in README.md"
            wrong=1
        fi
    done
    return $wrong
}

# anchors PAGE: of its headings, as the places that show it name them: lower case, of signs only - and _.
anchors() {
    sed -n '/^    /d; s/^##* //p' "$1" | tr '[:upper:] ' '[:lower:]-' | tr -dc 'a-z0-9_\n-'
}

# links PAGE: where its links lead, but for those to other sites.
links() {
    sed '/^    /d' "$1" | grep -o '\]([^ )]*)' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*://'
}

links_resolve() {
    wrong=0
    for page in $(pages "$1"); do
        for link in $(links "$1/$page"); do
            file=${link%%#*}
            target=$1/$page
            [ -z "$file" ] || target=$(dirname "$1/$page")/$file
            if [ ! -e "$target" ]; then
                echo "$page: $link: no such file"
                wrong=1
            elif [ "$file" != "$link" ] && ! anchors "$target" | grep -qxF -- "${link#*#}"; then
                echo "$page: $link: no such heading"
                wrong=1
            fi
        done
    done
    return $wrong
}

# One name for one thing, in the manual and on the page.
one_name() {
    ! (cd "$1" && grep -niE 'unexcluded|cannot (be excluded|exclude)|broken now' $(pages .) spptriage.1 \
        templates/report.html templates/report.js templates/README.txt src/model/words.h)
}

# man_options PAGE: its options, each behind the command that has it, or "both".
man_options() {
    awk -F '"' '
        function told() {
            if (option != "") print (body ~ /\(analyze\)/ ? "analyze" : "both"), option
            option = ""
        }
        /^\.SH/ { told(); within = $0 == ".SH OPTIONS" }
        within && heading {
            for (at = 1; at <= NF; at++) {
                if (at % 2 == 1) { sub(/^\.BR? /, "", $at); gsub(/ /, "", $at) }
                option = option $at
            }
            gsub(/\\f[IP]/, "", option); gsub(/\\/, "", option)
            body = ""; heading = 0; next
        }
        within && $0 == ".TP" { told(); heading = 1 }
        { body = body $0 }' "$1"
}

# The man page, `--help` and the table have the same options, for the same commands.
options_agree() {
    wrong=0
    for command in analyze report; do
        "$SPPTRIAGE" $command --help |
            sed -nE 's/^ +((-[a-z], )?--[a-z-]+( [A-Z][^ ]*)?).*/\1/p' | sort >"$scratch/help"
        awk -v command=$command -F ' \\| ' '$2 == "both" || $2 == command' "$1/docs/options.md" |
            sed 's/^| //; s/ | .*//' | grep -o '`[^`]*`' | tr -d '`' | sort >"$scratch/table"
        man_options "$1/spptriage.1" | sed -nE "s/^(both|$command) //p" | sort >"$scratch/man"
        same_words "$scratch/help" "$scratch/table" && same_words "$scratch/help" "$scratch/man" || wrong=1
    done
    return $wrong
}

# has_columns TREE FILE SECTION HEADING: has the section's table the columns of that report, in order?
has_columns() {
    head -n 1 "$top_srcdir/samples/expected/$2" | tr -d '\r"' | tr ',' '\n' >"$scratch/columns"
    mkdir -p "$scratch/section"
    awk -v section="## $3" '/^## / { within = index($0, section) == 1 } within' "$1/docs/reports.md" \
        >"$scratch/section/page"
    cells "$scratch/section" page column >"$scratch/cells"
    same_words "$scratch/columns" "$scratch/cells"
}

columns_agree() {
    has_columns "$1" hosts.csv hosts.csv && has_columns "$1" remediation/not-excluded.csv remediation/ &&
        has_columns "$1" timeline.csv timeline.csv && has_columns "$1" sources.csv sources.csv
}

# has_set TREE SET HEADER PAGE HEADING [COLUMN]: has that table each word of that closed set, and no other?
# An empty word stands for what is not known.
has_set() {
    sed -n "/^#define $2(/,/^\$/s/^ *ROW([A-Z0-9_]*, \"\([^\"]*\)\".*/\1/p" "$top_srcdir/src/model/$3" |
        grep . | sort >"$scratch/set"
    cells "$1" "docs/$4" "$5" "${6:-1}" | sort -u >"$scratch/cells"
    same_words "$scratch/set" "$scratch/cells" || {
        echo "these are the words of $2 and of docs/$4"
        return 1
    }
}

words_agree() {
    has_set "$1" CLASSIFICATIONS words.h verdict.md classification &&
        has_set "$1" CONFIDENCES words.h verdict.md confidence &&
        has_set "$1" ACTIVATION_STATES words.h verdict.md state &&
        has_set "$1" REVIEW_NOTES words.h verdict.md note &&
        has_set "$1" COVERAGES words.h verdict.md window_coverage &&
        has_set "$1" UPDATE_STATUSES words.h verdict.md kb971033 &&
        has_set "$1" LICENCE_CHANNELS words.h verdict.md licence_channel &&
        has_set "$1" ACTION_STEPS words.h verdict.md step &&
        has_set "$1" ACTIONS words.h verdict.md 'classification, state' 3 &&
        has_set "$1" ROLES words.h reports.md role &&
        has_set "$1" STANDINGS words.h reports.md is &&
        has_set "$1" SOURCE_STATUSES source.h reports.md status &&
        has_set "$1" ROLLOUTS words.h roll-out.md result
}

# default_limit FILE FIELD [UNIT]: what the program takes where that limit is not given, in that unit.
default_limit() {
    amount=$(sed -nE "s/.*\.$2 = ([0-9]([0-9A-Z *]*[0-9A-Z])?).*/\1/p" "$top_srcdir/src/worker/$1" | head -n 1)
    echo $(($(echo "${amount:-0}" | sed 's/MIB/1048576/') / ${3:-1}))
}

# The limits of the table are those that the program names, with what it takes by default.
limits_agree() {
    cells "$1" docs/options.md name | sort >"$scratch/cells"
    spptriage analyze --limit frobnicate=1 .
    sed 's/.*expected //' "$scratch/err" | grep -o '[a-z-]*=' | tr -d = | sort >"$scratch/set"
    same_words "$scratch/set" "$scratch/cells" || return 1
    wrong=0
    while read -r name file field unit; do
        amount=$(default_limit "$file" "$field" "$unit")
        grep -qE "^\| \`$name\` \|.*\| $amount \|\$" "$1/docs/options.md" && continue
        echo "docs/options.md does not say: $name, by default $amount"
        wrong=1
    done <<'EOF'
depth unpack.c depth
members unpack.c members
size unpack.c size_bytes 1048576
member-size unpack.c member_bytes 1048576
ratio unpack.c ratio
memory unpack.c memory_bytes 1048576
reader-memory sandbox.c memory_bytes 1048576
EOF
    return $wrong
}

# number HEADER NAME: the number that the macro begins with, written with commas.
number() {
    sed -nE "s/^#define $2 [^0-9]*([0-9]+).*/\1/p" "$top_srcdir/src/$1" | sed -E 's/([0-9])([0-9]{3})$/\1,\2/'
}

# The numbers of the page's and the case's bounds are those of the program.
bounds_agree() {
    wrong=0
    printed=$(sed -nE 's/^const PRINTED_MOST = ([0-9]+)([0-9]{3});/\1,\2/p' "$top_srcdir/templates/report.js")
    grep -qF -- "each of the machines shown ($printed at most)" "$1/docs/reports.md" || {
        echo "docs/reports.md does not say that $printed are printed at most"
        wrong=1
    }
    while read -r file macro words; do
        value=$(number "$file" "$macro")
        case $value in
        *[0-9]) grep -qF -- "$(echo "$words" | sed "s/@/$value/")" "$1/docs/reports.md" && continue ;;
        esac
        echo "docs/reports.md does not say: $words, with @ the $macro $value"
        wrong=1
    done <<'EOF'
case/casedb.h CASEDB_SCHEMA_VERSION `PRAGMA user_version`, now @)
report/page_parts.h PAGE_HOSTS_MOST | machines | @,
report/page_parts.h PAGE_EVIDENCE_MOST_BYTES | evidence of machines | @ MiB:
report/page_evidence.c EVENTS_MOST | events of a machine | @:
report/page_evidence.c ROWS_MOST | update evidence, licence evidence, episodes, covered times of a machine | @ each
report/page_evidence.c TEXT_MOST_BYTES | one text | @ bytes |
report/page_evidence.c LATE_TEXT_MOST_BYTES | a text behind 4 MiB of texts of its machine | @ bytes |
report/page_conflicts.c CONFLICTS_MOST | conflicts of the two readers | @ |
report/page_rollout.c MACHINES_LISTED clients of a KMS host | @;
report/page_sources.c SOURCES_LISTED | 500; @;
report/page_kms.c CLIENTS_LISTED 2,000; @ |
EOF
    return $wrong
}

# Each library that configure looks for is in the README's list and has its line in the architecture's.
libraries_agree() {
    wrong=0
    sed -n '/^## Dependencies/,/^## Licence/p' "$1/README.md" >"$scratch/README.md"
    sed -n '/^## Libraries/,/^## Tests/p' "$1/docs/architecture.md" >"$scratch/architecture.md"
    for library in $(sed -nE 's/^(WANT|PKG_CHECK_MODULES)\(\[[A-Z]*\], \[([a-z0-9]*)[] ].*/\2/p;
        s/^AC_CHECK_LIB\(\[([a-z]*)\].*/lib\1/p' "$1/configure.ac"); do
        for page in README.md architecture.md; do
            grep -iqE "^\|[^|]*\<$library\>" "$scratch/$page" || {
                echo "$page has no line of $library"
                wrong=1
            }
        done
    done
    return $wrong
}

rules='short_readme pages_open_alike links_resolve one_name options_agree columns_agree words_agree limits_agree
    bounds_agree libraries_agree'

for rule in $rules; do
    check "$rule" $rule "$top_srcdir"
done

# ---- Each rule sees what breaks it ----

# tree: a new copy of the manual, in which all is well; $tree is its folder.
tree() {
    tree=$scratch/tree
    rm -rf "$tree"
    mkdir -p "$tree/bench" "$tree/src/model"
    (cd "$top_srcdir" && cp -r README.md docs spptriage.1 configure.ac LICENSE templates "$tree" &&
        cp bench/RESULTS.md "$tree/bench" && cp src/model/words.h "$tree/src/model")
    chmod -R u+w "$tree"
}

# breaks RULE FILE SED-PROGRAM: does that change of the file break the rule?
breaks() {
    tree
    sed -i "$3" "$tree/$2"
    ! cmp -s "$tree/$2" "$top_srcdir/$2" || return 1
    ! $1 "$tree" >"$scratch/broken" 2>&1
}

check 'a long README' breaks short_readme README.md 's/^$/\n\n\n/'
check 'a page without its line' breaks pages_open_alike docs/limits.md '3d'
check 'a page that nothing leads to' breaks pages_open_alike README.md 's/^.*](docs\/limits.md).*$//'
check 'a link to no file' breaks links_resolve docs/limits.md 's/](inputs.md#forms)/](input.md#forms)/'
check 'a link to no heading' breaks links_resolve docs/limits.md 's/](inputs.md#forms)/](inputs.md#form)/'
check 'a link within the page' breaks links_resolve docs/verdict.md 's/^## Episodes/## Of episodes/'
check 'another name' breaks one_name docs/limits.md '$a\
The incident cannot be excluded.'
check 'another name in the man page' breaks one_name spptriage.1 '$a\
unexcluded'
check 'another name on the page' breaks one_name templates/report.html 's/so they do not exclude/so they cannot exclude/'
check 'another name in its words' breaks one_name src/model/words.h '$a\
Not broken now.'
check 'a picture that is not there' breaks links_resolve README.md 's/docs\/page.png/docs\/pages.png/'
check 'an option that the table lacks' breaks options_agree docs/options.md '/^| `--carve`/d'
check 'an option that is none' breaks options_agree docs/options.md '/^| `--carve`/s/carve/curve/'
check 'an option of one command, said of both' breaks options_agree docs/options.md \
    '/^| `--carve`/s/analyze/both/'
check 'a value that is called otherwise' breaks options_agree docs/options.md 's/`--waves N`/`--waves K`/'
check 'an option that the man page lacks' breaks options_agree spptriage.1 's/^\.B \\-\\-carve/.B carving/'
check 'an option of one command, which the man page gives both' breaks options_agree spptriage.1 \
    '/^Print a line for every source/s/ (analyze)//'
check 'a column that is missing' breaks columns_agree docs/reports.md '/^| `os_version`/d'
check 'columns in another order' breaks columns_agree docs/reports.md 's/`edition`, `licence_channel`/`licence_channel`, `edition`/'
check 'a column of the timeline' breaks columns_agree docs/reports.md '/^| `codes` | the codes/d'
check 'a column of the sources' breaks columns_agree docs/reports.md '/^| `machines`/d'
check 'a column of the lists' breaks columns_agree docs/reports.md '/^| `netbios_name`/d'
for row in other-activation-fault probable fault-open near-window full removed kms-host restart; do
    check "a word that is missing: $row" breaks words_agree docs/verdict.md "/^| .*\`$row\`/d"
done
check 'an action that is missing' breaks words_agree docs/verdict.md '/| `remove-kb971033; collect` |$/d'
check 'a note that is none' breaks words_agree docs/verdict.md 's/^| `near-window`/| `far-window`/'
check 'a role that is missing' breaks words_agree docs/reports.md '/^| `context`/d'
check 'a status that is missing' breaks words_agree docs/reports.md '/^| `crashed`/d'
check 'what a machine counts as, missing' breaks words_agree docs/reports.md '/^| `clean`/d'
check 'a result that is missing' breaks words_agree docs/roll-out.md '/^| `by-hand`/d'
check 'a limit that is missing' breaks limits_agree docs/options.md '/^| `ratio`/d'
check 'another default of a limit' breaks limits_agree docs/options.md '/^| `depth`/s/3 |$/4 |/'
check 'another default of the readers' breaks limits_agree docs/options.md '/^| `reader-memory`/s/512 |$/256 |/'
check 'another version of the case' breaks bounds_agree docs/reports.md 's/user_version`, now [0-9]*/user_version`, now 0/'
check 'another bound of the page' breaks bounds_agree docs/reports.md 's/^| events of a machine | [0-9,]*/| events of a machine | 9,000/'
check 'another bound of the lists' breaks bounds_agree docs/reports.md 's/500; 2,000; 200/500; 2,000; 100/'
check 'another bound of what is printed' breaks bounds_agree docs/reports.md 's/(5,000 at most)/(6,000 at most)/'
check 'a library that is missing' breaks libraries_agree README.md 's/, libdeflate//'
check 'a library whose name is a word, too' breaks libraries_agree README.md 's/; Check |/ |/'
check 'a library without a line' breaks libraries_agree docs/architecture.md '/^| zlib/d'
finish
