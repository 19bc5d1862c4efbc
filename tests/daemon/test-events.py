#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a second client is told while the first one acts."""

import harness
import tap
from guests import guest
from watcher import Watcher


def test_lifecycle_in_order(daemon):
    watcher = Watcher(daemon, "--event", "lifecycle")
    daemon.virsh("define", daemon.file(guest("noisy")))
    daemon.virsh("start", "noisy")
    daemon.virsh("suspend", "noisy")
    daemon.virsh("resume", "noisy")
    daemon.virsh("define", daemon.file(guest("noisy")))
    daemon.virsh("destroy", "noisy")
    daemon.virsh("undefine", "noisy")
    said = watcher.until("Undefined")
    # Where libvirtd tells "Resumed Unpaused" in a start: before "Started Booted".
    tap.equal([s for s in said if "Resumed" not in s],
              ["lifecycle noisy: " + s for s in (
                  "Defined Added", "Started Booted", "Suspended Paused", "Defined Updated",
                  "Shutdown Finished after host request", "Stopped Destroyed",
                  "Undefined Removed")])
    tap.equal(sum("Resumed Unpaused" in s for s in said) >= 1, True)


def test_one_domain_only(daemon):
    watcher = Watcher(daemon, "--event", "lifecycle", "--domain", "marker")
    daemon.virsh("define", daemon.file(guest("other")))
    daemon.virsh("undefine", "other")
    daemon.virsh("undefine", "marker")
    tap.equal(watcher.until("Undefined"), [])


def test_reset_is_told(daemon):
    watcher = Watcher(daemon, "--all")
    daemon.virsh("create", daemon.file(guest("passing")))
    daemon.virsh("reset", "passing")
    daemon.virsh("destroy", "passing")
    said = watcher.until("'passing': Stopped")
    tap.contains(said, "reboot passing", "lifecycle passing: Started Booted")


def test_guest_that_dies_is_told(daemon):
    watcher = Watcher(daemon, "--event", "lifecycle")
    daemon.virsh("create", daemon.file(guest("killed")))
    [pid] = daemon.children()
    harness.os.kill(pid, harness.signal.SIGKILL)
    tap.contains(watcher.until("'killed': Stopped"), "lifecycle killed: Stopped Failed")
    tap.lacks(daemon.virsh("list", "--all", "--name"), "killed")


if __name__ == "__main__":
    harness.main(globals())
