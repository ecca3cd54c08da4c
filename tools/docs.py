#!/usr/bin/env python3
"""Keeps what the documents quote from the program true.

In README.md the text between <!-- sample:begin --> and <!-- sample:end --> is the first lines of what
`make run PCAP=examples/demo.pcap` prints.

Usage: tools/docs.py [--check] [PROGRAM]     --check writes nothing and fails on a difference.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMAND = ["--format", "text", "-H", "10.77.0.2/32,fd77::2/128", "examples/demo.pcap"]
LINES = 60
BLOCK = re.compile(r"(<!-- sample:begin -->\n).*?(<!-- sample:end -->)", re.S)


def sample(program):
    text = subprocess.run([program, *COMMAND], cwd=ROOT, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout.decode()
    lines = [line.rstrip() for line in text.rstrip("\n").split("\n")]
    if len(lines) > LINES:
        lines = lines[:LINES] + ["..."]
    return "```text\n$ make run PCAP=examples/demo.pcap\n" + "\n".join(lines) + "\n```\n"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    program = os.path.abspath(arguments[0]) if arguments else os.path.join(ROOT, "build", "bin", "pktvisor-pcap")
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as file:
        old = file.read()
    if len(BLOCK.findall(old)) != 1:
        raise SystemExit("README.md: exactly one sample block is expected")
    new = BLOCK.sub(lambda m: m.group(1) + sample(program) + m.group(2), old)
    if "--check" in sys.argv:
        raise SystemExit(0 if new == old else "README.md: the sample is out of date; run `make docs`")
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


if __name__ == "__main__":
    main()
