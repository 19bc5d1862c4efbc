#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu -c URI and --root DIR: the daemon answers, over libvirt's protocol and over D-Bus."""

import json
import os
import subprocess
import time
import xml.etree.ElementTree as xml

import bus
import harness
import tap
from guests import guest

TOOL = os.environ.get("VIRTCPU", "build/tools/virtcpu")
WESTMERE = "<cpu mode='custom' match='exact'><model>Westmere</model></cpu>"
QEMU64 = "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"


def run(daemon, *args, text=None, root=False, user=None):
    """A harness.Result of virtcpu that asks daemon; None: that names no daemon."""
    where = [] if daemon is None else ["--root", daemon.root] if root else ["-c", daemon.uri()]
    done = subprocess.run([TOOL, *where, *args], input=text, capture_output=True, encoding="utf-8",
                          timeout=5 * harness.PATIENCE, check=False, user=user,
                          env={**os.environ, "LC_ALL": "C"})
    return harness.Result(done.returncode, done.stdout, done.stderr)


def output(daemon, *args, status=0, **options):
    result = run(daemon, *args, **options)
    tap.equal((args, result.code, result.err if status != 0 else ""), (args, status, ""))
    return result.out


def failure(daemon, *args, **options):
    result = run(daemon, *args, **options)
    tap.equal((args, result.code, result.out), (args, 2, ""))
    tap.equal(result.err.startswith("virtcpu: "), True)
    return result.err


def canonical(text):
    return xml.canonicalize(text, strip_text=True)


def test_capabilities(daemon):
    theirs = canonical(daemon.virsh("capabilities"))
    tap.equal(canonical(output(daemon, "capabilities")), theirs)
    tap.equal(canonical(output(daemon, "capabilities", root=True)), theirs)


def test_domcaps(daemon):
    options = ("--virt-type", "qemu", "--machine", "q35")
    theirs = daemon.virsh("domcapabilities", "--virttype", "qemu", "--machine", "q35")
    tap.equal(canonical(output(daemon, "domcaps", *options)), canonical(theirs))
    offline = output(None, "domcaps", "--root", daemon.root, *options)
    tap.equal(canonical(offline), canonical(theirs))


def test_compare(daemon):
    host = xml.tostring(xml.fromstring(daemon.virsh("capabilities")).find("host/cpu")).decode()
    tap.equal(output(daemon, "compare", "-", text=host), "identical\n")
    answer = json.loads(output(daemon, "compare", "--json", "-", status=1, text=(
        "<cpu mode='custom' match='exact'><model>EPYC</model><vendor>Hygon</vendor></cpu>")))
    tap.equal((answer["result"], len(answer["reasons"])), ("incompatible", 1))
    tap.contains(failure(daemon, "compare", "-", text=WESTMERE.replace("Westmere", "Eastmere")),
                 "Eastmere")


def test_baseline(daemon):
    both = WESTMERE + WESTMERE.replace("Westmere", "Penryn")
    path = daemon.file(both)
    tap.contains(output(daemon, "baseline", path), ">Penryn</model>")
    tap.contains(output(daemon, "baseline", "--features", path), "name='sse4.1'")
    tap.equal(output(daemon, "baseline", path), output(None, "baseline", path))


def test_xml(daemon):
    daemon.virsh("define", daemon.file(guest("shown")))
    tap.equal(output(daemon, "xml", "shown").strip(), daemon.virsh("dumpxml", "shown"))
    uuid = daemon.virsh("domuuid", "shown")
    tap.equal(output(daemon, "xml", uuid, root=True).strip(), daemon.virsh("dumpxml", "shown"))
    tap.contains(failure(daemon, "xml", "hidden"), "hidden")


def test_probe(daemon):
    options = ("probe", "--virt-type", "qemu", "qemu-system-x86_64")
    tap.equal(output(daemon, *options), output(None, *options))
    tap.contains(failure(daemon, "probe", "./nothing"), os.getcwd() + "/nothing")
    tap.contains(failure(daemon, "probe", "--virt-type", "xen"), "xen")


def test_matrix(daemon):
    options = ("--virt-type", "qemu", "--machine", "pc", "--model", "Westmere", harness.QEMU)
    online = output(daemon, "matrix", *options)
    tap.equal(online, output(None, "matrix", "--root", daemon.root, *options))
    tap.contains(online, "Westmere\n", "+aes")
    as_json = output(daemon, "matrix", "--json", *options)
    tap.equal(as_json, output(None, "matrix", "--json", "--root", daemon.root, *options))
    tap.equal(json.loads(as_json)[0]["name"], "Westmere")


