# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write what clients say around streams, as samples for fuzz-rpc-stream.

usage: stream-seeds.py TESTS-FOLDER OUT-FOLDER
"""

import os
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "daemon"))
import rpc  # noqa: E402 (found through the line above)

OPEN, PASS = 1, 2  # the procedures of fuzz-rpc-stream.c
CONTINUE, CALL_WITH_FDS, HOLE = 2, 4, 6


def packet(serial, payload=b"", kind=rpc.STREAM, status=CONTINUE, procedure=OPEN):
    return rpc.HEADER.pack(rpc.HEADER.size + len(payload), rpc.REMOTE, 1, procedure, kind, serial,
                           status) + payload


def call(serial, procedure=OPEN, kind=rpc.CALL, payload=b""):
    return packet(serial, payload, kind, rpc.OK, procedure)


SEEDS = {
    "finish": call(1) + packet(1, b"some data") + packet(1, status=rpc.OK),
    "abort": call(1) + packet(1, b"x" * 5000) + packet(1, status=rpc.ERROR) + packet(1, b"late"),
    "two": call(1) + call(2) + packet(2, b"b") + packet(1, b"a") + packet(2, status=rpc.OK),
    "again": call(1) + call(1) + packet(1, status=rpc.OK) + call(1),
    "hole": call(1) + packet(1, bytes(12), kind=HOLE),
    "odd": call(1) + packet(1, b"data", status=7) + packet(9, b"nobody"),
    "empty": call(1) + packet(1) + packet(1, status=rpc.OK) + packet(1, status=rpc.OK),
    "fds": call(3, PASS, CALL_WITH_FDS, rpc.uint(0)) + call(4, PASS),
    "missing": call(3, PASS, CALL_WITH_FDS, rpc.uint(2)) + b"\0\0" + call(4),
    "many": call(3, PASS, CALL_WITH_FDS, rpc.uint(33)) + bytes(33),
    "cut": call(3, PASS, CALL_WITH_FDS),
    "large": call(1) + packet(1, b"y" * 60000) + packet(1, b"z" * 60000) + packet(1, status=rpc.OK),
}

os.makedirs(sys.argv[2], exist_ok=True)
for name, data in SEEDS.items():
    with open(os.path.join(sys.argv[2], name), "wb") as out:
        out.write(data)
