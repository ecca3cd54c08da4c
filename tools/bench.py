#!/usr/bin/env python3
"""Times the program beside what anybody can run on the same captures, in turn (A B A B), and checks its counts.

Each row is beside `tcpdump -w /dev/null`, or beside the program itself with less to do (one policy, no databases).
Then the stages of a packet, beside the floor: reading the file and nothing else (bench/floor.cpp). Captures are
generated once into build/bench-data (bench/pcapgen). Every timed run's JSON is parsed and its counts compared with
what was generated: a fast wrong answer does not count. Peak memory is RssAnon, sampled, so that the page cache of
the input is not in it. docs/performance.md tells what came out.

Usage: tools/bench.py [--quick] [--rounds N] [--only NAME,...] [--diff | --keep] | --scale | --files CAPTURE...
--only: rows, "stages" or "micro" (each sketch, hash, parser and table by itself); --diff: beside the ratios that
bench/baseline.json keeps; --keep: what is measured becomes what is kept; --scale: merging, rendering and scraping
against policies, workers, handlers, periods and lines of top lists instead (bench/bench_scale.cpp); --files: these
captures beside tcpdump instead, whatever is in them
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
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("VISOR_BIN", os.path.join(ROOT, "build", "bin"))
DATA = os.path.join(ROOT, "build", "bench-data")
BASELINE = os.path.join(ROOT, "bench", "baseline.json")
PROGRAM = os.path.join(BIN, "pktvisor-pcap")
HOST = "100.64.0.0/10,2001:db8:1::/48,2001:db8:2::/48"


class Row(NamedTuple):
    name: str
    mode: str  # of the generator
    millions: int  # of packets
    target: float = 0  # the ratio it is to have at most; 0 = none
    workers: int = 1
    work: str = "default"  # "geo": with databases; "ten": policies
    beside: str = "tcpdump"  # or less work of our own


ROWS = [
    Row("dns", "dns", 5, 0.6), Row("mixed", "mixed", 5, 0.4), Row("small64", "small64", 10, 0.4),
    Row("dns x2", "dns", 5, 0.35, 2), Row("mixed x2", "mixed", 5, 0.25, 2), Row("small64 x2", "small64", 10, 0.25, 2),
    Row("dns ten", "dns", 5, 3, work="ten", beside="one"),
    Row("dns geo", "dns", 5, 1.25, work="geo", beside="default"),
    Row("mixed geo", "mixed", 5, 1.25, work="geo", beside="default"),
    Row("distinct", "distinct", 10), Row("attack", "attack", 10),
]
# MiB of private memory at most: one worker and one policy, each further worker, each further policy.
MEMORY = {"one": 64, "worker": 24, "policy": 10}


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


def generate(mode, packets, seconds=None):
    os.makedirs(DATA, exist_ok=True)
    path = os.path.join(DATA, f"{mode}-{packets}{f'-{seconds}s' if seconds else ''}.pcap")
    if not os.path.exists(path):
        subprocess.run([os.path.join(BIN, "pcapgen"), mode, path + ".part", "--packets", str(packets),
                        *(["--seconds", str(seconds)] if seconds else [])], check=True, stdout=subprocess.DEVNULL)
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


def check(row, packets, out):
    """The counts that must be right for a time to count."""
    if row.work in ("one", "ten"):
        return check_policies(row.work, packets, json.loads(out))
    [period] = json.loads(out).values()
    check_net(row.name, packets, period["packets"])
    if row.mode in ("dns", "distinct") and period["dns"]["wire_packets"]["total"] != packets:
        raise SystemExit(f"{row.name}: {period['dns']['wire_packets']['total']} DNS messages of {packets}")
    if row.mode == "distinct" and abs(period["dns"]["cardinality"]["qname"] / packets - 1) > 0.05:
        raise SystemExit(f"{row.name}: {period['dns']['cardinality']['qname']} distinct names of {packets}")


def check_net(name, packets, counts):
    if counts["total"] != packets or counts["ipv4"] + counts["ipv6"] != packets:
        raise SystemExit(f"{name}: counted {counts['total']} packets of {packets}")
    if counts["udp"] + counts["tcp"] + counts["other_l4"] != packets:
        raise SystemExit(f"{name}: layer 4 counts do not add up to {packets}")


def check_policies(which, packets, policies):
    """Each policy saw everything, and what one lets through is what another counts of it."""
    dns = {}
    for name in POLICIES if which == "ten" else ["everything"]:
        check_net(name, packets, policies[name][f"{name}-file-net"]["packets"])
        dns[name] = policies[name][f"{name}-file-dns"]["dns"]["wire_packets"]
        if dns[name]["total"] + dns[name]["filtered"] != packets:
            raise SystemExit(f"{name}: passed and filtered messages do not add up to {packets}")
    if which != "ten":
        return
    everything = dns["everything"]
    for name, count in (("nxdomain", everything["nxdomain"]), ("queries", everything["queries"]),
                        ("replies", everything["replies"]),
                        ("errors", everything["nxdomain"] + dns["failures"]["total"])):
        if dns[name]["total"] != count or count == 0:
            raise SystemExit(f"policy {name}: {dns[name]['total']} messages instead of {count}")


# Ten policies as an operator of DNS has them: all of them over the same packets.
POLICIES = {
    "everything": "", "nxdomain": "only_rcode: [nxdomain]", "failures": "only_rcode: [servfail, refused]",
    "errors": "exclude_noerror: true", "addresses": "only_qtype: [A, AAAA]", "mail": "only_qtype: [MX, TXT, PTR]",
    "zones": "only_qname_suffix: [.com.br, .co.uk]",
    "customers": "only_qname_suffix: [bartenon0.net, .solka2.com, .tentenmi3.io]",
    "queries": "only_queries: true", "replies": "only_responses: true",
}


def configuration(policies):
    """A document: policies by name, each with modules by name, each with its handler and filter."""
    lines = ["visor:", "  taps: {file: {input_type: pcap, config: {iface: any}}}", "  policies:"]
    for policy, modules in policies.items():
        told = ", ".join(f'{name}: {{type: {handler}, version: "1.0", filter: {{{text}}}}}'
                         for name, (handler, text) in modules.items())
        lines.append(f"    {policy}: {{kind: collection, input: {{tap: file, input_type: pcap}}, "
                     f"handlers: {{modules: {{{told}}}}}}}")
    return "\n".join(lines) + "\n"


def policies_file(names):
    os.makedirs(DATA, exist_ok=True)
    path = os.path.join(DATA, f"policies-{len(names)}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(configuration({name: {"net": ("net", ""), "dns": ("dns", POLICIES[name])} for name in names}))
    return path


def geo_options():
    folder = os.path.join(ROOT, "..", "shared", "fixtures", "geo")
    city = os.environ.get("VISOR_CITY", os.path.join(folder, "GeoIP2-City-Test.mmdb"))
    asn = os.environ.get("VISOR_ASN", os.path.join(folder, "GeoIP2-ISP-Test.mmdb"))
    return ["--geo-city", city, "--geo-asn", asn] if os.path.exists(city) and os.path.exists(asn) else None


def options_of(work):
    """What makes the program do this work; None when it cannot be done here."""
    return {"default": lambda: [], "geo": geo_options, "one": lambda: ["--config", policies_file(["everything"])],
            "ten": lambda: ["--config", policies_file(list(POLICIES))]}[work]()


def command_of(row, work, path):
    if work == "tcpdump":
        return ["tcpdump", "-r", path, "-w", "/dev/null"]
    # 10: the captures span six minutes
    return [PROGRAM, "--workers", str(row.workers), "--periods", "10", "-H", HOST, *options_of(work), path]


class Measured(NamedTuple):
    ratio: float  # of wall time
    cpu_ratio: float
    peak: float  # MiB
    other_peak: float


HEADER = (f"{'row':<11} {'packets':>8} {'wall s':>7} {'ns/pkt':>7} {'spread':>7} {'beside':>8} {'wall s':>7} "
          f"{'ns/pkt':>7} {'ratio':>7} {'target':>7} {'cpu s':>7} {'ratio':>7} {'anon MiB':>9}")


def measure(row, path, packets, rounds, before):
    """Prints a row, beside the ratios kept before if there are any. Both programs run in turn, and a row's ratio is
    the median of those of the rounds."""
    warm(path)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(timed(command_of(row, row.work, path)))
        theirs.append(timed(command_of(row, row.beside, path)))
        check(row, packets, ours[-1][3])
        if row.beside != "tcpdump":
            check(row._replace(work=row.beside), packets, theirs[-1][3])
    (cpu, wall), (their_cpu, their_wall) = (
        [statistics.median(run[i] for run in runs) for i in (0, 1)] for runs in (ours, theirs))
    spread = (max(run[1] for run in ours) - min(run[1] for run in ours)) / wall
    ratio, cpu_ratio = (statistics.median(mine[i] / other[i] for mine, other in zip(ours, theirs)) for i in (1, 0))
    peak, other_peak = (max(run[2] for run in runs) for runs in (ours, theirs))
    target = f"{row.target:>6.2f}{' ' if ratio <= row.target else '!'}" if row.target else f"{'':>7}"
    beside = "".join(f" {was:>6.2f} {now / was:>8.2f}" for was, now in zip(before, (ratio, cpu_ratio)))
    print(f"{row.name:<11} {packets / 1e6:>6.1f} M {wall:>7.2f} {wall / packets * 1e9:>7.0f} {spread:>7.0%} "
          f"{row.beside:>8} {their_wall:>7.2f} {their_wall / packets * 1e9:>7.0f} {ratio:>7.2f} {target} {cpu:>7.2f} "
          f"{cpu_ratio:>7.2f} {peak:>9.1f}{beside}", flush=True)
    return Measured(round(ratio, 2), round(cpu_ratio, 2), peak, other_peak)


def show_memory(measured):
    """What further workers and policies take, from the rows that were run."""
    told = [(f"one worker, one policy, {name}", measured[name].peak, "one")
            for name in ("dns", "mixed", "small64") if name in measured]
    told += [(f"each further worker, {name}", measured[name + " x2"].peak - measured[name].peak, "worker")
             for name in ("dns", "mixed", "small64") if {name, name + " x2"} <= measured.keys()]
    if "dns ten" in measured:
        ten = measured["dns ten"]
        told.append(("each further policy, dns", (ten.peak - ten.other_peak) / (len(POLICIES) - 1), "policy"))
    if told:
        print(f"\n{'peak private memory':<34} {'MiB':>7} {'target':>7}")
    for what, mib, kind in told:
        print(f"{what:<34} {mib:>7.1f} {MEMORY[kind]:>6}{' ' if mib <= MEMORY[kind] else '!'}")


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


def floor_of(path, rounds):
    """ns of processor time a packet of each way to read the file and make nothing of it (bench/floor.cpp)."""
    out = subprocess.run([os.path.join(BIN, "floor"), path, str(rounds)], capture_output=True, text=True, check=True,
                         preexec_fn=on_one_processor).stdout
    return {name: float(cpu) for name, cpu, _ in map(str.split, out.splitlines())}


def stages_of(mode, packets, rounds):
    """ns a packet of what each stage costs, by elimination: dhcp has next to nothing to do, pcap has DNS parsed and
    ignores it. Least of the rounds, in each of which all run in turn, less what a run over few packets takes."""
    few_packets = 1000
    path, few = generate(mode, packets), generate(mode, few_packets)
    with tempfile.TemporaryDirectory() as folder:
        commands = {"tcpdump": ["tcpdump", "-w", "/dev/null", "-r"],
                    "whole": [PROGRAM, "--periods", "10", "-H", HOST]}
        for handler in ("dhcp", "pcap", "net", "dns"):
            config = os.path.join(folder, handler + ".yaml")
            with open(config, "w", encoding="utf-8") as file:
                file.write(configuration({"stage": {"one": (handler, "")}}))
            commands[handler] = [PROGRAM, "--periods", "10", "-H", HOST, "--config", config]
        runs = [{(name, file): cpu_of([*command, file]) for name, command in commands.items() for file in (path, few)}
                for _ in range(rounds)]
    least = {what: min(run[what] for run in runs) for what in runs[0]}
    ns = {name: (least[name, path] - least[name, few]) / (packets - few_packets) * 1e9 for name in commands}
    floor = floor_of(path, rounds)
    return {"read (floor)": floor["read"], "walk": ns["dhcp"] - floor["read"], "net": ns["net"] - ns["dhcp"],
            "DNS message": ns["dns"] - ns["dhcp"], "  parsed": ns["pcap"] - ns["dhcp"],
            "  counted": ns["dns"] - ns["pcap"], "all of it": ns["whole"], "floor with walk": floor["walk"],
            "libpcap loop": floor["libpcap"], "tcpdump -w": ns["tcpdump"]}


def show_stages(captures, rounds):
    """The stages of some captures beside each other; what has no DNS in it has no stage of it."""
    targets = {"walk": 12, "net": 30, "DNS message": 65}
    columns = {mode: stages_of(mode, packets, rounds) for mode, packets in captures}
    print(f"\n{'ns of one processor a packet':<30}" + "".join(f"{mode:>10}" for mode in columns) + f"{'target':>10}")
    for stage in next(iter(columns.values())):
        values = [f"{'':>10}" if stage in ("DNS message", "  parsed", "  counted") and mode != "dns" else
                  f"{column[stage]:>10.1f}" for mode, column in columns.items()]
        print(f"{stage:<30}" + "".join(values) + (f"{targets[stage]:>10}" if stage in targets else ""))


def bench_files(paths, rounds):
    """Captures of any kind beside tcpdump's copy: wall seconds, medians of rounds in turn."""
    print(f"{'capture':<40} {'MiB':>8} {'ms':>8} {'tcpdump':>8} {'ratio':>7}")
    for path in paths:
        warm(path)
        runs = [(timed([PROGRAM, path])[1], timed(["tcpdump", "-r", path, "-w", "/dev/null"])[1])
                for _ in range(rounds)]
        ours, theirs = (statistics.median(run[i] for run in runs) * 1e3 for i in (0, 1))
        ratio = statistics.median(mine / other for mine, other in runs)
        print(f"{os.path.basename(path)[-40:]:<40} {os.path.getsize(path) / 2**20:>8.1f} {ours:>8.1f} {theirs:>8.1f} "
              f"{ratio:>7.2f}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Times the program beside tcpdump -w and beside itself.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the packets, fewer rounds")
    parser.add_argument("--rounds", type=int, help="runs of each program (default 3; 2 with --quick)")
    parser.add_argument("--only", default="", help='comma-separated rows, "stages", "micro"')
    parser.add_argument("--diff", action="store_true", help="beside the ratios kept in bench/baseline.json")
    parser.add_argument("--keep", action="store_true", help="write them there")
    parser.add_argument("--files", nargs="+", help="captures to time beside tcpdump instead")
    parser.add_argument("--scale", action="store_true", help="what merging and rendering cost instead")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 3)
    return arguments


