#!/usr/bin/env python3
"""What others make of the expositions: promtool, an OpenMetrics parser, and a Prometheus that scrapes all forms.

Usage: exposition_test.py PRINT_EXPOSITION CAPTURE [promtool|openmetrics|prometheus]
Exit status 77 (skipped) when the peer is not installed: `tools/setup.sh peers` installs them.
"""
import contextlib
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

SKIPPED = 77
# What promtool says of names that upstream's users know (docs/compatibility.md).
KNOWN_REMARKS = re.compile(r'^\S+ (non-counter metrics should not have "_total" suffix'
                           r'|non-histogram and non-summary metrics should not have "_count" suffix'
                           r"|metric name should not include type 'histogram'"
                           r"|metric names should not contain abbreviated units"
                           r"|metric names should be written in 'snake_case' not 'camelCase')$")
CONTENT_TYPES = {
    "compatible": "text/plain",
    "text": "text/plain; version=0.0.4; charset=utf-8",
    "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "protobuf": "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
}
SECONDS_TO_SCRAPE = 60


def skip(why):
    print("skipped:", why)
    raise SystemExit(SKIPPED)


def expositions(program, capture):
    return {form: subprocess.run([program, form, capture], check=True, stdout=subprocess.PIPE).stdout
            for form in CONTENT_TYPES}


def check_with_promtool(bodies):
    promtool = shutil.which("promtool") or skip("no promtool")
    for form in ("compatible", "text"):
        done = subprocess.run([promtool, "check", "metrics"], input=bodies[form], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        remarks = done.stdout.decode().splitlines()
        if form == "text":
            assert done.returncode == 0 and not remarks, "\n".join(remarks)
        unknown = [line for line in remarks if not KNOWN_REMARKS.match(line)]
        assert done.returncode in (0, 3) and not unknown, "\n".join(unknown)


def check_with_parser(bodies):
    try:
        from prometheus_client.openmetrics import parser as openmetrics
        from prometheus_client import parser as text
    except ImportError:
        if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
            os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
        skip("no python3-prometheus-client")
    families = {form: list(parser.text_string_to_metric_families(bodies[form].decode("utf-8")))
                for form, parser in (("openmetrics", openmetrics), ("text", text), ("compatible", text))}
    for form, found in families.items():
        series = [(sample.name, tuple(sorted(sample.labels.items()))) for family in found
                  for sample in family.samples]
        assert len(series) == len(set(series)) > 100, f"{form}: a series is there twice"
        taps = {dict(labels).get("tap") for _, labels in series} - {None}
        assert taps == {'tap "one"\\\n\ufffd'}, taps
    listed = [sample.labels for family in families["compatible"] if "_top_" in family.name
              for sample in family.samples]
    assert len(listed) > 50 and all("name" in labels and labels["name"] in
                                    [labels[k] for k in labels if k not in ("name", "tap", "policy", "instance")]
                                    for labels in listed)
    values = lambda form: {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families[form]
                           for s in family.samples if "_bucket" not in s.name and not s.name.endswith("_created")}
    assert values("openmetrics") == values("text")
    assert {f.name: f.documentation for f in families["openmetrics"]}.items() \
        == {f.name: f.documentation for f in families["text"]}.items()


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def served(bodies):
    """The expositions, each under its own path, as a static server has them."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            form = self.path.strip("/")
            self.send_response(200)
            self.send_header("Content-Type", CONTENT_TYPES[form])
            self.send_header("Content-Length", str(len(bodies[form])))
            self.end_headers()
            self.wfile.write(bodies[form])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@contextlib.contextmanager
def prometheus(scraped_port):
    binary = shutil.which("prometheus") or skip("no prometheus")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        jobs = [{"job_name": form, "metrics_path": "/" + form, "honor_labels": True,
                 "static_configs": [{"targets": [f"127.0.0.1:{scraped_port}"]}]} for form in CONTENT_TYPES]
        config = os.path.join(folder, "prometheus.json")  # YAML has JSON in it
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "1s"}, "scrape_configs": jobs}, file)
        with open(os.path.join(folder, "log"), "w+", encoding="utf-8") as log:
            process = subprocess.Popen([binary, f"--config.file={config}", "--enable-feature=native-histograms",
                                        f"--storage.tsdb.path={folder}/data",
                                        f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
            try:
                yield port, log.name
            finally:
                process.terminate()
                process.wait(20)


def query(port, expression):
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)["data"]["result"]


def wait_until_scraped(port, log):
    end = time.monotonic() + SECONDS_TO_SCRAPE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            up = {r["metric"]["job"]: r["value"][1] for r in query(port, "up")}
            if len(up) == len(CONTENT_TYPES):
                assert set(up.values()) == {"1"}, f"{up}\n{open(log, encoding='utf-8').read()}"
                return
        time.sleep(0.5)
    raise AssertionError("nothing was scraped\n" + open(log, encoding="utf-8").read())


def check_with_prometheus(bodies):
    with served(bodies) as scraped_port, prometheus(scraped_port) as (port, log):
        wait_until_scraped(port, log)
        time.sleep(2)
        one = lambda expression: float(query(port, expression)[0]["value"][1])
        total = 'pktvisor_packets_total{job="%s"}'
        assert one(total % "text") == one(total % "openmetrics") == one(total % "protobuf") > 0
        assert one('packets_total{job="compatible"}') == one(total % "text")
        # Every sample was taken: none out of order, none twice.
        for form in CONTENT_TYPES:
            scraped, added = (one(f'scrape_samples_{what}{{job="{form}"}}')
                              for what in ("scraped", "post_metric_relabeling"))
            assert scraped == added > 100
        text = open(log, encoding="utf-8").read()
        assert "level=error" not in text and "level=warn" not in text, text
        # The exponential bins tell what the buckets tell, and finer.
        times = 'pktvisor_dns_xact_in_seconds'
        count = one(f'{times}_count{{job="text"}}')
        assert one(f'histogram_count({times}{{job="protobuf"}})') == count > 100
        assert abs(one(f'histogram_sum({times}{{job="protobuf"}})') - one(f'{times}_sum{{job="text"}}')) < 1e-9
        summary = 'dns_xact_in_quantiles_us{job="compatible",quantile="%s"}'
        for quantile in ("0.5", "0.9", "0.99"):
            native = one(f'histogram_quantile({quantile}, {times}{{job="protobuf"}})') * 1e6
            told = one(summary % quantile)
            assert abs(native - told) <= 0.04 * told, (quantile, native, told)
        tap = query(port, 'packets_total{job="compatible"}')[0]["metric"]["tap"]
        assert tap == 'tap "one"\\\n\ufffd', tap


def main():
    checks = {"promtool": check_with_promtool, "openmetrics": check_with_parser, "prometheus": check_with_prometheus}
    bodies = expositions(sys.argv[1], sys.argv[2])
    for name in sys.argv[3:] or checks:
        checks[name](bodies)


if __name__ == "__main__":
    main()
