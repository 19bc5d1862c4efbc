#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running guest and its definition changed: devices, media, links, vCPUs, memory, threads."""

import json
import os
import shutil
import signal
import subprocess
import time

import harness
import tap
from guests import guest

NAME = "plug"
MAC = "52:54:00:11:22:33"
DISK = "<disk type='file' device='{}'>{}{}<target dev='{}' bus='{}'/></disk>"
NET = "<interface type='user'><mac address='{}'/><model type='virtio'/>{}</interface>"
RNG = "<rng model='virtio'><backend model='random'>{}</backend></rng>"
CHANNEL = "<channel type='unix'><target type='virtio' name='{}'/></channel>"
FEATURES = "<features><acpi/></features>"


def image(daemon, name):
    """Where a QEMU of another user can reach it."""
    os.chmod(daemon.root, 0o711)
    path = os.path.join(daemon.root, name + ".img")
    if not os.path.exists(path):
        with open(path, "wb") as file:
            file.truncate(1 << 20)
    return path


def disk(daemon, name, target, bus, device="disk", driver=""):
    source = f"<source file='{image(daemon, name)}'/>" if name else ""
    return DISK.format(device, driver, source, target, bus)


def start(daemon, machine="pc", extra="", devices="", vcpus="<vcpu current='2'>4</vcpu>", name=NAME):
    """A paused guest, for which QEMU answers alone; an earlier test's that failed does not stay in the way."""
    daemon.try_virsh("destroy", name)
    text = guest(name, cpu="", extra=FEATURES + extra, devices=NET.format(MAC, "") + devices)
    text = text.replace("machine='pc'", f"machine='{machine}'").replace("<vcpu>1</vcpu>", vcpus)
    daemon.virsh("define", daemon.file(text, name + ".xml"))
    daemon.virsh("start", name, "--paused")


def end(daemon, name=NAME):
    daemon.try_virsh("destroy", name)
    daemon.virsh("undefine", name)


def change(daemon, verb, text, *flags, name=NAME):
    return daemon.virsh(f"{verb}-device", name, daemon.file(text, "device.xml"), *flags)


def refuse(daemon, verb, text, *flags, words=(), name=NAME):
    said = daemon.refused(f"{verb}-device", name, daemon.file(text, "device.xml"), *flags)
    tap.contains(said, *words)
    return said


def live(daemon, name=NAME):
    text = daemon.virsh("dumpxml", name)
    harness.validate(text, ("domain.rng", "domain.rng"))
    return text


def config(daemon, name=NAME):
    return daemon.virsh("dumpxml", name, "--inactive")


def find(text, path):
    return harness.xml.fromstring(text).find("devices/" + path)


def aliases(text):
    return [n.get("name") for n in harness.xml.fromstring(text).findall("devices/*/alias")]


def places(text):
    """What every device is, by its place."""
    return {harness.xml.tostring(n.find("address")).strip(): n.tag
            for n in harness.xml.fromstring(text).find("devices") if n.find("address") is not None}


def monitor(daemon, command, name=NAME, **arguments):
    asked = {"execute": command, **({"arguments": arguments} if arguments else {})}
    return json.loads(daemon.virsh("qemu-monitor-command", name, json.dumps(asked)))


def peripherals(daemon, name=NAME):
    return {row["name"] for row in monitor(daemon, "qom-list", name, path="/machine/peripheral")["return"]}


def nodes(daemon, name=NAME):
    return {row["node-name"] for row in monitor(daemon, "query-named-block-nodes", name)["return"]}


def restart(daemon):
    daemon.kill()
    daemon.start()


