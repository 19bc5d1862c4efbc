# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write what well-behaved clients say, as samples for fuzz-rpc.

usage: rpc-seeds.py TESTS-FOLDER OUT-FOLDER
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "daemon"))
import rpc  # noqa: E402 (found through the line above)

CREATE, GET_XML, LIST_ALL, CPU_MAP, EVENT, CAPS, STATS = 9, 14, 273, 293, 316, 342, 344
BLOCK_IO_TUNE, SET_VCPU, SET_IOTHREAD = 252, 384, 402
MONITOR_COMMAND, MONITOR_EVENT, PING = 1, 4, 1

CPU = "<cpu><arch>x86_64</arch><model>Westmere</model><feature name='aes'/></cpu>"
DOMAIN = rpc.string("guest") + bytes(range(16)) + struct.pack(">i", -1)
PARAM = rpc.string("vcpu.current")


def frames(*calls):
    client = object.__new__(rpc.Client)
    client.serial = 0
    return b"".join(client.frame(procedure, payload, **fields)
                    for procedure, payload, fields in calls)


def call(procedure, payload=b"", **fields):
    return procedure, payload, fields


def texts(*values):
    return rpc.uint(len(values)) + b"".join(rpc.string(value) for value in values)


def params(*values):
    return rpc.uint(len(values)) + b"".join(PARAM + value for value in values)


SEEDS = {
    "open": frames(call(rpc.AUTH_LIST),
                   call(rpc.CONNECT_OPEN, rpc.optional(rpc.string("qemu:///system")) + rpc.uint(0)),
                   call(rpc.GET_HOSTNAME), call(rpc.CONNECT_CLOSE)),
    "compare": frames(call(rpc.COMPARE_CPU, rpc.string(CPU) + rpc.uint(1))),
    "baseline": frames(call(rpc.BASELINE_CPU, texts(CPU, "", CPU) + rpc.uint(3))),
    "domcaps": frames(call(CAPS, rpc.optional(None) + rpc.optional(rpc.string("x86_64"))
                           + rpc.optional(rpc.string("pc")) + rpc.optional(None) + rpc.uint(0))),
    "domain": frames(call(CREATE, DOMAIN), call(GET_XML, DOMAIN + rpc.uint(7)),
                     call(LIST_ALL, rpc.uint(1) + rpc.uint(0)),
                     call(CPU_MAP, rpc.uint(1) + rpc.uint(1) + rpc.uint(0))),
    "stats": frames(call(STATS, rpc.uint(2) + DOMAIN + DOMAIN + rpc.uint(11) + rpc.uint(0))),
    "event": frames(call(EVENT, rpc.uint(0) + rpc.optional(DOMAIN)),
                    call(MONITOR_EVENT, rpc.optional(None) + rpc.optional(rpc.string("STOP.*"))
                         + rpc.uint(1), program=rpc.QEMU)),
    "monitor": frames(call(MONITOR_COMMAND, DOMAIN + rpc.string('{"execute":"stop"}')
                           + rpc.uint(0), program=rpc.QEMU)),
    "ping": frames(call(PING, program=rpc.KEEPALIVE, kind=rpc.MESSAGE)),
    # results: the same bytes are tried as those, too
    "tune": frames(
        call(BLOCK_IO_TUNE, DOMAIN + rpc.string("vda") + rpc.uint(2) +
             rpc.string("total_bytes_sec") + struct.pack(">iQ", 4, 1 << 20) +
             rpc.string("group_name") + struct.pack(">i", 7) + rpc.string("slow") + rpc.uint(3)),
        call(SET_VCPU, DOMAIN + rpc.string("2,4-5") + struct.pack(">iI", 1, 2)),
        call(SET_IOTHREAD, DOMAIN + rpc.uint(1) + rpc.uint(1) + rpc.string("thread_pool_max") +
             struct.pack(">ii", 1, 8) + rpc.uint(3))),
    "records": frames(call(STATS, rpc.uint(1) + DOMAIN + params(
        struct.pack(">ii", 1, -1), struct.pack(">iQ", 4, 1 << 60), struct.pack(">id", 5, 0.5),
        struct.pack(">i", 7) + rpc.string("text")))),
    "long": rpc.uint(33554436) + bytes(24),
    "short": rpc.uint(3),
}

os.makedirs(sys.argv[2], exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(sys.argv[2], name), "wb") as out:
        out.write(data)
