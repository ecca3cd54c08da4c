#!/usr/bin/env python3
"""The same capture gives the same bytes, whatever the number of workers, and the truth known of it.

Usage: same_result_test.py PROGRAM [CAPTURE...]     the captures besides those made here
"""
import os
import random
import resource
import struct
import sys
import unittest

import harness
from harness import ProgramTest, Run, START, dns, ip4, on_one_processor, pcap, queries, tcp, udp

CAPTURES = []
WORKERS = ("2", "2", "4", "8")  # two twice: chance decides who is first
SAMPLED = ["--extended", "--max-deep-sample", "30"]


def interleaved(streams, seed):
    """The segments of all streams mixed: each stream's own in order, but for neighbours that swap places."""
    rng = random.Random(seed)
    for stream in streams:
        for i in range(1, len(stream) - 1):
            if rng.random() < 0.1:
                stream[i], stream[i + 1] = stream[i + 1], stream[i]
    waiting = [iter(s) for s in streams]
    mixed = []
    while waiting:
        place = rng.randrange(len(waiting))
        frame = next(waiting[place], None)
        if frame is None:
            waiting.pop(place)
        else:
            mixed.append(frame)
    return mixed


def stream_of(client, server, client_port, messages, size):
    """A query and its reply for each message, over one TCP connection, in segments of so many bytes."""
    frames = [tcp(client, client_port, server, 53, 999, flags=2), tcp(server, 53, client, client_port, 4999, flags=18)]
    up, down = 1000, 5000
    for i in range(messages):
        name = f"m{i}.p{client_port}.example.org"
        for reply in (False, True):
            message = dns(i, name, reply=reply, padding=600 if reply else 0)
            message = struct.pack(">H", len(message)) + message
            for at in range(0, len(message), size):
                part = message[at:at + size]
                if reply:
                    frames.append(tcp(server, 53, client, client_port, down + at, part))
                else:
                    frames.append(tcp(client, client_port, server, 53, up + at, part))
            if reply:
                down += len(message)
            else:
                up += len(message)
    return frames


