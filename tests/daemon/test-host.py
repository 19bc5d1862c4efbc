#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What virtcpud says about this machine and its QEMUs."""

import glob
import os
import platform
import re
import socket
import subprocess

import harness
import tap

# Targets that libvirt has no architecture name for, so that no <guest> can tell of them.
NAMELESS = {"avr", "nios2", "rx", "tricore"}
MODES = ["host-passthrough", "maximum", "host-model", "custom"]


def cpuinfo(key):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(rf"^{key}\s*:\s*(.*)$", file.read(), re.M)
    return found.group(1) if found else None


def binaries():
    # qemu-system-x86_64-microvm and the like are special builds that libvirt does not look for
    return sorted(p for p in glob.glob("/usr/bin/qemu-system-*")
                  if os.access(p, os.X_OK) and "-" not in target(p) and target(p) not in NAMELESS)


def target(path):
    return os.path.basename(path)[len("qemu-system-"):]


def test_version(daemon):
    said = subprocess.run([harness.QEMU, "--version"], capture_output=True, check=True).stdout.decode()
    qemu = re.search(r"version (\d+\.\d+\.\d+)", said).group(1)
    tap.contains(daemon.virsh("version"), f"Running hypervisor: QEMU {qemu}", "Using API: QEMU")


def test_uri_and_hostname(daemon):
    tap.equal(daemon.virsh("uri"), daemon.uri())
    tap.equal(daemon.virsh("hostname"), socket.gethostname())


