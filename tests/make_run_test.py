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
    def arguments(self, *variables, program="pktvisor-pcap"):
        """What the program is started with."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "build", "bin", program)
            os.makedirs(os.path.dirname(path))
            with open(path, "w", encoding="utf-8") as out:
                out.write(SHOW_ARGUMENTS)
            os.chmod(path, 0o755)
            os.makedirs(os.path.join(folder, "tools"))
            with open(os.path.join(folder, "tools", "run_agent.sh"), "w", encoding="utf-8") as out:
                out.write('#!/bin/sh\nexec "$@"\n') # the rights to capture are of no concern here
            os.chmod(out.name, 0o755)
            done = subprocess.run(["make", "-s", "-C", folder, "-f", MAKEFILE, "-o", "build", "run", *variables],
                                  stdout=subprocess.PIPE, check=True, text=True,
                                  env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})
        return [line for line in done.stdout.splitlines() if not line.startswith("make")]

    def test_odd_names(self):
        for name in ("plain.pcap", "a b.pcap", "two  blanks.pcap", "it's.pcap", 'a"b.pcap', "$HOME.pcap", "*.pcap"):
            self.assertEqual(self.arguments("PCAP=" + name), ["--format", "text", name])

    def test_example_with_its_hosts(self):
        self.assertEqual(self.arguments("PCAP=examples/demo.pcap"),
                         ["--format", "text", "-H", "10.77.0.2/32,fd77::2/128", "examples/demo.pcap"])

    def test_arguments(self):
        self.assertEqual(self.arguments("PCAP=a b.pcap", "ARGS=-H 10.0.0.0/8 --periods 2"),
                         ["--format", "text", "-H", "10.0.0.0/8", "--periods", "2", "a b.pcap"])

    def test_the_agent_on_the_busiest_interface(self):
        self.assertEqual(self.arguments(program="pktvisord"), ["auto"])

    def test_the_agent_on_one(self):
        self.assertEqual(self.arguments("IFACE=eth0,veth 1", "ARGS=-p 10900", program="pktvisord"),
                         ["-p", "10900", "eth0,veth 1"])


unittest.main()
