#!/usr/bin/env python3
"""The command line and the configuration file: what each option does, and what a wrong one is told."""
import gzip
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time
import unittest

import harness
from harness import ProgramTest, Run, START, dns, ip4, pcap, queries, tcp, udp


def config(policies, taps="t: {input_type: pcap}", options=""):
    """A document with these policies: name -> (input, handlers), both YAML in flow style."""
    lines = ["version: '1.0'", "visor:", f"  taps: {{{taps}}}", "  policies:"]
    if options:
        lines.insert(2, f"  config: {{{options}}}")
    for name, (source, handlers) in policies.items():
        lines += [f"    {name}:", "      kind: collection", f"      input: {{input_type: pcap, {source}}}",
                  f"      handlers: {handlers}"]
    return "\n".join(lines) + "\n"


DNS = "{modules: {dns: {type: dns}}}"
NET = "{modules: {net: {type: net}}}"


class CommandLine(ProgramTest):
    def setUp(self):
        super().setUp()
        self.capture = self.file("a.pcap", pcap(queries(10)))

    def refuses(self, *args, saying=""):
        run = Run(*args)
        self.assertNotIn(run.status, (0, harness.FATAL))
        self.assertEqual(run.out, b"")
        self.assertIn("usage: pktvisor-pcap", "\n".join(run.errors))
        self.assertIn(saying, run.errors[0])

    def test_help_and_version(self):
        for option in ("--help", "-h", "--hel"):
            run = Run(option)
            self.assertEqual((run.status, run.errors), (0, []))
            self.assertIn(b"--max-deep-sample", run.out)
            self.assertLessEqual(max(map(len, run.out.splitlines())), 80)
        for option in ("--version", "--ver"):
            run = Run(option)
            self.assertEqual((run.status, run.errors), (0, []))
            self.assertRegex(run.out, rb"^pktvisor \d+\.\d+\.\d+\S*\n$")

    def test_wrong_use(self):
        self.refuses(saying="FILE")
        self.refuses("--nonsense", self.capture, saying="--nonsense")
        self.refuses("--workers", "0", self.capture, saying="1 to 64")
        self.refuses("--workers", "many", self.capture)
        self.refuses("--format", "xml", self.capture, saying="xml")
        self.refuses("-H")

    def test_shortened_options(self):
        whole = Run("--periods", "1", "--workers", "2", self.capture)
        short = Run("--peri=1", "--work", "2", self.capture)
        self.assertEqual((short.status, short.out), (0, whole.out))
        self.refuses("--geo", "x", self.capture, saying="--geo")  # may be two options

    def test_input_types(self):
        for name in ("pcap", "PCAP", "Pcap"):
            self.assertEqual(Run("-i", name, self.capture).status, 0)
        self.fails("-i", "carrier-pigeon", self.capture, saying="carrier-pigeon")

    def test_periods(self):
        self.assertEqual(list(Run(self.capture).json), ["5m"])
        self.assertEqual(list(Run("--periods", "3", self.capture).json), ["3m"])
        self.assertEqual(list(Run("--periods", "0", self.capture).json), ["1m"])
        self.assertEqual(list(Run("--periods", "99", self.capture).json), ["10m"])

    def test_what_is_left_out_is_said(self):
        times = [(START + 60 * i, 0) for i in range(8)]
        path = self.file("long.pcap", pcap(queries(4), times=times))
        last = Run("--periods", "3", path)
        self.assertEqual(last.json["3m"]["packets"]["total"], 3)
        self.assertIn("the last 3 of 8 minutes", "\n".join(last.errors))
        whole = Run("--periods", "1", path)
        self.assertEqual(whole.json["1m"]["packets"]["total"], 8)
        self.assertEqual(whole.json["1m"]["packets"]["period"], {"start_ts": START, "length": 420})
        self.assertNotIn("minutes", "\n".join(whole.errors))

    def test_text_covers_everything(self):
        times = [(START + 60 * i, 0) for i in range(8)]
        path = self.file("long.pcap", pcap(queries(4), times=times))
        page = Run("--format", "text", path)
        self.assertEqual((page.status, page.errors), (0, []))
        self.assertNotIn(b"--periods", page.out)
        self.assertIn(b"--periods", Run("--format", "text", "--periods", "3", path).out)

    def test_formats(self):
        lines = Run(self.capture).out.splitlines()
        self.assertEqual(len(lines), 1)
        pretty = Run("--format", "pretty", self.capture)
        self.assertGreater(len(pretty.out.splitlines()), 20)
        self.assertEqual(pretty.json, Run(self.capture).json)

    def test_filter(self):
        result = self.works("-b", "src port 53", self.capture)
        self.assertEqual(result["1m"]["packets"]["total"], 10)
        self.assertEqual(result["ledger"]["tap"]["dropped"]["filter"], 10)
        self.fails("-b", "no such filter (", self.capture, saying="Cannot set BPF filter to pcap file")

    def test_hosts(self):
        counted = self.works("-H", "10.0.0.1/32", self.capture)["1m"]["packets"]
        self.assertEqual((counted["in"], counted["out"], counted["unknown_dir"]), (10, 10, 0))
        self.fails("-H", "10.0.0.1", self.capture, saying="invalid CIDR: 10.0.0.1; it is to be an address and "
                   "the length of its prefix, as 192.0.2.0/24 or 2001:db8::/32")
        self.fails("-H", "10.0.0.0/8,nonsense", self.capture, saying="invalid CIDR: nonsense")
        self.fails("-H", "10.0.0.0/33", self.capture, saying="invalid CIDR: 10.0.0.0/33")

    def test_hint(self):
        hint = "for this traffic try -H 10.0.0.1/32"  # both are private: the one that asks
        self.assertIn(hint, "\n".join(Run(self.capture).errors))
        self.assertIn(b"-H 10.0.0.1/32", Run("--format", "text", self.capture).out)
        self.assertNotIn("try -H", "\n".join(Run("-H", "10.0.0.0/24", self.capture).errors))
        wrong = Run("-H", "192.0.2.0/24", self.capture)
        self.assertIn("no packet is to or from the hosts given (192.0.2.0/24)", "\n".join(wrong.errors))

    def test_databases(self):
        self.fails("--geo-city", os.path.join(self.folder, "none.mmdb"), self.capture, saying="none.mmdb")
        self.fails("--geo-asn", self.file("bad.mmdb", b"garbage" * 100), self.capture, saying="bad.mmdb")

    def test_output_nobody_reads(self):
        done = subprocess.run(f"{harness.PROGRAM} --format text {self.capture} 2>errors | head -n 1; cat errors",
                              shell=True, cwd=self.folder, stdout=subprocess.PIPE, check=True)
        self.assertEqual(done.stdout.count(b"\n"), 1, done.stdout)
        if os.path.exists("/dev/full"):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([harness.PROGRAM, self.capture], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, harness.FATAL)
            self.assertIn(b"cannot write to standard output", done.stderr)

    def test_interrupted(self):
        reader = subprocess.Popen([harness.PROGRAM, "--periods", "1", "-"], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        reader.stdin.write(pcap(queries(20_000)))
        reader.stdin.flush()
        time.sleep(0.3)
        reader.send_signal(signal.SIGINT)
        out, errors = reader.communicate(pcap(queries(20_000))[24:], timeout=20)
        self.assertEqual(reader.returncode, 130)
        self.assertIn(b"interrupted: the result covers the first", errors)
        self.assertIn(b'"packets"', out)

    def signalled(self, written, number=signal.SIGINT, args=("-",)):
        """Runs over a pipe that says this much and stays open, then sends the signal; what came of it."""
        # ThreadSanitizer holds a signal back while the thread that got it waits for another.
        alone = harness.on_one_processor if "/tsan/" in harness.PROGRAM else None
        reader = subprocess.Popen([harness.PROGRAM, "--periods", "1", *args], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=alone)
        self.addCleanup(reader.kill)
        reader.stdin.write(written)
        reader.stdin.flush()
        for _ in range(1000):  # until it watches for signals
            with open(f"/proc/{reader.pid}/status", encoding="ascii") as status:
                caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
            if caught >> (number - 1) & 1:
                break
            time.sleep(0.01)
        time.sleep(0.1)  # until it waits
        begin = time.monotonic()
        reader.send_signal(number)
        reader.wait(timeout=20)
        taken = time.monotonic() - begin
        out, errors = reader.stdout.read(), reader.stderr.read().decode()
        for stream in (reader.stdin, reader.stdout, reader.stderr):
            stream.close()
        return reader.returncode, out, errors, taken

    def test_interrupted_while_it_waits(self):
        frames = pcap(queries(700))
        for number in (signal.SIGINT, signal.SIGTERM):
            status, out, errors, taken = self.signalled(frames[:-7], number)
            self.assertEqual(status, 128 + number, errors)
            self.assertLess(taken, 5)
            self.assertIn("interrupted: the result covers the first 1399 packets only", errors)
            self.assertNotIn("cut short", errors)
            self.assertEqual(json.loads(out)["1m"]["packets"]["total"], 1399)

    def test_interrupted_before_the_second_reading(self):
        body = gzip.compress(pcap(queries(1000))[24:])  # 2000 packets; members of gzip files may follow one another
        capture = self.file("long.pcap.gz", gzip.compress(pcap([])) + body * 5000)
        two = self.file("c.yaml", config({"p": ("tap: t", NET), "q": ("tap: t, filter: {bpf: udp}", NET)}))
        for form in ("json", "text"):
            reader = subprocess.Popen([harness.PROGRAM, "--config", two, "--extended", "--format", form, capture],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(reader.kill)
            for _ in range(1000):  # until it reads
                with open(f"/proc/{reader.pid}/io", encoding="ascii") as io:
                    if int(io.readline().split()[1]) > 1_000_000:
                        break
                time.sleep(0.01)
            reader.send_signal(signal.SIGINT)
            out, errors = reader.communicate(timeout=20)
            self.assertEqual(reader.returncode, 130, errors)
            covered = re.search(r"p-t: interrupted: the result covers the first (\d+) packets only", errors.decode())
            self.assertIsNotNone(covered, errors)
            packets = int(covered[1])
            self.assertTrue(0 < packets < 10_000_000, packets)
            self.assertIn(b"interrupted: nothing was read for q-t", errors)
            self.assertNotIn(b"q-t: ", errors)
            if form == "text":
                self.assertIn(f"{packets:,} received", out.decode())
                self.assertIn("p-t", "".join(out.decode().splitlines()[:3]))
                self.assertNotIn(b"q-t", out)
                continue
            result = json.loads(out)
            self.assertEqual(sorted(result), ["ledgers", "p"])
            self.assertEqual(result["p"]["p-t-net"]["packets"]["total"], packets)
            self.assertEqual([ledger["policies"] for ledger in result["ledgers"]], [["p-t"]])

    def test_interrupted_before_anything_came(self):
        status, out, errors, taken = self.signalled(b"")
        self.assertEqual((status, out), (130, b""), errors)
        self.assertLess(taken, 5)
        self.assertIn("standard input: interrupted before its header was there", errors)
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        status, out, errors, taken = self.signalled(b"", args=(fifo,))
        self.assertEqual((status, out), (130, b""), errors)
        self.assertLess(taken, 5)


class Configuration(ProgramTest):
    def setUp(self):
        super().setUp()
        frames = queries(10) + [tcp("10.0.0.1", 40000, "192.0.2.1", 443, i) for i in range(5)]
        self.capture = self.file("a.pcap", pcap(frames))

    def policies(self, text, *args):
        run = Run("--config", self.file("c.yaml", text), *args, self.capture)
        self.assertEqual(run.status, 0, run.errors)
        return run.json, "\n".join(run.errors)

    def test_faults_are_told_with_their_place(self):
        for text, saying in (
                ("version: '1.0'\nvisor:\n  policies: 7\n", "c.yaml:3:13: "),
                ("visor: [", "c.yaml:"),
                ("", "c.yaml: empty data"),
                ("a: 1\n", "c.yaml:1:1: invalid schema"),
                (config({"p": ("tap: t", "{modules: {x: {type: nonsense}}}")}), "c.yaml:8:"),
                (config({"p": ("tap: t", "{modules: {d: {type: dns, config: {only_qtype: [TEXT]}}}}")}),
                 "c.yaml:8:52: DnsStreamHandler: only_qtype filter contained an invalid/unsupported qtype: TEXT"),
                (config({"p": ("tap: t", "{modules: {d: {type: dns, config: {nonsense: 1}}}}")}), "c.yaml:8:"),
                (config({"p": ("tap: t, config: {host_spec: 10.0.0.1}", DNS)}), "c.yaml:7:"),
                (config({"p": ("tap: t, filter: {bpf: 'no such ('}", DNS)}), "c.yaml:7:50: filter 'no such (': "),
                (config({}), "no policies found in schema")):
            self.fails("--config", self.file("c.yaml", text), self.capture, saying=saying)
        self.fails("--config", os.path.join(self.folder, "none.yaml"), self.capture, saying="none.yaml")
        self.fails("--config", self.folder, self.capture)

    def test_values_handlers_refuse_are_told_with_their_place(self):
        for version, option, where, saying in (
                ("1.0", "filter: {only_rcode: [0, BOGUS]}", "only_rcode", "BOGUS. Valid rcodes: NOERROR, FORMERR"),
                ("1.0", "config: {only_rcode: 133}", "only_rcode", "invalid/unsupported rcode: 133. Valid"),
                ("2.0", "filter: {only_qtype: [A, TEXT]}", "only_qtype", "qtype: TEXT. Valid qtypes: A, AAAA"),
                ("1.0", "filter: {dnstap_msg_type: bogus}", "dnstap_msg_type", "Valid types: auth, client"),
                ("2.0", "filter: {only_xact_directions: [up]}", "only_xact_directions", "directions: unknown, in, out"),
                ("1.0", "metric_groups: {enable: [bogus]}", "enable", "The valid groups are: all, cardinality"),
                ("1.0", "metric_groups: {enable: [all], disable: [bogus]}", "disable", "The valid groups are: all")):
            module = "{type: dns, require_version: '%s', %s}" % (version, option)
            text = config({"p": ("tap: t", "{modules: {d: %s}}" % module)})
            line = text.splitlines()[7]
            column = line.index(where + ": ") + 1
            self.fails("--config", self.file("c.yaml", text), self.capture, saying=f"c.yaml:8:{column}: ")
            self.fails("--config", self.file("c.yaml", text), self.capture, saying=saying)
        for text, saying in (
                (config({"p": ("tap: t", "{modules: {n: {type: net, filter: {only_asn_number: [AS7]}}}}")}),
                 "c.yaml:8:52: NetStreamHandler: only_asn_number filter contained an invalid/unsupported value: AS7."),
                (config({"p": ("tap: t", NET)}, "t: {input_type: pcap, config: {pcap_source: bogus}}"),
                 "c.yaml:3:41: unknown pcap source: bogus. The valid values of pcap_source are: libpcap, "),
                (config({"p": ("tap: t", NET)}, "t: {input_type: pcap, config: {host_spec: 10.0.0.1}}"),
                 "c.yaml:3:41: invalid CIDR: 10.0.0.1")):
            self.fails("--config", self.file("c.yaml", text), self.capture, saying=saying)

    def test_a_handler_that_is_off_shows_nothing(self):
        off = "{type: dns, metric_groups: {disable: [all]}}"
        text = config({"p": ("tap: t", "{modules: {d: %s, n: {type: net}}}" % off),
                       "q": ("tap: t", "{modules: {d: %s}}" % off)})
        result, _ = self.policies(text)
        self.assertEqual(list(result["p"]), ["p-t-n"])
        self.assertEqual(result["q"], {})
        page = Run("--format", "text", "--config", self.file("c.yaml", text), self.capture).out.decode()
        self.assertNotIn("dns", page)
        self.assertIn("p: packets", page)

    def test_other_inputs(self):
        text = config({"p": ("tap: t", DNS)}, "t: {input_type: dnstap}").replace("{input_type: pcap, tap",
                                                                                 "{input_type: dnstap, tap")
        self.fails("--config", self.file("c.yaml", text), self.capture, saying="input stream type 'dnstap'")

    def test_taps_must_exist_and_match(self):
        for text, saying in (
                (config({"p": ("tap: zz", NET)}, "t: {input_type: pcap}, u: {input_type: pcap}"),
                 "c.yaml:7:38: tap 'zz' does not exist; the taps are: t, u"),
                (config({"p": ("tap: zz", NET)}, ""), "c.yaml:7:38: tap 'zz' does not exist; there are no taps"),
                (config({"p": ("tap_selector: {any: [a: 1]}", NET)}),
                 "c.yaml:7:47: no tap match found for specified 'input.tap_selector' tags")):
            self.fails("--config", self.file("c.yaml", text), self.capture, saying=saying)

    def test_handlers_of_one_name(self):
        text = config({"p": ("tap_selector: {any: [x: 1]}", "{modules: {b-c: {type: net}, c: {type: net}}}")},
                      "a: {input_type: pcap, tags: {x: 1}}, a-b: {input_type: pcap, tags: {x: 1}}")
        self.fails("--config", self.file("c.yaml", text), self.capture, saying="two handlers named 'p-a-b-c'")

    def test_a_policy_on_several_taps(self):
        taps = ("a: {input_type: pcap, tags: {x: 1}, config: {host_spec: 10.0.0.1/32}}, b: {input_type: pcap}, "
                "c: {input_type: pcap, tags: {y: true}, config: {bpf: tcp}}, d: {input_type: pcap, tags: {x: 1}}")
        text = config({"p": ("tap_selector: {any: [x: 1, y: true]}", NET)}, taps)
        result, errors = self.policies(text)
        told = {name: [h["packets"][key] for key in ("total", "out")] for name, h in result["p"].items()}
        self.assertEqual(told, {"p-a-net": [25, 15], "p-c-net": [5, 0], "p-d-net": [25, 0]})
        self.assertNotIn("merge_like_handlers", errors)
        merged = text.replace("kind: collection", "kind: collection\n      config: {merge_like_handlers: true}")
        same, errors = self.policies(merged)
        self.assertEqual(same, result)
        self.assertIn("merge_like_handlers of policy 'p' is ignored", errors)
        page = Run("--format", "text", "--config", self.file("c.yaml", text), self.capture).out.decode()
        self.assertEqual([line for line in page.splitlines() if line.startswith("Policies")],
                         ["Policies   p-a", "Policies   p-c", "Policies   p-d"])

    def test_filter_and_hosts_take_effect(self):
        net = {"p": ("tap: t", NET)}
        for text in (config(net, "t: {input_type: pcap, config: {bpf: udp, host_spec: 10.0.0.1/32}}"),
                     config({"p": ("tap: t, config: {bpf: udp, host_spec: 10.0.0.1/32}", NET)}),
                     config({"p": ("tap: t, config: {host_spec: 10.0.0.1/32}, filter: {bpf: udp}", NET)})):
            counted = self.policies(text)[0]["p"]["p-t-net"]["packets"]
            self.assertEqual((counted["total"], counted["in"], counted["out"]), (20, 10, 10))

    def test_command_line_beside_it(self):
        text = config({"p": ("tap: t, config: {bpf: udp or host 192.0.2.1, host_spec: 10.0.0.1/32}", NET),
                       "q": ("tap: t", NET)})
        result, _ = self.policies(text, "-b", "tcp or dst host 10.0.0.1", "-H", "192.0.2.0/24")
        told = {p: [result[p][f"{p}-t-net"]["packets"][key] for key in ("total", "in", "out")] for p in "pq"}
        self.assertEqual(told, {"p": [15, 5, 0], "q": [15, 5, 0]})
        result, _ = self.policies(text, "-b", "tcp")
        self.assertEqual([result[p][f"{p}-t-net"]["packets"]["out"] for p in "pq"], [5, 0])

    def test_policies_that_differ_are_counted_by_themselves(self):
        both = {"p": ("tap: t, filter: {bpf: udp}, config: {host_spec: 10.0.0.1/32}", NET),
                "q": ("tap: t, filter: {bpf: tcp}, config: {host_spec: 192.0.2.0/24}", NET), "r": ("tap: t", NET)}
        result, errors = self.policies(config(both), "--extended")
        self.assertEqual([ledger.pop("policies") for ledger in result["ledgers"]], [["p-t"], ["q-t"], ["r-t"]])
        self.assertEqual([ledger.pop("input")["bpf"] for ledger in result["ledgers"]], ["udp", "tcp", ""])
        for name, ledger in zip(both, result["ledgers"]):  # the same as when it is the only one
            alone, _ = self.policies(config({name: both[name]}), "--extended")
            self.assertEqual((result[name], ledger), (alone[name], alone["ledger"]))
        told = {p: [result[p][f"{p}-t-net"]["packets"][key] for key in ("total", "in", "out")] for p in both}
        self.assertEqual(told, {"p": [20, 10, 10], "q": [5, 5, 0], "r": [25, 0, 0]})
        self.assertNotIn("ledger", result)
        self.assertIn("r-t: no -H was given", errors)

    def test_policies_that_differ_need_a_file(self):
        two = self.file("c.yaml", config({"p": ("tap: t, filter: {bpf: udp}", NET), "q": ("tap: t", NET)}))
        with open(self.capture, "rb") as capture:
            self.fails("--config", two, "-", stdin=capture.read(), saying="standard input can be read only once")
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        self.fails("--config", two, self.capture, fifo, saying="fifo can be read only once")
        same = self.file("s.yaml", config({"p": ("tap: t", NET), "q": ("tap: t", NET)}))
        with open(self.capture, "rb") as capture:
            self.assertEqual(Run("--config", same, "-", stdin=capture.read()).json["q"]["q-t-net"]["packets"]["total"],
                             25)

    def test_what_the_file_warns_of_is_told_once(self):
        with open(self.capture, "rb") as capture:
            cut = self.file("cut.pcap", capture.read()[:-1])
        two = config({"p": ("tap: t", NET), "q": ("tap: t, filter: {bpf: udp}", NET)})
        run = Run("--config", self.file("c.yaml", two), cut)
        self.assertEqual(len([line for line in run.warnings if "cut short" in line]), 1, run.errors)

    def test_windows_of_their_own(self):
        times = [(START + 60 * i, 0) for i in range(8)]
        self.capture = self.file("long.pcap", pcap(queries(4), times=times))
        text = config({"p": ("tap: t", "{modules: {a: {type: net, config: {num_periods: 2}}, b: {type: net}, "
                                       "c: {type: net, config: {num_periods: 1}}}}"),
                       "q": ("tap: t", "{window_config: {num_periods: 3}, modules: {a: {type: net}}}")})
        result, errors = self.policies(text)
        totals = {name: h["packets"]["total"] for policy in result.values() for name, h in policy.items()}
        self.assertEqual(totals, {"p-t-a": 2, "p-t-b": 5, "p-t-c": 8, "q-t-a": 3})
        self.assertIn("policy 'p' covers the last 2 of 8", errors)
        self.assertIn("policy 'q' covers the last 3 of 8", errors)

    def balance(self, errors, handler):
        """A handler's part of the ledger, as the log tells it: {last part of its path: count}."""
        told = re.findall(r"ledger %s\.(\S+) = (\d+) " % re.escape(handler), errors)
        return {path.split(".")[-1]: int(count) for path, count in told}

    def test_the_ledger_is_of_all_minutes_whatever_is_shown(self):
        times = [(START + 60 * i, 0) for i in range(8)]
        self.capture = self.file("long.pcap", pcap(queries(4), times=times))
        text = config({"p": ("tap: t", "{modules: {a: {type: net, config: {num_periods: 2}}, b: {type: net, config: "
                                       "{num_periods: 1}}, d: {type: dns, require_version: '2.0'}}}")})
        result, errors = self.policies(text, "--extended", "-v")
        self.assertIn("ledger tap.delivered = 8 (frames handed to the workers)", errors)
        for handler in ("p-t-a", "p-t-b"):
            self.assertIn(f"ledger {handler}.events = 8 (frames seen, filtered ones included)", errors)
            self.assertEqual(self.balance(errors, handler), {"events": 8, "total": 8, "filtered": 0})
        self.assertEqual(self.balance(errors, "p-t-d"), {"observed_packets": 8, "total_packets": 8,
                                                         "filtered_packets": 0, "malformed_packets": 0})
        self.assertEqual(result["ledger"]["period"], {"start_ts": START, "length": 420})
        self.assertEqual(result["p"]["p-t-a"]["packets"]["period"]["minutes"], {"shown": 2, "left_out": 6})
        self.assertNotIn("minutes", result["p"]["p-t-b"]["packets"]["period"])
        page = Run("--format", "text", "--periods", "2", self.capture).out.decode().splitlines()
        self.assertEqual(page[-2:], ["Ledger     8 received = 8 delivered + 0 malformed + 0 dropped",
                                     "           of all 8 minutes; the tables are of the last 2"])

    def test_process_options_take_effect(self):
        times = [(START + 60 * i, 0) for i in range(8)]
        self.capture = self.file("long.pcap", pcap(queries(4), times=times))
        bare = "{modules: {a: {type: net}}}"
        policies = {"p": ("tap: t", bare), "q": ("tap: t", bare.replace("{m", "{window_config: {topn_count: 3}, m"))}

        def totals(options, *args):
            result, _ = self.policies(config(policies, options=options), *args)
            return [result[p][f"{p}-t-a"]["packets"]["total"] for p in "pq"]

        # A window_config that does not name its periods keeps the built-in number.
        self.assertEqual(totals(""), [5, 5])
        self.assertEqual(totals("periods: 2"), [2, 5])
        self.assertEqual(totals("periods: 2", "--periods", "3"), [3, 5])
        for args, left_out in (((), 3), (("--periods", "3"), 3)):
            page = Run("--format", "text", "--config", self.file("c.yaml", config({"q": policies["q"]})), *args,
                       self.capture)
            self.assertIn(f"the last {8 - left_out} of 8".encode(), page.out)

        def sampled(options, *args):
            result, _ = self.policies(config({"p": policies["p"]}, options=options), "--periods", "1", *args)
            return result["p"]["p-t-a"]["packets"]["deep_samples"]

        self.capture = self.file("many.pcap", pcap(queries(500)))
        self.assertEqual(sampled(""), 1000)
        self.assertTrue(0 < sampled("max_deep_sample: 20") < 400)
        self.assertEqual(sampled("max_deep_sample: 20", "--max-deep-sample", "100"), 1000)

    def test_verbose_of_the_file(self):
        for options, ledger in (("verbose: true", True), ("verbose: false", False), ("periods: 1", False)):
            _, errors = self.policies(config({"p": ("tap: t", NET)}, options=options))
            self.assertEqual("ledger tap.received = 25" in errors, ledger)

    def test_limit_of_connections(self):
        frames = []
        for i in range(30):
            frames.append(tcp("10.0.0.1", 2000 + i, "192.0.2.1", 53, 0, flags=2))
            frames.append(tcp("192.0.2.1", 53, "10.0.0.1", 2000 + i, 0, flags=18))
        for i in range(30):
            question, answer = dns(i, f"n{i}.test"), dns(i, f"n{i}.test", reply=True)
            frames.append(tcp("10.0.0.1", 2000 + i, "192.0.2.1", 53, 1, struct.pack(">H", len(question)) + question))
            frames.append(tcp("192.0.2.1", 53, "10.0.0.1", 2000 + i, 1, struct.pack(">H", len(answer)) + answer))
        self.capture = self.file("tcp.pcap", pcap(frames))
        limit = "config: {tcp_packet_reassembly_cache_limit: 10}"
        result, _ = self.policies(config({"p": ("tap: t, " + limit, DNS)}), "--extended")
        self.assertEqual(result["p"]["p-t-dns"]["dns"]["wire_packets"]["tcp"], 20)
        self.assertEqual(result["ledger"]["tcp"]["not_followed"], 40)
        two = {"p": ("tap: t", DNS), "q": ("tap: t, " + limit, DNS)}
        result, _ = self.policies(config(two))
        self.assertEqual([result[p][f"{p}-t-dns"]["dns"]["wire_packets"]["tcp"] for p in "pq"], [60, 20])

    @unittest.skipUnless(shutil.which("sh"), "no shell")
    def test_everything_from_a_fifo(self):
        path = os.path.join(self.folder, "fifo")
        os.mkfifo(path)
        with subprocess.Popen(["sh", "-c", f"cat {self.capture} > {path}"]):
            self.assertEqual(self.works(path)["1m"]["packets"]["total"], 25)


class Kinds(ProgramTest):
    def test_text_that_is_no_text_makes_valid_json(self):
        frames = [udp("10.0.0.1", 4000, "10.0.0.2", 53, bytes.fromhex("000101000001000000000000") + b"\4\"\\\xff\x01\0"
                      + b"\0\1\0\1"), ip4("10.0.0.1", "10.0.0.2", 253, b"x")]
        result = self.works(self.file("odd.pcap", pcap(frames)))
        self.assertEqual(result["1m"]["dns"]["wire_packets"]["queries"], 1)
        self.assertEqual(result["1m"]["packets"]["other_l4"], 1)


if __name__ == "__main__":
    harness.main()