def bench_rows(rows, arguments, scale):
    """Names and what was measured of each row that can be run here."""
    wall, cpu = (kept(section) if arguments.diff else {} for section in ("wall_ratio", "cpu_ratio"))
    measured = {}
    if arguments.diff and not wall:
        raise SystemExit(f"no ratios are kept in {os.path.relpath(BASELINE)}; tools/bench.py --keep keeps them")
    print(HEADER + (f"{'kept':>7} {'now/kept':>8} {'cpu':>6} {'now/kept':>8}" if arguments.diff else ""))
    for row in rows:
        if options_of(row.work) is None:
            print(f"{row.name:<11} skipped: no geo databases (VISOR_CITY, VISOR_ASN)")
            continue
        packets = row.millions * scale
        before = [section[row.name] for section in (wall, cpu) if row.name in section]
        measured[row.name] = measure(row, generate(row.mode, packets), packets, arguments.rounds, before)
    print(f"medians of {arguments.rounds} rounds in turn; ratios = wall time of the row / that of what is beside it "
          f"(tcpdump -w /dev/null, or the program with less to do), and the same of cpu; ! = above the target; "
          f"{len(os.sched_getaffinity(0))} processors (a worker has two threads where there are as many)")
    return measured


def main():
    arguments = parse_arguments()
    if arguments.files:
        return bench_files(arguments.files, arguments.rounds)
    if arguments.scale:
        captures = [generate(mode, 400_000, 60) for mode in ("dns", "mixed")]
        return subprocess.run([os.path.join(BIN, "bench_scale"), *captures], check=True)
    scale = 100_000 if arguments.quick else 1_000_000
    only = set(filter(None, arguments.only.split(",")))
    unknown = only - {row.name for row in ROWS} - {"stages", "micro"}
    if unknown:
        raise SystemExit(f"no such row: {', '.join(sorted(unknown))}; there are stages, micro, "
                         f"{', '.join(row.name for row in ROWS)}")
    rows = [row for row in ROWS if not only or row.name in only]
    if rows:
        measured = bench_rows(rows, arguments, scale)
        show_memory(measured)
        if arguments.keep:
            keep("wall_ratio", {name: row.ratio for name, row in measured.items()})
            keep("cpu_ratio", {name: row.cpu_ratio for name, row in measured.items()})
    if "stages" in only or not (only or arguments.diff):
        show_stages([(row.mode, row.millions * scale) for row in ROWS[:3]], arguments.rounds)
    if "micro" in only or not (only or arguments.diff or arguments.quick):
        print("\neach by itself, wall time a call:", flush=True)
        for program in ("bench_sketch", "bench_parts"):
            subprocess.run([os.path.join(BIN, program)], check=True)


if __name__ == "__main__":
    main()
