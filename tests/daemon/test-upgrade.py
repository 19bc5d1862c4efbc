#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMUs that are installed, upgraded and removed under a running virtcpud."""

import glob
import os
import re
import subprocess
import threading
import time

import harness
import tap
from guests import guest

# Answers the first questions of a probe as a QEMU 9.8.7 with one machine type, and no later one.
OTHER = """exec >&3
echo '{"QMP": {"version": {}, "capabilities": []}}'
while read -r line <&3; do
    id=$(expr "$line" : '.*"id": *"\\([^"]*\\)"')
    case $line in
    *'"query-version"'*) answer='{"qemu": {"major": 9, "minor": 8, "micro": 7}, "package": ""}' ;;
    *'"query-target"'*) answer='{"arch": "x86_64"}' ;;
    *'"query-machines"'*) answer='[{"name": "pc-9.8", "alias": "pc", "is-default": true, "cpu-max": 4}]' ;;
    *'"qmp_capabilities"'*) answer='{}' ;;
    *) echo "{\\"error\\": {\\"class\\": \\"CommandNotFound\\", \\"desc\\": \\"no\\"}, \\"id\\": \\"$id\\"}"; continue ;;
    esac
    echo "{\\"return\\": $answer, \\"id\\": \\"$id\\"}"
done
"""
OTHER_VERSION = "Running hypervisor: QEMU 9.8.7"
# On the command line of a QEMU that is asked what its models contain under a machine type.
QUESTIONS = "mode=control -machine pc-"
DIES = "echo 'something is missing' >&2\nexit 1\n"


class Scene:
    """A virtcpud with a folder of QEMUs of its own; scripts in it note each start."""

    def __init__(self):
        self.daemon = harness.Daemon()
        self.bin = self.daemon.root + "/prefix/bin"
        self.modules = self.daemon.root + "/prefix/lib/qemu"
        self.qemu = self.bin + "/qemu-system-x86_64"
        self.runs = self.daemon.root + "/runs"
        os.makedirs(self.bin)
        self.config = self.daemon.file(f'qemu_search_path = "{self.bin}"\n', "virtcpud.conf")
        self.install(self.script(self.real()))
        self.daemon.start("--config", self.config)

    def real(self, binary=harness.QEMU):
        return f'exec {binary} "$@"\n'

    def script(self, body):
        return f'#!/bin/sh\necho "$*" >> {self.runs}\n{body}'

    def install(self, text, in_place=False):
        """As a package manager does, or as cp."""
        path = self.qemu if in_place else self.qemu + ".new"
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)
        if not in_place:
            os.rename(path, self.qemu)

    def starts(self, word=""):
        try:
            with open(self.runs, encoding="utf-8") as file:
                return sum(word in line for line in file)
        except FileNotFoundError:
            return 0

    def logged(self, *words):
        """Wait until the daemon told of what it noticed."""
        harness.wait_until(lambda: re.search(".*".join(map(re.escape, words)), self.daemon.log_text()),
                           f"{words} in the log")

    def version(self):
        return self.daemon.virsh("version").splitlines()[-1]


def real_version():
    said = subprocess.run([harness.QEMU, "--version"], capture_output=True, check=True).stdout.decode()
    return "Running hypervisor: QEMU " + re.search(r"version (\d+\.\d+\.\d+)", said).group(1)


def qemu10():
    beside = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", ""), "..", "qemu10", "qemu-system-x86_64")
    return next((p for p in (os.environ.get("VIRTCPU_TEST_QEMU10"), beside) if p and os.path.exists(p)), None)


def test_before(scene):
    tap.equal(scene.version(), real_version())
    tap.contains(scene.daemon.virsh("capabilities"), scene.qemu, "canonical='pc-i440fx")
    started = scene.starts()
    scene.daemon.virsh("capabilities")
    tap.equal(scene.starts(), started)


