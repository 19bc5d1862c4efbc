#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the read-only socket, and a client that asks to be read-only, may do."""

import os
import stat

import harness
import rpc
import tap
from guests import guest

DENIED = 29


def test_sockets_have_their_modes(daemon):
    tap.equal(oct(stat.S_IMODE(os.stat(daemon.socket).st_mode)), "0o700")
    tap.equal(oct(stat.S_IMODE(os.stat(daemon.socket + "-ro").st_mode)), "0o777")


def test_reading_works(daemon):
    daemon.virsh("define", daemon.file(guest("seen", devices="<graphics type='vnc' passwd='sesame'/>")))
    tap.contains(daemon.virsh("list", "--all", read_only=True), "seen")
    tap.contains(daemon.virsh("capabilities", read_only=True), "<capabilities>")
    tap.contains(daemon.virsh("dumpxml", "seen", read_only=True), "<name>seen</name>")


def test_changing_is_refused(daemon):
    path = daemon.file(guest("new"))
    for command in (("define", path), ("create", path), ("start", "seen"), ("undefine", "seen"),
                    ("destroy", "seen"), ("suspend", "seen"), ("reset", "seen"),
                    ("dumpxml", "seen", "--security-info"), ("dumpxml", "seen", "--migratable"),
                    ("qemu-monitor-command", "seen", "query-status"),
                    ("domxml-to-native", "qemu-argv", path)):
        said = daemon.refused(*command, read_only=True)
        tap.contains(said, "operation forbidden: ")
    tap.equal(daemon.virsh("list", "--all", "--name"), "seen")


def test_the_server_decides(daemon):
    for path, flags in ((daemon.socket + "-ro", 0), (daemon.socket, 1)):
        client = rpc.Client(path, flags=flags)
        error = rpc.refused(client.call, rpc.DOMAIN_DEFINE, rpc.string(guest("new")))
        tap.equal(error.code, DENIED)
        client.close()


if __name__ == "__main__":
    harness.main(globals())
