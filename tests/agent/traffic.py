"""Frames sent on the loopback interface, as a packet socket sends them: of hosts that are not there."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from harness import dns, ip4, tcp, udp  # noqa: E402

HOME, AWAY = "10.77.0.2", "89.160.20.112"
HOME6, AWAY6 = "fd77::2", "2a02:dac0::1"
HOSTS = "10.77.0.0/24,fd77::/64"


def udp6(src, src_port, dst, dst_port, body):
    payload = struct.pack(">HHHH", src_port, dst_port, 8 + len(body), 0) + body
    header = struct.pack(">IHBB", 6 << 28, len(payload), 17, 64)
    return (b"\2\0\0\0\0\1\2\0\0\0\0\2\x86\xdd" + header + socket.inet_pton(socket.AF_INET6, src) +
            socket.inet_pton(socket.AF_INET6, dst) + payload)


def round_of(number):
    """Queries and replies both ways, with replies of several kinds; TCP, ICMP and IPv6."""
    name, port, this = f"n{number % 20}.example.com", 40000 + number % 50, number & 0xffff
    rcode = (0, 0, 3, 2, 5)[number % 5]
    frames = []
    for client, server in ((HOME, AWAY), (AWAY, HOME)):
        frames += [udp(client, port, server, 53, dns(this, name)),
                   udp(server, 53, client, port, dns(this, name, True, 1, rcode))]
    frames += [udp6(HOME6, port, AWAY6, 53, dns(this, name, qtype=28)),
               udp6(AWAY6, 53, HOME6, port, dns(this, name, True, 28)),
               tcp(HOME, port, AWAY, 443, number, flags=2), tcp(AWAY, 443, HOME, port, number, b"x" * 500),
               ip4(AWAY, HOME, 1, b"\x08\0\0\0" + bytes(60)),
              # What a client may not be shown as it is.
              udp(AWAY, port, HOME, 53, dns(this, "xxxxx.bad.example").replace(b"xxxxx", b'\xff\xc3"\n\\'))]
    return frames


class Traffic:
    """Sends until the end of the block, about a hundred rounds a second."""

    def __enter__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind(("lo", 0))
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self._thread.start()
        return self

    def _send(self):
        number = 0
        while not self._end.wait(0.01):
            for frame in round_of(number):
                self._socket.send(frame)
            number += 1

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._socket.close()


def go_where_nobody_else_is():
    """Goes on in a network of its own, if that is allowed, so that nobody else's frames are on lo."""
    if os.environ.get("VISOR_OWN_NETWORK"):
        flags = struct.pack("16sH14x", b"lo", 1)  # up
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, 0x8914, flags)  # SIOCSIFFLAGS
        return
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
    probe = [*unshare, "true"] if shutil.which("unshare") else ["false"]
    if subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        os.environ["VISOR_OWN_NETWORK"] = "1"
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])


def allowed():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
        return True
    except (AttributeError, OSError):
        return False
