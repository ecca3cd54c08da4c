#!/bin/sh
# Starts the agent in the foreground with the right to capture: as it is for root, else by giving the program that
# right through sudo, once. Usage: tools/run_agent.sh PROGRAM [OPTION...] IFACE
set -eu
program=$1
may_capture() {
    [ "$(id -u)" -eq 0 ] || { command -v getcap >/dev/null && getcap "$program" | grep -q cap_net_raw; } ||
        /sbin/getcap "$program" 2>/dev/null | grep -q cap_net_raw
}
if may_capture || ! command -v sudo >/dev/null; then
    exec "$@" # which says what is missing, if anything is
fi
echo "run: capturing takes a right that only root can give: sudo setcap cap_net_raw+ep $program" >&2
if sudo env PATH="$PATH:/sbin:/usr/sbin" setcap cap_net_raw+ep "$program" 2>/dev/null; then
    exec "$@"
fi
exec sudo "$@"
