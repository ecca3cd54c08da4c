#!/usr/bin/env python3
"""pktvisor-cli beside its live screen: against the running agent, older ones and worse ones, and over captures.

usage: pktvisor_cli_test.py PKTVISOR_CLI PKTVISORD PKTVISOR_PCAP EXAMPLE.pcap
"""
import json
import os
import pty
import shutil
import socket
import ssl
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "agent")]
import agent  # noqa: E402
from folder import FolderTest  # noqa: E402
from older_agent import OlderAgent  # noqa: E402

CLI = PCAP = EXAMPLE = ""
TAP = "visor:\n  taps:\n    %s: {input_type: pcap, config: {pcap_source: mock}}\n"
HOSTILE = "<b>\"x\"</b>\x1b[31m\u202e.evil"


class Run:
    def __init__(self, *arguments, stdin=b"", **environment):
        done = subprocess.run([CLI, *map(str, arguments)], input=stdin, capture_output=True, check=False, timeout=60,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **environment})
        self.status, self.out, self.errors = done.returncode, done.stdout.decode(), done.stderr.decode()

    @property
    def json(self):
        return json.loads(self.out)


class CliTest(FolderTest):
    def works(self, *arguments, **options):
        run = Run(*arguments, **options)
        self.assertEqual((run.status, run.errors), (0, ""), run.out)
        self.assertNotIn("\x1b", run.out)  # standard output is no terminal
        return run

    def fails(self, *arguments, saying, **options):
        """One clear line, and status 1."""
        run = Run(*arguments, **options)
        self.assertEqual((run.status, run.out), (1, ""), run.errors)
        self.assertEqual(run.errors.count("\n"), 1, run.errors)
        self.assertTrue(run.errors.startswith("pktvisor-cli: "), run.errors)
        self.assertIn(saying, run.errors)


    def fails_use(self, *arguments, saying):
        run = Run(*arguments)
        self.assertEqual((run.status, run.out, run.errors.count("\n")), (1, "", 2), run.errors)
        self.assertIn(saying, run.errors)


