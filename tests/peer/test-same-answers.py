#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same questions to virtcpud and to a real libvirtd: the same answers, or a row that says why not.

Each ask_ function puts one question to the daemon it is given and returns what matters of the answer.
docs/differences.md holds the accepted differences, by the function's name; a difference without a row
fails, and so does a row whose question is not asked here. One that is answered alike is reported.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))

import harness  # noqa: E402
import tap  # noqa: E402
from guests import WESTMERE, guest  # noqa: E402

PEERS = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", os.path.join(ROOT, "..", "shared")), "peers")
TABLE = os.path.join(ROOT, "docs", "differences.md")
NAME = "virtcpu-peer-test"
UUID = "6f1f7a3e-0d2c-4a5b-9f57-3a8d0c5be211"
TCG = ("--virttype", "qemu", "--arch", "x86_64")
CPU = "<cpu mode='custom' match='{}'><model fallback='allow'>{}</model>{}</cpu>"
HOST = "<cpu><arch>x86_64</arch><model>{}</model>{}</cpu>"


class Peer(harness.Daemon):
    """libvirtd behind the same interface as our own daemon."""

    def uri(self, read_only=False):
        return "qemu:///system"


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


# ---- the host ----

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
    if not os.path.exists("/usr/bin/qemu-system-" + arch):
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


# ---- arithmetic ----

def ask_cpu_models(d):
    return answer(d, "cpu-models", "x86_64")


def ask_cpu_models_power(d):
    return [answer(d, "cpu-models", arch) for arch in ("ppc64", "ppc64le")]


def ask_cpu_models_any(d):
    return [answer(d, "cpu-models", arch) for arch in ("aarch64", "armv7l", "armv6l", "s390x")]


def ask_cpu_models_riscv(d):
    return answer(d, "cpu-models", "riscv64")


def ask_cpu_models_loongarch(d):
    return answer(d, "cpu-models", "loongarch64")


def ask_cpu_models_none(d):
    return [answer(d, "cpu-models", arch) for arch in ("ppc", "riscv32", "mips", "sparc")]


def ask_cpu_models_unknown_arch(d):
    return answer(d, "cpu-models", "pdp11")


def ask_cpu_compare(d):
    names = ["486", "qemu64", "core2duo", "Nehalem", "Westmere-IBRS", "SandyBridge", "Haswell",
             "Skylake-Client", "Icelake-Server-noTSX", "Opteron_G4", "EPYC-IBPB", "phenom"]
    return [cpu_of(d, CPU.format(match, name, ""), "cpu-compare")
            for match in ("minimum", "exact", "strict") for name in names]


def ask_cpu_compare_error(d):
    return [cpu_of(d, CPU.format("exact", name, ""), "cpu-compare", "--error")
            for name in ("phenom", "Skylake-Server", "EPYC-Rome", "qemu64")]


def ask_cpu_compare_validate(d):
    return cpu_of(d, CPU.format("exact", "qemu64", "<surprise/>"), "cpu-compare", "--validate")


def ask_cpu_compare_unknown_model(d):
    return cpu_of(d, CPU.format("exact", "nosuch", ""), "cpu-compare")


def ask_cpu_compare_unknown_feature(d):
    return cpu_of(d, CPU.format("exact", "qemu64", "<feature policy='require' name='nosuch'/>"),
                  "cpu-compare")


def ask_cpu_compare_unknown_arch(d):
    return cpu_of(d, "<cpu><arch>pdp11</arch><model>x</model></cpu>", "cpu-compare")


def ask_cpu_compare_malformed(d):
    return cpu_of(d, "<cpu><model>x</cpu>", "cpu-compare")


def pairs():
    names = ["Nehalem", "Westmere", "SandyBridge", "Haswell", "Skylake-Client", "Opteron_G3", "EPYC",
             "core2duo", "qemu64"]
    return [(a, b) for a in names for b in names if a < b]


def ask_cpu_baseline(d):
    return [cpu_of(d, f"{HOST.format(a, '')}{HOST.format(b, '')}", "cpu-baseline")
            for a, b in pairs()]


