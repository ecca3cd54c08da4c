#!/usr/bin/env python3
"""The live screens as a person uses them: pktvisor-cli in tmux, with keys that are sent and screens that are read.

Usage: tmux_test.py PKTVISORD PKTVISOR_CLI
"""
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "agent"))
import agent  # noqa: E402

CLI = ""
DEMO = os.path.join(HERE, "..", "..", "examples", "demo.pcap")


class Terminal:
    """A program in a terminal of its own."""

    numbers = itertools.count()

    def __init__(self, command, width=80, height=24, **environment):
        # A server each, and never the name of one that may still be ending.
        self.name = f"pktvisor-test-{os.getpid()}-{next(self.numbers)}"
        variables = {"LC_ALL": "C.UTF-8", **environment}
        told = " ".join(f"{name}='{value}'" for name, value in variables.items())
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                  f"{told} sh -c '{command}; echo ended with $?; stty -a | grep -o -- \"-*icanon\"; cat'")

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-L", self.name, *arguments], check=True, capture_output=True,
                              text=True).stdout

    def screen(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if colours else []))

    def keys(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def shows(self, text):
        try:
            agent.wait_for(repr(text), lambda: re.search(text, self.screen()))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None
        return self.screen()

    def process(self):
        """The id of the program in the terminal."""
        shell = self.tmux("list-panes", "-F", "#{pane_pid}").strip()
        found = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,comm="], check=True, capture_output=True, text=True)
        children = {}
        for line in found.stdout.splitlines():
            pid, parent, name = line.split(None, 2)
            children.setdefault(parent, []).append((pid, name))
        waiting = [shell]
        while waiting:
            for pid, name in children.get(waiting.pop(), []):
                if name == os.path.basename(CLI):
                    return int(pid)
                waiting.append(pid)
        return None

    def close(self):
        subprocess.run(["tmux", "-L", self.name, "kill-server"], check=False, capture_output=True)


class Screens(agent.AgentTest):
    def terminal(self, arguments, **options):
        terminal = Terminal(f"{CLI} {arguments}", **options)
        self.addCleanup(terminal.close)
        return terminal

    def capture(self, **options):
        terminal = self.terminal(DEMO, **options)
        terminal.shows("NXDOMAIN names")
        return terminal

    def check_size(self, screen, width):
        for line in screen.splitlines():
            self.assertLessEqual(len(line), width)

    def test_capture_at_all_sizes(self):
        terminal = self.capture(width=80, height=24)
        for width, height in ((120, 40), (200, 60), (50, 14), (80, 24)):
            terminal.resize(width, height)
            screen = terminal.shows("8,107 received")
            self.check_size(screen, width)
            self.assertIn("1 overview", screen)
        terminal.resize(30, 8)
        terminal.shows("too small")
        terminal.resize(80, 24)
        terminal.shows("names asked")

    def test_the_top_names_are_found_without_a_key(self):
        screen = self.capture().screen()
        self.assertRegex(screen, r"NXDOMAIN names +528")
        self.assertIn("busiest remote addresses", screen)
        self.assertIn("10122b-133.demo.test", screen)

    def test_keys(self):
        terminal = self.capture()
        terminal.keys("3")
        terminal.shows("messages a second|queries +2,937")
        terminal.keys("Enter")
        terminal.shows("counter +count +share")
        terminal.keys("Escape")
        terminal.shows("names by their last")
        terminal.keys("Tab")
        terminal.shows("payload size|frames")
        terminal.keys("1", "j", "Enter")
        terminal.shows("# name +estimate")
        terminal.keys("Down", "Escape", "/", "w", "w", "w", ".")
        terminal.shows("filter: www\\.")
        terminal.keys("Enter")
        screen = terminal.shows("filter www\\.")
        self.assertIn("no line has 'www.' in it", screen)
        terminal.keys("Escape", "?")
        terminal.shows("Any key leaves")
        terminal.keys("x", "s")
        terminal.shows("sorted by name")
        terminal.keys("Space")
        terminal.shows("PAUSED")
        terminal.keys("q")
        terminal.shows("ended with 0")

    def test_mouse(self):
        terminal = self.capture()
        tabs = terminal.screen().splitlines()[3]
        column = tabs.index("dns") + 1
        terminal.tmux("send-keys", "-l", f"\x1b[M{chr(32)}{chr(32 + column)}{chr(32 + 4)}"
                      if self.old_mouse(terminal) else f"\x1b[<0;{column};4M")
        terminal.shows("queries +2,937")

    @staticmethod
    def old_mouse(terminal):
        return terminal.tmux("display", "-p", "#{mouse_sgr_flag}").strip() != "1"

    def test_colours_and_none(self):
        colour = re.compile(r"\x1b\[[0-9;]*(3[0-7]|38)[;0-9]*m")
        self.assertRegex(self.capture().screen(colours=True), colour)
        self.assertNotRegex(self.capture(NO_COLOR="1").screen(colours=True), colour)
        plain = self.capture(LC_ALL="C").screen()
        self.assertTrue(plain.isascii(), plain)

    def test_the_terminal_is_given_back(self):
        # AddressSanitizer, where the program is built with it, is told to leave faults to the program.
        left = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0"}
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT):
            terminal = self.capture(**left)
            os.kill(terminal.process(), number)
            terminal.shows(f"ended with {128 + number}")
            screen = terminal.shows("icanon")
            self.assertNotIn("-icanon", screen)
            self.assertNotIn("NXDOMAIN", screen)  # the screen from before is back
            terminal.close()

    def test_stop_and_go_on(self):
        terminal = self.capture()
        process = terminal.process()
        os.kill(process, signal.SIGTSTP)
        with_state = ["ps", "-o", "stat=", "-p", str(process)]
        state = lambda: subprocess.run(with_state, check=True, capture_output=True, text=True).stdout[:1]
        # A session's first process has no shell to go on from, and then the system lets it not stop.
        agent.wait_for("an end of the stop", lambda: state() in "TSR")
        os.kill(process, signal.SIGCONT)
        terminal.keys("3")
        terminal.shows("queries +2,937")

    def test_an_agent_that_goes_and_comes(self):
        watched = self.with_config(agent.WITH_DEFAULT)
        terminal = self.terminal(f"-p {watched.port} -H 127.0.0.1", width=100)
        terminal.shows("• live")
        terminal.shows("NXDOMAIN names|nothing yet")
        port = watched.port
        watched.stop()
        screen = terminal.shows("lost for")
        self.assertIn("1 overview", screen)  # the last picture stays
        self.assertIn("last picture, taken", screen)
        terminal.keys("?")
        terminal.shows("Any key leaves")
        terminal.keys("x")
        self.with_config(agent.WITH_DEFAULT, port=port)
        terminal.shows("• live")

    def test_an_agent_that_comes_later(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        terminal = self.terminal(f"-p {port} -H 127.0.0.1 -P deafult", width=100)
        terminal.shows("not connected, trying again")
        self.assertIn("connection refused", terminal.screen())
        self.with_config(agent.WITH_DEFAULT, port=port)
        screen = terminal.shows("• live")
        self.assertIn("policy default  no policy deafult", screen)

    def test_leaving_waits_for_no_answer(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            terminal = self.terminal(f"-p {silent.getsockname()[1]} -H 127.0.0.1")
            terminal.shows("asking http")
            begin = time.monotonic()
            terminal.keys("q")
            terminal.shows("ended with 0")
            self.assertLess(time.monotonic() - begin, 3)

    def test_only_what_changed_is_sent(self):
        """Through a terminal of our own: what a key that changes a line costs, after the first screen."""
        import pty
        import select
        child, descriptor = pty.fork()
        if child == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8", COLUMNS="200", LINES="60")
            os.execv(CLI, [CLI, DEMO])
        self.addCleanup(os.close, descriptor)

        def sent(seconds):
            total, end = b"", time.monotonic() + seconds
            while time.monotonic() < end:
                if select.select([descriptor], [], [], 0.1)[0]:
                    total += os.read(descriptor, 65536)
            return total
        first = sent(3)
        quiet = sent(2)
        os.write(descriptor, b"s")
        key = sent(1)
        os.write(descriptor, b"q")
        _, status = os.waitpid(child, 0)
        self.assertEqual(status, 0)
        print(f"bytes: first screen {len(first)}, two quiet seconds {len(quiet)}, a key {len(key)}")
        self.assertGreater(len(first), 3000)
        self.assertEqual(len(quiet), 0)
        self.assertLess(len(key), len(first) / 2)


if __name__ == "__main__":
    if not shutil.which("tmux"):
        print("skipped: no tmux")
        sys.exit(agent.SKIPPED)
    agent.PROGRAM, CLI = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as sockets:
        os.environ["TMUX_TMPDIR"] = sockets
        unittest.main(argv=sys.argv[:1])
