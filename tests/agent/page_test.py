#!/usr/bin/env python3
"""The page the agent serves, as a browser fetches it; and what it says when it is not in the program.

Usage: page_test.py PKTVISORD
"""
import gzip
import re

import agent
from agent import WITH_DEFAULT, AgentTest

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class Page(AgentTest):
    def guarded(self, reply, kind):
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.type, kind + "; charset=utf-8")
        self.assertEqual(reply.headers["Content-Security-Policy"], POLICY)
        self.assertEqual(reply.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(reply.headers["Referrer-Policy"], "no-referrer")
        return reply

    def test_page(self):
        it = self.with_config(WITH_DEFAULT)
        page = self.guarded(it.ask("/"), "text/html")
        self.assertEqual(page.headers["Cache-Control"], "no-cache")
        self.assertEqual(it.ask("/", If_None_Match=page.headers["ETag"]).status, 304)
        for path in ("/index.html", "/assets/", "/assets/nope.js", "/assets/..%2Findex.html", "/report.html",
                     "/assets/%2e%2e/index.html", "//"):
            self.assertEqual(it.ask(path).status, 404, path)
        text = page.body.decode("utf-8")
        self.assertNotRegex(text, r"(?:src|href)=\"?(?:\w+:)?//")  # nothing from elsewhere
        if "has no page in it" in text:
            self.assertIn("make build", text)
            for link in re.findall(r'href="([^"]+)"', text):
                self.assertEqual(it.ask("/" + link).status, 200, link)
            self.skipTest("the page is not in this program: " + re.search("no page in it: (.*?)[.]<", text).group(1))
        assets = re.findall(r'(?:src|href)="(assets/[^"]+)"', text)
        self.assertEqual(sorted(path.rsplit(".")[-1] for path in assets), ["css", "js"])
        for path in assets:
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            plain = self.guarded(it.ask("/" + path), kind)
            self.assertEqual(plain.headers["Cache-Control"], "public, max-age=31536000, immutable")
            self.assertNotIn("Content-Encoding", plain.headers)
            packed = self.guarded(it.ask("/" + path, Accept_Encoding="gzip, br"), kind)
            self.assertEqual(packed.headers["Content-Encoding"], "gzip")
            for reply in (plain, packed):
                self.assertEqual(reply.headers["Vary"], "Accept-Encoding")
            self.assertEqual(gzip.decompress(packed.body), plain.body)


if __name__ == "__main__":
    agent.main()
