#!/usr/bin/env python3
"""The agent on a live interface counts exactly what tshark counts in tcpdump's record of the same interface.

Usage: truth_test.py PKTVISORD TSHARK_TRUTH [--workers N] [--offload] [--libpcap]
Exit status 77 (skipped) without root or without a peer program.
"""
import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "goldens"))
import check  # noqa: E402
import netns  # noqa: E402
import peers  # noqa: E402
from agent import Agent  # noqa: E402

PROGRAMS = ("unbound", "dig", "dnsperf", "curl", "ping", "tcpdump", "tshark", "ethtool", "iperf3", "ss")
# Not of the wire: what a part of the stream is sampled for, and when the agent was started.
UNCOMPARED = {f"{part}.deep_samples" for part in ("packets", "dns.wire_packets", "dhcp.wire_packets")} | {
    "packets.period", "dns.wire_packets.query_ecs", "dns.top_query_ecs"}
WITH_LIBPCAP = """version: "1.0"
visor:
  taps: {default: {input_type: pcap, config: {iface: vs, pcap_source: libpcap}}}
  policies:
    default:
      kind: collection
      input: {tap: default, input_type: pcap}
      handlers: {modules: {net: {type: net}, dns: {type: dns}, dhcp: {type: dhcp}, pcap: {type: pcap}}}
"""


def start_tcpdump(pair, path):
    recorder = pair.server.start("tcpdump", "-i", "vs", "-w", path, "-U", "-s", "0", "-B", "65536", "-Z", "root",
                                 stderr=subprocess.PIPE, text=True)
    assert "listening on" in recorder.stderr.readline(), "tcpdump does not start"
    return recorder


def stop_tcpdump(recorder, path):
    """What it says it dropped. It reads nothing more once it is told to end, so it gets the time to."""
    size = -1
    while size != os.path.getsize(path):
        size = os.path.getsize(path)
        time.sleep(1.2)
    recorder.send_signal(signal.SIGINT)
    said = recorder.communicate(timeout=20)[1]
    return int(next(line.split()[0] for line in said.splitlines() if "dropped by kernel" in line))


def host_of(agent):
    """The addresses by which the agent tells in from out, without their networks."""
    told = agent.get("/api/v1/policies/default")["default"]["input"]
    [stream] = told.values()
    return ",".join(text.split("/")[0] for texts in stream["pcap"]["host_ips"].values() for text in texts)


def wait_for_all(pair, agent, before):
    """Until the agent has all that passed the interface since; (its policy, frames, bytes)."""
    deadline = time.monotonic() + 10
    while True:
        first = pair.server.passed("vs")
        time.sleep(0.3)
        policy = agent.policy(what="window/5")
        [ledger] = policy_ledgers(agent)
        now = pair.server.passed("vs")
        settled = first == now and ledger["tap"]["received"] >= now[0] - before[0]
        if settled or time.monotonic() > deadline:
            return policy, ledger, now[0] - before[0], now[1] - before[1]


def policy_ledgers(agent):
    told = agent.get("/api/v1/policies/default/metrics/bucket/0?extended=1")
    return told["default"]["ledger"].values()


def modern_bytes(agent):
    """All bytes, by the modern exposition."""
    text = agent.request("GET", "/metrics?format=text")[1].decode()
    [value] = [line.rsplit(" ", 1)[1] for line in text.splitlines()
               if line.startswith("pktvisor_packets_payload_size_bytes_sum{")]
    return int(float(value))


def compare(policy, ledger, truth, frames, octets, told_bytes):
    wanted = check.without({kind: truth[kind] for kind in ("packets", "dns", "dhcp")}, UNCOMPARED)
    errors = check.compare("", policy, wanted)
    tap = ledger["tap"]
    parts = tap["delivered"] + sum(tap["malformed"].values()) + sum(tap["dropped"].values())
    for what, got, expected in (
            ("ledger: received, delivered + malformed + dropped", tap["received"], parts),
            ("ledger: received, frames of the interface", tap["received"], frames),
            ("ledger: waiting", tap["waiting"], 0),
            ("ledger: dropped", sum(tap["dropped"].values()), 0),
            ("ledger: malformed", sum(tap["malformed"].values()), 0),
            ("interface, frames tcpdump has", frames, truth["file"]["frames"]),
            ("interface, bytes tcpdump has", octets, truth["file"]["wire_bytes"]),
            ("bytes of the modern exposition, bytes tcpdump has", told_bytes, truth["file"]["wire_bytes"])):
        if got != expected:
            errors.append(f"{what}: {got} != {expected}")
    return errors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("truth")
    parser.add_argument("--workers", default="1")
    parser.add_argument("--offload", action="store_true")
    parser.add_argument("--libpcap", action="store_true")
    arguments = parser.parse_args()
    netns.require(*PROGRAMS)
    with tempfile.TemporaryDirectory() as folder, netns.Pair(arguments.offload) as pair:
        capture = os.path.join(folder, "vs.pcap")
        what = ["vs"]
        if arguments.libpcap:
            what = ["--config", os.path.join(folder, "visor.yaml")]
            with open(what[1], "w", encoding="ascii") as file:
                file.write(WITH_LIBPCAP)
        peers.start_servers(pair, folder)
        pair.settle()
        recorder = start_tcpdump(pair, capture)
        before = pair.server.passed("vs")
        with Agent(arguments.program, pair.server, "--workers", arguments.workers, *what,
                   log=os.path.join(folder, "log")) as agent:
            agent.wait_until_ready()
            assert pair.server.passed("vs") == before, "frames passed while the agent started"
            peers.everything(pair, folder)
            peers.bulk(pair, 1)
            policy, ledger, frames, octets = wait_for_all(pair, agent, before)
            host, told_bytes = host_of(agent), modern_bytes(agent)
            lost = stop_tcpdump(recorder, capture)
            agent.stop()
        assert lost == 0, f"tcpdump lost {lost} frames: nothing to compare with"
        found = subprocess.run([sys.executable, arguments.truth, "--host", host, capture], stdout=subprocess.PIPE,
                               check=True).stdout
        truth = json.loads(found)
        errors = compare(policy, ledger, truth, frames, octets, told_bytes)
        if errors and os.environ.get("VISOR_KEEP"):
            os.rename(capture, os.environ["VISOR_KEEP"])
    for error in errors:
        print(error)
    print(f"{truth['file']['frames']} frames, {truth['file']['wire_bytes']} bytes, "
          f"{truth['dns']['wire_packets']['total']} DNS messages, {truth['dns']['xact']['counts']['total']} "
          f"transactions; ledger {json.dumps(ledger)}")
    raise SystemExit(1 if errors else 0)


if __name__ == "__main__":
    main()
