#!/usr/bin/env python3
"""Events of the agent's open minute, as pages that stay open read them.

Usage: live_test.py PKTVISORD
"""
import importlib.util
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
import unittest

import agent
import documents
from agent import ALL_MODULES, TAPS, AgentTest, insecure_context, mock_policy, wait_for

LIVE = "/api/v1/policies/{}/metrics/live"
DOCUMENT = TAPS + "  policies:\n" + mock_policy("default", modules=ALL_MODULES) + mock_policy("other", "other")


class Stream:
    """A reader of events; .events has those that came, as (name, id, data), until .ended."""

    def __init__(self, it, policy="default"):
        self.connection = it.connect(timeout=agent.PATIENCE)
        self.connection.request("GET", LIVE.format(policy))
        self.response = self.connection.getresponse()
        self.events, self.ended, self.retry = [], False, None

    def event(self):
        """The next one; None at an orderly end."""
        fields = {}
        while True:
            line = self.response.readline()
            if not line:
                self.ended = True
                return None
            line = line.decode("utf-8").rstrip("\n")
            if not line and "event" in fields:
                self.events.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
                return self.events[-1]
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                self.retry = fields.get("retry", self.retry)

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.event():
            pass

    def close(self):
        self.response.close()
        self.connection.close()


class Live(AgentTest):
    def stream(self, it, policy="default"):
        stream = Stream(it, policy)
        self.addCleanup(stream.close)
        return stream

    def test_what_comes(self):
        it = self.with_config(DOCUMENT)
        stream = self.stream(it)
        self.assertEqual(stream.response.status, 200)
        self.assertEqual(stream.response.headers["Content-Type"], "text/event-stream")
        self.assertEqual(stream.response.headers["Cache-Control"], "no-store")
        begin = time.monotonic()
        for _ in range(4):
            stream.event()
        self.assertEqual(stream.retry, "2000")
        self.assertGreater(time.monotonic() - begin, 2.5)  # the first comes at once
        self.assertLess(time.monotonic() - begin, 5)
        names, numbers, all_data = zip(*stream.events)
        self.assertEqual(set(names), {"metrics"})
        self.assertEqual(list(numbers), list(range(numbers[0], numbers[0] + 4)))
        description = it.ask("/api/v1/openapi.json").json
        self.assertEqual(list(description["paths"][LIVE.format("{name}")]["get"]["responses"]["200"]["content"]),
                         ["text/event-stream"])
        counts = []
        for data in all_data:
            if importlib.util.find_spec("jsonschema"):
                documents.validator(description, documents.named("PolicyMetrics")).validate(data)
            self.assertIn("ledger", data["default"])
            counts.append(data["default"]["default-default-dns"]["dns"]["wire_packets"]["events"])
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        same = it.ask("/api/v1/policies/default/metrics/bucket/0?charts=1").json
        self.assertEqual(sorted(same["default"]), sorted(all_data[-1]["default"]))
        self.assertEqual(it.ask(LIVE.format("nope")).status, 404)
        self.assertIn("other", Stream(it, "__all").event()[2])

    def test_all_read_the_same(self):
        it = self.with_config(DOCUMENT)
        streams = [self.stream(it) for _ in range(50)]
        threads = [threading.Thread(target=stream.read, args=(3,)) for stream in streams]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = {}
        for stream in streams:
            self.assertGreaterEqual(len(stream.events), 3)
            for _, number, data in stream.events:
                self.assertEqual(events.setdefault(number, data), data)
        self.assertLessEqual(len(events), 7)
        self.answers(it.ask("/api/v1/policies"), 200)

    def test_a_limit(self):
        it = self.with_config(DOCUMENT)
        streams = []
        for _ in range(300):  # the server takes more connections than that
            connection = socket.create_connection(("localhost", it.port), timeout=agent.PATIENCE)
            self.addCleanup(connection.close)
            connection.sendall(f"GET {LIVE.format('default')} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            streams.append(connection)
        statuses = [connection.recv(12) for connection in streams]
        self.assertEqual(statuses.count(b"HTTP/1.1 200"), 256)
        self.assertEqual(statuses.count(b"HTTP/1.1 503"), 44)
        self.answers(it.ask("/api/v1/policies/default/metrics/bucket/0"), 200)

    def test_who_does_not_read_misses_events(self):
        it = self.with_config(DOCUMENT)
        stalled = socket.socket()
        self.addCleanup(stalled.close)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # a few KiB at most
        stalled.settimeout(agent.PATIENCE)
        stalled.connect(("localhost", it.port))
        stalled.sendall(f"GET {LIVE.format('default')} HTTP/1.0\r\n\r\n".encode())
        reading = self.stream(it)
        reading.read(3)
        self.assertGreaterEqual(len(reading.events), 3)
        with open(f"/proc/{it.process.pid}/statm", encoding="ascii") as statm:
            before = int(statm.read().split()[1])
        reading.read(4)
        with open(f"/proc/{it.process.pid}/statm", encoding="ascii") as statm:
            self.assertLess((int(statm.read().split()[1]) - before) * os.sysconf("SC_PAGE_SIZE"), 16 << 20)

    def test_a_policy_that_goes(self):
        it = self.with_config(DOCUMENT, "--admin-api")
        going, staying = self.stream(it, "other"), self.stream(it)
        self.assertEqual(going.event()[0], "metrics")
        changed = "visor:\n  policies:\n" + mock_policy("other", "other", modules="{n: {type: net}}")
        self.answers(it.post("/api/v1/policies/other", changed, method="PUT"), 200)
        wait_for("the new one", lambda: "other-other-n" in str(going.event()) or "packets" in str(going.events[-1]))
        self.answers(it.ask("/api/v1/policies/other", "DELETE"), 200)
        while going.event():
            pass
        self.assertEqual(going.events[-1][0], "gone")
        self.assertEqual(staying.event()[0], "metrics")

    def test_stopping_ends_all(self):
        it = self.with_config(DOCUMENT)
        streams = [self.stream(it) for _ in range(20)]
        for stream in streams:
            stream.event()
        begin = time.monotonic()
        self.assertEqual(it.stop(), 0)
        self.assertLess(time.monotonic() - begin, 4)
        for stream in streams:
            while stream.event():  # raises where the end is not an orderly one
                pass
            self.assertTrue(stream.ended)

    @unittest.skipUnless(shutil.which("openssl"), "no openssl")
    def test_over_tls(self):
        certificate, key = self.file("cert.pem", ""), self.file("key.pem", "")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        it = self.with_config(DOCUMENT, "--tls", "--tls-cert", certificate, "--tls-key", key, tls=insecure_context())
        stream = self.stream(it)
        self.assertIsInstance(stream.connection.sock or stream.response.fp.raw._sock, ssl.SSLSocket)
        for _ in range(3):
            self.assertEqual(stream.event()[0], "metrics")
        it.stop()
        while stream.event():
            pass


if __name__ == "__main__":
    agent.main()
