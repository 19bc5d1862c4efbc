# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that is seen to go on, and saved images taken apart and put together again."""

import struct

FILLED, COUNTER = 0x200000, 0x180000
FILLED_BYTES = 6 << 20
LOAD = 0x100000


def kernel():
    """A multiboot kernel that fills memory, each word with its address, and then counts for ever."""
    code = (b"\xbf" + struct.pack("<I", FILLED)                 # mov edi, FILLED
            + b"\xb9" + struct.pack("<I", FILLED_BYTES // 4)    # mov ecx, words
            + b"\x89\xf8\xab\xe2\xfb"                           # mov eax, edi; stosd; loop
            + b"\xff\x05" + struct.pack("<I", COUNTER)          # inc dword [COUNTER]
            + b"\xeb\xf8")                                      # jmp to inc
    magic, flags = 0x1badb002, 0x10000
    end = LOAD + 32 + len(code)
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, LOAD, LOAD, end, end,
                         LOAD + 32)
    return header + code


def word(daemon, name, address):
    """A word of the guest's memory."""
    said = daemon.virsh("qemu-monitor-command", name, "--hmp", f"xp /1wx {address:#x}")
    return int(said.split(":")[1], 16)


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
