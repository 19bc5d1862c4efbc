#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hosts with a wire between them: whatever becomes of the wire, and of a daemon besides, in
whichever phase of a migration, never do two run the guest; when the wire is whole again one does,
both daemons say which, now and after they restart, and it can be migrated again.

Some cells, unless VIRTCPU_TEST_CELLS=all."""

import os
import time

import fault_cells
import harness
import tap
import wire
from fault_cells import DESTINATION, EITHER, SOURCE, UNDER_WAY
from guests import guest
from migration import Migration, heavy

# steps that are over in each phase; the client does the next when the fault is there
STEPS_DONE = [1, 2, 2, 3, 4]
PATIENCE = 3  # of the client with a destination that was hurt, and may not answer

# Who runs the guest in the end. A wire that was cut when all had been sent leaves it to whether the
# client's last word still arrives.
OUTCOMES = {
    "cut": [SOURCE, SOURCE, SOURCE, EITHER, DESTINATION],
    "stalled": [SOURCE, SOURCE, SOURCE, EITHER, DESTINATION],
    # the destination let the guest run, and the client never heard of it
    "cut with the answer": [None, None, None, None, DESTINATION],
    "stalled with the answer": [None, None, None, None, DESTINATION],
    "cut, and the client gone": [None, None, None, SOURCE, DESTINATION],
    "destination daemon killed with the answer": [None, None, None, None, DESTINATION],
    "destination daemon killed": [None, None, None, SOURCE, DESTINATION],
    "cut, both daemons killed": [SOURCE, SOURCE, None, SOURCE, DESTINATION],
}
SAMPLE = {("cut with the answer", 4), ("destination daemon killed with the answer", 4)}


class Cell(fault_cells.Cell):
    """Two hosts, and a migration that stands in one phase."""

    def __init__(self, phase):
        super().__init__(phase)
        self.wire = wire.Wire()
        self.a, self.b = self.wire.a.daemon(), self.wire.b.daemon()
        self.accesses = []
        try:
            for host, daemon in ((self.wire.a, self.a), (self.wire.b, self.b)):
                daemon.start()
                self.accesses.append(wire.Access(host, daemon))
            text = heavy(self.a, "guest") if phase == UNDER_WAY else guest("guest")
            self.a.virsh("create", self.a.file(text))
            self.begin(self.a, self.b, **({"bandwidth": 1} if phase == UNDER_WAY else {}))
            for step in ("begin", "prepare", "perform", "finish")[:STEPS_DONE[phase]]:
                getattr(self.migration, step)()
        except BaseException:
            self.close()
            raise

    def access(self, daemon):
        return self.accesses[daemon is self.b]

    def host(self, daemon):
        return self.wire.hosts[daemon is self.b]

    def begin(self, source, target, **values):
        there = self.access(target).connect_from(self.host(source), harness.PATIENCE)
        self.migration = Migration(source, target, "guest", there=there,
                                   migrate_uri=f"tcp:{self.host(target).address}", **values)

    def check_again(self, outcome):
        """The same migration, from where the guest is, and by the daemon itself back again."""
        source, target = (self.a, self.b) if outcome == SOURCE else (self.b, self.a)
        self.begin(source, target)
        self.migration.begin()
        tap.equal(self.migration.go_on(1), None)
        self.migration.close()
        tap.equal(target.virsh("domstate", "guest", "--reason"), "running (migrated)")
        tap.equal(source.virsh("list", "--all", "--name"), "")
        target.virsh("migrate", "--live", "--p2p", "guest", self.access(source).uri(),
                     f"tcp://{self.host(source).address}")
        tap.equal(source.virsh("domstate", "guest", "--reason"), "running (migrated)")
        tap.equal(target.virsh("list", "--all", "--name"), "")

    def close(self):
        if self.migration is not None:
            self.migration.close()
        for access in self.accesses:
            access.close()
        for daemon in (self.a, self.b):
            daemon.clean_up()
        self.wire.close()


def hurt(cell, fault):
    cell.migration.destination.socket.settimeout(PATIENCE)
    if "daemon killed" in fault:
        cell.b.kill()
    if fault.startswith("stalled"):
        cell.wire.stall()
    elif fault.startswith("cut"):
        cell.wire.cut()
    if "both daemons" in fault:
        cell.a.kill()
        cell.b.kill()


def go_on(cell, fault):
    """What the client does then."""
    if "with the answer" in fault:
        cell.check_doubt()
    elif "client gone" not in fault and "both daemons" not in fault:
        cell.trouble = cell.migration.go_on(STEPS_DONE[cell.phase])
    cell.migration.close()


def check_in_doubt(cell):
    """It stands still at the source, and nobody but who is sure does anything to it."""
    for _ in range(3):
        tap.equal(cell.a.virsh("domstate", "--reason", "guest"), "paused (migrating)")
        time.sleep(0.5)


def mend(cell, fault):
    cell.wire.mend()
    for daemon in (cell.a, cell.b):
        if daemon.process.poll() is not None:
            daemon.start()


def run_cell(fault, phase, outcome):
    cell = Cell(phase)
    try:
        hurt(cell, fault)
        go_on(cell, fault)
        if "with the answer" in fault:
            check_in_doubt(cell)
        mend(cell, fault)
        cell.check_to_the_end(outcome)
    finally:
        cell.close()


def test_somebody_decides(_):
    """The destination never returns: to resume the guest at the source is its administrator's to
    say, and holds when the destination comes back."""
    cell = Cell(3)
    try:
        cell.b.kill()
        cell.migration.go_on(3)
        check_in_doubt(cell)
        tap.contains(cell.a.refused("managedsave", "guest"), "migration out job")
        [pid] = cell.b.children()
        os.kill(pid, 9)
        cell.a.virsh("resume", "guest")
        tap.equal(cell.a.virsh("domstate", "guest"), "running")
        cell.b.start()
        time.sleep(1)
        cell.check_outcome(SOURCE)
        cell.check_again(SOURCE)
    finally:
        cell.close()


def main():
    wire.require()
    fault_cells.run(OUTCOMES, SAMPLE, run_cell, test_somebody_decides)


if __name__ == "__main__":
    main()
