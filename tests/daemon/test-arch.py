#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of other architectures, under TCG: what their QEMUs can do is told, and a definition that
names little more than the architecture runs."""

import os

import harness
import tap

MODES = ("host-passthrough", "maximum", "host-model", "custom")
# architecture, machine type, default model, a mode that QEMU cannot give it; QEMU 7.2
ROWS = [
    ("aarch64", "virt", "cortex-a15", "host-model"),
    ("armv7l", "virt", "cortex-a15", "host-model"),
    ("loongarch64", "virt", "la464", "host-model"),
    ("ppc64", "pseries", "POWER9", "host-model"),
    ("riscv64", "virt", "rv64", "host-model"),
    ("riscv64", "spike", "rv64", "host-passthrough"),
    ("s390x", "s390-ccw-virtio", "qemu", "host-passthrough"),
]
GUEST = """<domain type='qemu'>
  <name>{0}</name><memory unit='MiB'>{3}</memory><vcpu>1</vcpu>
  <os><type arch='{0}' machine='{1}'>hvm</type></os>{2}
</domain>
"""


def guest(arch, machine, cpu=""):
    mib = 2048 if arch == "loongarch64" else 256  # its board takes no less than 1 GiB
    return GUEST.format(arch, machine, cpu, mib)


def binary(arch):
    return "/usr/bin/qemu-system-" + {"armv7l": "arm"}.get(arch, arch)


def rows():
    """Those whose QEMU is installed; the others are named."""
    installed = [row for row in ROWS if os.path.exists(binary(row[0]))]
    for arch, *_ in (row for row in ROWS if row not in installed):
        tap.comment(f"{arch}: {binary(arch)} is not installed")
    if not installed:
        raise tap.Skip("no QEMU for another architecture is installed")
    return installed


def test_domcapabilities(daemon):
    for arch, machine, _, without in rows():
        tree = daemon.tree("domcapabilities", "--arch", arch, "--machine", machine)
        tap.equal(tree.findtext("arch"), arch)
        modes = {mode.get("name"): mode.get("supported") for mode in tree.findall("cpu/mode")}
        tap.equal(tuple(modes), MODES)
        tap.equal(modes[without], "no")


def test_domcapabilities_without_machine(daemon):
    for arch, *_ in rows():
        tree = daemon.tree("domcapabilities", "--arch", arch)
        tap.equal(tree.findtext("arch"), arch)


def test_default_cpu(daemon):
    for arch, machine, model, _ in rows():
        daemon.virsh("define", daemon.file(guest(arch, machine)))
        daemon.virsh("start", "--paused", arch)
        tap.equal(daemon.virsh("domstate", arch).strip(), "paused")
        tree = daemon.tree("dumpxml", arch)
        tap.equal(tree.findtext("cpu/model"), model)
        tap.equal(tree.find("os/type").get("arch"), arch)
        daemon.virsh("destroy", arch)
        daemon.virsh("undefine", arch)


def test_live_host_model(daemon):
    """Where QEMU names the host-model, a running guest's definition names it, too."""
    arch = "s390x"
    if not os.path.exists(binary(arch)):
        raise tap.Skip(f"{binary(arch)} is not installed")
    told = daemon.tree("domcapabilities", "--arch", arch).find("cpu/mode[@name='host-model']")
    path = daemon.file(guest(arch, "s390-ccw-virtio", "<cpu mode='host-model'/>"))
    daemon.virsh("create", "--paused", path)
    live = daemon.tree("dumpxml", arch).find("cpu")
    tap.equal(live.get("mode"), "custom")
    tap.equal(live.findtext("model"), told.findtext("model"))
    tap.equal([feature.attrib for feature in live.findall("feature")],
              [feature.attrib for feature in told.findall("feature")])
    daemon.virsh("destroy", arch)


def test_memballoon_only_where_it_has_a_bus(daemon):
    for arch, machine, *_ in rows():
        daemon.virsh("define", daemon.file(guest(arch, machine)))
        has_balloon = daemon.tree("dumpxml", arch).find("devices/memballoon") is not None
        # libvirt gives ARM guests none of themselves
        tap.equal(has_balloon, machine != "spike" and not arch.startswith("a"))
        daemon.virsh("undefine", arch)


def test_refusals(daemon):
    """What no QEMU for the architecture can do is said before one is started."""
    for arch, machine, _, without in rows():
        path = daemon.file(guest(arch, machine, f"<cpu mode='{without}'/>"))
        tap.contains(daemon.refused("create", path), f"CPU mode '{without}' for {arch} qemu domain")
        path = daemon.file(guest(arch, machine, "<cpu mode='maximum' migratable='on'/>"))
        tap.contains(daemon.refused("create", path), "Migratable attribute for maximum CPU")


if __name__ == "__main__":
    harness.main(globals())
