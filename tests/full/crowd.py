#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""500 definitions and 100 running guests: how long a list takes, and a restart of the daemon until it
has found them all."""

import os
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))

import harness  # noqa: E402
import rpc  # noqa: E402
import tap  # noqa: E402
from guests import guest  # noqa: E402

DEFINITIONS, RUNNING = 500, 100
LIST_ALL_DOMAINS, CREATE, GET_STATE, MONITOR_COMMAND = 273, 9, 212, 1
QUESTION = '{"execute":"query-status"}'
LIST_MS, RESTART_SECONDS = 5, 2


def small(number):
    return guest(f"crowd{number:03}").replace("<memory unit='MiB'>32<", "<memory unit='MiB'>16<")


def listing(client):
    """Names and states are one call each; this is the one that lists."""
    answer = client.call(LIST_ALL_DOMAINS, rpc.uint(1) + rpc.uint(0))
    return struct.unpack_from(">I", answer)[0]


def processor_time(daemon):
    with open(f"/proc/{daemon.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return sum(int(f) for f in fields[11:15])  # its own and its children's


def wait_until_idle(daemon):
    """After a start the daemon has a second QEMU asked what the guest sees; a list is for later."""
    before = -1
    while before != processor_time(daemon):
        before = processor_time(daemon)
        time.sleep(1)


def test_list(daemon):
    client = rpc.Client(daemon.socket)
    handles, defined, started = [], [], []
    for number in range(DEFINITIONS):
        before = time.monotonic()
        handles.append(client.call(rpc.DOMAIN_DEFINE, rpc.string(small(number))))
        defined.append(time.monotonic() - before)
    for handle in handles[:RUNNING]:
        before = time.monotonic()
        client.call(CREATE, handle)
        started.append(time.monotonic() - before)
    tap.comment(f"define {statistics.median(defined) * 1000:.2f} ms, "
                f"start {statistics.median(started) * 1000:.1f} ms")
    daemon.handles = handles
    wait_until_idle(daemon)
    taken = []
    for _ in range(50):
        before = time.monotonic()
        tap.equal(listing(client), DEFINITIONS)
        taken.append((time.monotonic() - before) * 1000)
    tap.comment(f"list of {DEFINITIONS}, {RUNNING} of them running: {statistics.median(taken):.2f} ms")
    tap.equal(statistics.median(taken) < LIST_MS, True)


def test_restart(daemon):
    pids = sorted(daemon.children())
    tap.equal(len(pids), RUNNING)
    for how in (daemon.kill, daemon.stop):
        how()
        before = time.monotonic()
        daemon.start()
        client = rpc.Client(daemon.socket)
        tap.equal(listing(client), DEFINITIONS)
        for handle in daemon.handles[:RUNNING]:
            state = struct.unpack(">ii", client.call(GET_STATE, handle + rpc.uint(0)))
            tap.equal(state, (1, 1))  # running, booted
            answer = client.call(MONITOR_COMMAND, handle + rpc.string(QUESTION) + rpc.uint(0),
                                 program=rpc.QEMU)
            tap.contains(answer.decode(), "running")
        taken = time.monotonic() - before
        tap.comment(f"restart until all {RUNNING} answer for themselves: {taken:.2f} s")
        tap.equal(taken < RESTART_SECONDS, True)
        tap.equal(sorted(daemon.children()), pids)
    tap.lacks(daemon.log_text(), "stays as it is recorded")


if __name__ == "__main__":
    harness.main(globals())
