#!/usr/bin/env python3
"""What the agent really answers, judged by the description it gives of itself.

Usage: openapi_test.py PKTVISORD
"""
import glob
import json
import os
import re

import agent
import documents
from agent import ALL_MODULES, TAPS, AgentTest, mock_policy, policies, wait_for

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

EVERYTHING = """{net: {type: net}, dhcp: {type: dhcp}, pcap: {type: pcap}, net2: {type: net, require_version: "2.0"},
      dns: {type: dns, metric_groups: {enable: [all]}},
      dns2: {type: dns, require_version: "2.0", metric_groups: {enable: [all]}}}"""
DOCUMENT = (TAPS + "  policies:\n" + mock_policy("default", modules=ALL_MODULES) +
            mock_policy("everything", modules=EVERYTHING) +
            mock_policy("merged", "tap_selector: {any: [{virtual: true}]}", modules=EVERYTHING,
                        extra="config: {merge_like_handlers: true}, "))


class OpenApi(AgentTest):
    def judge(self, api, path, operation, reply):
        described = operation["responses"].get(str(reply.status))
        self.assertIsNotNone(described, (path, reply))
        content = described.get("content")
        if content is None:
            return None
        kind = reply.type.split(";")[0]
        self.assertIn(kind, [known.split(";")[0] for known in content], path)
        schema = content[reply.type if reply.type in content else kind].get("schema", {})
        if kind.endswith("json"):
            documents.validator(api, schema).validate(reply.json)
        return schema

    def test_every_answer(self):
        it = self.with_config(DOCUMENT, "--admin-api")
        api = it.ask("/api/v1/openapi.json").json
        now = lambda: it.ask("/api/v1/metrics/bucket/0").json["1m"]
        wait_for("traffic", lambda: now()["dns"]["wire_packets"]["events"] > 15)
        asked = judged = 0
        for path, operations in api["paths"].items():
            if "get" not in operations or "/metrics/live" in path:  # which has no end
                continue
            names = (("default", "everything", "merged", "__all", "nope") if "/metrics/" in path else
                     ("default", "merged", "nope"))
            numbers = (0, 2, 99)
            for name in names if "{name}" in path else ("",):
                for number in numbers if "{n}" in path else (0,):
                    for query in ("", "?extended=1", "?charts=1", "?charts=2", "?format=modern", "?format=nonsense"):
                        if query and query[1:].split("=")[0] not in [
                                parameter["name"] for parameter in operations["get"].get("parameters", [])]:
                            continue
                        real = path.replace("{name}", name).replace("{n}", str(number)) + query
                        asked += 1
                        judged += self.judge(api, real, operations["get"], it.ask(real)) is not None
        self.assertGreater(asked, 60)
        self.assertGreater(judged, 40)

    def test_changes(self):
        it = self.with_config(DOCUMENT, "--admin-api")
        api = it.ask("/api/v1/openapi.json").json
        tap = "visor: {taps: {made: {input_type: pcap, config: {pcap_source: mock}}}}"
        policy = policies(mock_policy("made", "made"))
        for method, path, body, status in (
                ("POST", "/api/v1/taps", tap, 201), ("POST", "/api/v1/taps", tap, 409),
                ("PUT", "/api/v1/taps/made", tap, 200), ("POST", "/api/v1/policies", policy, 201),
                ("POST", "/api/v1/policies", policy, 409), ("POST", "/api/v1/policies", "nonsense", 400),
                ("PUT", "/api/v1/policies/made", policy, 200), ("DELETE", "/api/v1/taps/made", None, 409),
                ("DELETE", "/api/v1/policies/made", None, 200), ("DELETE", "/api/v1/policies/made", None, 404),
                ("DELETE", "/api/v1/taps/made", None, 200), ("PUT", "/api/v1/taps/made", tap, 404)):
            operation = api["paths"][re.sub("/made$", "/{name}", path)][method.lower()]
            would = 200 if status == 201 else status
            tried = self.answers(it.post(path + "?dry_run=1", body, method=method), would)
            self.judge(api, path, operation, tried)
            reply = self.answers(it.post(path, body, method=method), status)
            self.judge(api, path, operation, reply)

    def test_it_can_tell(self):
        it = self.with_config(DOCUMENT)
        metrics = documents.validator(it.ask("/api/v1/openapi.json").json, documents.named("PolicyMetrics"))
        told = it.ask("/api/v1/policies/default/metrics/window/2").json
        metrics.validate(told)
        told["default"]["default-default-pcap_stats"]["pcap"]["no_such_metric"] = 1
        self.assertFalse(metrics.is_valid(told))


