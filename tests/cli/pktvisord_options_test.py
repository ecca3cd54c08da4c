#!/usr/bin/env python3
"""The command line of pktvisord, as far as it ends before anything runs."""
import harness
from harness import ProgramTest, Run


class CommandLine(ProgramTest):
    def refuses(self, *args, saying):
        run = Run(*args)
        self.assertEqual((run.status, run.out), (1, b""), run.errors)
        self.assertTrue(run.errors[0].startswith("pktvisord: "), run.errors)
        self.assertIn(saying, run.errors[0])
        self.assertTrue(run.errors[1].startswith("usage: pktvisord [options] [IFACE]"), run.errors)

    def test_help(self):
        for option in ("--help", "-h", "--hel"):
            run = Run(option)
            self.assertEqual((run.status, run.errors), (0, []))
            self.assertLessEqual(max(map(len, run.out.decode().splitlines())), 80)
            for text in (b"Usage: pktvisord", b"-p PORT=10853", b"--log-file FILE", b"Examples:"):
                self.assertIn(text, run.out)

    def test_version(self):
        for option in ("--version", "--vers"):
            run = Run(option)
            self.assertEqual((run.status, run.errors), (0, []))
            self.assertRegex(run.out, rb"^pktvisor \d+\.\d+\.\d+\S*\n$")

    def test_nothing_to_do(self):
        self.refuses(saying="nothing to do")
        self.refuses("-v", "--tls-cert", "a.pem", saying="nothing to do")

    def test_wrong_use(self):
        self.refuses("--nonsense", "lo", saying="--nonsense")
        self.refuses("lo", "-p", "65536", saying="port must be between 0 and 65535")
        self.refuses("lo", "--geo-c", "x", saying="--geo-c may be --geo-cache-size or --geo-city")


if __name__ == "__main__":
    harness.main()
