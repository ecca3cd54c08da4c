#!/bin/sh
# Makes sure the Debian packages of the given groups (tools/packages.txt) are installed; asks apt only for the
# missing ones. Usage: tools/setup.sh GROUP...   Does nothing, quickly, when all are there.
set -eu
list=$(dirname "$0")/packages.txt

wanted=$(for group in "$@"; do
    sed -n "s/^$group[[:space:]]\{1,\}//p" "$list" | tr ' ' '\n'
done | sort -u)
[ -n "$wanted" ] || { echo "setup: no packages in the groups: $*" >&2; exit 2; }

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "setup: not a Debian system; this needs the equivalents of:" $wanted >&2
    exit 0
fi
# shellcheck disable=SC2086
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' || true)
missing=$(for package in $wanted; do
    printf '%s\n' "$installed" | grep -qxF -- "$package" || echo "$package"
done)
[ -n "$missing" ] || exit 0
missing=$(echo $missing)

if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    as_root=sudo
else
    echo "setup: missing packages; install them with:" >&2
    echo "    sudo apt-get install --no-install-recommends $missing" >&2
    exit 1
fi

echo "setup: installing $missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >>"$log" 2>&1 </dev/null; }
# The lists may be old or absent: a failed refresh is told only when the install fails too.
apt update || true
# shellcheck disable=SC2086
apt install --no-install-recommends $missing || { cat "$log" >&2; exit 1; }
