# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two daemons between which guests move."""

import functools
import threading

import harness
import tap
from guests import guest

MIGRATED = "running (migrated)"


class Pair:
    """Source and destination."""

    def __init__(self):
        self.a, self.b = harness.Daemon().start(), harness.Daemon().start()

    def create(self, name, **options):
        self.a.virsh("create", self.a.file(guest(name, **options)))

    def define(self, name, start=True, **options):
        self.a.virsh("define", self.a.file(guest(name, **options)))
        if start:
            self.a.virsh("start", name)

    def migrate(self, name, *args, live=("--live",), **options):
        return self.a.try_virsh("migrate", *live, name, self.b.uri(), *args, **options)

    def moved(self, name, *args, **options):
        result = self.migrate(name, *args, **options)
        if result.code != 0:
            raise AssertionError(f"{args}: {result.err}\n-- source\n{self.a.log_text()[-1500:]}\n"
                                 f"-- destination\n{self.b.log_text()[-1500:]}")

    def refused(self, name, *args, **options):
        """It failed, the guest runs on at the source, and nothing is at the destination."""
        result = self.migrate(name, *args, **options)
        if result.code == 0:
            raise AssertionError("it was not refused")
        tap.equal(self.a.virsh("domstate", name), "running")
        self.check_nothing_arrived()
        return result.err

    def check_nothing_arrived(self):
        tap.equal(self.b.virsh("list", "--all", "--name"), "")
        tap.equal(self.b.children(), [])

    def check_arrived(self, name):
        tap.equal(self.b.virsh("domstate", name, "--reason"), MIGRATED)

    def forget(self):
        """No test finds what another left behind."""
        for daemon in (self.a, self.b):
            for name in daemon.virsh("list", "--name").split():
                daemon.try_virsh("destroy", name)
            for name in daemon.virsh("list", "--all", "--name").split():
                daemon.try_virsh("undefine", name)

    def clean_up(self):
        self.a.clean_up()
        self.b.clean_up()


class Background:
    """A virsh migrate in a thread."""

    def __init__(self, pair, name, *args):
        self.result = None
        self.thread = threading.Thread(target=self.run, args=(pair, name, args))
        self.thread.start()

    def run(self, pair, name, args):
        self.result = pair.migrate(name, *args)

    def wait(self):
        self.thread.join()
        return self.result


def finish(pair):
    """Both daemons end cleanly."""
    for daemon in (pair.a, pair.b):
        daemon.stop()
        tap.equal(daemon.children(), [])


def alone(test):
    """The test, which leaves nothing to the next."""
    @functools.wraps(test)
    def run(pair):
        try:
            test(pair)
        finally:
            pair.forget()
    return run


def main(namespace):
    """Run the test_ functions of a program against one pair of daemons."""
    harness.require_tools()
    pair = Pair()
    try:
        tap.run([alone(test) for name, test in namespace.items() if name.startswith("test_")], pair,
                finish)
    finally:
        pair.clean_up()
