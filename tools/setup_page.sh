#!/bin/sh
# Makes sure Node and npm are there to bundle the page with, whoever installed them; else tries to install the
# group `page` (tools/packages.txt), once for each build folder. Never fails: the page is not needed.
# Usage: tools/setup_page.sh BUILD
set -u
if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then exit 0; fi
tried=$1/page/setup_failed
[ ! -f "$tried" ] || exit 0
if "$(dirname "$0")/setup.sh" page; then exit 0; fi
echo "setup: the page will not be included" >&2
mkdir -p "$1/page" && : >"$tried"
