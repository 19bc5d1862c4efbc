#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""verify_in_guest: what each value proves and remembers, and what a broken proof does."""

import glob
import json
import os
import subprocess
import sys

import harness
import tap
from guests import guest

TOOL = os.environ.get("VIRTCPU", "build/tools/virtcpu")
CPU = "<cpu mode='custom' match='exact' check='{}'><model fallback='forbid'>{}</model></cpu>"

# A QEMU that notes in the file "proofs" beside it when it is to run the firmware and is asked over
# its monitor, too (passports only look), and then does what DEED says: nothing, "abort", or "lie":
# take AES out of what the guest told of leaf 1.
WRAPPER = """#!{python}
import os, subprocess, sys
folder = os.path.dirname(sys.argv[0])
words = ["{qemu}", *sys.argv[1:]]
if not any("isa-debugcon" in word for word in words):
    os.execv(words[0], words)
if "-mon" in words:
    with open(os.path.join(folder, "proofs"), "a") as file:
        file.write("proof\\n")
with open(os.path.join(folder, "deed")) as file:
    deed = file.read()
if deed == "abort":
    sys.exit("famous last words")
code = subprocess.run(words, pass_fds=(3, 4, 5)).returncode
if deed == "lie":
    with open("/proc/self/fd/5", "r+b") as file:
        answer = bytearray(file.read())
        for at in range(20, len(answer) - 4, 28):
            if answer[at] == 1 and answer[at + 4:at + 8] == b"\\1\\0\\0\\0":
                answer[at + 23] &= 0xfd
        value = 0x811c9dc5
        for byte in answer[:-4]:
            value = (value ^ byte) * 0x01000193 % 2**32
        file.seek(0)
        file.write(answer[:-4] + value.to_bytes(4, "little"))
sys.exit(code)
"""


