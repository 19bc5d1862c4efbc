#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever virtcpu prints is valid: by schemas/, and by libvirt's own schemas where they are
installed. test-documents.py VIRTCPU"""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))

import harness  # noqa: E402
import tap  # noqa: E402

TOOL = sys.argv[1]
DATA = os.path.join(ROOT, "tests", "data")
# of a document: libvirt's schema and ours
DOMAIN = ("domain.rng", "domain.rng")
CPU = ("cpu.rng", "cpu.rng")
CAPABILITIES = ("capability.rng", "capabilities.rng")
DOMAIN_CAPABILITIES = ("domaincaps.rng", "domaincaps.rng")
HASWELL = "<cpu><arch>x86_64</arch><model>Haswell</model><vendor>Intel</vendor></cpu>"
PENRYN = "<cpu><arch>x86_64</arch><model>Penryn</model></cpu>"
GUEST = "<cpu mode='custom' match='exact'><model fallback='allow'>Penryn</model></cpu>"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def documents(*parts):
    found = sorted(glob.glob(os.path.join(DATA, *parts)))
    tap.equal(found != [], True)
    return [read(path) for path in found]


def test_schemas_refuse(daemon):
    """A schema that takes everything proves nothing."""
    good = read(os.path.join(DATA, "domain", "completed", "devices.xml"))
    ours = ("-", "domain.rng")
    harness.validate(good, ours)
    for old, new in (("<devices>", "<sysinfo/><devices>"), ("device='disk'", "device='disc'"),
                     ("</vcpu>", "0x</vcpu>"), ("</name>", "</name><name>b</name>")):
        tap.contains(good, old)
        try:
            harness.validate(good.replace(old, new, 1), ours)
        except AssertionError:
            continue
        raise AssertionError(f"{new} passes")


def test_golden_domains(daemon):
    """Users may write more than libvirt's schema has, such as features without a policy."""
    harness.validate_all(documents("domain", "*.xml"), ("-", "domain.rng"))
    harness.validate_all(documents("domain", "completed", "*.xml"), DOMAIN)


def test_define_validated(daemon):
    shown = []
    for path in sorted(glob.glob(os.path.join(DATA, "domain", "completed", "*.xml"))):
        if "<emulator>/usr/bin/qemu-system-x86_64<" not in read(path):
            continue  # of a QEMU that need not be here
        if "<domain type='kvm'>" in read(path) and not harness.kvm.usable():
            continue  # refused where KVM cannot be used
        name = re.search("<name>(.*)</name>", read(path)).group(1)
        daemon.virsh("define", "--validate", path)
        shown.append(daemon.virsh("dumpxml", name))
        daemon.virsh("undefine", name)
    harness.validate_all(shown, DOMAIN)


def test_validation_names_the_line(daemon):
    path = daemon.file(read(os.path.join(DATA, "domain", "minimal.xml")).replace(
        "<os>", "<os><smbios mode='host'/>"))
    for verb in ("define", "create"):
        said = daemon.refused(verb, "--validate", path)
        tap.contains(said, "XML document failed to validate against schema", "domain.rng", "line 5")
    tap.lacks(daemon.virsh("list", "--all", "--name"), "minimal")


def test_capabilities(daemon):
    harness.validate(daemon.virsh("capabilities"), CAPABILITIES)


def kinds():
    return ("qemu", "kvm") if harness.kvm.usable() else ("qemu",)


def test_domain_capabilities(daemon):
    for kind in kinds():
        for machine in ("pc", "q35", "microvm"):
            text = daemon.virsh("domcapabilities", "--virttype", kind, "--machine", machine)
            harness.validate(text, DOMAIN_CAPABILITIES)


def dump_every_way(daemon, name):
    flags = ("--inactive", "--security-info", "--migratable", "--update-cpu")
    ways = [[flag for i, flag in enumerate(flags) if chosen >> i & 1]
            for chosen in range(1 << len(flags))]
    harness.validate_all([daemon.virsh("dumpxml", name, *options) for options in ways], DOMAIN)


def test_dumpxml(daemon):
    text = read(os.path.join(DATA, "domain", "completed", "devices.xml"))
    text = re.sub(r"    <disk .*?</disk>\n", "", text, flags=re.S)
    text = re.sub(r"    <(serial|console) type='(file|unix)'.*?</\1>\n", "", text, flags=re.S)
    text = text.replace("type='kvm'", "type='qemu'").replace(" listen='::1'", "")
    text = re.sub(r"<listen type='address' address='::1'/>", "<listen type='address'/>", text)
    text = text.replace("port='5907' autoport='no'", "port='-1' autoport='yes'")
    text = text.replace(" keymap='de'", "").replace("/dev/hwrng", "/dev/urandom")
    text = text.replace("<memory unit='KiB'>524288", "<memory unit='KiB'>65536")
    text = re.sub(r"<currentMemory unit='KiB'>\d+", "<currentMemory unit='KiB'>65536", text)
    daemon.virsh("define", daemon.file(text))
    dump_every_way(daemon, "devices")
    daemon.virsh("start", "devices")
    dump_every_way(daemon, "devices")
    daemon.virsh("destroy", "devices")
    daemon.virsh("undefine", "devices")


def test_baseline(daemon):
    both = daemon.file(HASWELL + PENRYN, "cpus.xml")
    for options in ((), ("--features",), ("--migratable",), ("--features", "--migratable")):
        harness.validate(daemon.virsh("cpu-baseline", both, *options), CPU)
        harness.validate(daemon.virsh("hypervisor-cpu-baseline", both, "--virttype", "qemu",
                                      *options), CPU)


def ask_tool(*arguments):
    done = subprocess.run([TOOL, *arguments], capture_output=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise AssertionError(f"virtcpu {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def test_command(daemon):
    host, guest = daemon.file(HASWELL, "host.xml"), daemon.file(GUEST, "guest.xml")
    dump = os.path.join(DATA, "fuzz", "cpudata", "intel.xml")
    for arguments in (("decode", dump), ("decode", "--guest", dump), ("baseline", host, guest),
                      ("update", "--host", host, guest), ("expand", guest)):
        harness.validate(ask_tool(*arguments), CPU)


harness.main(globals())
