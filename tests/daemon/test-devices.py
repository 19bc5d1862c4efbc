#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Devices: each gets its place when it is defined, keeps it, and a real QEMU takes it there."""

import json
import os
import re

import harness
import tap
from guests import guest
from watcher import Watcher

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data")
FEATURES = "<features><acpi/></features>" \
    "<pm><suspend-to-mem enabled='no'/><suspend-to-disk enabled='no'/></pm>"
DISK = "<disk type='file' device='{}'><source file='{}'/><target dev='{}' bus='{}'/></disk>"
OTHERS = "<interface type='user'/><interface type='user'><model type='virtio'/></interface>" \
    "<interface type='user'><model type='e1000e'/></interface>" \
    "<console type='pty'/><console type='pty'><target type='virtio'/></console>" \
    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>" \
    "<input type='tablet' bus='usb'/><input type='keyboard' bus='virtio'><alias name='ua-keys'/></input>" \
    "<graphics type='vnc'/><video><model type='virtio'/></video><video><model type='bochs'/></video>" \
    "<watchdog model='i6300esb' action='poweroff'/>" \
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
COMPANIONS = "<controller type='usb' model='ich9-ehci1'/>" + "".join(
    f"<controller type='usb' model='ich9-uhci{n}'><master startport='{2 * n - 2}'/></controller>"
    for n in (1, 2, 3)) + "<input type='tablet' bus='usb'/>"
# Machine types of other architectures, what their guests can have, and whether a board boots without a disk.
FOREIGN = [("aarch64", "virt"), ("riscv64", "virt"), ("s390x", "s390-ccw-virtio")]


def image(daemon, name):
    path = os.path.join(daemon.root, name)
    with open(path, "wb") as file:
        file.truncate(1 << 20)
    return path


def disks(daemon):
    rows = [("disk", "vda", "virtio"), ("cdrom", "sdb", "sata"), ("disk", "sdc", "scsi"), ("disk", "sdd", "usb")]
    return "".join(DISK.format(device, image(daemon, target), target, bus) for device, target, bus in rows)


def document(name, devices, machine="pc", arch="x86_64"):
    text = guest(name, cpu="", extra=FEATURES if arch == "x86_64" else "", devices=devices)
    return text.replace("arch='x86_64' machine='pc'", f"arch='{arch}' machine='{machine}'")


def addresses(text):
    """Each device's element and what is in it, by its place; a device without one is left out."""
    found = harness.xml.fromstring(text).find("devices")
    return {harness.xml.tostring(node.find("address")): harness.xml.tostring(node).strip()
            for node in found if node.find("address") is not None}


def define(daemon, name, text):
    daemon.virsh("define", daemon.file(text, name + ".xml"))
    return daemon.virsh("dumpxml", name, "--inactive")


def check_fixed(daemon, name):
    """Whatever way it is printed, defining it again changes nothing."""
    inactive = daemon.virsh("dumpxml", name, "--inactive")
    harness.validate(inactive, ("domain.rng", "domain.rng"))
    for flags in (("--inactive",), ("--migratable",), ("--inactive", "--migratable"), ()):
        define(daemon, name, daemon.virsh("dumpxml", name, *flags))
        tap.equal(daemon.virsh("dumpxml", name, "--inactive"), inactive)
    return inactive


def check_life(daemon, name):
    """It starts; the live document has an alias for every device that has a place, and the same places."""
    inactive = check_fixed(daemon, name)
    daemon.virsh("start", name)
    live = daemon.virsh("dumpxml", name)
    harness.validate(live, ("domain.rng", "domain.rng"))
    tap.equal(sorted(addresses(live)), sorted(addresses(inactive)))
    found = harness.xml.fromstring(live).find("devices")
    tap.equal([node.tag for node in found
               if node.find("address") is not None and node.find("alias") is None], [])
    daemon.virsh("destroy", name)
    tap.equal(daemon.virsh("dumpxml", name, "--inactive"), inactive)
    daemon.virsh("undefine", name)


def test_every_device_on_pc(daemon):
    define(daemon, "all-pc", document("all-pc", disks(daemon) + OTHERS))
    check_life(daemon, "all-pc")


def test_every_device_on_q35(daemon):
    text = define(daemon, "all-q35", document("all-q35", disks(daemon) + OTHERS, "q35"))
    tap.contains(text, "machine='pc-q35-", "model='pcie-to-pci-bridge'", "<alias name='ua-keys'/>")
    check_life(daemon, "all-q35")


def test_usb_companions(daemon):
    for machine in ("pc", "q35"):
        define(daemon, "companions", document("companions", COMPANIONS, machine))
        check_life(daemon, "companions")


