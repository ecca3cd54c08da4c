#!/usr/bin/env python3
"""Shows that tools/tidy.py finds what it should find, and nothing in a clean tree."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

HEADER = "// A thing.\n#pragma once\n"


class Tidy(unittest.TestCase):
    def breaches(self, **files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = os.path.join(root, name.replace("__", "/").replace("_dot_", "."))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return tidy.run(root)

    def arrow(self, path, include):
        return self.breaches(**{path: f'#include "{include}"\n'})

    def test_a_clean_tree_is_silent(self):
        self.assertEqual(self.breaches(src__base__ip_dot_hpp=HEADER + "int f();\n",
                                       src__wire__udp_dot_cpp='#include "base/ip.hpp"\nint g() { return 1; }\n'), [])

    def test_wrong_arrows(self):
        for path, include, message in [
                ("src__base__a_dot_cpp", "wire/dns.hpp", "base must not include wire"),
                ("src__wire__a_dot_cpp", "sketch/hll.hpp", "wire must not include sketch"),
                ("src__handlers__dns__a_dot_cpp", "engine/worker.hpp", "handlers/dns must not include engine"),
                ("src__handlers__dns__a_dot_cpp", "handlers/net/net.hpp", "handlers/dns must not include handlers/net"),
                ("src__taps__pcap__a_dot_cpp", "sinks/json.hpp", "taps/pcap must not include sinks"),
                ("src__sinks__a_dot_cpp", "wire/dns.hpp", "sinks must not include wire"),
                ("src__engine__a_dot_cpp", "control/options.hpp", "engine must not include control")]:
            with self.subTest(path=path, include=include):
                found = self.arrow(path, include)
                self.assertEqual(len(found), 1, found)
                self.assertIn(":1: " + message, found[0])

    def test_right_arrows(self):
        for path, include in [("src__metric__a_dot_cpp", "sketch/hll.hpp"), ("src__sinks__a_dot_cpp", "metric/row.hpp"),
                              ("src__taps__pcap__a_dot_cpp", "engine/frames.hpp"),
                              ("src__control__a_dot_cpp", "sinks/json.hpp"),
                              ("src__handlers__dns__a_dot_cpp", "handlers/dns/cells.hpp"),
                              ("src__cmd__pktvisord__a_dot_cpp", "handlers/net/net.hpp")]:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.arrow(path, include), [])

    def test_a_neighbour_by_relative_path_is_still_another_room(self):
        found = self.breaches(src__base__a_dot_cpp='#include "../wire/b.hpp"\n', src__wire__b_dot_hpp=HEADER)
        self.assertEqual(found, ["src/base/a.cpp:1: base must not include wire (../wire/b.hpp)"])

    def test_a_parser_with_a_clock(self):
        self.assertIn("wire must not include <chrono>", self.breaches(src__wire__a_dot_cpp="#include <chrono>\n")[0])

    def test_sizes(self):
        body = "    x();\n" * 79
        self.assertEqual(self.breaches(src__base__a_dot_cpp="void f() {\n" + body[:-10] + "}\n"), [])
        found = self.breaches(src__base__a_dot_cpp="namespace v {\nA::A(int b) : b_{b}, c_(1) {\n" + body + "}\n}\n")
        self.assertEqual(found, ["src/base/a.cpp:2: function A::A of 81 lines: at most 80"])
        found = self.breaches(src__base__a_dot_cpp="int a;\n" * 501)
        self.assertEqual(found, ["src/base/a.cpp:501: file of 501 lines: at most 500"])
        self.assertIn("line of 121", self.breaches(src__base__a_dot_cpp="//" + "-" * 119 + "\n")[0])

    def test_a_long_table_is_no_function(self):
        table = "constexpr Row rows[] = {\n" + '    row(&C::a, {.path = "a"}),\n' * 100 + "};\n"
        self.assertEqual(self.breaches(src__base__a_dot_cpp=table), [])

    def test_headers_and_white_space(self):
        found = self.breaches(
    src__base__a_dot_hpp="int a;\n",
    src__base__b_dot_cpp="int a; \n\tint b;\n// TO"
    "DO: more\n")
        self.assertEqual([f.split(": ")[0] for f in found],
                         ["src/base/a.hpp:1"] * 2 + [f"src/base/b.cpp:{n}" for n in (1, 2, 3)])

    def test_links(self):
        found = self.breaches(docs__a_dot_md="# One\n[x](b.md) [y](a.md#one) [z](#two) [w](https://example.org/)\n")
        self.assertEqual(found, ["docs/a.md:2: link to b.md: no such file",
                         "docs/a.md:2: link to #two: no such heading"])


if __name__ == "__main__":
    unittest.main()
