#!/usr/bin/env python3
"""Reports for browsers: one file that needs no other, with the figures of the whole capture.

Usage: html_test.py PKTVISOR_PCAP
"""
import html.parser
import json
import re
import unittest

import harness
from harness import ProgramTest, Run, START, dns, pcap, queries, udp

HOSTILE = ("</script><script>alert(1)</script>", "<!--", "\u2028\u2029", "\u202ertl", "a\"'&<b>")


class Parts(html.parser.HTMLParser):
    """Tags with their attributes, and what stands in elements that have an id or are scripts."""

    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.tags, self.scripts, self._in = [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._in = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self._in = None

    def handle_data(self, data):
        if self._in == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)


class Html(ProgramTest):
    def report(self, *arguments):
        """The text of a report and its data; skips the test in a program that has no page."""
        run = Run("--format", "html", *arguments)
        if run.status:
            self.fails("--format", "html", *arguments, saying="html needs the page, which is not in this program")
            self.assertIn("install Node 18 or later with npm", run.errors[0])
            self.skipTest(run.errors[0].split("program: ")[1].split(";")[0])
        text = run.out.decode("utf-8")
        data = [inner for attributes, inner in Parts(text).scripts if attributes.get("id") == "report-data"]
        self.assertEqual(len(data), 1)
        return text, json.loads(data[0])

    def test_data(self):
        seconds = [(START + i, 0) for i in range(900)]  # a quarter of an hour
        path = self.file("a<b>.pcap", pcap(queries(450), times=seconds))
        _, data = self.report("-H", "10.0.0.1/32", path)
        self.assertEqual(sorted(data), ["policies", "schema", "title", "version"])
        self.assertEqual(data["title"], path)
        self.assertIn("dns", [handler["key"] for handler in data["schema"]["handlers"]])
        (policy, shown), = data["policies"].items()
        ledger, = shown.pop("ledger").values()
        self.assertEqual(ledger["tap"]["received"], 900)
        plain = self.works("-H", "10.0.0.1/32", path)["1m"]
        self.assertEqual(ledger["tap"], Run("--extended", path).json["ledger"]["tap"])
        by_key = {key: value for handler in shown.values() for key, value in handler.items()}
        self.assertEqual(sorted(by_key), sorted(plain), policy)
        rate = by_key["packets"]["rates"]["pps_total"]["seconds"]
        self.assertEqual((rate["start_ts"], len(rate["values"]), sum(rate["values"])), (START, 900, 900))
        bins = by_key["dns"]["xact"]["out"]["quantiles_us"]["bins"]
        self.assertTrue(all(lower < 1_000_000 <= upper for lower, upper, _ in bins), bins)  # a second each
        self.assertEqual(sum(count for _, _, count in bins), 450)

        def same(more, less):
            """All that the extended result has."""
            if isinstance(less, dict):
                for name in less:
                    same(more[name], less[name])
            else:
                self.assertEqual(more, less)
        same(by_key, plain)

    def test_long_captures_are_shown_whole(self):
        path = self.file("a.pcap", pcap(queries(450), times=[(START + 12 * i, 0) for i in range(900)])) # three hours
        _, data = self.report(path)
        rate = data["policies"]["default"]["default-net"]["packets"]["rates"]["pps_total"]["seconds"]
        self.assertEqual((rate["start_ts"], rate["step"], len(rate["values"])), (START, 3, 3597))
        self.assertAlmostEqual(sum(rate["values"]) * 3, 900, delta=3)  # thirds, in thousandths

    def test_one_file(self):
        text, _ = self.report(self.file("a.pcap", pcap(queries(10))))
        for tag, attributes in Parts(text).tags:
            self.assertNotIn("src", attributes, tag)
            self.assertNotRegex(attributes.get("href") or "#", r"^(?!#|data:)", tag)
        self.assertNotRegex(text, r"@import|url\((?!['\"]?data:)")

    def test_names_of_attackers(self):
        frames = [udp("10.0.0.1", 4000 + i, "10.0.0.2", 53, dns(i, name)) for i, name in enumerate(HOSTILE)]
        text, data = self.report(self.file("a.pcap", pcap(frames)))
        plain, _ = self.report(self.file("b.pcap", pcap(queries(1))))
        self.assertEqual([tag for tag, _ in Parts(text).tags], [tag for tag, _ in Parts(plain).tags])
        self.assertNotIn("alert(1)</script", text)
        inner = re.search(r'id="report-data">(.*?)</script>', text, re.S).group(1)
        self.assertFalse(set("<\u2028\u2029") & set(inner))
        self.assertIn("alert(1)", json.dumps(data))

    def test_several_policies(self):
        config = self.file("c.yaml", b"""visor:
  taps: {t: {input_type: pcap}}
  policies:
    one: {kind: collection, input: {tap: t, input_type: pcap}, handlers: {modules: {n: {type: net}}}}
    two: {kind: collection, input: {tap: t, input_type: pcap, filter: {bpf: "src host 10.0.0.1"}},
          handlers: {modules: {d: {type: dns}}}}
""")
        _, data = self.report("--config", config, self.file("a.pcap", pcap(queries(10))))
        self.assertEqual(sorted(data["policies"]), ["one", "two"])
        self.assertEqual(data["policies"]["one"]["one-t-n"]["packets"]["total"], 20)
        self.assertEqual(data["policies"]["two"]["two-t-d"]["dns"]["wire_packets"]["total"], 10)
        ledger, = data["policies"]["two"]["ledger"].values()
        self.assertEqual(ledger["tap"]["dropped"]["filter"], 10)


if __name__ == "__main__":
    import os
    import sys
    harness.PROGRAM = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(verbosity=0, exit=False).result
    for test, why in result.skipped:
        print(f"skipped: {test}: the page is not in this program: {why}")
    if result.wasSuccessful() and result.skipped:
        raise SystemExit(77)
    raise SystemExit(not result.wasSuccessful())
