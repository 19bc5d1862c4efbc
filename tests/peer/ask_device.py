# SPDX-License-Identifier: LGPL-2.1-or-later
"""Questions about devices: what is added to a definition, where things are put, and what becomes of a
running guest that is changed."""

import harness
from answers import NAME, UUID, answer, element
from guests import guest

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
