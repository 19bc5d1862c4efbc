#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""UEFI: firmware by name and by choice, the file of its variables from first start to undefine."""

import os
import re

import harness
import tap
from guests import guest

DESCRIPTOR = "/usr/share/qemu/firmware/60-edk2-x86_64.json"
CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.fd"


def uefi(name, inside="", attributes=" firmware='efi'", machine="q35", **options):
    return guest(name, **options).replace(
        "<os><type arch='x86_64' machine='pc'>hvm</type>",
        f"<os{attributes}><type arch='x86_64' machine='{machine}'>hvm</type>{inside}")


def define(daemon, name, *args, **options):
    daemon.virsh("define", daemon.file(uefi(name, *args, **options)))
    return daemon.tree("dumpxml", name, "--inactive").find("os")


def variables(daemon, name):
    return f"{daemon.root}/lib/qemu/nvram/{name}_VARS.fd"


def command_line(daemon, name):
    with open(f"{daemon.root}/log/qemu/{name}.log", encoding="utf-8") as log:
        return log.read()


def content(path):
    with open(path, "rb") as file:
        return file.read()


def test_capabilities(daemon):
    tree = daemon.tree("domcapabilities", "--virttype", "qemu", "--machine", "q35").find("os")
    tap.equal([v.text for v in tree.findall("enum[@name='firmware']/value")], ["efi"])
    tap.contains([v.text for v in tree.findall("loader/value")], CODE)
    tap.equal([v.text for v in tree.findall("loader/enum[@name='secure']/value")], ["yes", "no"])
    tree = daemon.tree("domcapabilities", "--virttype", "qemu", "--machine", "pc").find("os")
    tap.equal([v.text for v in tree.findall("loader/enum[@name='secure']/value")], ["no"])
    tap.equal([v.text for v in tree.findall("loader/value")], [CODE])


def test_chosen(daemon):
    os_element = define(daemon, "chosen")
    loader, nvram = os_element.find("loader"), os_element.find("nvram")
    tap.equal((loader.text, loader.get("type"), loader.get("readonly")), (CODE, "pflash", "yes"))
    tap.equal((nvram.text, nvram.get("template")), (variables(daemon, "chosen"), VARIABLES))
    before = daemon.virsh("dumpxml", "chosen", "--inactive")
    harness.validate(before, ("domain.rng", "domain.rng"))
    daemon.virsh("define", daemon.file(before))
    tap.equal(daemon.virsh("dumpxml", "chosen", "--inactive"), before)


def test_variables_are_made_once(daemon):
    path = variables(daemon, "chosen")
    tap.equal(os.path.exists(path), False)
    daemon.virsh("start", "chosen")
    tap.equal(content(path), content(VARIABLES))
    tap.contains(command_line(daemon, "chosen"), f'"filename":"{CODE}"', f'"filename":"{path}"',
                 "pflash0=libvirt-pflash0-storage", "pflash1=libvirt-pflash1-storage")
    daemon.virsh("destroy", "chosen")
    with open(path, "r+b") as file:
        file.seek(-16, os.SEEK_END)
        file.write(b"remember the day")
    daemon.virsh("start", "chosen")
    daemon.virsh("destroy", "chosen")
    tap.equal(content(path)[-16:], b"remember the day")
    daemon.virsh("start", "chosen", "--reset-nvram")
    tap.equal(content(path), content(VARIABLES))
    daemon.virsh("destroy", "chosen")


def test_undefine(daemon):
    path = variables(daemon, "chosen")
    tap.contains(daemon.refused("undefine", "chosen"), "cannot undefine domain with nvram")
    daemon.virsh("undefine", "chosen", "--keep-nvram")
    tap.equal(os.path.exists(path), True)
    define(daemon, "chosen")
    daemon.virsh("undefine", "chosen", "--nvram")
    tap.equal(os.path.exists(path), False)
    define(daemon, "chosen")
    daemon.virsh("undefine", "chosen")  # it never started: there is nothing to lose


def test_named_by_path(daemon):
    loader = f"<loader readonly='yes' type='pflash'>{CODE}</loader>"
    own = daemon.root + "/own_VARS.fd"
    nvram = define(daemon, "named", loader, attributes="", machine="pc").find("nvram")
    tap.equal(nvram.text, variables(daemon, "named"))
    nvram = define(daemon, "named", f"{loader}<nvram template='{VARIABLES}'>{own}</nvram>",
                   attributes="").find("nvram")
    tap.equal(nvram.text, own)
    daemon.virsh("start", "named")
    tap.equal(len(content(own)), len(content(VARIABLES)))
    daemon.virsh("destroy", "named")
    daemon.virsh("undefine", "named", "--nvram")
    tap.equal(os.path.exists(own), False)


def test_secure(daemon):
    os_element = define(daemon, "safe", "<loader secure='yes'/>")
    tap.contains(os_element.find("loader").text, "OVMF_CODE_4M.")
    tree = daemon.tree("dumpxml", "safe", "--inactive")
    tap.equal(tree.find("features/smm").get("state"), "on")
    daemon.virsh("start", "safe")
    tap.contains(command_line(daemon, "safe"), "smm=on", "driver=cfi.pflash01,property=secure,value=on")
    daemon.virsh("destroy", "safe")
    daemon.virsh("undefine", "safe", "--nvram")
    tap.contains(daemon.refused("define", daemon.file(uefi("safe", "<loader secure='yes'/>", machine="pc"))),
                 "q35 machine types only")
    tap.contains(daemon.refused("define", daemon.file(
        uefi("safe", "<loader secure='yes'/>", extra="<features><smm state='off'/></features>"))),
                 "requires SMM")


def test_wrong_input(daemon):
    for inside, attributes, words in (
            ("<loader secure='yes'/>", "", "is no absolute path"),
            ("<loader>code.fd</loader>", " firmware='efi'", "is no absolute path"),
            ("", " firmware='coreboot'", "coreboot"),
            ("<nvram kind='x'>/x</nvram>", " firmware='efi'", "kind")):
        tap.contains(daemon.refused("define", daemon.file(uefi("bad", inside, attributes))), words)
    define(daemon, "lost", f"<loader readonly='yes' type='pflash'>{CODE}</loader>"
           f"<nvram template='/nonexistent'>{daemon.root}/lost.fd</nvram>", attributes="")
    tap.contains(daemon.refused("start", "lost"), "/nonexistent")
    define(daemon, "lost", "<loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_VARS_4M.fd</loader>"
           f"<nvram>{daemon.root}/lost.fd</nvram>", attributes="")
    tap.contains(daemon.refused("start", "lost"), "unable to find any master var store for loader")
    daemon.virsh("undefine", "lost")


def test_it_boots(daemon):
    log = daemon.root + "/firmware.log"
    daemon.virsh("define", daemon.file(re.sub("MiB'>32<", "MiB'>256<", uefi(
        "boots", devices=f"<serial type='file'><source path='{log}'/></serial>"))))
    daemon.virsh("start", "boots")
    harness.wait_until(lambda: os.path.exists(log) and b"UEFI" in content(log), "firmware speaks")
    daemon.virsh("destroy", "boots")
    daemon.virsh("undefine", "boots", "--nvram")


if __name__ == "__main__":
    harness.require_tools()
    if not os.path.exists(DESCRIPTOR):
        tap.skip_all(f"no {DESCRIPTOR} here (ovmf)")
    harness.main(globals())