def test_every_kind_of_device_is_plugged(daemon):
    start(daemon, devices=CHANNEL.format("first"))
    before = places(live(daemon))
    added = [(disk(daemon, "b", "vdb", "virtio"), "virtio-disk1"),
             (disk(daemon, "c", "sda", "scsi"), "scsi0-0-0-0"),
             (disk(daemon, "d", "sdb", "usb"), "usb-disk1"),
             (disk(daemon, "", "sdc", "scsi", "cdrom"), "scsi0-0-0-2"),
             (NET.format("52:54:00:00:00:01", "<link state='down'/>"), "net1"),
             (RNG.format("/dev/urandom"), "rng0"),
             ("<controller type='scsi' model='virtio-scsi'/>", "scsi1"),
             (CHANNEL.format("second"), "channel1"),
             ("<console type='pty'><target type='virtio'/></console>", "console0"),
             ("<input type='tablet' bus='usb'/>", "input2"),
             (disk(daemon, "f", "vdf", "virtio").replace("</disk>", "<alias name='ua-mine'/></disk>"), "ua-mine")]
    for text, alias in added:
        change(daemon, "attach", text, "--live")
        tap.contains(aliases(live(daemon)), alias)
        tap.contains(peripherals(daemon), alias)
    after = live(daemon)
    tap.equal({k: v for k, v in places(after).items() if k in before}, before)
    tap.equal(config(daemon).count("<disk"), 0)
    tap.equal([t.get("dev") for t in harness.xml.fromstring(after).findall("devices/disk/target")],
              ["vdb", "vdf", "sda", "sdc", "sdb"])
    tap.contains(find(after, "console/source").get("path"), "/dev/pts/")
    tap.equal(find(after, "interface[2]/link").get("state"), "down")
    restart(daemon)
    tap.equal(live(daemon), after)
    end(daemon)


def test_both_definitions_get_it_at_one_place(daemon):
    start(daemon)
    change(daemon, "attach", disk(daemon, "b", "vdb", "virtio"), "--live", "--config")
    change(daemon, "attach", "<interface type='user'><model type='virtio'/></interface>", "--live", "--config")
    for path in ("disk/address", "interface[2]/address", "interface[2]/mac"):
        tap.equal(find(live(daemon), path).attrib, find(config(daemon), path).attrib)
    tap.equal("<alias" in config(daemon), False)
    change(daemon, "attach", RNG.format("/dev/random"), "--config")
    tap.equal((live(daemon).count("<rng"), config(daemon).count("<rng")), (0, 1))
    # the rng's place in the definition is not one of the running guest's
    change(daemon, "attach", disk(daemon, "c", "vdc", "virtio"), "--live", "--config")
    tap.equal(len(places(config(daemon))), len(harness.xml.fromstring(config(daemon)).findall("devices/*/address")))
    restart(daemon)
    tap.equal((live(daemon).count("<disk"), config(daemon).count("<disk")), (2, 2))
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME)
    end(daemon)


def test_what_cannot_be_plugged_says_so(daemon):
    start(daemon, devices=disk(daemon, "a", "vda", "virtio") + CHANNEL.format("first"))
    rows = [("<watchdog model='i6300esb'/>", "Operation not supported: live attach of device 'watchdog' is not supported"),
            ("<memballoon model='virtio'/>", "Operation not supported: live attach of device 'memballoon'"),
            ("<graphics type='vnc'/>", "Operation not supported: live attach of device 'graphics'"),
            ("<serial type='pty'/>", "Operation not supported: live attach of device 'chr'"),
            ("<memory model='dimm'><target><size unit='MiB'>64</size></target></memory>",
             "unsupported configuration: devices of element 'memory' are not supported"),
            ("<bogus/>", "unsupported configuration: unknown device type 'bogus'"),
            ("<controller type='usb' model='qemu-xhci'/>", "Operation not supported: 'usb' controller cannot be hot plugged."),
            ("<controller type='pci' model='pci-bridge'/>", "Operation not supported: 'pci' controller"),
            ("<input type='keyboard' bus='ps2'/>", "input device on bus 'ps2' cannot be hot plugged."),
            (disk(daemon, "b", "hda", "ide"), "disk bus 'ide' cannot be hotplugged."),
            (disk(daemon, "b", "vda", "virtio"), "XML error: target 'vda' duplicated"),
            (disk(daemon, "b", "vdb", "virtio", driver="<driver name='qemu' iothread='1'/>"), "Disk iothread '1' not defined"),
            (CHANNEL.format("first"), "Requested operation is not valid: chardev already exists"),
            (NET.format("52:54:00:00:00:02", "<address type='pci' slot='0x1f' bus='0x7'/>"), "cannot be hot plugged; add <controller"),
            (RNG.format("/dev/random").replace("</rng>", "<address type='pci' slot='0x02'/></rng>"), "Attempted double use"),
            ("<disk", "Couldn't find end of Start Tag disk")]
    before, config_before = live(daemon), config(daemon)
    for text, words in rows:
        refuse(daemon, "attach", text, "--live", words=[words])
    tap.equal((live(daemon), config(daemon)), (before, config_before))
    refuse(daemon, "attach", disk(daemon, "b", "vda", "virtio"), "--config", words=["target vda already exists"])
    refuse(daemon, "attach", "<memballoon model='virtio'/>", "--config", words=["persistent attach of device 'memballoon'"])
    refuse(daemon, "detach", disk(daemon, "b", "vdz", "virtio"), "--live", words=["device not found: disk vdz not found"])
    refuse(daemon, "detach", disk(daemon, "b", "vdz", "virtio"), "--config", words=["device not found: no target device vdz"])
    refuse(daemon, "detach", NET.format("52:54:00:00:00:09", ""), words=["device not found: no device found"])
    refuse(daemon, "detach", "<controller type='usb' index='0'/>", words=["'usb' controller cannot be hot unplugged."])
    tap.contains(daemon.refused("detach-device-alias", NAME, "nosuch"), "no device found with alias nosuch")
    refuse(daemon, "update", disk(daemon, "b", "vda", "virtio"), words=["disk source can be changed only in removable drives"])
    refuse(daemon, "update", RNG.format("/dev/random"), words=["live update of device 'rng' is not supported"])
    tap.equal(live(daemon), before)
    end(daemon)
    refuse(daemon, "attach", RNG.format("/dev/random"), words=["failed to get domain"], name="nobody")


