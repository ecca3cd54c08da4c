"""The agent as a child of a test: started in a namespace, asked over HTTP, stopped; its ledger balances."""
import http.client
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import documents  # noqa: E402
from netns import die_with_parent  # noqa: E402

PORT = 10853  # in a namespace of its own every port is free


class Agent:
    def __init__(self, program, space, *arguments, log=None):
        self.space, self.connection = space, None
        self.log = log or os.devnull
        self.out = open(self.log, "ab")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            space.command(program, "-l", "127.0.0.1", "-p", PORT, *arguments), stdout=self.out, stderr=self.out,
            preexec_fn=die_with_parent)

    @property
    def pid(self):
        return self.process.pid  # `ip netns exec` becomes the program

    def connect(self):
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        with self.space.inside():
            self.connection.connect()

    def request(self, method, path, body=None, headers=None):
        """(status, bytes) over one connection that is kept."""
        for attempt in (0, 1):
            try:
                if self.connection is None:
                    self.connect()
                self.connection.request(method, path, body=body, headers=headers or {})
                reply = self.connection.getresponse()
                if method in ("POST", "PUT") and reply.status in (200, 201):
                    documents.taken(body)
                return reply.status, reply.read()
            except (OSError, http.client.HTTPException):
                self.connection = None
                if attempt or self.process.poll() is not None:
                    raise
        raise AssertionError("not reached")

    def get(self, path):
        status, body = self.request("GET", path)
        assert status == 200, f"GET {path}: {status} {body[:300]!r}"
        return json.loads(body)

    def wait_until_ready(self, seconds=10):
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.request("GET", "/readyz")[0] == 200:
                    return self
            except (OSError, http.client.HTTPException):
                assert self.process.poll() is None, f"the agent ended with {self.process.returncode}"
            assert time.monotonic() < deadline, "the agent is not ready"
            time.sleep(0.005)

    def policy(self, name="default", what="bucket/0"):
        """{packets, dns, dhcp, pcap} of a policy, and its ledger."""
        told = self.get(f"/api/v1/policies/{name}/metrics/{what}?extended=1")
        return {kind: cells for module in told[name].values() for kind, cells in module.items()}

    def memory_kib(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))

    def cpu_seconds(self):
        """(user, system) of the process."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return tuple(int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13])

    def stop(self, within=10):
        """Seconds it took to end by SIGTERM with exit status 0."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(within)
        took = time.monotonic() - began
        assert status == 0, f"ended with status {status}"
        return took

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.out.close()
