#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every XML file kept here is valid against our schema for it, and libvirt's own where there is one.

What a running daemon prints is checked by the daemon suite. Each document is also given an element
that nobody knows: a schema that takes that too would not be checking anything.
"""

import glob
import os
import shutil
import subprocess
import sys

SKIP = 77  # meson's exit code for a test that could not run
LIBVIRT = "/usr/share/libvirt/schemas"
# Files, our schema, libvirt's.
KINDS = [
    ("tests/data/args/*.xml", "domain.rng", "domain.rng"),
    ("drivers/cpu/map/*.xml", "map.rng", None),
]


def is_valid(schema, text):
    done = subprocess.run(["xmllint", "--noout", "--relaxng", schema, "-"], input=text.encode(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    return done.returncode == 0, done.stderr.decode()


def faults_of(schema, path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    valid, why = is_valid(schema, text)
    if not valid:
        yield f"{path} is not valid against {schema}: {why}"
    end = text.rindex("</")
    if is_valid(schema, text[:end] + "<surprise/>" + text[end:])[0]:
        yield f"{schema} takes {path} with an element that nobody knows"


def main():
    if not shutil.which("xmllint"):
        print("xmllint is not installed (libxml2-utils)")
        sys.exit(SKIP)
    os.chdir(sys.argv[1])
    faults = []
    for pattern, ours, theirs in KINDS:
        paths = sorted(glob.glob(pattern))
        if not paths:
            faults.append(f"{pattern} names no file")
        schemas = ["schemas/" + ours]
        if theirs and os.path.exists(os.path.join(LIBVIRT, theirs)):
            schemas.append(os.path.join(LIBVIRT, theirs))
        faults += [f for s in schemas for p in paths for f in faults_of(s, p)]
    print("\n".join(faults))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