def test_flags_mean_what_libvirt_has_them_mean(daemon):
    daemon.virsh("define", daemon.file(guest("flags", cpu="")))
    refuse(daemon, "attach", RNG.format("/dev/random"), "--live", words=["domain is not running"], name="flags")
    refuse(daemon, "attach", RNG.format("/dev/random"), words=["domain is not running"], name="flags")
    change(daemon, "attach", RNG.format("/dev/random"), "--current", name="flags")
    tap.equal(config(daemon, "flags").count("<rng"), 1)
    daemon.virsh("undefine", "flags")
    daemon.virsh("create", daemon.file(guest("flags", cpu="", extra=FEATURES)), "--paused")
    refuse(daemon, "attach", RNG.format("/dev/random"), "--config", words=["transient domains do not have"], name="flags")
    change(daemon, "attach", RNG.format("/dev/random"), "--current", name="flags")
    tap.equal(live(daemon, "flags").count("<rng"), 1)
    said = daemon.try_virsh("attach-device", "flags", daemon.file(RNG.format("/x")), read_only=True)
    tap.contains(said.err, "operation forbidden")
    daemon.virsh("destroy", "flags")


def test_a_failed_step_is_undone(daemon):
    start(daemon, devices=disk(daemon, "a", "vda", "virtio"))
    before, config_before, known = live(daemon), config(daemon), nodes(daemon)
    refuse(daemon, "attach", DISK.format("disk", "", f"<source file='{daemon.root}/nosuch'/>", "vdb", "virtio"),
           "--live", "--config", words=["nosuch"])
    # its nodes are there when the device is refused
    first = disk(daemon, "b", "vdb", "virtio").replace("</disk>", "<boot order='1'/></disk>")
    refuse(daemon, "attach", first, "--live", words=["bootindex"])
    tap.equal((nodes(daemon), live(daemon), config(daemon)), (known, before, config_before))
    # a controller that came for a disk, and does not go without the guest, is shown
    refuse(daemon, "attach", disk(daemon, "b", "sda", "scsi").replace("</disk>", "<boot order='1'/></disk>"), "--live",
           words=["bootindex"])
    tap.equal(("scsi0" in peripherals(daemon), "<alias name='scsi0'/>" in live(daemon)), (True, True))
    tap.equal((nodes(daemon), config(daemon)), (known, config_before))
    change(daemon, "attach", disk(daemon, "b", "sdb", "scsi"), "--live")
    # a definition that cannot be written: the guest does not get it, either
    path = f"{daemon.root}/etc/qemu/{NAME}.xml.new"
    os.mkdir(path)
    refuse(daemon, "attach", RNG.format("/dev/random"), "--live", "--config", words=[path])
    os.rmdir(path)
    tap.equal("rng0" in peripherals(daemon) or "<rng" in live(daemon) + config(daemon), False)
    end(daemon)


