#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests move to a real libvirtd and back, in the forms that both know, with the CPU they had."""

import os
import re
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))

import harness  # noqa: E402
import libvirtd  # noqa: E402
import tap  # noqa: E402
from guests import WESTMERE, guest  # noqa: E402

NAME = "virtcpu-peer-migration"
PLAIN = "<cpu mode='custom' match='exact' check='partial'><model fallback='allow'>qemu64</model></cpu>"
FEATURE = re.compile("<feature policy='(\\w+)' name='([\\w.-]+)'/>")


def forget(pair):
    for daemon in pair:
        daemon.try_virsh("destroy", NAME)
        daemon.try_virsh("undefine", NAME)


def create(daemon, cpu=PLAIN):
    daemon.virsh("create", daemon.file(guest(NAME, cpu=cpu)))


def move(source, target, *args):
    source.virsh("migrate", "--live", NAME, target.uri(), *args)
    tap.equal(source.try_virsh("domstate", NAME).out.strip() in ("", "shut off"), True)
    tap.equal(target.virsh("domstate", NAME, "--reason"), "running (migrated)")


def features(daemon):
    """What the guest's CPU differs from its model in, where libvirtd's old map knows the name."""
    return dict(reversed(found) for found in FEATURE.findall(daemon.virsh("dumpxml", NAME)))


def test_there_and_back(pair):
    ours, theirs = pair
    for cpu in (PLAIN, WESTMERE):
        create(ours, cpu)
        move(ours, theirs)
        move(theirs, ours)
        move(ours, theirs)
        forget(pair)


def test_from_libvirtd_and_back(pair):
    ours, theirs = pair
    create(theirs)
    told = features(theirs)
    move(theirs, ours)
    move(ours, theirs)
    tap.equal(features(theirs), told)


FORMS = [
    ["--p2p"],
    ["--persistent", "--undefinesource"],
    ["--p2p", "--persistent", "--undefinesource"],
    ["--migrateuri", "tcp:127.0.0.1"],
    ["--auto-converge"],
    ["--parallel", "--parallel-connections", "2"],
    ["--compressed", "--comp-methods", "xbzrle"],
]


def test_forms(pair):
    for args in FORMS:
        for source, target in (pair, pair[::-1]):
            create(source)
            move(source, target, *args)
            forget(pair)


def test_suspended(pair):
    for source, target in (pair, pair[::-1]):
        create(source)
        source.virsh("migrate", "--live", "--suspend", NAME, target.uri())
        tap.equal(target.virsh("domstate", NAME), "paused")
        forget(pair)


def test_offline(pair):
    for source, target in (pair, pair[::-1]):
        source.virsh("define", source.file(guest(NAME)))
        source.virsh("migrate", "--offline", "--persistent", "--undefinesource", NAME, target.uri())
        tap.equal(target.virsh("domstate", NAME), "shut off")
        forget(pair)


def test_refused(pair):
    """A destination that has the name refuses, and the guest goes on where it is."""
    for source, target in (pair, pair[::-1]):
        create(source)
        target.virsh("define", target.file(guest(NAME, uuid="99999999-0000-0000-0000-00000000000a")))
        tap.contains(source.refused("migrate", "--live", NAME, target.uri()), "already exists")
        tap.equal(source.virsh("domstate", NAME), "running")
        forget(pair)


def alone(test):
    """The test, and nothing left of it."""
    def run(pair):
        try:
            test(pair)
        finally:
            forget(pair)
    run.__name__ = test.__name__
    return run


def test_end(pair):
    pair[0].stop()


def main():
    harness.require_tools()
    libvirtd.start()
    turn = libvirtd.take_turn()
    ours, theirs = harness.Daemon().start(), libvirtd.Libvirtd()
    try:
        tests = [test_there_and_back, test_from_libvirtd_and_back, test_forms, test_suspended,
                 test_offline, test_refused]
        tap.run([alone(test) for test in tests], (ours, theirs), test_end)
    finally:
        forget((ours, theirs))
        ours.clean_up()
        shutil.rmtree(theirs.root)
        turn.close()


if __name__ == "__main__":
    main()