def ask_cpu_baseline_features(d):
    return [cpu_of(d, f"{HOST.format(a, '')}{HOST.format(b, '')}", "cpu-baseline", "--features")
            for a, b in pairs()[::5]]


def ask_cpu_baseline_migratable(d):
    return cpu_of(d, HOST.format("Westmere", "<feature name='invtsc'/>"), "cpu-baseline",
                  "--features", "--migratable")


def ask_cpu_baseline_of_this_host(d):
    cpu = harness.xml.tostring(d.tree("capabilities").find("host/cpu"), encoding="unicode")
    return cpu_of(d, cpu, "cpu-baseline")


def ask_cpu_baseline_mixed_vendors(d):
    return cpu_of(d, HOST.format("Westmere", "").replace("</model>", "</model><vendor>Intel</vendor>")
                  + HOST.format("EPYC", "").replace("</model>", "</model><vendor>AMD</vendor>"),
                  "cpu-baseline")


def arch_baseline(d, arch, *cpus):
    """Of CPUs given as a model, or a model and more."""
    return cpu_of(d, "".join(HOST.replace("x86_64", arch).format(*cpu) for cpu in cpus), "cpu-baseline")


def ask_cpu_baseline_power(d):
    return [arch_baseline(d, "ppc64", *cpus) for cpus in (
        [("POWER8", ""), ("POWER8", "<vendor>IBM</vendor>")],
        [("POWER9", ""), ("POWER8", "")],
        [("POWER5", "")],
        [("POWER8_v1.0", "")],
        [("POWER8", "<vendor>Freescale</vendor>")],
        [("POWER8", "<vendor>Acme</vendor>")])]


def ask_cpu_baseline_arm(d):
    return arch_baseline(d, "aarch64", ("cortex-a57", ""), ("cortex-a57", ""))


def ask_cpu_baseline_arm_mixed(d):
    return arch_baseline(d, "aarch64", ("cortex-a57", ""), ("cortex-a72", ""))


def ask_cpu_baseline_s390x(d):
    return arch_baseline(d, "s390x", ("z14", ""))


def ask_cpu_compare_other_arch(d):
    return [cpu_of(d, HOST.replace("x86_64", arch).format("max", ""), "cpu-compare")
            for arch in ("ppc64", "aarch64", "s390x", "riscv64")]


def ask_hypervisor_cpu_compare(d):
    return [cpu_of(d, CPU.format("exact", name, ""), "hypervisor-cpu-compare", *TCG)
            for name in ("qemu64", "Nehalem", "Westmere", "Haswell", "Skylake-Server", "EPYC")]


def ask_hypervisor_cpu_baseline(d):
    return [cpu_of(d, f"{CPU.format('exact', a, '')}{CPU.format('exact', b, '')}",
                   "hypervisor-cpu-baseline", *TCG) for a, b in pairs()[::5]]


S390X = ("--arch", "s390x", "--virttype", "qemu")


def s390x_baseline(d, *cpus):
    return [cpu_of(d, "".join(CPU.format("exact", *cpu) for cpu in cpus), "hypervisor-cpu-baseline",
                   *S390X, *more) for more in ((), ("--features",))]


def without_qemu(arch):
    return not os.path.exists("/usr/bin/qemu-system-" + arch)


def ask_hypervisor_cpu_baseline_s390x(d):
    """Both ask QEMU. Of an unknown feature libvirtd 9.0 dies: it is not asked about one."""
    if without_qemu("s390x"):
        return None
    te, msa5 = ("<feature policy='{}' name='{}'/>".format(*f) for f in (
        ("disable", "te"), ("require", "msa5")))
    return [s390x_baseline(d, *cpus) for cpus in (
        [("z14", ""), ("z13", te), ("z14ZR1", "")], [("z13-base", msa5)], [("z14", ""), ("z99", "")])]


def ask_hypervisor_cpu_baseline_s390x_lacking(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "max", ""), "hypervisor-cpu-baseline", *S390X)


def ask_hypervisor_cpu_baseline_s390x_machine(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "z13", ""), "hypervisor-cpu-baseline", *S390X, "--machine",
                  "s390-ccw-virtio-2.8")


