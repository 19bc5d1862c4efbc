#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two hosts with a wire between them: whatever becomes of the wire, and of a daemon besides, in
whichever phase of a migration, never do two run the guest; when the wire is whole again one does,
both daemons say which, now and after they restart, and it can be migrated again.

Some cells, unless VIRTCPU_TEST_CELLS=all."""

import os
import sys
import time

import harness
import tap
import wire
from guests import guest
from migration import Migration, heavy
from rpc import RpcError

PHASES = ["begun", "prepared", "performing", "performed", "finished"]
STEPS_DONE = [1, 2, 2, 3, 4]
SOURCE, DESTINATION, EITHER = "source", "destination", "either"
PATIENCE = 3  # of the client with a destination that does not answer
SETTLED = 90  # until both sides know that a link is back, or gone

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


class Cell:
    """Two hosts, and a migration that stands in one phase."""

    def __init__(self, phase):
        self.phase, self.migration, self.trouble = phase, None, None
        self.wire = wire.Wire()
        self.a, self.b = self.wire.a.daemon(), self.wire.b.daemon()
        self.accesses = []
        try:
            for host, daemon in ((self.wire.a, self.a), (self.wire.b, self.b)):
                daemon.start()
                self.accesses.append(wire.Access(host, daemon))
            text = heavy(self.a, "guest") if phase == 2 else guest("guest")
            self.a.virsh("create", self.a.file(text))
            self.begin(self.a, self.b, **({"bandwidth": 1} if phase == 2 else {}))
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
        there = self.access(target).connect_from(self.host(source), PATIENCE)
        self.migration = Migration(source, target, "guest", there=there, patience=PATIENCE,
                                   migrate_uri=f"tcp:{self.host(target).address}", **values)

    def daemons(self):
        return {SOURCE: self.a, DESTINATION: self.b}

    def states(self):
        """What each daemon says of the guest; no word: it has none."""
        return {word: daemon.try_virsh("domstate", "--reason", "guest").out.strip()
                for word, daemon in self.daemons().items()}

    def runs(self):
        return [word for word, state in self.states().items() if state.startswith("running")]

    def close(self):
        if self.migration is not None:
            self.migration.close()
        for access in self.accesses:
            access.close()
        for daemon in (self.a, self.b):
            daemon.clean_up()
        self.wire.close()


def hurt(cell, fault):
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
        try:
            cell.migration.confirm(cancelled=1)
            raise AssertionError("the source goes on, though the destination may have the guest")
        except RpcError as reason:
            tap.contains(reason.message, "does not say whether it runs there", "resumed")
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


def check_outcome(cell, outcome):
    """Returns who runs it."""
    wanted = [[SOURCE], [DESTINATION]] if outcome == EITHER else [[outcome]]
    try:
        harness.wait_until(lambda: cell.runs() in wanted and "" in cell.states().values(), SETTLED,
                           "")
    except AssertionError as reason:
        raise AssertionError(f"{outcome} should run it, but: {cell.states()}; the client heard "
                             f"{cell.trouble!r}\n{cell.a.log_text()[-2500:]}\n-- destination\n"
                             f"{cell.b.log_text()[-2500:]}") from reason
    [found] = cell.runs()
    for word, daemon in cell.daemons().items():
        harness.wait_until(lambda: len(daemon.children()) == (word == found), 15,  # noqa: B023
                           f"one QEMU, of {found}")
    return found


def check_again(cell, outcome):
    """The same migration, from where the guest is, and by the daemon itself back again."""
    source, target = (cell.a, cell.b) if outcome == SOURCE else (cell.b, cell.a)
    cell.begin(source, target)
    cell.migration.begin()
    tap.equal(cell.migration.go_on(1), None)
    cell.migration.close()
    tap.equal(target.virsh("domstate", "guest", "--reason"), "running (migrated)")
    tap.equal(source.virsh("list", "--all", "--name"), "")
    target.virsh("migrate", "--live", "--p2p", "guest", cell.access(source).uri(),
                 f"tcp://{cell.host(source).address}")
    tap.equal(source.virsh("domstate", "guest", "--reason"), "running (migrated)")
    tap.equal(target.virsh("list", "--all", "--name"), "")


def run_cell(fault, phase, outcome):
    cell = Cell(phase)
    try:
        hurt(cell, fault)
        go_on(cell, fault)
        if "with the answer" in fault:
            check_in_doubt(cell)
        mend(cell, fault)
        found = check_outcome(cell, outcome)
        for daemon in (cell.a, cell.b):
            daemon.kill()
            daemon.start()
        check_outcome(cell, found)
        check_again(cell, found)
        for daemon in (cell.a, cell.b):
            daemon.try_virsh("destroy", "guest")
            daemon.stop()
    finally:
        cell.close()


def make_test(fault, phase, outcome):
    def test(_):
        run_cell(fault, phase, outcome)

    when = "is" if phase == 2 else "has been"
    test.__name__ = f"test_{fault}, when it {when} {PHASES[phase]}".replace(" ", "_")
    return test


def test_somebody_decides(_):
    """The destination never returns: to resume the guest at the source is its administrator's to
    say, and holds when the destination comes back."""
    cell = Cell(3)
    try:
        cell.b.kill()
        cell.migration.go_on(3)
        check_in_doubt(cell)
        tap.contains(cell.a.refused("managedsave", "guest", timeout=90), "migration out job")
        [pid] = cell.b.children()
        os.kill(pid, 9)
        cell.a.virsh("resume", "guest")
        tap.equal(cell.a.virsh("domstate", "guest"), "running")
        cell.b.start()
        time.sleep(1)
        check_outcome(cell, SOURCE)
        check_again(cell, SOURCE)
    finally:
        cell.close()


def test_matrix_is_whole(_):
    for fault, row in OUTCOMES.items():
        tap.equal((fault, len(row)), (fault, len(PHASES)))


def main():
    wire.require()
    cells = [(fault, phase, outcome) for fault, row in OUTCOMES.items()
             for phase, outcome in enumerate(row) if outcome is not None]
    only = sys.argv[1] if len(sys.argv) > 1 else None
    whole = os.environ.get("VIRTCPU_TEST_CELLS") == "all"
    if only:
        cells = [cell for cell in cells if only in f"{cell[0]} {cell[1]}"]
    elif not whole:
        cells = [cell for cell in cells if cell[:2] in SAMPLE]
    tap.comment(f"{len(cells)} cells")
    tests = [make_test(*cell) for cell in cells]
    if whole or only == "decides":
        tests.append(test_somebody_decides)
    tap.run(tests, None, test_matrix_is_whole)


if __name__ == "__main__":
    main()
