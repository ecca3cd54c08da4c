#!/usr/bin/env python3
"""Two builds of the program print the same bytes for the same captures.

Usage: same_output.py PROGRAM OTHER CAPTURE-OR-FOLDER...
"""
import os
import subprocess
import sys

ALL_GROUPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "goldens", "all_groups.yaml")
WHOLE_LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "whole_lists.yaml")
HOSTS = ["-H", "10.0.0.0/8,100.64.0.0/10,192.0.2.0/24,fd77::2/128,2001:db8::/32"]
RUNS = ([], ["--extended"], ["--extended", *HOSTS], ["--extended", *HOSTS, "--config", ALL_GROUPS],
        [*HOSTS, "--config", WHOLE_LISTS])


def printed(program, options, capture):
    """Exit status and output; by one worker, as what a full top list lets go depends on their number."""
    done = subprocess.run([program, "--workers", "1", *options, capture], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout


def captures_in(places):
    for place in places:
        if os.path.isdir(place):
            yield from (os.path.join(place, name) for name in sorted(os.listdir(place)))
        else:
            yield place


def main():
    program, other, *places = sys.argv[1:]
    runs = differ = 0
    for capture in captures_in(places):
        for options in RUNS:
            one, two = printed(program, options, capture), printed(other, options, capture)
            runs += 1
            if one[0] or not one[1] or one != two:
                differ += 1
                print(f"{capture} {' '.join(options)}: exit status {one[0]} and {two[0]}, "
                      f"{len(one[1])} and {len(two[1])} bytes")
    print(f"same_output: {runs} runs, {differ} differ or fail")
    sys.exit(0 if runs and not differ else 1)


if __name__ == "__main__":
    main()
