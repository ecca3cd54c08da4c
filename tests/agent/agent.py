"""What the tests of the running agent share: starting it on a free port, and asking it as clients do."""
import http.client
import importlib.util
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import documents  # noqa: E402
from folder import FolderTest  # noqa: E402

SKIPPED = 77
PATIENCE = 20  # seconds until something must have happened
PROGRAM = ""   # the first argument of each test program
YAML = "application/x-yaml"


def shared():
    """The folder of material outside this tree."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("VISOR_SHARED") or os.path.join(here, "..", "..", "..", "shared")


def wait_for(what, check, seconds=PATIENCE):
    """Whatever check() gives, once it is not false."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.05)


class Reply:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def type(self):
        return self.headers.get("Content-Type")

    @property
    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def __repr__(self):
        return f"{self.status} {self.type} {self.body[:300]!r}"


class Agent:
    """A running pktvisord; what it logs is in .log()."""

    def __init__(self, folder, *arguments, port=0, command=(), environment=None, tls=None, background=False,
                 output=None):
        """With `background` or an `output` of the caller's, a descriptor, there is no log: name the port."""
        self.tls = tls
        self._path = os.path.join(folder, f"log{time.monotonic_ns()}")
        with open(self._path, "wb") as log:
            self.process = subprocess.Popen([*command, PROGRAM, *arguments, *(["-p", str(port)])],
                                            stdout=output or log, stderr=log, stdin=subprocess.DEVNULL,
                                            env=environment)
        self.port = port
        background = background or output
        if not background:
            self.port = int(wait_for("the server", self._listening))
            documents.file_taken(arguments)

    def _listening(self):
        found = re.search(r"web server listening on \w+://\S+:(\d+)", self.log())
        if not found and self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log()}")
        return found and found.group(1)

    def answers(self):
        try:
            return self.ask("/livez").status == 200
        except OSError:
            return False

    def log(self):
        with open(self._path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def connect(self, timeout=PATIENCE):
        if self.tls:
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("localhost", self.port, timeout=timeout)

    def ask(self, path, method="GET", body=None, **headers):
        connection = self.connect()
        try:
            connection.request(method, path, body=body,
                               headers={name.replace("_", "-"): value for name, value in headers.items()})
            reply = Reply(connection.getresponse())
        finally:
            connection.close()
        if method in ("POST", "PUT") and reply.status in (200, 201):
            documents.taken(body)
        return reply

    def post(self, path, document, content_type=YAML, method="POST", **headers):
        return self.ask(path, method, document, Content_Type=content_type, **headers)

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """Sends SIGHUP, and gives what was logged by it."""
        before = len(self.log())
        self.signal(signal.SIGHUP)
        wait_for("the reload", lambda: re.search(r"read anew|nothing was changed", self.log()[before:]))
        return self.log()[before:]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)


def mock_policy(name, tap="default", modules="{dns: {type: dns}}", extra="", config=""):
    """A policy of a document, on a line of its own."""
    where = f"tap: {tap}" if not tap.startswith("tap_selector") else tap
    config = f", config: {config}" if config else ""
    return (f"    {name}: {{kind: collection, {extra}input: {{{where}, input_type: pcap{config}}}, "
            f"handlers: {{modules: {modules}}}}}\n")


def policies(*lines):
    return "visor:\n  policies:\n" + "".join(lines)


ALL_MODULES = "{net: {type: net}, dhcp: {type: dhcp}, dns: {type: dns}, pcap_stats: {type: pcap}}"
TAPS = """visor:
  taps:
    default: {input_type: pcap, config: {pcap_source: mock, host_spec: "10.0.0.0/24"}, tags: {virtual: true, vhost: 1}}
    other: {input_type: pcap, config: {pcap_source: mock, host_spec: "192.168.0.0/24"}, tags: {virtual: true}}
    bare: {input_type: pcap, config: {pcap_source: mock}}
"""
WITH_DEFAULT = TAPS + "  policies:\n" + mock_policy("default", modules=ALL_MODULES)


class AgentTest(FolderTest):
    """A test that starts agents."""

    maxDiff = 2000

    def agent(self, *arguments, **options):
        agent = Agent(self.folder, *arguments, **options)
        self.addCleanup(agent.stop)
        return agent

    def with_config(self, document, *arguments, **options):
        return self.agent("--config", self.file("visor.yaml", document), *arguments, **options)

    def answers(self, reply, status, error=None):
        self.assertEqual(reply.status, status, reply)
        if error is not None:
            self.assertEqual(reply.type, "text/json")
            self.assertEqual(list(reply.json), ["error"])
            self.assertRegex(re.sub(r"^\d+:\d+: ", "", reply.json["error"]), error)  # not where
        return reply


def run(*arguments, **options):
    """A run that ends by itself: status and lines of its log without their times."""
    done = subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=PATIENCE, stdin=subprocess.DEVNULL, **options)
    lines = done.stdout.decode(errors="replace").splitlines()
    return done.returncode, [re.sub(r"^\[[^]]*\] \[[^]]*\] ", "", line) for line in lines]


def taken_port():
    """A socket that listens, so that its port is in use."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen(1)
    return taken


def free_port():
    with taken_port() as taken:
        return taken.getsockname()[1]


def insecure_context(certificate=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def need(module):
    """Goes on in the system's own Python where this one lacks a module; without it nothing is tested."""
    if importlib.util.find_spec(module):
        return
    system = "/usr/bin/python3"
    if os.path.realpath(sys.executable) != os.path.realpath(system) and os.path.exists(system):
        os.execv(system, [system, *sys.argv])
    print(f"skipped: no Python module {module}")
    raise SystemExit(SKIPPED)


def main():
    """Exit status 77 when there was nothing that could be tested."""
    global PROGRAM
    if len(sys.argv) < 2:
        raise SystemExit("the first argument is to be pktvisord")
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    result = unittest.main(verbosity=0, exit=False).result
    for test, why in result.skipped:
        print(f"skipped: {test}: {why}")
    if result.wasSuccessful() and len(result.skipped) == result.testsRun:
        raise SystemExit(SKIPPED)
    raise SystemExit(not result.wasSuccessful())
