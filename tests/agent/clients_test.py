#!/usr/bin/env python3
"""What existing clients make of an agent that watches lo: the terminal program, telegraf, Prometheus, Grafana.

Usage: clients_test.py PKTVISORD
"""
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import agent
import traffic
from agent import AgentTest, wait_for

SHARED = os.path.join(agent.shared(), "fixtures")
CITY, ISP = (os.path.join(SHARED, "geo", f"GeoIP2-{name}-Test.mmdb") for name in ("City", "ISP"))
DASHBOARD = os.path.join(SHARED, "dashboards", "grafana-dashboard-prometheus.json")
# What promtool says of names that existing scrapes know (docs/compatibility.md).
KNOWN_REMARKS = re.compile(r'^\S+ (non-counter metrics should not have "_total" suffix'
                           r"|metric name should not include type 'histogram'"
                           r"|metric names should not contain abbreviated units"
                           r"|metric names should be written in 'snake_case' not 'camelCase')$")
QUANTILES = ("p50", "p90", "p95", "p99")
INTEGERS = {
    "packets": """cardinality.dst_ips_out cardinality.src_ips_in ipv4 ipv6 tcp udp other_l4 total in out unknown_dir
        deep_samples filtered events protocol.tcp.syn period.start_ts period.length""".split()
    + [f"payload_size.{q}" for q in QUANTILES]
    + [f"rates.{rate}.{q}" for q in ("live", *QUANTILES)
       for rate in "bytes_in bytes_out bytes_total pps_in pps_out pps_total pps_events".split()],
    "dns": [f"wire_packets.{name}" for name in """ipv4 ipv6 queries replies tcp total udp nodata noerror nxdomain
        srvfail refused filtered deep_samples events""".split()]
    + [f"rates.{rate}.{q}" for q in ("live", *QUANTILES) for rate in ("total", "events")]
    + ["cardinality.qname", "xact.counts.total", "xact.counts.timed_out", "xact.in.total", "xact.out.total",
       "period.start_ts", "period.length"]
    + [f"xact.{side}.quantiles_us.{q}" for side in ("in", "out") for q in QUANTILES],
    "dhcp": [f"wire_packets.{name}" for name in "filtered total deep_samples discover offer request ack events".split()]
    + [f"rates.{rate}.{q}" for q in ("live", *QUANTILES) for rate in ("total", "events")]
    + ["period.start_ts", "period.length"],
    "pcap": ["tcp_reassembly_errors", "if_drops", "os_drops"],
}
FLOATS = [f"xact.ratio.quantiles.{q}" for q in QUANTILES]
TOPS = {
    "packets": "top_ipv4 top_ipv6 top_geoLoc top_ASN".split(),
    "dns": """xact.in.top_slow xact.out.top_slow top_qname2 top_qname3 top_nxdomain top_qtype top_rcode top_refused
        top_srvfail top_nodata top_udp_ports""".split(),
}
# telegraf flattens objects and lists by "_".
TELEGRAF = ["dns_cardinality_qname", "packets_cardinality_src_ips_in", "packets_deep_samples", "packets_total",
            *(f"dns_top_{name}_0_{part}" for part in ("name", "estimate") for name in
              "nxdomain qname2 qname3 qtype rcode refused srvfail udp_ports".split()),
            *(f"dns_wire_packets_{name}" for name in
              "ipv4 ipv6 nxdomain queries refused replies srvfail tcp udp".split()),
            *(f"dns_xact_{side}_{what}" for side in ("in", "out") for what in
              ("total", *(f"quantiles_us_{q}" for q in QUANTILES))),
            *(f"packets_{name}" for name in "ipv4 ipv6 tcp udp".split()),
            *(f"packets_rates_pps_{side}_{q}" for side in ("in", "out") for q in ("p50", "p95", "p99")),
            *(f"packets_top_{name}_0_name" for name in ("ipv4", "ipv6"))]


def at(told, path):
    for key in path.split("."):
        told = told[key]
    return told


