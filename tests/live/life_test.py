#!/usr/bin/env python3
"""How the agent lives on an interface: start and stop under load, interfaces that come and go, taps and policies that
change while frames pass, and memory under an attack.

Usage: life_test.py PKTVISORD LIVE_SENDER CASE [--seconds N] [--frames N]
Exit status 77 (skipped) without root.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import netns  # noqa: E402
from agent import Agent  # noqa: E402

START_SECONDS, STOP_SECONDS = 0.2, 2.0
ANON_MIB = 64
GROWTH_MIB = 2.0
SANITIZED = bool(os.environ.get("VISOR_SANITIZE"))  # times and sizes say nothing then
CYCLES, WARM_CYCLES = (200, 100) if SANITIZED else (2000, 400)
POLICY = """version: "1.0"
visor:
  policies:
    %s:
      kind: collection
      input: {tap: %s, input_type: pcap}
      handlers: {modules: {%s}}
"""
TAP = """version: "1.0"
visor:
  taps:
    later: {input_type: pcap, config: {iface: vs}}
"""
YAML = {"Content-Type": "application/x-yaml"}


class Setting:
    """What every case has: the two programs, two namespaces without any traffic of their own, and a folder."""

    def __init__(self, arguments, pair, folder):
        self.program, self.sender = arguments.program, arguments.sender
        self.seconds, self.frames = arguments.seconds, arguments.frames
        self.pair, self.log = pair, os.path.join(folder, "log")

    def agent(self, *arguments):
        return Agent(self.program, self.pair.server, *arguments, log=self.log)

    def start_sending(self, *options, what="fixed"):
        """Frames of 64 flows again and again, or of new ones always ("random")."""
        return self.pair.client.start(self.sender, "vc", what, *options, stdout=subprocess.PIPE)

    def send(self, count, pps=20_000):
        """Frames that were sent; waits until they are."""
        return sent_by(self.start_sending("--seconds", 30, "--pps", pps, "--count", count))


def sent_by(sender):
    return json.loads(sender.communicate(timeout=400)[0])["sent"]


def ledger_of(agent, policy="default"):
    told = agent.get(f"/api/v1/policies/{policy}/metrics/bucket/0?extended=1")
    [ledger] = told[policy]["ledger"].values()
    tap = ledger["tap"]
    parts = tap["delivered"] + sum(tap["malformed"].values()) + sum(tap["dropped"].values()) + tap["waiting"]
    assert tap["received"] == parts, tap
    return ledger


def balanced_ledger_of(agent):
    """At rest, when nothing waits in the ring."""
    wait_for("frames wait and nobody reads them", lambda: ledger_of(agent)["tap"]["waiting"] == 0)
    return ledger_of(agent)


def total_of(agent, policy="default"):
    return agent.policy(policy, "window/5")["packets"]["total"]


def expect_total(agent, expected, policy="default", seconds=5):
    deadline = time.monotonic() + seconds
    while (got := total_of(agent, policy)) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert got == expected, f"{policy}: {got} frames counted, {expected} sent"


def wait_for(what, condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def start_and_stop(setting):
    """From exec to a counted frame, and from SIGTERM under full load to the end."""
    starts, stops = [], []
    for _ in range(5):
        sender = setting.start_sending("--seconds", 60)
        with setting.agent("vs") as agent:
            agent.wait_until_ready()
            while ledger_of(agent)["tap"]["delivered"] == 0:
                time.sleep(0.002)
            starts.append(time.monotonic() - agent.started)
            time.sleep(0.5)
            stops.append(agent.stop())
        sender.kill()
        sender.communicate()
    print(f"start to a counted frame: {min(starts) * 1e3:.0f} ms at best, median {statistics.median(starts) * 1e3:.0f}")
    print(f"SIGTERM to the end: {max(stops) * 1e3:.0f} ms at most")
    assert SANITIZED or min(starts) < START_SECONDS and max(stops) < STOP_SECONDS


def interface_comes_and_goes(setting):
    """Down and up, deleted and made anew, each under traffic; what is sent while it is up is counted."""
    pair = setting.pair
    with setting.agent("vs") as agent:
        agent.wait_until_ready()
        sent = setting.send(3000)
        expect_total(agent, sent)
        ready = lambda: agent.request("GET", "/readyz")[0]  # noqa: E731
        for lost, (take, give) in enumerate(((lambda: pair.server.ip("link", "set", "vs", "down"),
                                              lambda: pair.server.ip("link", "set", "vs", "up")),
                                             (lambda: pair.server.ip("link", "del", "vs"),
                                              lambda: pair.plug(addresses=False))), 1):
            sender = setting.start_sending("--seconds", 20, "--pps", 5000)
            time.sleep(0.5)
            take()
            wait_for("the agent does not see the loss", lambda: ready() == 503)
            give()
            wait_for("the agent does not come back", lambda: ready() == 200)
            sender.kill()
            sender.communicate()
            time.sleep(0.5)
            before = total_of(agent)
            expect_total(agent, before + setting.send(3000))
            tap = balanced_ledger_of(agent)["tap"]
            assert tap["interface_lost"] == lost and sum(tap["dropped"].values()) == 0, tap
            print(f"loss {lost}: {tap['received']} frames received in all, {tap['delivered']} delivered")
        assert agent.stop() < STOP_SECONDS


def changes_under_traffic(setting):
    """A tap and a policy added later, and policies coming and going by the thousand; nobody else notices."""
    with setting.agent("--admin-api", "vs") as agent:
        agent.wait_until_ready()
        added = POLICY % ("added", "later", "n: {type: net}")
        for path, document in (("/api/v1/taps", TAP), ("/api/v1/policies", added)):
            status, body = agent.request("POST", path, document, YAML)
            assert status == 201, body
        sent = setting.send(2000)
        expect_total(agent, sent)
        expect_total(agent, sent, "added")
        expect_one_stream(agent)
        sender = setting.start_sending("--seconds", 60, "--pps", 20_000)
        took, memory = churn(agent)
        sender.terminate()
        sender.communicate()
        frames = setting.pair.server.passed("vs")[0]
        expect_total(agent, frames)
        expect_total(agent, frames, "added")
        drops = balanced_ledger_of(agent)["tap"]["dropped"]
        print(f"{CYCLES} cycles of create, replace and delete in {took:.1f} s ({took / CYCLES * 1e3:.1f} ms each), "
              f"{frames} frames, dropped {drops}; RssAnon {memory[0]:.1f} MiB after {WARM_CYCLES}, {memory[1]:.1f} at "
              f"the end; longest control {ledger_of(agent)['worker']['longest_control_ns'] / 1e3:.0f} us")
        assert sum(drops.values()) == 0
        assert SANITIZED or memory[1] - memory[0] < GROWTH_MIB
        assert agent.stop() < STOP_SECONDS


def expect_one_stream(agent):
    """A policy added on the interface's tap reads the ring there is."""
    document = POLICY % ("beside", "default", "n: {type: net}")
    assert agent.request("POST", "/api/v1/policies", document, YAML)[0] == 201
    streams = [agent.get(f"/api/v1/policies/{name}/metrics/bucket/0?extended=1")[name]["ledger"].keys()
               for name in ("default", "beside")]
    assert streams[0] == streams[1], streams
    assert agent.request("DELETE", "/api/v1/policies/beside")[0] == 200


