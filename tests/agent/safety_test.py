#!/usr/bin/env python3
"""What the agent refuses, and to whom: addresses, tokens, certificates, other sites' pages, slow and large requests.

Usage: safety_test.py PKTVISORD
"""
import gzip
import os
import shutil
import socket
import subprocess
import threading
import time
import unittest

import agent
from agent import WITH_DEFAULT, YAML, AgentTest, insecure_context, mock_policy, policies, wait_for

needs_openssl = unittest.skipUnless(shutil.which("openssl"), "no openssl")
NEW = policies(mock_policy("new"))
CHANGES = [("POST", "/api/v1/taps"), ("PUT", "/api/v1/taps/default"), ("DELETE", "/api/v1/taps/bare"),
           ("POST", "/api/v1/policies"), ("PUT", "/api/v1/policies/default"), ("DELETE", "/api/v1/policies/default"),
           ("DELETE", "/api/v1/server")]


def listening(port):
    """Addresses something listens on at this port, as the kernel writes them."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            with open(table, encoding="ascii") as lines:
                for line in list(lines)[1:]:
                    fields = line.split()
                    address, in_hex = fields[1].split(":")
                    if fields[3] == "0A" and int(in_hex, 16) == port:
                        found.add(address)
    return found


class Bind(AgentTest):
    def test_loopback_unless_told(self):
        it = self.with_config(WITH_DEFAULT)
        self.assertLessEqual(listening(it.port), {"0100007F", "00000000000000000000000001000000"})
        self.assertIn("0100007F", listening(it.port))

    def test_everywhere_when_told(self):
        it = self.with_config(WITH_DEFAULT, "-l", "0.0.0.0")
        self.assertEqual(listening(it.port), {"00000000"})


class Admin(AgentTest):
    def test_token(self):
        token = self.file("token", " a long secret \r\nmore\n")
        it = self.with_config(WITH_DEFAULT, "--admin-api", "--admin-token-file", token)
        for method, path in CHANGES:
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer "},
                            {"Authorization": "Basic YTpi"}, {"Authorization": "a long secret"}):
                reply = self.answers(it.post(path, NEW, method=method, **headers), 401, "bearer token")
                self.assertEqual(reply.headers["WWW-Authenticate"], "Bearer")
        self.answers(it.ask("/api/v1/policies"), 200)  # to read takes none
        self.answers(it.post("/api/v1/policies", NEW, Authorization="Bearer a long secret"), 201)
        self.answers(it.ask("/api/v1/policies/new", "DELETE", Authorization="bearer a long secret"), 200)
        self.assertNotIn("long secret", it.log())

    def test_pages_of_other_sites(self):
        it = self.with_config(WITH_DEFAULT, "--admin-api")
        for method, path in CHANGES:
            for host in ("evil.example", f"evil.example:{it.port}", "localhost.evil.example", "", "a b"):
                reply = it.post(path, NEW, method=method, Host=host)
                self.assertIn(reply.status, (400, 403), (host, reply))
            for origin in ("http://evil.example", "null", f"http://localhost:{it.port + 1}", "https://localhost"):
                self.answers(it.post(path, NEW, method=method, Origin=origin), 403, "Origin is another site")
        # A form of another site can send these without asking first.
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            self.answers(it.post("/api/v1/policies", NEW, kind), 400, "Content-Type not supported")
        self.assertEqual(len(it.ask("/api/v1/policies").json), 2)
        mine = f"http://localhost:{it.port}"
        self.answers(it.post("/api/v1/policies", NEW, Origin=mine), 201)
        self.answers(it.ask("/api/v1/policies/new", "DELETE", Host=f"127.0.0.1:{it.port}"), 200)

    def test_other_hosts_with_waiver(self):
        it = self.with_config(WITH_DEFAULT, "--admin-api", "-l", "0.0.0.0", "--admin-insecure")
        self.answers(it.post("/api/v1/policies", NEW), 201)


@needs_openssl
class Tls(AgentTest):
    def setUp(self):
        super().setUp()
        self.server = self.certificate("server", "/CN=localhost")
        self.authority = self.certificate("authority", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE")
        self.client = self.certificate("client", "/CN=client", signed=True)
        self.stranger = self.certificate("stranger", "/CN=stranger")

    def certificate(self, name, subject, *more, signed=False):
        paths = [os.path.join(self.folder, name + end) for end in (".pem", ".key")]
        run = lambda *arguments: subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL,
                                                stderr=subprocess.DEVNULL)
        common = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout",
                  paths[1]]
        if not signed:
            run("req", "-x509", *common, "-out", paths[0], "-days", "2", *more)
        else:
            request = os.path.join(self.folder, name + ".csr")
            run("req", *common, "-out", request)
            run("x509", "-req", "-in", request, "-CA", self.authority[0], "-CAkey", self.authority[1],
                "-CAcreateserial", "-out", paths[0], "-days", "2")
        return paths

    def options(self):
        return "--tls", "--tls-cert", self.server[0], "--tls-key", self.server[1]

    def test_https(self):
        it = self.with_config(WITH_DEFAULT, *self.options(), tls=insecure_context())
        self.assertEqual(it.ask("/api/v1/metrics/app").status, 200)
        self.assertIn("listening on https://", it.log())
        with socket.create_connection(("127.0.0.1", it.port), timeout=5) as plain:  # nobody answers plain text
            plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with self.assertRaises(OSError):
                if not plain.recv(1000).startswith(b"HTTP/1.1 200"):
                    raise OSError("no answer in plain text")

    def test_client_certificates(self):
        it = self.with_config(WITH_DEFAULT, *self.options(), "--tls-client-ca", self.authority[0], "--admin-api", "-l",
                              "0.0.0.0", tls=insecure_context(self.client))
        self.answers(it.post("/api/v1/policies", NEW), 201)
        for certificate in (None, self.stranger):
            it.tls = insecure_context(certificate)
            try:
                self.assertEqual(it.post("/api/v1/policies", NEW).status, 403)
            except OSError:
                pass  # not even the handshake
        it.tls = insecure_context(self.client)
        self.assertEqual(len(it.ask("/api/v1/policies").json), 3)

    def test_a_key_that_does_not_fit(self):
        status, lines = agent.run("--admin-api", "--tls", "--tls-cert", self.server[0], "--tls-key", self.client[1])
        self.assertEqual(status, 1)
        self.assertRegex(lines[-2], r"server\.pem|client\.key")


class Clients(AgentTest):
    def setUp(self):
        super().setUp()
        self.it = self.with_config(WITH_DEFAULT, "--admin-api")

    def raw(self, data, timeout=5):
        with socket.create_connection(("127.0.0.1", self.it.port), timeout=timeout) as client:
            client.sendall(data)
            received = b""
            while True:
                more = client.recv(65536)
                received += more
                if not more:
                    return received

    def test_slow_ones_do_not_hold_others_up(self):
        slow = []
        for i in range(100):
            client = socket.create_connection(("127.0.0.1", self.it.port))
            self.addCleanup(client.close)
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Slow: "[:20 + i % 30])
            slow.append(client)
        begun = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.it.ask("/metrics").status, 200)
        self.assertLess(time.monotonic() - begun, 5)

    def test_one_that_does_not_read(self):
        client = socket.create_connection(("127.0.0.1", self.it.port))
        self.addCleanup(client.close)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        threading.Thread(target=lambda: client.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 200),
                         daemon=True).start()
        for _ in range(10):
            self.assertEqual(self.it.ask("/metrics").status, 200)

    def test_limits(self):
        head = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        self.assertIn(b" 200 ", self.raw(head + b"\r\n").split(b"\r\n")[0])
        self.assertIn(b" 431 ", self.raw(head + b"X: " + b"x" * 20_000 + b"\r\n\r\n").split(b"\r\n")[0])
        self.assertIn(b" 431 ", self.raw(head + b"X: x\r\n" * 200 + b"\r\n").split(b"\r\n")[0])
        self.assertIn(b" 414 ", self.raw(b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n").split(b"\r\n")[0])
        for nonsense in (b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\nHost: a\r\n\r\n",
                         b"GET /metrics HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"):
            self.assertRegex(self.raw(nonsense).split(b"\r\n")[0], rb" (400|505) ")
        both = (b"POST /api/v1/taps HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        self.assertIn(b" 400 ", self.raw(both).split(b"\r\n")[0])
        self.assertEqual(self.it.ask("/api/v1/policies", "POST", b" " * (2 << 20), Content_Type=YAML).status, 413)
        self.assertEqual(self.it.ask("/metrics").status, 200)

    def test_gzip(self):
        for path in ("/metrics", "/metrics?format=openmetrics", "/api/v1/metrics/bucket/0", "/api/v1/policies",
                     "/api/v1/openapi.json"):
            plain, coded = self.it.ask(path), self.it.ask(path, Accept_Encoding="gzip, deflate")
            self.assertIsNone(plain.headers["Content-Encoding"])
            self.assertEqual(coded.headers["Content-Encoding"], "gzip", path)
            self.assertIn("Accept-Encoding", coded.headers["Vary"])
            self.assertLess(len(coded.body), len(plain.body) / 2)
            self.assertEqual(gzip.decompress(coded.body)[:20], plain.body[:20])
            self.assertIsNone(self.it.ask(path, Accept_Encoding="gzip;q=0").headers["Content-Encoding"])

    def test_not_modified(self):
        for path in ("/api/v1/taps", "/api/v1/openapi.json", "/api/v1/metrics/schema"):
            first = self.it.ask(path)
            again = self.it.ask(path, If_None_Match=first.headers["ETag"])
            self.assertEqual((again.status, again.body), (304, b""))
            self.assertEqual(again.headers["ETag"], first.headers["ETag"])
            self.assertEqual(self.it.ask(path, If_None_Match='"other"').status, 200)
        before = self.it.ask("/metrics").headers["ETag"]
        wait_for("a change", lambda: self.it.ask("/metrics", If_None_Match=before).status == 200)

    def test_head(self):
        for path, status in (("/api/v1/taps", 200), ("/metrics", 200), ("/nope", 404)):
            connection = self.it.connect()
            connection.request("HEAD", path)
            reply = connection.getresponse()
            self.assertEqual((reply.status, reply.read()), (status, b""))
            if status == 200:
                self.assertGreater(int(reply.headers["Content-Length"]), 100)
            connection.close()


if __name__ == "__main__":
    agent.main()