def test_running_guest_before(scene):
    scene.daemon.virsh("create", scene.daemon.file(guest("old", emulator=scene.qemu)))
    scene.live = scene.daemon.virsh("dumpxml", "old")
    tap.equal(scene.starts(QUESTIONS), 1)  # what Westmere contains


def test_rename_over(scene):
    """Seen at once by who asks, and noticed without anybody asking."""
    scene.install(scene.script(OTHER))
    tap.equal(scene.version(), OTHER_VERSION)
    capabilities = scene.daemon.virsh("capabilities")
    tap.contains(capabilities, ">pc-9.8<")
    tap.lacks(capabilities, "pc-i440fx")
    scene.install(scene.script(DIES))
    scene.logged(f"what is known of '{scene.qemu}' is dropped", "the binary's inode was '")


def test_dies(scene):
    """One that fails says so, and is not started for each who asks."""
    started, began = scene.starts(), time.monotonic()
    for _ in range(5):
        tap.contains(scene.daemon.refused("version"), "something is missing")
    tap.equal(scene.starts() - started <= 2 + (time.monotonic() - began), True)  # one a second


def test_write_in_place(scene):
    scene.install(scene.script(OTHER), in_place=True)
    tap.equal(scene.version(), OTHER_VERSION)


def test_modules(scene):
    started = scene.starts()
    os.makedirs(scene.modules)
    with open(scene.modules + "/accel-tcg-x86_64.so", "w", encoding="utf-8"):
        pass
    scene.logged(f"the QEMU modules in '{scene.modules}' is new")
    tap.equal(scene.starts(), started)
    tap.equal(scene.version(), OTHER_VERSION)
    tap.equal(scene.starts(), started + 1)
    with open(scene.modules + "/accel-tcg-x86_64.so", "w", encoding="utf-8") as file:
        file.write("1")
    scene.logged(f"the QEMU modules in '{scene.modules}' changed")


def test_removal(scene):
    tap.equal(scene.version(), OTHER_VERSION)
    os.unlink(scene.qemu)
    tap.contains(scene.daemon.refused("version"), "Cannot find suitable emulator")
    tap.lacks(scene.daemon.virsh("capabilities"), "qemu-system-x86_64")
    scene.logged(f"QEMU binary '{scene.qemu}' was removed")
    scene.logged(f"what is known of '{scene.qemu}' is dropped: the binary is gone")


def test_appears_again(scene):
    scene.install(scene.script(OTHER))
    scene.logged(f"QEMU binary '{scene.qemu}' was installed")
    tap.equal(scene.version(), OTHER_VERSION)
    tap.contains(scene.daemon.virsh("capabilities"), ">pc-9.8<")


def test_storm(scene):
    """A hundred changes start nothing by themselves, and are told of once or twice."""
    started, told = scene.starts(), scene.daemon.log_text().count("is dropped")
    began = time.monotonic()
    for _ in range(100):
        os.utime(scene.qemu)
    seconds = time.monotonic() - began
    harness.wait_until(lambda: scene.daemon.log_text().count("is dropped") > told, "noticed")
    time.sleep(0.5)  # there is no sign of what does not happen
    tap.equal(scene.starts(), started)
    # on a busy machine they are no storm: each time that it is quiet between them is told of
    tap.equal(scene.daemon.log_text().count("is dropped") - told <= 3 + 5 * seconds, True)
    tap.equal(scene.version(), OTHER_VERSION)
    tap.equal(scene.starts() - started <= 2, True)


def test_half_written(scene):
    """While a binary is being written nobody gets anywhere, and nobody starts it all the time."""
    whole, started = scene.script(OTHER), scene.starts()
    half = scene.script(DIES)
    done = threading.Event()
    began = time.monotonic()

    def ask():
        while not done.is_set():
            scene.daemon.try_virsh("version")

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    for i in range(100):
        scene.install(half + "#" * i)
        time.sleep(0.01)
    scene.install(whole)
    done.set()
    for client in clients:
        client.join()
    seconds = time.monotonic() - began
    tap.equal(scene.starts() - started <= 6 * seconds + 6, True)  # 4 a second, and some luck
    tap.equal(scene.version(), OTHER_VERSION)


