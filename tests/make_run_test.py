#!/usr/bin/env python3
"""make run: the program gets the capture's name as one argument, whatever the name holds."""
import os
import subprocess
import sys
import tempfile
import unittest

MAKEFILE = os.path.abspath(sys.argv.pop(1))
SHOW_ARGUMENTS = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"


class MakeRun(unittest.TestCase):
    def arguments(self, *variables):
        """What the program is started with."""
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "build", "bin", "pktvisor-pcap")
            os.makedirs(os.path.dirname(program))
            with open(program, "w", encoding="utf-8") as out:
                out.write(SHOW_ARGUMENTS)
            os.chmod(program, 0o755)
            done = subprocess.run(["make", "-s", "-C", folder, "-f", MAKEFILE, "-o", "build", "run", *variables],
                                  stdout=subprocess.PIPE, check=True, text=True,
                                  env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})
        return [line for line in done.stdout.splitlines() if not line.startswith("make")]

    def test_odd_names(self):
        for name in ("plain.pcap", "a b.pcap", "two  blanks.pcap", "it's.pcap", 'a"b.pcap', "$HOME.pcap", "*.pcap"):
            self.assertEqual(self.arguments("PCAP=" + name), ["--format", "text", name])

    def test_example_with_its_hosts(self):
        self.assertEqual(self.arguments(), ["--format", "text", "-H", "10.77.0.2/32,fd77::2/128", "examples/demo.pcap"])

    def test_arguments(self):
        self.assertEqual(self.arguments("PCAP=a b.pcap", "ARGS=-H 10.0.0.0/8 --periods 2"),
                         ["--format", "text", "-H", "10.0.0.0/8", "--periods", "2", "a b.pcap"])


unittest.main()
