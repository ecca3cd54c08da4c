#!/usr/bin/env python3
"""Compares what the program prints for a capture with the truth an independent tool found in it.

Usage: check.py PROGRAM CAPTURE TRUTH.json [DIFFERS.json]      one golden
       check.py PROGRAM --cases CASES.json FOLDER              many, on captures outside this tree

Counters must be equal, cardinalities within 3 %, and top lists must hold the truth's highest counts with the right
names. The output must not depend on the number of workers. What is off by default is looked at in a second run, with a
policy that shows every group of the dns handler. DIFFERS names the few paths where the program means to
differ from tshark, with the value expected instead and the reason. Exit status 77 (skipped) when captures are absent.
"""
import json
import os
import subprocess
import sys

CARDINALITY_ERROR = 0.03
TOP_COUNT = 10
SKIPPED = 77
ALL_GROUPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "all_groups.yaml")
OFF_BY_DEFAULT = ("dns.wire_packets.query_ecs", "dns.top_query_ecs")


def run(program, capture, host, *options):
    command = [program, "--periods", "1", *(["-H", host] if host else []), *options, capture]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done.stdout


def compare_top(path, got, expected):
    """Counts must match place by place, and each name its own count; names tied at the list's end may vary."""
    counts = [item["estimate"] for item in expected[:TOP_COUNT]]
    if [item["estimate"] for item in got] != counts:
        return [f"{path}: counts {[i['estimate'] for i in got]}, truth {counts}"]
    truth = {item["name"]: item["estimate"] for item in expected}
    last = expected[-1]["estimate"] if expected else 0
    return [f"{path}: {item['name']!r} has {item['estimate']}, truth {truth.get(item['name'], 'none')}" for item in got
            if truth.get(item["name"], last) != item["estimate"]]


def compare(path, got, expected):
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return [f"{path}: absent"]
        return [e for key, value in expected.items() for e in compare(
            f"{path}.{key}" if path else key, got.get(key), value)]
    if isinstance(expected, list):
        return compare_top(path, got, expected) if isinstance(got, list) else [f"{path}: absent"]
    if ".cardinality." in path and isinstance(got, (int, float)):
        near = abs(got - expected) <= max(CARDINALITY_ERROR * expected, 0.5)
        return [] if near else [f"{path}: {got}, truth {expected} (beyond {CARDINALITY_ERROR:.0%})"]
    return [] if got == expected else [f"{path}: {got}, truth {expected}"]


def off_by_default(program, capture, host, truth):
    """Compares the paths that the default analysis does not show."""
    policy = json.loads(run(program, capture, host, "--config", ALL_GROUPS))["all"]
    [shown] = policy.values()
    errors = []
    for path in OFF_BY_DEFAULT:
        got, expected = shown, truth
        for key in path.split("."):
            got, expected = (got or {}).get(key), (expected or {}).get(key)
        if expected is not None:
            errors += compare(path, got, expected)
    return errors


def apply_differences(truth, differs):
    for path, entry in differs.items():
        *parents, leaf = path.split(".")
        node = truth
        for parent in parents:
            node = node[parent]
        if node[leaf] == entry["value"]:
            raise SystemExit(f"{path}: the truth agrees now; remove the difference")
        node[leaf] = entry["value"]


def without(tree, paths, prefix=""):
    return {k: without(v, paths, f"{prefix}{k}.") if isinstance(v, dict) else v for k, v in tree.items()
            if prefix + k not in paths}


def check(program, capture, truth, host):
    expected = {k: v for k, v in truth.items() if k in ("packets", "dns", "dhcp")}
    once = run(program, capture, host, "--workers", "1")
    errors = off_by_default(program, capture, host, expected)
    expected = without(expected, OFF_BY_DEFAULT)
    errors += compare("", json.loads(once)["1m"], expected)
    for workers in ("2", "5"):
        if run(program, capture, host, "--workers", workers) != once:
            errors.append(f"the output with {workers} workers differs from that with one")
    return errors


def check_cases(program, cases_path, folder):
    with open(cases_path, encoding="utf-8") as file:
        cases = json.load(file)
    present = [c for c in cases if os.path.exists(os.path.join(folder, c["file"]))]
    if not present:
        print(f"skipped: none of the captures is in {folder}")
        raise SystemExit(SKIPPED)
    errors = []
    for case in present:
        found = check(program, os.path.join(folder, case["file"]), case["expected"], case.get("host", ""))
        errors += [f"{case['file']}: {e}" for e in found]
    print(f"{len(present)} of {len(cases)} captures checked")
    return errors


def main():
    program, what, *rest = sys.argv[1:]
    if what == "--cases":
        errors = check_cases(program, *rest)
    else:
        with open(rest[0], encoding="utf-8") as file:
            truth = json.load(file)
        if len(rest) > 1 and os.path.exists(rest[1]):
            with open(rest[1], encoding="utf-8") as file:
                apply_differences(truth, json.load(file))
        errors = check(program, what, truth, truth["host"])
    for error in errors:
        print(error)
    raise SystemExit(1 if errors else 0)


if __name__ == "__main__":
    main()
