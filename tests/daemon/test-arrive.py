#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest's CPU goes to another daemon and QEMU and back, and what a destination cannot give."""

import json
import os
import re
import shutil
import subprocess
import tempfile

import bus
import harness
import tap
from guests import guest

TOOL = os.environ.get("VIRTCPU", "build/tools/virtcpu")
MACHINE = "pc-i440fx-7.2"


def qemu10():
    beside = os.path.join(os.environ.get("VIRTCPU_TEST_SHARED", ""), "..", "qemu10", "qemu-system-x86_64")
    return next((p for p in (os.environ.get("VIRTCPU_TEST_QEMU10"), beside) if p and os.path.exists(p)), None)


def tool(*args, code=0):
    """Standard output and error of virtcpu, which ends with code."""
    done = subprocess.run([TOOL, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, timeout=harness.PATIENCE,
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    if done.returncode != code:
        raise AssertionError(f"virtcpu {args}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode(), done.stderr.decode()


class Scene:
    """Two daemons, each its own host as far as they know."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="virtcpu-arrive.")
        self.here, self.there = harness.Daemon(self.folder), harness.Daemon(self.folder)
        self.here.start()
        self.there.start()

    def clean_up(self):
        self.here.clean_up()
        self.there.clean_up()
        os.rmdir(self.folder)

    def start(self, name, **options):
        text = guest(name, **options).replace("machine='pc'", f"machine='{MACHINE}'")
        self.here.virsh("define", self.here.file(text))
        self.here.virsh("start", name)

    def check(self, *args, source=None, code=0):
        """The answers of migrate-check, as JSON."""
        source = source or self.here
        return json.loads(tool("-c", source.uri(), "migrate-check", "--json", *args, code=code)[0])


def command_line(daemon, name):
    """Each word of the QEMU of a domain that runs."""
    for pid in daemon.children():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().decode().split("\0")
        if any(word.startswith(f"guest={name},") or word == f"guest={name}" for word in words):
            return words
    raise AssertionError(f"no QEMU runs {name}")


def cpu_words(daemon, name):
    words = command_line(daemon, name)
    return [words[i + 1] for i, word in enumerate(words) if word in ("-cpu", "-global")]


def move(source, dest, name, emulator):
    """Move name from source to dest, where emulator runs it."""
    xml = re.sub(r"<emulator>.*</emulator>", f"<emulator>{emulator}</emulator>",
                 source.virsh("dumpxml", "--migratable", name))
    source.virsh("migrate", "--live", "--unsafe", "--xml", dest.file(xml, "move.xml"), name, dest.uri())


def passport(daemon, name):
    """The text that is kept of a running domain's CPU."""
    path = os.path.join(daemon.root, "run", "qemu", name + ".passport")
    harness.wait_until(lambda: os.path.exists(path), f"there is {path}")
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_passport_is_kept(scene):
    scene.start("kept")
    text = passport(scene.here, "kept")
    tap.contains(text, f"machine='{MACHINE}'", "<form model='Westmere-v1'", "name='aes' flag='on'",
                 "<cpuid eax_in='0x00000000'", "<fact name='version'")
    scene.here.stop()
    scene.here.start()
    answer = scene.check("kept")[0]
    tap.equal([answer["possible"], answer["proof"]], [True, "guest"])
    scene.here.virsh("destroy", "kept")
    tap.equal(os.path.exists(os.path.join(scene.here.root, "run", "qemu", "kept.passport")), False)


def test_damaged_passport_is_made_anew(scene):
    scene.start("torn")
    path = os.path.join(scene.here.root, "run", "qemu", "torn.passport")
    whole = passport(scene.here, "torn")
    scene.here.stop()
    for text in (whole[:len(whole) // 2], whole.replace("'aes' flag='on'", "'aes' flag='off'"), "garbage"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        scene.here.start()
        tap.contains(scene.here.log_text(), "The passport of domain 'torn' is made anew")
        tap.equal(scene.check("torn")[0]["possible"], True)
        scene.here.stop()
    scene.here.start()
    scene.here.virsh("destroy", "torn")


def test_destinations(scene):
    scene.start("many")
    answers = scene.check("--dest", scene.there.uri(), "--dest", scene.here.uri(), "many")
    tap.equal([[a["possible"], a["proof"], a["obstacles"]] for a in answers], 2 * [[True, "guest", []]])
    tap.equal([a["destination"] for a in answers], [scene.there.uri(), scene.here.uri()])
    tap.equal(answers[0]["cpu"], cpu_words(scene.here, "many")[0])
    text = tool("-c", scene.here.uri(), "migrate-check", "--dest", scene.there.uri(), "many")[0]
    tap.contains(text, "yes", MACHINE)
    gone = "qemu+unix:///system?socket=/nowhere"
    out, err = tool("-c", scene.here.uri(), "migrate-check", "--dest", scene.there.uri(), "--dest", gone, "many",
                    code=2)
    tap.contains(out, "yes", "/nowhere")
    tap.contains(err, "cannot be asked")
    tap.equal(scene.there.virsh("list", "--all", "--name"), "")
    scene.here.virsh("destroy", "many")


def test_obstacles(scene):
    """What the destination's QEMU has not is named with its layer; nothing is started."""
    scene.start("large", cpu="<cpu mode='custom' match='exact' check='full'><model>Westmere</model>"
                             "<feature policy='require' name='rdtscp'/></cpu>")
    kept = scene.check("large")[0]
    tap.equal(kept["possible"], True)
    facts = json.loads(tool("host-facts", "--root", scene.there.root)[0])
    qemu = next(q for q in facts["qemus"] if q["virt-type"] == "qemu" and q["binary"] == harness.QEMU)
    for model in ("max-model", "max-model-nonmigratable"):
        if model in qemu:
            qemu[model]["props"]["rdtscp"] = False
    facts["hostname"] = "small"
    small = scene.here.file(json.dumps(facts), "small.json")
    qemu["machines"] = [m for m in qemu["machines"] if m["name"] != MACHINE]
    facts["hostname"] = "old"
    old = scene.here.file(json.dumps(facts), "old.json")
    answers = scene.check("--host", small, "--host", old, "large", code=1)
    tap.equal([(a["destination"], a["possible"]) for a in answers], [("small", False), ("old", False)])
    tap.equal([(o["name"], o["layer"]) for o in answers[0]["obstacles"]], [("rdtscp", "tcg")])
    tap.equal([(o["name"], o["layer"]) for o in answers[1]["obstacles"]], [("machine", "machine")])
    garbage = scene.here.file("garbage", "garbage.json")
    out, err = tool("-c", scene.here.uri(), "migrate-check", "--host", garbage, "large", code=2)
    tap.contains(err, "garbage.json")
    scene.here.virsh("destroy", "large")


def test_files(scene):
    """Without a daemon: as it would run if it were started here."""
    path = scene.here.file(guest("file"), "file.xml")
    answer = json.loads(tool("migrate-check", "--root", scene.here.root, "--json", path)[0])[0]
    tap.equal([answer["possible"], answer["proof"]], [True, "guest"])
    for text, words in (("garbage", "file.xml"), ("<domain type='qemu'/>", "name")):
        path = scene.here.file(text, "file.xml")
        tap.contains(tool("migrate-check", "--root", scene.here.root, path, code=2)[1], words)
    tap.contains(tool("migrate-check", "--root", scene.here.root, "none.xml", code=2)[1], "none.xml")


def test_promise_that_no_start_keeps(scene):
    """A CPU that its check= would refuse here is no CPU to judge by; nor is it one to be had there."""
    cpu = "<cpu mode='custom' match='exact' check='%s'><model>Westmere</model>" \
          "<feature policy='require' name='avx512f'/></cpu>"
    path = scene.here.file(guest("liar", cpu=cpu % "full"), "liar.xml")
    out = tool("migrate-check", "--root", scene.here.root, "--json", "--dest", scene.there.uri(), path, code=1)[0]
    answer = json.loads(out)[0]
    tap.equal([(o["name"], o["layer"]) for o in answer["obstacles"]], [("avx512f", "tcg")])
    tap.contains(tool("-c", scene.here.uri(), "migrate-check", path, code=2)[1], "missing features: avx512f")
    # without the promise it runs as far as it can, here as there
    path = scene.here.file(guest("lax", cpu=cpu % "none"), "lax.xml")
    answer = json.loads(tool("migrate-check", "--root", scene.here.root, "--json", path)[0])[0]
    tap.equal([answer["possible"], answer["proof"]], [True, "guest"])


def test_hostile_questions(scene):
    """What a virtcpud is sent by virConnectDomainXMLToNative is checked like a cookie."""
    scene.start("asked")
    xml = scene.here.virsh("dumpxml", "asked")
    text = scene.here.virsh("domxml-to-native", "virtcpu-passport", scene.here.file(xml))
    question = "<virtcpu:question xmlns:virtcpu='https://virtcpu.org/xmlns/passport/1.0'>{}{}</virtcpu:question>"
    good = scene.there.file(question.format(xml, text))
    tap.equal(json.loads(scene.there.virsh("domxml-to-native", "virtcpu-migrate-check", good))["possible"], True)
    at = text.index("<cpuid")
    for bad, words in ((question.format(xml, text.replace("x86_64", "i686", 1)), "checksum"),
                       (question.format(xml, text[:at] + text[at:].replace("0x0000000b", "0x0000000c", 1)), "checksum"),
                       (question.format(xml, text.replace("index='0x491'", "index='0x490'")), "checksum"),
                       (question.format("", text), "no <domain>"), ("garbage", "")):
        tap.contains(scene.there.refused("domxml-to-native", "virtcpu-migrate-check", scene.there.file(bad)), words)
    tap.contains(scene.there.refused("domxml-to-native", "bogus", good), "unsupported config type bogus")
    scene.here.virsh("destroy", "asked")


def test_over_dbus(scene):
    """The passport that one daemon's answer has is another's question."""
    if not shutil.which("gdbus") or not shutil.which("dbus-daemon"):
        raise tap.Skip("no gdbus or dbus-daemon here (libglib2.0-bin, dbus)")
    scene.start("bus")
    xml = scene.here.virsh("dumpxml", "bus")
    here = bus.call(scene.here, "MigrateCheck", domain="bus")
    tap.equal([here["possible"], here["proof"]], [True, "guest"])
    there = bus.call(scene.there, "MigrateCheck", definition=xml, passport=here["passport"])
    tap.equal([there["possible"], there["proof"], there["cpu"]], [True, "guest", here["cpu"]])
    code, text = bus.refused(scene.there, "MigrateCheck", definition=xml,
                             passport=here["passport"].replace("'aes' flag='on'", "'aes' flag='off'"))
    tap.equal(code, 27)
    tap.contains(text, "checksum")
    scene.here.virsh("destroy", "bus")


def test_upgraded_qemu(scene):
    """What was seen before the QEMU was upgraded under its guest counts; what was not is said to be unknown."""
    binary = os.path.join(scene.folder, "qemu-system-x86_64")

    def install(words):
        with open(binary + ".new", "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\n{words}\nexec {harness.QEMU} "$@"\n')
        os.chmod(binary + ".new", 0o755)
        os.rename(binary + ".new", binary)

    install("# first")
    scene.start("upgraded", emulator=binary)
    passport(scene.here, "upgraded")
    scene.here.stop()
    install("# second")
    scene.here.start()
    answer = scene.check("--dest", scene.there.uri(), "upgraded")[0]
    tap.equal([answer["possible"], answer["proof"]], [True, "guest"])
    scene.here.stop()
    os.unlink(os.path.join(scene.here.root, "run", "qemu", "upgraded.passport"))
    scene.here.start()
    answer = scene.check("--dest", scene.there.uri(), "upgraded")[0]
    tap.equal([answer["possible"], answer["proof"]], [True, "qemu"])
    tap.contains(answer["unproven"], "no longer the one installed")
    scene.here.virsh("destroy", "upgraded")
    os.unlink(binary)


def test_there_and_back(scene):
    """QEMU 7.2 to 10.0 and back: the CPU is the same word for word, and the passport stays the first one."""
    newer = qemu10()
    if not newer:
        raise tap.Skip("no QEMU 10 here: set VIRTCPU_TEST_QEMU10")
    for name, cpu in (("westmere", "<cpu mode='custom' match='exact' check='full'><model>Westmere</model></cpu>"),
                      ("optional", "<cpu mode='custom' match='exact' check='none'><model>Nehalem</model>"
                                   "<feature policy='optional' name='aes'/>"
                                   "<feature policy='disable' name='popcnt'/></cpu>")):
        scene.start(name, cpu=cpu, vcpus=2)
        words, text = cpu_words(scene.here, name), passport(scene.here, name)
        cpu_element = scene.here.tree("dumpxml", name).find("cpu")
        move(scene.here, scene.there, name, newer)
        tap.equal(cpu_words(scene.there, name), words)
        # the program that executes CPUID in a guest of that QEMU sees what the one here sees
        answer = scene.check(name, source=scene.there)[0]
        tap.equal([answer["version"][:3], answer["proof"], answer["possible"]], ["10.", "guest", True])
        tap.equal(seen(passport(scene.there, name)), seen(text))
        move(scene.there, scene.here, name, harness.QEMU)
        tap.equal(cpu_words(scene.here, name), words)
        tap.equal(seen(passport(scene.here, name)), seen(text))
        tap.equal(["".join(cpu_element.itertext()).split(), features(cpu_element)],
                  ["".join(scene.here.tree("dumpxml", name).find("cpu").itertext()).split(),
                   features(scene.here.tree("dumpxml", name).find("cpu"))])
        scene.here.virsh("destroy", name)


def features(cpu):
    return sorted((f.get("name"), f.get("policy")) for f in cpu.iter("feature"))


def seen(text):
    """What of a passport the guest sees."""
    return text[text.index("<guest>"):]


def test_refused_by_the_destination(scene):
    """A CPU that TCG of QEMU 10 has and that of 7.2 has not: the guest stays, nothing is left there."""
    newer = qemu10()
    if not newer:
        raise tap.Skip("no QEMU 10 here: set VIRTCPU_TEST_QEMU10")
    scene.start("stays", emulator=newer, cpu="<cpu mode='custom' match='exact' check='full'><model>Westmere</model>"
                                            "<feature policy='require' name='rdseed'/></cpu>")
    xml = scene.here.virsh("dumpxml", "--migratable", "stays").replace(newer, harness.QEMU)
    path = scene.here.file(xml, "stays.xml")
    why = scene.here.refused("migrate", "--live", "--unsafe", "--xml", path, "stays", scene.there.uri())
    tap.contains(why, "rdseed", "tcg")
    tap.equal(scene.here.virsh("domstate", "stays"), "running")
    tap.equal(scene.there.virsh("list", "--all", "--name"), "")
    tap.equal(scene.there.children(), [])
    scene.here.virsh("destroy", "stays")


def finish(scene):
    scene.here.stop()
    scene.there.stop()


def main():
    harness.require_tools()
    scene = Scene()
    try:
        tap.run([test_passport_is_kept, test_damaged_passport_is_made_anew, test_destinations, test_obstacles,
                 test_files, test_promise_that_no_start_keeps, test_hostile_questions, test_over_dbus,
                 test_upgraded_qemu, test_there_and_back, test_refused_by_the_destination], scene, finish)
    finally:
        scene.clean_up()


main()
