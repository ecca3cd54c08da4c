#!/usr/bin/env python3
"""The page in a browser: a real agent on an interface of a network namespace, real DNS between two namespaces, and
Debian's chromium, which playwright-core drives (page_test.mjs).

Usage: page_test.py PKTVISORD PKTVISOR_PCAP [WORD...]     only cases that have a WORD in their name
Exit status 77 (skipped) without root, chromium, Node, or the packages of package.json (installed when npm can).
"""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "live"))
import netns  # noqa: E402

MORE_ADDRESSES = ("81.2.69.142", "89.160.20.112", "216.160.83.56", "175.16.199.1")  # of MaxMind's test database


def packages():
    """The folder of the installed packages: beside this file, or under the build folder."""
    beside = os.path.join(HERE, "node_modules")
    if os.path.isdir(os.path.join(beside, "playwright-core")):
        return HERE
    folder = os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "..", "page_test")
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(os.path.join(HERE, name), folder)
    if not os.path.isdir(os.path.join(folder, "node_modules", "playwright-core")):
        done = netns.run("npm", "ci", "--ignore-scripts", "--fetch-retries=1", cwd=folder, check=False)
        if done.returncode != 0:
            netns.skip("npm could not install tests/page/package.json: " + done.stderr.strip()[-300:])
    return folder


def main():
    netns.require("chromium", "node", "npm", "ethtool")
    # A module finds its packages beside it: the tests run where these are.
    folder = packages()
    with tempfile.TemporaryDirectory() as work, netns.Pair() as pair:
        for space, via in ((pair.client, None), (pair.server, netns.CLIENT4)):
            for address in MORE_ADDRESSES:
                if via:
                    space.ip("route", "add", address + "/32", "via", via)
                else:
                    space.ip("addr", "add", address + "/32", "dev", "vc")
        environment = {**os.environ, "PAGE_PACKAGES": folder, "PAGE_WORK": work, "PAGE_CLIENT": pair.client.name,
                       "HOME": work, "XDG_CONFIG_HOME": work, "XDG_CACHE_HOME": work}
        command = pair.server.command("node", os.path.join(HERE, "page_test.mjs"), *sys.argv[1:])
        raise SystemExit(subprocess.call(command, env=environment, preexec_fn=netns.die_with_parent))


if __name__ == "__main__":
    main()
