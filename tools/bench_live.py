#!/usr/bin/env python3
"""Times the agent on a live interface: beside a reader that only counts, and tcpdump -w /dev/null, on the same load,
and beside pktvisor-pcap on a file of the same mix.

Two network namespaces joined by a veth pair; the sender (bench/live/live_sender.cpp) loops over the first frames of a
generated capture. On a veth pair the sender also pays for delivery, so what is offered is an outcome of the receiver;
receivers run in turn, and what counts is the ratio between them. Needs root; takes about two and a half minutes.
Usage: tools/bench_live.py [--rounds N] [--seconds S] [--workers N] [--only small64,dns]
"""
import argparse
import json
import os
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "live"))
import netns  # noqa: E402
from agent import PORT, Agent  # noqa: E402
from bench import BIN, HOST, cpu_of, generate  # noqa: E402

FRAMES, RING_MIB = 400_000, 64
OFFLINE_FRAMES = 2_000_000  # for the analyser, which has its start-up to spread over them
MIXES = ("small64", "dns")
STEPS = (0.2, 0.4, 0.6, 0.8, 1.0)
LOOK_SHARE, LOOK_SECONDS, LOOKS = 0.7, 6, 3  # of the loss-free rate; in turn
SCRAPES_A_SECOND, PAGES, PAGE_ASKS_EVERY = 100, 50, 10


