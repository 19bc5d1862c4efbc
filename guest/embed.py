#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""embed.py OUTPUT [IMAGE]: a C header that holds the bytes of a firmware image."""

import sys

IMAGE_BYTES = 65536


def main():
    image = b""
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as file:
            image = file.read()
        if len(image) != IMAGE_BYTES:
            sys.exit(f"{sys.argv[2]} has {len(image)} bytes, a firmware here has {IMAGE_BYTES}")
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("/* Made from guest/probe.S. */\n#pragma once\n\n#include <glib.h>\n\n")
        out.write(f"#define GUEST_IMAGE_BYTES {len(image)}\n")
        out.write("static const guint8 guest_image[] = {")
        for at, byte in enumerate(image or b"\0"):
            out.write(f"{'' if at % 32 else chr(10)}{byte},")
        out.write("\n};\n")


main()
