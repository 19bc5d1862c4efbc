#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""C files look as clang-format lays them out, so that reviews are about content.

Versions lay code out differently: only the one the project uses is asked, others skip.
"""

import os
import re
import shutil
import subprocess
import sys

import house

VERSION = "14"
SKIP = 77  # meson's exit code for a test that could not run


def formatter():
    for name in ("clang-format-" + VERSION, "clang-format"):
        if shutil.which(name):
            said = subprocess.run([name, "--version"], stdout=subprocess.PIPE, check=True).stdout
            if re.search(rf"version {VERSION}\.", said.decode()):
                return name
    return None


def check(root, files):
    sources = [p for p in files if p.endswith((".c", ".h"))]
    if not sources:
        return
    style = "file" if ".clang-format" in files else "LLVM"
    run = subprocess.run([formatter(), "--dry-run", "-Werror", f"--style={style}"] + sources,
                         cwd=root, stderr=subprocess.PIPE, check=False)
    if run.returncode == 0:
        return
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: error:", run.stderr.decode(), re.M):
        if match.group(1) not in seen:  # the first place is enough: the remedy is the same
            seen.add(match.group(1))
            yield os.path.normpath(match.group(1)), match.group(2), "run clang-format -i on this file"


SAMPLES = [
    ({"a.c": "int a;\n"}, []),
    ({"a.c": "int   a;\n\n\n\nint b ;\n", "b.c": "int b;\n"}, ["a.c:1"]),
]

if __name__ == "__main__":
    if formatter() is None:
        print(f"clang-format {VERSION} is not installed")
        sys.exit(SKIP)
    house.main(check, SAMPLES)