def machine_ticks():
    """(busy, all) of the whole machine so far."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = list(map(int, file.readline().split()[1:9]))
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def cpu_ns(pid):
    """What the process's threads took so far, in the kernel and out of it."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def cpu_ticks(pid):
    """(outside the kernel, in it), so far; coarse."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return tuple(map(int, file.read().rsplit(")", 1)[1].split()[11:13]))


class AgentReceiver:
    name = "agent"

    def __init__(self, space, workers):
        options = ["--workers", workers] if workers else []
        self.agent = Agent(os.path.join(BIN, "pktvisord"), space, *options, "vs").wait_until_ready()
        self.pid = self.agent.pid

    def ledger(self):
        told = self.agent.get("/api/v1/policies/default/metrics/bucket/0?extended=1")
        [ledger] = told["default"]["ledger"].values()
        return ledger

    def finish(self):
        """(frames the kernel had for it, dropped)"""
        deadline = time.monotonic() + 5
        while True:
            time.sleep(0.15)
            self.last = self.ledger()
            tap = self.last["tap"]
            if tap["received"] == tap["delivered"] + tap["dropped"]["ring"] or time.monotonic() > deadline:
                return tap["received"], tap["dropped"]["ring"]

    def stop(self):
        self.agent.stop()
        self.agent.out.close()


class BareReceiver:
    name = "bare reader"

    def __init__(self, space, _workers):
        self.process = space.start(os.path.join(BIN, "bare_reader"), "vs", RING_MIB, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.pid = self.process.pid

    def finish(self):
        time.sleep(0.2)
        return None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        told = json.loads(self.process.communicate(timeout=10)[0])
        return told["received"], told["dropped"]


class TcpdumpReceiver:
    name = "tcpdump -w"

    def __init__(self, space, _workers):
        self.process = space.start("tcpdump", "-i", "vs", "-w", "/dev/null", "-B", RING_MIB * 1024, "-Z", "root",
                                   stderr=subprocess.PIPE, text=True)
        self.process.stderr.readline()
        self.pid = self.process.pid

    def finish(self):
        time.sleep(1.2)
        return None

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        told = self.process.communicate(timeout=10)[1]
        return tuple(int(re.search(rf"(\d+) packets {what}", told)[1]) for what in
                     ("received by filter", "dropped by kernel"))


def start_sender(pair, capture, seconds, pps=0):
    return pair.client.start(os.path.join(BIN, "live_sender"), "vc", capture, "--seconds", seconds, "--pps", int(pps),
                             stdout=subprocess.PIPE)


def sent_by(sender):
    told = json.loads(sender.communicate(timeout=60)[0])
    return told["sent"], told["sent"] / told["seconds"]


class Figures:
    """One run of one receiver."""

    def __init__(self, pair, make, workers, capture, seconds, pps=0):
        receiver = make(pair.server, workers)
        before, cpu, (busy, ticks) = pair.server.passed("vs")[0], cpu_ns(receiver.pid), machine_ticks()
        user, system = cpu_ticks(receiver.pid)
        _, self.rate = sent_by(start_sender(pair, capture, seconds, pps))
        busy_now, ticks_now = machine_ticks()
        counts = receiver.finish()
        self.offered = pair.server.passed("vs")[0] - before
        self.cpu = cpu_ns(receiver.pid) - cpu
        user_now, system_now = cpu_ticks(receiver.pid)
        self.user = (user_now - user) / max(user_now - user + system_now - system, 1)
        self.machine = (busy_now - busy) / max(ticks_now - ticks, 1)
        self.longest_control_ns = receiver.last["worker"]["longest_control_ns"] if counts else None
        self.received, self.dropped = counts or (0, 0)
        stopped = receiver.stop()
        if stopped:
            self.received, self.dropped = stopped
        self.ns = self.cpu / max(self.received - self.dropped, 1)


def offline_ns(mix):
    """What the analyser takes for a packet of the same mix, from a file: on one processor, where nothing has to be
    handed from one to another."""
    command = [os.path.join(BIN, "pktvisor-pcap"), "--workers", "1", "-H", HOST, generate(mix, OFFLINE_FRAMES)]
    return cpu_of(command) / OFFLINE_FRAMES * 1e9


def compare(pair, mix, capture, arguments):
    """All receivers in turn, as fast as the sender goes, and the analyser; the agent's median rate."""
    runs = {make: [] for make in (AgentReceiver, BareReceiver, TcpdumpReceiver)}
    offline = []
    for _ in range(arguments.rounds):
        for make, figures in runs.items():
            figures.append(Figures(pair, make, arguments.workers, capture, arguments.seconds))
        offline.append(offline_ns(mix))
    median = lambda figures, what: statistics.median(getattr(one, what) for one in figures)  # noqa: E731
    base = median(runs[TcpdumpReceiver], "ns")
    for make, figures in runs.items():
        received, dropped = (sum(getattr(one, what) for one in figures) for what in ("received", "dropped"))
        offered = sum(one.offered for one in figures)
        ns = median(figures, "ns")
        print(f"{mix:<8} {make.name:<12} {median(figures, 'rate') / 1e6:>7.3f} {offered:>10} {received:>10} "
              f"{dropped:>9} {ns:>7.0f} {ns * median(figures, 'user'):>7.0f} {ns / base:>7.2f} "
              f"{median(figures, 'machine'):>8.0%}", flush=True)
    print(f"{mix:<8} {'from a file':<12} {'':>7} {'':>10} {OFFLINE_FRAMES:>10} {'':>9} "
          f"{statistics.median(offline):>7.0f}")
    print(f"{mix:<8} longest a worker was kept from its queue: "
          f"{max(one.longest_control_ns for one in runs[AgentReceiver]) / 1e3:.0f} us")
    return median(runs[AgentReceiver], "rate")


def loss_free_rate(pair, mix, capture, most, workers):
    """The highest of some steps up to the sender's most at which nothing is dropped; a step is tried twice."""
    best = 0
    for share in STEPS:
        pps = 0 if share == 1.0 else share * most
        for _ in range(2):
            figures = Figures(pair, AgentReceiver, workers, capture, 1.5, pps)
            if figures.dropped == 0:
                break
        if figures.dropped:
            break
        best = figures.rate
    limit = " (all the sender can offer)" if best and share == 1.0 and not figures.dropped else ""
    print(f"{mix:<8} loss-free up to {best / 1e6:.3f} Mpps{limit}", flush=True)
    return best


