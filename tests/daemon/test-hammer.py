#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""200 clients at once with valid and invalid calls; VIRTCPU_TEST_HAMMER says for how many seconds."""

import os
import random
import threading
import time

import harness
import rpc
import tap
from guests import guest

CLIENTS = 200
SECONDS = float(os.environ.get("VIRTCPU_TEST_HAMMER", "5"))
LEAST = 5  # calls of each client, when that takes longer
LIST_ALL_DOMAINS, DOMAIN_CAPABILITIES, DOMAIN_UNDEFINE = 273, 342, 35
CPU = "<cpu match='exact'><model>{}</model></cpu>"


def calls(number):
    """What one client draws from: (procedure, payload)."""
    return [
        (rpc.GET_HOSTNAME, b""),
        (rpc.GET_VERSION, b""),
        (rpc.GET_CAPABILITIES, b""),
        (rpc.COMPARE_CPU, rpc.string(CPU.format("Westmere")) + rpc.uint(0)),
        (rpc.COMPARE_CPU, rpc.string(CPU.format("NoSuch")) + rpc.uint(0)),
        (rpc.BASELINE_CPU, rpc.uint(2) + rpc.string(CPU.format("Nehalem"))
         + rpc.string(CPU.format("EPYC")) + rpc.uint(0)),
        (rpc.DOMAIN_DEFINE, rpc.string(guest(f"hammer{number}"))),
        (rpc.DOMAIN_DEFINE, rpc.string("<domain><name>x")),
        (rpc.LOOKUP_BY_NAME, rpc.string(f"hammer{number}")),
        (LIST_ALL_DOMAINS, rpc.uint(1) + rpc.uint(0)),
        (DOMAIN_CAPABILITIES, rpc.optional(None) * 3 + rpc.optional(rpc.string("qemu")) + rpc.uint(0)),
        (rpc.LOOKUP_BY_NAME, b"\xff\xff\xff\xff"),
        (9999, b""),
    ]


class Hammer(threading.Thread):
    """One client: calls at random until it has made enough and the time is up, sometimes reconnecting
    or breaking off."""

    def __init__(self, daemon, number, deadline):
        super().__init__()
        self.path, self.number, self.deadline = daemon.socket, number, deadline
        self.chance = random.Random(number)
        self.answers = self.errors = 0
        self.failure = None

    def is_done(self):
        return self.answers + self.errors >= LEAST and time.monotonic() >= self.deadline

    def run(self):
        try:
            while not self.is_done():
                self.session()
        except Exception as failure:  # reported by the test, with the client's number
            self.failure = f"client {self.number}: {failure!r}"

    def session(self):
        client = rpc.Client(self.path)
        while not self.is_done():
            draw = self.chance.random()
            if draw < 0.02:
                client.send(b"\0\0\0\3garbage" if draw < 0.01 else client.frame(rpc.GET_CAPABILITIES))
                break
            try:
                client.call(*self.chance.choice(calls(self.number)))
                self.answers += 1
            except rpc.RpcError:
                self.errors += 1
        client.close()


def test_hammering(daemon):
    daemon.virsh("capabilities")  # the first one probes; that is another test's business
    deadline = time.monotonic() + SECONDS
    hammers = [Hammer(daemon, number, deadline) for number in range(CLIENTS)]
    for hammer in hammers:
        hammer.start()
    slowest = 0.0
    while time.monotonic() < deadline:
        before = time.monotonic()
        daemon.virsh("uri")
        slowest = max(slowest, time.monotonic() - before)
        time.sleep(0.2)
    for hammer in hammers:
        hammer.join()
    tap.equal([h.failure for h in hammers if h.failure], [])
    answers, errors = sum(h.answers for h in hammers), sum(h.errors for h in hammers)
    tap.comment(f"{answers} answers and {errors} errors to {CLIENTS} clients in {SECONDS:g} s; "
                f"the slowest virsh beside them took {slowest:.2f} s")
    tap.equal(answers > CLIENTS and errors > CLIENTS / 4, True)


def test_everything_acknowledged_is_there(daemon):
    for name in daemon.virsh("list", "--all", "--name").split():
        tap.contains(daemon.virsh("dumpxml", name), f"<name>{name}</name>")
        daemon.virsh("undefine", name)
    tap.equal(daemon.virsh("list", "--all"), "")


def test_memory_is_given_back(daemon):
    tap.comment(f"resident: {daemon.memory_kib()} KiB")
    tap.equal(len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < CLIENTS, True)


if __name__ == "__main__":
    harness.main(globals())
