#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Find a second QEMU for prove-forms and run it.

usage: check-forms.py PROGRAM TABLE CACHE sample|whole tcg|kvm

CACHE is where a QEMU 10.0 is unpacked, once, when the whole is asked for and none is there.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import kvm  # noqa: E402

INSTALL_TIMEOUT = 900
# One of each kind: no CPUID leaf 7, AVX512 that TCG filters, a cache description of its own, a model
# name with a comma, 32 bits.
SAMPLE = ("Westmere", "Skylake-Server-v4", "EPYC-Rome", "Opteron_G1", "coreduo-v1")
# QEMU's own modules, which its folder must not be mistaken for the host's
MODULES = "/usr/lib/x86_64-linux-gnu/qemu"
WRAPPER = """#!/bin/sh
exec unshare -m sh -c 'mount --bind "{root}{modules}" {modules} && exec "{binary}" "$@"' sh "$@"
"""


def find_qemu10(cache, install):
    """QEMU 10.0, or None when it cannot be had; with install it is unpacked first if need be."""
    given = os.environ.get("VIRTCPU_TEST_QEMU10")
    if given:
        return given
    folder = os.path.join(cache, "qemu-10")
    binary = os.path.join(folder, "qemu-system-x86_64")
    installer = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", ""), "peers", "install-qemu10")
    if install and not os.access(binary, os.X_OK) and os.access(installer, os.X_OK):
        subprocess.run([installer, folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=INSTALL_TIMEOUT, check=False)
    return binary if os.access(binary, os.X_OK) else None


def with_own_modules(binary, folder):
    """binary, or where the host has modules of another QEMU, a wrapper in folder that hides those."""
    root = os.path.join(os.path.dirname(os.path.abspath(binary)), "root")
    if not os.path.isdir(root + MODULES) or not os.path.isdir(MODULES) or os.geteuid() != 0:
        return binary
    path = os.path.join(folder, "qemu-system-x86_64")
    with open(path, "w", encoding="utf-8") as file:
        file.write(WRAPPER.format(root=root, modules=MODULES, binary=binary))
    os.chmod(path, 0o755)
    return path


def main(arguments):
    if len(arguments) != 6:
        sys.exit(__doc__)
    program, table, cache, amount, accelerator = arguments[1:]
    if not shutil.which("qemu-system-x86_64"):
        print("1..0 # SKIP no qemu-system-x86_64 here")
        return 0
    if accelerator == "kvm" and not kvm.usable():
        print("1..0 # SKIP KVM cannot be used here")
        return 0
    qemu10 = find_qemu10(cache, amount == "whole")
    environment = {**os.environ, "VIRTCPU_TEST_KVM": "1" if accelerator == "kvm" else "0"}
    with tempfile.TemporaryDirectory() as folder:
        if qemu10:
            environment["VIRTCPU_TEST_QEMU10"] = with_own_modules(qemu10, folder)
        patterns = SAMPLE if amount == "sample" else ("*",)
        return subprocess.run([program, table, *patterns], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
