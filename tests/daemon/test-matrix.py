#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The matrix of models and machine types, filled by a virtcpud in the background."""

import glob
import os
import re

import harness
import tap

MACHINES = 4
# A QEMU with one model and four machine types. It notes how it was started and how nice it is.
SCRIPT = """#!/bin/sh
echo "$*" >> {folder}/runs
nice >> {folder}/nice
exec >&3
echo '{{"QMP": {{"version": {{}}, "capabilities": []}}}}'
while read -r line <&3; do
    id=$(expr "$line" : '.*"id": *"\\([^"]*\\)"')
    case $line in
    *'"query-version"'*) answer='{{"qemu": {{"major": 9, "minor": 8, "micro": 7}}, "package": ""}}' ;;
    *'"query-target"'*) answer='{{"arch": "s390x"}}' ;;
    *'"query-machines"'*) answer='[{machines}]' ;;
    *'"query-commands"'*) answer='[{{"name": "query-cpu-model-expansion"}}]' ;;
    *'"query-cpu-definitions"'*) answer='[{{"name": "z14", "typename": "z14-cpu"}}]' ;;
    *'"query-cpu-model-expansion"'*) {slow} answer='{{"model": {{"name": "z14", "props": {{"te": {te}}}}}}}' ;;
    *'"qmp_capabilities"'*) answer='{{}}' ;;
    *) answer='[]' ;;
    esac
    echo "{{\\"return\\": $answer, \\"id\\": \\"$id\\"}}"
done
"""
QUESTION = "-machine m"


class Scene:
    """A virtcpud that fills the matrix of one QEMU."""

    def __init__(self):
        self.daemon = harness.Daemon()
        self.folder = self.daemon.root + "/bin"
        self.qemu = self.folder + "/qemu-system-s390x"
        os.makedirs(self.folder)
        self.config = self.daemon.file(f'qemu_search_path = "{self.folder}"\nmatrix_fill = 1\n', "virtcpud.conf")

    def install(self, te="true", slow=""):
        machines = ", ".join(f'{{"name": "m{i}", "cpu-max": 4}}' for i in range(MACHINES))
        with open(self.qemu + ".new", "w", encoding="utf-8") as file:
            file.write(SCRIPT.format(folder=self.folder, machines=machines, te=te, slow=slow))
        os.chmod(self.qemu + ".new", 0o755)
        os.rename(self.qemu + ".new", self.qemu)

    def start(self):
        self.daemon.start("--config", self.config)

    def lines(self, name):
        try:
            with open(f"{self.folder}/{name}", encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def asked(self):
        return [line for line in self.lines("runs") if QUESTION in line]

    def filled(self):
        """How often the daemons told that nothing is missing."""
        return len(re.findall(rf"{MACHINES} of {MACHINES} machine types are known$", self.daemon.log_text(), re.M))


def test_fill(scene):
    """Each machine type once, one after the other, behind everything else."""
    scene.install()
    scene.start()
    harness.wait_until(lambda: scene.filled() == 1, "filled")
    tap.equal(len(scene.asked()), MACHINES)
    tap.equal(len(set(scene.asked())), MACHINES)
    tap.equal(set(scene.lines("nice")), {str(os.nice(0) + 10)})
    tap.contains(scene.daemon.log_text(), f"matrix of '{scene.qemu}' (qemu): 0 of {MACHINES} machine types are known")
    tap.equal(len(glob.glob(scene.daemon.root + "/cache/qemu/*.matrix")), 1)


def test_client_is_served_meanwhile(scene):
    tap.contains(scene.daemon.virsh("capabilities"), ">m3<")


def test_known(scene):
    """The next daemon has nothing to ask."""
    scene.daemon.stop()
    scene.start()
    tap.contains(scene.daemon.virsh("capabilities"), ">m3<")
    tap.equal(len(scene.asked()), MACHINES)


def test_upgrade(scene):
    scene.install(te="false")
    harness.wait_until(lambda: scene.filled() == 2, "filled again")
    tap.equal(len(scene.asked()), 2 * MACHINES)


def test_stop_and_go_on(scene):
    """A daemon that ends in the middle ends at once, and what it knew is not asked again."""
    before = len(scene.asked())
    scene.install(te="null", slow="[ -e $0.go ] || case $* in *m2*) echo stuck >> $0.stuck; sleep 100 ;; esac;")
    harness.wait_until(lambda: os.path.exists(scene.qemu + ".stuck"), "in the middle")
    tap.equal(len(scene.asked()) - before, 3)
    scene.daemon.stop()
    with open(scene.qemu + ".go", "w", encoding="utf-8"):
        pass
    filled = scene.filled()
    scene.start()
    harness.wait_until(lambda: scene.filled() > filled, "filled by the next daemon")
    tap.equal(sorted(line[line.index(QUESTION):].split()[1].split(",")[0] for line in scene.asked()[before:]),
              ["m0", "m1", "m2", "m2", "m3"])


def finish(scene):
    scene.daemon.stop()
    scene.daemon.clean_up()


def main():
    harness.require_tools()
    tap.run([test_fill, test_client_is_served_meanwhile, test_known, test_upgrade, test_stop_and_go_on],
            Scene(), finish)


main()