def test_running_guest_stays(scene):
    """What started under the old QEMU is what it was, for the next daemon too."""
    tap.equal(scene.daemon.virsh("dumpxml", "old"), scene.live)
    scene.daemon.kill()
    scene.daemon.start("--config", scene.config)
    tap.equal(scene.daemon.virsh("dumpxml", "old"), scene.live)
    tap.equal(scene.version(), OTHER_VERSION)
    scene.daemon.virsh("destroy", "old")


def test_matrix_is_asked_anew(scene):
    asked = scene.starts(QUESTIONS)
    scene.install(scene.script(scene.real()) + "# again\n")
    scene.daemon.virsh("create", scene.daemon.file(guest("new", emulator=scene.qemu)))
    scene.daemon.virsh("destroy", "new")
    tap.equal(scene.starts(QUESTIONS), asked + 1)


def test_changed_while_no_daemon_ran(scene):
    """The next daemon says what differs, and believes what does not."""
    tap.equal(scene.version(), real_version())
    scene.daemon.stop()
    started = scene.starts()
    scene.daemon.start("--config", scene.config)
    tap.equal(scene.version(), real_version())
    tap.equal(scene.starts(), started)
    scene.daemon.stop()
    scene.install(scene.script(OTHER))
    scene.daemon.start("--config", scene.config)
    tap.equal(scene.version(), OTHER_VERSION)
    scene.logged("dropped cache file", "the binary changed: ", "the binary's size was '")


def test_warm_start_reads_what_it_needs(scene):
    """What was learnt of one binary is not looked at for the sake of another."""
    with open(scene.bin + "/qemu-system-i386", "w", encoding="utf-8") as file:
        file.write(scene.script(OTHER.replace("x86_64", "i386")))
    os.chmod(scene.bin + "/qemu-system-i386", 0o755)
    tap.contains(scene.daemon.virsh("capabilities"), "qemu-system-i386<")
    scene.daemon.stop()
    [kept] = glob.glob(scene.daemon.root + "/cache/qemu/qemu-system-i386-*.json")
    os.truncate(kept, 10)
    started = scene.starts()
    scene.daemon.start("--config", scene.config)
    tap.equal(scene.version(), OTHER_VERSION)
    tap.lacks(scene.daemon.log_text(), kept)
    tap.equal(scene.starts(), started)
    tap.contains(scene.daemon.virsh("capabilities"), "qemu-system-i386<")
    scene.logged(f"dropped cache file '{kept}'")
    os.unlink(scene.bin + "/qemu-system-i386")


def test_a_real_upgrade(scene):
    binary = qemu10()
    if not binary:
        raise tap.Skip("no QEMU 10 here: set VIRTCPU_TEST_QEMU10")
    scene.install(scene.script(scene.real()))
    tap.equal(scene.version(), real_version())
    tap.lacks(scene.daemon.virsh("domcapabilities"), "GraniteRapids")
    scene.install(scene.script(scene.real(binary)))
    tap.contains(scene.version(), "QEMU 10.")
    tap.contains(scene.daemon.virsh("domcapabilities"), "GraniteRapids", "pc-i440fx-10.")
    tap.contains(scene.daemon.virsh("capabilities"), "pc-i440fx-10.")


def finish(scene):
    scene.daemon.stop()
    scene.daemon.clean_up()


def main():
    harness.require_tools()
    scene = Scene()
    tests = [test_before, test_running_guest_before, test_rename_over, test_dies, test_write_in_place,
             test_modules, test_removal, test_appears_again, test_storm, test_half_written,
             test_running_guest_stays, test_matrix_is_asked_anew, test_changed_while_no_daemon_ran,
             test_warm_start_reads_what_it_needs, test_a_real_upgrade]
    tap.run(tests, scene, finish)


main()