def test_matrix_fill(daemon):
    qemu = os.path.join(daemon.root, "qemu-system-x86_64")
    with open(qemu, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nsleep 0.05\nexec {harness.QEMU} \"$@\"\n")
    os.chmod(qemu, 0o755)
    result = run(daemon, "matrix", "--virt-type", "qemu", "--fill", qemu)
    tap.equal((result.code, result.out), (0, ""))
    total = len(json.loads(output(daemon, "probe", "--virt-type", "qemu", qemu))["machines"])
    tap.contains(result.err, f"{total}/{total} ")
    tap.equal(result.err.count(f"/{total} ") > 1, True)


def test_verify(daemon):
    path = daemon.file(QEMU64)
    options = ("--virt-type", "qemu", "--machine", "pc")
    tap.contains(output(daemon, "verify", *options, path), "agree", "pc-i440fx")
    online = json.loads(output(daemon, "verify", "--json", *options, path))
    offline = json.loads(output(None, "verify", "--json", *options, path))
    online.pop("microseconds")
    offline.pop("microseconds")
    tap.equal(online, offline)


def test_verify_domain(daemon):
    cpu = "<cpu mode='custom' match='exact' check='none'><model>Westmere</model></cpu>"
    daemon.virsh("define", daemon.file(guest("live", cpu)))
    daemon.virsh("start", "live")
    said = output(daemon, "verify", "--domain", "live")
    daemon.virsh("destroy", "live")
    tap.contains(said, "agree")
    tap.contains(failure(daemon, "verify", "--domain", "gone"), "gone")


def test_dump(daemon):
    options = ("--virt-type", "qemu", "--machine", "pc")
    path = daemon.file(QEMU64)
    for argument in ("Westmere", path):
        online = output(daemon, "dump", *options, argument)
        tap.equal(online, output(None, "dump", *options, argument))
        tap.contains(online, "-cpu")
    as_json = json.loads(output(daemon, "dump", "--json", "--self-test", *options, "Westmere"))
    tap.equal(as_json["self-test"]["unexplained"], 0)
    tap.contains(output(daemon, "dump", "--domain", "shown"), "-cpu")
    tap.contains(failure(daemon, "dump", "--domain", "gone"), "gone")


def test_explain(daemon):
    path = daemon.file(QEMU64)
    options = ("--virt-type", "qemu", "--machine", "pc")
    online = run(daemon, "explain", *options, path)
    offline = run(None, "explain", *options, path)
    tap.equal((online.code, online.out), (offline.code, offline.out))
    tap.contains(online.out, "as promised")
    tap.contains(run(daemon, "explain", "--domain", "shown").out, "as promised")
    tap.contains(failure(daemon, "explain", "--domain", "gone"), "gone")


def test_drift(daemon):
    machines = ("--machine", "pc-i440fx-2.2", "--machine", "pc-q35-7.2", "--virt-type", "qemu")
    for names in (("Westmere", "Penryn"), (daemon.file(QEMU64),)):
        online = run(daemon, "drift", *machines, *names)
        offline = run(None, "drift", "--root", daemon.root, *machines, *names)
        tap.equal((online.code, online.out, online.err), (offline.code, offline.out, ""))
    told = json.loads(run(daemon, "drift", "--json", *machines, "Westmere").out)
    tap.equal([cpu["name"] for cpu in told["cpus"]], ["Westmere"])
    tap.contains(run(daemon, "drift", "--machine", "pc-i440fx-2.2", "--domain", "shown").out, "of 1 CPUs")
    tap.contains(failure(daemon, "drift", "--machine", "pc", "Westmere"), "'machines'")
    tap.contains(failure(daemon, "drift", *machines, "--domain", "gone"), "gone")
    tap.contains(failure(daemon, "drift", *machines, "--domain", "shown", "Westmere"), "exclude")


def test_cache(daemon):
    files = json.loads(output(daemon, "cache", "--json"))
    tap.equal({file["kind"] for file in files}, {"probe", "matrix"})
    tap.equal({file["valid"] for file in files}, {True})
    tap.equal(output(daemon, "cache"), output(None, "cache", "--root", daemon.root))
    tap.equal(output(daemon, "cache", "--check"), "")
    qemu = os.path.join(daemon.root, "qemu-system-x86_64")
    tap.equal(output(daemon, "cache", "--drop", qemu), "Files dropped: 2\n")
    tap.contains(failure(daemon, "cache", "--drop", qemu), qemu)


