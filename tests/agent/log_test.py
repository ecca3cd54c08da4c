#!/usr/bin/env python3
"""Whoever takes the agent's log may be slow, stuck or gone: the agent goes on, tells what is missing, and ends.

Usage: log_test.py PKTVISORD
"""
import fcntl
import os
import re
import signal
import threading
import time

import agent
from agent import WITH_DEFAULT, AgentTest, free_port, wait_for

REQUESTS = 6000  # more lines than wait
SMALLEST_PIPE = 4096
STOPS_WITHIN = 2  # seconds


class Reader:
    """The other end of the agent's standard output, read only when told to."""

    def __init__(self, test, full=False):
        self.end, self.output = os.pipe()
        fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
        if full:
            os.write(self.output, b"x" * SMALLEST_PIPE)
        self._got = []
        test.addCleanup(self.close)

    def read(self):
        """From now on."""
        def take():
            while got := os.read(self.end, 65536):
                self._got.append(got)
        threading.Thread(target=take, daemon=True).start()

    def text(self):
        return b"".join(self._got).decode()

    def close(self):
        if self.end is not None:
            os.close(self.end)
        self.end = None


class Output(AgentTest):
    def start(self, reader, *arguments):
        it = self.with_config(WITH_DEFAULT, *arguments, port=free_port(), output=reader.output)
        os.close(reader.output)
        wait_for("the server", it.answers)
        return it

    def log_lines(self, it, how_many=REQUESTS):
        connection = it.connect()
        for i in range(how_many):
            connection.request("GET", f"/nope/{i}")
            reply = connection.getresponse()
            reply.read()
            self.assertEqual(reply.status, 404)
        connection.close()

    def counts(self, it):
        text = it.ask("/metrics?format=modern").body.decode()
        found = re.findall(r"^pktvisor_log_(\w+)_total\{\} (\S+)$", text, re.M)
        return {name: int(float(value)) for name, value in found}

    def stops(self, it):
        begun = time.monotonic()
        it.signal(signal.SIGTERM)
        self.assertEqual(it.process.wait(agent.PATIENCE), 0)
        self.assertLess(time.monotonic() - begun, STOPS_WITHIN)

    def test_stuck(self):
        it = self.start(Reader(self))
        self.log_lines(it)
        self.assertEqual(it.ask("/livez").status, 200)
        self.assertEqual(it.ask("/metrics").status, 200)
        counts = self.counts(it)
        self.assertGreater(counts["lines"], REQUESTS)
        self.assertGreater(counts["dropped_behind"], REQUESTS // 4)
        self.assertEqual(counts["dropped_failed"], 0)
        it.signal(signal.SIGHUP)
        self.assertEqual(it.ask("/livez").status, 200)
        self.stops(it)

    def test_stuck_while_reloading_without_end(self):
        path = os.path.join(self.folder, "log")
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
        with open(path, "wb") as writer:
            writer.write(b"x" * SMALLEST_PIPE)
        it = self.with_config(WITH_DEFAULT, "--log-file", path, port=free_port(), background=True)
        wait_for("the server", it.answers)
        ended = threading.Event()
        def reload_without_end():
            while not ended.wait(0.001):
                it.signal(signal.SIGHUP)
        thread = threading.Thread(target=reload_without_end)
        thread.start()
        try:
            time.sleep(0.2)
            self.stops(it)
        finally:
            ended.set()
            thread.join()

    def test_stuck_from_the_beginning(self):
        self.stops(self.start(Reader(self, full=True)))

    def test_slow(self):
        reader = Reader(self)
        it = self.start(reader)
        self.log_lines(it)
        before = self.counts(it)
        reader.read()
        wait_for("the last lines", lambda: "GET /metrics" in reader.text())
        self.stops(it)
        wait_for("the end", lambda: "exit with success" in reader.text())
        lines = reader.text().splitlines()
        gaps = [int(number) for line in lines for number in re.findall(r"(\d+) lines of the log are missing", line)]
        self.assertGreaterEqual(sum(gaps), before["dropped_behind"])
        later = ["REQUEST: GET /metrics 200", "Shutting down", "exit with success"]
        self.assertEqual(len(lines) - len(gaps) + sum(gaps), before["lines"] + len(later))
        asked = [int(number) for line in lines for number in re.findall(r"REQUEST: GET /nope/(\d+) 404$", line)]
        self.assertEqual(asked, sorted(asked))
        self.assertEqual(asked[-1], REQUESTS - 1)

    def test_gone(self):
        reader = Reader(self)
        it = self.start(reader)
        reader.close()
        self.log_lines(it, 100)
        wait_for("the count", lambda: self.counts(it)["dropped_failed"] >= 100)
        self.assertEqual(self.counts(it)["dropped_behind"], 0)
        self.stops(it)

    def test_cannot_start(self):
        """The status is that of the error, whoever is there to read it."""
        wrong = self.file("wrong.yaml", "a: 1")
        for prepare in (lambda reader: None, lambda reader: reader.close()):
            for options in (("--config", wrong), ("--admin-api", "--geo-city", wrong)):
                reader = Reader(self, full=True)
                prepare(reader)
                it = self.agent(*options, output=reader.output)
                os.close(reader.output)
                self.assertEqual(it.process.wait(STOPS_WITHIN), 1, options)

    def test_background_with_an_output_nobody_reads(self):
        reader = Reader(self, full=True)
        it = self.with_config(WITH_DEFAULT, "-d", "--admin-api", port=free_port(), output=reader.output)
        os.close(reader.output)
        self.assertEqual(it.process.wait(agent.PATIENCE), 0)
        child = int(re.search(r"\[pktvisor-daemon\].* (\d+)$", it.log(), re.M).group(1))
        try:
            self.log_lines(it)
            self.assertEqual(self.counts(it)["dropped_behind"], 0)
        finally:
            os.kill(child, signal.SIGTERM)
        wait_for("its end", lambda: not it.answers() and not os.path.exists(f"/proc/{child}/fd/0"))

    def test_start_of_one_in_the_background(self):
        """What is logged until it is in the background is seen."""
        it = self.with_config(WITH_DEFAULT, "-d", port=free_port(), background=True)
        self.assertEqual(it.process.wait(agent.PATIENCE), 0)
        child = int(re.search(r"\[pktvisor-daemon\].* (\d+)$", it.log(), re.M).group(1))
        os.kill(child, signal.SIGTERM)
        self.assertEqual(it.log().count("web server listening on"), 1, it.log())


if __name__ == "__main__":
    agent.main()