def test_unplugging_without_the_guest(daemon):
    """USB devices, ports of a serial bus and drives of virtio-scsi need nobody's consent."""
    start(daemon, devices=disk(daemon, "c", "sda", "scsi") + CHANNEL.format("first"))
    change(daemon, "attach", disk(daemon, "d", "sdb", "usb"), "--live", "--config")
    before = nodes(daemon)
    began = time.monotonic()
    change(daemon, "detach", disk(daemon, "d", "sdb", "usb"), "--live", "--config")
    tap.equal(time.monotonic() - began < 4, True)
    tap.equal(("usb-disk1" in peripherals(daemon), "sdb" in live(daemon) + config(daemon)), (False, False))
    tap.equal(len(before - nodes(daemon)), 2)
    change(daemon, "attach", CHANNEL.format("go"), "--live")
    change(daemon, "detach", CHANNEL.format("go"), "--live")
    tap.equal("channel1" in peripherals(daemon) or "name='go'" in live(daemon), False)
    change(daemon, "attach", CHANNEL.format("again"), "--live")
    tap.contains(live(daemon), "<alias name='channel1'/>")
    daemon.virsh("detach-device-alias", NAME, "channel1")
    harness.wait_until(lambda: "name='again'" not in live(daemon), 10, "the channel is gone")
    change(daemon, "detach", disk(daemon, "c", "sda", "scsi"), "--live")
    tap.equal("scsi0-0-0-0" in peripherals(daemon), False)
    tap.contains(config(daemon), "sda")
    end(daemon)


def test_a_guest_that_does_not_answer(daemon):
    """Detaching returns after 5 s with the request pending, and what goes later goes from the document."""
    start(daemon)
    change(daemon, "attach", RNG.format("/dev/random"), "--live", "--config")
    began = time.monotonic()
    change(daemon, "detach", RNG.format("/dev/random"), "--live", "--config")
    tap.equal(4.5 < time.monotonic() - began < 9, True)
    tap.equal(("<rng" in live(daemon), "<rng" in config(daemon)), (True, False))
    # a reset makes QEMU take pending devices out
    monitor(daemon, "system_reset")
    harness.wait_until(lambda: "<rng" not in live(daemon), 20, "the device is gone")
    tap.equal("objrng0" in str(monitor(daemon, "qom-list", path="/objects")), False)
    # so it is when that happens while no daemon runs
    change(daemon, "attach", RNG.format("/dev/random"), "--live")
    daemon.virsh("detach-device-alias", NAME, "rng0")
    tap.contains(live(daemon), "<rng")
    monitor(daemon, "system_reset")
    restart(daemon)
    harness.wait_until(lambda: "<rng" not in live(daemon), 20, "a later daemon finds it gone")
    end(daemon)


def test_short_forms_of_virsh(daemon):
    """They send what the running guest's document says, aliases and all, for the definition, too."""
    start(daemon)
    daemon.virsh("attach-disk", NAME, image(daemon, "b"), "sda", "--targetbus", "scsi", "--serial", "abc", "--live", "--config")
    for text in (live(daemon), config(daemon)):
        tap.equal(find(text, "disk/serial").text, "abc")
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME, "--paused")
    daemon.virsh("detach-disk", NAME, "sda", "--live", "--config")
    tap.equal("<disk" in live(daemon) + config(daemon), False)
    daemon.virsh("detach-interface", NAME, "user", "--mac", MAC, "--config")
    tap.equal(("<interface" in live(daemon), "<interface" in config(daemon)), (True, False))
    end(daemon)


def test_arm_cannot_plug_vcpus(daemon):
    if not os.path.exists("/usr/bin/qemu-system-aarch64"):
        raise tap.Skip("no qemu-system-aarch64")
    text = guest(NAME, cpu="", devices="").replace("arch='x86_64' machine='pc'", "arch='aarch64' machine='virt'")
    daemon.virsh("define", daemon.file(text.replace("<vcpu>1</vcpu>", "<vcpu current='1'>2</vcpu>")))
    daemon.virsh("start", NAME, "--paused")
    tap.contains(daemon.refused("setvcpus", NAME, "2", "--live"), "Operation not supported: machine type 'virt-",
                 "cannot plug vCPUs")
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "1")
    end(daemon)


def test_media(daemon):
    start(daemon, devices=disk(daemon, "", "hda", "ide", "cdrom"))
    daemon.virsh("change-media", NAME, "hda", image(daemon, "one"), "--insert")
    daemon.virsh("change-media", NAME, "hda", image(daemon, "two"), "--update", "--live", "--config", "--force")
    for text in (live(daemon), config(daemon)):
        tap.equal(find(text, "disk/source").get("file"), image(daemon, "two"))
    tap.equal(len([n for n in nodes(daemon) if n.startswith("libvirt-")]), 2)
    before = live(daemon)
    tap.contains(daemon.refused("change-media", NAME, "hda", daemon.root + "/nosuch", "--update"), "nosuch")
    tap.equal(live(daemon), before)
    restart(daemon)
    daemon.virsh("change-media", NAME, "hda", "--eject")
    tap.equal((find(live(daemon), "disk/source"), [n for n in nodes(daemon) if n.startswith("libvirt-")]), (None, []))
    tap.equal(find(config(daemon), "disk/source").get("file"), image(daemon, "two"))
    refuse(daemon, "update", disk(daemon, "one", "hda", "ide", "cdrom", "<driver name='qemu' cache='none'/>"),
           words=["cannot modify field 'cache'"])
    end(daemon)


