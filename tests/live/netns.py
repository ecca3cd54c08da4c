"""Two network namespaces with a veth pair between them, made for one test and gone after it.

    client  10.77.0.1  fd77::1  interface vc           server  10.77.0.2  fd77::2  interface vs

The agent watches vs, inside the server's namespace. Nothing leaves the two. Names hold the process's number, so
tests may run side by side; what a killed test left behind is removed by the next one.
"""
import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import time

CLIENT4, CLIENT6, SERVER4, SERVER6 = "10.77.0.1", "fd77::1", "10.77.0.2", "fd77::2"
MORE_CLIENTS = 8  # 10.77.0.10 and so on
SKIPPED = 77
PREFIX = "pvlive"
CLONE_NEWNET, PR_SET_PDEATHSIG = 0x40000000, 1
libc = ctypes.CDLL(None, use_errno=True)


def skip(why):
    print("SKIPPED:", why, flush=True)
    raise SystemExit(SKIPPED)


def require(*programs):
    """Ends the test as skipped unless it is root's and these programs are here."""
    if os.geteuid() != 0:
        skip("network namespaces need root")
    missing = [name for name in ("ip", *programs) if not shutil.which(name)]
    if missing:
        skip("not installed: " + ", ".join(missing) + " (tools/setup.sh peers)")
    probe = f"{PREFIX}{os.getpid()}probe" # root of a container may not be allowed to
    made = run("ip", "netns", "add", probe, check=False)
    run("ip", "netns", "del", probe, check=False)
    if made.returncode != 0:
        skip("no network namespace can be made here: " + made.stderr.strip())


def run(*command, check=True, **options):
    return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def remove_leftovers():
    names = re.findall(rf"^({PREFIX}(\d+)\S*)", run("ip", "netns", "list").stdout, re.M)
    for name, pid in names:
        if not os.path.exists(f"/proc/{pid}"):
            run("ip", "netns", "del", name, check=False)


class Space:
    """One network namespace."""

    def __init__(self, name):
        self.name = name
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")

    def command(self, *words):
        return ["ip", "netns", "exec", self.name, *map(str, words)]

    def run(self, *words, check=True, **options):
        return run(*self.command(*words), check=check, **options)

    def start(self, *words, **options):
        """A program in the background; it ends with the test at the latest."""
        return subprocess.Popen(self.command(*words), preexec_fn=die_with_parent, **options)

    def ip(self, *words):
        return run("ip", "-n", self.name, *words)

    @contextlib.contextmanager
    def inside(self):
        """This thread's sockets made in the block belong to the namespace."""
        with open("/proc/thread-self/ns/net", "rb") as before, open(f"/run/netns/{self.name}", "rb") as wanted:
            if libc.setns(wanted.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(before.fileno(), CLONE_NEWNET)

    def passed(self, interface):
        """Frames and bytes that went through the interface, both ways, by its own count."""
        [link] = json.loads(run("ip", "-n", self.name, "-s", "-j", "link", "show", "dev", interface).stdout)
        stats = link["stats64"]
        return (stats["rx"]["packets"] + stats["tx"]["packets"], stats["rx"]["bytes"] + stats["tx"]["bytes"])


class Pair:
    """The two namespaces; a context manager."""

    def __init__(self, offload=False, addresses=True):
        remove_leftovers()
        base = f"{PREFIX}{os.getpid()}"
        self.client = self.server = None
        try:
            self.client, self.server = Space(base + "c"), Space(base + "s")
            self.plug(offload, addresses)
        except BaseException:
            self.close()
            raise

    def plug(self, offload=False, addresses=True):
        run("ip", "link", "add", "vc", "netns", self.client.name, "type", "veth", "peer", "name", "vs", "netns",
            self.server.name)
        ends = ((self.client, "vc", CLIENT4, CLIENT6), (self.server, "vs", SERVER4, SERVER6))
        for space, interface, v4, v6 in ends:
            silence(space, interface, addresses)
            if not offload:
                space.run("ethtool", "-K", interface, "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx",
                          "off", check=False)
            space.ip("link", "set", interface, "up")
        if addresses:
            for space, interface, v4, v6 in ends:
                space.ip("addr", "add", v4 + "/24", "dev", interface)
                space.ip("addr", "add", v6 + "/64", "dev", interface, "nodad")
            for last in range(10, 10 + MORE_CLIENTS):
                self.client.ip("addr", "add", f"10.77.0.{last}/24", "dev", "vc")
                self.client.ip("addr", "add", f"fd77::{last}/64", "dev", "vc", "nodad")

    def settle(self):
        """Waits until nothing passes by itself any more."""
        seen, since = self.server.passed("vs"), time.monotonic()
        deadline = since + 15
        while time.monotonic() < min(deadline, since + 1.2):
            time.sleep(0.1)
            now = self.server.passed("vs")
            if now != seen:
                seen, since = now, time.monotonic()

    def close(self):
        for space in (self.client, self.server):
            if space:
                run("ip", "netns", "del", space.name, check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def silence(space, interface, addresses):
    """Nothing is sent that nobody asked for: no router solicitations, no duplicate address detection."""
    keys = {"accept_dad": 0, "router_solicitations": 0, "autoconf": 0, "disable_ipv6": 0 if addresses else 1}
    for key, value in keys.items():
        space.run("sysctl", "-qw", f"net.ipv6.conf.{interface}.{key}={value}", check=False)