class OpenPages:
    """What pages that are open ask of the agent: the events of the default policy, read and thrown away, and now and
    then what runs."""

    def __init__(self, agent, space):
        self.agent, self.bytes = agent, 0
        self.sockets = selectors.DefaultSelector()
        self.asked = time.monotonic()
        with space.inside():
            for _ in range(PAGES):
                one = socket.create_connection(("127.0.0.1", PORT))
                one.sendall(b"GET /api/v1/policies/default/metrics/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.sockets.register(one, selectors.EVENT_READ)

    def step(self):
        for key, _ in self.sockets.select(0.01):
            told = key.fileobj.recv(1 << 16)
            assert told, "the agent closed a page's events"
            self.bytes += len(told)
        if time.monotonic() - self.asked > PAGE_ASKS_EVERY / PAGES:
            self.asked += PAGE_ASKS_EVERY / PAGES
            for path in ("/api/v1/policies", "/api/v1/metrics/app", "/api/v1/taps"):
                assert self.agent.request("GET", path)[0] == 200

    def finish(self, seconds):
        for key in list(self.sockets.get_map().values()):
            key.fileobj.close()
        return f"{PAGES} open pages ({self.bytes / PAGES / seconds / 1e3:.0f} kB/s each)"


class Scrapes:
    """A scrape every hundredth of a second."""

    def __init__(self, agent, _space):
        self.agent, self.times, self.due = agent, [], time.monotonic()

    def step(self):
        self.due += 1 / SCRAPES_A_SECOND
        time.sleep(max(self.due - time.monotonic(), 0))
        began = time.monotonic()
        assert self.agent.request("GET", "/metrics")[0] == 200
        self.times.append(time.monotonic() - began)

    def finish(self, _seconds):
        times = sorted(self.times)
        return (f"{SCRAPES_A_SECOND} scrapes/s (p50 {times[len(times) // 2] * 1e3:.2f} ms, "
                f"p99 {times[len(times) * 99 // 100] * 1e3:.2f} ms)")


class Nobody:
    def __init__(self, _agent, _space):
        pass

    def step(self):
        time.sleep(0.05)

    def finish(self, _seconds):
        return "nobody"


def looked_at(pair, mix, capture, pps, workers):
    """The same rate while nobody looks, with scrapes and with open pages: what is dropped, and what it costs."""
    print(f"{mix:<8} at {pps / 1e6:.3f} Mpps, looked at by:", flush=True)
    for make in (Nobody, Scrapes, OpenPages) * LOOKS:
        receiver = AgentReceiver(pair.server, workers)
        looks = make(receiver.agent, pair.server)
        began, cpu = time.monotonic(), cpu_ns(receiver.pid)
        sender = start_sender(pair, capture, LOOK_SECONDS, pps)
        while sender.poll() is None:
            looks.step()
        sent_by(sender)
        took, cpu = time.monotonic() - began, cpu_ns(receiver.pid) - cpu
        told = looks.finish(took)
        received, dropped = receiver.finish()
        longest = receiver.last["worker"]["longest_control_ns"]
        receiver.stop()
        print(f"{'':<8} {told}: dropped {dropped} of {received}, {cpu / took / 1e7:.1f} % of a core, "
              f"longest control {longest / 1e3:.0f} us", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Times the agent on a live interface.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--workers", help="of the agent; one for each core unless given")
    parser.add_argument("--only", default=",".join(MIXES))
    arguments = parser.parse_args()
    netns.require("tcpdump", "ethtool")
    captures = {mix: generate(mix, FRAMES) for mix in arguments.only.split(",")}
    with netns.Pair(addresses=False) as pair:
        print(f"{'mix':<8} {'receiver':<12} {'Mpps':>7} {'offered':>10} {'received':>10} {'dropped':>9} {'ns/pkt':>7} "
              f"{'user':>7} {'ratio':>7} {'machine':>8}")
        rates = {mix: compare(pair, mix, capture, arguments) for mix, capture in captures.items()}
        print("ns/pkt: processor time of the receiver for each frame it read, median of the rounds, in turn; user: of "
              "it outside the kernel;\nratio: to tcpdump's; machine: busy share of all cores, whoever made it;\n"
              "from a file: pktvisor-pcap, with one worker, on the same mix")
        for mix, capture in captures.items():
            best = loss_free_rate(pair, mix, capture, rates[mix], arguments.workers)
            looked_at(pair, mix, capture, (best or rates[mix]) * LOOK_SHARE, arguments.workers)


if __name__ == "__main__":
    main()