def test_links(daemon):
    start(daemon)
    tap.equal(daemon.virsh("domif-getlink", NAME, MAC).split()[-1], "up")
    daemon.virsh("domif-setlink", NAME, MAC, "down")
    daemon.virsh("domif-setlink", NAME, MAC, "down", "--config")
    for text in (live(daemon), config(daemon)):
        tap.equal(find(text, "interface/link").get("state"), "down")
    hmp = daemon.virsh("qemu-monitor-command", NAME, "--hmp", "info network")
    tap.contains(hmp, MAC)
    refuse(daemon, "update", NET.format(MAC, "").replace("'virtio'", "'e1000'"),
           words=["cannot modify network device model from virtio to e1000"])
    refuse(daemon, "update", NET.format("52:54:00:00:00:07", ""), words=["no device found"])
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME, "--paused")
    tap.equal(find(live(daemon), "interface/link").get("state"), "down")
    daemon.virsh("domif-setlink", NAME, MAC, "up")
    tap.equal(find(live(daemon), "interface/link").get("state"), "up")
    end(daemon)


def test_bridges(daemon):
    if os.getuid() != 0 or not shutil.which("ip") or subprocess.run(["ip", "link", "add", "vcplug0", "type", "bridge"],
                                          capture_output=True, check=False).returncode != 0:
        raise tap.Skip("no bridge can be made here")
    subprocess.run(["ip", "link", "add", "vcplug1", "type", "bridge"], check=True)
    try:
        start(daemon)
        before = set(os.listdir("/sys/class/net"))
        nic = "<interface type='bridge'><mac address='52:54:00:00:00:07'/><source bridge='{}'/><model type='virtio'/></interface>"
        refuse(daemon, "attach", nic.format("nosuch"), "--live", words=["bridge 'nosuch'"])
        tap.equal(set(os.listdir("/sys/class/net")), before)
        change(daemon, "attach", nic.format("vcplug0"), "--live", "--config")
        tap_device = find(live(daemon), "interface[2]/target").get("dev")
        tap.contains(os.readlink(f"/sys/class/net/{tap_device}/master"), "vcplug0")
        tap.equal(find(config(daemon), "interface[2]/target"), None)
        change(daemon, "update", nic.format("vcplug1"), "--live")
        tap.contains(os.readlink(f"/sys/class/net/{tap_device}/master"), "vcplug1")
        refuse(daemon, "update", nic.format("nosuch"), "--live", words=["bridge 'nosuch'"])
        tap.contains(os.readlink(f"/sys/class/net/{tap_device}/master"), "vcplug1")
        daemon.virsh("detach-device-alias", NAME, "net1")
        monitor(daemon, "system_reset")
        harness.wait_until(lambda: not os.path.exists(f"/sys/class/net/{tap_device}"), 20, "the tap device is gone")
    finally:
        daemon.try_virsh("destroy", NAME)
        for bridge in ("vcplug0", "vcplug1"):
            subprocess.run(["ip", "link", "del", bridge], check=False)
    end(daemon)


def test_vcpus_under_kvm(daemon):
    daemon.try_virsh("destroy", NAME)
    text = guest(NAME, cpu="<cpu mode='host-passthrough'/>", kind="kvm").replace("<vcpu>1</vcpu>", "<vcpu current='1'>3</vcpu>")
    daemon.try_virsh("define", daemon.file(text))
    if daemon.try_virsh("start", NAME, "--paused").code != 0:
        raise tap.Skip("no KVM here")
    daemon.virsh("setvcpus", NAME, "3", "--live")
    rows = monitor(daemon, "query-cpus-fast")["return"]
    tap.equal(len({json.dumps(monitor(daemon, "qom-get", path=row["qom-path"], property="feature-words")["return"])
                   for row in rows}), 1)
    restart(daemon)
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "3")
    end(daemon)


