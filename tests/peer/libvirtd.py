# SPDX-License-Identifier: LGPL-2.1-or-later
"""A libvirtd to compare with, or to migrate to. There is one on a machine, so tests take turns."""

import fcntl
import os
import subprocess
import tempfile

import harness
import tap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", os.path.join(ROOT, "..", "shared")), "peers")
SOCKET = "/run/libvirt/libvirt-sock"


class Libvirtd(harness.Daemon):
    """The one that runs, behind the same interface as our own daemon."""

    def uri(self, read_only=False):
        return f"qemu+unix:///system?socket={SOCKET}"


def take_turn():
    """Wait until no other program that called this runs. The lock goes with the process."""
    lock = open(os.path.join(tempfile.gettempdir(), f"virtcpu-peer.{os.geteuid()}"), "w",
                encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def start():
    """See that one runs; where none can be had, end with a visible skip."""
    if not os.path.exists(os.path.join(PEERS, "start-libvirtd")):
        tap.skip_all("no peer folder beside this checkout")
    if os.geteuid() != 0:
        tap.skip_all("libvirtd needs root")
    subprocess.run([os.path.join(PEERS, "start-libvirtd")], check=True)
