#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long a live migration takes, and how long the guest stands still, between two virtcpud and
between two libvirtd of the same machine, turn by turn with the same guest.

"transfer" and "downtime" are what the daemons say, who do not count the same; "standstill" is from
the STOP of the source's QEMU to the RESUME of the destination's, by the times in these events.

usage: migrate.py [ROUNDS]   (VIRTCPUD names the daemon; root, for a second libvirtd in namespaces)
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))

import harness  # noqa: E402
from guests import guest  # noqa: E402

NAME = "virtcpu-bench-migration"
PRIVATE = "VIRTCPU_BENCH_PRIVATE_MOUNTS"
CPU = "<cpu mode='custom' match='exact' check='partial'><model fallback='allow'>qemu64</model></cpu>"
SECOND = """
set -e
mount --make-rprivate /
for folder in /run/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
    mount -t tmpfs tmpfs $folder
done
cp -a /etc/libvirt/. "$1/etc"
mount --bind "$1/etc" /etc/libvirt
cat >> /etc/libvirt/libvirtd.conf <<C
host_uuid = "cccccccc-0000-4000-8000-00000000c0de"
unix_sock_dir = "$1/sock"
C
exec libvirtd -p "$1/pid"
"""


class Libvirtd(harness.Daemon):
    """libvirtd behind the same interface as our own daemon."""

    def __init__(self, path):
        super().__init__()
        self.socket = path


def virtcpud():
    """One whose run folder is in memory, as /run is: what is on disk there is not waited for."""
    daemon = harness.Daemon()
    os.mkdir(daemon.root + "/run")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", daemon.root + "/run"], check=True)
    return daemon.start()


def second_libvirtd():
    """A libvirtd with folders and a host UUID of its own, or None; its process; its folder."""
    folder = tempfile.mkdtemp(prefix="virtcpu-peer.")
    for name in ("etc", "sock"):
        os.mkdir(f"{folder}/{name}")
    process = subprocess.Popen(["unshare", "-m", "sh", "-c", SECOND, "sh", folder],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = folder + "/sock/libvirt-sock"
    try:
        harness.wait_until(lambda: os.path.exists(path), "a second libvirtd")
    except AssertionError:
        process.kill()
        return None, process, folder
    return Libvirtd(path), process, folder


class Event:
    """The next event of QEMU's with a name, as a daemon hands it on."""

    def __init__(self, daemon, name):
        self.process = subprocess.Popen(
            daemon.virsh_command("qemu-monitor-event", "--event", name, "--timeout", "60"),
            stdout=subprocess.PIPE, text=True)

    def seconds(self):
        return float(re.search(r" at ([0-9.]+) for domain", self.process.communicate()[0]).group(1))


def measure(source, target):
    """Milliseconds: the whole of virsh, what the daemons say, and the guest's standstill."""
    source.virsh("define", source.file(guest(NAME, cpu=CPU)))
    source.virsh("start", NAME)
    stop, resume = Event(source, "STOP"), Event(target, "RESUME")
    time.sleep(0.5)  # until both are listening
    before = time.monotonic()
    source.virsh("migrate", "--live", NAME, target.uri())
    whole = (time.monotonic() - before) * 1000
    standstill = (resume.seconds() - stop.seconds()) * 1000
    told = target.virsh("domjobinfo", "--completed", "--rawstats", NAME)
    numbers = dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)
    target.virsh("destroy", NAME)
    source.try_virsh("undefine", NAME)
    return {"whole": whole, "transfer": float(numbers.get("time_elapsed", "nan")),
            "downtime": float(numbers.get("downtime", "nan")), "standstill": standstill}


def summary(rounds):
    return {key: round(statistics.median(r[key] for r in rounds), 1) for key in rounds[0]}


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    if PRIVATE not in os.environ:
        os.environ[PRIVATE] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable, *sys.argv])
    ours = [virtcpud(), virtcpud()]
    first = Libvirtd("/run/libvirt/libvirt-sock")
    second, process, folder = second_libvirtd()
    pairs = {"virtcpud": ours}
    if second is not None and first.try_virsh("hostname").code == 0:
        pairs["libvirtd"] = [first, second]
    try:
        taken = {kind: [] for kind in pairs}
        for number in range(rounds + 1):
            for kind, pair in pairs.items():
                result = measure(*(pair if number % 2 == 0 else pair[::-1]))
                if number > 0:  # the first of each fills caches
                    taken[kind].append(result)
        print(json.dumps({kind: summary(results) for kind, results in taken.items()}, indent=2))
    finally:
        for daemon in pairs.get("libvirtd", []):
            daemon.try_virsh("destroy", NAME)
            daemon.try_virsh("undefine", NAME)
        for daemon in ours:
            daemon.stop()
            subprocess.run(["umount", "-l", daemon.root + "/run"], check=True)
            daemon.clean_up()
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
        for peer in (first, second):
            if peer is not None:
                shutil.rmtree(peer.root, ignore_errors=True)


if __name__ == "__main__":
    main()