def ask_hypervisor_cpu_compare_s390x(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "z14", ""), "hypervisor-cpu-compare", *S390X)


def ask_hypervisor_cpu_of_others(d):
    return [cpu_of(d, CPU.format("exact", "max", ""), command, "--arch", arch)
            for arch in ("aarch64", "ppc64", "riscv64") if not without_qemu(arch)
            for command in ("hypervisor-cpu-baseline", "hypervisor-cpu-compare")]


# ---- domains ----

def with_guest(d, steps, **options):
    """Define, do the steps, and leave nothing behind."""
    try:
        code, text = answer(d, "define", d.file(guest(NAME, uuid=UUID, **options)))
        return (code, text) if code else steps()
    finally:
        d.try_virsh("destroy", NAME)
        d.try_virsh("undefine", NAME)


def ask_life(d):
    def live():
        said = [answer(d, *command, NAME) for command in (
            ("domuuid",), ("domid",), ("domstate", "--reason"), ("suspend",), ("resume",),
            ("destroy",), ("start", "--paused"), ("domstate", "--reason"), ("resume",),
            ("domstate", "--reason"), ("suspend",), ("domstate", "--reason"), ("start",), ("resume",),
            ("reset",), ("domstate", "--reason"), ("shutdown",), ("domstate", "--reason"),
            ("destroy",), ("domstate", "--reason"), ("undefine",), ("domstate",))]
        return said
    return with_guest(d, live, cpu="")


def ask_dominfo(d):
    def info():
        return [l for l in d.virsh("dominfo", NAME).splitlines() if not l.startswith("Security")]
    return with_guest(d, info, cpu="")


def ask_monitor(d):
    def monitor():
        d.virsh("start", NAME)
        return answer(d, "qemu-monitor-command", NAME, "--hmp", "info status"), \
            [l for l in d.virsh("qemu-monitor-command", "--pretty", NAME, "query-status").splitlines()
             if '"id"' not in l]
    return with_guest(d, monitor, cpu="")


def ask_inactive_definition(d):
    """The parts that are the user's own words, not device addresses a daemon adds."""
    def parts():
        domain = d.tree("dumpxml", NAME, "--inactive")
        return [element(domain.find(tag)) if domain.find(tag) is not None else None
                for tag in ("name", "uuid", "title", "description", "memory", "currentMemory",
                            "vcpu", "cpu", "clock", "on_poweroff", "on_reboot", "on_crash")]
    return with_guest(d, parts, extra="<title>t</title><description>d</description>")


def live_cpu(d, cpu, kind="qemu"):
    def start():
        code, text = answer(d, "start", NAME)
        return (code, text) if code else element(d.tree("dumpxml", NAME).find("cpu"))
    return with_guest(d, start, cpu=cpu, kind=kind)


def ask_live_cpu_none_written(d):
    return live_cpu(d, "")


def ask_live_cpu_westmere_full(d):
    return live_cpu(d, WESTMERE)


def ask_live_cpu_partial(d):
    return live_cpu(d, CPU.format("exact", "Nehalem", ""))


def ask_live_cpu_that_cannot_be(d):
    return live_cpu(d, CPU.format("exact", "qemu64", "<feature policy='require' name='avx512f'/>"))


def ask_live_cpu_host_passthrough_tcg(d):
    return live_cpu(d, "<cpu mode='host-passthrough'/>")


def ask_live_cpu_host_model_kvm(d):
    return live_cpu(d, "<cpu mode='host-model'/>", "kvm") if harness.kvm.usable() else None


def refusal(d, text):
    return cpu_of(d, text, "define")


# ---- devices: what libvirt adds to a definition, and where it puts things ----

DISKS = "<disk type='file' device='disk'><source file='/d'/><target dev='vda' bus='virtio'/></disk>" \
    "<disk type='file' device='cdrom'><target dev='sdb' bus='sata'/></disk>" \
    "<disk type='file' device='cdrom'><target dev='sdh' bus='scsi'/></disk>" \
    "<controller type='scsi' index='0' model='virtio-scsi'/>" \
    "<controller type='scsi' index='1' model='virtio-scsi'/>"