def test_other_architectures(daemon):
    devices = DISK.format("disk", image(daemon, "a"), "vda", "virtio") + \
        DISK.format("cdrom", image(daemon, "b"), "sda", "scsi") + \
        "<interface type='user'><model type='virtio'/></interface><console type='pty'/>" \
        "<channel type='null'><target type='virtio' name='a'/></channel>"
    asked = 0
    for arch, machine in FOREIGN:
        if not os.path.exists(f"/usr/bin/qemu-system-{arch}"):
            continue
        define(daemon, arch, document(arch, devices, machine, arch))
        text = check_fixed(daemon, arch)
        tap.contains(text, "type='ccw'" if arch == "s390x" else "model='pcie-root-port'")
        daemon.virsh("start", arch, "--paused")
        daemon.virsh("destroy", arch)
        daemon.virsh("undefine", arch)
        asked += 1
    tap.comment(f"{asked} of {len(FOREIGN)} architectures have a QEMU here")


def test_virtio_mmio(daemon):
    if not os.path.exists("/usr/bin/qemu-system-aarch64"):
        tap.comment("no qemu-system-aarch64")
        return
    devices = "<interface type='user'><model type='virtio'/><address type='virtio-mmio'/></interface>"
    text = define(daemon, "mmio", document("mmio", devices, "virt", "aarch64"))
    tap.contains(text, "<address type='virtio-mmio'/>")
    daemon.virsh("start", "mmio", "--paused")
    daemon.virsh("destroy", "mmio")
    daemon.virsh("undefine", "mmio")


def test_adding_and_removing_moves_nothing(daemon):
    before = define(daemon, "grows", document("grows", disks(daemon) + OTHERS, "q35"))
    more = before.replace("</devices>", "<interface type='user'><model type='virtio'/></interface></devices>")
    after = define(daemon, "grows", more)
    tap.equal({k: v for k, v in addresses(after).items() if k in addresses(before)}, addresses(before))
    tap.equal(len(addresses(after)) > len(addresses(before)), True)
    less = re.sub(r"<watchdog.*?</watchdog>", "", after, flags=re.S)
    gone = define(daemon, "grows", less)
    tap.equal(len(addresses(after)) - len(addresses(gone)), 1)
    tap.equal(set(addresses(gone).items()) <= set(addresses(after).items()), True)
    daemon.virsh("undefine", "grows")


def test_impossible_places_are_refused(daemon):
    net = "<interface type='user'><address type='pci' slot='{}'/></interface>"
    said = daemon.refused("define", daemon.file(document("bad", net.format("0x4") + "\n" + net.format("0x4"))))
    tap.contains(said, "Attempted double use of PCI Address 0000:00:04.0", "interface (line")
    said = daemon.refused("define", daemon.file(document("bad", net.format("0x20"))))
    tap.contains(said, "'slot'", "0x20", "line")
    said = daemon.refused("define", daemon.file(document("bad", "<sound model='ich9'/>")))
    tap.contains(said, "element 'sound' in 'devices'", "not supported")
    tap.equal(daemon.virsh("list", "--all", "--name").split(), [])


def test_passed_through(daemon):
    text = document("passed", "").replace(
        "<domain type='qemu'>",
        "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>").replace(
        "</domain>", "<qemu:commandline><qemu:arg value='-device'/><qemu:arg value='isa-debug-exit'/>"
        "<qemu:env name='PASSED' value='on'/></qemu:commandline></domain>")
    define(daemon, "passed", text)
    check_fixed(daemon, "passed")
    daemon.virsh("start", "passed")
    with open(daemon.root + "/log/qemu/passed.log", encoding="utf-8") as log:
        tap.contains(log.read(), "PASSED=on", "isa-debug-exit")
    daemon.virsh("destroy", "passed")
    daemon.virsh("undefine", "passed")


def test_documents_of_libvirt(daemon):
    """What libvirtd 9.0 printed is defined as it is, places and all; only the CPU model gets its version."""
    for name in ("libvirt-headless", "libvirt-pc", "libvirt-q35"):
        with open(os.path.join(DATA, "domain", name + ".xml"), encoding="utf-8") as file:
            text = file.read().rstrip()
        defined = define(daemon, name, text).rstrip()
        tap.equal(re.sub(r"-v\d+</model>", "</model>", defined), text)
        check_fixed(daemon, name)
        daemon.virsh("undefine", name)


def test_audio(daemon):
    define(daemon, "quiet", document("quiet", "<graphics type='vnc'/><audio id='3' type='none'/>"))
    check_fixed(daemon, "quiet")
    daemon.virsh("start", "quiet")
    with open(daemon.root + "/log/qemu/quiet.log", encoding="utf-8") as log:
        tap.contains(log.read(), '-audiodev \'{"id":"audio3","driver":"none"}\'', "audiodev=audio3")
    daemon.virsh("destroy", "quiet")
    daemon.virsh("undefine", "quiet")
    said = daemon.refused("define", daemon.file(document("loud", "<audio id='1' type='pulseaudio'/>")))
    tap.contains(said, "'type'", "'audio'", "pulseaudio", "not supported")


