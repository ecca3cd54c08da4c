#!/usr/bin/env python3
"""Times the program against `tcpdump -w /dev/null` on the same captures, in turn (A B A B), and checks its counts.

Captures are generated once into build/bench-data (bench/pcapgen). Every timed run's JSON is parsed and its packet
count compared with what was generated: a fast wrong answer does not count. Peak memory is RssAnon, sampled, so that
the page cache of the input is not in it.

Usage: tools/bench.py [--quick] [--rounds N] [--only NAME,...] [--diff | --keep]
--diff: beside the ratios that bench/baseline.json keeps; --keep: what is measured becomes what is kept
Environment: VISOR_BIN is another build's bin folder; VISOR_CITY and VISOR_ASN name the geo databases, without them
../shared/fixtures/geo is used, if there.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("VISOR_BIN", os.path.join(ROOT, "build", "bin"))
DATA = os.path.join(ROOT, "build", "bench-data")
BASELINE = os.path.join(ROOT, "bench", "baseline.json")
PROGRAM = os.path.join(BIN, "pktvisor-pcap")
HOST = "100.64.0.0/10,2001:db8:1::/48,2001:db8:2::/48"
# name, generator's mode, millions of packets, with geo databases
ROWS = [("dns", "dns", 5, False), ("mixed", "mixed", 5, False), ("small64", "small64", 10, False),
        ("dns+geo", "dns", 5, True), ("mixed+geo", "mixed", 5, True), ("distinct", "distinct", 10, False),
        ("attack", "attack", 10, False)]


def kept(section):
    with open(BASELINE, encoding="utf-8") as file:
        return json.load(file).get(section, {})


def keep(section, values):
    with open(BASELINE, encoding="utf-8") as file:
        everything = json.load(file)
    everything.setdefault(section, {}).update(values)
    with open(BASELINE, "w", encoding="utf-8") as file:
        json.dump(everything, file, indent=2)
        file.write("\n")


def generate(mode, packets):
    os.makedirs(DATA, exist_ok=True)
    path = os.path.join(DATA, f"{mode}-{packets}.pcap")
    if not os.path.exists(path):
        subprocess.run([os.path.join(BIN, "pcapgen"), mode, path + ".part", "--packets", str(packets)], check=True,
                       stdout=subprocess.DEVNULL)
        os.rename(path + ".part", path)
    return path


def warm(path):
    """Reads the file once, so that every timed run finds it in the page cache."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


class PeakMemory(threading.Thread):
    """The largest RssAnon of a process, sampled every 2 ms; MiB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak = pid, 0
        self.start()

    def run(self):
        try:
            while True:
                with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
                    for line in file:
                        if line.startswith("RssAnon"):
                            self.peak = max(self.peak, int(line.split()[1]) / 1024)
                time.sleep(0.002)
        except (OSError, ValueError):
            pass


def timed(command):
    """(cpu seconds, wall seconds, peak MiB, standard output) of one run."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        memory = PeakMemory(process.pid)
        out, errors = process.communicate()
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}\n{errors.decode(errors='replace')}")
    memory.join()
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, memory.peak, out


def check(name, packets, out):
    """The counts that must be right for a time to count."""
    periods = json.loads(out)
    [period] = periods.values()
    counts = period["packets"]
    if counts["total"] != packets or counts["ipv4"] + counts["ipv6"] != packets:
        raise SystemExit(f"{name}: counted {counts['total']} packets of {packets}")
    if counts["udp"] + counts["tcp"] + counts["other_l4"] != packets:
        raise SystemExit(f"{name}: layer 4 counts do not add up to {packets}")
    if name.startswith(("dns", "distinct")) and period["dns"]["wire_packets"]["total"] != packets:
        raise SystemExit(f"{name}: {period['dns']['wire_packets']['total']} DNS messages of {packets}")
    if name == "distinct" and abs(period["dns"]["cardinality"]["qname"] / packets - 1) > 0.05:
        raise SystemExit(f"{name}: {period['dns']['cardinality']['qname']} distinct names of {packets}")


def geo_options():
    folder = os.path.join(ROOT, "..", "shared", "fixtures", "geo")
    city = os.environ.get("VISOR_CITY", os.path.join(folder, "GeoIP2-City-Test.mmdb"))
    asn = os.environ.get("VISOR_ASN", os.path.join(folder, "GeoIP2-ISP-Test.mmdb"))
    return ["--geo-city", city, "--geo-asn", asn] if os.path.exists(city) and os.path.exists(asn) else None


