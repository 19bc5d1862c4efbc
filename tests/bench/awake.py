# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cores kept from idling while something is measured.

Waking a core of an idle machine, the more so of a virtual one, takes longer than a small question
does: with one client and one daemon it is most of what is measured, of both daemons alike.
"""

import contextlib
import os
import signal
import struct

LATENCY = "/dev/cpu_dma_latency"
DRIVER = "/sys/devices/system/cpu/cpuidle/current_driver"


def latency_file():
    """The open request for no latency at all, or None where the kernel cannot heed it."""
    try:
        with open(DRIVER, encoding="ascii") as file:
            if file.read().strip() == "none":
                return None
        file = open(LATENCY, "wb", buffering=0)
    except OSError:
        return None
    file.write(struct.pack("i", 0))
    return file


def spin(cpu):
    """A child that keeps @cpu busy, and gives way to everybody else."""
    pid = os.fork()
    if pid == 0:
        os.sched_setaffinity(0, {cpu})
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            pass
    return pid


@contextlib.contextmanager
def awake():
    """Within it no core idles."""
    file = latency_file()
    spinners = [] if file else [spin(cpu) for cpu in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        if file:
            file.close()
        for pid in spinners:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