def flatten(told, prefix=""):
    items = told.items() if isinstance(told, dict) else enumerate(told)
    for key, value in items:
        name = f"{prefix}_{key}" if prefix else str(key)
        if isinstance(value, (dict, list)):
            yield from flatten(value, name)
        else:
            yield name, value


def expressions(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "expr":
                yield value
            else:
                yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


@unittest.skipUnless(traffic.allowed(), "takes CAP_NET_RAW")
class Clients(AgentTest):
    """One agent that watches traffic for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.geo = os.path.exists(CITY) and os.path.exists(ISP)
        cls.class_folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        places = ["--geo-city", CITY, "--geo-asn", ISP] if cls.geo else []
        cls.it = agent.Agent(cls.class_folder, "-H", traffic.HOSTS, "--prom-instance", "test", *places, "lo")
        cls.addClassCleanup(cls.it.stop)
        cls.enterClassContext(traffic.Traffic())
        time.sleep(3)

    def test_two_policies(self):
        told = self.it.ask("/api/v1/policies").json
        self.assertEqual(len(told), 2)
        (other,) = set(told) - {"default"}
        (stream,) = told["default"]["input"]
        self.assertEqual(other, stream + "-resources")
        source = told["default"]["input"][stream]
        self.assertEqual(source["module"]["config"], {"bpf": "", "host_spec": traffic.HOSTS, "iface": "lo"})
        self.assertIn("127.0.0.1/8", source["pcap"]["host_ips"]["ipv4"])
        self.assertEqual(sorted(told["default"]["modules"]),
                         [f"default-default-{name}" for name in ("dhcp", "dns", "net", "pcap_stats")])

    def test_terminal(self):
        told = self.it.ask("/api/v1/policies/default/metrics/window/5").json["default"]
        handlers = {key: value for handler in told.values() for key, value in handler.items()}
        self.assertEqual(sorted(handlers), sorted(INTEGERS))
        for key, paths in INTEGERS.items():
            for path in paths:
                value = at(handlers[key], path)
                self.assertIsInstance(value, int, (key, path))
                self.assertGreaterEqual(value, 0)
        for path in FLOATS:
            self.assertIsInstance(at(handlers["dns"], path), (int, float), path)
        for key, paths in TOPS.items():
            for path in paths:
                for item in at(handlers[key], path):
                    self.assertLessEqual({"name", "estimate"}, item.keys())
                    self.assertIsInstance(item["name"], str)
                    self.assertIsInstance(item["estimate"], int)
        packets, dns = handlers["packets"], handlers["dns"]
        self.assertEqual(packets["total"], packets["in"] + packets["out"] + packets["unknown_dir"])
        self.assertGreater(min(packets["in"], packets["out"], packets["ipv6"], packets["other_l4"]), 0)
        self.assertGreater(dns["xact"]["in"]["total"], 0)
        self.assertAlmostEqual(dns["wire_packets"]["queries"] / dns["wire_packets"]["replies"], 4 / 3, delta=0.1)
        self.assertEqual(dns["cardinality"]["qname"], 21)
        self.assertIn(".bad.example", [item["name"][-12:] for item in dns["top_qname3"]])

    def test_telegraf(self):
        told = dict(flatten(self.it.ask("/api/v1/metrics/bucket/0").json["1m"]))
        self.assertLessEqual(set(TELEGRAF), set(told), set(TELEGRAF) - set(told))
        self.assertLess(abs(told["period_start_ts"] - time.time()), 120)
        self.assertGreaterEqual(told["period_length"], 1)

    def scraped(self, form):
        return self.it.ask("/metrics" + (f"?format={form}" if form else "")).body

    def test_promtool(self):
        promtool = shutil.which("promtool") or self.skipTest("no promtool")
        for form in ("", "text"):
            done = subprocess.run([promtool, "check", "metrics"], input=self.scraped(form), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            remarks = done.stdout.decode().splitlines()
            if form:
                self.assertEqual((done.returncode, remarks), (0, []))
            self.assertIn(done.returncode, (0, 3))
            self.assertEqual([line for line in remarks if not KNOWN_REMARKS.match(line)], [])

    def test_open_metrics(self):
        script = ("import sys\n"
                  "try:\n    from prometheus_client.openmetrics import parser\nexcept ImportError:\n    sys.exit(77)\n"
                  "print(len(list(parser.text_string_to_metric_families(sys.stdin.buffer.read().decode()))))")
        done = subprocess.run(["/usr/bin/env", "PATH=/usr/bin:/bin", "python3", "-c", script],
                              input=self.scraped("openmetrics"), stdout=subprocess.PIPE, check=False)
        if done.returncode == 77:
            self.skipTest("no python3-prometheus-client")
        self.assertEqual(done.returncode, 0)
        self.assertGreater(int(done.stdout), 50)

    @contextlib.contextmanager
    def prometheus(self):
        binary = shutil.which("prometheus") or self.skipTest("no prometheus")
        with agent.taken_port() as taken:
            port = taken.getsockname()[1]
        target = [{"targets": [f"localhost:{self.it.port}"]}]
        jobs = [{"job_name": "compatible", "honor_labels": True, "static_configs": target},
                {"job_name": "modern", "params": {"format": ["modern"]}, "honor_labels": True,
                 "static_configs": target},
                {"job_name": "all", "metrics_path": "/api/v1/policies/__all/metrics/prometheus",
                 "honor_labels": True, "static_configs": target}]
        config = self.file("prometheus.json", json.dumps({"global": {"scrape_interval": "1s"},
                                                          "scrape_configs": jobs}))
        with open(os.path.join(self.folder, "log"), "w+", encoding="utf-8") as log:
            process = subprocess.Popen([binary, f"--config.file={config}", "--enable-feature=native-histograms",
                                        f"--storage.tsdb.path={self.folder}/data",
                                        f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
            try:
                yield lambda expression: self.query(port, expression), log.name
            finally:
                process.terminate()
                process.wait(agent.PATIENCE)

    @staticmethod
    def query(port, expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code != 503:  # it is starting
                raise
        except OSError:
            pass
        return []

    def test_prometheus(self):
        with self.prometheus() as (ask, log):
            wait_for("three scrapes", lambda: len(ask("scrape_samples_scraped > 50")) == 3, 60)
            self.assertEqual([up["value"][1] for up in ask("up")], ["1"] * 3)
            time.sleep(2)
            for form in ("compatible", "modern", "all"):
                taken, added = (float(ask(f'scrape_samples_{what}{{job="{form}"}}')[0]["value"][1])
                                for what in ("scraped", "post_metric_relabeling"))
                self.assertEqual(taken, added)
            self.assertGreater(float(ask("histogram_count(pktvisor_dns_xact_out_seconds)")[0]["value"][1]), 10)
            self.assertTrue(ask("rate(pktvisor_packets_total[10s])"))
            if os.path.exists(DASHBOARD):
                self.dashboard(ask)
            with open(log, encoding="utf-8") as lines:
                self.assertEqual([line for line in lines if "level=error" in line or "level=warn" in line], [])
        if not os.path.exists(DASHBOARD):
            self.skipTest(f"no {DASHBOARD}")

    def dashboard(self, ask):
        with open(DASHBOARD, encoding="utf-8") as file:
            every = sorted(set(expressions(json.load(file))))
        self.assertGreater(len(every), 40)
        places = re.compile("geoLoc|ASN")
        wait_for("expressions without data", lambda: not [
            expression for expression in every
            if (self.geo or not places.search(expression)) and not ask(expression.replace("$instance", "test"))])
        names = {item["metric"].get("name") for item in ask("sum by (name) (packets_top_ipv4)")}
        self.assertIn(traffic.AWAY, names)


if __name__ == "__main__":
    traffic.go_where_nobody_else_is()
    agent.main()
