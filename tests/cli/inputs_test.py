#!/usr/bin/env python3
"""Inputs no program should trip over: each ends in one clear line, or works with what is wrong counted."""
import gzip
import os
import shutil
import struct
import subprocess
import unittest

import harness
from harness import ProgramTest, Run, START, pcap, pcapng, queries, udp

FRAMES = queries(4)


def zstd(content):
    return subprocess.run(["zstd", "-qc"], input=content, stdout=subprocess.PIPE, check=True).stdout


class NoCapture(ProgramTest):
    def test_missing(self):
        self.fails(os.path.join(self.folder, "none.pcap"), saying="No such file")

    def test_folder(self):
        self.fails(self.folder, saying="irectory")

    def test_empty(self):
        self.fails(self.file("empty.pcap"), saying="empty file")
        self.fails("-", saying="standard input: empty file")

    def test_closed_descriptors(self):
        path = self.file("good.pcap", pcap(FRAMES))
        for arguments, closed in ((["-"], (0,)), ([path], (1,)), ([path], (0, 1, 2))):
            done = subprocess.run([harness.PROGRAM, *arguments], check=False, timeout=20,
                                  preexec_fn=lambda closed=closed: [os.close(number) for number in closed])
            self.assertEqual(done.returncode, harness.FATAL, (arguments, closed))

    @unittest.skipIf(os.geteuid() == 0 and not shutil.which("setpriv"), "root may read everything")
    def test_no_permission(self):
        path = self.file("secret.pcap", pcap(FRAMES))
        os.chmod(path, 0)
        os.chmod(self.folder, 0o755)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*as_nobody, harness.PROGRAM, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        if done.returncode in (126, 127):
            self.skipTest("the program is out of reach of another user")
        self.assertEqual((done.returncode, done.stdout), (harness.FATAL, b""))
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"Permission denied", done.stderr)

    def test_foreign(self):
        for content in (b"garbage" * 100, bytes(4096), b"\xff" * 24, b"\x7fELF" + bytes(60), b"snoop\0\0\0" + bytes(60),
                        b"PK\3\4" + bytes(60), pcap(FRAMES, magic=0xa1b2c3d5), b"\n" * 24):
            self.fails(self.file("foreign", content), saying="not a pcap or pcapng file")

    def test_link_type_and_version(self):
        self.fails(self.file("l70.pcap", pcap(FRAMES, link=70)), saying="not supported")
        self.fails(self.file("v9.pcap", pcap([])[:4] + b"\x09" + pcap([])[5:]), saying="version 9")

    def test_frames_without_ip_are_counted(self):
        packets = self.works(self.file("usb.pcap", pcap(FRAMES, link=189)))["1m"]["packets"]
        self.assertEqual((packets["total"], packets["other_l4"]), (len(FRAMES), len(FRAMES)))
        self.assertEqual((packets["ipv4"], packets["ipv6"], packets["udp"]), (0, 0, 0))

    def test_one_bad_file_of_many(self):
        good = self.file("good.pcap", pcap(FRAMES))
        self.fails(good, os.path.join(self.folder, "none.pcap"), good, saying="none.pcap")


class CutShort(ProgramTest):
    def all_lengths(self, whole, header):
        counts = []
        for length in range(0, len(whole), 7):
            path = self.file("cut", whole[:length])
            if length < header:
                self.fails(path, saying="empty file" if length == 0 else "cut")
                continue
            result = self.works(path)
            tap = result["ledger"]["tap"]
            self.assertLessEqual(tap["malformed"]["cut_short"], 1)
            self.assertEqual(result["1m"]["packets"]["total"], tap["delivered"])
            counts.append(tap["delivered"])
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(counts[-1], len(FRAMES) - 1)

    def test_pcap(self):
        self.all_lengths(pcap(FRAMES), 24)

    def test_pcapng(self):
        self.all_lengths(pcapng(FRAMES), 28)

    def test_says_where(self):
        run = Run(self.file("cut.pcap", pcap(FRAMES)[:-1]))
        self.assertEqual(run.status, 0)
        self.assertTrue(any("cut short in record 8" in line for line in run.errors), run.errors)


class Records(ProgramTest):
    def test_length_of_four_gib(self):
        for length in (0xffffffff, 0x7fffffff, 300_000):
            bad = struct.pack("<IIII", START, 0, length, length) + b"rest"
            tap = self.works(self.file("long.pcap", pcap(FRAMES) + bad))["ledger"]["tap"]
            self.assertEqual((tap["delivered"], tap["malformed"]["bad_record"] + tap["malformed"]["cut_short"]), (8, 1))
            bad = struct.pack("<III", 6, length & ~3, 0) + b"rest"
            tap = self.works(self.file("long.pcapng", pcapng(FRAMES) + bad))["ledger"]["tap"]
            self.assertEqual((tap["delivered"], tap["malformed"]["bad_record"] + tap["malformed"]["cut_short"]), (8, 1))

    def test_damage_anywhere(self):
        for whole in (pcap(FRAMES), pcapng(FRAMES)):
            for at in range(28, len(whole), 5):
                damaged = bytearray(whole)
                damaged[at] ^= 0xff
                run = Run("--periods", "1", "--extended", self.file("damaged", bytes(damaged)))
                if run.status == 0:
                    self.assertIn("1m", run.json)
                else:
                    self.assertEqual((run.status, len(run.errors), run.out), (harness.FATAL, 1, b""))

    def test_frames_of_every_length(self):
        frame = FRAMES[1]
        frames = [frame[:n] for n in range(len(frame) + 1)]
        result = self.works(self.file("short.pcap", pcap(frames)))
        self.assertEqual(result["1m"]["packets"]["total"], len(frames))
        self.assertGreater(sum(result["ledger"]["frames"]["undecoded"].values()), 0)

    def test_a_capture_of_a_capture(self):
        inner = pcap(queries(400))
        frames = [udp("10.0.0.1", 2000, "10.0.0.2", 2001, inner[i:i + 1400]) for i in range(0, len(inner), 1400)]
        result = self.works(self.file("outer.pcap", pcap(frames)))
        self.assertEqual(result["1m"]["packets"]["udp"], len(frames))
        self.assertEqual(result["1m"]["dns"]["wire_packets"]["total"], 0)