class TheRunningAgent(CliTest):
    def setUp(self):
        super().setUp()
        self.agent = agent.Agent(self.folder, "--config", self.file("visor.yaml", agent.WITH_DEFAULT), "--admin-api")
        self.addCleanup(self.agent.stop)
        self.at = ("-p", self.agent.port)

    def test_once_tells_what_rest_tells(self):
        agent.wait_for("packets", lambda: Run(*self.at, "--once", "--format=json").json["handlers"]
                       ["default-default-net"]["metrics"]["total"]["value"] > 5)
        before = self.agent.ask("/api/v1/policies/default/metrics/window/2").json["default"]
        told = self.works(*self.at, "--once", "--format", "json", "--minutes", "2").json
        after = self.agent.ask("/api/v1/policies/default/metrics/window/2").json["default"]
        self.assertEqual((told["policy"], told["tap"], told["minutes"]), ("default", "default", 2))
        self.assertEqual(set(told["handlers"]), set(before))
        packets = told["handlers"]["default-default-net"]
        self.assertEqual(packets["title"], "net 1.0")
        shown = packets["metrics"]["total"]
        self.assertEqual((shown["kind"], shown["unit"]), ("counter", "1"))
        self.assertLessEqual(before["default-default-net"]["packets"]["total"], shown["value"])
        self.assertLessEqual(shown["value"], after["default-default-net"]["packets"]["total"])
        (ledger,) = told["ledger"].values()
        self.assertGreaterEqual(ledger["tap.received"], ledger["tap.delivered"])
        page = self.works(*self.at, "--once").out
        self.assertIn(f"http://localhost:{self.agent.port}", page)
        self.assertIn("── net 1.0  default-default-net ─", page)
        self.assertTrue(all(len(line) <= 80 for line in page.splitlines()), page)
        self.assertEqual(page, "\n".join(line.rstrip() for line in page.split("\n")))

    def test_more_minutes_than_are_kept_are_those_kept(self):
        self.assertEqual(self.works(*self.at, "--once", "--format=json", "--minutes", 99).json["minutes"], 5)

    def test_top(self):
        agent.wait_for("names", lambda: "pktvisor-mock.dev" in Run(*self.at, "top", "qname2").out)
        (told,) = self.works(*self.at, "top", "dns.top_qname2", "-n1", "--format=json").json
        self.assertEqual((told["list"], told["kind"], len(told["items"])), ("dns.qname2", "top list", 1))
        self.assertEqual(told["items"][0]["name"], ".pktvisor-mock.dev")
        self.assertIn("100%", self.works(*self.at, "top", "dns.qname2").out)
        self.fails(*self.at, "top", "dns.nonsense", saying="has no list 'dns.nonsense'; it has: ")
        self.fails(*self.at, "top", "dns.nonsense", saying="dns.qname2")
        self.fails(*self.at, "-P", "nope", "top", "qname2", saying="has no policy 'nope'; it has: default, ")

    def test_status(self):
        page = self.works(*self.at, "status").out
        self.assertRegex(page, r"(?m)^health +ok$")
        told = self.works(*self.at, "status", "--format", "json").json
        self.assertTrue(told["well"])
        self.assertIn("default", told["policies"])
        self.assertEqual({tap["name"] for tap in told["taps"]}, {"default", "other", "bare"})

    def test_policies(self):
        at = self.at
        document = self.file("p.yaml", agent.policies(agent.mock_policy("mine")))
        self.assertEqual(self.works(*at, "policies", "apply", document).out, "policy 'mine' is made\n")
        self.assertIn("mine", self.works(*at, "policies").out)
        self.assertEqual(list(self.works(*at, "policies", "show", "mine", "--format=json").json), ["mine"])
        changed = agent.policies(agent.mock_policy("mine", modules="{net: {type: net}}")).encode()
        self.assertEqual(self.works(*at, "policies", "apply", "-", stdin=changed).out, "policy 'mine' is replaced\n")
        self.assertEqual(list(self.agent.ask("/api/v1/policies/mine").json["mine"]["modules"]), ["mine-default-net"])
        wrong = self.file("wrong.yaml", agent.policies(agent.mock_policy("bad", modules="{dns: {typ: dns}}")))
        self.fails(*at, "policies", "apply", wrong, saying=wrong + ":3:")
        self.fails(*at, "policies", "apply", "-", saying="standard input:", stdin=b"visor: [")
        self.fails(*at, "policies", "apply", self.folder + "/none", saying="cannot read")
        self.assertEqual(self.works(*at, "policies", "delete", "mine").out, "policy 'mine' is deleted\n")
        self.fails(*at, "policies", "delete", "mine", saying="policy does not exists")
        self.fails(*at, "policies", "show", "mine", saying="policy does not exists")

    def test_taps(self):
        at = self.at
        document = self.file("t.yaml", TAP % "new")
        self.assertEqual(self.works(*at, "taps", "apply", document).out, "tap 'new' is made\n")
        self.assertEqual(self.works(*at, "taps", "apply", document).out, "tap 'new' is replaced\n")
        self.assertIn('new  pcap\n  config   {"pcap_source":"mock"}\n', self.works(*at, "taps", "show").out)
        self.fails(*at, "taps", "delete", "default", saying="in use by policies: default")
        self.assertEqual(self.works(*at, "taps", "delete", "new").out, "tap 'new' is deleted\n")

    def test_without_a_terminal_there_is_no_live_screen(self):
        self.fails(*self.at, saying="--once prints what there is now")


class WhoMayChange(CliTest):
    def running(self, *arguments):
        config = self.file("visor.yaml", agent.WITH_DEFAULT)
        running = agent.Agent(self.folder, "--config", config, *arguments)
        self.addCleanup(running.stop)
        return "-p", running.port

    def test_without_the_admin_api(self):
        at = self.running()
        document = self.file("t.yaml", TAP % "new")
        self.fails(*at, "taps", "apply", document, saying="it must be started with pktvisord --admin-api")
        self.fails(*at, "taps", "delete", "bare", saying="it must be started with pktvisord --admin-api")

    def test_a_token(self):
        token, wrong = self.file("token", "s3cret-s3cret-s3cret\n"), self.file("wrong", "not-it-not-it-not-it\n")
        os.chmod(token, 0o600)
        at = self.running("--admin-api", "--admin-token-file", token)
        document = self.file("t.yaml", TAP % "new")
        self.fails(*at, "taps", "apply", document, saying="asks for a token: say --token-file FILE")
        self.fails(*at, "--token-file", wrong, "taps", "apply", document, saying="does not take this token")
        self.works(*at, "--token-file", token, "taps", "apply", document)
        self.works(*at, "-H", "[::1]", "--token-file", token, "taps")
        # 0.0.0.0 is this host, but no address that cannot be anything else.
        warned = Run(*at, "-H", "0.0.0.0", "--token-file", token, "taps")
        self.assertIn("token goes to 0.0.0.0 for all on the way to read", warned.errors)


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class Tls(CliTest):
    def test_certificates(self):
        certificate, key = os.path.join(self.folder, "cert.pem"), os.path.join(self.folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, stderr=subprocess.DEVNULL)
        trusting = ssl.create_default_context(cafile=certificate)
        config = self.file("visor.yaml", agent.WITH_DEFAULT)
        running = agent.Agent(self.folder, "--config", config, "--tls", "--tls-cert", certificate, "--tls-key", key,
                              tls=trusting)
        self.addCleanup(running.stop)
        at = "-p", running.port, "--once"
        self.fails(*at, "--tls", saying="is not trusted")
        self.assertIn("https://localhost:", self.works(*at, "--tls-noverify").out)
        self.assertIn("https://localhost:", self.works(*at, "--tls-ca", certificate).out)
        self.fails(*at, saying="an agent with TLS is asked with --tls")
        self.fails(*at, "--tls-ca", certificate, "-H", "127.0.0.1", saying="is not trusted")
        self.fails(*at, "--tls-ca", self.folder + "/none", saying="cannot read certificates from ")
        with OlderAgent("agent_4.5") as plain:
            self.fails("-p", plain.port, "-H", "127.0.0.1", "--once", "--tls", saying="is asked without --tls")


