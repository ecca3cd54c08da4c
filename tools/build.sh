#!/bin/sh
# Builds in a configured directory: ninja's progress line on a terminal, and elsewhere not a word unless it fails
# or goes without the page.
# Usage: tools/build.sh [-v] DIRECTORY [TARGET]
set -eu
if [ "$1" = -v ]; then
    shift
    exec ninja -v -C "$@" >&2
elif [ -t 2 ]; then
    exec ninja -C "$@" >&2
fi
said=$(ninja --quiet -C "$@" 2>&1) || { printf '%s\n' "$said" >&2; exit 1; }
printf '%s\n' "$said" | sed -n '/^the page is not included/p' >&2
