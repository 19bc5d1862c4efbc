# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that echo, and clients of their consoles."""

import struct
import time

import bootsector
import harness
import rpc
from guests import guest

libvirt = harness.need_libvirt()

OPEN_CONSOLE = 201
CONTINUE = 2


def start(daemon, name, *devices, vcpus=1):
    """A running guest that echoes; a connection to the daemon and the guest on it."""
    extra = bootsector.make(f"{daemon.root}/{name}.img") + "".join(devices)
    daemon.virsh("create", daemon.file(guest(name, devices=extra, vcpus=vcpus), name + ".xml"))
    connection = libvirt.open(daemon.uri())
    return connection, connection.lookupByName(name)


def receive_until(stream, end):
    """What comes from stream up to and with end; the stream is blocking."""
    got, deadline = b"", time.monotonic() + harness.PATIENCE
    while end not in got:
        part = stream.recv(65536)
        if not part or time.monotonic() > deadline:
            raise AssertionError(f"no {end!r} in {got[-200:]!r}")
        got += part
    return got


def open_console(connection, domain, name=None, flags=0):
    stream = connection.newStream(0)
    domain.openConsole(name, stream, flags)
    return stream


def can_open(connection, domain):
    try:
        open_console(connection, domain).abort()
        return True
    except libvirt.libvirtError:
        return False


def domain_bytes(domain):
    return rpc.string(domain.name()) + domain.UUID() + struct.pack(">i", domain.ID())


def flooded_client(daemon, domain):
    """A raw client whose console sends for ever and who does not read."""
    client = rpc.Client(daemon.socket)
    client.call(OPEN_CONSOLE, domain_bytes(domain) + rpc.optional(None) + rpc.uint(0))
    serial = client.serial
    client.send(rpc.HEADER.pack(rpc.HEADER.size + 1, rpc.REMOTE, 1, OPEN_CONSOLE, rpc.STREAM,
                                serial, CONTINUE) + b"F")
    return client, serial
