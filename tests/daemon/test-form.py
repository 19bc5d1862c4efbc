#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The form of a guest's CPU on QEMU's command line, and the version of its model."""

import os

import harness
import tap
from guests import guest

SPACE = "https://virtcpu.org/xmlns/cpu/1.0"
CPU = "<cpu mode='custom' match='exact' check='{}'><model fallback='forbid'>{}</model>{}</cpu>"


def asking(inside):
    return f"<metadata><v:cpu xmlns:v='{SPACE}'{inside}</metadata>"


def define(daemon, name, **options):
    daemon.virsh("define", daemon.file(guest(name, **options)))


def line(daemon):
    """The words of the one QEMU's command line, by option the last one."""
    [pid] = daemon.children()
    with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
        words = file.read().split("\0")
    return dict(zip(words, words[1:])), words


def run(daemon, name):
    """Start it, and tell its -cpu, its -globals and its live <cpu> element of metadata."""
    daemon.virsh("start", name)
    options, words = line(daemon)
    element = daemon.tree("dumpxml", name).find(f"metadata/{{{SPACE}}}cpu")
    daemon.virsh("destroy", name)
    return options["-cpu"], [w for b, w in zip(words, words[1:]) if b == "-global"], element


def test_explicit_is_the_default(daemon):
    define(daemon, "plain", cpu=CPU.format("full", "Westmere", "<feature policy='disable' name='aes'/>"))
    cpu, _, element = run(daemon, "plain")
    tap.contains(cpu, "base,vendor=GenuineIntel,family=6,model=44,stepping=1,", ",sse4.2=on", ",lm=on")
    tap.lacks(cpu, "aes", "Westmere,", "=off")
    tap.equal(element.get("form"), "explicit")
    tap.equal(daemon.tree("dumpxml", "plain", "--inactive").find("metadata"), None)


def test_form_survives_a_restart(daemon):
    daemon.virsh("start", "plain")
    live = daemon.virsh("dumpxml", "plain")
    before = line(daemon)
    daemon.kill()
    daemon.start()
    tap.equal(daemon.virsh("dumpxml", "plain"), live)
    tap.equal(line(daemon), before)
    daemon.virsh("destroy", "plain")


def test_named_for_who_asks(daemon):
    define(daemon, "named", cpu=CPU.format("full", "Westmere", "<feature policy='disable' name='aes'/>"),
           extra=asking(" form='named'/>"))
    tap.equal(daemon.tree("dumpxml", "named").findtext("cpu/model"), "Westmere")
    cpu, _, element = run(daemon, "named")
    tap.equal((cpu, element.get("form")), ("Westmere,aes=off", "named"))
    native = daemon.virsh("domxml-to-native", "qemu-argv", "--domain", "named")
    tap.contains(native, "-cpu Westmere,aes=off")


def test_comma_goes_through_global(daemon):
    define(daemon, "comma", cpu=CPU.format("none", "Haswell-noTSX", ""))
    tap.equal(daemon.tree("dumpxml", "comma").findtext("cpu/model"), "Haswell-v2")
    cpu, found, _ = run(daemon, "comma")
    tap.equal(found, ["base-x86_64-cpu.model-id=Intel Core Processor (Haswell, no TSX)"])
    tap.lacks(cpu, "model-id")


def test_own_caches_stay_with_the_model(daemon):
    define(daemon, "epyc", cpu=CPU.format("none", "EPYC", ""))
    cpu, _, element = run(daemon, "epyc")
    tap.contains(cpu, "EPYC-v1,vendor=AuthenticAMD,", ",sse4a=on", ",legacy-cache=off")
    tap.equal(element.get("form"), "explicit")


def test_version_by_machine_type(daemon):
    """microvm takes the newest version of a name, pc the first."""
    for machine, version in (("pc", "Skylake-Server-v1"), ("microvm", "Skylake-Server-v5")):
        text = guest("version", cpu=CPU.format("none", "Skylake-Server", ""))
        daemon.virsh("define", daemon.file(text.replace("'pc'", f"'{machine}'")))
        tap.equal(daemon.tree("dumpxml", "version").findtext("cpu/model"), version)


def test_old_machine_type(daemon):
    """What no version is stands beside the nearest one, and is read back as it was written."""
    text = guest("old", cpu=CPU.format("full", "qemu64", "")).replace("'pc'", "'pc-i440fx-2.0'")
    daemon.virsh("define", daemon.file(text))
    document = daemon.virsh("dumpxml", "old")
    harness.validate(document, ("domain.rng", "domain.rng"))
    tree = harness.xml.fromstring(document)
    tap.equal(tree.findtext("cpu/model"), "qemu64-v1")
    tap.contains({f.get("name") for f in tree.findall("cpu/feature")}, "abm")
    properties = {p.get("name"): p.get("value") for p in tree.iter(f"{{{SPACE}}}property")}
    tap.equal((properties["family"], properties["model"], properties["min-level"]), ("6", "6", "4"))
    daemon.virsh("define", daemon.file(document))
    tap.equal(daemon.virsh("dumpxml", "old"), document)
    cpu, _, element = run(daemon, "old")
    tap.contains(cpu, ",family=6,model=6,stepping=3,", ",min-level=4,", ",abm=on")
    tap.equal(len(element), len(properties))


def test_properties_have_the_last_word(daemon):
    define(daemon, "own", cpu=CPU.format("none", "Westmere", ""),
           extra=asking("><v:property name='ucode-rev' value='4294967296'/></v:cpu>"))
    tap.contains(run(daemon, "own")[0], ",ucode-rev=4294967296,")


def test_property_qemu_lacks(daemon):
    define(daemon, "lacks", cpu=CPU.format("none", "Westmere", ""),
           extra=asking("><v:property name='no-such' value='on'/></v:cpu>"))
    tap.contains(daemon.refused("start", "lacks"), "no-such")


def test_bad_element(daemon):
    for inside, words in ((" form='odd'/>", "'odd'"), (" shape='named'/>", "shape"),
                          ("><v:thing/></v:cpu>", "thing")):
        said = daemon.refused("define", daemon.file(guest("bad", extra=asking(inside))))
        tap.contains(said, words)


def test_default_of_the_daemon(daemon):
    daemon.stop()
    path = os.path.join(daemon.root, "named.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write('cpu_form = "named"\n')
    daemon.start("--config", path)
    define(daemon, "later", cpu=CPU.format("none", "Westmere", ""))
    tap.equal(daemon.tree("dumpxml", "later").findtext("cpu/model"), "Westmere")
    cpu, _, element = run(daemon, "later")
    tap.equal((cpu, element.get("form")), ("Westmere", "named"))
    define(daemon, "still", cpu=CPU.format("none", "Westmere", ""), extra=asking(" form='explicit'/>"))
    tap.contains(run(daemon, "still")[0], "base,")


if __name__ == "__main__":
    harness.main(globals())
