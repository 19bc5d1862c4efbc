#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests of other architectures, under TCG: what their QEMUs can do is told, and a definition that
names little more than the architecture runs."""

import json
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


# architecture, model, features as +on and -off; QEMU 7.2
CUSTOM = [
    ("aarch64", "max", "+sve +sve256 -sve512 -pauth"),
    ("aarch64", "neoverse-n1", ""),
    ("loongarch64", "la464", ""),
    ("ppc64", "POWER8", ""),
    ("riscv64", "rv64", "+v -c"),
    ("riscv64", "rv64", "+zba -zbb"),
    ("riscv64", "sifive-u54", ""),
    ("s390x", "z900-base", "-esan3"),
]
# ... and what says that a CPU cannot be, before any guest is started
WRONG = [
    ("aarch64", "cortex-a57", "+sve", "has no feature 'sve'"),
    ("aarch64", "cortex-a57", "+nosuch", "unknown CPU feature: nosuch"),
    ("aarch64", "cortex-a99", "", "CPU model cortex-a99 is not supported by hypervisor"),
    ("loongarch64", "la464", "+lasx", "has no feature 'lasx'"),
    ("ppc64", "POWER9", "+nosuch", "has no feature 'nosuch'"),
    ("ppc64", "POWER11", "", "CPU model POWER11"),
    ("riscv64", "rv64", "+nosuch", "has no feature 'nosuch'"),
    ("s390x", "z900-base", "+nosuch", "has no feature 'nosuch'"),
    ("s390x", "z14", "", "Host CPU does not provide required features: "),
    ("s390x", "z9000", "", "CPU model z9000 is not supported by hypervisor"),
]
SIGNS = {"+": "require", "-": "disable"}


def custom(model, features, check="full"):
    names = "".join(f"<feature policy='{SIGNS[word[0]]}' name='{word[1:]}'/>" for word in features.split())
    return f"<cpu mode='custom' match='exact' check='{check}'><model>{model}</model>{names}</cpu>"


def installed_rows(table):
    machines = {arch: machine for arch, machine, *_ in reversed(ROWS)}
    return [(arch, machines[arch], *row) for arch, *row in table if os.path.exists(binary(arch))]


def ask_qemu(daemon, name, command, **arguments):
    text = json.dumps({"execute": command, "arguments": arguments})
    return json.loads(daemon.virsh("qemu-monitor-command", name, text))


def test_custom_models(daemon):
    """Every vCPU is asked for what the definition names, and the guest has it."""
    rows()
    for arch, machine, model, features in installed_rows(CUSTOM):
        daemon.virsh("define", daemon.file(guest(arch, machine, custom(model, features))))
        daemon.virsh("start", "--paused", arch)
        live = daemon.tree("dumpxml", arch).find("cpu")
        tap.equal(live.findtext("model"), model)
        path = ask_qemu(daemon, arch, "query-cpus-fast")["return"][0]["qom-path"]
        for word in features.split():
            said = ask_qemu(daemon, arch, "qom-get", path=path, property=word[1:])
            tap.equal(said["return"], word[0] == "+")
        daemon.virsh("destroy", arch)
        daemon.virsh("undefine", arch)


def test_wrong_models_and_features(daemon):
    """By name, and by us: QEMU's own words would be an internal error."""
    rows()
    for arch, machine, model, features, words in installed_rows(WRONG):
        said = daemon.refused("create", "--paused", daemon.file(guest(arch, machine, custom(model, features))))
        tap.contains(said, words)
        tap.equal("internal error" in said, False)


def test_deprecated_features(daemon):
    """QEMU 7.2 does not say which they are."""
    for arch, machine, *_ in rows():
        path = daemon.file(guest(arch, machine, "<cpu mode='maximum' deprecated_features='off'/>"))
        tap.contains(daemon.refused("create", path), "toggling deprecated features for CPU model is unsupported")


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
