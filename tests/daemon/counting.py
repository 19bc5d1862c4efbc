# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest that is seen to go on: it fills its memory and counts, not too fast."""

import os
import struct

import harness
import tap
from guests import guest

FILLED, COUNTER = 0x200000, 0x180000
FILLED_BYTES = 6 << 20
LOAD = 0x100000
NAME = "saved"


def kernel():
    """A multiboot kernel that fills memory, each word with its address, and then counts for ever: so
    slowly that the counter is not full before a test ends."""
    code = (b"\xbf" + struct.pack("<I", FILLED)                 # mov edi, FILLED
            + b"\xb9" + struct.pack("<I", FILLED_BYTES // 4)    # mov ecx, words
            + b"\x89\xf8\xab\xe2\xfb"                           # mov eax, edi; stosd; loop
            + b"\xb9" + struct.pack("<I", 10000)                # mov ecx, 10000
            + b"\xe2\xfe"                                       # loop
            + b"\xff\x05" + struct.pack("<I", COUNTER)          # inc dword [COUNTER]
            + b"\xeb\xf1")                                      # jmp to mov ecx
    magic, flags = 0x1badb002, 0x10000
    end = LOAD + 32 + len(code)
    header = struct.pack("<8I", magic, flags, -(magic + flags) & 0xffffffff, LOAD, LOAD, end, end,
                         LOAD + 32)
    return header + code


def word(daemon, address):
    """A word of the guest's memory."""
    said = daemon.virsh("qemu-monitor-command", NAME, "--hmp", f"xp /1wx {address:#x}")
    return int(said.split(":")[1], 16)


def count(daemon):
    """What it has counted to."""
    return word(daemon, COUNTER)


def start(daemon):
    """A running guest that has filled its memory and counts."""
    path = daemon.root + "/kernel"
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.write(kernel())
    xml = guest(NAME).replace("hvm</type>", f"hvm</type><kernel>{path}</kernel>")
    daemon.virsh("define", daemon.file(xml))
    daemon.virsh("start", NAME)
    harness.wait_until(lambda: count(daemon) > 0, "the guest counts")


def check_goes_on(daemon, counted=0):
    """It runs, and its memory is what it was; it has counted on from what it was at."""
    tap.equal(daemon.virsh("domstate", NAME), "running")
    now = count(daemon)
    if now < counted:
        raise AssertionError(f"the guest counted to {counted} before and to {now} now")
    harness.wait_until(lambda: count(daemon) != now, "the guest goes on")
    for address in (FILLED, FILLED + FILLED_BYTES - 4):
        tap.equal(word(daemon, address), address)


def stop(daemon):
    daemon.try_virsh("destroy", NAME)
    daemon.virsh("undefine", NAME, "--managed-save")
