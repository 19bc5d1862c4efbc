#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hostile definitions and broken emulators: each a clear error, and the daemon goes on serving."""

import os
import signal
import stat
import subprocess

import harness
import rpc
import tap
from guests import WESTMERE, guest

XML_ERROR, XML_DETAIL, CONFIG_UNSUPPORTED, OS_TYPE = 27, 35, 67, 16

BOMB = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9)) + "]>"
EXTERNAL = "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"


def defined(daemon, text):
    """Code and message of the error that defining text gets over the wire; None when it is taken."""
    client = rpc.Client(daemon.socket)
    try:
        client.call(rpc.DOMAIN_DEFINE, rpc.string(text))
        return None, ""
    except rpc.RpcError as error:
        return error.code, error.message
    finally:
        client.close()


def expect(daemon, text, codes, *words):
    code, message = defined(daemon, text)
    if code not in codes:
        raise AssertionError(f"expected one of {codes}, got {code}: {message}")
    tap.contains(message, *words)


def test_malformed(daemon):
    expect(daemon, "", (XML_ERROR, XML_DETAIL))
    expect(daemon, "<domain", (XML_DETAIL,))
    expect(daemon, "<domain><name>x</domain>", (XML_DETAIL,), "name")
    expect(daemon, "<pool/>", (XML_ERROR,), "pool")
    expect(daemon, guest("x").replace("<name>x</name>", ""), (XML_ERROR,), "name")
    expect(daemon, guest("x").replace("hvm", "nosuch"), (OS_TYPE, CONFIG_UNSUPPORTED), "nosuch")
    expect(daemon, guest("NAME").encode().replace(b"NAME", b"\xff\xfe"), (XML_ERROR, XML_DETAIL))


def test_bombs(daemon):
    expect(daemon, BOMB + guest("x", extra="<title>&j;</title>"), (XML_ERROR, XML_DETAIL))
    expect(daemon, EXTERNAL + guest("x", extra="<title>&x;</title>"), (XML_ERROR, XML_DETAIL))
    expect(daemon, guest("x", extra="<metadata>" + "<a>" * 10000 + "</a>" * 10000 + "</metadata>"),
           (XML_ERROR, XML_DETAIL))
    expect(daemon, guest("x", extra="<title>" + "x" * 4100000 + "</title>" + "<a/>" * 20000),
           (XML_ERROR, XML_DETAIL, CONFIG_UNSUPPORTED))
    tap.equal(daemon.virsh("list", "--all"), "")


def test_document_over_the_protocols_limit(daemon):
    client = rpc.Client(daemon.socket)
    client.send(rpc.HEADER.pack(100 << 20, rpc.REMOTE, 1, rpc.DOMAIN_DEFINE, rpc.CALL, 9, rpc.OK))
    tap.equal(client.closed(), True)
    tap.equal(daemon.virsh("list", "--all"), "")


def test_names_that_would_escape(daemon):
    for name in ("../evil", "a/b", "/", "", "\n", "x" * 300):
        code, message = defined(daemon, guest(name))
        tap.equal((name, code is not None), (name, True))
    tap.equal(daemon.virsh("list", "--all"), "")


def test_unknown_words(daemon):
    for text, words in (
            (guest("x", cpu=WESTMERE.replace("Westmere", "Eastmere")), "Eastmere"),
            (guest("x", cpu=WESTMERE.replace("</cpu>", "<feature policy='require' name='warp'/></cpu>")), "warp"),
            (guest("x", cpu=WESTMERE.replace("</cpu>", "<feature policy='maybe' name='aes'/></cpu>")), "maybe"),
            (guest("x", cpu="<cpu mode='dream'/>"), "dream"),
            (guest("x", cpu=WESTMERE.replace("full", "fully")), "fully"),
            (guest("x").replace("x86_64", "pdp11"), "pdp11"),
            (guest("x").replace("machine='pc'", "machine='abacus'"), "abacus"),
            (guest("x", kind="xen"), "xen"),
            (guest("x", extra="<surprise/>"), "surprise"),
            (guest("x", devices="<tpm model='tpm-tis'/>"), "tpm"),
            (guest("x", devices="<disk type='network' device='disk'/>"), "network"),
            (guest("x").replace("<vcpu>1", "<vcpu>0"), "vCPU"),
            (guest("x").replace("<vcpu>1", "<vcpu>99999999999999"), "vcpu"),
            (guest("x").replace("32<", "-1<"), "memory")):
        path = daemon.file(text)
        result = daemon.try_virsh("define", path)
        if result.code == 0:  # what only the QEMU can judge is refused no later than the start
            result = daemon.try_virsh("start", "x")
            daemon.virsh("undefine", "x")
        tap.equal((words, result.code), (words, 1))
        tap.contains(result.err, words)
        tap.contains(result.err, "error: ")


