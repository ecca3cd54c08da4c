#!/usr/bin/env python3
"""The agent as its operator sees it: what it says when it cannot start, reloading, log files, service managers.

Usage: program_test.py PKTVISORD
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import agent
from agent import ALL_MODULES, TAPS, WITH_DEFAULT, AgentTest, free_port, mock_policy, run, taken_port, wait_for

GEO = os.path.join(agent.shared(), "fixtures", "geo")
CITY, ISP = os.path.join(GEO, "GeoIP2-City-Test.mmdb"), os.path.join(GEO, "GeoIP2-ISP-Test.mmdb")
needs_geo = unittest.skipUnless(os.path.exists(CITY) and os.path.exists(ISP), f"no {CITY}")
AS_NOBODY = ["setpriv", "--reuid", "65534", "--clear-groups"]
needs_root = unittest.skipUnless(
    os.geteuid() == 0 and shutil.which("setpriv") and subprocess.run([*AS_NOBODY, "true"], check=False).returncode == 0,
    "takes root, and the right to become another user")


class CannotStart(AgentTest):
    """Ends with status 1, and one line that says what is wrong and what mends it."""

    def fails(self, *arguments, saying, **options):
        status, lines = run(*arguments, **options)
        self.assertEqual(status, 1, lines)
        told = [line for line in lines if "version, using version" not in line]
        self.assertEqual(told[1:], ["[info] exit with failure"])
        self.assertRegex(lines[-2], saying)

    def config(self, document):
        return self.file("visor.yaml", document)

    def test_interface(self):
        self.fails("nope0", "-p", "0", saying=r"interface 'nope0' not found; available interfaces: (\S+, )*lo")
        self.fails("192.0.2.99", "-p", "0", saying="Couldn't find interface by provided IP: 192.0.2.99$")

    def test_filter_and_hosts(self):
        mock = TAPS + "  policies:\n" + mock_policy("p", config="{host_spec: 10.0.0.1}")
        self.fails("--config", self.config(mock), "-p", "0", saying=r"visor.yaml:\d+:\d+: invalid CIDR: 10.0.0.1;")
        self.fails("-H", "nonsense", "lo", "-p", "0", saying="invalid CIDR: nonsense;|no permission to capture on lo")

    def test_port_in_use(self):
        with taken_port() as taken:
            port = taken.getsockname()[1]
            self.fails("--admin-api", "-l", "127.0.0.1", "-p", str(port),
                       saying=f"cannot listen on 127.0.0.1:{port}: .*in use.*-p")

    def test_databases(self):
        self.fails("--admin-api", "--geo-city", "/nowhere/city.mmdb", saying="/nowhere/city.mmdb")
        garbage = self.file("garbage.mmdb", os.urandom(5000))
        self.fails("--admin-api", "--geo-asn", garbage, saying=garbage)
        self.fails("--admin-api", "--default-geo-city", self.file("empty.mmdb"), saying="empty.mmdb")

    def test_configuration(self):
        self.fails("--config", "/nowhere/visor.yaml", saying="cannot read /nowhere/visor.yaml")
        for document, saying in (
                (TAPS.replace("host_spec", "hostspec"), r"visor.yaml:3:\d+: hostspec is an invalid/unsupported .* The "
                                                        "valid configs/filters are: .*host_spec"),
                (TAPS + "  policies:\n" + mock_policy("p", modules="{x: {type: dsn}}"),
                 r"visor.yaml:7:\d+: Policy 'p' requires .* handler type 'dsn'"),
                (TAPS + "  policies:\n" + mock_policy("p", modules="{x: {type: dns, config: {only_qtpe: [A]}}}"),
                 r"visor.yaml:7:\d+: only_qtpe is an invalid/unsupported .*only_qtype"),
                ("visor:\n  taps: [", r"visor.yaml:\d+:\d+: "), ("", "visor.yaml.*empty data"),
                ("a: 1", "visor.yaml:1:1: invalid schema")):
            self.fails("--config", self.config(document), saying=saying)
            self.fails("--check-config", self.config(document), saying=saying)

    def test_a_tap_that_cannot_be_opened(self):
        document = self.config(TAPS + "    gone: {input_type: pcap, config: {iface: nope0}}\n  policies:\n" +
                               mock_policy("p") + mock_policy("q", "gone"))
        self.fails("--config", document, "-p", "0",
                   saying=r"/visor.yaml:6:5: unable to instantiate tap 'gone': interface 'nope0' not found")
        # Of the command line, so not in the file.
        self.fails("--config", self.config(TAPS.replace("default:", "first:")), "-p", "0", "nope0",
                   saying=r"^\[error\] unable to instantiate tap 'default': interface 'nope0' not found")

    def test_security(self):
        self.fails("--admin-api", "--tls", saying="--tls needs --tls-cert and --tls-key")
        self.fails("--admin-api", "--tls", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key",
                   saying="/nowhere.pem")
        for host in ("0.0.0.0", "::", "192.0.2.1"):
            self.fails("-l", host, "--admin-api", saying="--admin-token-file or --tls-client-ca, or .*--admin-insecure")
        self.fails("--admin-api", "--admin-token-file", "/nowhere", saying="cannot read a token from /nowhere")
        self.fails("--admin-api", "--admin-token-file", self.file("token", "\n"), saying="cannot read a token from")

    def test_log_file_and_user(self):
        self.fails("--admin-api", "--log-file", "/nowhere/log", saying="cannot open log file /nowhere/log")
        self.fails("--admin-api", "--user", "no-such-user", "-p", "0", saying="there is no user no-such-user")

    @needs_root
    def test_no_permission(self):
        program = os.path.join(self.folder, "pktvisord")
        shutil.copy(agent.PROGRAM, program)
        os.chmod(self.folder, 0o755)
        done = subprocess.run([*AS_NOBODY, program, "lo", "-p", "0"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=agent.PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"no permission to capture on lo: run as root, or once: sudo setcap cap_net_raw+ep {program}\n",
                      done.stdout.decode())

    def test_check_config(self):
        status, lines = run("--check-config", self.config(WITH_DEFAULT))
        self.assertEqual(status, 0)
        self.assertRegex(lines[-1], "visor.yaml: good: 3 taps, 1 policies$")


class Reload(AgentTest):
    ONE = mock_policy("one", modules=ALL_MODULES)
    TWO = mock_policy("two", "other")
    HEAD = TAPS + "  policies:\n"

    def start(self, document, *arguments):
        self.path = self.file("visor.yaml", document)
        return self.agent("--config", self.path, *arguments)

    def reload(self, it, document):
        self.file("visor.yaml", document)
        return it.reload()

    def events(self, it, policy="one", tap="default", module="dns"):
        told = it.ask(f"/api/v1/policies/{policy}/metrics/window/2").json[policy]
        return told[f"{policy}-{tap}-{module}"]["dns"]["wire_packets"]["events"]

    def start_time(self, it):
        """Of what is counted in the open minute: another one when the policy began anew."""
        told = it.ask("/api/v1/policies/one/metrics/bucket/0").json["one"]
        return told["one-default-dns"]["dns"]["period"]["start_ts"]

    def names(self, it):
        return sorted(name for name in it.ask("/api/v1/policies").json if not name.endswith("-resources"))

    def test_only_what_changed(self):
        it = self.start(self.HEAD + self.ONE + self.TWO)
        wait_for("events", lambda: self.events(it) >= 30)
        before = self.events(it)
        other = mock_policy("two", "other", "{n: {type: net}}") + mock_policy("three", "bare")
        self.assertIn("was read anew", self.reload(it, self.HEAD + self.ONE + other))
        self.assertGreaterEqual(self.events(it), before)
        self.assertEqual(self.names(it), ["one", "three", "two"])
        self.assertEqual(list(it.ask("/api/v1/policies/two").json["two"]["modules"]), ["two-other-n"])
        self.assertIn("was read anew", self.reload(it, self.HEAD + self.ONE))
        self.assertEqual(self.names(it), ["one"])
        self.assertGreaterEqual(self.events(it), before)

    def test_a_tap_that_changed(self):
        it = self.start(self.HEAD + self.ONE + self.TWO)
        wait_for("events", lambda: self.events(it) >= 30)
        streams = lambda: [list(it.ask(f"/api/v1/policies/{name}").json[name]["input"]) for name in ("one", "two")]
        before = streams()
        self.assertIn("was read anew",
                      self.reload(it, self.HEAD.replace("192.168.0.0/24", "192.168.0.0/16") + self.ONE + self.TWO))
        self.assertGreaterEqual(self.events(it), 30)
        self.assertEqual(streams()[0], before[0])
        self.assertNotEqual(streams()[1], before[1])

    def test_a_broken_file_changes_nothing(self):
        it = self.start(self.HEAD + self.ONE)
        wait_for("events", lambda: self.events(it) >= 20)
        for broken in (self.HEAD + self.ONE + mock_policy("x", modules="{x: {type: nope}}"), "visor: [", "",
                       self.HEAD + mock_policy("y", "nowhere"),
                       self.HEAD + self.ONE + mock_policy("z", config="{pcap_source: libpcap, iface: nope0}")):
            told = self.reload(it, broken)
            self.assertRegex(told, r"\[error\].*visor.yaml.*; nothing was changed")
            self.assertEqual(self.names(it), ["one"])
        self.assertRegex(told, r"visor.yaml:3:5: unable to instantiate tap 'default'")
        self.assertRegex(self.reload(it, self.HEAD + mock_policy("y", "nowhere")), r"visor.yaml:\d+:\d+: tap 'nowhere'")
        self.assertGreaterEqual(self.events(it), 20)
        os.unlink(self.path)
        self.assertIn("cannot read", it.reload())
        self.assertIn("was read anew", self.reload(it, self.HEAD + self.ONE))

    def test_what_came_over_the_network_stays(self):
        it = self.start(self.HEAD + self.ONE, "--admin-api")
        self.assertEqual(it.post("/api/v1/policies", agent.policies(self.TWO)).status, 201)
        self.assertIn("was read anew", self.reload(it, self.HEAD + self.ONE + mock_policy("three", "bare")))
        self.assertEqual(self.names(it), ["one", "three", "two"])
        self.assertIn("nothing was changed", self.reload(it, self.HEAD + self.ONE + self.TWO))

    def test_options_take_a_restart(self):
        it = self.start(self.HEAD + self.ONE)
        told = self.reload(it, (self.HEAD + self.ONE).replace("visor:\n", "visor:\n  config: {periods: 3}\n", 1))
        self.assertIn("takes a restart", told)

    @needs_geo
    def test_databases_are_replaced(self):
        copy = os.path.join(self.folder, "city.mmdb")
        shutil.copy(CITY, copy)
        it = self.start(self.HEAD + self.ONE, "--geo-city", copy, "--geo-asn", ISP)

        def replace(source):
            shutil.copy(source, copy + ".new")
            # Older than the other database: it is new all the same.
            os.utime(copy + ".new", (1_000_000_000 + len(it.log()),) * 2)
            os.rename(copy + ".new", copy)
        wait_for("events", lambda: self.events(it) >= 20)
        events, start = self.events(it), self.start_time(it)
        replace(CITY)
        wait_for("the new database", lambda: "were read anew" in it.log())
        self.assertGreaterEqual(self.events(it), events)
        for wrong in (self.file("nonsense", "nonsense"), ISP):
            before = len(it.log())
            replace(wrong)
            wait_for("the wrong one", lambda: "still used" in it.log()[before:])
        self.assertEqual(it.ask("/api/v1/policies/one/metrics/bucket/0").status, 200)
        self.assertEqual(self.names(it), ["one"])
        self.assertGreaterEqual(self.events(it), events)
        self.assertEqual(self.start_time(it), start)


class Log(AgentTest):
    def test_rotation(self):
        path = os.path.join(self.folder, "visor.log")
        it = self.with_config(WITH_DEFAULT, "--log-file", path, port=free_port(), background=True)
        wait_for("the server", it.answers)
        it.signal(signal.SIGHUP)
        wait_for("the reload", lambda: "read anew" in self.read(path), seconds=10)
        os.rename(path, path + ".1")
        it.signal(signal.SIGHUP)
        wait_for("a new log file", lambda: os.path.exists(path))
        it.ask("/api/v1/taps")
        it.stop()
        self.assertIn("listening on", self.read(path + ".1"))
        self.assertIn("REQUEST: GET /api/v1/taps 200", self.read(path))
        self.assertIn("exit with success", self.read(path))

    def test_lines(self):
        it = self.with_config(WITH_DEFAULT)
        it.ask("/api/v1/nope?secret=1")
        it.signal(signal.SIGINT)
        self.assertEqual(it.process.wait(agent.PATIENCE), 0)
        for line in it.log().splitlines():
            self.assertRegex(line, r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] \[visor\] \[(info|warning|error)\] ")
        self.assertIn("REQUEST: GET /api/v1/nope 404", it.log())

    @unittest.skipUnless(os.path.exists("/proc/net/if_inet6"), "no IPv6")
    def test_address_with_colons(self):
        it = self.with_config(WITH_DEFAULT, "-l", "::1")
        self.assertIn(f"listening on http://[::1]:{it.port}\n", it.log())
        self.assertIn(f"curl http://[::1]:{it.port}/metrics\n", it.log())

    def test_background(self):
        path = os.path.join(self.folder, "visor.log")
        it = self.with_config(WITH_DEFAULT, "-d", "--log-file", path, port=free_port(), background=True)
        self.assertEqual(it.process.wait(agent.PATIENCE), 0)
        child = int(re.search(r"\[pktvisor-daemon\].* (\d+)$", it.log(), re.M).group(1))
        try:
            wait_for("the server", it.answers)
            self.assertEqual(os.readlink(f"/proc/{child}/cwd"), "/")
            self.assertEqual(os.readlink(f"/proc/{child}/fd/1"), "/dev/null")
            self.assertEqual(os.getsid(child), child)
        finally:
            os.kill(child, signal.SIGTERM)
        wait_for("its end", lambda: "exit with success" in self.read(path))

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8") as file:
            return file.read()


class ClosedDescriptors(AgentTest):
    """Whoever starts the agent may close its standard streams: no socket takes their place."""

    def start(self, closed, *arguments):
        port = free_port()
        config = self.file("visor.yaml", WITH_DEFAULT)
        process = subprocess.Popen([agent.PROGRAM, "--config", config, "-p", str(port), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: [os.close(fd) for fd in closed])
        self.addCleanup(process.kill)
        return process, port

    def answers_alone(self, port):
        """/livez over and over on a connection: its reply is all that comes."""
        def asked():
            try:
                return socket.create_connection(("localhost", port), agent.PATIENCE)
            except OSError:
                return None
        with wait_for("the server", asked) as connection:
            for _ in range(3):
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200 "))

    def test_in_the_foreground(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            process, port = self.start(closed)
            self.answers_alone(port)
            for fd in closed:
                self.assertEqual(os.readlink(f"/proc/{process.pid}/fd/{fd}"), "/dev/null")
            process.terminate()
            self.assertEqual(process.wait(agent.PATIENCE), 0, closed)

    def test_in_the_background(self):
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            path = os.path.join(self.folder, "-".join(map(str, closed)))
            process, port = self.start(closed, "-d", "--log-file", path)
            self.assertEqual(process.wait(agent.PATIENCE), 0, closed)
            self.answers_alone(port)
            os.kill(self.process_with(path), signal.SIGTERM)
            wait_for("its end", lambda: "exit with success" in Log.read(path))

    @staticmethod
    def process_with(argument):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line:
                    if argument.encode() in line.read().split(b"\0"):
                        return int(pid)
            except OSError:
                pass
        raise AssertionError(f"no process has {argument}")


class ServiceManager(AgentTest):
    def test_ready_reloading_stopping(self):
        path = os.path.join(self.folder, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(agent.PATIENCE)
            it = self.with_config(WITH_DEFAULT, environment={**os.environ, "NOTIFY_SOCKET": path})
            def told(what):
                while True:
                    text = manager.recv(4096).decode()
                    if text.startswith(what):
                        return text
            self.assertIn(f"STATUS=1 policies, http port {it.port}", told("READY=1"))
            told("WATCHDOG=1")
            it.signal(signal.SIGHUP)
            self.assertRegex(told("RELOADING=1"), r"MONOTONIC_USEC=\d+")
            told("READY=1")
            it.process.terminate()
            told("STOPPING=1")
            self.assertEqual(it.process.wait(agent.PATIENCE), 0)


if __name__ == "__main__":
    agent.main()
