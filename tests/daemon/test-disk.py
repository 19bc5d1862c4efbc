#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that is full, has no inodes left or can only be read: an error, no loss, and the daemon goes
on. The disks are small ones of memory, in a mount namespace of the test's own."""

import os
import shutil
import subprocess
import sys

import harness
import tap
from guests import guest

PRIVATE = "VIRTCPU_TEST_PRIVATE_MOUNTS"


class Disk:
    """A small disk with a daemon's root on it."""

    def __init__(self, daemon, options):
        self.folder = daemon.root + "/small"
        os.makedirs(self.folder, exist_ok=True)
        self.mount("-t", "tmpfs", "-o", options, "tmpfs", self.folder)
        self.covered = False
        self.daemon = harness.Daemon(parent=self.folder)
        # what the daemon is given to read must not need room there
        self.daemon.file = daemon.file
        self.daemon.log = daemon.root + "/small.log"
        self.daemon.start()

    @staticmethod
    def mount(*arguments):
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise tap.Skip(f"mounting is not allowed here: {done.stderr.strip()}")

    def fill(self):
        """Take every byte."""
        with open(self.folder + "/ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096):
                    pass
            except OSError:
                pass

    def use_inodes(self):
        """Take every name."""
        os.mkdir(self.folder + "/names")
        try:
            for number in range(100000):
                os.mkdir(f"{self.folder}/names/{number}")
        except OSError:
            pass

    def read_only(self):
        # over it: descriptors open for writing keep the file system itself from becoming so
        self.mount("--bind", self.folder, self.folder)
        self.mount("-o", "remount,bind,ro", self.folder)
        self.covered = True

    def relieve(self):
        if self.covered:
            subprocess.run(["umount", "-l", self.folder], check=True)
            self.covered = False
        shutil.rmtree(self.folder + "/names", ignore_errors=True)
        if os.path.exists(self.folder + "/ballast"):
            os.unlink(self.folder + "/ballast")

    def close(self):
        self.relieve()
        self.daemon.clean_up()
        subprocess.run(["umount", "-l", self.folder], check=True)


def answers(daemon):
    """All that was acknowledged, as the daemon tells it."""
    return [(name, daemon.virsh("dumpxml", name), daemon.virsh("dumpxml", name, "--inactive"),
             daemon.virsh("domstate", name), daemon.virsh("dominfo", name).split("CPU time")[0])
            for name in daemon.virsh("list", "--all", "--name").split()]


def prepare(daemon):
    for name in ("before", "runs", "paused", "marked"):
        daemon.virsh("define", daemon.file(guest(name)))
    daemon.virsh("autostart", "marked")
    daemon.virsh("start", "runs")
    daemon.virsh("start", "paused")
    daemon.virsh("suspend", "paused")
    return answers(daemon)


def check(disk, spoil, words):
    """Whatever needs the disk is refused with words; nothing changes by it, now or later."""
    daemon = disk.daemon
    kept = prepare(daemon)
    pids = sorted(daemon.children())
    changed = daemon.file(daemon.virsh("dumpxml", "before").replace("32768", "65536"), "changed.xml")
    spoil()
    calls = [("define", daemon.file(guest("after"), "after.xml")), ("define", changed), ("start", "before"),
             ("create", daemon.file(guest("passing"), "passing.xml"))]
    calls += [("managedsave", "runs"), ("managedsave", "paused"), ("dump", "runs", daemon.root + "/core"),
              ("save", "runs", daemon.root + "/image"), ("desc", "before", "--config", "new")]
    calls += [] if spoil == disk.fill else [("autostart", "before")]  # a name takes no bytes there
    calls += [("undefine", "before")] if spoil == disk.read_only else []
    for call in calls:
        tap.contains(daemon.refused(*call), words)
        tap.equal(answers(daemon), kept)
    tap.equal(sorted(daemon.children()), pids)
    tap.contains(daemon.virsh("qemu-monitor-command", "runs", "query-status"), "running")
    daemon.kill()
    disk.relieve()
    daemon.start()
    tap.equal(answers(daemon), kept)
    tap.equal(sorted(daemon.children()), pids)
    daemon.virsh("define", changed)
    daemon.virsh("start", "before")


def check_end(disk, spoil):
    """What runs can be ended whatever the disk is like, and stays ended."""
    daemon = disk.daemon
    for name in ("runs", "paused"):
        daemon.virsh("define", daemon.file(guest(name)))
        daemon.virsh("start", name)
    daemon.virsh("create", daemon.file(guest("passing")))
    spoil()
    for name in ("runs", "passing"):
        daemon.virsh("destroy", name)
    os.kill(daemon.children()[0], 9)
    harness.wait_until(lambda: daemon.virsh("domstate", "paused") == "shut off", "noticed")
    daemon.kill()
    disk.relieve()
    daemon.start()
    tap.equal(daemon.virsh("list", "--name"), "")
    tap.equal(daemon.virsh("list", "--all", "--name").split(), ["paused", "runs"])
    tap.equal(sorted(os.listdir(daemon.root + "/run/qemu")), ["autostarted", "channel"])


def with_disk(daemon, options, test):
    if os.geteuid() != 0:
        raise tap.Skip("only root can mount a small disk")
    disk = Disk(daemon, options)
    try:
        test(disk)
    finally:
        disk.close()


def test_full(daemon):
    with_disk(daemon, "size=3m", lambda d: check(d, d.fill, "No space left on device"))


def test_full_and_ending(daemon):
    with_disk(daemon, "size=3m", lambda d: check_end(d, d.fill))


def test_no_inodes(daemon):
    with_disk(daemon, "nr_inodes=300", lambda d: check(d, d.use_inodes, "No space left on device"))


def test_no_inodes_and_ending(daemon):
    with_disk(daemon, "nr_inodes=300", lambda d: check_end(d, d.use_inodes))


def test_read_only(daemon):
    with_disk(daemon, "size=3m", lambda d: check(d, d.read_only, "Read-only file system"))


def test_read_only_and_ending(daemon):
    with_disk(daemon, "size=3m", lambda d: check_end(d, d.read_only))


def test_read_only_at_the_start(daemon):
    def test(disk):
        kept = prepare(disk.daemon)
        disk.daemon.kill()
        disk.read_only()
        try:
            disk.daemon.start()
            raise AssertionError("a daemon that can keep nothing says that it serves")
        except RuntimeError as said:
            tap.contains(str(said), "Read-only file system")
        disk.relieve()
        disk.daemon.start()
        tap.equal(answers(disk.daemon), kept)
    with_disk(daemon, "size=3m", test)


def main():
    if os.geteuid() == 0 and PRIVATE not in os.environ and shutil.which("unshare"):
        os.environ[PRIVATE] = "1"
        if subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode == 0:
            os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    harness.main(globals())


if __name__ == "__main__":
    main()