def test_graphics(daemon):
    start(daemon, devices="<graphics type='vnc' passwd='old'/>")
    change(daemon, "update", "<graphics type='vnc' port='-1' autoport='yes' passwd='new'/>", "--live")
    tap.contains(daemon.virsh("dumpxml", NAME, "--security-info"), "passwd='new'")
    refuse(daemon, "update", "<graphics type='vnc' port='5999' autoport='no'/>", "--live", words=["cannot change port settings on vnc"])
    refuse(daemon, "update", "<graphics type='spice' autoport='yes'/>", "--live", words=["cannot find existing graphics device"])
    change(daemon, "update", "<graphics type='vnc' port='5999' autoport='no'/>", "--config")
    tap.contains(config(daemon), "port='5999'")
    end(daemon)


def test_q35_ports(daemon):
    start(daemon, machine="q35")
    plugged = 0
    while daemon.try_virsh("attach-device", NAME, daemon.file(
            NET.format(f"52:54:00:00:01:{plugged:02x}", "")), "--live").code == 0:
        plugged += 1
    tap.equal(plugged, 1)
    refuse(daemon, "attach", RNG.format("/dev/random"), "--live",
           words=["No more available PCI slots", "<controller type='pci' model='pcie-root-port'/>", "start it anew"])
    change(daemon, "attach", "<controller type='pci' model='pcie-root-port'/>", "--config")
    change(daemon, "attach", RNG.format("/dev/random"), "--config")
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME, "--paused")
    end(daemon)


def test_vcpus(daemon):
    for cpu in ("", "<metadata><c:cpu xmlns:c='https://virtcpu.org/xmlns/cpu/1.0' form='named'/></metadata>"):
        start(daemon, extra=cpu + "<cputune><vcpupin vcpu='3' cpuset='0'/></cputune>")
        daemon.virsh("setvcpus", NAME, "3", "--live", "--config")
        daemon.virsh("setvcpus", NAME, "4", "--live")
        tap.equal(harness.xml.fromstring(live(daemon)).find("vcpu").get("current"), None)
        tap.equal(harness.xml.fromstring(config(daemon)).find("vcpu").get("current"), "3")
        rows = monitor(daemon, "query-cpus-fast")["return"]
        tap.equal(len(rows), 4)
        tap.equal(os.sched_getaffinity(rows[3]["thread-id"]), {0})
        words = {json.dumps(monitor(daemon, "qom-get", path=row["qom-path"], property="feature-words")["return"])
                 for row in rows}
        tap.equal(len(words), 1)
        restart(daemon)
        tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "4")
        tap.contains(daemon.refused("setvcpus", NAME, "1", "--live"),
                     "unsupported configuration: failed to find appropriate hotpluggable vcpus")
        end(daemon)


def vcpu_list(text):
    """What <vcpus> says of each, or nothing."""
    return [(row.get("enabled"), row.get("hotpluggable")) for row in harness.xml.fromstring(text).findall("vcpus/vcpu")]


def plugged_vcpus(daemon):
    return sorted(name for name in peripherals(daemon) if name.startswith("vcpu"))


def test_a_guest_keeps_its_plugged_vcpus(daemon):
    """A disk has a queue for each vCPU that QEMU is started with: a state with plugged ones is taken
    only by a QEMU into which they are plugged as well."""
    start(daemon, devices=disk(daemon, "a", "vda", "virtio"), vcpus="<vcpu current='1'>4</vcpu>")
    daemon.virsh("setvcpus", NAME, "3", "--live")
    tap.equal(vcpu_list(live(daemon)), [("yes", "no"), ("yes", "yes"), ("yes", "yes"), ("no", "yes")])
    path = daemon.root + "/plugged.save"
    daemon.virsh("save", NAME, path)
    daemon.virsh("restore", path)
    restart(daemon)
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--current"), "3")
    tap.equal(len(monitor(daemon, "query-cpus-fast")["return"]), 3)
    tap.equal(plugged_vcpus(daemon), ["vcpu1", "vcpu2"])
    end(daemon)


def test_definitions_with_plugged_vcpus(daemon):
    start(daemon, vcpus="<vcpu current='2'>4</vcpu>")
    tap.equal(vcpu_list(live(daemon)), [])
    daemon.virsh("setvcpus", NAME, "3", "--config", "--hotpluggable")
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME)
    tap.equal(plugged_vcpus(daemon), ["vcpu2"])
    daemon.virsh("setvcpus", NAME, "4", "--config")
    tap.equal(vcpu_list(config(daemon)), [])
    daemon.virsh("destroy", NAME)
    daemon.virsh("start", NAME)
    tap.equal((plugged_vcpus(daemon), len(monitor(daemon, "query-cpus-fast")["return"])), ([], 4))
    end(daemon)


