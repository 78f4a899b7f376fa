#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The fuzz target, as a plain program, over its seeds.
. "$top_srcdir/tests/lib.sh"
mkdir "$scratch/seeds"
check 'the seeds are made' "$FUZZ_SEEDS" "$scratch/seeds"
check 'there are some' [ "$(find "$scratch/seeds" -type f | wc -l)" -gt 20 ]
check 'each is read without harm' "$FUZZ_SELECT" "$scratch"/seeds/*
printf 'ElfChnk' >"$scratch/short"
: >"$scratch/empty"
check 'and so is what is cut short' "$FUZZ_SELECT" "$scratch/short" "$scratch/empty"
finish
