#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make small saved images, whole and not, for fuzz-save-image.

usage: save-seeds.py TESTS OUT
"""

import os
import sys

sys.path.insert(0, os.path.join(sys.argv[1], "daemon"))
import save_image  # pylint: disable=wrong-import-position


def image(flags, passport=b"", stream=b"QEVM\0\0\0\3"):
    made = save_image.Image.__new__(save_image.Image)
    made.magic, made.version, made.flags = b"virtcpu save\n\r\n\0", 1, flags
    made.definition, made.passport = b"<domain type='qemu'><name>x</name></domain>", passport
    made.stream, made.stream_bytes = 8192, len(stream)
    made.stream_crc = save_image.crc32c(stream)
    made.data = bytes(8192) + stream
    return made.sealed()


def main():
    seeds = {
        "running": image(save_image.COMPLETE | save_image.RUNNING),
        "passport": image(save_image.COMPLETE, b"<passport/>"),
        "incomplete": image(0),
        "empty-stream": image(save_image.COMPLETE, stream=b""),
        "libvirt": b"LibvirtQemudSave" + bytes(100),
    }
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, content in seeds.items():
        with open(os.path.join(sys.argv[2], name), "wb") as out:
            out.write(content)


main()
