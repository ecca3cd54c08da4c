#!/usr/bin/env python3
"""What pcapng files may hold beside plain packets: blocks of any size, packets that cannot be read."""
import gzip
import struct
import unittest

import harness
from harness import ProgramTest, Run, START, block, enhanced, interface, pcap, queries, section, simple

FRAMES = queries(4)
NOW = START * 1_000_000


def comments(size):
    """So many bytes of options, roughly."""
    return (struct.pack("<HH", 1, 60_000) + b"c" * 60_000) * (size // 60_000 + 1)


class LargeBlocks(ProgramTest):
    def all_read(self, content):
        for stdin, args in ((b"", [self.file("large.pcapng", content)]), (content, ["-"]),
                            (gzip.compress(content, 1), ["-"])):
            result = self.works(*args, stdin=stdin)
            self.assertEqual(result["ledger"]["tap"]["received"], 2)
            self.assertEqual(result["1m"]["dns"]["wire_packets"]["total"], 2)
            self.assertEqual(result["1m"]["packets"]["period"], {"start_ts": START, "length": 7})

    def test_unknown(self):
        large = block(0x0bad, bytes(17 << 20))
        self.all_read(section() + interface() + large + enhanced(NOW, FRAMES[0]) + large +
                      enhanced(NOW + 7_000_000, FRAMES[1]) + large)

    def test_options(self):
        large = comments(480_000)
        self.all_read(section(large) + interface(options=large) + enhanced(NOW, FRAMES[0], large) +
                      enhanced(NOW + 7_000_000, FRAMES[1], large))


class Damaged(ProgramTest):
    def test_each_reason_is_told_in_one_line(self):
        content = section() + interface() + enhanced(NOW, FRAMES[0]) + enhanced(NOW, FRAMES[1], interface_id=7) + \
            block(6, struct.pack("<IIIII", 0, 0, 0, 0xffffffff, 60) + FRAMES[2])
        run = Run("--extended", self.file("bad.pcapng", content))
        self.assertEqual(run.status, 0)
        self.assertEqual(run.json["ledger"]["tap"]["malformed"]["bad_record"], 2)
        self.assertEqual(len(run.warnings), 1, run.errors)
        self.assertIn("bad.pcapng: damaged packets left out: 1 with lengths beyond their block, "
                      "1 of interfaces that are not described", run.warnings[0])

    def test_many_interfaces(self):
        content = section() + interface() * 70_001 + enhanced(NOW, FRAMES[0], interface_id=70_000)
        self.assertEqual(self.works(self.file("many.pcapng", content))["1m"]["packets"]["total"], 1)


class NothingToRead(ProgramTest):
    def test_ends_in_one_line(self):
        packets = enhanced(NOW, FRAMES[0]) + enhanced(NOW, FRAMES[1])
        damaged = struct.pack("<IIII", START, 0, 300_000, 300_000)
        for content, saying in (
                (section() + interface(70) + packets,
                 "none of its interfaces has a supported link type: link type 70"),
                (section() + simple(FRAMES[0]), "1 of interfaces that are not described"),
                (section() + packets, "2 of interfaces that are not described"),
                (section() + interface() + packets[:len(packets) // 2 - 1] + b"x" + packets, "lengths do not match"),
                (pcap([]) + damaged, "captured length 300000 exceeds")):
            for extra in ([], ["--format", "text"], ["--workers", "2"]):
                self.fails(self.file("none.pcapng", content), *extra, saying="no packet could be read: ")
                self.fails(self.file("none.pcapng", content), *extra, saying=saying)

    def test_what_holds_or_passes_nothing_works(self):
        for content in (section() + interface(), pcap([]), section() + interface(70)):
            self.assertEqual(self.works(self.file("empty.pcapng", content))["1m"]["packets"]["total"], 0)
        content = section() + interface() + enhanced(NOW, FRAMES[0]) + enhanced(NOW, FRAMES[1], interface_id=3)
        self.works("-b", "tcp", self.file("filtered.pcapng", content))

    def test_one_of_several(self):
        bad = self.file("bad.pcapng", section() + interface(70) + enhanced(NOW, FRAMES[0]))
        result = self.works(bad, self.file("good.pcap", pcap(FRAMES)))
        self.assertEqual(result["1m"]["packets"]["total"], len(FRAMES))


class SimplePackets(ProgramTest):
    def test_take_the_time_of_a_neighbour(self):
        timed = enhanced(NOW, FRAMES[2]) + simple(FRAMES[3]) + enhanced(NOW + 3_000_000, FRAMES[4])
        content = section() + interface() + simple(FRAMES[0]) + simple(FRAMES[1]) + timed
        for args, stdin in (([self.file("simple.pcapng", content)], b""), (["-"], content)):
            packets = self.works(*args, stdin=stdin)["1m"]["packets"]
            self.assertEqual(packets["total"], 5)
            self.assertEqual(packets["period"], {"start_ts": START, "length": 3})


if __name__ == "__main__":
    harness.main()
