"""Real servers and clients for the tests: unbound and a web server here; dig, dnsperf, curl, ping there."""
import os
import socket
import subprocess
import sys
import tempfile
import time

from netns import CLIENT4, MORE_CLIENTS, SERVER4, SERVER6

NAMES = ("www", "api", "cdn", "mail", "static")
WEB_PAGE = 300_000
UNBOUND = os.path.join(os.path.dirname(os.path.abspath(__file__)), "unbound.conf")


def unbound_configuration(folder):
    data = []
    for i, name in enumerate(NAMES):
        data.append(f'  local-data: "{name}.demo.test. 60 A 192.0.2.{i + 10}"')
        data.append(f'  local-data: "{name}.demo.test. 60 AAAA 2001:db8::{i + 10}"')
    for i in range(9):  # 9 x 230 bytes: over the Ethernet MTU, under 4096
        data.append(f"  local-data: 'big.demo.test. 60 TXT \"{i:0230}\"'")
    with open(UNBOUND, encoding="ascii") as file:
        text = file.read().replace("@FOLDER@", folder).replace("@NAMES@", "\n".join(data), 1)
    path = os.path.join(folder, "unbound.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def answers(space, port):
    """Something listens on this TCP port of the server, asked from inside: nothing passes its interface."""
    with space.inside():
        with socket.socket() as probe:
            return probe.connect_ex((SERVER4, port)) == 0


def start_servers(pair, folder):
    log = open(os.path.join(folder, "servers.log"), "ab")
    root = os.path.join(folder, "www")
    os.mkdir(root)
    with open(os.path.join(root, "page"), "wb") as file:
        file.write(b"b" * WEB_PAGE)
    pair.server.start("unbound", "-d", "-c", unbound_configuration(folder), stdout=log, stderr=log)
    pair.server.start(sys.executable, "-m", "http.server", "--bind", "::", "--directory", root, "80", stdout=log,
                      stderr=log)
    deadline = time.monotonic() + 10
    while not (answers(pair.server, 53) and answers(pair.server, 80)):
        assert time.monotonic() < deadline, "the servers do not start"
        time.sleep(0.05)


def dig(pair, *words):
    pair.client.run("dig", "+tries=1", "+time=2", *words, check=False)


def dnsperf(pair, folder, server, count, names, *options):
    handle, path = tempfile.mkstemp(dir=folder)
    with open(handle, "w", encoding="ascii") as file:
        file.write("\n".join(names) + "\n")
    done = pair.client.run("dnsperf", "-s", server, "-d", path, "-n", str(max(count // len(names), 1)), "-Q", "2000",
                           *options, check=False)
    assert "Queries completed" in done.stdout, done.stdout + done.stderr


def everything(pair, folder):
    """A little of all the traffic there is, in a few seconds."""
    common = tuple(f"{name}.demo.test {kind}" for name in NAMES for kind in ("A", "AAAA", "TXT"))
    nowhere = tuple(f"x{i}.demo.test A" for i in range(200))
    large = tuple(["big.demo.test TXT"] * 10)
    for server, client in ((SERVER4, "10.77.0."), (SERVER6, "fd77::")):
        dnsperf(pair, folder, server, 1500, common, "-c", "8")
        dnsperf(pair, folder, server, 200, nowhere, "-a", client + "10")
        dnsperf(pair, folder, server, 300, common, "-m", "tcp", "-c", "4", "-a", client + "11")
        for last in range(10, 10 + MORE_CLIENTS):
            dnsperf(pair, folder, server, 10, large, "-c", "5", "-e", "-a", f"{client}{last}")
            dnsperf(pair, folder, server, 30, common, "-m", "tcp", "-c", "2", "-a", f"{client}{last}")
        dig(pair, "@" + server, "demo.test", "MX")
        dig(pair, "@" + server, "_sip._tcp.demo.test", "SRV")
        dig(pair, "@" + server, "www.closed.test", "A")
        dig(pair, "@" + server, "+noedns", "WWW.Demo.Test", "A")
        for _ in range(12):  # from a new port each time, answered in fragments
            dig(pair, "@" + server, "+bufsize=4096", "+ignore", "big.demo.test", "TXT")
        dig(pair, "@" + server, "+tcp", "big.demo.test", "TXT")
        dig(pair, "@" + server, "-p", "5355", "closed.demo.test", "A")  # ICMP port unreachable
        url = f"http://[{server}]/page" if ":" in server else f"http://{server}/page"
        for _ in range(3):
            pair.client.run("curl", "-sS", "-o", "/dev/null", url)
        pair.client.run("ping", "-c", "5", "-i", "0.02", server)
        pair.client.run("ping", "-c", "5", "-i", "0.02", "-s", "4000", server)
    pair.server.run("ping", "-c", "3", "-i", "0.02", CLIENT4)


def bulk(pair, seconds):
    """Segments as large as the interface's offloading lets them be."""
    server = pair.server.start("iperf3", "-s", "-1", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 5
    while not listening(pair.server, 5201):
        assert time.monotonic() < deadline, "iperf3 does not start"
        time.sleep(0.02)
    pair.client.run("iperf3", "-c", SERVER4, "-t", str(seconds), "-b", "200M", check=False)
    server.wait(10)


def listening(space, port):
    return f":{port} " in space.run("ss", "-Hltn").stdout
