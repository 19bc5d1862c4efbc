#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each floor of the house includes only the floors below it."""

import os
import re

import house

FLOORS = ["conf", "drivers/cpu", "drivers/host", "drivers/qemu", "daemon", "tools"]

# What a floor shows to those above it; the rest of its headers are its own.
DOORS = {
    "drivers/cpu": {"cpu.h"},
    "drivers/host": {"host.h"},
    "drivers/qemu": {"driver.h", "driver-arrival.h", "driver-change.h", "driver-job.h",
                     "operation.h", "cache.h", "cache-guests.h", "driver-save.h",
                     "cache-search.h", "caps.h", "choice.h", "console.h", "cpu-args.h",
                     "details.h", "device-stats.h", "thread-stats.h", "domain-edit.h", "domaincaps.h", "drift-answer.h", "dump-answer.h", "explain-answer.h",
                     "guest-verify.h", "input.h", "matrix-answer.h", "matrix.h", "migrate.h", "probe.h", "replies.h"},
}

# Where an architecture may be told from another by name: its own table, and the CPU algebra.
ARCH_PLACES = ("conf/arch.", "drivers/cpu/", "tests/")


def floor_of(path):
    found = [f for f in FLOORS if path.startswith(f + "/")]
    return found[0] if found else None


def check_include(path, target, names):
    here, there = floor_of(path), floor_of(target)
    if here is None:
        return None
    if there is None:
        if target == "config.h" or target.startswith("schemas/") or target not in names:
            return None  # generated
        return (f'"{target}": write include paths from the root, so that the floor a header belongs '
                "to can be seen")
    if target.endswith("/cpu-arch.h") and here != "drivers/cpu":
        return (f'"{target}" is for architectures only; include "drivers/cpu/cpu.h", so that adding '
                "an architecture changes nothing outside drivers/cpu")
    if FLOORS.index(there) > FLOORS.index(here):
        return (f'"{target}" is above {here}; a floor knows only the floors below it, so that each '
                "can be used and tested without what stands on it")
    if there != here and there in DOORS and target[len(there) + 1:] not in DOORS[there]:
        return (f'"{target}" is private to {there}; include '
                f"{' or '.join(sorted(DOORS[there]))} of it, so that its inside can change")
    return None


def check_architectures(path, code):
    if floor_of(path) is None or path.startswith(ARCH_PLACES):
        return
    for match in re.finditer(r"\bVIRTCPU_ARCH_(?!NONE\b|LAST\b)\w+", code):
        yield (path, house.line_of(code, match.start()),
               f"{match.group(0)}: what differs between architectures belongs in drivers/cpu or in "
               "the table of conf/arch.c, so that adding one touches one place")
    for match in re.finditer(r"\bswitch\s*\([^)]*\barch\b[^)]*\)", code):
        yield (path, house.line_of(code, match.start()),
               "switch over architectures: ask drivers/cpu, so that adding one touches one place")


def check(root, files):
    names = {os.path.basename(path) for path in files}
    for path in files:
        if not path.endswith((".c", ".h")):
            continue
        code = house.blank_comments(house.read(root, path))
        for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', code, re.M):
            message = check_include(path, match.group(1), names)
            if message:
                yield path, house.line_of(code, match.start(1)), message
        yield from check_architectures(path, house.blank_strings(code))


SAMPLES = [
    ({"conf/a.c": '#include "conf/a.h"\n', "daemon/b.c": '#include "drivers/qemu/driver.h"\n',
      "tools/t.c": '#include "drivers/cpu/cpu.h"\n#include "config.h"\n'}, []),
    ({"conf/a.c": '#include "drivers/cpu/cpu.h"\n'}, ["above conf"]),
    ({"drivers/cpu/a.c": '\n#include "drivers/host/host.h"\n'}, ["a.c:2: "]),
    ({"drivers/qemu/a.c": '#include "daemon/rpc.h"\n'}, ["above drivers/qemu"]),
    ({"drivers/qemu/a.c": '#include "drivers/cpu/cpu-arch.h"\n'}, ["architectures only"]),
    ({"daemon/a.c": '#include "drivers/cpu/x86/map.h"\n'}, ["private to drivers/cpu"]),
    ({"daemon/a.c": '#include "a.h"\n#include "made.h"\n', "daemon/a.h": ""}, ["from the root"]),
    ({"conf/a.c": '/* #include "daemon/rpc.h" */\n'}, []),
    ({"daemon/a.c": "int x = VIRTCPU_ARCH_X86_64;\n"}, ["VIRTCPU_ARCH_X86_64"]),
    ({"daemon/a.c": "int x = VIRTCPU_ARCH_NONE;\n", "drivers/cpu/b.c": "VIRTCPU_ARCH_PPC\n"}, []),
    ({"drivers/qemu/a.c": "switch (def->arch) {\n}\n"}, ["switch over"]),
]

if __name__ == "__main__":
    house.main(check, SAMPLES)
