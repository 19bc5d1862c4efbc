#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a guest may use its disks: asked for, changed, and kept wherever the guest goes."""

import json
import os
import re

import harness
import tap
from guests import guest
from watcher import Watcher

libvirt = harness.need_libvirt()

NAME = "throttled"
MIB = 1 << 20
USUAL = ("--total-bytes-sec", MIB)


def image(daemon, name):
    """Where a QEMU of another user can reach it."""
    os.chmod(daemon.root, 0o711)
    path = os.path.join(daemon.root, name + ".img")
    with open(path, "ab") as file:
        file.truncate(MIB)
    return path


def disk(daemon, target, bus, inside="", device="disk", name=None):
    source = f"<source file='{image(daemon, name or target)}'/>" if name != "" else ""
    return (f"<disk type='file' device='{device}'><driver name='qemu' type='raw'/>{source}"
            f"<target dev='{target}' bus='{bus}'/>{inside}</disk>")


def tune(**limits):
    return "<iotune>" + "".join(f"<{name}>{value}</{name}>" for name, value in limits.items()) + "</iotune>"


def start(daemon, *disks, extra=""):
    """Paused, so that nothing but QEMU answers."""
    daemon.try_virsh("destroy", NAME)
    text = guest(NAME, cpu="", extra=extra, devices="".join(disks))
    daemon.virsh("define", daemon.file(text, NAME + ".xml"))
    daemon.virsh("start", NAME, "--paused")


def end(daemon):
    daemon.try_virsh("destroy", NAME)
    daemon.virsh("undefine", NAME)


def asked(daemon, target, *flags):
    """What a client is told, without what is not limited."""
    rows = re.findall(r"^(\w+)\s*: (.*)$", daemon.virsh("blkdeviotune", NAME, target, *flags), re.M)
    tap.equal(len(rows), 20)
    return {name: int(value) if value.isdigit() else value for name, value in rows if value not in ("0", "")}


def in_qemu(daemon, target):
    """What QEMU itself says of the drive."""
    alias = next(node.find("alias").get("name") for node in daemon.tree("dumpxml", NAME).findall("devices/disk")
                 if node.find("target").get("dev") == target)
    reply = json.loads(daemon.virsh("qemu-monitor-command", NAME, '{"execute":"query-block"}'))
    [drive] = [row for row in reply["return"] if alias in row["qdev"].split("/")]
    return {name: value for name, value in drive.get("inserted", {}).items()
            if re.match("bps|iops|group", name) and value}


def written(daemon, *flags):
    """The limits in the definition, by disk."""
    found = {}
    for node in daemon.tree("dumpxml", NAME, *flags).findall("devices/disk"):
        limits = node.find("iotune")
        if limits is not None:
            found[node.find("target").get("dev")] = {n.tag: n.text for n in limits}
    return found


def change(daemon, target, *words):
    daemon.virsh("blkdeviotune", NAME, target, *words)


def refuse(daemon, target, *words, says=""):
    tap.contains(daemon.refused("blkdeviotune", NAME, target, *words), says)


def test_what_cannot_be_is_refused(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(total_bytes_sec=MIB)))
    was = in_qemu(daemon, "vda")
    for words, says in (
            (("vdb", *USUAL), "disk 'vdb' not found in domain"),
            (("vda", "--total-bytes-sec", "1", "--read-bytes-sec", "1"), "total and read/write of bytes_sec"),
            (("vda", "--total-iops-sec-max", "5"), "'total_iops_sec_max' cannot be set if 'total_iops_sec' is not set"),
            (("vda", "--total-bytes-sec-max", MIB - 1), "cannot be smaller than"),
            (("vda", "--total-bytes-sec-max-length", "9"), "cannot be set if 'total_bytes_sec_max' is not set"),
            (("vda", "--total-bytes-sec", 10**15 + 1), "no more than 1000000000000000"),
            (("vda", "--size-iops-sec", "512"), "no iops_sec is set"),
            (("vda", "--read-bytes-sec", "5", "--total-bytes-sec-max", "7"), "cannot reset 'total_bytes_sec'"),
            (("vda", "--group-name", "a\tb"), "no name has")):
        for flags in ((), ("--live",), ("--live", "--config")):
            refuse(daemon, *words, *flags, says=says)
    refuse(daemon, "vdb", *USUAL, "--config", says="disk 'vdb' was not found in the domain config")
    refuse(daemon, "vda", "--live", "--config", says="mutually exclusive")
    tap.equal(in_qemu(daemon, "vda"), was)
    tap.equal(written(daemon), written(daemon, "--inactive"))
    daemon.virsh("destroy", NAME)
    refuse(daemon, "vda", *USUAL, "--live", says="domain is not running")
    refuse(daemon, "vda", "--total-bytes-sec-max", "1", "--config", says="cannot be smaller")
    end(daemon)
    wrong = guest(NAME, devices=disk(daemon, "vda", "virtio", tune(total_bytes_sec=1, read_bytes_sec=1)))
    tap.contains(daemon.refused("define", daemon.file(wrong)), "total and read/write bytes_sec")