MANY = DISKS + "<interface type='user'/><interface type='user'><model type='virtio'/></interface>" \
    "<interface type='user'><model type='e1000e'/></interface><console type='pty'/>" \
    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>" \
    "<channel type='unix'><target type='virtio' name='b'/>" \
    "<address type='virtio-serial' controller='1' port='3'/></channel>" \
    "<input type='tablet' bus='usb'/><input type='keyboard' bus='virtio'/><graphics type='vnc'/>" \
    "<video><model type='virtio'/></video><video><model type='virtio'/></video>" \
    "<watchdog model='i6300esb'/>" \
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
COMPANIONS = "<controller type='usb' model='ich9-ehci1'/>" + "".join(
    f"<controller type='usb' model='ich9-uhci{n}'><master startport='{2 * n - 2}'/></controller>"
    for n in (1, 2, 3)) + "<interface type='user'/>"
VIRTIO = "<interface type='user'><model type='virtio'/>{}</interface>"
WRITTEN = VIRTIO.format("<address type='pci' bus='0' slot='0x7' function='0x0'/>") + \
    VIRTIO.format("<address type='pci' bus='2' slot='0' function='0'/>") + VIRTIO.format("")


def places(d, machine, devices):
    """The controllers, and the address of every device, in the order of the document."""
    name = NAME + "-places"
    text = guest(name, uuid=UUID, cpu="", devices=devices).replace("machine='pc'", f"machine='{machine}'")
    try:
        code, said = answer(d, "define", d.file(text))
        if code:
            return code, said
        found = harness.xml.fromstring(d.virsh("dumpxml", "--inactive", name)).find("devices")
        return [element(node) for node in found if node.tag == "controller"] + [
            (node.tag, harness.xml.tostring(address, encoding="unicode").strip())
            for node in found if node.tag != "controller" for address in node.findall("address")]
    finally:
        d.try_virsh("undefine", name)


def ask_places_bare_pc(d):
    return places(d, "pc", "")


def ask_places_bare_q35(d):
    return places(d, "q35", "")


def ask_places_many_pc(d):
    return places(d, "pc", MANY)


def ask_places_many_q35(d):
    return places(d, "q35", MANY)


def ask_places_companions_pc(d):
    return places(d, "pc", COMPANIONS)


def ask_places_companions_q35(d):
    return places(d, "q35", COMPANIONS)


def ask_places_written_q35(d):
    return places(d, "q35", WRITTEN)


def ask_places_bridge_pc(d):
    return places(d, "pc", "<interface type='user'/>" * 33)


def ask_places_scsi_default(d):
    return places(d, "q35", "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/></disk>")


def ask_places_console(d):
    return places(d, "q35", "<console type='pty'/><console type='pty'><target type='virtio'/></console>")


def ask_places_taken(d):
    return places(d, "pc", "<interface type='user'><address type='pci' slot='0x1'/></interface>")


# ---- a running guest, changed ----

PLUG_ACPI = "<features><acpi/></features>"
PLUG_NET = "<interface type='user'><mac address='52:54:00:00:00:{:02x}'/><model type='virtio'/>{}</interface>"
PLUG_CHANNEL = "<channel type='unix'><target type='virtio' name='{}'/></channel>"
PLUG_RNG = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
PLUG_CD = "<disk type='file' device='{}'><target dev='{}' bus='{}'/></disk>"


def plugged(d, ask):
    """What ask answers about a paused guest with room for vCPUs."""
    text = guest(NAME + "-plug", uuid=UUID, cpu="", extra=PLUG_ACPI,
                 devices="<controller type='scsi' model='virtio-scsi'/>" + PLUG_NET.format(1, "") +
                 PLUG_CHANNEL.format("first") + PLUG_CD.format("cdrom", "sda", "scsi"))
    text = text.replace("<vcpu>1</vcpu>", "<vcpu current='2'>4</vcpu>")
    try:
        d.virsh("define", d.file(text))
        d.virsh("start", NAME + "-plug", "--paused")
        return ask(lambda verb, *args: answer(d, verb, NAME + "-plug", *[
            d.file(a, "device.xml") if a.startswith("<") else a for a in args]))
    finally:
        d.try_virsh("destroy", NAME + "-plug")
        d.try_virsh("undefine", NAME + "-plug")


