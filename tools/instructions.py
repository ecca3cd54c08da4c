#!/usr/bin/env python3
"""Instructions the analyser takes for a packet of each mix, by room, compared with what bench/baseline.json keeps.

Counted by valgrind's callgrind, so neither other work on the machine nor its clock show in them: two runs differ by
less than a thousandth. Start-up and most of the output are taken off by a run over a hundredth of the packets. More
than 5 percent above what is kept fails; raising what is kept takes a line in CHANGELOG.md.

Usage: tools/instructions.py [--keep]    --keep: what is counted becomes what is kept
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

from bench import BASELINE, HOST, PROGRAM, generate, kept, keep, on_one_processor

MIXES = ("dns", "mixed", "small64")
PACKETS, FEW = 100_000, 1_000
MOST = 1.05
ROOM = re.compile(r"(?:^|/)src/((?:taps|handlers)/\w+|\w+)/")


def count(path):
    """Instructions by room of one run; what is not ours, as the copies of libc, is under "libraries"."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind")
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, PROGRAM, "--workers", "1", "-H", HOST,
                   path]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
                              preexec_fn=on_one_processor)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
        return by_room(out)


def by_room(path):
    """Sums callgrind's own costs by the file a line of code stands in (cost lines follow fl=, fi= or fe=)."""
    names, rooms, room, called = {}, collections.Counter(), "libraries", False
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith(("fl=", "fi=", "fe=", "cfi=", "cfl=")):
                kind, _, told = line.strip().partition("=")
                number, _, name = told.partition(" ")
                if name:  # told once, then the number stands for it
                    found = ROOM.search(name)
                    names[number] = found[1] if found else "libraries"
                if not kind.startswith("c"):
                    room = names[number]
            elif line.startswith("calls="):
                called = True  # the next line is what the called function cost, which is counted where it is
            elif line[:1].isdigit() or line[:1] in "+-*":
                if not called:
                    rooms[room] += int(line.split()[1])
                called = False
    return rooms


def per_packet(mix):
    large, small = count(generate(mix, PACKETS)), count(generate(mix, FEW))
    rooms = {room: round((large[room] - small[room]) / (PACKETS - FEW), 1) for room in large}
    shown = {room: value for room, value in sorted(rooms.items(), key=lambda at: -at[1]) if value >= 0.5}
    return {"all": round(sum(rooms.values()), 1), **shown}


def main():
    parser = argparse.ArgumentParser(description="Counts the analyser's instructions.")
    parser.add_argument("--keep", action="store_true", help="write bench/baseline.json")
    arguments = parser.parse_args()
    before, now, grown = kept("instructions"), {}, []
    print(f"{'instructions':<20} {'kept':>8} {'now':>8} {'ratio':>7}")
    for mix in MIXES:
        now[mix] = per_packet(mix)
        for room, value in now[mix].items():
            was = before.get(mix, {}).get(room)
            ratio = f"{value / was:>7.3f}" if was else ""
            print(f"{mix if room == 'all' else '  ' + room:<20} {was if was else '':>8} {value:>8} {ratio}")
        was = before.get(mix, {}).get("all")
        if not was and not arguments.keep:
            raise SystemExit(f"{mix}: nothing is kept in {os.path.relpath(BASELINE)}; --keep keeps it")
        if was and now[mix]["all"] > was * MOST:
            grown.append(mix)
    if arguments.keep:
        keep("instructions", now)
    elif grown:
        print(f"more than {MOST - 1:.0%} above {os.path.relpath(BASELINE)}: {', '.join(grown)}; if that is meant to "
              "be, keep it with tools/instructions.py --keep and say so in CHANGELOG.md", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