def test_limits_hold_before_the_guest_runs(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(read_bytes_sec=MIB, read_bytes_sec_max=2 * MIB,
                                                     read_bytes_sec_max_length=3, write_iops_sec=9, size_iops_sec=512)),
          disk(daemon, "hda", "ide", tune(total_iops_sec=5)), disk(daemon, "sda", "scsi", tune(total_iops_sec=6)),
          disk(daemon, "sdb", "usb", tune(total_iops_sec=7)), disk(daemon, "sdc", "sata", tune(group_name="g")),
          disk(daemon, "vdb", "virtio", tune(total_iops_sec=8, group_name="g")), disk(daemon, "vdc", "virtio"),
          disk(daemon, "hdc", "ide", tune(total_iops_sec=4), "cdrom", ""))
    vda = in_qemu(daemon, "vda")
    tap.equal({name: vda[name] for name in vda if name != "group"},
              {"bps_rd": MIB, "bps_rd_max": 2 * MIB, "bps_rd_max_length": 3, "iops_wr": 9, "iops_size": 512})
    tap.equal([in_qemu(daemon, target)["iops"] for target in ("hda", "sda", "sdb", "sdc", "vdb")],
              [5, 6, 7, 8, 8])
    tap.equal(in_qemu(daemon, "sdc"), in_qemu(daemon, "vdb"))
    tap.equal(in_qemu(daemon, "vdc"), {})
    tap.equal(asked(daemon, "vda")["read_bytes_sec_max_length"], 3)
    tap.equal((asked(daemon, "vdc"), asked(daemon, "hdc")), ({}, {"total_iops_sec": 4}))
    tap.equal(asked(daemon, "vda", "--config").get("group_name"), None)
    daemon.virsh("domstats", NAME, "--block")
    daemon.virsh("domblkstat", NAME, "sdb")
    document = daemon.virsh("dumpxml", NAME)
    daemon.virsh("define", daemon.file(daemon.virsh("dumpxml", NAME, "--inactive")))
    tap.equal(written(daemon), written(daemon, "--inactive"))
    end(daemon)
    harness.validate(document, ("domain.rng", "domain.rng"))


def test_changes(daemon):
    start(daemon, disk(daemon, "vda", "virtio"), disk(daemon, "vdb", "virtio"))
    watcher = Watcher(daemon, "--all")
    change(daemon, "vda", *USUAL, "--total-bytes-sec-max", 2 * MIB, "--live")
    tap.contains(" ".join(watcher.until("blkdeviotune.total_bytes_sec_max")), f"tunable {NAME}")
    tap.contains(watcher.heard, "blkdeviotune.disk: vda", f"blkdeviotune.total_bytes_sec: {MIB}")
    tap.equal((written(daemon)["vda"], written(daemon, "--inactive")),
              ({"total_bytes_sec": str(MIB), "total_bytes_sec_max": str(2 * MIB)}, {}))
    change(daemon, "vdb", "--write-iops-sec", 7, "--live", "--config")
    tap.equal((in_qemu(daemon, "vdb")["iops_wr"], written(daemon, "--inactive")["vdb"]), (7, {"write_iops_sec": "7"}))
    change(daemon, "vda", "--group-name", "shared")
    change(daemon, "vdb", "--group-name", "shared")
    tap.equal(asked(daemon, "vdb"), asked(daemon, "vda"))
    change(daemon, "vdb", "--total-bytes-sec", MIB + 1)
    tap.equal((in_qemu(daemon, "vda")["bps"], written(daemon)["vda"]["total_bytes_sec"]), (MIB + 1, str(MIB + 1)))
    daemon.kill()
    daemon.start()
    tap.equal((asked(daemon, "vda"), written(daemon)["vda"]), (asked(daemon, "vdb"), written(daemon)["vdb"]))
    connection = libvirt.open(daemon.uri())  # virsh does not take an empty name
    connection.lookupByName(NAME).setBlockIoTune("vdb", {"group_name": ""})
    connection.close()
    tap.equal(in_qemu(daemon, "vdb")["group"], "/machine/peripheral/virtio-disk1/virtio-backend")
    change(daemon, "vdb", "--total-bytes-sec", 0, "--total-bytes-sec-max", 0, "--total-bytes-sec-max-length", 0)
    tap.equal((asked(daemon, "vdb"), in_qemu(daemon, "vdb")), ({}, {}))
    tap.equal((asked(daemon, "vda")["total_bytes_sec"], list(written(daemon))), (MIB + 1, ["vda"]))
    end(daemon)


