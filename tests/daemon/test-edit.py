#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A domain's name and texts, keys, NMI, and what only a guest's agent could tell."""

import os

import harness
import tap
from guests import AGENT, guest
from watcher import Watcher

libvirt = harness.need_libvirt()

NOTE = "<note color='red'><line>remember</line></note>"
SPACE = "urn:notes"


def test_rename(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("before"))
    connection.defineXML(guest("other"))
    domain.setAutostart(1)
    uuid = domain.UUIDString()
    watcher = Watcher(daemon, "--event", "lifecycle")
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.rename, "other")
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.rename, "before")
    harness.refused(libvirt.VIR_ERR_XML_ERROR, domain.rename, "a/b")
    harness.refused(libvirt.VIR_ERR_XML_ERROR, domain.rename, " ")
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, domain.rename, "x", 1)
    for bad in ("\x01", "a\x1fb"):
        harness.refused(None, domain.rename, bad)
    domain.rename("after")
    domain = connection.lookupByName("after")
    tap.equal((domain.UUIDString(), domain.autostart()), (uuid, 1))
    harness.refused(libvirt.VIR_ERR_NO_DOMAIN, connection.lookupByName, "before")
    tap.contains(domain.XMLDesc(), "<name>after</name>")
    tap.equal(sorted(os.listdir(daemon.root + "/etc/qemu/autostart")), ["after.xml"])
    domain.create()
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.rename, "again")
    domain.destroy()
    connection.defineXML(guest("before", uuid="11111111-2222-3333-4444-555555555555")).undefine()
    said = watcher.until("'before': Undefined Removed")
    tap.contains(said, "lifecycle before: Undefined Renamed", "lifecycle after: Defined Renamed")
    connection.close()
    daemon.kill()
    daemon.start()
    connection = libvirt.open(daemon.uri())
    tap.equal(connection.lookupByName("after").UUIDString(), uuid)
    connection.lookupByName("after").undefine()
    connection.lookupByName("other").undefine()
    connection.close()


def test_title_and_description(daemon):
    daemon.virsh("define", daemon.file(guest("told")))
    watcher = Watcher(daemon, "--all")
    daemon.virsh("desc", "told", "--title", "--new-desc", "A title", "--config")
    daemon.virsh("desc", "told", "--new-desc", "First line\nsecond", "--config")
    tap.equal(daemon.virsh("desc", "told", "--title"), "A title")
    tap.contains(daemon.virsh("dumpxml", "told"), "<title>A title</title>", "First line\nsecond")
    daemon.virsh("start", "told")
    daemon.virsh("desc", "told", "--title", "--new-desc", "Only now", "--live")
    tap.equal(daemon.virsh("desc", "told", "--title"), "Only now")
    tap.equal(daemon.virsh("desc", "told", "--title", "--config"), "A title")
    tap.contains(daemon.refused("desc", "told", "--title", "--new-desc", "two\nlines"), "newline")
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("desc", "told", "--title"), "Only now")
    daemon.virsh("destroy", "told")
    tap.contains(daemon.refused("desc", "told", "--title", "--new-desc", "x", "--live"),
                 "not running")
    watcher.virsh.terminate()
    daemon.virsh("undefine", "told")


