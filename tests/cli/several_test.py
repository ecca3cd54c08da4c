#!/usr/bin/env python3
"""Several files as one capture: merged by time, in whatever order they are named; late packets are told."""
import gzip

import harness
from harness import ProgramTest, Run, START, pcap, queries


def at(seconds, frames):
    """These frames, one at each of these times, as (time, frame)."""
    return list(zip(seconds, frames))


def capture(timed):
    return pcap([frame for _, frame in timed],
                times=[(int(time), round(time % 1 * 1_000_000)) for time, _ in timed])


class SeveralFiles(ProgramTest):
    def same_as_one(self, *parts, names=None):
        """The parts, in these names' order, give what one capture of all of them gives."""
        whole = self.file("whole.pcap", capture(sorted(sum(parts, []), key=lambda timed: timed[0])))
        paths = [self.file(f"part{i}.pcap", capture(part)) for i, part in enumerate(parts)]
        paths = [paths[i] for i in names or range(len(parts))]
        for args in (["--periods", "1", "--extended"], ["--extended"], ["--workers", "2"]):
            expected, got = Run(*args, whole), Run(*args, *paths)
            self.assertEqual(got.status, 0, got.errors)
            self.assertEqual(got.out, expected.out)
            self.assertEqual(got.warnings, expected.warnings)
        result = self.works(*paths)
        self.assertEqual(result["ledger"]["frames"]["late"], 0)
        return result

    def test_interfaces_captured_side_by_side(self):
        seconds = [START + i / 2 for i in range(2400)]  # 20 minutes
        one = at(seconds, queries(1200, client="10.0.0.1"))
        two = at([t + 0.25 for t in seconds], queries(1200, client="10.0.0.9"))
        for names in ((0, 1), (1, 0)):
            result = self.same_as_one(one, two, names=names)
            self.assertEqual(result["1m"]["packets"]["total"], 4800)
            self.assertEqual(result["1m"]["packets"]["rates"]["pps_total"]["p50"], 4)

    def test_rotated_files_in_any_order(self):
        frames = queries(900)
        parts = [at([START + 600 * part + i for i in range(600)], frames[600 * part:600 * part + 600])
                 for part in range(3)]
        for names in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
            result = self.same_as_one(*parts, names=names)
            self.assertEqual(result["1m"]["packets"]["period"], {"start_ts": START, "length": 1799})

    def test_one_within_another(self):
        frames = queries(400)
        outer = at([START + i for i in range(600)], frames[:600])
        inner = at([START + 200.5 + i for i in range(200)], frames[600:])
        self.same_as_one(outer, inner, names=(1, 0))

    def test_from_a_pipe_too(self):
        frames = queries(400)
        one = at([START + 2 * i for i in range(400)], frames[:400])
        two = at([START + 2 * i + 1 for i in range(400)], frames[400:])
        whole = Run("--extended", self.file("whole.pcap", capture(sorted(one + two, key=lambda timed: timed[0])))).out
        path = self.file("one.pcap", capture(one))
        self.assertEqual(Run("--extended", path, "-", stdin=capture(two)).out, whole)
        self.assertEqual(Run("--extended", "-", path, stdin=gzip.compress(capture(two))).out, whole)


class LatePackets(ProgramTest):
    def test_are_told_in_one_line(self):
        for seconds in ((0, 600, 0, 1), (600, 539, 0, 601)):
            path = self.file("late.pcap", capture(at([START + second for second in seconds], queries(2))))
            for form in ("json", "pretty", "text"):
                run = Run("--periods", "1", "--format", form, path)
                self.assertEqual(run.status, 0)
                self.assertEqual(len(run.warnings), 1, run.errors)
                self.assertIn("2 packets are more than a minute older", run.warnings[0])

    def test_are_not_told_when_there_are_none(self):
        timed = at([START + 60, START, START + 59, START + 1], queries(2))
        self.assertEqual(Run(self.file("fine.pcap", capture(timed))).warnings, [])


if __name__ == "__main__":
    harness.main()