def ask_plug_places(d):
    def ask(tell):
        said = [tell("attach-device", xml, "--live")[0] for xml in (
            PLUG_NET.format(2, ""), PLUG_RNG, PLUG_CHANNEL.format("second"),
            PLUG_NET.format(3, "<link state='down'/>"), "<controller type='scsi' model='virtio-scsi'/>")]
        found = harness.xml.fromstring(d.virsh("dumpxml", NAME + "-plug")).find("devices")
        return said, [(node.tag, node.find("alias").get("name"), [sorted(a.attrib.items()) for a in node.findall("address")])
                      for node in found if node.find("alias") is not None]
    return plugged(d, ask)


def ask_plug_refused_live(d):
    return plugged(d, lambda tell: [tell("attach-device", xml, "--live") for xml in (
        "<memballoon model='virtio'/>", "<graphics type='vnc'/>", "<controller type='usb' model='qemu-xhci'/>",
        "<input type='keyboard' bus='ps2'/>", PLUG_CHANNEL.format("first"), "<bogus/>",
        "<controller type='scsi' index='0' model='virtio-scsi'/>")])


def ask_plug_refused_config(d):
    return plugged(d, lambda tell: [tell("attach-device", xml, "--config") for xml in (
        "<memballoon model='virtio'/>", "<graphics type='vnc'/>", PLUG_CD.format("cdrom", "sda", "scsi"),
        "<controller type='scsi' index='0' model='virtio-scsi'/>")])


def ask_unplug_refused(d):
    return plugged(d, lambda tell: [tell("detach-device", xml, where) for where in ("--live", "--config") for xml in (
        "<memballoon model='virtio'/>", "<graphics type='vnc'/>", PLUG_CD.format("cdrom", "sdz", "scsi"),
        PLUG_NET.format(9, ""), "<controller type='scsi' index='7'/>")])


def ask_update_refused(d):
    return plugged(d, lambda tell: [tell("update-device", xml, where) for where in ("--live", "--config") for xml in (
        PLUG_RNG, PLUG_CD.format("cdrom", "sdz", "scsi"), PLUG_NET.format(9, ""))])


def ask_vcpu_changes(d):
    return plugged(d, lambda tell: [tell(*words) for words in (
        ("setvcpus", "5", "--live"), ("setvcpus", "5", "--config"), ("setvcpus", "3", "--live", "--config"),
        ("vcpucount",), ("setvcpus", "1", "--live"), ("setvcpus", "2", "--guest"),
        ("setvcpus", "8", "--maximum", "--config"), ("vcpucount",), ("setvcpus", "1", "--maximum", "--config"),
        ("vcpucount",))])


def ask_memory_changes(d):
    return plugged(d, lambda tell: [tell(*words) for words in (
        ("setmem", "64M", "--live"), ("setmem", "64M", "--config"), ("setmem", "16M", "--config"),
        ("setmaxmem", "64M", "--live"), ("setmaxmem", "8M", "--config"))])


def ask_pins(d):
    return plugged(d, lambda tell: [tell(*words) for words in (
        ("vcpupin", "7", "0", "--live"), ("vcpupin", "7", "0", "--config"), ("vcpupin", "3", "0", "--config"),
        ("vcpupin", "3", "--config"), ("emulatorpin", "0", "--config"), ("emulatorpin", "--config"),
        ("iothreadadd", "2", "--live", "--config"), ("iothreadadd", "2", "--live"), ("iothreadinfo", "--config"),
        ("iothreadpin", "9", "0", "--live"), ("iothreaddel", "7", "--live"), ("iothreaddel", "2", "--live", "--config"))])


def ask_what_takes_cgroups(d):
    return plugged(d, lambda tell: [tell(*words) for words in (
        ("schedinfo",), ("memtune", "--hard-limit", "100000", "--live"), ("numatune",),
        ("numatune", "--nodeset", "0", "--live"), ("domiftune", "vnet0"), ("domiftune", "52:54:00:00:00:01"),
        ("domiftune", "52:54:00:00:00:01", "--inbound", "100"))])


