"""What the tests of the command line share: running the program, and captures made byte by byte."""
import json
import os
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import documents  # noqa: E402
from folder import FolderTest  # noqa: E402

PROGRAM = ""  # the first argument of each test program
START = 1_600_000_000
FATAL = 255


class Run:
    """A finished run: exit status, standard output and the lines of standard error."""

    def __init__(self, *args, stdin=b"", **options):
        done = subprocess.run([PROGRAM, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False, timeout=60, **options)
        self.status, self.out = done.returncode, done.stdout
        self.errors = done.stderr.decode(errors="replace").splitlines()
        if not self.status:
            documents.file_taken(args)

    @property
    def warnings(self):
        return [line.split("[warning] ", 1)[1] for line in self.errors if "[warning] " in line]

    @property
    def json(self):
        return json.loads(self.out)


def on_one_processor():
    """For preexec_fn: the program has one, and so one thread does it all."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


class ProgramTest(FolderTest):
    """A test that checks what every run promises."""

    def fails(self, *args, saying="", stdin=b""):
        """Ends in one clear line on standard error, nothing on standard output, and status 255."""
        run = Run(*args, stdin=stdin)
        self.assertEqual(run.status, FATAL, run.errors)
        self.assertEqual(run.out, b"")
        self.assertEqual(len(run.errors), 1, run.errors)
        self.assertIn("Fatal error: ", run.errors[0])
        self.assertIn(saying, run.errors[0])
        return run

    def works(self, *args, stdin=b""):
        """Ends with status 0 and one line of valid JSON whose ledger balances; returns the JSON."""
        run = Run("--periods", "1", "--extended", *args, stdin=stdin)
        self.assertEqual(run.status, 0, run.errors)
        self.assertEqual(run.out.count(b"\n"), 1)
        result = run.json
        tap = result["ledger"]["tap"]
        self.assertEqual(tap["received"],
                         tap["delivered"] + sum(tap["malformed"].values()) + sum(tap["dropped"].values()), tap)
        for told in (result["1m"][handler].get("wire_packets", result["1m"][handler])
                     for handler in ("packets", "dns", "dhcp")):
            self.assertEqual(told["events"], told["total"] + told["filtered"] + told.get("malformed", 0), told)
        return result


def pcap(frames, link=1, magic=0xa1b2c3d4, times=None, snaplen=262144):
    """A pcap file of these frames, one a millisecond unless times (seconds, fraction) are given."""
    out = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for i, frame in enumerate(frames):
        seconds, part = times[i] if times else (START + i // 1000, i % 1000 * 1000)
        out.append(struct.pack("<IIII", seconds & 0xffffffff, part, len(frame), len(frame)) + frame)
    return b"".join(out)


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def section(options=b""):
    return block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1) + options)


def interface(link=1, options=b"", snaplen=0):
    return block(1, struct.pack("<HHI", link, 0, snaplen) + options)


def enhanced(time_us, frame, options=b"", interface_id=0):
    return block(6, struct.pack("<IIIII", interface_id, time_us >> 32, time_us & 0xffffffff, len(frame), len(frame)) +
                 frame + bytes(-len(frame) % 4) + options)


def simple(frame):
    return block(3, struct.pack("<I", len(frame)) + frame)


def pcapng(frames, link=1):
    return section() + interface(link) + b"".join(enhanced((START * 1000 + i) * 1000, frame)
                                                  for i, frame in enumerate(frames))


def ip4(src, dst, proto, body, identification=0, fragment=0):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), identification, fragment, 64, proto, 0,
                         bytes(map(int, src.split("."))), bytes(map(int, dst.split("."))))
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\x00" + header + body


def udp(src, src_port, dst, dst_port, body):
    return ip4(src, dst, 17, struct.pack(">HHHH", src_port, dst_port, 8 + len(body), 0) + body)


def tcp(src, src_port, dst, dst_port, sequence, body=b"", flags=0x18):
    header = struct.pack(">HHIIBBHHH", src_port, dst_port, sequence & 0xffffffff, 0, 0x50, flags, 65535, 0, 0)
    return ip4(src, dst, 6, header + body)


def dns(identification, name, reply=False, qtype=1, rcode=0, padding=0):
    flags = 0x8180 | rcode if reply else 0x0100
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    answers = b""
    if padding:  # one TXT answer of so many bytes
        answers = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, padding) + b"x" * padding
    return struct.pack(">HHHHHH", identification, flags, 1, 1 if padding else 0, 0, 0) + labels + \
        struct.pack(">HH", qtype, 1) + answers


def queries(count, client="10.0.0.1", server="10.0.0.2"):
    """count queries and their replies in turn."""
    frames = []
    for i in range(count):
        name = f"n{i % 20}.example.com"
        frames.append(udp(client, 40000 + i % 1000, server, 53, dns(i & 0xffff, name)))
        frames.append(udp(server, 53, client, 40000 + i % 1000, dns(i & 0xffff, name, reply=True)))
    return frames


def main():
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
