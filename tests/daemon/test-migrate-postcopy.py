#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that runs at the destination while its memory still comes, and what breaks off there."""

import os
import signal

import harness
import pair as pairs
import tap
from migration import HELD_BANDWIDTH, Link, heavy
from pair import Background

LEFT_BEHIND = "paused (post-copy failed)"
STRANDED = "running (post-copy failed)"


def state(daemon, name):
    return daemon.virsh("domstate", name, "--reason")


def begin(pair, name, mib, *args):
    """The link, which holds some of the guest's memory, and the migrate that waits for it."""
    pair.a.virsh("create", pair.a.file(heavy(pair.a, name, mib)))
    link = Link(limit=300000)
    job = Background(pair, name, "--postcopy", *args, *link.arguments())
    harness.wait_until(lambda: link.held.is_set() or job.result, "some of it is there")
    if job.result:
        tap.contains(job.result.err, "vm.unprivileged_userfaultfd")
        raise tap.Skip("the kernel keeps post-copy to root here")
    return link, job


def begin_in_both_places(pair, name, *args):
    """The same, held when the guest runs at the destination and most of it is at the source: what
    QEMU sends before it looks whether to run there is little at this bandwidth."""
    link, job = begin(pair, name, 120, "--bandwidth", "16", *args)
    pair.a.virsh("migrate-postcopy", name)
    link.let_pass(24 << 20)
    harness.wait_until(lambda: state(pair.b, name) == "running (post-copy)", "it runs there")
    harness.wait_until(link.held.is_set, "the link holds")
    tap.equal(state(pair.a, name), "paused (post-copy)")
    return link, job


def check_left_behind(pair, name):
    """What is at the source is of no use, and that is said."""
    harness.wait_until(lambda: state(pair.a, name) == LEFT_BEHIND, "the source says so")
    tap.contains(pair.a.refused("resume", name), "older than its disks", "destroy it")
    tap.contains(pair.a.virsh("domjobinfo", name), "None")
    pair.a.virsh("destroy", name)
    tap.equal(pair.a.children(), [])


def check_stranded(pair, name):
    """It runs without the rest; or it was ended, when its QEMU itself needed a page that was not there
    and so did not answer."""
    def look():
        found = pair.b.try_virsh("domstate", name, "--reason")
        return found.out.strip() == STRANDED or "failed to get domain" in found.err
    harness.wait_until(look, "the destination says so")
    if pair.b.virsh("list", "--name") == name:
        tap.contains(pair.b.virsh("domjobinfo", name), "None")
        pair.b.virsh("destroy", name)
    pair.check_nothing_arrived()


def lose_qemu(daemon, link, job):
    """It is killed while the link holds; the migration fails."""
    [pid] = daemon.children()
    os.kill(pid, signal.SIGKILL)
    link.let_go()
    tap.equal(job.wait().code, 1)


def test_all_of_it(pair):
    link, job = begin(pair, "later", 12, "--bandwidth", HELD_BANDWIDTH)
    pair.a.virsh("migrate-postcopy", "later")
    link.let_go()
    tap.equal(job.wait().code, 0)
    pair.check_arrived("later")
    tap.contains(pair.b.refused("migrate-postcopy", "later"), "outgoing migration")


def test_link_cut(pair):
    for form in ([], ["--p2p"]):
        link, job = begin_in_both_places(pair, "torn", *form)
        link.cut()
        said = job.wait().err
        if "did not answer 'cont'" not in said:  # see check_stranded
            tap.contains(said, "does not come (post-copy)", "broke off")
        check_left_behind(pair, "torn")
        check_stranded(pair, "torn")


def test_abort(pair):
    """There is no way back, but an end to the waiting."""
    link, job = begin_in_both_places(pair, "stopped")
    tap.contains(pair.a.refused("domjobabort", "stopped"), "in post-copy mode")
    pair.a.virsh("domjobabort", "stopped", "--postcopy")
    link.let_go()
    tap.equal(job.wait().code, 1)
    check_left_behind(pair, "stopped")
    check_stranded(pair, "stopped")


def test_destination_ends(pair):
    link, job = begin_in_both_places(pair, "gone")
    lose_qemu(pair.b, link, job)
    check_left_behind(pair, "gone")
    pair.check_nothing_arrived()


def test_source_ends(pair):
    link, job = begin_in_both_places(pair, "cut-off")
    lose_qemu(pair.a, link, job)
    check_stranded(pair, "cut-off")
    tap.equal(pair.a.virsh("list", "--all", "--name"), "")


def test_daemons_restart(pair):
    """The streams are QEMU's: they come to their end, and the guest to its new place."""
    for daemon in (pair.a, pair.b):
        link, job = begin_in_both_places(pair, "moving")
        daemon.kill()
        daemon.start()
        link.let_go()
        job.wait()
        harness.wait_until(lambda: pair.a.children() == [], "nothing is left at the source")
        tap.equal(pair.b.virsh("domstate", "moving"), "running")
        pair.b.virsh("destroy", "moving")


if __name__ == "__main__":
    pairs.main(globals())
