#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running guest and its definition changed: devices, media, links."""

import os
import shutil
import subprocess
import time

import harness
import tap
from guests import guest
from plug import (CHANNEL, DISK, FEATURES, MAC, NAME, NET, RNG, aliases, change, check_shown,
                  config, disk, end, find, image, live, monitor, need_pins, nodes, peripherals, places,
                  refuse, restart, start)
from watcher import Watcher


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
    change(daemon, "detach", disk(daemon, "d", "sdb", "usb"), "--live", "--config")
    tap.equal(("usb-disk1" in peripherals(daemon), "sdb" in live(daemon) + config(daemon)), (False, False))
    tap.equal(len(before - nodes(daemon)), 2)
    change(daemon, "attach", CHANNEL.format("go"), "--live")
    change(daemon, "detach", CHANNEL.format("go"), "--live")
    tap.equal("channel1" in peripherals(daemon) or "name='go'" in live(daemon), False)
    change(daemon, "attach", CHANNEL.format("again"), "--live")
    tap.contains(live(daemon), "<alias name='channel1'/>")
    daemon.virsh("detach-device-alias", NAME, "channel1")
    harness.wait_until(lambda: "name='again'" not in live(daemon), "the channel is gone")
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
    tap.equal(time.monotonic() - began > 4.5, True)
    tap.equal(("<rng" in live(daemon), "<rng" in config(daemon)), (True, False))
    # a reset makes QEMU take pending devices out
    monitor(daemon, "system_reset")
    harness.wait_until(lambda: "<rng" not in live(daemon), "the device is gone")
    tap.equal("objrng0" in str(monitor(daemon, "qom-list", path="/objects")), False)
    # so it is when that happens while no daemon runs
    change(daemon, "attach", RNG.format("/dev/random"), "--live")
    daemon.virsh("detach-device-alias", NAME, "rng0")
    tap.contains(live(daemon), "<rng")
    monitor(daemon, "system_reset")
    restart(daemon)
    harness.wait_until(lambda: "<rng" not in live(daemon), "a later daemon finds it gone")
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
    # what is not written stays
    change(daemon, "update", "<interface type='user'/>", "--config")
    tap.equal(find(config(daemon), "interface/mac").get("address"), MAC)
    tap.equal(find(config(daemon), "interface/model").get("type"), "virtio")
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
        harness.wait_until(lambda: not os.path.exists(f"/sys/class/net/{tap_device}"), "the tap device is gone")
    finally:
        daemon.try_virsh("destroy", NAME)
        for bridge in ("vcplug0", "vcplug1"):
            subprocess.run(["ip", "link", "del", bridge], check=False)
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


def test_events(daemon):
    need_pins()
    start(daemon, devices=disk(daemon, "", "hda", "ide", "cdrom"))
    watcher = Watcher(daemon, "--all")
    change(daemon, "attach", disk(daemon, "d", "sdb", "usb"), "--live")
    change(daemon, "detach", disk(daemon, "d", "sdb", "usb"), "--live")
    daemon.virsh("change-media", NAME, "hda", image(daemon, "one"), "--insert")
    daemon.virsh("emulatorpin", NAME, "0", "--live")
    said = watcher.until("cputune.emulatorpin: 0")
    tap.contains(said, f"device-added {NAME}: usb-disk1", f"device-removed {NAME}: usb-disk1",
                 f"tray-change {NAME} disk ide0-0-0: opened",
                 f"tray-change {NAME} disk ide0-0-0: closed")
    end(daemon)


def test_two_clients_at_once(daemon):
    start(daemon)
    lister = subprocess.Popen(daemon.virsh_command("list", "--all", "--title"), stdout=subprocess.DEVNULL)
    running = [subprocess.Popen(daemon.virsh_command("attach-device", NAME, daemon.file(
        NET.format(f"52:54:00:00:02:{i:02x}", ""), f"net{i}.xml"), "--live", "--config"),
        stdout=subprocess.DEVNULL) for i in range(6)]
    tap.equal([p.wait(harness.PATIENCE) for p in running + [lister]], [0] * 7)
    for text in (live(daemon), config(daemon)):
        tap.equal(len(harness.xml.fromstring(text).findall("devices/interface")), 7)
    tap.equal(len(set(aliases(live(daemon)))), len(aliases(live(daemon))))
    end(daemon)


def test_documents_are_valid(daemon):
    check_shown(daemon)


harness.main(globals())
