#!/usr/bin/env bash
# Renews docs/images: the programs of build/bin, on the traffic of the demonstration (make_demo_capture.sh: real daemons
# and clients in two namespaces), seen by chromium (page-*.png) and in a terminal (terminal-*.svg). About three minutes;
# root. Needs the groups build, page, peers, demo and test of tools/packages.txt. Usage: tools/screenshots.sh [OUT]
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-docs/images}")
bin=$PWD/build/bin
dir=$(mktemp -d /tmp/pvshots.XXXXXX)
pids=()

clean_up() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$dir"
}
trap clean_up EXIT

cp tests/page/package.json tests/page/package-lock.json tests/page/.npmrc "$dir"
(cd "$dir" && npm ci --ignore-scripts >/dev/null 2>&1)
mkdir -p "$out"

tools/make_demo_capture.sh "$dir/demo.pcap" 170 >/dev/null &
pids+=($!)
for _ in $(seq 100); do
    ! ip -n pvdemo-server addr show dev vs 2>/dev/null | grep -q fd77::2 || break
    sleep 0.1
done
ip netns exec pvdemo-server "$bin/pktvisord" --admin-api vs >"$dir/agent.log" 2>&1 &
pids+=($!)

seen_in_terminal() { # OUT KEYS; open long enough for charts of what the agent does not tell by the second
    ip netns exec pvdemo-server python3 tools/terminal_screenshot.py --size 120x36 --wait '1 overview' --after 85 \
        --keys "$2" "$out/terminal-$1.svg" "$bin/pktvisor-cli" &
    pids+=($!)
}
sleep 20
seen_in_terminal overview ''
seen_in_terminal dns '3'
sleep 90 # so that minutes are held, and the burst of names that do not exist is on the page
"$bin/pktvisor-pcap" --format html -H 10.77.0.2/32,fd77::2/128 examples/demo.pcap >"$dir/report.html" 2>/dev/null
PAGE_PACKAGES=$dir HOME=$dir ip netns exec pvdemo-server node tests/page/screenshots.mjs "$out" "$dir/report.html"
