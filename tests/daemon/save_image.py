# SPDX-License-Identifier: LGPL-2.1-or-later
"""Saved images taken apart and put together again."""

import struct

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


HEADER = struct.Struct("<16sIIQIIIIQQ")
COMPLETE, RUNNING = 1, 2


class Image:
    """A saved image in memory; sealed() has its checksums right whatever was changed."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        (self.magic, self.version, self.flags, offset, definition, passport, _, self.stream_crc,
         self.stream, self.stream_bytes) = HEADER.unpack_from(self.data)
        self.definition = self.data[offset:offset + definition]
        self.passport = self.data[offset + definition:offset + definition + passport]

    def sealed(self):
        documents = self.definition + self.passport
        header = HEADER.pack(self.magic, self.version, self.flags, 4096, len(self.definition),
                             len(self.passport), crc32c(documents), self.stream_crc, self.stream,
                             self.stream_bytes)
        header += struct.pack("<I", crc32c(header))
        return (header.ljust(4096, b"\0") + documents).ljust(self.stream, b"\0") + \
            self.data[self.stream:]
