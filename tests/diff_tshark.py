#!/usr/bin/env python3
"""Compares what pktvisor-pcap and tshark count in captures, and names the frames they read differently.

Usage: tests/diff_tshark.py [--program PATH] [--jobs N] [--list N] FILE...

Compared: frames, IP versions and layer 4 of the outermost headers; DNS messages by kind, transport, response code,
type of question and number of names. What counts as what is tools/tshark_truth.py's business. Where totals differ,
slices of the capture find the frames. Exit status 1 when anything differs, fails or takes too long.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import tshark_truth as oracle  # noqa: E402

LAYERS = ("total", "ipv4", "ipv6", "udp", "tcp", "other_l4")
MESSAGES = ("total", "queries", "replies", "udp", "tcp", "ipv4", "ipv6", "noerror", "nxdomain", "srvfail", "refused",
            "nodata")
OUTERMOST = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
NAMES_ERROR = 0.03
TIME_LIMIT = 120


class Failed(Exception):
    pass


def counted(program, path):
    """The `packets` and `dns` parts of the program's own output."""
    try:
        done = subprocess.run([program, "--periods", "1", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed("HANGS") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Failed(f"exit status {done.returncode}: {said[-1] if said else ''}")
    windows = json.loads(done.stdout)
    return next(iter(windows.values())) if windows else {"packets": {}, "dns": {}}


def frame_kinds(path):
    """For each frame, the keys of LAYERS it counts under."""
    kinds = []
    for row in oracle.tshark(path, ["frame.protocols"], *OUTERMOST):
        version, l4 = oracle.layers(row)
        kinds.append({"total", l4 if l4 in ("udp", "tcp") else "other_l4"} | ({f"ipv{version}"} if version else set()))
    return kinds


def frame_totals(kinds):
    return {key: sum(key in kind for kind in kinds) for key in LAYERS}


class Slices:
    """Parts of a capture, by frame numbers counted from 1."""

    def __init__(self, program, path, folder):
        self.program, self.path, self.folder = program, path, folder

    def counted(self, first, last):
        part = os.path.join(self.folder, "part.pcapng")
        # Frames are sorted into one file whatever their interface; sizes and times stay.
        subprocess.run(["editcap", "-r", self.path, part, f"{first}-{last}"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True)
        return counted(self.program, part)


def differing_frames(slices, kinds, first, last, wanted):
    """Numbers of up to `wanted` frames in first..last that count differently."""
    got = slices.counted(first, last)["packets"]
    want = frame_totals(kinds[first - 1:last])
    if wanted <= 0 or all(got.get(key, 0) == want[key] for key in LAYERS):
        return []
    if first == last:
        return [(first, sorted(k for k in LAYERS if got.get(k, 0)), sorted(k for k in LAYERS if want[k]))]
    middle = (first + last) // 2
    found = differing_frames(slices, kinds, first, middle, wanted)
    return found + differing_frames(slices, kinds, middle + 1, last, wanted - len(found))


def dns_totals(messages):
    count, types, names = collections.Counter(), collections.Counter(), set()
    for m in messages:
        reply = m["reply"]
        for key in ("total", m["l4"], f"ipv{m['version']}", "replies" if reply else "queries"):
            count[key] += 1
        if reply:
            count[{0: "noerror", 2: "srvfail", 3: "nxdomain", 5: "refused"}.get(m["rcode"], "other")] += 1
            count["nodata"] += m["rcode"] == 0 and m["answers"] == 0
        if m["name"] is not None:
            names.add(m["name"].lower())
            types[oracle.QTYPES.get(m["type"], str(m["type"]))] += 1
    return {key: count[key] for key in MESSAGES}, types, len(names)


def compare_dns(got, messages):
    want, types, names = dns_totals(messages)
    wire = got.get("wire_packets", {})
    differing = [f"dns.{k}: {wire.get(k, 0)}, tshark {want[k]}" for k in MESSAGES if wire.get(k, 0) != want[k]]
    known = set(oracle.QTYPES.values())
    for item in got.get("top_qtype", []):
        if item["name"] in known and item["estimate"] != types[item["name"]]:
            differing.append(f"dns.top_qtype.{item['name']}: {item['estimate']}, tshark {types[item['name']]}")
    distinct = got.get("cardinality", {}).get("qname", 0)
    if abs(distinct - names) > max(NAMES_ERROR * names, 0.5):
        differing.append(f"dns.cardinality.qname: {distinct}, tshark {names}")
    return differing


def first_differing_prefix(slices, messages, frames):
    """The last frame of the shortest beginning of the capture whose messages differ."""
    low, high = 1, frames
    while low < high:
        middle = (low + high) // 2
        part = [m for m in messages if m["frame"] <= middle]
        if compare_dns(slices.counted(1, middle)["dns"], part):
            high = middle
        else:
            low = middle + 1
    return low


def compare(program, path, listed):
    """Lines about what differs in one capture, and its number of frames."""
    kinds = frame_kinds(path)
    try:
        got = counted(program, path)
    except Failed as error:
        return [str(error)], len(kinds)
    want = frame_totals(kinds)
    lines = [f"packets.{k}: {got['packets'].get(k, 0)}, tshark {want[k]}" for k in LAYERS
             if got["packets"].get(k, 0) != want[k]]
    messages = list(oracle.messages(path))
    dns_lines = compare_dns(got["dns"], messages)
    with tempfile.TemporaryDirectory() as folder:
        slices = Slices(program, path, folder)
        try:
            if lines and listed:
                for number, ours, theirs in differing_frames(slices, kinds, 1, len(kinds), listed):
                    lines.append(f"  frame {number}: {'+'.join(ours)}, tshark {'+'.join(theirs)}")
            if dns_lines and listed:
                dns_lines.append(f"  from frame {first_differing_prefix(slices, messages, len(kinds))} on")
        except (Failed, subprocess.CalledProcessError) as error:
            dns_lines.append(f"  slices could not be made: {error}")
    return lines + dns_lines, len(kinds)


def main():
    parser = argparse.ArgumentParser(description="Compares pktvisor-pcap's counts with tshark's.")
    parser.add_argument("--program", default="pktvisor-pcap")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", type=int, default=5, help="how many differing frames to look for in each file")
    parser.add_argument("files", nargs="+")
    arguments = parser.parse_args()
    frames = differing = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda f: compare(arguments.program, f, arguments.list), arguments.files)
        for path, (lines, count) in zip(arguments.files, results):
            frames += count
            differing += bool(lines)
            for line in lines:
                print(f"{path}: {line}", flush=True)
    print(f"{len(arguments.files)} captures, {frames} frames: {differing} captures differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