class Times(ProgramTest):
    def total(self, times):
        frames = [FRAMES[i % len(FRAMES)] for i in range(len(times))]
        path = self.file("times.pcap", pcap(frames, times=times))
        result = self.works(path)
        self.assertEqual(result["1m"]["packets"]["total"], len(times))
        self.assertEqual(Run(path).status, 0)
        self.assertEqual(Run(path, "--workers", "4").out, Run(path).out)
        return result

    def test_backwards(self):
        result = self.total([(START - 100 * i, 0) for i in range(50)])
        self.assertEqual(result["1m"]["packets"]["period"]["length"], 0)

    def test_2106_and_1970(self):
        self.total([(0xffffffff, 999_999)] * 3)
        self.total([(0, 0)] * 3)
        self.total([(0, 0), (0xffffffff, 999_999), (0, 1)])

    def test_all_equal(self):
        self.assertEqual(self.total([(START, 0)] * 10)["1m"]["packets"]["period"], {"start_ts": START, "length": 0})

    def test_jumping_years(self):
        year = 31_536_000
        result = self.total([(START + year * (i % 7), i) for i in range(300)])
        self.assertGreater(result["ledger"]["frames"]["late"], 0)

    def test_impossible_microseconds(self):
        self.total([(START, 0xffffffff), (START, 1_000_000), (START + 1, 0)])


class Compressed(ProgramTest):
    def test_gzip_cut_short(self):
        whole = gzip.compress(pcap(queries(2000)))
        for length in range(20, len(whole), len(whole) // 9):
            run = Run("--periods", "1", self.file("cut.gz", whole[:length]))
            self.assertIn(run.status, (0, harness.FATAL), run.errors)
            self.assertTrue(any("cut.gz" in line and "pcap/pcapng" not in line or "Cannot open" in line
                                for line in run.errors), run.errors)
            if run.status == 0:
                self.assertLess(run.json["1m"]["packets"]["total"], 4000)

    def test_gzip_of_something_else(self):
        self.fails(self.file("garbage.gz", gzip.compress(b"garbage" * 50)), saying="not a pcap or pcapng file")
        self.fails(self.file("empty.gz", gzip.compress(b"")), saying="empty file")
        self.fails(self.file("bad.gz", b"\x1f\x8b\x08\x00" + b"garbage" * 50), saying="bad.gz")

    def test_gzip_in_gzip(self):
        path = self.file("twice.gz", gzip.compress(gzip.compress(pcap(FRAMES))))
        run = Run(path)
        if run.status == 0:
            self.assertEqual(self.works(path)["1m"]["packets"]["total"], 8)
        else:
            self.fails(path, saying="gzip")

    def test_gzip_in_parts(self):
        whole = pcap(FRAMES)
        path = self.file("parts.gz", gzip.compress(whole[:100]) + gzip.compress(whole[100:]))
        self.assertEqual(self.works(path)["1m"]["packets"]["total"], 8)

    @unittest.skipUnless(shutil.which("zstd"), "no zstd program to compress with")
    def test_zstd(self):
        whole = zstd(pcap(queries(2000)))
        self.assertEqual(self.works(self.file("whole.zst", whole))["1m"]["packets"]["total"], 4000)
        for length in range(10, len(whole), len(whole) // 7):
            run = Run("--periods", "1", self.file("cut.zst", whole[:length]))
            self.assertIn(run.status, (0, harness.FATAL), run.errors)
            self.assertTrue(any("cut.zst" in line for line in run.errors), run.errors)
        self.fails(self.file("garbage.zst", zstd(b"garbage" * 50)), saying="not a pcap or pcapng file")


class Streams(ProgramTest):
    def test_standard_input(self):
        whole = pcap(queries(3000))
        expected = Run("--periods", "1", self.file("a.pcap", whole)).out
        self.assertEqual(Run("--periods", "1", "-", stdin=whole).out, expected)
        self.assertEqual(Run("--periods", "1", "-", stdin=gzip.compress(whole)).out, expected)

    def test_a_slow_writer(self):
        whole = pcap(queries(3000))
        path = self.file("a.pcap", whole)
        feed = f"head -c 30000 {path}; sleep 0.2; tail -c +30001 {path} | head -c 7; sleep 0.1; tail -c +30008 {path}"
        slow = subprocess.run(f"({feed}) | {harness.PROGRAM} --periods 1 -", shell=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True)
        self.assertEqual(slow.stdout, Run("--periods", "1", path).out)

    def test_several_files(self):
        a, b = self.file("a.pcap", pcap(queries(700))), self.file("b.pcapng", pcapng(queries(300)))
        c = self.file("c.gz", gzip.compress(pcap(queries(5))))
        result = self.works(a, b, c)
        self.assertEqual(result["1m"]["packets"]["total"], 2010)
        self.assertEqual(result["1m"]["dns"]["wire_packets"]["queries"], 1005)
        self.assertEqual(self.works(*[c] * 100)["1m"]["packets"]["total"], 1000)


if __name__ == "__main__":
    harness.main()
