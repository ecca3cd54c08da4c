#!/bin/sh
# Runs every fuzz target of a build for SECONDS each, as many at a time as there are processors, from its seeds in
# fuzz/corpus/NAME. What it finds new stays in BUILD/corpus/NAME; a crash leaves its input in BUILD/.
# Usage: tools/fuzz.sh BUILD SECONDS [PROGRAM]     with PROGRAM: that target alone
set -eu
build=$1 seconds=$2 program=${3:-}
if [ -z "$program" ]; then
    set -- "$build"/bin/fuzz_*
    [ -x "$1" ] || { echo "fuzz: no targets in $build/bin" >&2; exit 1; }
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I PROGRAM "$0" "$build" "$seconds" PROGRAM
    exit
fi
name=${program##*/fuzz_}
found=$build/corpus/$name seeds=fuzz/corpus/$name log=$build/fuzz_$name.log
mkdir -p "$found"
[ -d "$seeds" ] || seeds=
# shellcheck disable=SC2086
if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$build/fuzz_$name-" \
    "$found" $seeds >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$log"), no crash"
else
    tail -n 60 "$log"
    echo "$name: FAILED, input kept as $build/fuzz_$name-*"
    exit 1
fi