def fragments_of(frame, identification, size):
    """A frame's datagram or segment in fragments of so many bytes, a multiple of 8."""
    body, proto = frame[34:], frame[23]
    source, target = (".".join(map(str, frame[at:at + 4])) for at in (26, 30))
    return [ip4(source, target, proto, body[at:at + size], identification,
                at // 8 | (0x2000 if at + size < len(body) else 0)) for at in range(0, len(body), size)]


class SameResult(ProgramTest):
    def same(self, capture, *options):
        once = Run("--workers", "1", *options, capture)
        self.assertEqual(once.status, 0, once.errors)
        for workers in WORKERS:
            again = Run("--workers", workers, *options, capture)
            self.assertEqual(again.status, 0, again.errors)
            self.assertEqual(again.out, once.out, f"{capture} with {workers} workers {options}")
        alone = Run("--workers", "1", *options, capture, preexec_fn=on_one_processor)  # one thread
        self.assertEqual(alone.out, once.out, f"{capture} on one processor {options}")
        return once.json

    def everywhere(self, capture):
        self.same(capture)
        self.same(capture, *SAMPLED)
        return self.same(capture, "--periods", "1", "-H", "10.0.0.0/8")["1m"]

    def test_given_captures(self):
        for capture in CAPTURES:
            with self.subTest(capture):
                self.everywhere(capture)

    def test_many_blocks(self):
        frames = queries(20_000)
        times = [(START + i // 100, i % 100) for i in range(len(frames))]
        result = self.everywhere(self.file("many.pcap", pcap(frames, times=times)))
        self.assertEqual(result["dns"]["wire_packets"]["total"], 40_000)
        self.assertEqual(result["dns"]["xact"]["counts"], {"timed_out": 0, "total": 20_000})
        self.assertEqual(result["dns"]["cardinality"]["qname"], 20)

    def test_sparse_minutes(self):
        pairs = queries(600)
        frames = []
        for at in range(0, len(pairs), 20):  # ten queries, and 47 s later their replies
            frames += pairs[at:at + 20:2] + pairs[at + 1:at + 20:2]
        times = [(START + i // 10 * 47, 0) for i in range(len(frames))]
        result = self.everywhere(self.file("sparse.pcap", pcap(frames, times=times)))
        self.assertEqual(result["packets"]["total"], 1200)
        self.assertEqual(result["dns"]["xact"]["counts"], {"timed_out": 600, "total": 0})

    def test_minutes_are_cheap(self):
        """A packet a minute for two weeks: what a minute costs must go with what is in it."""
        frames = queries(5000) + [tcp("10.0.0.1", 40000 + i % 9, "192.0.2.1", 443, i) for i in range(10_000)]
        capture = self.file("weeks.pcap", pcap(frames, times=[(START + i * 60, 0) for i in range(len(frames))]))
        for options in ((), ("--periods", "1")):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            result = Run(*options, capture)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            self.assertEqual(result.status, 0, result.errors)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            if not os.environ.get("VISOR_SANITIZE"):  # under one, time says nothing
                self.assertLess(used, 4)  # at 20 us a minute: 0.4 s; once it was 500
        self.assertEqual(result.json["1m"]["packets"]["total"], 20_000)
        self.assertEqual(result.json["1m"]["packets"]["period"]["length"], 60 * 19_999)

    def test_out_of_order_minutes(self):
        rng = random.Random(7)
        frames = queries(3000)
        times = [(START + i // 20 + rng.randrange(-70, 70), i) for i in range(len(frames))]
        result = self.everywhere(self.file("mixed.pcap", pcap(frames, times=times)))
        self.assertEqual(result["packets"]["total"], 6000)
        self.assertEqual(result["dns"]["wire_packets"]["queries"], 3000)

    def test_tcp_messages_across_blocks(self):
        streams = [stream_of(f"10.0.1.{i}", "192.0.2.53", 20_000 + i, 12, 40) for i in range(60)]
        frames = interleaved(streams, 3)
        self.assertGreater(len(frames), 10 * 1024)
        times = [(START + i // 200, i % 200 * 5000) for i in range(len(frames))]
        result = self.everywhere(self.file("tcp.pcap", pcap(frames, times=times)))
        wire = result["dns"]["wire_packets"]
        self.assertEqual((wire["tcp"], wire["queries"], wire["replies"]), (1440, 720, 720))
        self.assertEqual(result["packets"]["protocol"]["tcp"]["syn"], 120)
        self.assertEqual(result["packets"]["tcp"], len(frames))

    def test_transactions_across_blocks(self):
        asked = [udp(f"10.0.2.{i % 200}", 1024 + i, "192.0.2.53", 53, dns(i, f"q{i % 700}.example.net"))
                 for i in range(6000)]
        answered = [udp("192.0.2.53", 53, f"10.0.2.{i % 200}", 1024 + i, dns(i, f"q{i % 700}.example.net", reply=True))
                    for i in range(6000) if i % 3]
        frames = asked + answered
        times = [(START, 100 * i) for i in range(len(asked))]
        times += [(START + 2, 100 * i) for i in range(len(answered))]
        frames += queries(1)  # time goes on for the unanswered to be given up
        times += [(START + 60, 0)] * 2
        result = self.everywhere(self.file("later.pcap", pcap(frames, times=times)))
        self.assertEqual(result["dns"]["xact"]["counts"], {"timed_out": 2000, "total": 4001})
        self.assertEqual(result["dns"]["xact"]["out"]["total"], 4001)

    def test_fragments_across_blocks(self):
        streams = []
        for i in range(300):
            reply = udp("192.0.2.53", 53, f"10.0.3.{i % 250}", 5000 + i, dns(i, f"f{i}.example.com", True, 16, 0, 2000))
            streams.append(fragments_of(reply, i + 1, 264))
        frames = interleaved(streams, 5)
        self.assertGreater(len(frames), 2048)
        result = self.everywhere(self.file("fragments.pcap", pcap(frames)))
        self.assertEqual(result["dns"]["wire_packets"]["replies"], 300)
        self.assertEqual(result["dns"]["top_qtype"], [{"name": "TXT", "estimate": 300}])

    def test_tcp_segments_in_fragments_across_blocks(self):
        streams = []
        for i in range(60):
            frames = stream_of(f"10.0.4.{i}", "192.0.2.53", 20_000 + i, 12, 200)
            streams.append([part for n, frame in enumerate(frames) for part in fragments_of(frame, n + 1, 40)])
        frames = interleaved(streams, 8)
        self.assertGreater(len(frames), 2048)
        wire = self.everywhere(self.file("tcp_fragments.pcap", pcap(frames)))["dns"]["wire_packets"]
        self.assertEqual((wire["tcp"], wire["queries"], wire["replies"]), (1440, 720, 720))

    def test_many_names(self):
        rng = random.Random(11)
        frames = []
        for i in range(30_000):
            name = f"n{rng.randrange(3000)}.z{rng.randrange(7)}.example.com"
            client = f"10.{rng.randrange(4)}.{rng.randrange(50)}.1"
            frames.append(udp(client, 40_000, "192.0.2.53", 53, dns(i & 0xffff, name)))
        result = self.everywhere(self.file("names.pcap", pcap(frames)))
        self.assertEqual(result["dns"]["wire_packets"]["queries"], 30_000)

    def test_repeats_when_keys_had_to_go(self):
        rng = random.Random(5)
        frames = [udp(f"10.{rng.randrange(4)}.{rng.randrange(50)}.1", 40_000, "192.0.2.53", 53,
                      dns(i & 0xffff, f"n{rng.randrange(30_000)}.z{rng.randrange(20_000)}.com"))
                  for i in range(40_000)]
        capture = self.file("evicting.pcap", pcap(frames))
        once = Run("--workers", "3", "--extended", capture)
        self.assertGreater(once.json["5m"]["dns"]["top_qname2_bounds"]["unlisted_max"], 0)
        for _ in range(4):
            self.assertEqual(Run("--workers", "3", "--extended", capture).out, once.out)


if __name__ == "__main__":
    CAPTURES += sys.argv[2:]
    del sys.argv[2:]
    harness.main()
