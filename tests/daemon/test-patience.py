#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who keeps a console waiting loses it, and nothing else: clients and guests that do not read."""

import threading

import harness
import rpc
import tap
from consoles import (CONTINUE, OPEN_CONSOLE, can_open, domain_bytes, flooded_client, start)


def test_client_that_does_not_read(daemon):
    connection, domain = start(daemon, "flood")
    before = daemon.memory_kib()
    client, serial = flooded_client(daemon, domain)
    # the guest is let go, and others are served meanwhile
    harness.wait_until(lambda: can_open(connection, domain), "the stream is cut")
    tap.equal(daemon.memory_kib() - before < 100 * 1024, True)
    # what was sent is still there, and the error behind it
    total = 0
    while True:
        head, payload = client.receive()
        tap.equal(head[5], serial)
        if head[6] == rpc.ERROR:
            break
        total += len(payload)
    tap.contains(str(rpc.RpcError(payload)), "the client has read nothing")
    tap.equal(0 < total < 4 * 1024 * 1024, True)
    client.call(rpc.GET_HOSTNAME)
    client.close()
    domain.destroy()
    connection.close()


def test_guest_that_does_not_read(daemon):
    connection, domain = start(daemon, "deaf")
    domain.suspend()
    before = daemon.memory_kib()
    client = rpc.Client(daemon.socket)
    client.call(OPEN_CONSOLE, domain_bytes(domain) + rpc.optional(None) + rpc.uint(0))
    data = bytes(65536)
    packet = rpc.HEADER.pack(rpc.HEADER.size + len(data), rpc.REMOTE, 1, OPEN_CONSOLE, rpc.STREAM,
                             client.serial, CONTINUE) + data
    sender = threading.Thread(target=lambda: [client.send(packet) for _ in range(64)])
    sender.start()
    head, payload = client.receive()
    tap.equal(head[6], rpc.ERROR)
    tap.contains(str(rpc.RpcError(payload)), "the guest has read nothing")
    sender.join()
    tap.equal(daemon.memory_kib() - before < 100 * 1024, True)
    client.call(rpc.GET_HOSTNAME)  # what came for the stream since is dropped
    client.close()
    domain.destroy()
    connection.close()


if __name__ == "__main__":
    harness.main(globals())
