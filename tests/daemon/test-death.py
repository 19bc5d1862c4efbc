#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A QEMU that dies, hangs or is stopped is noticed at once, and whoever runs the host is told why."""

import ctypes
import json
import os
import signal
import socket

import harness
import tap
from guests import guest
from watcher import Watcher

LIBC = ctypes.CDLL(None, use_errno=True)
PIDFD_GETFD = 438  # the same on every architecture
MEMORY_CGROUP = "/sys/fs/cgroup/memory"


def start(daemon, name):
    """Pid of a new guest's QEMU."""
    others = daemon.children()
    daemon.virsh("define", daemon.file(guest(name)))
    daemon.virsh("start", name)
    [pid] = set(daemon.children()) - set(others)
    return pid


def messages(daemon, name):
    return "\n".join(line.strip() for line in
                     daemon.virsh("dominfo", name).partition("Messages:")[2].splitlines())


def wait_for_message(daemon, name, text):
    harness.wait_until(lambda: text in messages(daemon, name), f"{text} among its messages")


def die_by(daemon, signum, state):
    name = f"by{int(signum)}"
    pid = start(daemon, name)
    watcher = Watcher(daemon, "--event", "lifecycle")
    os.kill(pid, signum)
    said = watcher.until("Stopped")
    tap.equal(daemon.virsh("domstate", name, "--reason"), f"shut off ({state})")
    return said, messages(daemon, name)


def test_signals_that_kill(daemon):
    for signum in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT, signal.SIGUSR2):
        said, told = die_by(daemon, signum, "crashed")
        tap.equal(said, [f"lifecycle by{int(signum)}: Stopped Failed"])
        tap.contains(told, f"QEMU ended by itself (killed by signal {int(signum)})")
        tap.contains(daemon.log_text(), f"Domain 'by{int(signum)}': QEMU ended by itself")


def test_signals_that_end(daemon):
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        said, told = die_by(daemon, signum, "shutdown")
        tap.equal(said[-1], f"lifecycle by{int(signum)}: Stopped Shutdown")
        tap.equal(told, "")


def test_last_words(daemon):
    pid = start(daemon, "talker")
    try:
        with open(f"/proc/{pid}/fd/2", "a", encoding="ascii") as log:
            log.write("an older line\nqemu: fatal: the disk is on fire\n")
    except PermissionError:
        daemon.virsh("destroy", "talker")
        raise tap.Skip("nobody here can speak for another process") from None
    os.kill(pid, signal.SIGKILL)
    wait_for_message(daemon, "talker", "last words: an older line\nqemu: fatal: the disk is on fire")
    tap.equal(daemon.virsh("domstate", "talker", "--reason"), "shut off (crashed)")
    tap.contains(daemon.log_text(), "qemu: fatal: the disk is on fire")
    daemon.virsh("start", "talker")
    tap.equal(messages(daemon, "talker"), "")
    daemon.virsh("destroy", "talker")
    tap.equal(messages(daemon, "talker"), "")


def test_death_of_one_that_was_found_again(daemon):
    pid = start(daemon, "adopted")
    daemon.kill()
    daemon.start()
    watcher = Watcher(daemon, "--event", "lifecycle")
    os.kill(pid, signal.SIGKILL)
    tap.equal(watcher.until("Stopped"), ["lifecycle adopted: Stopped Failed"])
    tap.contains(messages(daemon, "adopted"), "ended by itself (exit status unknown)")


def test_death_while_no_daemon_ran(daemon):
    pid = start(daemon, "lonely")
    daemon.kill()
    os.kill(pid, signal.SIGKILL)
    harness.wait_until(lambda: pid not in daemon.children(), "QEMU gone")
    daemon.start()
    tap.equal(daemon.virsh("domstate", "lonely", "--reason"), "shut off (crashed)")
    tap.contains(messages(daemon, "lonely"), "ended by itself (while no daemon ran)")


def test_stopped_by_a_signal(daemon):
    pid = start(daemon, "frozen")
    watcher = Watcher(daemon, "--all")
    os.kill(pid, signal.SIGSTOP)
    tap.equal(watcher.until("frozen"), ["control-error frozen"])
    tap.contains(messages(daemon, "frozen"), f"stopped by signal {int(signal.SIGSTOP)}")
    tap.contains(daemon.virsh("domcontrol", "frozen"), "error: monitor failure")
    os.kill(pid, signal.SIGCONT)
    harness.wait_until(lambda: messages(daemon, "frozen") == "", "no trouble any more")
    tap.equal(daemon.virsh("domcontrol", "frozen"), "ok")
    tap.contains(daemon.virsh("qemu-monitor-command", "frozen", "query-status"), "running")
    daemon.virsh("destroy", "frozen")


def test_hang_is_noticed_by_the_first_question(daemon):
    config = daemon.file("monitor_timeout = 5\n", "impatient.conf")
    pid = start(daemon, "stuck")
    daemon.stop()
    daemon.start("--config", config)
    daemon.virsh("qemu-monitor-command", "stuck", "query-status")  # it has been found again
    os.kill(pid, signal.SIGSTOP)  # not a child of this daemon: nothing tells
    tap.equal(messages(daemon, "stuck"), "")
    tap.contains(daemon.refused("suspend", "stuck"), "did not answer 'stop' within 5000 ms")
    tap.contains(messages(daemon, "stuck"), "QEMU does not answer")
    tap.contains(daemon.virsh("domcontrol", "stuck"), "error: monitor failure")
    tap.equal(daemon.virsh("domstate", "stuck"), "running")
    os.kill(pid, signal.SIGCONT)
    harness.wait_until(lambda: messages(daemon, "stuck") == "", "no trouble any more")
    tap.equal(daemon.virsh("domstate", "stuck"), "paused")  # it did what it had been asked