def ask_define_malformed(d):
    return refusal(d, "<domain><name>x</domain>")


def ask_define_wrong_root(d):
    return refusal(d, "<pool/>")


def ask_define_no_name(d):
    return refusal(d, guest(NAME).replace(f"<name>{NAME}</name>", ""))


def ask_define_unknown_mode(d):
    return refusal(d, guest(NAME, cpu="<cpu mode='dream'/>"))


def ask_define_unknown_policy(d):
    return refusal(d, guest(NAME, cpu=CPU.format("exact", "qemu64", "<feature policy='maybe' name='aes'/>")))


def ask_define_feature_twice(d):
    return refusal(d, guest(NAME, cpu=CPU.format("exact", "qemu64",
                                                 "<feature policy='require' name='aes'/>" * 2)))


def ask_define_model_of_passthrough(d):
    return with_guest(d, lambda: "defined", kind="kvm",
                      cpu="<cpu mode='host-passthrough'><model>Penryn</model></cpu>")


def ask_define_more_current_memory(d):
    return with_guest(d, lambda: "defined", extra="<currentMemory unit='MiB'>64</currentMemory>")


def ask_define_unknown_element(d):
    return with_guest(d, lambda: "defined", extra="<nonsense/>")


def ask_define_hyperv_without_state(d):
    return with_guest(d, lambda: "defined",
                      extra="<features><hyperv><relaxed/></hyperv></features>")


def ask_define_duplicate_name(d):
    return with_guest(d, lambda: refusal(d, guest(NAME, uuid="6f1f7a3e-0d2c-4a5b-9f57-3a8d0c5be212")))


def ask_define_duplicate_uuid(d):
    return with_guest(d, lambda: refusal(d, guest(NAME + "2", uuid=UUID)))


def ask_lookup_of_nobody(d):
    return [answer(d, "dominfo", name) for name in ("no-such-domain", "4711", UUID)]


def accepted():
    """Names in the first column of the table."""
    with open(TABLE, encoding="utf-8") as file:
        cells = [line.split("|")[1].strip() for line in file if line.startswith("|")]
    return {cell.strip("`") for cell in cells if cell != "call" and not re.fullmatch(r"-+", cell)}


PEER_GONE = "failed to connect to the hypervisor"  # no answer to be different from


def make_test(question, rows, used):
    name = question.__name__

    def test(daemons):
        ours, theirs = question(daemons[0]), question(daemons[1])
        if ours == theirs:
            return
        if name in rows and PEER_GONE not in repr(theirs):
            used.add(name)
            tap.comment(f"accepted difference: {name}")
            return
        raise AssertionError(f"libvirtd: {theirs!r}\nvirtcpud: {ours!r}")
    test.__name__ = name[len("ask_"):]
    return test


def start_peer():
    if not os.path.exists(os.path.join(PEERS, "start-libvirtd")):
        tap.skip_all("no peer folder beside this checkout")
    if os.geteuid() != 0:
        tap.skip_all("libvirtd needs root")
    subprocess.run([os.path.join(PEERS, "start-libvirtd")], check=True)


def main():
    harness.require_tools()
    start_peer()
    rows, used = accepted(), set()
    questions = [f for name, f in globals().items() if name.startswith("ask_")]
    wanted = sys.argv[1:]
    tests = [make_test(q, rows, used) for q in questions
             if not wanted or q.__name__[len("ask_"):] in wanted]
    daemons = (harness.Daemon(), Peer())
    try:
        daemons[0].start()

        def every_accepted_difference_is_asked_about(_):
            tap.equal(sorted(rows - {q.__name__ for q in questions}), [])
            for name in sorted(rows - used):  # it may take another CPU or more QEMUs than are here
                tap.comment(f"no difference on this machine: {name}")
        tap.run(tests, daemons, every_accepted_difference_is_asked_about)
    finally:
        daemons[0].clean_up()
        daemons[1].clean_up()


if __name__ == "__main__":
    main()