def test_vcpu_limits(daemon):
    start(daemon)
    for count, flags, words in (("5", ["--live"], "greater than max allowable vcpus for the live domain: 5 > 4"),
                                ("5", ["--config"], "greater than max allowable vcpus for the persistent domain: 5 > 4"),
                                ("3", ["--guest"], "QEMU guest agent is not configured"),
                                ("70000", ["--live"], "invalid argument")):
        tap.contains(daemon.refused("setvcpus", NAME, count, *flags), words)
    daemon.virsh("setvcpus", NAME, "6", "--maximum", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("vcpu").text, "6")
    daemon.virsh("setvcpus", NAME, "1", "--maximum", "--config")
    vcpu = harness.xml.fromstring(config(daemon)).find("vcpu")
    tap.equal((vcpu.text, vcpu.get("current")), ("1", None))
    end(daemon)


def test_a_vcpu_that_differs_is_refused(daemon):
    """One that somebody plugged by hand, with a feature less, makes the next one's check fail."""
    start(daemon)
    free = [row for row in monitor(daemon, "query-hotpluggable-cpus")["return"] if "qom-path" not in row]
    last = max(free, key=lambda row: row["props"]["socket-id"])
    done = monitor(daemon, "device_add", driver=last["type"], id="odd", pae=False, **last["props"])
    tap.equal("return" in done, True)
    said = daemon.refused("setvcpus", NAME, "4", "--live")
    tap.contains(said, "vCPUs differ")
    tap.equal(daemon.virsh("vcpucount", NAME, "--live", "--maximum"), "4")
    end(daemon)


def test_memory(daemon):
    start(daemon, devices="<memballoon model='virtio'/>")
    daemon.virsh("setmem", NAME, "16M", "--live", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("currentMemory").text, "16384")
    for verb, amount, flag, words in (("setmem", "64M", "--live", "cannot set memory higher than max memory"),
                                      ("setmem", "64M", "--config", "cannot set memory higher than max memory"),
                                      ("setmaxmem", "64M", "--live", "cannot resize the maximum memory on an active domain")):
        tap.contains(daemon.refused(verb, NAME, amount, flag), words)
    daemon.virsh("setmaxmem", NAME, "8M", "--config")
    tap.equal(harness.xml.fromstring(config(daemon)).find("currentMemory").text, "8192")
    end(daemon)
    start(daemon, devices="<memballoon model='none'/>")
    tap.contains(daemon.refused("setmem", NAME, "16M", "--live"), "without the balloon device")
    end(daemon)


def threads(daemon):
    pid = next(p for p in daemon.children())
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as comm:
            found.setdefault(comm.read().split("/")[0].strip(), int(task))
    return found


def test_threads_run_where_they_are_told(daemon):
    if len(os.sched_getaffinity(0)) < 2:
        tap.comment("one CPU is no choice")
        return
    tune = "<iothreads>1</iothreads><cputune><vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0'/>" \
        "<iothreadpin iothread='1' cpuset='1'/><vcpusched vcpus='0' scheduler='batch'/></cputune>"
    start(daemon, extra=tune, devices=disk(daemon, "a", "vda", "virtio", driver="<driver name='qemu' iothread='1'/>"))
    found = threads(daemon)
    tap.equal([os.sched_getaffinity(found[n]) for n in ("CPU 1", "IO iothread1", "qemu-system-x86")], [{1}, {1}, {0}])
    tap.equal(os.sched_getscheduler(found["CPU 0"]), os.SCHED_BATCH)
    daemon.virsh("vcpupin", NAME, "1", "0", "--live")
    daemon.virsh("emulatorpin", NAME, "1", "--live", "--config")
    daemon.virsh("iothreadpin", NAME, "1", "0", "--live")
    tap.equal([os.sched_getaffinity(found[n]) for n in ("CPU 1", "IO iothread1", "qemu-system-x86")], [{0}, {0}, {1}])
    tap.equal(daemon.virsh("vcpupin", NAME, "1", "--config").split(), ["1", "1"])
    tap.equal(daemon.virsh("vcpupin", NAME, "1", "--live").split(), ["1", "0"])
    tap.equal(daemon.virsh("emulatorpin", NAME).split()[-1], "1")
    tap.equal(daemon.virsh("iothreadinfo", NAME).split(), ["1", "0"])
    tap.equal(daemon.virsh("iothreadinfo", NAME, "--config").split(), ["1", "1"])
    tap.contains(live(daemon), "<emulatorpin cpuset='1'/>", "<vcpupin vcpu='1' cpuset='0'/>")
    tap.contains(config(daemon), "<emulatorpin cpuset='1'/>", "<vcpupin vcpu='1' cpuset='1'/>")
    for args, words in ((("vcpupin", NAME, "7", "0", "--live"), "vcpu 7 is out of range of live cpu count 4"),
                        (("vcpupin", NAME, "4", "0", "--config"), "vcpu 4 is out of range of persistent cpu count 2"),
                        (("iothreadpin", NAME, "9", "0", "--live"), "iothread 9 not found"),
                        (("iothreadadd", NAME, "1", "--live"), "already using iothread_id '1'"),
                        (("iothreaddel", NAME, "1", "--live"), "since it is being used by disk 'vda'"),
                        (("iothreaddel", NAME, "7", "--config"), "cannot find IOThread '7' in iothreadids list")):
        tap.contains(daemon.refused(*args), words)
    daemon.virsh("iothreadadd", NAME, "2", "--live", "--config")
    tap.contains(threads(daemon), "IO iothread2")
    restart(daemon)
    daemon.virsh("iothreaddel", NAME, "2", "--live", "--config")
    tap.equal("IO iothread2" in threads(daemon), False)
    end(daemon)


