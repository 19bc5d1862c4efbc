#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The daemon ends, at whatever instant, within a save, a restore or a dump: there is the guest or
its image, and never a part of one."""

import os
import threading
import time

import counting
import harness
import tap
from saving import Slow, leftovers, managed, settle

# At how many instants within a save, a restore and a dump the daemon is killed.
KILLS = int(os.environ.get("VIRTCPU_TEST_SAVE_KILLS", "2"))


def check_one_of_both(daemon, path, counted):
    """The guest or its image. Returns TRUE when it was the guest."""
    settle(daemon)
    state = daemon.virsh("domstate", "saved")
    tap.equal(leftovers(os.path.dirname(path)), [])
    tap.equal(os.path.exists(path), state == "shut off")
    if state == "running":
        counting.check_goes_on(daemon, counted=counted)
        return True
    tap.equal(daemon.children(), [])
    if path == managed(daemon):
        daemon.virsh("start", "saved")
    else:
        daemon.virsh("restore", path)
        os.unlink(path)
    counting.check_goes_on(daemon, counted=counted)
    return False


class Instants:
    """Daemon after daemon, killed evenly spread over the time that a command of virsh takes."""

    def __init__(self, daemon):
        self.daemon, self.seconds = daemon, {}
        self.seen = {}

    def measure(self, *command):
        """Run it whole once; for how long it takes."""
        before = time.monotonic()
        self.daemon.virsh(*command)
        self.seconds[command] = time.monotonic() - before

    def kill_during(self, number, *command):
        """The next daemon serves when this returns."""
        thread = threading.Thread(target=self.daemon.try_virsh, args=command)
        thread.start()
        time.sleep(self.seconds[command] * 1.1 * (number + 1) / (KILLS + 1))
        self.daemon.kill()
        thread.join()
        self.daemon.start()

    def note(self, what):
        self.seen[what] = self.seen.get(what, 0) + 1

    def tell(self):
        tap.comment(f"{KILLS} kills: " + ", ".join(f"{n} {what}" for what, n in self.seen.items()))


def test_kill_during_save(daemon):
    counting.start(daemon)
    path = daemon.root + "/killed"
    slow = Slow(daemon, path)
    daemon.kill()
    slow.wait()
    daemon.start()
    tap.equal(check_one_of_both(daemon, path, 0), True)
    daemon.virsh("migrate-setspeed", "saved", 1000)
    instants = Instants(daemon)
    ways = ((path, ("save", "saved", path)), (managed(daemon), ("managedsave", "saved")))
    for place, command in ways:
        instants.measure(*command)
        check_one_of_both(daemon, place, 0)
    for number in range(KILLS):
        place, command = ways[number % 2]
        counted = counting.count(daemon)
        instants.kill_during(number, *command)
        there = check_one_of_both(daemon, place, counted)
        instants.note("guests" if there else "images")
    instants.tell()


class Written:
    """A save of a guest whose QEMU has written everything; the daemon, stopped, has not seen it."""

    def __init__(self, daemon, *command):
        daemon.virsh("migrate-setspeed", "saved", 2)
        [self.qemu] = daemon.children()
        slow = threading.Thread(target=daemon.try_virsh, args=command)
        slow.start()
        harness.wait_until(self.file, "QEMU has the file")
        self.path = self.file()
        given = os.path.getsize(self.path)
        harness.wait_until(lambda: os.path.getsize(self.path) > given, "QEMU writes")
        os.kill(daemon.process.pid, harness.signal.SIGSTOP)
        tap.equal(self.file(), self.path)  # it still does
        harness.wait_until(lambda: not self.file(), "QEMU has written all")
        self.daemon, self.slow = daemon, slow

    def file(self):
        """The file that QEMU writes, or None."""
        folder = f"/proc/{self.qemu}/fd"
        for link in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{link}")
            except FileNotFoundError:
                continue
            if "/.virtcpu-" in target:
                return target
        return None

    def restart(self):
        self.daemon.kill()
        self.slow.join()
        self.daemon.start()


def test_kill_when_all_is_written(daemon):
    """What QEMU has written is finished, of a guest that runs and of one that is paused."""
    path = daemon.root + "/written"
    for state in "running", "paused":
        for place, command in ((path, ("save", "saved", path)),
                               (managed(daemon), ("managedsave", "saved"))):
            if state == "paused":
                daemon.virsh("suspend", "saved")
            Written(daemon, *command).restart()
            settle(daemon)
            tap.equal(daemon.virsh("domstate", "saved", "--reason"), "shut off (saved)")
            tap.equal(leftovers(os.path.dirname(place)), [])
            daemon.virsh(*(("restore", path) if place == path else ("start", "saved")))
            tap.equal(daemon.virsh("domstate", "saved"), state)
            if state == "paused":
                daemon.virsh("resume", "saved")
            counting.check_goes_on(daemon)


def test_kill_when_all_is_written_and_spoilt(daemon):
    """What is not what was written is dropped, and the guest goes on as it did."""
    path = daemon.root + "/spoilt"
    for offset, length in (0, 8), (4200, 8), (0, 0):
        written = Written(daemon, "save", "saved", path)
        with open(written.path, "r+b") as file:
            file.seek(offset)
            file.write(bytes(length))
            if length == 0:
                file.truncate(0)
        written.restart()
        tap.equal(check_one_of_both(daemon, path, 0), True)
    daemon.virsh("suspend", "saved")
    written = Written(daemon, "save", "saved", path)
    os.unlink(written.path)
    written.restart()
    settle(daemon)
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    check_saved_after_it_ran(daemon, path)


def check_saved_after_it_ran(daemon, path):
    """A paused guest whose state has left its QEMU: no more of that until it has run."""
    tap.contains(daemon.refused("save", "saved", path), "paused guest already", "resume it")
    tap.equal(daemon.virsh("domstate", "saved"), "paused")
    tap.equal(leftovers(daemon.root), [])
    daemon.virsh("resume", "saved")
    counting.check_goes_on(daemon)
    daemon.virsh("suspend", "saved")
    daemon.virsh("save", "saved", path)
    daemon.virsh("restore", path, "--running")
    counting.check_goes_on(daemon)


def test_dump_of_a_paused_guest(daemon):
    daemon.virsh("suspend", "saved")
    daemon.virsh("dump", "saved", daemon.root + "/core", "--memory-only")
    daemon.virsh("dump", "saved", daemon.root + "/core")
    check_saved_after_it_ran(daemon, daemon.root + "/after")


def test_sigterm_during_save(daemon):
    path = daemon.root + "/ended"
    slow = Slow(daemon, path)
    daemon.stop()
    tap.equal(slow.wait().code, 1)
    daemon.start()
    tap.equal(check_one_of_both(daemon, path, 0), True)


def test_kill_during_restore(daemon):
    path = daemon.root + "/restored"
    instants = Instants(daemon)
    ways = ((path, ("save", "saved", path), ("restore", path)),
            (managed(daemon), ("managedsave", "saved"), ("start", "saved")))
    daemon.virsh("migrate-setspeed", "saved", 1000)
    for _, command, back in ways:
        daemon.virsh(*command)
        instants.measure(*back)
    for number in range(KILLS):
        place, command, back = ways[number % 2]
        counted = counting.count(daemon)
        daemon.virsh(*command)
        instants.kill_during(number, *back)
        settle(daemon)
        there = daemon.virsh("domstate", "saved") == "running"
        tap.equal(os.path.exists(place), place == path or not there)
        instants.note("guests" if there else "images")
        if not there:
            tap.equal(daemon.children(), [])
            daemon.virsh(*back)
        counting.check_goes_on(daemon, counted=counted)
    instants.tell()


def test_kill_during_dump(daemon):
    path = daemon.root + "/dumped"
    instants = Instants(daemon)
    ways = (("dump", "saved", path), ("dump", "saved", path, "--memory-only"))
    sizes = []
    for command in ways:
        instants.measure(*command)
        sizes.append(os.path.getsize(path))
        os.unlink(path)
    for number in range(KILLS):
        counted = counting.count(daemon)
        instants.kill_during(number, *ways[number % 2])
        settle(daemon)
        counting.check_goes_on(daemon, counted=counted)
        tap.equal(leftovers(daemon.root), [])
        instants.note("dumps" if os.path.exists(path) else "guests without")
        if os.path.exists(path):  # a stream's length varies with what is zero in memory
            tap.equal(abs(os.path.getsize(path) - sizes[number % 2]) < 1 << 20, True)
            os.unlink(path)
    instants.tell()
    counting.stop(daemon)


harness.main(globals())