class Qemu:
    """The wrapper, in a folder of its own."""

    def __init__(self, daemon, name, deed=""):
        self.folder = os.path.join(daemon.root, name)
        os.mkdir(self.folder)
        self.path = os.path.join(self.folder, "qemu-system-x86_64")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(WRAPPER.format(python=sys.executable, qemu=harness.QEMU))
        os.chmod(self.path, 0o755)
        self.do(deed)

    def do(self, deed):
        with open(os.path.join(self.folder, "deed"), "w", encoding="utf-8") as file:
            file.write(deed)

    def proofs(self):
        try:
            with open(os.path.join(self.folder, "proofs"), encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0


def restart(daemon, value):
    """Have the daemon run with verify_in_guest = value; None: the default."""
    daemon.stop()
    os.makedirs(daemon.root + "/etc", exist_ok=True)
    with open(daemon.root + "/etc/virtcpud.conf", "w", encoding="utf-8") as file:
        file.write(f"verify_in_guest = {value}\n" if value else "")
    daemon.start()


def definition(daemon, qemu, name, check="full", model="Westmere", **options):
    return daemon.file(guest(name, CPU.format(check, model), emulator=qemu.path, **options), name + ".xml")


def run(daemon, *args, **options):
    """Start such a guest and end it."""
    daemon.virsh("create", definition(daemon, *args, **options))
    daemon.virsh("destroy", args[1])


def proof_files(daemon):
    return glob.glob(daemon.root + "/cache/qemu/*.proofs")


def test_off(daemon):
    qemu = Qemu(daemon, "off")
    for value in (None, "off"):
        restart(daemon, value)
        run(daemon, qemu, "unproven")
    tap.equal((qemu.proofs(), proof_files(daemon)), (0, []))


def test_first(daemon):
    """Once each CPU and machine type, whatever else the guest is made of; also for later daemons."""
    qemu = Qemu(daemon, "first")
    restart(daemon, "first")
    for name in ("one", "one", "two"):
        run(daemon, qemu, name)
    run(daemon, qemu, "larger", vcpus=6)
    run(daemon, qemu, "lenient", check="partial")
    tap.equal(qemu.proofs(), 1)
    run(daemon, qemu, "other", model="Nehalem")
    tap.equal(qemu.proofs(), 2)
    restart(daemon, '"first"')
    run(daemon, qemu, "one")
    run(daemon, qemu, "other", model="Nehalem")
    tap.equal(qemu.proofs(), 2)


def test_first_for_many(daemon):
    """Guests that start at the same time wait for one proof."""
    qemu = Qemu(daemon, "many")
    restart(daemon, "first")
    starts = [subprocess.Popen(daemon.virsh_command("create", definition(daemon, qemu, f"many{i}")),
                               stdout=subprocess.DEVNULL, env={**os.environ, "ASAN_OPTIONS": ""})
              for i in range(5)]
    tap.equal([start.wait(harness.PATIENCE) for start in starts], [0] * 5)
    for i in range(5):
        daemon.virsh("destroy", f"many{i}")
    tap.equal(qemu.proofs(), 1)


def test_first_holds_no_longer(daemon):
    """A damaged file, and another binary, are no proof."""
    qemu = Qemu(daemon, "stale")
    restart(daemon, "first")
    run(daemon, qemu, "stale")
    path, = (p for p in proof_files(daemon) if json.load(open(p, encoding="utf-8"))["binary"] == qemu.path)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    digest, = json.loads(text)["content"]
    for damage in (text[:len(text) // 2], text.replace(digest, "0" * 64), "[]", ""):
        with open(path, "w", encoding="utf-8") as file:
            file.write(damage)
        before = qemu.proofs()
        run(daemon, qemu, "stale")
        run(daemon, qemu, "stale")
        tap.equal(qemu.proofs(), before + 1)
    before = qemu.proofs()
    os.utime(qemu.path)
    run(daemon, qemu, "stale")
    tap.equal(qemu.proofs(), before + 1)


def test_always(daemon):
    qemu = Qemu(daemon, "always")
    restart(daemon, "always")
    for _ in range(3):
        run(daemon, qemu, "proven")
    tap.equal(qemu.proofs(), 3)


def test_broken(daemon):
    """check='full' is refused by leaf, register, feature, layer and remedy, and not remembered."""
    qemu = Qemu(daemon, "lies", "lie")
    restart(daemon, "first")
    for _ in range(2):
        said = daemon.refused("create", definition(daemon, qemu, "fooled"))
        tap.contains(said, "doesn't match what QEMU says")
        tap.contains(said, "CPUID 0x1.0 ecx: aes)")
        tap.contains(said, "TCG")
        tap.contains(said, "disable these features in <cpu>")
    tap.equal(daemon.virsh("list", "--all", "--name"), "")
    qemu.do("")
    run(daemon, qemu, "fooled")
    tap.equal(qemu.proofs(), 3)


def test_broken_but_not_checked(daemon):
    """Other checks let the guest run and leave the reason in the log."""
    qemu = Qemu(daemon, "lenient", "lie")
    restart(daemon, "first")
    for check in ("partial", "none"):
        run(daemon, qemu, "lenient-" + check, check=check)
        tap.contains(daemon.log_text(), f"'lenient-{check}' is started all the same")
    tap.contains(daemon.log_text(), "CPUID 0x1.0 ecx: aes")


def test_impossible(daemon):
    """A QEMU that gives up has its last words in the error."""
    qemu = Qemu(daemon, "aborts", "abort")
    restart(daemon, "always")
    said = daemon.refused("create", definition(daemon, qemu, "aborted"))
    tap.contains(said, "cannot prove the CPU in a guest")
    tap.contains(said, "famous last words")


def sees_otherwise(path):
    """TRUE when virtcpu verify finds that a guest sees anything else than QEMU says."""
    done = subprocess.run([TOOL, "verify", "--json", path], stdout=subprocess.PIPE, check=False)
    tap.equal(done.returncode in (0, 1), True)
    return any(row["sees"] != row["says"] for row in json.loads(done.stdout)["differences"]
               if "explanation" not in row)


def test_kvm(daemon):
    """The same with KVM: where the host does not intercept CPUID, guests see more than QEMU says."""
    if not harness.kvm.usable():
        raise tap.Skip("KVM cannot be used here")
    qemu = Qemu(daemon, "kvm")
    restart(daemon, "first")
    path = definition(daemon, qemu, "kvm", model="qemu64", kind="kvm", check="none")
    otherwise = sees_otherwise(path)
    before = qemu.proofs()
    daemon.virsh("create", path)
    daemon.virsh("destroy", "kvm")
    daemon.virsh("create", path)
    daemon.virsh("destroy", "kvm")
    tap.equal(qemu.proofs(), before + (2 if otherwise else 1))
    tap.equal("'kvm' is started all the same" in daemon.log_text(), otherwise)


if __name__ == "__main__":
    harness.main(globals())
