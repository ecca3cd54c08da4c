#!/usr/bin/env python3
"""Policies with filters, groups and chains over captures outside this tree, against figures known of them.

Usage: shared_policies.py PROGRAM FIXTURES      FIXTURES holds pcap/ and geo/; status 77 (skipped) without them
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import documents  # noqa: E402

SKIPPED = 77
ABSENT = object()
RANDOM, DNSSEC = "dns_udp_tcp_random.pcap", "dnssec.pcap"
HOME = "192.168.0.0/24"


def case(name, capture, modules, expected, host="", geo=False, source=None):
    return {"name": name, "capture": capture, "modules": modules, "expected": expected, "host": host, "geo": geo,
            "input": source or {}}


def module(kind, version="1.0", **parts):
    return {"type": kind, "require_version": version, **parts}


def groups(enable=(), disable=()):
    return {"metric_groups": {"enable": list(enable), "disable": list(disable)}}


def top(*items):
    """Names with their counts, most first; the list must be just this long."""
    return [{"name": name, "estimate": count} for name, count in items]


def within(low, high):
    return lambda value: isinstance(value, (int, float)) and low <= value <= high


def first(*items):
    """The list starts with these."""
    return lambda value: isinstance(value, list) and value[:len(items)] == top(*items)


present = within(0, float("inf"))


def filled(value):
    return bool(value)


QTYPES = (("AAAA", 1476), ("CNAME", 825), ("SOA", 794), ("MX", 757), ("A", 717), ("NS", 662), ("TXT", 620))
LONGEST = "82gdxvz5vp.mmyv7ma0jn.rxst40swe.tcbgtnfa.test.com"
DNSSEC_NAMES = 4  # www.ietf.org, ietf.org, org and the root
NAMES = within(1960, 2040)  # 2000 spellings, 1999 without regard to case

WIRE = {"events": 5851, "deep_samples": 5851, "tcp": 2880, "udp": 2971, "ipv4": 5851, "ipv6": 0, "queries": 2930,
        "replies": 2921, "noerror": 2921, "nodata": 2254, "nxdomain": 0, "refused": 0, "srvfail": 0, "filtered": 0}
NO_COUNTERS = {"events": 5851, "deep_samples": 5851, "tcp": ABSENT, "udp": ABSENT, "ipv4": ABSENT, "queries": ABSENT,
               "replies": ABSENT}
XACT = {"counts.total": 2921, "counts.timed_out": 0, "in.total": 0, "out.total": 2921}


def at(prefix, figures):
    return {f"{prefix}.{path}": value for path, value in figures.items()}


def dns2_out(figures):
    return at("dns.out", figures)


CASES = [
    case("net", RANDOM, [module("net")], {"m0": at("packets", {
        "events": 16147, "deep_samples": 16147, "tcp": 13176, "protocol.tcp.syn": 2846, "udp": 2971, "ipv4": 16147,
        "ipv6": 0, "other_l4": 0, "in": 6648, "out": 9499, "unknown_dir": 0, "cardinality.src_ips_in": 1,
        "cardinality.dst_ips_out": 1, "top_ipv4": top(("8.8.8.8", 16147)), "payload_size.p50": within(66, 1500),
        "period.start_ts": 1614874231})}, HOME),
    case("net without counters and cardinality", RANDOM, [module("net", **groups(disable=["cardinality", "counters"]))],
         {"m0": at("packets", {"events": 16147, "deep_samples": 16147, "tcp": ABSENT, "udp": ABSENT, "ipv4": ABSENT,
                               "cardinality": ABSENT, "top_ipv4": top(("8.8.8.8", 16147))})}, HOME),
    case("net without top lists", RANDOM, [module("net", **groups(disable=["top_ips", "top_geo"]))],
         {"m0": at("packets", {"tcp": 13176, "udp": 2971, "ipv4": 16147, "top_ipv4": ABSENT,
                               "cardinality.src_ips_in": 1, "cardinality.dst_ips_out": 1})}, HOME),
    case("net 2", RANDOM, [module("net", "2.0")], {"m0": at("net", {
        "out.cardinality.ips": 1, "out.top_ipv4_packets": top(("8.8.8.8", 9499)), "out.total_packets": 9499,
        "in.total_packets": 6648, "in.top_ipv4_packets": top(("8.8.8.8", 6648))})}, HOME),
    case("net 2 without hosts", "dns_ipv4_tcp.pcap", [module("net", "2.0")],
         {"m0": at("net.unknown", {"total_packets": 2100, "tcp_packets": 2100, "ipv4_packets": 2100})}),
    case("net without databases", RANDOM, [module("net", filter={"geoloc_notfound": True})],
         {"m0": at("packets", {"filtered": 16147, "total": 0})}, HOME),
    case("net geoloc_notfound", RANDOM, [module("net", filter={"geoloc_notfound": True})],
         {"m0": at("packets", {"events": 16147, "filtered": 0, "total": 16147})}, HOME, geo=True),
    case("dns", RANDOM, [module("dns", **groups(enable=["top_qnames_details"]))], {"m0": {
        **at("dns.wire_packets", WIRE), **at("dns.xact", XACT), "dns.cardinality.qname": NAMES,
        "dns.top_qname2": top((".test.com", 5851)), "dns.top_rcode": top(("NOERROR", 2921)),
        "dns.top_udp_ports": first(("57975", 302)), "dns.top_qtype": top(*QTYPES),
        "dns.top_qname_by_resp_bytes": first((LONGEST, 290))}}, HOME),
    case("dns topn_count", RANDOM, [module("dns", config={"topn_count": 3})],
         {"m0": {"dns.top_qtype": top(*QTYPES[:3])}}, HOME),
    case("dns only_qtype", RANDOM, [module("dns", filter={"only_qtype": ["AAAA", "TxT"]})], {"m0": {
        **at("dns.wire_packets", {"events": 5851, "deep_samples": 5851, "ipv4": 2096, "queries": 1050, "replies": 1046,
                                  "nodata": 737, "noerror": 1046, "filtered": 3755}),
        "dns.top_qtype": top(("AAAA", 1476), ("TXT", 620))}}, HOME),
    case("dns histograms alone", RANDOM,
         [module("dns", **groups(["histograms"], ["cardinality", "counters"]))], {"m0": {
             **at("dns.wire_packets", NO_COUNTERS), **at("dns.xact", {k: XACT[k] for k in ("in.total", "out.total")}),
             "dns.cardinality": ABSENT, "dns.xact.ratio.quantiles.p50": present,
             "dns.xact.out.histogram_us.buckets": filled}}, HOME),
    case("dns without names and transactions", RANDOM,
         [module("dns", **groups(disable=["top_qnames", "dns_transaction"]))], {"m0": {
             **at("dns.wire_packets", WIRE), "dns.cardinality.qname": NAMES, "dns.top_qname2": ABSENT}}, HOME),
    case("dns only_dnssec_response", DNSSEC, [module("dns", filter={"only_dnssec_response": True})], {"m0": {
        **at("dns.wire_packets", {"events": 14, "deep_samples": 14, "udp": 6, "ipv4": 6, "queries": 0, "replies": 6,
                                  "noerror": 6}),
        "dns.cardinality.qname": DNSSEC_NAMES, "dns.top_qtype": top(("DNSKEY", 3), ("DS", 2), ("A", 1))}}),
    case("dns 2", RANDOM, [module("dns", "2.0", **groups(enable=["top_size", "top_ports"]))], {"m0": dns2_out({
        "tcp_xacts": 1440, "udp_xacts": 1481, "ipv4_xacts": 2921, "xacts": 2921, "timeout_queries": 0,
        "orphan_responses": 0, "nodata_xacts": 2254, "noerror_xacts": 2921, "cardinality.qname": NAMES,
        "top_qname2_xacts": top((".test.com", 2921)), "top_rcode_xacts": top(("NOERROR", 2921)),
        "top_udp_ports_xacts": first(("57975", 151)), "top_response_bytes": first((LONGEST, 290)),
        "top_qtype_xacts": top(("AAAA", 737), ("CNAME", 412), ("SOA", 397), ("MX", 377), ("A", 358), ("NS", 331),
                               ("TXT", 309))})}, HOME),
    case("dns 2 only_qtype", RANDOM, [module("dns", "2.0", filter={"only_qtype": ["AAAA", "TxT"]})], {"m0": dns2_out({
        "ipv4_xacts": 1046, "xacts": 1046, "nodata_xacts": 737, "noerror_xacts": 1046,
        "top_qtype_xacts": top(("AAAA", 737), ("TXT", 309))})}, HOME),
    case("dns 2 without counters", RANDOM,
         [module("dns", "2.0", **groups(["top_size", "xact_times"], ["cardinality", "counters"]))], {"m0": dns2_out({
             "xacts": ABSENT, "cardinality": ABSENT, "response_query_size_ratio.p50": present,
             "xact_time_us.p50": present, "xact_histogram_us.buckets": filled})}, HOME),
    case("dns 2 only_dnssec_response", DNSSEC, [module("dns", "2.0", filter={"only_dnssec_response": True})],
         {"m0": at("dns.unknown", {
             "udp_xacts": 6, "ipv4_xacts": 6, "xacts": 6, "authenticated_data_xacts": 6,
             "authoritative_answer_xacts": 0, "checking_disabled_xacts": 0, "timeout_queries": 0,
             "orphan_responses": 0, "noerror_xacts": 6, "cardinality.qname": DNSSEC_NAMES,
             "top_qtype_xacts": top(("DNSKEY", 3), ("DS", 2), ("A", 1))})}),
    case("dns 2 udp", "dns_ipv4_udp.pcap", [module("dns", "2.0")], {"m0": at("dns.unknown", {
        "udp_xacts": 70, "ipv4_xacts": 70, "xacts": 70, "top_qname2_xacts": top((".test.com", 70))})}),
    case("dns 2 tcp", "dns_ipv4_tcp.pcap", [module("dns", "2.0")], {"m0": at("dns.unknown", {
        "tcp_xacts": 210, "ipv4_xacts": 210, "xacts": 210, "timeout_queries": 0, "orphan_responses": 0,
        "top_qname2_xacts": top((".test.com", 210))})}),
    case("dns 2 tcp, few connections followed", "dns_ipv4_tcp.pcap", [module("dns", "2.0")], {
        "m0": {"dns.observed_packets": 140, **at("dns.unknown", {
            "tcp_xacts": 70, "ipv4_xacts": 70, "xacts": 70, "timeout_queries": 0, "orphan_responses": 0,
            "top_qname2_xacts": top((".test.com", 70))})}}, source={"tcp_packet_reassembly_cache_limit": 10}),
    case("chain", "dns_ipv4_tcp.pcap",
         [module("net", filter={"geoloc_notfound": True}), module("dns"), module("net"), module("dns")], {
             "m0": {"packets.tcp": 2100, "packets.ipv4": 2100},
             "m1": {"dns.wire_packets.tcp": 420, "dns.wire_packets.ipv4": 420},
             "m2": {"packets.tcp": 420, "packets.ipv4": 420},
             "m3": {"dns.wire_packets.tcp": 420, "dns.wire_packets.ipv4": 420}}, "127.0.0.0/24", geo=True),
    case("chain of version 2", "dns_ipv4_tcp.pcap",
         [module("net", "2.0"), module("dns", "2.0"), module("net", "2.0"), module("dns", "2.0")], {
             "m0": at("net.unknown", {"tcp_packets": 2100, "ipv4_packets": 2100}),
             "m1": at("dns.unknown", {"tcp_xacts": 210, "ipv4_xacts": 210}),
             "m2": at("net.unknown", {"tcp_packets": 420, "ipv4_packets": 420}),
             "m3": at("dns.unknown", {"tcp_xacts": 210, "ipv4_xacts": 210})}),
    case("dhcp and pcap", "dhcp-flow.pcap", [module("dhcp")], {"m0": at("dhcp", {
        "wire_packets.events": 8, "wire_packets.filtered": 0, "wire_packets.discover": 1, "wire_packets.offer": 1,
        "wire_packets.request": 3, "wire_packets.ack": 3, "period": {"start_ts": 1634851620, "length": 30},
        "top_servers": top(("b8:27:eb:0c:b3:e2/192.168.2.1", 1))})}),
    case("pcap", RANDOM, [module("pcap")],
         {"m0": at("pcap", {"tcp_reassembly_errors": 0, "os_drops": 0, "if_drops": 0})}, HOME),
]


def document(wanted):
    """JSON is YAML."""
    modules = [{f"m{i}": m} for i, m in enumerate(wanted["modules"])]
    handlers = {"window_config": {"num_periods": 1}, "modules": modules if len(modules) > 1 else modules[0]}
    policy = {"kind": "collection", "input": {"tap": "file", "input_type": "pcap"}, "handlers": handlers}
    policy["input"]["config"] = wanted["input"] | ({"host_spec": wanted["host"]} if wanted["host"] else {})
    return json.dumps({"version": "1.0", "visor": {"taps": {"file": {"input_type": "pcap"}},
                                                   "policies": {"p": policy}}})


def look_up(tree, path):
    for key in path.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return ABSENT
        tree = tree[key]
    return tree


def differs(value, expected):
    if callable(expected):
        return not expected(value)
    return value is not expected if expected is ABSENT else value != expected


def shown(value):
    return "absent" if value is ABSENT else getattr(value, "__qualname__", None) or json.dumps(value)


def check(program, fixtures, wanted, config):
    with open(config, "w", encoding="utf-8") as file:
        file.write(document(wanted))
    command = [program, "--config", config, os.path.join(fixtures, "pcap", wanted["capture"])]
    if wanted["geo"]:
        geo = os.path.join(fixtures, "geo")
        command += ["--geo-city", os.path.join(geo, "GeoIP2-City-Test.mmdb"),
                    "--geo-asn", os.path.join(geo, "GeoIP2-ISP-Test.mmdb")]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        return [done.stderr.decode(errors="replace").strip()]
    documents.file_taken(command)
    handlers = json.loads(done.stdout)["p"]
    errors = []
    for name, figures in wanted["expected"].items():
        for path, expected in figures.items():
            value = look_up(handlers[f"p-file-{name}"], path)
            if differs(value, expected):
                errors.append(f"{name}: {path}: {shown(value)}, expected {shown(expected)}")
    return errors


def main():
    program, fixtures = sys.argv[1:]
    there = [c for c in CASES if os.path.exists(os.path.join(fixtures, "pcap", c["capture"]))]
    if not there:
        print(f"skipped: no captures in {fixtures}/pcap")
        raise SystemExit(SKIPPED)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for wanted in there:
            for error in check(program, fixtures, wanted, os.path.join(folder, "policy.yaml")):
                print(f"{wanted['name']}: {error}")
                failed = True
    print(f"{len(there)} of {len(CASES)} policies checked")
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