def test_what_takes_cgroups(daemon):
    start(daemon)
    for args, words in ((("schedinfo", NAME), "cgroup CPU controller is not mounted"),
                        (("memtune", NAME, "--hard-limit", "100000", "--live"), "cgroup memory controller is not mounted"),
                        (("numatune", NAME, "--nodeset", "0", "--live"), "cgroup cpuset controller is not mounted"),
                        (("domiftune", NAME, MAC, "--inbound", "100"), "setting bandwidth on interfaces of type 'user'"),
                        (("domiftune", NAME, "vnet0"), "'vnet0' is not a known interface")):
        tap.contains(daemon.refused(*args), words)
    tap.contains(daemon.virsh("numatune", NAME), "numa_mode", "strict")
    tap.contains(daemon.virsh("domiftune", NAME, MAC), "inbound.average: 0")
    daemon.virsh("destroy", NAME)
    tap.contains(daemon.virsh("schedinfo", NAME), "posix", "cpu_shares     : 0")
    tap.contains(daemon.refused("schedinfo", NAME, "--set", "cpu_shares=100"), "needs cgroups")
    end(daemon)


def test_events(daemon):
    start(daemon, devices=disk(daemon, "", "hda", "ide", "cdrom"))
    watch = subprocess.Popen(daemon.virsh_command("event", "--all", "--loop"), stdout=subprocess.PIPE,
                             env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL)
    time.sleep(1)  # virsh does not say when it listens
    change(daemon, "attach", disk(daemon, "d", "sdb", "usb"), "--live")
    change(daemon, "detach", disk(daemon, "d", "sdb", "usb"), "--live")
    daemon.virsh("change-media", NAME, "hda", image(daemon, "one"), "--insert")
    daemon.virsh("emulatorpin", NAME, "0", "--live")
    time.sleep(0.5)
    watch.send_signal(signal.SIGINT)
    said = watch.communicate(timeout=30)[0].decode()
    tap.contains(said, f"event 'device-added' for domain '{NAME}': usb-disk1",
                 f"event 'device-removed' for domain '{NAME}': usb-disk1",
                 f"event 'tray-change' for domain '{NAME}' disk ide0-0-0: opened",
                 f"event 'tray-change' for domain '{NAME}' disk ide0-0-0: closed",
                 "cputune.emulatorpin: 0")
    end(daemon)


def test_two_clients_at_once(daemon):
    start(daemon)
    lister = subprocess.Popen(daemon.virsh_command("list", "--all", "--title"), stdout=subprocess.DEVNULL)
    running = [subprocess.Popen(daemon.virsh_command("attach-device", NAME, daemon.file(
        NET.format(f"52:54:00:00:02:{i:02x}", ""), f"net{i}.xml"), "--live", "--config"),
        stdout=subprocess.DEVNULL) for i in range(6)]
    tap.equal([p.wait(60) for p in running + [lister]], [0] * 7)
    for text in (live(daemon), config(daemon)):
        tap.equal(len(harness.xml.fromstring(text).findall("devices/interface")), 7)
    tap.equal(len(set(aliases(live(daemon)))), len(aliases(live(daemon))))
    end(daemon)


harness.main(globals())
