#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever breaks in whichever phase of a migration, one side runs the guest, never two, both
daemons say which one, now and after they restart, and it can be migrated again.

A cell is a phase and a fault. Some of them, unless VIRTCPU_TEST_CELLS=all."""

import os
import signal
import subprocess
import sys
import threading
import time

import fault_cells
import harness
import tap
from fault_cells import DESTINATION, NOBODY, SOURCE, UNDER_WAY
from guests import guest
from migration import HELD_BANDWIDTH, Link, Migration, heavy
from rpc import RpcError

PRIVATE = "VIRTCPU_TEST_PRIVATE_MOUNTS"
# steps that are over in each phase, but for the third of "performing", which is under way
STEPS_DONE = [1, 2, 3, 3, 4]

# Who runs the guest in the end, by fault and phase; None: there is no such cell.
OUTCOMES = {
    "source daemon killed": [SOURCE, SOURCE, SOURCE, DESTINATION, DESTINATION],
    "destination daemon killed": [SOURCE, SOURCE, SOURCE, SOURCE, DESTINATION],
    # it let the guest run, and nobody was told
    "destination daemon killed with its answer": [None, None, None, None, DESTINATION],
    "both daemons killed": [SOURCE, SOURCE, SOURCE, SOURCE, DESTINATION],
    # its memory dies with it until it has all been sent
    "source QEMU killed": [NOBODY, NOBODY, NOBODY, DESTINATION, DESTINATION],
    "destination QEMU killed": [None, SOURCE, SOURCE, SOURCE, NOBODY],
    "link cut": [None, SOURCE, SOURCE, DESTINATION, DESTINATION],
    "link stalled, then aborted": [None, None, SOURCE, None, None],
    "link stalled for a while": [None, None, DESTINATION, None, None],
    "destination QEMU stalled, then aborted": [None, None, SOURCE, None, None],
    "source client gone": [SOURCE, SOURCE, SOURCE, DESTINATION, DESTINATION],
    "destination client gone": [SOURCE, SOURCE, SOURCE, SOURCE, DESTINATION],
    "client gone": [SOURCE, SOURCE, SOURCE, SOURCE, DESTINATION],
    "destination refuses": [SOURCE, None, None, None, None],
    "disk of destination full": [SOURCE, None, None, SOURCE, None],
    "disk of source full": [None, SOURCE, None, None, None],
}
SAMPLE = {("source daemon killed", 2), ("source daemon killed", 3), ("destination daemon killed", 3),
          ("link cut", 2), ("client gone", 3), ("source QEMU killed", 3),
          ("destination QEMU killed", 2)}


class Cell(fault_cells.Cell):
    """Two daemons, a guest, and a migration that stands in one phase."""

    def __init__(self, phase, small=None):
        super().__init__(phase)
        self.disks = []
        self.a = self.daemon(small == "source")
        self.b = self.daemon(small == "destination")
        self.link = Link(limit=1 << 20 if phase == UNDER_WAY else None)
        text = heavy(self.a, "guest") if phase == UNDER_WAY else guest("guest")
        self.a.virsh("create", self.a.file(text))
        bandwidth = {"bandwidth": HELD_BANDWIDTH} if phase == UNDER_WAY else {}
        self.migration = Migration(self.a, self.b, "guest", **bandwidth, **self.link.parameters())
        self.performing = None
        self.done = STEPS_DONE[phase]
        for step in ("begin", "prepare", "perform", "finish")[:self.done]:
            if step == "perform" and phase == UNDER_WAY:
                self.performing = threading.Thread(target=self.perform)
                self.performing.start()
                tap.equal(self.link.held.wait(harness.PATIENCE), True)
                return
            getattr(self.migration, step)()

    def daemon(self, small):
        if not small:
            return harness.Daemon().start()
        folder = harness.tempfile.mkdtemp(prefix="virtcpu-small.")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder],
                          check=False).returncode != 0:
            os.rmdir(folder)
            raise tap.Skip("no small file system can be mounted here")
        self.disks.append(folder)
        daemon = harness.Daemon(parent=folder)
        daemon.file = lambda text: self.file(text)
        return daemon.start()

    def file(self, text):
        path = harness.tempfile.mktemp(prefix="virtcpu-input.")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        return path

    def perform(self):
        """The phase that takes time, and all after it, as the client library does them."""
        self.trouble = self.migration.go_on(2)

    def go_on(self):
        if self.performing is not None:
            self.performing.join(harness.PATIENCE)
            tap.equal(self.performing.is_alive(), False)
        else:
            self.trouble = self.migration.go_on(self.done)

    def fill(self):
        with open(self.disks[0] + "/ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def relieve(self):
        for folder in self.disks:
            if os.path.exists(folder + "/ballast"):
                os.unlink(folder + "/ballast")

    def check_again(self, outcome):
        if outcome == NOBODY:
            self.a.virsh("create", self.a.file(guest("guest")))
            outcome = SOURCE
        source, target = (self.a, self.b) if outcome == SOURCE else (self.b, self.a)
        # a link that is held keeps QEMU from ending what was cancelled until TCP gives it up
        harness.wait_until(
            lambda: source.try_virsh("migrate", "--live", "guest", target.uri()).code == 0,
            "migrated again")
        tap.equal(target.virsh("domstate", "guest"), "running")
        tap.equal(source.virsh("list", "--all", "--name"), "")

    def close(self):
        self.migration.close()
        self.link.cut()
        for daemon in (self.a, self.b):
            daemon.clean_up()
        for folder in self.disks:
            subprocess.run(["umount", "-l", folder], check=False)
            os.rmdir(folder)


def qemu_of(daemon):
    [pid] = daemon.children()
    return pid


def kill_qemu(daemon):
    os.kill(qemu_of(daemon), signal.SIGKILL)
    harness.wait_until(lambda: not daemon.children(), "QEMU gone")


def abort(cell):
    time.sleep(1)
    cell.a.virsh("domjobabort", "guest")


def refuse(cell):
    cell.b.virsh("create", cell.b.file(guest("guest")))


def expect_doubt(cell):
    cell.check_doubt()
    tap.equal(cell.a.virsh("domstate", "--reason", "guest"), "paused (migrating)")
    cell.done = 5


def inject(cell, fault):
    """Returns the daemons that have to be started again."""
    if fault in ("source daemon killed", "destination daemon killed", "both daemons killed"):
        dead = [daemon for word, daemon in (("source", cell.a), ("destination", cell.b))
                if word in fault or "both" in fault]
        for daemon in dead:
            daemon.kill()
        return dead
    if fault == "destination daemon killed with its answer":
        cell.b.kill()
        expect_doubt(cell)
        return [cell.b]
    if fault == "source QEMU killed":
        kill_qemu(cell.a)
    elif fault == "destination QEMU killed":
        kill_qemu(cell.b)
        cell.link.let_go()  # its host is there, and says that nobody listens
    elif fault == "link cut":
        cell.link.cut()
    elif fault == "link stalled, then aborted":
        abort(cell)
    elif fault == "link stalled for a while":
        time.sleep(3)
        cell.link.let_go()
    elif fault == "destination QEMU stalled, then aborted":
        pid = qemu_of(cell.b)
        os.kill(pid, signal.SIGSTOP)
        cell.link.let_go()
        abort(cell)
    elif "client gone" in fault:
        for word, client in (("source", cell.migration.source),
                             ("destination", cell.migration.destination)):
            if word in fault or fault == "client gone":
                client.socket.shutdown(2)
        if cell.phase == UNDER_WAY:
            time.sleep(1)
            cell.link.let_go()
    elif fault == "destination refuses":
        refuse(cell)
    else:
        cell.fill()
    return []


def run_cell(fault, phase, outcome):
    small = fault.split()[2] if fault.startswith("disk of") else None
    cell = Cell(phase, small)
    try:
        dead = inject(cell, fault)
        cell.go_on()
        cell.relieve()
        if fault == "destination refuses":
            cell.b.virsh("destroy", "guest")
        for daemon in dead:
            daemon.start()
        cell.check_to_the_end(outcome, fresh=dead)
    finally:
        cell.close()


def test_client_gone_within_a_phase(_):
    """A call that ends when its caller is gone leaves nothing behind, nor a guest that stands."""
    for step in ("begin", "prepare", "perform"):
        cell = Cell({"begin": 0, "prepare": 0, "perform": 1}[step])
        try:
            thread = threading.Thread(target=attempt, args=(getattr(cell.migration, step),))
            thread.start()
            time.sleep(0.05)
            for client in (cell.migration.source, cell.migration.destination):
                client.socket.shutdown(2)
            thread.join()
            cell.check_outcome(SOURCE)
            cell.check_again(SOURCE)
        finally:
            cell.close()


def attempt(step):
    try:
        step()
    except (OSError, EOFError, RpcError):
        pass


def main():
    harness.require_tools()
    if PRIVATE not in os.environ and \
            subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0:
        os.environ[PRIVATE] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
    fault_cells.run(OUTCOMES, SAMPLE, run_cell, test_client_gone_within_a_phase)


if __name__ == "__main__":
    main()