def test_metadata(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("noted", extra="<metadata><a:b xmlns:a='urn:a'>kept</a:b></metadata>"))
    element = libvirt.VIR_DOMAIN_METADATA_ELEMENT
    domain.setMetadata(element, NOTE, "n", SPACE, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
    tap.equal("".join(domain.metadata(element, SPACE).replace('"', "'").split()),
              "".join(NOTE.split()))
    tap.contains(domain.XMLDesc(), "<n:note xmlns:n=", "kept", "<n:line>remember</n:line>")
    domain.setMetadata(element, "<other/>", "m", SPACE)
    tap.equal(domain.metadata(element, SPACE), "<other/>")
    tap.lacks(domain.XMLDesc(), "remember")
    xml = domain.XMLDesc()
    tap.equal(connection.defineXML(xml).XMLDesc(), xml)
    domain.setMetadata(element, None, None, SPACE)
    harness.refused(libvirt.VIR_ERR_NO_DOMAIN_METADATA, domain.metadata, element, SPACE)
    domain.setMetadata(element, None, None, "urn:a")
    tap.lacks(domain.XMLDesc(), "metadata")
    for bad in ("<a>", "", "text", "<a></b>", "<a/><b/>", "<a>\x01</a>"):
        harness.refused(None, domain.setMetadata, element, bad, "n", SPACE)
    for bad in ("", "1", "a b", "xml", "a:b", "<"):
        harness.refused(None, domain.setMetadata, element, "<a/>", bad, SPACE)
    harness.refused(libvirt.VIR_ERR_CONFIG_UNSUPPORTED, domain.setMetadata, element, "<cpu form='named'/>",
            "virtcpu", "https://virtcpu.org/xmlns/cpu/1.0")
    harness.refused(libvirt.VIR_ERR_INVALID_ARG, domain.setMetadata, 7, "x", None, None)
    # what XML cannot say would make the definition unreadable
    for kind in (libvirt.VIR_DOMAIN_METADATA_TITLE, libvirt.VIR_DOMAIN_METADATA_DESCRIPTION):
        harness.refused(None, domain.setMetadata, kind, "bell\x07", None, None)
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.setMetadata, 1, "x", None, None,
            libvirt.VIR_DOMAIN_AFFECT_LIVE)
    domain.undefine()
    connection.close()


def test_keys_and_nmi(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("typed"))
    harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, domain.injectNMI)
    domain.create()
    domain.sendKey(libvirt.VIR_KEYCODE_SET_LINUX, 50, [29, 56, 111], 3)
    domain.sendKey(libvirt.VIR_KEYCODE_SET_XT, 0, [0x1d, 0xe053], 2)
    daemon.virsh("send-key", "typed", "KEY_LEFTCTRL", "KEY_LEFTALT", "KEY_F1")
    harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, domain.sendKey, libvirt.VIR_KEYCODE_SET_LINUX, 0,
            [30, 700], 2)
    harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, domain.sendKey, libvirt.VIR_KEYCODE_SET_XT, 0, [0], 1)
    domain.injectNMI()
    harness.refused(libvirt.VIR_ERR_INTERNAL_ERROR, domain.pMWakeup)
    domain.destroy()
    domain.undefine()
    connection.close()


def test_nobody_asks_the_guest(daemon):
    connection = libvirt.open(daemon.uri())
    domain = connection.defineXML(guest("mute"))
    calls = [(domain.hostname, 0), (domain.getTime,), (domain.setTime, {"seconds": 1}, 0),
             (domain.fsInfo,), (domain.guestInfo,),
             (domain.interfaceAddresses, libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT),
             (domain.pMSuspendForDuration, 0, 0)]
    for call in calls:
        harness.refused(libvirt.VIR_ERR_OPERATION_INVALID, *call)
    domain.create()
    for call in calls:
        harness.refused(libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, *call)
    domain.destroy()
    domain = connection.defineXML(guest("mute", devices=AGENT))
    domain.create()
    for call in calls:
        text = harness.refused(libvirt.VIR_ERR_AGENT_UNRESPONSIVE, *call)
        tap.contains(text, "Guest agent is not responding")
    harness.refused(libvirt.VIR_ERR_NO_SUPPORT, domain.sendProcessSignal, 1, 9)
    tap.contains(daemon.refused("qemu-agent-command", "mute", '{"execute":"guest-ping"}'),
                 "Guest agent is not responding")
    tap.contains(daemon.refused("guestvcpus", "mute"), "Guest agent is not responding")
    harness.refused(libvirt.VIR_ERR_NO_HOSTNAME, domain.hostname, 1)
    domain.destroy()
    domain.undefine()
    connection.close()


if __name__ == "__main__":
    harness.main(globals())