def churn(agent):
    one = POLICY % ("churn", "default", "n: {type: net}, d: {type: dns}")
    other = POLICY % ("churn", "default", "d: {type: dns}, h: {type: dhcp}")
    began, memory = time.monotonic(), []
    for cycle in range(CYCLES):
        for method, path, document, expected in (("POST", "", one, 201), ("PUT", "/churn", other, 200),
                                                 ("DELETE", "/churn", None, 200)):
            status, body = agent.request(method, "/api/v1/policies" + path, document, YAML)
            assert status == expected, (method, status, body)
        if cycle in (WARM_CYCLES, CYCLES - 1):
            time.sleep(0.3)
            memory.append(agent.memory_kib() / 1024)
    return time.monotonic() - began, memory


def attack(setting):
    """Names, addresses and ports that are all different, as fast as they can be sent."""
    samples = []
    with setting.agent("vs") as agent:
        agent.wait_until_ready()
        options = ["--count", setting.frames] if setting.frames else []
        sender = setting.start_sending("--seconds", setting.seconds, *options, what="random")
        while sender.poll() is None:
            time.sleep(0.1)
            samples.append(agent.memory_kib() / 1024)
        sent = sent_by(sender)
        time.sleep(0.5)
        ledger, counted = balanced_ledger_of(agent), total_of(agent)
        tap = ledger["tap"]
        third = len(samples) // 3
        middle, last = max(samples[third:2 * third]), max(samples[2 * third:])
        print(f"{sent} frames sent in {setting.seconds} s at most, {tap['received']} received, "
              f"{tap['dropped']['ring']} dropped; RssAnon at most {max(samples):.1f} MiB, middle third {middle:.1f}, "
              f"last third {last:.1f}; fragments {ledger['fragments']}; tcp {ledger['tcp']}")
        assert tap["received"] == setting.pair.server.passed("vs")[0], setting.pair.server.passed("vs")
        assert counted == tap["delivered"] or setting.seconds > 200
        # Each minute that is kept adds its lists, for the first five.
        growth = GROWTH_MIB * (2 if setting.seconds > 60 else 1)
        assert SANITIZED or max(samples) < ANON_MIB and last <= middle + growth
        assert agent.stop() < STOP_SECONDS


def stalled(setting):
    """The agent stands still while the ring overflows: what is lost is counted to the frame, and nothing else is."""
    with setting.agent("--ring-mb", "4", "vs") as agent:
        agent.wait_until_ready()
        sent = setting.send(1000)
        agent.process.send_signal(signal.SIGSTOP)
        sent += sent_by(setting.start_sending("--seconds", 1))
        agent.process.send_signal(signal.SIGCONT)
        time.sleep(0.5)
        sent += setting.send(1000)
        tap = balanced_ledger_of(agent)["tap"]
        print(f"{sent} frames sent, {tap['received']} received, {tap['dropped']['ring']} dropped")
        assert tap["received"] == setting.pair.server.passed("vs")[0], setting.pair.server.passed("vs")
        assert tap["dropped"]["ring"] > 0
        expect_total(agent, tap["delivered"])
        wait_for("the pcap handler counts other drops",
                 lambda: agent.policy(what="window/5")["pcap"]["os_drops"] == tap["dropped"]["ring"])
        assert agent.stop() < STOP_SECONDS


CASES = {case.__name__: case for case in (start_and_stop, interface_comes_and_goes, changes_under_traffic, stalled,
                                      attack)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("sender")
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--frames", type=int)
    arguments = parser.parse_args()
    netns.require("ethtool")
    with tempfile.TemporaryDirectory() as folder, netns.Pair(addresses=False) as pair:
        setting = Setting(arguments, pair, folder)
        try:
            CASES[arguments.case](setting)
        except BaseException:
            with open(setting.log, encoding="utf-8", errors="replace") as log:
                print("".join([line for line in log if "REQUEST" not in line][-30:]))
            raise


if __name__ == "__main__":
    main()
