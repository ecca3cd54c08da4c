#!/bin/sh
# Runs CMake for a preset, silently unless it fails. Usage: tools/configure.sh [-v] PRESET DIRECTORY [OPTION]
# A fresh release tree starts with tests and benchmarks off, so that running the program needs the least; each
# later OPTION (VISOR_TESTS, VISOR_BENCH) switches one on and leaves the others as they are. The other presets say
# all there is to say, so a tree that was made by other ones is made anew.
set -eu
verbose=
[ "$1" != -v ] || { verbose=1; shift; }
preset=$1 dir=$2 option=${3:-}
set --
if [ ! -f "$dir/build.ninja" ]; then
    [ "$preset" != release ] || set -- -DVISOR_TESTS=OFF -DVISOR_BENCH=OFF
elif [ "$preset" != release ] && ! cmp -s CMakePresets.json "$dir/presets.json"; then
    set -- --fresh
elif [ -z "$option" ] || grep -q "^$option:BOOL=ON" "$dir/CMakeCache.txt"; then
    exit 0
fi
[ -z "$option" ] || set -- "$@" "-D$option=ON"
mkdir -p "$dir"
if [ -n "$verbose" ]; then
    cmake --preset "$preset" "$@"
else
    cmake --preset "$preset" "$@" >"$dir/configure.log" 2>&1 || { cat "$dir/configure.log" >&2; exit 1; }
fi
cp CMakePresets.json "$dir/presets.json"