def test_hang_does_not_keep_the_next_daemon(daemon):
    [pid] = daemon.children()
    live = daemon.virsh("dumpxml", "stuck")
    os.kill(pid, signal.SIGSTOP)
    for _ in range(4):  # more than QEMU's monitor has room for
        daemon.kill()
        daemon.start()
        tap.equal(daemon.virsh("dumpxml", "stuck"), live)
        tap.equal(daemon.virsh("list", "--name"), "stuck")
    start(daemon, "neighbour")
    daemon.virsh("destroy", "neighbour")
    daemon.virsh("destroy", "stuck")
    tap.equal(daemon.children(), [])


def test_hang_that_ends(daemon):
    pid = start(daemon, "late")
    os.kill(pid, signal.SIGSTOP)
    daemon.kill()
    daemon.start()
    wait_for_message(daemon, "late", "does not answer")
    os.kill(pid, signal.SIGCONT)
    harness.wait_until(lambda: messages(daemon, "late") == "", "no trouble any more")
    daemon.virsh("suspend", "late")
    tap.equal(daemon.virsh("domstate", "late", "--reason"), "paused (user)")
    daemon.virsh("destroy", "late")


def monitor_of(pid):
    """Our own descriptor of QEMU's end of its monitor, found among what pid has open."""
    process = os.pidfd_open(pid)
    try:
        if not os.access(f"/proc/{pid}/fd", os.R_OK | os.X_OK) or \
                not os.access(f"/proc/{pid}/fd/0", os.F_OK):
            raise tap.Skip("nobody here can look into another process")
        for name in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                fd = LIBC.syscall(PIDFD_GETFD, process, int(name), 0)
                if fd < 0:
                    raise tap.Skip(f"no descriptor of another process to be had: "
                                   f"{os.strerror(ctypes.get_errno())}")
                end = socket.socket(fileno=fd)
                if not end.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) and \
                        str(end.getsockname()).endswith(".monitor"):
                    return end
                end.close()
    finally:
        os.close(process)
    raise AssertionError(f"QEMU {pid} has no monitor")


def test_monitor_that_is_gone(daemon):
    """The end of a monitor alone; that of a QEMU ends its monitor too, which is no news."""
    pid = start(daemon, "mute")
    try:
        with monitor_of(pid) as monitor:
            watcher = Watcher(daemon, "--all")
            monitor.shutdown(socket.SHUT_RDWR)
        tap.equal(watcher.until("mute"), ["control-error mute"])
        tap.contains(messages(daemon, "mute"), "QEMU's monitor is gone")
        tap.contains(daemon.virsh("domcontrol", "mute"), "error: monitor failure")
        tap.equal(daemon.children(), [pid])
    finally:
        daemon.virsh("destroy", "mute")


def test_destroy_of_one_that_hangs(daemon):
    pid = start(daemon, "deaf")
    os.kill(pid, signal.SIGSTOP)
    daemon.virsh("destroy", "deaf")
    tap.equal(daemon.children(), [])


def test_out_of_memory(daemon):
    if not os.access(MEMORY_CGROUP + "/tasks", os.W_OK):
        raise tap.Skip("no memory cgroup here that may be written")
    folder = f"{MEMORY_CGROUP}/virtcpu-test-{os.getpid()}"
    try:
        os.mkdir(folder)
    except OSError as error:
        raise tap.Skip(f"no memory cgroup can be made here: {error}") from None
    pid = start(daemon, "hungry")
    with open(folder + "/memory.limit_in_bytes", "w", encoding="ascii") as limit:
        limit.write(str(8 << 20))
    try:
        with open(folder + "/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(pid))
        daemon.try_virsh("qemu-monitor-command", "hungry", json.dumps({
            "execute": "object-add", "arguments": {"qom-type": "memory-backend-ram", "id": "much",
                                                   "size": 64 << 20, "prealloc": True}}))
        harness.wait_until(lambda: daemon.virsh("domstate", "hungry") == "shut off", "OOM kill")
    finally:
        if pid in daemon.children():
            os.kill(pid, signal.SIGKILL)
        harness.wait_until(lambda: pid not in daemon.children(), "QEMU gone")
        os.rmdir(folder)
    tap.contains(messages(daemon, "hungry"), "killed by signal 9")
    if os.access("/dev/kmsg", os.R_OK):
        tap.contains(messages(daemon, "hungry"), "by the kernel for lack of memory")


def test_another_cpu_than_recorded(daemon):
    pid = start(daemon, "changed")
    daemon.kill()
    path = daemon.root + "/run/qemu/changed.json"
    with open(path, encoding="utf-8") as file:
        status = json.load(file)
    status["definition"] = status["definition"].replace(
        "</model>", "</model><feature policy='require' name='avx512f'/>", 1)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(status, file)
    daemon.start()
    wait_for_message(daemon, "changed", "CPU is not what it was started with")
    tap.contains(messages(daemon, "changed"), "avx512f")
    tap.contains(daemon.log_text(), "CPU is not what it was started with")
    tap.equal(daemon.virsh("domstate", "changed"), "running")
    tap.equal(daemon.children(), [pid])
    daemon.virsh("destroy", "changed")


if __name__ == "__main__":
    harness.main(globals())