def test_a_change_that_cannot_be_written_is_taken_back(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(total_iops_sec=5)))
    folder = daemon.root + "/etc/qemu"
    os.rename(folder, folder + ".away")
    try:
        refuse(daemon, "vda", "--total-iops-sec", 6, "--live", "--config")
    finally:
        os.rename(folder + ".away", folder)
    tap.equal((in_qemu(daemon, "vda")["iops"], written(daemon)["vda"]), (5, {"total_iops_sec": "5"}))
    end(daemon)


def test_disks_that_come_and_change(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(total_iops_sec=5)), disk(daemon, "hdc", "ide", "", "cdrom", ""),
          extra="<features><acpi/></features>")

    def device(verb, text, *flags):
        return daemon.try_virsh(f"{verb}-device", NAME, daemon.file(text, "device.xml"), *flags).err.strip()
    refused = device("attach", disk(daemon, "vdb", "virtio", tune(total_iops_sec_max=5)), "--live")
    tap.contains(refused, "cannot be set if 'total_iops_sec' is not set")
    tap.equal(device("attach", disk(daemon, "vdb", "virtio", tune(write_bytes_sec=MIB)), "--live", "--config"), "")
    tap.equal((in_qemu(daemon, "vdb")["bps_wr"], asked(daemon, "vdb", "--config")), (MIB, {"write_bytes_sec": MIB}))
    refused = device("update", disk(daemon, "vdb", "virtio", tune(write_bytes_sec=MIB + 1)), "--live")
    tap.contains(refused, "cannot modify field 'write_bytes_sec' of the disk")
    tap.equal(device("update", disk(daemon, "vdb", "virtio", tune(read_bytes_sec=9)), "--config"), "")
    tap.equal((asked(daemon, "vdb", "--config"), in_qemu(daemon, "vdb").get("bps_rd")), ({"read_bytes_sec": 9}, None))
    change(daemon, "hdc", "--total-iops-sec", 3)
    tap.equal(asked(daemon, "hdc"), {"total_iops_sec": 3})
    daemon.virsh("change-media", NAME, "hdc", image(daemon, "disc"), "--insert", "--live")
    tap.equal((in_qemu(daemon, "hdc")["iops"], asked(daemon, "hdc")["total_iops_sec"]), (3, 3))
    daemon.virsh("change-media", NAME, "hdc", image(daemon, "other"), "--update", "--live")
    tap.equal(in_qemu(daemon, "hdc")["iops"], 3)
    daemon.virsh("change-media", NAME, "hdc", "--eject", "--live")
    change(daemon, "hdc", "--total-iops-sec", 0)
    daemon.virsh("change-media", NAME, "hdc", image(daemon, "disc"), "--insert", "--live")
    tap.equal((in_qemu(daemon, "hdc"), asked(daemon, "hdc")), ({}, {}))
    end(daemon)


def test_a_saved_guest(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(total_iops_sec=5)))
    change(daemon, "vda", "--total-iops-sec", 6, "--live")
    saved = os.path.join(daemon.root, "saved")
    daemon.virsh("save", NAME, saved)
    daemon.virsh("restore", saved, "--paused")
    tap.equal((in_qemu(daemon, "vda")["iops"], written(daemon)["vda"]), (6, {"total_iops_sec": "6"}))
    end(daemon)


def test_a_guest_that_moves(daemon):
    start(daemon, disk(daemon, "vda", "virtio", tune(total_iops_sec=5, group_name="g")))
    change(daemon, "vda", "--total-iops-sec", 7, "--live")
    other = harness.Daemon().start()
    try:
        daemon.virsh("migrate", NAME, other.uri(), "--live", "--unsafe")
        tap.equal(in_qemu(other, "vda"), {"iops": 7, "group": "g"})
        tap.equal((written(other)["vda"], asked(other, "vda")["total_iops_sec"]),
                  ({"total_iops_sec": "7", "group_name": "g"}, 7))
        other.virsh("destroy", NAME)
        other.stop()
    finally:
        other.clean_up()
    daemon.virsh("undefine", NAME)


if __name__ == "__main__":
    harness.main(globals())
