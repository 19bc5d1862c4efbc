# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a daemon answers, brought into a form in which two daemons' answers can be compared."""

import os
import re

import harness
from guests import guest

NAME = "virtcpu-peer-test"
UUID = "6f1f7a3e-0d2c-4a5b-9f57-3a8d0c5be211"
TCG = ("--virttype", "qemu", "--arch", "x86_64")
CPU = "<cpu mode='custom' match='{}'><model fallback='allow'>{}</model>{}</cpu>"
HOST = "<cpu><arch>x86_64</arch><model>{}</model>{}</cpu>"


def answer(daemon, *arguments):
    """Exit code, output and error of virsh, with what differs by nature taken out."""
    result = daemon.try_virsh(*arguments)
    text = (result.out + result.err).replace(daemon.root, "DIR")
    text = re.sub(r"error: Disconnected from .*\n", "", text)
    return result.code, sort_features(text.strip())


def sort_features(text):
    """Text with neighbouring lines about features sorted: their order follows a map, and says nothing."""
    lines, block = [], []
    for line in text.split("\n") + [""]:
        if line.lstrip().startswith("<feature "):
            block.append(line)
        else:
            lines += sorted(block) + [line]
            block = []
    text = "\n".join(lines[:-1])
    return re.sub(r"((?:required|forbidden|Extra) features: )([^;\n]*)",
                  lambda m: m.group(1) + ", ".join(sorted(m.group(2).split(", "))), text)


def element(node):
    features = sorted(node.findall("feature"), key=lambda f: f.get("name"))
    for feature in features:
        node.remove(feature)
    node.extend(features)
    return re.sub(r">\s+<", "><", harness.xml.tostring(node, encoding="unicode")).strip()


def cpu_of(daemon, text, *command):
    return answer(daemon, *command[:1], daemon.file(text), *command[1:])


def without_qemu(arch):
    return not os.path.exists("/usr/bin/qemu-system-" + arch)


def with_guest(d, steps, **options):
    """Define, do the steps, and leave nothing behind."""
    try:
        code, text = answer(d, "define", d.file(guest(NAME, uuid=UUID, **options)))
        return (code, text) if code else steps()
    finally:
        d.try_virsh("destroy", NAME)
        d.try_virsh("undefine", NAME)