def measure(name, path, packets, options, rounds, beside):
    """Prints a row; beside: what to put behind it for a ratio. Returns the ratio."""
    command = [PROGRAM, "--workers", "1", "--periods", "10", "-H", HOST, *options, path]  # 10: the captures span six
    warm(path)
    ours, theirs, peak = [], [], 0.0
    for _ in range(rounds):
        cpu, wall, memory, out = timed(command)
        check(name, packets, out)
        ours.append((cpu, wall))
        peak = max(peak, memory)
        cpu, wall, _, _ = timed(["tcpdump", "-r", path, "-w", "/dev/null"])
        theirs.append((cpu, wall))
    (cpu, wall), (their_cpu, their_wall) = (
        [statistics.median(run[i] for run in runs) for i in (0, 1)] for runs in (ours, theirs))
    spread = (max(w for _, w in ours) - min(w for _, w in ours)) / wall
    ratio = statistics.median(mine / other for (_, mine), (_, other) in zip(ours, theirs))
    print(f"{name:<10} {packets / 1e6:>6.1f} M {wall:>8.2f} {wall / packets * 1e9:>9.0f} {spread:>8.0%} "
          f"{their_wall:>9.2f} {their_wall / packets * 1e9:>9.0f} {ratio:>7.2f} {cpu:>8.2f} {cpu / their_cpu:>7.2f} "
          f"{peak:>9.1f}{beside(ratio)}", flush=True)
    return round(ratio, 2)


POLICY = """visor:
  taps: {{file: {{input_type: pcap, config: {{iface: any}}}}}}
  policies:
    stage:
      kind: collection
      input: {{tap: file, input_type: pcap}}
      handlers: {{modules: {{one: {{type: {handler}}}}}}}
"""


def seconds_with(handler, path):
    """CPU seconds of the program with this handler alone; the better of two runs."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(POLICY.format(handler=handler))
        config.flush()
        command = [PROGRAM, "--workers", "1", "-H", HOST, "--config", config.name, path]
        return min(cpu_of(command) for _ in range(2))


def on_one_processor():
    """For preexec_fn: there is one thread, which neither waits for another nor takes what that has in its cache."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def cpu_of(command):
    """CPU seconds of a run on one processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                   preexec_fn=on_one_processor)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def stages(path, packets):
    """What each stage costs, by elimination: dhcp has next to nothing to do, pcap has DNS parsed and ignores it."""
    decode, parse, net, dns = (seconds_with(handler, path) for handler in ("dhcp", "pcap", "net", "dns"))
    print(f"\nns per packet by stage, {os.path.basename(path)}:")
    for stage, seconds in (("read and decode", decode), ("DNS messages", parse - decode),
                           ("net handler", net - decode), ("dns handler", dns - parse)):
        print(f"  {stage:<16} {seconds / packets * 1e9:6.0f}")


def main():
    parser = argparse.ArgumentParser(description="Times the program against tcpdump -w.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the packets, fewer rounds")
    parser.add_argument("--rounds", type=int, help="runs of each program (default 3; 2 with --quick)")
    parser.add_argument("--only", default="", help="comma-separated rows")
    parser.add_argument("--diff", action="store_true", help="beside the ratios kept in bench/baseline.json")
    parser.add_argument("--keep", action="store_true", help="write them there")
    arguments = parser.parse_args()
    only = set(filter(None, arguments.only.split(",")))
    rounds = arguments.rounds or (2 if arguments.quick else 3)
    scale = 100_000 if arguments.quick else 1_000_000
    print(f"{'capture':<10} {'packets':>8} {'wall s':>8} {'ns/pkt':>9} {'spread':>8} {'tcpdump s':>9} {'ns/pkt':>9} "
          f"{'ratio':>7} {'cpu s':>8} {'ratio':>7} {'anon MiB':>9}{'kept  now/kept' if arguments.diff else '':>16}")
    first, ratios, before = None, {}, kept("wall_ratio") if arguments.diff else {}
    if arguments.diff and not before:
        raise SystemExit(f"no ratios are kept in {os.path.relpath(BASELINE)}; tools/bench.py --keep keeps them")
    for name, mode, millions, geo in ROWS:
        if only and name not in only:
            continue
        options = geo_options() if geo else []
        if options is None:
            print(f"{name:<10} skipped: no geo databases (VISOR_CITY, VISOR_ASN)")
            continue
        path = generate(mode, millions * scale)
        first = first or (path, millions * scale)
        was = before.get(name)
        ratios[name] = measure(name, path, millions * scale, options, rounds,
                               lambda ratio, was=was: f" {was:>6.2f} {ratio / was:>8.2f}" if was else "")
    print(f"medians of {rounds} rounds in turn; ratio = wall time of the program / that of tcpdump -w /dev/null, and "
          f"the same of cpu; {len(os.sched_getaffinity(0))} processors (with two, a thread reads ahead)")
    if arguments.keep:
        keep("wall_ratio", ratios)
    if first and not arguments.diff:
        stages(*first)


if __name__ == "__main__":
    main()
