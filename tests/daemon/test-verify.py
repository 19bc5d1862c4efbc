#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU that gives another CPU than was asked for."""

import os

import harness
import tap
from guests import guest

CPU = "<cpu mode='custom' match='exact' check='{}'><model fallback='forbid'>Westmere</model></cpu>"

# Adds to what follows -cpu, and notes each start in the file "starts" beside it.
WRAPPER = """#!/bin/sh
echo "$*" >> "$(dirname "$0")/starts"
left=$#
while [ $left -gt 0 ]; do
    word=$1; shift
    [ "$before" = -cpu ] && word="$word,{}"
    before=$word
    set -- "$@" "$word"
    left=$((left - 1))
done
exec {} "$@"
"""


def wrapper(daemon, name, extra):
    folder = os.path.join(daemon.root, name)
    os.mkdir(folder)
    path = os.path.join(folder, "qemu-system-x86_64")
    with open(path, "w", encoding="utf-8") as file:
        file.write(WRAPPER.format(extra, harness.QEMU))
    os.chmod(path, 0o755)
    return path


def machine_starts(path):
    """How many QEMUs were started with a machine but without a guest's CPU."""
    with open(os.path.join(os.path.dirname(path), "starts"), encoding="utf-8") as file:
        return sum("-machine none" not in line and " -cpu " not in line for line in file)


def start(daemon, name, check, emulator):
    return daemon.file(guest(name, CPU.format(check), emulator=emulator))


def policies(daemon, name):
    features = daemon.tree("dumpxml", name).findall("cpu/feature")
    return {f.get("name"): f.get("policy") for f in features}


def test_added_feature(daemon):
    qemu = wrapper(daemon, "adds", "rdrand=on")
    said = daemon.refused("create", start(daemon, "added", "full", qemu))
    tap.contains(said, "guest CPU doesn't match specification: extra features: rdrand")
    tap.lacks(said, "missing features")
    tap.equal(daemon.virsh("list", "--all", "--name"), "")


def test_dropped_feature(daemon):
    qemu = wrapper(daemon, "drops", "aes=off")
    said = daemon.refused("create", start(daemon, "dropped", "full", qemu))
    tap.contains(said, "guest CPU doesn't match specification: missing features: aes")
    tap.lacks(said, "extra features")


def test_partial_tells_the_truth(daemon):
    qemu = wrapper(daemon, "tells", "rdrand=on,aes=off")
    daemon.virsh("create", start(daemon, "told", "partial", qemu))
    found = policies(daemon, "told")
    daemon.virsh("destroy", "told")
    tap.equal((found.get("rdrand"), found.get("aes")), ("require", "disable"))


def test_asked_once(daemon):
    """The first check asks one QEMU about the machine type, later ones and later daemons none."""
    qemu = wrapper(daemon, "honest", "pmu=off")
    path = start(daemon, "honest", "full", qemu)
    for _ in range(2):
        daemon.virsh("create", path)
        daemon.virsh("destroy", "honest")
    tap.equal(machine_starts(qemu), 1)
    daemon.stop()
    daemon.start()
    daemon.virsh("create", path)
    daemon.virsh("destroy", "honest")
    tap.equal(machine_starts(qemu), 1)


if __name__ == "__main__":
    harness.main(globals())
