#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SPICE where QEMU has it: a port for each guest, the agent's channel, QXL; and where it has not."""

import json

import harness
import tap
from guests import guest

SPICE = "<graphics type='spice' autoport='yes'/>"
AGENT = "<channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>"
QXL = "<video><model type='qxl'/></video>"


def has_spice(daemon):
    tree = daemon.tree("domcapabilities", "--virttype", "qemu", "--machine", "pc")
    return "spice" in [v.text for v in tree.findall("devices/graphics/enum[@name='type']/value")]


def start(daemon, name, devices):
    daemon.virsh("define", daemon.file(guest(name, devices=devices)))
    daemon.virsh("start", name)
    return daemon.tree("dumpxml", name)


def server(daemon, name):
    """What QEMU says of its server."""
    return json.loads(daemon.virsh("qemu-monitor-command", name, "query-spice"))["return"]


def test_ports(daemon):
    if not has_spice(daemon):
        raise tap.Skip("this QEMU has no SPICE (qemu-system-modules-spice)")
    ports = []
    for name in ("first", "second"):
        graphics = start(daemon, name, SPICE + AGENT + QXL).find("devices/graphics")
        said = server(daemon, name)
        tap.equal((said["enabled"], said["host"], str(said["port"])),
                  (True, "127.0.0.1", graphics.get("port")))
        tap.equal(daemon.virsh("domdisplay", name), f"spice://localhost:{said['port']}")
        ports.append(said["port"])
    tap.equal(ports[0] != ports[1], True)
    tap.equal(daemon.tree("dumpxml", "first", "--inactive").find("devices/graphics").get("port"), "-1")
    harness.validate(daemon.virsh("dumpxml", "first"), ("domain.rng", "domain.rng"))
    for name in ("first", "second"):
        daemon.virsh("destroy", name)


def test_password(daemon):
    if not has_spice(daemon):
        raise tap.Skip("this QEMU has no SPICE (qemu-system-modules-spice)")
    start(daemon, "secret", "<graphics type='spice' passwd='sesame'/>")
    tap.equal(server(daemon, "secret")["auth"], "spice")
    tap.lacks(daemon.virsh("dumpxml", "secret"), "sesame")
    tap.contains(daemon.virsh("dumpxml", "secret", "--security-info"), "passwd='sesame'")
    daemon.virsh("destroy", "secret")


def test_found_again(daemon):
    if not has_spice(daemon):
        raise tap.Skip("this QEMU has no SPICE (qemu-system-modules-spice)")
    start(daemon, "kept", SPICE)
    before = daemon.virsh("dumpxml", "kept")
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("dumpxml", "kept"), before)
    daemon.virsh("destroy", "kept")


def test_without(daemon):
    if has_spice(daemon):
        raise tap.Skip("this QEMU has SPICE")
    daemon.virsh("define", daemon.file(guest("none", devices=SPICE)))
    tap.contains(daemon.refused("start", "none"), "spice graphics are not supported with this QEMU")


if __name__ == "__main__":
    harness.main(globals())
