#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fuzz targets, as plain programs, over their seeds.
. "$top_srcdir/tests/lib.sh"
printf 'ElfChnk' >"$scratch/short"
printf 'Node,HotFixID\nPC1,KB' >"$scratch/cut"
: >"$scratch/empty"
for target in select listing; do
    mkdir "$scratch/$target"
    check "the seeds of $target are made" "$FUZZ-seeds-$target" "$scratch/$target"
    check 'there are some' [ "$(find "$scratch/$target" -type f | wc -l)" -gt 20 ]
    check 'each is read without harm' "$FUZZ-$target" "$scratch/$target"/*
    check 'and so is what is cut short' "$FUZZ-$target" "$scratch/short" "$scratch/cut" \
        "$scratch/empty"
done
finish