def test_nodeinfo(daemon):
    said = daemon.virsh("nodeinfo")
    number = {key: int(value) for key, value in re.findall(r"^(.*?):\s+(\d+)", said, re.M)}
    tap.equal(number["CPU(s)"], os.sysconf("SC_NPROCESSORS_ONLN"))
    with open("/proc/meminfo", encoding="ascii") as file:
        total = int(re.search(r"MemTotal:\s+(\d+)", file.read()).group(1))
    tap.equal(abs(number["Memory size"] - total) < total // 20, True)
    tap.contains(said, platform.machine())


def test_node_statistics(daemon):
    times = dict(line.split(":") for line in daemon.virsh("nodecpustats").splitlines())
    tap.equal(list(times), ["user", "system", "idle", "iowait"])
    tap.equal(int(times["idle"]) > 0, True)
    tap.contains(daemon.virsh("nodecpustats", "0"), "iowait")
    tap.contains(daemon.refused("nodecpustats", "99999"), "Invalid cpuNum")
    memory = {line.split(":")[0].strip(): line.split(":")[1] for line in
              daemon.virsh("nodememstats").splitlines()}
    tap.equal(list(memory), ["total", "free", "buffers", "cached"])
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        tap.equal(memory["total"].split()[0], meminfo.readline().split()[1])
    tap.equal(len(daemon.virsh("nodememstats", "0").splitlines()), 2)
    tap.contains(daemon.refused("nodememstats", "99"), "NUMA cell 99")


def test_capabilities_host(daemon):
    document = daemon.virsh("capabilities")
    harness.validate(document, ("capability.rng", "capabilities.rng"))
    cpu = harness.xml.fromstring(document).find("host/cpu")
    tap.equal(cpu.findtext("arch"), platform.machine())
    tap.equal(cpu.findtext("vendor"), {"GenuineIntel": "Intel", "AuthenticAMD": "AMD"}.get(
        cpuinfo("vendor_id"), cpu.findtext("vendor")))
    signature = cpu.find("signature")
    tap.equal([signature.get("family"), signature.get("model"), signature.get("stepping")],
              [cpuinfo("cpu family"), cpuinfo("model"), cpuinfo("stepping")])
    if cpuinfo("microcode"):
        tap.equal(int(cpu.find("microcode").get("version")), int(cpuinfo("microcode"), 16))
    flags = set(cpuinfo("flags").split())
    features = {f.get("name") for f in cpu.findall("feature")}
    # What the kernel shows under the same name and does not mask must be in neither list alone.
    for name in ("vmx", "hypervisor", "avx512f", "md_clear", "sha_ni"):
        libvirt = name.replace("_", "-")
        if libvirt in features and name in ("vmx", "hypervisor"):
            tap.contains(flags, name)


def test_capabilities_host_cells(daemon):
    cells = daemon.tree("capabilities").findall("host/topology/cells/cell")
    cpus = [int(c.get("id")) for cell in cells for c in cell.findall("cpus/cpu")]
    tap.equal(len(cpus), len(set(cpus)))
    tap.equal(len(cpus) >= os.sysconf("SC_NPROCESSORS_ONLN"), True)
    tap.equal(len(cells), max(1, len(glob.glob("/sys/devices/system/node/node[0-9]*"))))


def test_capabilities_guests(daemon):
    guests = daemon.tree("capabilities").findall("guest")
    emulators = {g.findtext("arch/emulator") for g in guests}
    missing = [b for b in binaries()
               if os.path.realpath(b) not in {os.path.realpath(e) for e in emulators}]
    tap.equal(missing, [])
    x86 = next(g for g in guests if g.find("arch").get("name") == "x86_64").find("arch")
    machines = {m.text: m for m in x86.findall("machine")}
    tap.equal(machines["pc"].get("canonical").startswith("pc-i440fx-"), True)
    tap.equal(machines["q35"].get("canonical").startswith("pc-q35-"), True)
    tap.equal(int(machines["q35"].get("maxCpus")) >= 255, True)
    tap.contains([d.get("type") for d in x86.findall("domain")], "qemu")


def test_domcapabilities(daemon):
    document = daemon.virsh("domcapabilities", "--virttype", "qemu", "--arch", "x86_64")
    harness.validate(document, ("domaincaps.rng", "domaincaps.rng"))
    caps = harness.xml.fromstring(document)
    tap.equal(caps.findtext("domain"), "qemu")
    tap.equal(int(caps.find("vcpu").get("max")) >= 255, True)
    tap.equal([m.get("name") for m in caps.findall("cpu/mode")], MODES)
    tap.equal([m.get("supported") for m in caps.findall("cpu/mode")][1:], ["yes"] * 3)
    models = {m.text: m for m in caps.findall("cpu/mode[@name='custom']/model")}
    tap.equal(models["Westmere"].get("usable"), "yes")
    tap.equal(models["Skylake-Server"].get("usable"), "no")
    blockers = caps.find("cpu/mode[@name='custom']/blockers[@model='Skylake-Server']")
    tap.contains([f.get("name") for f in blockers], "avx512f")


def test_domcapabilities_choices(daemon):
    caps = daemon.tree("domcapabilities", "--virttype", "qemu", "--emulatorbin", harness.QEMU,
                       "--machine", "q35")
    tap.equal(caps.findtext("path"), harness.QEMU)
    tap.equal(caps.findtext("machine").startswith("pc-q35-"), True)
    if os.path.exists("/usr/bin/qemu-system-i386"):
        tap.equal(daemon.tree("domcapabilities", "--virttype", "qemu", "--arch", "i686")
                  .findtext("arch"), "i686")


def test_domcapabilities_refusals(daemon):
    for arguments, words in (
            (("--arch", "pdp11"), "pdp11"),
            (("--virttype", "xen"), "xen"),
            (("--machine", "nosuch"), "nosuch"),
            (("--emulatorbin", "/no/such/qemu"), "/no/such/qemu"),
            (("--emulatorbin", "/bin/true"), "/bin/true")):
        tap.contains(daemon.refused("domcapabilities", *arguments), words)


def test_kvm(daemon):
    types = [d.get("type") for d in daemon.tree("capabilities").findall("guest/arch[@name='x86_64']/domain")]
    if not harness.kvm.usable():
        raise tap.Skip("no usable /dev/kvm here")
    tap.contains(types, "kvm")
    caps = daemon.tree("domcapabilities", "--virttype", "kvm")
    tap.equal(caps.find("cpu/mode[@name='host-passthrough']").get("supported"), "yes")


if __name__ == "__main__":
    harness.main(globals())