def test_the_line_is_named(daemon):
    text = guest("x", extra="<surprise/>")
    line = next(n for n, l in enumerate(text.splitlines(), 1) if "surprise" in l)
    tap.contains(defined(daemon, text)[1], "surprise", str(line))


def script(daemon, name, body, mode=0o755):
    path = os.path.join(daemon.root, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!/bin/sh\n" + body)
    os.chmod(path, mode)
    return path


def start_with(daemon, emulator):
    """Error of using a definition with this emulator, at whatever step it comes."""
    path = daemon.file(guest("broken", emulator=emulator))
    result = daemon.try_virsh("create", path)
    tap.equal((emulator, result.code), (emulator, 1))
    tap.contains(result.err, "error: ")
    tap.equal(daemon.virsh("list", "--all"), "")
    return result.err


def test_broken_emulators(daemon):
    tap.contains(start_with(daemon, "/no/such/qemu"), "/no/such/qemu")
    tap.contains(start_with(daemon, daemon.root), daemon.root)
    tap.contains(start_with(daemon, script(daemon, "qemu-plain", "", 0o644)), "qemu-plain")
    tap.contains(start_with(daemon, "/bin/true"), "/bin/true")
    tap.contains(start_with(daemon, script(daemon, "qemu-dies", "echo woe is me >&2; exit 3")),
                 "qemu-dies", "woe is me")
    tap.contains(start_with(daemon, script(daemon, "qemu-garbage", "exec yes garbage")),
                 "qemu-garbage")


def test_relative_emulator(daemon):
    code, message = defined(daemon, guest("broken", emulator="qemu-system-x86_64"))
    if code is None:
        daemon.virsh("undefine", "broken")
        raise AssertionError("a relative emulator path was taken")
    tap.contains(message, "qemu-system-x86_64")


def test_hanging_emulator_delays_nobody(daemon):
    daemon.stop()
    daemon.start("--config", daemon.file("probe_timeout = 600\n", "patient.conf"))
    hanging = script(daemon, "qemu-hangs", "echo $$ > $0.pid\nexec sleep 600")
    os.mkfifo(hanging + ".pid")
    os.chmod(hanging + ".pid", 0o666)
    path = daemon.file(guest("hanging", emulator=hanging))
    creating = subprocess.Popen(daemon.virsh_command("create", path), stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)
    pid = int(harness.open_text(hanging + ".pid"))
    for _ in range(20):
        tap.equal(daemon.virsh("list", "--all"), "")
    tap.equal(creating.poll(), None)
    os.kill(pid, signal.SIGKILL)
    tap.contains(creating.communicate()[1], "qemu-hangs", "killed by signal 9")
    daemon.stop()
    daemon.start("--config", daemon.file("probe_timeout = 2\n", "impatient.conf"))
    tap.contains(start_with(daemon, script(daemon, "qemu-hangs", "exec sleep 600")), "qemu-hangs", "did not answer")
    daemon.stop()
    daemon.start()


def test_flooding_emulator(daemon):
    """A QMP greeting that never ends has to be cut off, not stored."""
    body = """import os, re, socket, sys
fd = next((int(m.group(1)) for a in sys.argv for m in [re.search(r'fd=(\\\\d+)', a)] if m), None)
path = next((m.group(1) for a in sys.argv for m in [re.search(r'path=([^,]+)', a)] if m), None)
if fd is not None:
    s = socket.socket(fileno=fd).accept()[0]
else:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    s = listener.accept()[0]
while True:
    s.sendall(b'{' * 65536)
"""
    path = script(daemon, "qemu-floods", f"exec python3 -c \"{body}\" \"$@\"\n")
    before = daemon.memory_kib()
    start_with(daemon, path)
    tap.equal(daemon.memory_kib() < before + 256 * 1024, True)


def test_modes_of_kept_files(daemon):
    daemon.virsh("define", daemon.file(guest("private")))
    found = []
    for folder, _, names in os.walk(daemon.root + "/etc"):
        found += [os.path.join(folder, n) for n in names if n.endswith(".xml")]
    tap.equal([oct(stat.S_IMODE(os.stat(p).st_mode) & 0o077) for p in found], ["0o0"] * len(found))
    tap.equal(len(found) > 0, True)
    daemon.virsh("undefine", "private")


def test_still_serving(daemon):
    tap.contains(daemon.virsh("capabilities"), "<capabilities>")
    tap.equal(daemon.children(), [])


if __name__ == "__main__":
    harness.main(globals())
