#!/usr/bin/env python3
"""The description of the REST interface against its own standard, and results against the description.

Usage: openapi_test.py PRINT_OPENAPI PKTVISOR_PCAP CAPTURE [DASHBOARD]
Exit status 77 (skipped) without python3-jsonschema (`tools/setup.sh peers`); openapi-spec-validator is used where
it is installed.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from documents import named, validator  # noqa: E402

POLICIES = """
visor:
  taps:
    t: {input_type: pcap, config: {host_spec: "10.77.0.2/32,fd77::2/128"}}
  policies:
    p:
      kind: collection
      input: {tap: t, input_type: pcap}
      handlers:
        window_config: {num_periods: 1}
        modules:
          net2: {type: net, require_version: "2.0"}
          net1: {type: net}
          dns1: {type: dns, metric_groups: {enable: [all]}}
          dns2: {type: dns, require_version: "2.0", metric_groups: {enable: [all]}}
          dhcp: {type: dhcp}
          pcap: {type: pcap}
"""


def results(program, *arguments):
    done = subprocess.run([program, "--format", "json", "--extended", *arguments], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = json.loads(done.stdout)
    out.pop("ledger")
    return out


def check_names(rows_by_handler):
    """No name means two things: a name has one kind and one unit, whichever handlers have it."""
    for generation in ("compatible", "modern"):
        meanings = collections.defaultdict(set)
        for handler in rows_by_handler["handlers"]:
            for row in handler["rows"]:
                names = row["prometheus"][generation]
                for place, name in enumerate([names] if isinstance(names, str) else names):
                    kind = "histogram" if generation == "modern" and row["kind"] == "quantiles" else row["kind"]
                    meanings[name].add((kind, row["unit"], place))
        several = {name: kinds for name, kinds in meanings.items() if len(kinds) > 1}
        assert not several, several
        assert len(meanings) > 100


def check_dashboard(rows_by_handler, path):
    """Every metric a Grafana dashboard asks for is there."""
    rows = {row["prometheus"]["compatible"]: row for handler in rows_by_handler["handlers"]
            for row in handler["rows"]}
    with open(path, encoding="utf-8") as file:
        text = file.read()
    asked = set(re.findall(r"\b((?:packets|dns|dhcp|payload)_[A-Za-z0-9_]+)\{", text))
    assert len(asked) > 20 and asked <= rows.keys(), asked - rows.keys()


def main():
    print_openapi, program, capture = sys.argv[1:4]
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
            os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
        print("skipped: no python3-jsonschema")
        raise SystemExit(77)
    api = json.loads(subprocess.run([print_openapi], check=True, stdout=subprocess.PIPE).stdout)
    try:
        from openapi_spec_validator import validate
        validate(api)
    except ImportError:
        print("no openapi-spec-validator: the description itself was not checked")
    check_names(api["x-metrics-schema"])
    for dashboard in sys.argv[4:]:
        if os.path.exists(dashboard):
            check_dashboard(api["x-metrics-schema"], dashboard)
        else:
            print("no dashboard at", dashboard)
    validator(api, named("WindowMetrics")).validate(results(program, "-H", "10.77.0.2/32,fd77::2/128", capture))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(POLICIES)
        file.flush()
        found = results(program, "--config", file.name, capture)
    assert len(found["p"]) == 6
    validator(api, named("PolicyMetrics")).validate(found)
    # It can tell: a key no row has is refused.
    found["p"][next(name for name in found["p"] if name.endswith("pcap"))]["pcap"]["no_such_metric"] = 1
    assert not validator(api, named("PolicyMetrics")).is_valid(found)


if __name__ == "__main__":
    main()
