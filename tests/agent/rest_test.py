#!/usr/bin/env python3
"""The REST interface as existing clients use it: paths, shapes, status codes and texts.

Usage: rest_test.py PKTVISORD
"""
import json
import re
import subprocess
import time

import agent
from agent import ALL_MODULES, TAPS, WITH_DEFAULT, AgentTest, mock_policy, policies

GO_CLI = re.compile(r"invalid metrics period, specify \[\d, (\d)\]")
ADMIN_ROUTES = [("POST", "/api/v1/taps"), ("PUT", "/api/v1/taps/default"), ("DELETE", "/api/v1/taps/default"),
                ("POST", "/api/v1/policies"), ("PUT", "/api/v1/policies/default"),
                ("DELETE", "/api/v1/policies/default"), ("DELETE", "/api/v1/server")]


def sorted_keys(text):
    """Whether every object of the JSON has its keys in order."""
    def check(pairs):
        keys = [key for key, _ in pairs]
        assert keys == sorted(keys), keys
        return dict(pairs)
    return json.loads(text, object_pairs_hook=check)


class Read(AgentTest):
    """Without --admin-api, one policy named default."""

    def setUp(self):
        super().setUp()
        self.it = self.with_config(WITH_DEFAULT)

    def test_every_body_is_compact_json_with_sorted_keys(self):
        for path in ("metrics/app", "metrics/rates", "metrics/bucket/0", "metrics/window/5", "taps", "taps/default",
                     "policies", "policies/default", "policies/default/metrics/bucket/0",
                     "policies/__all/metrics/window/2"):
            reply = self.answers(self.it.ask("/api/v1/" + path), 200)
            self.assertEqual(reply.type, "text/json", path)
            told = sorted_keys(reply.body.decode())
            again = json.dumps(told, separators=(",", ":"), ensure_ascii=False)
            self.assertEqual(len(again) // 50, len(reply.body) // 50, path)  # floats may differ by a digit

    def test_app(self):
        app = self.it.ask("/api/v1/metrics/app").json["app"]
        self.assertEqual(sorted(app), ["up_time_min", "version"])
        self.assertRegex(app["version"], r"^\d+\.\d+\.\d+")
        self.assertIsInstance(app["up_time_min"], float)
        self.assertLess(app["up_time_min"], 1)

    def test_rates_are_deprecated(self):
        rates = self.it.ask("/api/v1/metrics/rates").json
        self.assertEqual(rates["packets"], {"in": 0, "out": 0})
        self.assertIn("deprecated", rates["warning"])

    def test_unknown_paths_and_routes_that_change_something(self):
        for method, path in ADMIN_ROUTES + [("POST", "/"), ("GET", "/api/v1"), ("GET", "/api/v1/nope"),
                                            ("GET", "/api/v1/metrics/bucket/x"), ("GET", "/api/v1/metrics/bucket/-1"),
                                            ("GET", "/api/v1/metrics/bucket/1.5"), ("PATCH", "/api/v1/taps"),
                                            ("GET", "/api/v1/metrics/bucket"), ("GET", "//api/v1/taps")]:
            reply = self.it.post(path, "visor: {}", method=method)
            self.assertEqual((reply.status, reply.body), (404, b""), (method, path))

    def test_old_routes(self):
        one = self.it.ask("/api/v1/metrics/bucket/0").json
        self.assertEqual(list(one), ["1m"])
        self.assertEqual(sorted(one["1m"]), ["dhcp", "dns", "packets", "pcap", "period"])
        self.assertEqual(sorted(one["1m"]["period"]), ["length", "start_ts"])
        for handler in ("dhcp", "dns", "packets", "pcap"):
            self.assertEqual(one["1m"][handler]["period"], one["1m"]["period"])
        for minutes in (2, 5):
            several = self.it.ask(f"/api/v1/metrics/window/{minutes}").json
            self.assertEqual(list(several), [f"{minutes}m"])
            self.assertEqual(sorted(several[f"{minutes}m"]), ["dhcp", "dns", "packets", "pcap"])

    def test_policy_routes(self):
        told = self.it.ask("/api/v1/policies/default/metrics/window/5").json
        self.assertEqual(list(told), ["default"])
        self.assertEqual({name: list(handler) for name, handler in told["default"].items()},
                         {"default-default-net": ["packets"], "default-default-dns": ["dns"],
                          "default-default-dhcp": ["dhcp"], "default-default-pcap_stats": ["pcap"]})
        self.answers(self.it.ask("/api/v1/policies/nope/metrics/window/5"), 404, "^policy does not exist$")
        self.answers(self.it.ask("/api/v1/policies/nope/metrics/bucket/1"), 404, "^policy does not exist$")
        self.answers(self.it.ask("/api/v1/policies/nope"), 404, "^policy does not exists$")
        self.answers(self.it.ask("/api/v1/taps/nope"), 404, "^tap does not exists$")
        self.answers(self.it.ask("/api/v1/policies/%ff%fe%00"), 404, "^policy does not exists$")
        self.assertEqual(self.it.ask("/api/v1/policies/d%65fault").json.keys(), {"default"})

    def test_periods(self):
        single, window = r"^invalid metrics period, specify \[0, 4]$", r"^invalid metrics period, specify \[2, 5]$"
        early = r"^requested metrics period has not yet accumulated, current range is \[0, 0]$"
        for path, status in (("/api/v1/policies/default/metrics", 425), ("/api/v1/metrics", 400)):
            for number, error in ((5, single), (99999, single), (10**30, single), (1, early), (4, early)):
                self.answers(self.it.ask(f"{path}/bucket/{number}"), status, error)
            for number in (0, 1, 6, 2**32 + 2, 2**64 + 2):
                reply = self.answers(self.it.ask(f"{path}/window/{number}"), status, window)
                self.assertEqual(GO_CLI.search(reply.json["error"]).group(1), "5")

    def test_all(self):
        told = self.it.ask("/api/v1/policies/__all/metrics/bucket/0").json
        self.assertEqual(len(told), 2)
        self.assertIn("default", told)
        self.assertEqual(self.it.ask("/api/v1/policies/__all/metrics/bucket/3").json, {})
        self.assertEqual(self.it.ask("/api/v1/policies/__all/metrics/window/99").json, {})

    def test_taps(self):
        taps = self.it.ask("/api/v1/taps").json
        self.assertEqual(list(taps), ["bare", "default", "other"])
        self.assertEqual(taps["default"], {"config": {"host_spec": "10.0.0.0/24", "pcap_source": "mock"},
                                           "input_type": "pcap", "interface": "visor.module.input/1.0",
                                           "tags": {"vhost": 1, "virtual": True}})
        self.assertIsNone(taps["bare"]["tags"])
        self.assertEqual(self.it.ask("/api/v1/taps/other").json, {"other": taps["other"]})

    def test_prometheus_routes(self):
        reply = self.answers(self.it.ask("/metrics"), 200)
        self.assertEqual(reply.type, "text/plain")
        self.assertRegex(reply.body.decode(), r'(?m)^packets_total\{policy="default",tap="default"\} \d+$')
        with_handler = self.it.ask("/api/v1/policies/default/metrics/prometheus").body.decode()
        self.assertRegex(with_handler, r'(?m)^packets_total\{handler="default-default-net",policy="default",tap="')
        everything = self.it.ask("/api/v1/policies/__all/metrics/prometheus").body.decode()
        self.assertRegex(everything, r'(?m)^base_total\{')
        nope = self.it.ask("/api/v1/policies/nope/metrics/prometheus")
        self.assertEqual((nope.status, nope.type, nope.body), (404, "text/plain", b"policy does not exist"))
        self.answers(self.it.ask("/metrics?format=nonsense"), 400)

    def test_policy_shape(self):
        def traffic():
            shown = self.it.ask("/api/v1/policies/default").json["default"]
            dns = shown["modules"]["default-default-dns"]["metrics"]["periods"][0]
            return dns["events"]["wire_packets"]["events"] > 10 and shown
        shown = agent.wait_for("events", traffic)
        # "document" is beyond earlier versions.
        self.assertEqual(sorted(shown), ["document", "input", "modules", "taps"])
        (name, stream), = shown["input"].items()
        self.assertRegex(name, r"^default-[0-9a-f]+$")
        self.assertEqual(stream["input"], {"consumers": 2, "running": True})
        self.assertEqual(stream["module"],
                         {"name": name, "config": {"host_spec": "10.0.0.0/24", "pcap_source": "mock"}})
        self.assertEqual(stream["pcap"]["pcap_source"], "mock")
        self.assertRegex(stream["pcap"]["available_iface"], r"^[^ ,]+(,[^ ,]+)*$")
        self.assertIn("lo", stream["pcap"]["available_iface"].split(","))
        self.assertEqual(list(shown["taps"]), ["default"])
        self.assertEqual(sorted(shown["modules"]),
                         [f"default-default-{name}" for name in ("dhcp", "dns", "net", "pcap_stats")])
        dns = shown["modules"]["default-default-dns"]
        self.assertLessEqual({"name": "default-default-dns", "running": True, "type": "dns",
                              "config": {"deep_sample_rate": 100, "num_periods": 5,
                                         "_internal_tap_name": "default"}}.items(), dns["module"].items())
        self.assertEqual(dns["dns"]["predicate"], {"enabled": False})
        self.assertEqual(list(dns["dns"]["xact"]), ["open"])
        def open_queries():
            module = self.it.ask("/api/v1/policies/default").json["default"]["modules"]["default-default-dns"]
            return module["dns"]["xact"]["open"]
        agent.wait_for("queries without a reply", lambda: open_queries() > 0)
        self.assertLess(open_queries(), 100)  # ten a second, each forgotten after five
        self.assertNotIn("packets", shown["modules"]["default-default-net"])
        self.assertEqual((dns["metrics"]["deep_sample_rate"], dns["metrics"]["periods_configured"]), (100, 5))
        (period,) = dns["metrics"]["periods"]
        self.assertEqual(sorted(period), ["events", "length", "rates", "read_only", "start_tstamp"])
        self.assertEqual(sorted(period["events"]["wire_packets"]), ["deep_samples", "events"])
        self.assertEqual(sorted(period["rates"]["rates"]["events"]), ["live", "p50", "p90", "p95", "p99"])
        self.assertRegex(period["start_tstamp"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.assertIs(period["read_only"], False)
        net = shown["modules"]["default-default-net"]["metrics"]["periods"][0]
        self.assertEqual(sorted(net["events"]), ["deep_samples", "events"])


class WhatIsLogged(AgentTest):
    """Nobody writes lines of his own into the log."""

    def test_paths_and_names(self):
        stamp = "[2026-01-01 00:00:00.000] [visor] [error]"
        it = self.with_config(WITH_DEFAULT + f'  config: {{"a\\n{stamp} forged\\e[2J": 1}}\n', "--admin-api")
        it.ask("/%0a[2026-01-01%2000:00:00.000]%20[visor]%20[error]%20forged%1b[2J%ff")
        reply = it.post("/api/v1/policies", policies(mock_policy('"two\\nlines"')))
        self.answers(reply, 400, r"^expecting policy identifier: 'two\\x0alines' is none; a name is up to 128 letters")
        iface = '{pcap_source: libpcap, iface: "no\\nlines"}'
        reply = it.post("/api/v1/policies", policies(mock_policy("p", "bare", config=iface)))
        self.answers(reply, 500, "^unable to instantiate tap 'bare': ")
        it.stop()
        self.assertIn(f"key 'a\\x0a{stamp} forged\\x1b[2J' is ignored; ", it.log())
        for line in it.log().splitlines():
            self.assertRegex(line, r"^\[\d{4}-\d\d-\d\d [0-9:.]+\] \[visor\] \[\w+\] [^\x00-\x1f]*$")
            self.assertFalse(line.startswith(stamp), line)


class MockInput(AgentTest):
    """Made-up traffic as an input type of its own."""

    def test_it_runs(self):
        it = self.with_config("""visor:
  taps:
    m: {input_type: mock, config: {host_spec: "10.0.0.0/24", whatever: 1}}
  policies:
    default: {kind: collection, input: {tap: m, input_type: mock}, handlers: {modules: {dns: {type: dns}}}}
""")
        def events():
            return it.ask("/api/v1/metrics/bucket/0").json["1m"]["dns"]["wire_packets"]["events"]
        agent.wait_for("events", lambda: events() > 5)
        shown = it.ask("/api/v1/policies/default").json["default"]
        (stream,) = shown["input"].values()
        self.assertEqual(sorted(stream), ["input", "module"])
        self.assertEqual(stream["module"]["config"], {"host_spec": "10.0.0.0/24", "whatever": 1})
        self.assertEqual(shown["taps"]["m"]["input_type"], "mock")

    def test_it_is_listed(self):
        listed = subprocess.run([agent.PROGRAM, "--module-list"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r"(?m) input: mock$")


class ReadNothing(AgentTest):
    def test_no_policy_at_all(self):
        it = self.agent("--admin-api")
        self.assertEqual(it.ask("/api/v1/policies").json, {})
        self.assertEqual(it.ask("/api/v1/taps").json, {})
        for path in ("bucket/0", "window/5", "bucket/99"):
            self.answers(it.ask("/api/v1/metrics/" + path), 404, "^policy does not exist$")
        reply = it.ask("/metrics")
        self.assertEqual(reply.status, 404)
        self.assertIn(b"/api/v1/policies/NAME/metrics/prometheus", reply.body)
        self.assertEqual(it.ask("/api/v1/policies/__all/metrics/bucket/0").json, {})
        self.assertEqual(it.ask("/api/v1/policies/__all/metrics/prometheus").status, 200)


class Change(AgentTest):
    """With --admin-api."""

    def setUp(self):
        super().setUp()
        self.it = self.with_config(WITH_DEFAULT, "--admin-api")

    def names(self):
        return list(self.it.ask("/api/v1/policies").json)

    def add(self, *parts, **more):
        return self.it.post("/api/v1/policies", policies(mock_policy(*parts, **more)))

    def test_streams_and_their_own_policies(self):
        self.assertEqual(len(self.names()), 2)
        resources = [name for name in self.names() if name.endswith("-resources")]
        self.assertRegex(resources[0], r"^default-[0-9a-f]+-resources$")
        made = self.answers(self.add("more", config="{host_spec: 192.168.0.0/24}"), 201)
        self.assertEqual(list(made.json), ["more"])
        self.assertEqual(made.json, {"more": self.it.ask("/api/v1/policies/more").json["more"]} |
                         {"more": made.json["more"]})
        self.assertEqual(len(self.names()), 4)
        self.answers(self.add("same_input"), 201)  # shares the stream of default
        self.assertEqual(len(self.names()), 5)
        # Without its own policy a stream goes on.
        self.answers(self.it.ask("/api/v1/policies/" + resources[0], "DELETE"), 200)
        self.assertIn("default", self.names())
        self.assertEqual(len(self.names()), 4)
        for name in ("more", "default", "same_input"):
            reply = self.answers(self.it.ask("/api/v1/policies/" + name, "DELETE"), 200)
            self.assertEqual(reply.json, {})
        self.assertEqual(self.names(), [])
        self.answers(self.it.ask("/api/v1/policies/more", "DELETE"), 404, "^policy does not exists$")
        self.assertEqual(len(self.it.ask("/api/v1/taps").json), 3)

    def test_a_stream_goes_with_its_last_policy(self):
        self.answers(self.it.ask("/api/v1/policies/default", "DELETE"), 200)
        self.assertEqual(self.names(), [])

    def test_what_cannot_be_added(self):
        already = "^policy with name 'default' already defined$"
        self.answers(self.add("default"), 409, already)
        self.answers(self.add("p", "nope"), 400, "^tap 'nope' does not exist")
        self.answers(self.add("p", "tap_selector: {any: [{vhost: 9}]}"), 422,
                     "^no tap match found for specified 'input.tap_selector' tags; the tags are: ")
        self.answers(self.add("p", "tap_selector: {all: [{virtual: true}, {vhost: 2}]}"), 422)
        self.answers(self.add("p", "tap_selector: {any: [{vhost: text}]}"), 400,
                     "tag and selector value types are different for key 'vhost'")
        self.answers(self.add("p", "default, tap_selector: {any: [{vhost: 1}]}"), 400,
                     "^input can have only key 'input.tap' or key 'input.tap_selector'$")
        self.answers(self.add("p", config="{nokey: 1}"), 400, "^nokey is an invalid/unsupported config or filter. "
                     "The valid configs/filters are: ")
        self.answers(self.add("p", config="{host_spec: 10.0.0.1}"), 400,
                     "^invalid CIDR: 10.0.0.1; .* as 192.0.2.0/24 or 2001:db8::/32$")
        self.answers(self.add("p", "bare", config="{pcap_source: libpcap, iface: nope0}"), 500,
                     "^unable to instantiate tap 'bare': interface 'nope0' not found; available interfaces: .*lo")
        self.answers(self.add("p", modules="{x: {type: nope}}"), 400,
                     "^Policy 'p' requires stream handler type 'nope' and version '1.0' which is not available")
        self.answers(self.add("p", modules="{x: {type: dns, filter: {only_rcode: 133}}}"), 400,
                     "only_rcode filter contained an invalid/unsupported rcode")
        self.answers(self.add("p", modules="{x: {type: net, metric_groups: {enable: [nope]}}}"), 400,
                     "^nope is an invalid/unsupported metric group. The valid groups are: all, cardinality, counters, ")
        self.answers(self.add("__all"), 400, "reserved")
        (resources,) = [name for name in self.names() if name.endswith("-resources")]
        self.answers(self.add(resources), 409)
        self.assertEqual(len(self.names()), 2)  # nothing of all that remains

    def test_a_name_that_a_stream_will_want(self):
        taken = [name for name in self.names() if name != "default"][0]
        self.answers(self.it.ask("/api/v1/policies/default", "DELETE"), 200)
        self.answers(self.add(taken), 400, "reserved")
        self.answers(self.add(taken, "other"), 201)
        self.answers(self.add("default"), 409, "already defined")
        self.answers(self.it.ask(f"/api/v1/policies/{taken}", "DELETE"), 200)
        self.answers(self.add("default"), 201)
        self.assertEqual(sorted(self.names()), ["default", taken])

    def test_bodies(self):
        def post(body, kind=agent.YAML):
            return self.it.ask("/api/v1/policies", "POST", body, **({"Content_Type": kind} if kind else {}))
        good = policies(mock_policy("p"))
        self.answers(post(good, None), 400, "^must include Content-Type header$")
        self.answers(post(good, "text/plain"), 400, "^Content-Type not supported$")
        self.answers(post(good, "nonsense"), 400, "^Content-Type not supported$")
        self.answers(post(b""), 400, "^empty data$")
        self.answers(post(b"{{{"), 400)
        self.answers(post(b"a: 1"), 400, "^invalid schema; a map with the key 'visor' is expected$")
        self.answers(post(b"\0\xff" * 1000), 400)
        self.answers(post(TAPS), 400, "^no policies found in schema$")
        self.answers(post(policies(mock_policy("p"), mock_policy("q"))), 400,
                     "^only a single policy expected but got 2$")
        self.assertEqual(post(b" " * (2 << 20)).status, 413)
        self.answers(post("[" * 100_000), 400)
        self.answers(post("visor: &a {policies: *a}"), 400)
        self.answers(post(b"visor: {policies: {\xff\xfe: {kind: \xff}}}"), 400)
        self.assertEqual(len(self.names()), 2)
        self.answers(post(good, "application/x-yaml; charset=utf-8"), 201)
        as_json = {"visor": {"policies": {"j": {"kind": "collection", "input": {"tap": "default", "input_type": "pcap"},
                                                "handlers": {"modules": {"n": {"type": "net"}}}}}}}
        self.answers(post(json.dumps(as_json), "application/json"), 201)
        self.assertLessEqual({"p", "j"}, set(self.names()))

    def test_taps(self):
        def tap(name, what="input_type: pcap, config: {pcap_source: mock}", **options):
            return self.it.post("/api/v1/taps", f"visor: {{taps: {{{name}: {{{what}}}}}}}", **options)
        made = self.answers(tap("new"), 201)
        self.assertEqual(made.json, {"new": {"config": {"pcap_source": "mock"}, "input_type": "pcap",
                                             "interface": "visor.module.input/1.0", "tags": None}})
        self.answers(tap("new"), 409, "^module name 'new' already exists$")
        self.answers(tap('"two words"'), 400, "^expecting tap identifier: 'two words' is none; ")
        self.answers(tap("t", "input_type: nope"), 400,
                     "^Tap 't' requires input stream type 'nope' which is not available")
        self.answers(tap("t", "config: {}"), 400, "^missing or invalid tap type key 'input_type'$")
        self.answers(tap("t", "input_type: pcap, tags: 1"), 400, "^tap tags is not a map$")
        self.answers(self.it.post("/api/v1/taps", TAPS), 400, "^only a single tap expected but got 3$")
        self.answers(self.it.post("/api/v1/taps", "visor: {taps: {x: 1, y: 2}}"), 400,
                     "^only a single tap expected but got 2$")
        self.answers(self.add("on_new", "new"), 201)
        self.answers(self.it.ask("/api/v1/taps/new", "DELETE"), 409, "on_new")
        self.answers(self.it.ask("/api/v1/policies/on_new", "DELETE"), 200)
        self.assertEqual(self.answers(self.it.ask("/api/v1/taps/new", "DELETE"), 200).json, {})
        self.answers(self.it.ask("/api/v1/taps/new", "DELETE"), 404, "^tap does not exists$")

    def test_selector_and_merge(self):
        self.answers(self.add("each", "tap_selector: {any: [{virtual: true}]}", modules=ALL_MODULES), 201)
        self.answers(self.add("both", "tap_selector: {all: [{virtual: true}, {vhost: 1}]}"), 201)
        self.answers(self.add("merged", "tap_selector: {any: [{virtual: true}]}",
                              modules="{net: {type: net}, dns: {type: dns}, dns2: {type: dns, require_version: '2.0'}}",
                              extra="config: {merge_like_handlers: true}, "), 201)
        time.sleep(1)
        told = self.it.ask("/api/v1/policies/__all/metrics/window/2").json
        self.assertEqual(sorted(told["each"]), sorted(f"each-{tap}-{name}" for tap in ("default", "other")
                                                      for name in ("net", "dhcp", "dns", "pcap_stats")))
        self.assertEqual(list(told["both"]), ["both-default-dns"])
        # Two versions of dns have one schema key, but are not alike: they must not hide one another.
        self.assertEqual(sorted(told["merged"]), ["dns_merged", "dns_merged_2", "packets_merged"])
        self.assertIn("wire_packets", told["merged"]["dns_merged"]["dns"])
        self.assertIn("observed_packets", told["merged"]["dns_merged_2"]["dns"])
        parts = [told["each"][f"each-{tap}-dns"]["dns"]["wire_packets"]["events"] for tap in ("default", "other")]
        merged = told["merged"]["dns_merged"]["dns"]["wire_packets"]["events"]
        self.assertGreater(merged, max(parts) * 0.8)
        self.assertLess(abs(merged - sum(parts)), 12)
        text = self.it.ask("/api/v1/policies/merged/metrics/prometheus").body.decode()
        self.assertEqual(len(re.findall(r"(?m)^packets_total\{", text)), 1)
        self.assertRegex(text, r'(?m)^packets_total\{handler="packets_merged",policy="merged"\} ')
        modern = self.it.ask("/api/v1/policies/merged/metrics/prometheus?format=text").body.decode()
        (total,) = re.findall(r"(?m)^pktvisor_packets_total\{.*\} (\d+)$", modern)
        self.assertGreaterEqual(int(total), merged)

    def test_chain(self):
        chain = ("[first: {type: dns, filter: {only_qtype: [MX]}, metric_groups: {disable: [all]}}, "
                 "second: {type: net}, third: {type: dns}]")
        self.answers(self.add("chain", modules=chain), 201)

        def seen():
            told = self.it.ask("/api/v1/policies/chain/metrics/window/2").json["chain"]
            self.assertNotIn("chain-default-first", told)
            return told["chain-default-third"]["dns"]["wire_packets"]["total"] >= 2 and told
        told = agent.wait_for("messages through the chain", seen)
        dns = told["chain-default-third"]["dns"]
        self.assertEqual([item["name"] for item in dns["top_qtype"]], ["MX"])
        self.assertEqual(told["chain-default-second"]["packets"]["total"], dns["wire_packets"]["total"])

    def test_replace(self):
        put = lambda name, document: self.it.post("/api/v1/policies/" + name, document, method="PUT")
        self.answers(put("default", policies(mock_policy("default", modules="{only: {type: net}}"))), 200)
        self.assertEqual(list(self.it.ask("/api/v1/policies/default").json["default"]["modules"]),
                         ["default-default-only"])
        self.answers(put("nope", policies(mock_policy("nope"))), 404, "^policy does not exists$")
        self.answers(put("default", policies(mock_policy("another"))), 400)
        self.answers(put("default", policies(mock_policy("default", "nope"))), 400)
        self.assertIn("default", self.names())

    def test_stop(self):
        reply = self.answers(self.it.ask("/api/v1/server", "DELETE"), 200)
        self.assertEqual(reply.body, b"")
        self.assertEqual(self.it.process.wait(agent.PATIENCE), 0)
        self.assertIn("Shutting down", self.it.log())
        self.assertIn("exit with success", self.it.log())


class Periods(AgentTest):
    def test_shortest_and_longest_windows(self):
        it = self.with_config(WITH_DEFAULT, "--admin-api", "--periods", "10")
        self.answers(it.ask("/api/v1/policies/default/metrics/window/11"), 425, r"specify \[2, 10]$")
        self.answers(it.ask("/api/v1/policies/default/metrics/bucket/10"), 425, r"specify \[0, 9]$")
        document = policies(mock_policy("one")).replace("modules", "window_config: {num_periods: 1}, modules")
        self.answers(it.post("/api/v1/policies", document), 201)
        self.answers(it.ask("/api/v1/policies/one/metrics/bucket/0"), 200)
        self.answers(it.ask("/api/v1/policies/one/metrics/bucket/1"), 425, r"specify \[0, 0]$")
        self.answers(it.ask("/api/v1/policies/one/metrics/window/2"), 425, r"specify \[2, 1]$")


if __name__ == "__main__":
    agent.main()
