#!/bin/sh
# clang-tidy on the sources that differ from the main branch (or from HEAD on it); all of them with --all.
# Needs build/compile_commands.json, which may hold warning options that only g++ knows.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --all ]; then
    files=$(tools/sources.sh)
else
    base=$(git merge-base origin/main HEAD 2>/dev/null || git rev-parse -q --verify HEAD 2>/dev/null || true)
    [ -n "$base" ] || exit 0
    files=$(git diff --name-only --diff-filter=d "$base" -- '*.cpp'
        git ls-files --others --exclude-standard -- '*.cpp')
fi
files=$(for file in $files; do
    case $file in
    *.cpp) if grep -qF "/$file\"" build/compile_commands.json; then echo "$file"; fi ;;
    esac
done)
[ -n "$files" ] || exit 0
echo "$files" | xargs -n 2 -P 2 clang-tidy-14 --quiet --extra-arg=-Wno-unknown-warning-option -p build 2>/dev/null
