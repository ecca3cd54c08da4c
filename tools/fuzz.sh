#!/bin/sh
# Runs every fuzz target of a fuzz build for SECONDS each, from its seeds in fuzz/corpus/NAME. What it finds new
# stays in BUILD/corpus/NAME; a crash leaves its input in BUILD/. Usage: tools/fuzz.sh BUILD SECONDS
set -eu
build=$1 seconds=$2 failed=
for program in "$build"/bin/fuzz_*; do
    [ -x "$program" ] || { echo "fuzz: no targets in $build/bin" >&2; exit 1; }
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
        failed=1
    fi
done
[ -z "$failed" ]
