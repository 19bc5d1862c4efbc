#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Samples of programs for fuzz-build-id: the ELF header, its segments and their notes, little else.

usage: elf-seeds.py FOLDER
"""

import os
import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
HEADER_BYTES, SEGMENT_BYTES = 64, 56


def note(kind, name, content):
    pad = lambda data: data + b"\0" * (-len(data) % 4)  # noqa: E731
    return struct.pack("=III", len(name), len(content), kind) + pad(name) + pad(content)


def program(*segments):
    """A 64-bit program of this machine's byte order with (type, content) segments."""
    order = 1 if sys.byteorder == "little" else 2
    at = HEADER_BYTES + SEGMENT_BYTES * len(segments)
    table, body = b"", b""
    for kind, content in segments:
        offset = at + len(body)
        table += struct.pack("=IIQQQQQQ", kind, 4, offset, offset, offset, len(content), len(content), 4)
        body += content
    header = b"\x7fELF" + bytes([2, order, 1]) + bytes(9) + struct.pack(
        "=HHIQQQIHHHHHH", 3, 62, 1, 0, HEADER_BYTES, 0, 0, HEADER_BYTES, SEGMENT_BYTES, len(segments), 0, 0, 0)
    return header + table + body


BUILD_ID = note(3, b"GNU\0", bytes(range(20)))
ABI = note(1, b"GNU\0", bytes(16))
SAMPLES = {
    "one": program((PT_NOTE, BUILD_ID)),
    "second-note": program((PT_LOAD, b"code"), (PT_NOTE, ABI + BUILD_ID)),
    "second-segment": program((PT_NOTE, ABI), (PT_LOAD, b"code"), (PT_NOTE, BUILD_ID)),
    "other-name": program((PT_NOTE, note(3, b"ABC\0", bytes(20)) + note(3, b"GNUX\0", b"1"))),
    "none": program((PT_LOAD, b"code")),
    "script": b"#!/bin/sh\nexit 1\n",
}


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, content in SAMPLES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as out:
            out.write(content)


main()
