#!/usr/bin/env python3
"""Makes the crafted captures and the truth of every capture in tests/goldens/captures/ again (`make golden`).

The captures named recorded_* come from real daemons and stay as they are. scapy, which crafts the others, is
installed from PyPI into build/. Review the difference before committing it: truths come from tshark alone.
"""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tools"))
import tshark_truth  # noqa: E402

CRAFTED_HOST = "198.51.100.53/32,2001:db8:53::53/128"
RECORDED_HOST = "10.77.0.2/32,fd77::2/128"


def scapy_python():
    environment = os.path.join(ROOT, "build", "scapy")
    python = os.path.join(environment, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "scapy"], check=True)
    return python


def write_truth(capture, host, target):
    with open(target, "w", encoding="ascii") as file:
        json.dump(tshark_truth.truth(capture, host), file, indent=1, sort_keys=True)
        file.write("\n")


def main():
    captures = os.path.join(HERE, "captures")
    subprocess.run([scapy_python(), os.path.join(HERE, "make_captures.py"), captures], check=True)
    for capture in sorted(glob.glob(os.path.join(captures, "*"))):
        name = os.path.basename(capture)
        host = RECORDED_HOST if name.startswith("recorded_") else CRAFTED_HOST
        write_truth(capture, host, os.path.join(HERE, "truth", name + ".json"))
    demo = os.path.join(ROOT, "examples", "demo.pcap")
    write_truth(demo, RECORDED_HOST, os.path.join(ROOT, "examples", "demo.truth.json"))


if __name__ == "__main__":
    main()
