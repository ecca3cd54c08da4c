#!/usr/bin/env python3
"""What the agent really answers, judged by the description it gives of itself.

Usage: openapi_test.py PKTVISORD
"""
import re

import agent
from agent import ALL_MODULES, TAPS, AgentTest, mock_policy, policies, wait_for

EVERYTHING = """{net: {type: net}, dhcp: {type: dhcp}, pcap: {type: pcap}, net2: {type: net, require_version: "2.0"},
      dns: {type: dns, metric_groups: {enable: [all]}},
      dns2: {type: dns, require_version: "2.0", metric_groups: {enable: [all]}}}"""
DOCUMENT = (TAPS + "  policies:\n" + mock_policy("default", modules=ALL_MODULES) +
            mock_policy("everything", modules=EVERYTHING) +
            mock_policy("merged", "tap_selector: {any: [{virtual: true}]}", modules=EVERYTHING,
                        extra="config: {merge_like_handlers: true}, "))


class OpenApi(AgentTest):
    def validate(self, api, schema, told):
        import jsonschema
        components = api["components"]
        jsonschema.Draft202012Validator({**schema, "components": components}).validate(told)

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
            self.validate(api, schema, reply.json)
        return schema

    def test_every_answer(self):
        it = self.with_config(DOCUMENT, "--admin-api")
        api = it.ask("/api/v1/openapi.json").json
        now = lambda: it.ask("/api/v1/metrics/bucket/0").json["1m"]
        wait_for("traffic", lambda: now()["dns"]["wire_packets"]["events"] > 15)
        asked = judged = 0
        for path, operations in api["paths"].items():
            if "get" not in operations:
                continue
            names = (("default", "everything", "merged", "__all", "nope") if "/metrics/" in path else
                     ("default", "merged", "nope"))
            numbers = (0, 2, 99)
            for name in names if "{name}" in path else ("",):
                for number in numbers if "{n}" in path else (0,):
                    for query in ("", "?extended=1", "?format=modern", "?format=nonsense"):
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
            reply = self.answers(it.post(path, body, method=method), status)
            operation = api["paths"][re.sub("/made$", "/{name}", path)][method.lower()]
            self.judge(api, path, operation, reply)

    def test_it_can_tell(self):
        import jsonschema
        it = self.with_config(DOCUMENT)
        api = it.ask("/api/v1/openapi.json").json
        schema = {"$ref": "#/components/schemas/PolicyMetrics"}
        told = it.ask("/api/v1/policies/default/metrics/window/2").json
        self.validate(api, schema, told)
        told["default"]["default-default-pcap_stats"]["pcap"]["no_such_metric"] = 1
        with self.assertRaises(jsonschema.ValidationError):
            self.validate(api, schema, told)


if __name__ == "__main__":
    agent.need("jsonschema")
    agent.main()