class Documents(AgentTest):
    """What requests may hold. That tests' documents are as described is told wherever a program takes one."""

    TAP = {"input_type": "pcap", "config": {"pcap_source": "mock", "host_spec": "10.0.0.0/24"}, "tags": {"here": True}}
    POLICY = {"kind": "collection", "input": {"tap": "default", "input_type": "pcap", "filter": {"bpf": "udp"}},
              "handlers": {"window_config": {"num_periods": 2},
                           "modules": {"d": {"type": "dns", "filter": {"only_qtype": ["A", 28]}}}}}

    def setUp(self):
        super().setUp()
        self.it = self.with_config(TAPS, "--admin-api")
        self.judge = documents.Judge(self.it.ask("/api/v1/openapi.json").json)

    def described(self, section, document):
        return not self.judge.errors(section, document)

    def taken(self, section, document):
        reply = self.it.post("/api/v1/" + section, json.dumps(document), "application/json")
        self.assertIn(reply.status, (201, 400), reply)
        return reply.status == 201

    def test_files_of_this_tree(self):
        files = [path for folder in ("packaging", "tests", "tests/goldens")
                 for path in glob.glob(os.path.join(ROOT, folder, "*.yaml"))]
        self.assertGreaterEqual(len(files), 4)
        texts = {}
        for path in files + glob.glob(os.path.join(ROOT, "docs", "*.md")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S) if path.endswith(".md") else [text]
            texts.update({f"{path}#{i}": block for i, block in enumerate(blocks) if re.search("^visor:", block, re.M)})
        self.assertGreater(len(texts), len(files))  # the documentation has some
        for path, text in texts.items():
            with self.subTest(path):
                self.assertGreater(self.judge.check(text), 0)

    def test_right_ones(self):
        self.assertTrue(self.described("taps", {"visor": {"taps": {"t": self.TAP}}}))
        self.assertTrue(self.taken("taps", {"visor": {"taps": {"t": self.TAP}}}))
        self.assertTrue(self.described("policies", {"visor": {"policies": {"p": self.POLICY}}}))
        self.assertTrue(self.taken("policies", {"visor": {"policies": {"p": self.POLICY}}}))

    def test_wrong_ones(self):
        def changed(thing, path, value):
            """A copy in which this is what stands at a dotted path; None: nothing does."""
            copy = json.loads(json.dumps(thing))
            *above, last = path.split(".")
            node = copy
            for key in above:
                node = node[key]
            node.pop(last, None)
            if value is not None:
                node[last] = value
            return copy
        for section, thing, path, value in (
                ("taps", self.TAP, "config.hostspec", "10.0.0.0/24"), ("taps", self.TAP, "config.debug", "maybe"),
                ("taps", self.TAP, "config", 7), ("taps", self.TAP, "input_type", "pcpa"),
                ("taps", self.TAP, "input_type", None), ("taps", self.TAP, "tags.here", ["a"]),
                ("policies", self.POLICY, "kind", None), ("policies", self.POLICY, "kind", "colection"),
                ("policies", self.POLICY, "input", None), ("policies", self.POLICY, "handlers", None),
                ("policies", self.POLICY, "input.tap", None), ("policies", self.POLICY, "input.input_type", None),
                ("policies", self.POLICY, "input.filter.bfp", "udp"),
                ("policies", self.POLICY, "input.tap_selector", {"any": [{"virtual": True}]}),
                ("policies", self.POLICY, "handlers.modules", None), ("policies", self.POLICY, "handlers.modules", "d"),
                ("policies", self.POLICY, "handlers.modules.d.type", None),
                ("policies", self.POLICY, "handlers.modules.d.type", "dsn"),
                ("policies", self.POLICY, "handlers.modules.d.filter.only_qtpe", ["A"]),
                ("policies", self.POLICY, "handlers.modules.d.filter.only_qtype", "A"),
                ("policies", self.POLICY, "handlers.modules.d.filter.exclude_noerror", 3),
                ("policies", self.POLICY, "handlers.window_config.num_periods", "many"),
                ("policies", self.POLICY, "handlers.window_config.periods", 3)):
            with self.subTest(path=path, value=value):
                document = {"visor": {section: {"x": changed(thing, path, value)}}}
                self.assertFalse(self.described(section, document))
                self.assertFalse(self.taken(section, document))
        for section, thing in (("taps", self.TAP), ("policies", self.POLICY)):
            for wrong in ({"visor": {section: {"x": thing, "y": thing}}}, {"visor": {section: {}}},
                          {section: {"x": thing}}, {"visor": {section: {"a b": thing}}},
                          {"version": "2.0", "visor": {section: {"x": thing}}}):
                with self.subTest(wrong=wrong):
                    self.assertFalse(self.described(section, wrong))
                    self.assertFalse(self.taken(section, wrong))


if __name__ == "__main__":
    agent.need("jsonschema")
    agent.need("yaml")
    agent.main()
