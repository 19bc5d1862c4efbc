#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The wall clock is set years back and forward under a working daemon: nothing depends on it."""

import glob
import os
import re
import time

import harness
import tap
from guests import guest

LIBRARY = os.environ.get("CLOCK_JUMP_LIBRARY", "build/tests/daemon/libclock-jump.so")
YEAR = 365 * 24 * 3600
JUMPS = (0, -10 * YEAR, 10 * YEAR, -3600)


class Clock:
    """The daemon's wall clock, see clock-jump.c."""

    def __init__(self, daemon):
        self.path = daemon.root + "/clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": os.path.abspath(LIBRARY), "CLOCK_JUMP": self.path,
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def set(self, seconds):
        """From now on it is off by so much."""
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.rename(self.path + ".new", self.path)


def restart(daemon, clock):
    daemon.kill()
    daemon.start(environment=clock.environment)


def stamp(daemon):
    """The year that the daemon's log of a guest says last."""
    with open(daemon.root + "/log/qemu/clock.log", encoding="utf-8") as log:
        return int(re.findall(r"^(\d{4})-.*: starting up", log.read(), re.M)[-1])


def work(daemon):
    """A start, a save and what comes back of it, within the time that they take."""
    before = time.monotonic()
    daemon.virsh("start", "clock")
    daemon.virsh("suspend", "clock")
    daemon.virsh("managedsave", "clock")
    daemon.virsh("start", "clock")
    tap.equal(daemon.virsh("domstate", "clock"), "paused")
    daemon.virsh("resume", "clock")
    took = re.search(r"Time elapsed: +(\d+) +ms", daemon.virsh("domjobinfo", "clock", "--completed"))
    tap.equal(int(took.group(1)) < (time.monotonic() - before) * 1000, True)
    daemon.virsh("destroy", "clock")


def test_jumps_of_the_clock(daemon):
    clock = Clock(daemon)
    restart(daemon, clock)
    daemon.virsh("define", daemon.file(guest("clock")))
    years = []
    for jump in JUMPS:
        clock.set(jump)
        work(daemon)
        years.append(stamp(daemon))
    tap.equal(years[1] < years[0] - 8 and years[2] > years[0] + 8, True)  # it did jump


def test_jumps_between_daemons(daemon):
    clock = Clock(daemon)
    restart(daemon, clock)
    daemon.virsh("start", "clock")
    [pid] = daemon.children()
    live, capabilities = daemon.virsh("dumpxml", "clock"), daemon.virsh("domcapabilities")
    cached = sorted(os.stat(path).st_ino for path in glob.glob(daemon.root + "/cache/**", recursive=True))
    for jump in JUMPS:
        clock.set(jump)
        restart(daemon, clock)
        tap.equal(daemon.virsh("dumpxml", "clock"), live)
        tap.equal(daemon.virsh("domstate", "clock", "--reason"), "running (booted)")
        tap.contains(daemon.virsh("qemu-monitor-command", "clock", "query-status"), "running")
        tap.equal(daemon.children(), [pid])
        tap.equal(daemon.virsh("domcapabilities"), capabilities)
    # what was known of QEMU still holds
    tap.equal(sorted(os.stat(path).st_ino
                     for path in glob.glob(daemon.root + "/cache/**", recursive=True)), cached)
    tap.lacks(daemon.virsh("dominfo", "clock"), "Messages")
    daemon.virsh("destroy", "clock")
    restart(daemon, clock)


if __name__ == "__main__":
    harness.main(globals())
