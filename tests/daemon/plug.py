# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running guest that is changed: how it is made, changed and looked at."""

import json
import os
import re

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
CAP_SYS_NICE = 23
SHOWN = []  # documents of running guests, to be validated all at once


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
    SHOWN.append(text)
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


def need_pins():
    """Root's daemon pins threads of another account."""
    with open("/proc/self/status", encoding="ascii") as status:
        held = int(re.search(r"^CapEff:\s+(\w+)$", status.read(), re.M).group(1), 16)
    if os.geteuid() == 0 and not held >> CAP_SYS_NICE & 1:
        raise tap.Skip("without CAP_SYS_NICE nobody pins another account's threads")


def check_shown(_):
    """Every document that a test here saw is valid."""
    if not SHOWN:
        raise tap.Skip("no test that shows documents could run")
    harness.validate_all(SHOWN, ("domain.rng", "domain.rng"))