class OlderAgents(CliTest):
    def test_each_is_read(self):
        for name, kept, handler in (("agent_4.5", 3, "default-default-net"), ("agent_3.3", 5, "default-net"),
                                    ("agent_3.2", 2, "packets")):
            with self.subTest(name), OlderAgent(name) as older:
                at = "-p", older.port, "-H", "127.0.0.1"
                told = self.works(*at, "--once", "--format=json", "--minutes", 10).json
                self.assertEqual((told["version"][:3], told["minutes"]), (name[-3:], kept))
                metrics = told["handlers"][handler]["metrics"]
                self.assertEqual(metrics["total"], {"kind": "counter", "unit": "1", "value": 301})
                self.assertEqual(metrics["payload_size"]["p99"], 1514)
                self.assertIn(".example.com", self.works(*at, "top", "dns.qname2").out)
                self.assertIn("does not tell what it drops", self.works(*at, "status").out)
                self.assertIn("118 µs", self.works(*at, "--once").out)
                self.assertIn("118 us", self.works(*at, "--once", "--ascii").out)

    def test_a_connection_is_kept(self):
        with OlderAgent("agent_4.5") as older:
            self.works("-p", older.port, "-H", "127.0.0.1", "status")
            self.assertGreater(len(older.asked), 5)
            self.assertEqual(len(older.connections), 1)

    def test_a_tap_that_is_down(self):
        with OlderAgent("agent_5.0") as down:
            run = Run("-p", down.port, "-H", "127.0.0.1", "status")
            self.assertEqual((run.status, run.errors), (1, ""))
            self.assertIn("stream eth-1 is down: interface eth0", run.out)
            told = Run("-p", down.port, "-H", "127.0.0.1", "status", "--format=json").json
            self.assertFalse(told["well"])

    def test_names_from_the_wire_do_no_harm(self):
        with OlderAgent("agent_5.0") as older:
            at = "-p", older.port, "-H", "127.0.0.1"
            page = self.works(*at, "top", "qname2").out
            self.assertIn('<b>"x"</b>\\x1b[31m\\u202e.evil', page)
            (told,) = self.works(*at, "top", "qname2", "--format", "json").json
            self.assertEqual(told["items"][1]["name"], HOSTILE)
            main, end = pty.openpty()
            with os.fdopen(main, "rb", buffering=0) as terminal:
                subprocess.run([CLI, *map(str, at), "top", "qname2", "--format=json", "-n2"], stdout=end, check=True)
                os.close(end)
                sent = b""
                while not sent.endswith(b"\n"):
                    sent += terminal.read(65536)
            self.assertTrue(sent.strip().isascii(), sent)
            self.assertEqual(json.loads(sent)[0]["items"][1]["name"], HOSTILE)

    def test_ipv6(self):
        try:
            with OlderAgent("agent_4.5", host="::1") as older:
                self.assertIn(f"http://[::1]:{older.port}", self.works("-H", "::1", "-p", older.port, "--once").out)
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")