def test_wrong_words(daemon):
    path = daemon.file(WESTMERE)
    for args, word in (
            (("decode", path), "asks no daemon"), (("update", path), "asks no daemon"),
            (("compare", "--host", path, path), "--host"), (("matrix", "--root", "x", "y"), "--root"),
            (("baseline", "--models", "Westmere", path), "--models"),
            (("probe", "--replies", path), "--replies"), (("verify",), "--domain"),
            (("verify", "--domain", "a", path), "--domain"), (("capabilities", "x"), "capabilities"),
            (("xml",), "DOMAIN"), (("domcaps", "--replies", path), "--replies"),
            (("dump",), "--domain"), (("dump", "--domain", "a", "Westmere"), "--domain"),
            (("dump", "--root", "x", "Westmere"), "--root")):
        tap.contains(failure(daemon, *args), word)
    tap.contains(failure(None, "-c", daemon.uri(), "--root", daemon.root, "capabilities"), "exclude")


def test_other_places(daemon):
    path = daemon.file(WESTMERE)
    for uri, word in (("qemu+ssh://far.example.org/system", "ssh"),
                      ("qemu+tcp://127.0.0.1/system?socket=/x", "another machine"),
                      ("qemu:///system", "?socket="), ("test:///default", "no URI"),
                      ("", "no URI"), ("qemu+unix:///system?socket=/nowhere/sock", "/nowhere/bus")):
        tap.contains(failure(None, "-c", uri, "verify", path), word)
    for args in (("capabilities",), ("xml", "a"), ("verify", "--domain", "a"), ("cache",)):
        tap.contains(failure(None, "--root", daemon.root + "/none", *args), daemon.root + "/none")


def test_no_daemon_any_more(daemon):
    other = harness.Daemon()
    try:
        other.start()
        output(other, "probe", "--virt-type", "qemu", harness.QEMU)
        other.kill()
        for args in (("capabilities",), ("verify", "--domain", "a")):
            tap.contains(failure(other, *args), other.root)
    finally:
        other.clean_up()


def test_interrupted(daemon):
    """Who presses Ctrl-C does not leave the daemon at work."""
    qemu = os.path.join(daemon.root, "qemu-system-x86_64")
    with open(qemu, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\nsleep 0.2\nexec {harness.QEMU} \"$@\"\n")
    tool = subprocess.Popen([TOOL, "--root", daemon.root, "matrix", "--virt-type", "qemu", "--fill",
                             qemu], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    tap.contains(tool.stderr.readline().decode(), "/")
    tool.terminate()
    tool.wait()
    tool.stderr.close()
    known = len(json.loads(output(daemon, "matrix", "--virt-type", "qemu", "--json", "--model", "486",
                                  qemu))[0]["groups"][0]["machines"])
    time.sleep(2)
    later = json.loads(output(daemon, "matrix", "--virt-type", "qemu", "--json", "--model", "486",
                              qemu))[0]["groups"][0]["machines"]
    tap.equal(len(later) - known <= 2 * os.cpu_count(), True)


def need_nobody():
    """This test runs programs as nobody."""
    if os.geteuid() != 0:
        raise tap.Skip("only root can be nobody")
    for program in (TOOL, harness.VIRTCPUD):
        try:
            subprocess.run([program, "--version"], user=bus.NOBODY, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as why:
            raise tap.Skip(f"nobody may not run {program}") from why


def test_others(daemon):
    need_nobody()
    os.chmod(daemon.root, 0o755)
    tap.contains(output(daemon, "capabilities", root=True, user=bus.NOBODY), "<capabilities>")
    tap.contains(failure(daemon, "verify", "-", root=True, user=bus.NOBODY, text=QEMU64), "polkit")


def test_users_own_daemon(daemon):
    """Not root's: it answers to the session's URI, and its user may do everything."""
    need_nobody()
    if not os.stat("/dev/null").st_mode & 2:
        raise tap.Skip("nobody may not open /dev/null, which dbus-daemon needs")
    other = harness.Daemon()
    try:
        os.chown(other.root, bus.NOBODY, bus.NOBODY)
        other.start(user=bus.NOBODY, extra_groups=[])
        for user in (bus.NOBODY, 0):
            tap.contains(output(other, "capabilities", root=True, user=user), "<capabilities>")
            tap.contains(output(other, "verify", "--virt-type", "qemu", "-", root=True, user=user,
                                text=QEMU64), "agree")
        other.stop()
    finally:
        other.clean_up()


if __name__ == "__main__":
    bus.require_tools()
    harness.main(globals())
