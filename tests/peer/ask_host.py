# SPDX-License-Identifier: LGPL-2.1-or-later
"""Questions about the host, and about what its QEMUs can do."""

import re

import harness
from answers import TCG, answer, element, without_qemu


def ask_version(d):
    """Without the lines about the client's library."""
    return [l for l in d.virsh("version").splitlines() if "hypervisor" in l or "API" in l]


def ask_hostname(d):
    return answer(d, "hostname")


def ask_nodeinfo(d):
    """Without what changes under us: frequency, and on a guest with a balloon the memory."""
    return [l for l in d.virsh("nodeinfo").splitlines() if "frequency" not in l and "Memory" not in l]


def ask_capabilities_host_cpu(d):
    cpu = d.tree("capabilities").find("host/cpu")
    for counter in cpu.findall("counter"):  # measured, so it wobbles
        counter.attrib.pop("frequency")
    features = sorted(f.get("name") for f in cpu.findall("feature"))
    for feature in cpu.findall("feature"):
        cpu.remove(feature)
    return element(cpu), features


def ask_capabilities_topology(d):
    topology = d.tree("capabilities").find("host/topology")
    for cell in topology.iter("cell"):
        for pages in cell.findall("pages"):  # counts of free pages change by the second
            pages.text = ""
    return element(topology)


def ask_capabilities_guests(d):
    return sorted((g.findtext("os_type"), g.find("arch").get("name"), g.findtext("arch/wordsize"),
                   g.findtext("arch/emulator"), [x.get("type") for x in g.findall("arch/domain")])
                  for g in d.tree("capabilities").findall("guest"))


def ask_capabilities_machines(d):
    arch = d.tree("capabilities").find("guest/arch[@name='x86_64']")
    return sorted((m.text, m.get("canonical"), m.get("maxCpus")) for m in arch.findall("machine"))


def ask_domcapabilities_head(d):
    caps = d.tree("domcapabilities", *TCG)
    return [caps.findtext(t) for t in ("path", "domain", "machine", "arch")] + \
        [caps.find("vcpu").get("max")]


def ask_domcapabilities_modes(d):
    return [(m.get("name"), m.get("supported"))
            for m in d.tree("domcapabilities", *TCG).findall("cpu/mode")]


def ask_domcapabilities_host_model(d):
    return element(d.tree("domcapabilities", *TCG).find("cpu/mode[@name='host-model']"))


def models(d, *choice):
    custom = d.tree("domcapabilities", *choice).find("cpu/mode[@name='custom']")
    return sorted((m.text, m.get("usable"), m.get("vendor")) for m in custom.findall("model"))


def ask_domcapabilities_models(d):
    return models(d, *TCG)


def ask_domcapabilities_models_kvm(d):
    return models(d, "--virttype", "kvm") if harness.kvm.usable() else None


def ask_domcapabilities_host_model_kvm(d):
    if not harness.kvm.usable():
        return None
    caps = d.tree("domcapabilities", "--virttype", "kvm")
    return element(caps.find("cpu/mode[@name='host-model']"))


def ask_domcapabilities_unknown_arch(d):
    return answer(d, "domcapabilities", "--arch", "pdp11")


def ask_domcapabilities_unknown_virttype(d):
    return answer(d, "domcapabilities", "--virttype", "nosuch")


def ask_domcapabilities_unknown_machine(d):
    return answer(d, "domcapabilities", "--machine", "nosuch")


def ask_domcapabilities_missing_emulator(d):
    return answer(d, "domcapabilities", "--emulatorbin", "/no/such/qemu")


def cpu_capabilities(d, *choice):
    """The <cpu> of domain capabilities, models by name and without what libvirt tells since 10.9."""
    cpu = d.tree("domcapabilities", *choice).find("cpu")
    custom = cpu.find("mode[@name='custom']")
    models = sorted((m.text, m.get("usable"), m.get("vendor"), m.get("deprecated"))
                    for m in custom.findall("model"))
    cpu.remove(custom)
    host_model = cpu.find("mode[@name='host-model']")
    said = element(host_model)
    cpu.remove(host_model)
    return element(cpu), said, models


# QEMU 7.2 has them, libvirt's map of 2023 does not
NEWER_MODELS = ("Denverton", "KnightsMill")


def old_models(told):
    """Without the models that libvirt's map of 2023 does not have."""
    return (*told[:2], [m for m in told[2] if m[0] not in NEWER_MODELS and not re.search(r"-v[0-9]+$", m[0])])


def foreign(d, arch):
    if without_qemu(arch):
        return None
    return cpu_capabilities(d, "--arch", arch, "--virttype", "qemu")


def ask_domcapabilities_arm(d):
    return foreign(d, "aarch64")


def ask_domcapabilities_power(d):
    return foreign(d, "ppc64")


def ask_domcapabilities_riscv(d):
    return foreign(d, "riscv64")


def ask_domcapabilities_s390x(d):
    return foreign(d, "s390x")


def ask_domcapabilities_machines(d):
    """Every machine type, and both virt types. Rows about models say which ones the maps of both
    do not have; the others are compared."""
    caps = d.tree("capabilities").find("guest/arch[@name='x86_64']")
    machines = sorted(m.text for m in caps.findall("machine"))
    types = ["qemu"] + (["kvm"] if harness.kvm.usable() else [])
    return [(machine, kind, old_models(cpu_capabilities(d, "--machine", machine, "--virttype", kind)))
            for machine in machines for kind in types]
