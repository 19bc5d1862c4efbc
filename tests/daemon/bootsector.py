# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest of 512 bytes: it greets on its first serial port, then sends back what it is sent. After
an F it sends x for ever."""

GREETING = b"guest is up\r\n"

# Real mode, loaded at 0x7c00; offsets are those of the code.
CODE = bytes.fromhex(
    "31c0"      # 00        xor ax, ax
    "8ed8"      # 02        mov ds, ax
    "be407c"    # 04        mov si, 0x7c40
    "ac"        # 07 greet: lodsb
    "84c0"      # 08        test al, al
    "7407"      # 0a        jz echo
    "88c4"      # 0c        mov ah, al
    "e82000"    # 0e        call put
    "ebf4"      # 11        jmp greet
    "bafd03"    # 13 echo:  mov dx, 0x3fd
    "ec"        # 16        in al, dx
    "a801"      # 17        test al, 1: something came
    "74f8"      # 19        jz echo
    "baf803"    # 1b        mov dx, 0x3f8
    "ec"        # 1e        in al, dx
    "3c46"      # 1f        cmp al, 'F'
    "7407"      # 21        je flood
    "88c4"      # 23        mov ah, al
    "e80900"    # 25        call put
    "ebe9"      # 28        jmp echo
    "b478"      # 2a flood: mov ah, 'x'
    "e80200"    # 2c        call put
    "ebf9"      # 2f        jmp flood
    "bafd03"    # 31 put:   mov dx, 0x3fd
    "ec"        # 34        in al, dx
    "a820"      # 35        test al, 0x20: there is room
    "74f8"      # 37        jz put
    "baf803"    # 39        mov dx, 0x3f8
    "88e0"      # 3c        mov al, ah
    "ee"        # 3e        out dx, al
    "c3")       # 3f        ret


def make(path):
    """Write the disk to path; return the <disk> and <serial> of a guest that boots it."""
    sector = (CODE + GREETING + b"\0").ljust(510, b"\0") + b"\x55\xaa"
    with open(path, "wb") as disk:
        disk.write(sector.ljust(65536, b"\0"))
    return (f"<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='{path}'/>"
            "<target dev='hda' bus='ide'/></disk><serial type='pty'/>")
