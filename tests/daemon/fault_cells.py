# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cells of a matrix: a fault, the phase of a migration in which it happens, and who runs the guest
in the end."""

import os
import sys

import harness
import rpc
import tap

PHASES = ["begun", "prepared", "performing", "performed", "finished"]
UNDER_WAY = 2
SOURCE, DESTINATION, EITHER, NOBODY = "source", "destination", "either", "nobody"


class Cell:
    """Daemons a and b, and a migration of "guest" from a to b that stands in one phase. Who has one
    adds check_again(outcome): it can be migrated from where it is."""

    def __init__(self, phase):
        self.phase = phase
        self.a, self.b, self.migration = None, None, None
        self.trouble = None  # what the client heard, if not that it went well

    def daemons(self):
        return {SOURCE: self.a, DESTINATION: self.b}

    def states(self):
        """What each daemon says of the guest; no word: it has none."""
        return {word: daemon.try_virsh("domstate", "--reason", "guest").out.strip()
                for word, daemon in self.daemons().items()}

    def who_runs(self):
        """SOURCE, DESTINATION or NOBODY, when the others do not know the guest; else None."""
        found = {word: state for word, state in self.states().items() if state}
        if all(state.startswith("running") for state in found.values()) and len(found) < 2:
            return next(iter(found), NOBODY)
        return None

    def check_outcome(self, outcome):
        """Returns who runs it."""
        wanted = (SOURCE, DESTINATION) if outcome == EITHER else (outcome,)
        try:
            harness.wait_until(lambda: self.who_runs() in wanted, "")
        except AssertionError as reason:
            raise AssertionError(f"{outcome} should run it, but: {self.states()}; the client heard "
                                 f"{self.trouble!r}\n{self.a.log_text()[-2500:]}\n-- destination\n"
                                 f"{self.b.log_text()[-2500:]}") from reason
        found = self.who_runs()
        for word, daemon in self.daemons().items():
            harness.wait_until(lambda: len(daemon.children()) == (word == found),  # noqa: B023
                               f"one QEMU, of {found}")
            if word == found:
                tap.contains(daemon.virsh("qemu-monitor-command", "guest", "query-status"), "running")
        return found

    def check_doubt(self):
        """The client's word that the guest did not arrive is not enough for the source."""
        error = rpc.refused(self.migration.confirm, cancelled=1)
        tap.contains(error.message, "does not say whether it runs there", "resumed")

    def check_to_the_end(self, outcome, fresh=()):
        """It is so, and is so when the daemons restart, but for those that just did; it can be migrated
        again; and both end cleanly."""
        found = self.check_outcome(outcome)
        for daemon in self.daemons().values():
            if daemon not in fresh:
                daemon.kill()
                daemon.start()
        self.check_outcome(found)
        self.check_again(found)
        for daemon in self.daemons().values():
            daemon.try_virsh("destroy", "guest")
            daemon.stop()


def make_test(run_cell, fault, phase, outcome):
    def test(_):
        run_cell(fault, phase, outcome)

    when = "is" if phase == UNDER_WAY else "has been"
    test.__name__ = f"test_{fault}, when it {when} {PHASES[phase]}".replace(" ", "_")
    return test


def run(outcomes, sample, run_cell, more):
    """Report run_cell of those cells that the first argument of the program names, else of all with
    VIRTCPU_TEST_CELLS=all, else of the sample. outcomes: by fault and phase, None where there is no
    such cell; more: a test that is no cell, which runs with all, or named."""
    def test_matrix_is_whole(_):
        for fault, row in outcomes.items():
            tap.equal((fault, len(row)), (fault, len(PHASES)))

    only = sys.argv[1] if len(sys.argv) > 1 else None
    whole = os.environ.get("VIRTCPU_TEST_CELLS") == "all"

    def chosen(name, in_sample):
        return only in name if only else whole or in_sample

    cells = [(fault, phase, outcome) for fault, row in outcomes.items()
             for phase, outcome in enumerate(row)
             if outcome is not None and chosen(f"{fault} {phase}", (fault, phase) in sample)]
    tap.comment(f"{len(cells)} cells")
    tests = [make_test(run_cell, *cell) for cell in cells]
    if chosen(more.__name__, False):
        tests.append(more)
    tap.run(tests, None, test_matrix_is_whole)
