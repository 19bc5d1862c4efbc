#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames no libvirt client would send."""

import os
import random
import struct

import harness
import rpc
import tap

RPC = 39


def test_unknown_procedure(daemon):
    client = rpc.Client(daemon.socket)
    for number in (0, 9999, -1, 2**31 - 1):
        error = rpc.refused(client.call, number)
        tap.equal((error.code, error.origin), (RPC, 7))
        tap.contains(error.message, "unknown procedure")
    client.call(rpc.GET_HOSTNAME)


def test_unserved_procedure(daemon):
    """What libvirt's protocol has and virtcpud has not is refused by its name, not as unknown."""
    client = rpc.Client(daemon.socket)
    for number, api in ((40, "virNetworkCreateXML"), (240, "virDomainBlockPull"), (290, "virDomainBlockCommit")):
        error = rpc.refused(client.call, number)
        tap.equal(error.code, 3)
        tap.contains(error.message, f"not supported by the connection driver: {api}")
    client.call(rpc.GET_HOSTNAME)


def test_unknown_program_and_version(daemon):
    client = rpc.Client(daemon.socket)
    tap.equal(rpc.refused(client.call, rpc.GET_HOSTNAME, program=0x1234).code, RPC)
    tap.equal(rpc.refused(client.call, rpc.GET_HOSTNAME, version=2).code, RPC)
    client.call(rpc.GET_HOSTNAME)


def test_nothing_before_authentication_and_opening(daemon):
    client = rpc.Client(daemon.socket, open=False)
    tap.contains(rpc.refused(client.call, rpc.GET_HOSTNAME).message, "authentication")
    client.call(rpc.AUTH_LIST)
    rpc.refused(client.call, rpc.GET_HOSTNAME)
    client.call(rpc.CONNECT_OPEN, rpc.optional(rpc.string("qemu:///system")) + rpc.uint(0))
    client.call(rpc.GET_HOSTNAME)
    rpc.refused(client.call, rpc.CONNECT_OPEN, rpc.optional(rpc.string("qemu:///system")) + rpc.uint(0))


def test_foreign_uris(daemon):
    for uri in ("xen:///system", "qemu:///elsewhere", ""):
        client = rpc.Client(daemon.socket, open=False)
        client.call(rpc.AUTH_LIST)
        try:
            client.call(rpc.CONNECT_OPEN, rpc.optional(rpc.string(uri)) + rpc.uint(0))
            tap.equal(uri, "")
        except rpc.RpcError:
            pass
        client.close()


def test_arguments_cut_short(daemon):
    client = rpc.Client(daemon.socket)
    for payload in (b"", b"\0\0", struct.pack(">I", 5) + b"ab", struct.pack(">I", 2**32 - 1),
                    struct.pack(">I", 4194305), rpc.string("x") + b"trailing"):
        tap.equal(rpc.refused(client.call, rpc.LOOKUP_BY_NAME, payload).code in (RPC, 42), True)
    client.call(rpc.GET_HOSTNAME)


def test_lists_over_the_limit(daemon):
    client = rpc.Client(daemon.socket)
    too_many = rpc.uint(257) + rpc.string("<cpu/>") * 257 + rpc.uint(0)
    tap.equal(rpc.refused(client.call, rpc.BASELINE_CPU, too_many).code, RPC)
    tap.equal(rpc.refused(client.call, rpc.BASELINE_CPU, rpc.uint(2**32 - 1)).code, RPC)
    client.call(rpc.GET_HOSTNAME)


def test_undefined_flags(daemon):
    client = rpc.Client(daemon.socket)
    error = rpc.refused(client.call, rpc.COMPARE_CPU, rpc.string("<cpu/>") + rpc.uint(1 << 30))
    tap.equal(error.code, 8)
    tap.contains(error.message, "unsupported flags")


def test_broken_length_ends_that_client_only(daemon):
    other = rpc.Client(daemon.socket)
    for length in (0, 3, 27, 33554437, 2**32 - 1):
        client = rpc.Client(daemon.socket)
        client.send(struct.pack(">I", length) + b"\0" * 24)
        tap.equal((length, client.closed()), (length, True))
    other.call(rpc.GET_HOSTNAME)


def test_replies_and_streams_from_a_client(daemon):
    for kind in (rpc.REPLY, rpc.STREAM, 17):
        client = rpc.Client(daemon.socket)
        client.send(client.frame(rpc.GET_HOSTNAME, kind=kind))
        client.close()
    rpc.Client(daemon.socket).call(rpc.GET_HOSTNAME)


def test_ping_is_answered(daemon):
    client = rpc.Client(daemon.socket)
    client.send(rpc.HEADER.pack(28, rpc.KEEPALIVE, 1, 1, rpc.MESSAGE, 0, rpc.OK))
    head = rpc.HEADER.unpack(client.receive_bytes(28))
    tap.equal(head, (28, rpc.KEEPALIVE, 1, 2, rpc.MESSAGE, 0, rpc.OK))


def test_byte_by_byte(daemon):
    client = rpc.Client(daemon.socket)
    for byte in client.frame(rpc.GET_HOSTNAME):
        client.send(bytes([byte]))
    tap.equal(client.receive()[0][6], rpc.OK)


def test_many_calls_at_once_on_one_connection(daemon):
    client = rpc.Client(daemon.socket)
    client.send(b"".join(client.frame(rpc.GET_HOSTNAME) for _ in range(500)))
    serials = sorted(client.receive()[0][5] for _ in range(500))
    tap.equal(serials, list(range(client.serial - 499, client.serial + 1)))


def test_client_that_does_not_read(daemon):
    """Its replies pile up; it may be dropped, but nobody else may wait, and memory stays bounded."""
    deaf = rpc.Client(daemon.socket, timeout=1)
    before = daemon.memory_kib()
    try:
        for _ in range(3000):
            deaf.send(deaf.frame(rpc.GET_CAPABILITIES))
    except OSError:
        pass  # the daemon has stopped reading, or has closed: either is right
    rpc.Client(daemon.socket).call(rpc.GET_HOSTNAME)
    tap.equal(daemon.memory_kib() < before + 100 * 1024, True)
    deaf.close()


def test_noise(daemon):
    chance = random.Random(20)
    for _ in range(200):
        client = rpc.Client(daemon.socket, open=chance.random() < 0.5)
        procedure = chance.choice((0, 1, 2, 4, 7, 11, 23, 60, 66, 158, 162, 273, 342, 9999))
        payload = chance.randbytes(chance.choice((0, 4, 5, 60, 1000)))
        client.send(client.frame(procedure, payload, kind=chance.choice((0, 0, 0, 2, 3, 4)),
                                 program=chance.choice((rpc.REMOTE, rpc.REMOTE, rpc.QEMU,
                                                        rpc.KEEPALIVE))))
        client.close()
    rpc.Client(daemon.socket).call(rpc.GET_HOSTNAME)


def test_no_descriptor_is_left(daemon):
    folder = f"/proc/{daemon.process.pid}/fd"
    for _ in range(20):
        rpc.Client(daemon.socket).close()
    daemon.virsh("uri")
    settled = len(os.listdir(folder))
    for _ in range(100):
        rpc.Client(daemon.socket).close()
    daemon.virsh("uri")
    harness.wait_until(lambda: len(os.listdir(folder)) <= settled + 2, "descriptors closed")


if __name__ == "__main__":
    harness.main(globals())