class WorseAnswers(CliTest):
    def answered(self, saying, **how):
        with OlderAgent(**how) as other:
            self.fails("-p", other.port, "-H", "127.0.0.1", "--once", saying=saying)
            return other.asked

    def test_other_servers(self):
        self.answered("is no agent: not JSON", body=b"<html>it works</html>")
        self.answered("no pktvisor answers there", body=b"{}")
        self.answered("nested too deeply", body=b"[" * 1000)
        self.answered("more than 16 MiB", body=b" " * (17 << 20))
        self.answered("HTTP status 503", body=b"busy", status=503)
        self.answered("\\x1b[2Jboo", body=b'{"error": "\\u001b[2Jboo"}', status=500)

    def test_redirections_are_not_followed(self):
        with OlderAgent("agent_4.5") as target:
            where = f"http://127.0.0.1:{target.port}/"
            self.answered(f"points to {where}", body=b"", status=302, headers=[("Location", where)])
            self.assertEqual(target.asked, [])

    def test_no_proxy_of_the_environment(self):
        with OlderAgent(body=b"proxied") as proxy, OlderAgent("agent_4.5") as older:
            self.works("-p", older.port, "-H", "127.0.0.1", "--once", http_proxy=f"http://127.0.0.1:{proxy.port}",
                       ALL_PROXY=f"http://127.0.0.1:{proxy.port}")
            self.assertEqual(proxy.asked, [])

    def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            url = f"http://localhost:{port}"
            self.fails("-p", port, "--once",
                       saying=f"no agent answers at {url}: connection refused; is pktvisord running?")
        self.fails("-H", "http://x", "--once", saying="'http://x' is no host")

    def test_one_that_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            begin = time.monotonic()
            self.fails("-H", "127.0.0.1", "-p", silent.getsockname()[1], "--once",
                       saying="nothing came within 5 seconds")
            self.assertLess(time.monotonic() - begin, 9)


class Captures(CliTest):
    def test_the_same_figures_as_pktvisor_pcap(self):
        told = self.works(EXAMPLE, "--once", "--format=json").json
        done = subprocess.run([PCAP, "--periods", "1", EXAMPLE], capture_output=True, check=True)
        expected = json.loads(done.stdout)["1m"]
        metrics = told["handlers"]["default-dns"]["metrics"]
        self.assertEqual(metrics["wire_packets.total"]["value"], expected["dns"]["wire_packets"]["total"])
        self.assertEqual([[i["name"], i["estimate"]] for i in metrics["top_qname2"]["items"]],
                         [[i["name"], i["estimate"]] for i in expected["dns"]["top_qname2"]])
        net = told["handlers"]["default-net"]["metrics"]
        self.assertEqual(net["total"]["value"], expected["packets"]["total"])
        self.assertEqual(sum(net["rates.pps_total"]["seconds"]["values"]), expected["packets"]["total"])

    def test_options(self):
        told = self.works(EXAMPLE, "-b", "udp", "--host-spec", "10.77.0.2/32", "--once", "--format=json").json
        net = told["handlers"]["default-net"]["metrics"]
        self.assertEqual(net["tcp"]["value"], 0)
        self.assertGreater(net["in"]["value"], 0)
        config = self.file("c.yaml", agent.TAPS + "  policies:\n" + agent.mock_policy("only_dns", tap="bare"))
        told = self.works(EXAMPLE, "--config", config, "--once", "--format=json").json
        self.assertEqual((told["policy"], list(told["handlers"])), ("only_dns", ["only_dns-bare-dns"]))

    def test_one_that_is_cut_short_is_shown_and_said(self):
        with open(EXAMPLE, "rb") as whole:
            cut = self.file("cut.pcap", whole.read(300_000))
        run = Run(cut, "--once")
        self.assertEqual(run.status, 0)
        self.assertRegex(run.errors, r"^pktvisor-cli: \S+cut\.pcap: cut short in record 1844 \(offset \d+\)\n$")
        self.assertIn("delivered 1,843", run.out)

    def test_a_command_of_agents(self):
        self.fails_use(EXAMPLE, "top", "qname2", saying="'top' is a command, and commands ask an agent")

    def test_what_cannot_be_read(self):
        self.fails(self.folder + "/none.pcap", "--once", saying="none.pcap")
        self.fails(self.file("text.pcap", "no capture"), "--once", saying="text.pcap")
        self.fails(EXAMPLE, "-b", "not a filter", "--once", saying="filter")


if __name__ == "__main__":
    CLI, agent.PROGRAM, PCAP, EXAMPLE = sys.argv[1:5]
    unittest.main(argv=sys.argv[:1] + sys.argv[5:])
