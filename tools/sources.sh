#!/bin/sh
# Lists the C++ sources of the project, one a line.
cd "$(dirname "$0")/.."
find src include bench fuzz tests \( -name '*.cpp' -o -name '*.hpp' -o -name '*.h' \) -type f 2>/dev/null | sort