def backed(name, memory, after=""):
    return document(name, "").replace("<vcpu>", f"<memoryBacking>{memory}</memoryBacking>{after}<vcpu>", 1)


def qom_get(daemon, name, path, member):
    command = json.dumps({"execute": "qom-get", "arguments": {"path": path, "property": member}})
    return json.loads(daemon.virsh("qemu-monitor-command", name, command))["return"]


def test_memory(daemon):
    tune = "<numatune><memory mode='strict' nodeset='0'/></numatune>"
    define(daemon, "memory", backed("memory", "<source type='memfd'/><access mode='shared'/>"
                                    "<allocation mode='immediate'/><nosharepages/>", tune))
    check_fixed(daemon, "memory")
    daemon.virsh("start", "memory")
    for member, value in (("share", True), ("prealloc", True), ("merge", False), ("host-nodes", [0]),
                          ("policy", "bind"), ("type", "memory-backend-memfd")):
        tap.equal(qom_get(daemon, "memory", "/objects/pc.ram", member), value)
    daemon.virsh("destroy", "memory")
    define(daemon, "memory", backed("memory", "<source type='file'/>"))
    daemon.virsh("start", "memory")
    tap.equal(qom_get(daemon, "memory", "/objects/pc.ram", "type"), "memory-backend-file")
    daemon.virsh("destroy", "memory")
    # pages of a size that no x86 has: QEMU says so before the guest is let run
    define(daemon, "memory", backed("memory", "<hugepages><page size='64' unit='KiB'/></hugepages>"))
    tap.contains(daemon.refused("start", "memory"), "memfd")
    daemon.virsh("undefine", "memory")


def test_sandbox(daemon):
    define(daemon, "boxed", document("boxed", ""))
    daemon.virsh("start", "boxed")
    with open(daemon.root + "/log/qemu/boxed.log", encoding="utf-8") as log:
        tap.contains(log.read(), "-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")
    for pid in daemon.children():
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            tap.contains(status.read(), "Seccomp:\t2\n")
    daemon.virsh("destroy", "boxed")
    daemon.virsh("undefine", "boxed")



MISSING = "<disk type='file' device='{}'><source file='{}' startupPolicy='{}'/><target dev='{}' bus='{}'/></disk>"


def test_media_that_need_not_be_there(daemon):
    os.chmod(daemon.root, 0o711)
    gone, ejected = daemon.root + "/gone.img", daemon.root + "/ejected.img"
    for policy, says in (("requisite", "allowed only for cdrom"), ("perhaps", "'perhaps'"), ("", "startupPolicy")):
        text = guest("bare", devices=MISSING.format("disk", gone, policy, "vda", "virtio"))
        tap.contains(daemon.refused("define", daemon.file(text)), says)
    for device, policy, target, bus in (("disk", "mandatory", "vda", "virtio"), ("cdrom", "requisite", "hdc", "ide")):
        daemon.virsh("define", daemon.file(guest("bare", devices=MISSING.format(device, gone, policy, target, bus))))
        tap.contains(daemon.refused("start", "bare"), gone)
    kept = DISK.format("disk", image(daemon, "kept.img"), "vdc", "virtio")
    daemon.virsh("define", daemon.file(guest("bare", devices=(
        MISSING.format("disk", gone, "optional", "vda", "virtio") + kept +
        MISSING.format("cdrom", ejected, "optional", "hdc", "ide")))))
    watcher = Watcher(daemon, "--all")
    daemon.virsh("start", "bare")
    said = watcher.until("'lifecycle' for domain 'bare': Started")
    tap.equal(said[:2], [f"disk-change bare disk ide0-1-0: {ejected} -> <null>: changed",
                         f"disk-change bare disk virtio-disk0: {gone} -> <null>: dropped"])
    shown = daemon.tree("dumpxml", "bare")
    tap.equal([(node.find("target").get("dev"), node.find("source") is None) for node in shown.findall("devices/disk")],
              [("vdc", False), ("hdc", True)])
    document = daemon.virsh("dumpxml", "bare", "--inactive")
    tap.equal(document.count("startupPolicy='optional'"), 2)
    image(daemon, "gone.img")
    daemon.virsh("destroy", "bare")
    daemon.virsh("start", "bare")
    tap.contains(daemon.virsh("domblklist", "bare"), gone)
    daemon.virsh("destroy", "bare")
    daemon.virsh("undefine", "bare")
    harness.validate(document, ("domain.rng", "domain.rng"))


if __name__ == "__main__":
    harness.main(globals())
