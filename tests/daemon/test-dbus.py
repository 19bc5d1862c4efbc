#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""org.virtcpu.Daemon1 on the daemon's own bus."""

import concurrent.futures
import json
import os
import signal
import stat
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree as xml

import bus
import dbus_wire as wire
import harness
import tap
from guests import guest

INVALID_ARG, NO_DOMAIN, DENIED, ABORTED, BUSY = 8, 42, 88, 78, 87

CPU = "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"

# A QEMU that says in file "starts" beside it that it was asked about a machine type, and takes its time.
SLOW = """#!/bin/sh
case "$*" in
*"-machine none"*) ;;
*) echo "$*" >> "$(dirname "$0")/starts"; sleep 0.3 ;;
esac
exec {} "$@"
"""


def slow_qemu(daemon, name):
    folder = os.path.join(daemon.root, name)
    os.mkdir(folder)
    os.chmod(folder, 0o777)  # the account that QEMUs run as writes in it
    path = os.path.join(folder, "qemu-system-x86_64")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SLOW.format(harness.QEMU))
    os.chmod(path, 0o755)
    return path


def starts(qemu):
    try:
        with open(os.path.join(os.path.dirname(qemu), "starts"), encoding="utf-8") as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


def bus_process(daemon):
    """Pid of the daemon's own bus, or None."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if f"--config-file={daemon.root}/run/dbus/bus.conf".encode() in file.read().split(b"\0"):
                    return int(pid)
        except OSError:
            pass
    return None


def test_no_bus_before_it_is_needed(daemon):
    tap.equal(bus_process(daemon), None)
    tap.equal(stat.S_ISSOCK(os.stat(daemon.root + "/run/bus").st_mode), True)


def test_interface_is_the_schema(daemon):
    code, out, _ = bus.try_call(daemon, "org.freedesktop.DBus.Introspectable.Introspect")
    tap.equal(code, 0)
    served = xml.fromstring(out[2:-3].encode().decode("unicode_escape"))
    with open(os.path.join(os.environ.get("VIRTCPU_SCHEMA_DIR", "schemas"),
                           "org.virtcpu.Daemon1.xml"), encoding="utf-8") as file:
        written = xml.parse(file).getroot()

    def members(node):
        interface = node.find(f"interface[@name='{bus.NAME}']")
        return sorted((m.tag, m.get("name"), m.get("type"),
                       [(a.get("name"), a.get("type"), a.get("direction")) for a in m.findall("arg")])
                      for m in interface if m.tag in ("method", "signal", "property"))
    tap.equal(members(served), members(written))


def test_properties(daemon):
    code, out, _ = bus.try_call(daemon, "org.freedesktop.DBus.Properties.Get",
                                bus.NAME, "Uri")
    tap.equal(code, 0)
    tap.contains(out, daemon.socket)


def test_probe(daemon):
    answer = bus.call(daemon, "Probe", qemu="qemu-system-x86_64", virt_type="qemu")
    tap.equal((answer["binary"], answer["virt-type"]), (harness.QEMU, "qemu"))
    tap.equal(answer, bus.call(daemon, "Probe", qemu=harness.QEMU, virt_type="qemu"))
    tap.equal(answer["host-kvm"]["usable"], "reason" not in answer["host-kvm"])
    tap.contains([m["name"] for m in answer["models"]], "Westmere")


def test_matrix(daemon):
    rows = bus.call(daemon, "Matrix", qemu=harness.QEMU, virt_type="qemu", machines=["pc", "q35"],
                    model="Westmere")
    tap.equal([row["name"] for row in rows], ["Westmere"])
    tap.equal(sum(len(group["machines"]) for group in rows[0]["groups"]), 2)
    tap.equal(rows[0]["groups"][0]["props"]["aes"], True)


def test_verify(daemon):
    answer = bus.call(daemon, "Verify", definition=CPU, virt_type="qemu", machine="pc")
    tap.equal((answer["agree"], answer["virt-type"]), (True, "qemu"))


def test_verify_domain(daemon):
    cpu = "<cpu mode='custom' match='exact' check='none'><model>Westmere</model></cpu>"
    daemon.virsh("define", daemon.file(guest("proven", cpu)))
    asleep = bus.call(daemon, "Verify", domain="proven")
    daemon.virsh("start", "proven")
    awake = bus.call(daemon, "Verify", domain=daemon.virsh("domuuid", "proven"))
    daemon.virsh("destroy", "proven")
    tap.equal((asleep["machine"], asleep["emulator"]), (awake["machine"], awake["emulator"]))
    tap.equal(awake["agree"], True)


def test_drop_cache(daemon):
    qemu = slow_qemu(daemon, "dropped")
    bus.call(daemon, "Probe", qemu=qemu, virt_type="qemu")
    started = starts(qemu)
    bus.call(daemon, "Probe", qemu=qemu, virt_type="qemu")
    tap.equal(starts(qemu), started)
    tap.equal(bus.call(daemon, "DropCache", qemu=qemu), {"qemu": qemu, "dropped": 1})
    tap.equal(bus.call(daemon, "DropCache", qemu=qemu)["dropped"], 0)
    bus.call(daemon, "Probe", qemu=qemu, virt_type="qemu")
    tap.equal(starts(qemu), 2 * started)  # memory was forgotten, too
    code, text = bus.refused(daemon, "DropCache", qemu="qemu-system-nothing")
    tap.contains(text, "qemu-system-nothing")


def test_bad_options(daemon):
    bad = (
        ("Probe", {"virt_type": "xen"}, "xen"),
        ("Probe", {"qemu": 7}, "'qemu'"),
        ("Probe", {"qemu": "qemu-system-nothing"}, "qemu-system-nothing"),
        ("Probe", {"domain": "a"}, "'domain'"),
        ("Matrix", {"machines": "pc"}, "'machines'"),
        ("Matrix", {"fill": "yes"}, "'fill'"),
        ("Matrix", {"model": "*" * 5}, "stars"),
        ("Matrix", {"model": "x" * 5000}, "'model'"),
        ("Matrix", {"machines": ["pc"] * 1025}, "'machines'"),
        ("Drift", {"machines": ["pc"]}, "'machines'"),
        ("Drift", {"qemus": ["a", "b", "c"]}, "'qemus'"),
        ("Drift", {"machines": ["pc", "q35"], "models": ["Westmere"], "domain": "a"}, "'domain'"),
        ("Explain", {"model": "Westmere"}, "'model'"),
        ("Dump", {"model": "Westmere", "domain": "a"}, "'domain'"),
        ("Dump", {"model": "Westmere", "self_test": "yes"}, "'self-test'"),
        ("Verify", {}, "'definition'"),
        ("Verify", {"definition": CPU, "form": "other"}, "'form'"),
        ("Verify", {"domain": "a", "definition": CPU}, "'definition'"),
        ("Verify", {"definition": CPU, "nonsense": True}, "'nonsense'"),
        ("DropCache", {}, "'qemu'"),
        ("MigrateCheck", {}, "'definition'"),
        ("MigrateCheck", {"definition": CPU, "machine": "pc"}, "'machine'"),
        ("MigrateCheck", {"definition": CPU, "passport": True}, "'passport'"),
    )
    for method, options, word in bad:
        code, text = bus.refused(daemon, method, **options)
        tap.equal((method, options, code), (method, options, INVALID_ARG))
        tap.contains(text, word)
    code, text = bus.refused(daemon, "Verify", domain="no such")
    tap.equal(code, NO_DOMAIN)
    tap.contains(text, "no such")
    for definition in ("", "<", "garbage", "<domain/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><cpu>&b;</cpu>",
                       "<cpu><arch>x86_64</arch><model>Westmere</model></cpu>"):
        bus.refused(daemon, "Verify", definition=definition)


def test_wrong_calls(daemon):
    caller = wire.Caller(daemon.root + "/run/bus")
    for member, kinds, body in (
            ("Verify", "", b""), ("Verify", "s", wire.text("a")), ("Verify", "u", bytes(4)),
            ("Verify", "a{ss}", bytes(8)), ("Verify", "a{sv}s", wire.options() + wire.text("a")),
            ("Cancel", "u", bytes(4)), ("Cancel", "ss", wire.pad(wire.text("a"), 4) + wire.text("b")),
            ("Nothing", "a{sv}", wire.options())):
        answer = caller.result(caller.send(member, kinds, body))
        tap.equal((member, kinds, answer.kind), (member, kinds, wire.ERROR))
        tap.contains(answer.error, "org.freedesktop.DBus.Error.")
    tap.equal(caller.result(caller.send("Cancel", "s", wire.text("nothing"))).error,
              "org.virtcpu.Error.Code55")
    caller.close()
    code, out, _ = bus.try_call(daemon, "org.freedesktop.DBus.Properties.Set", bus.NAME, "Version",
                                "<'9'>")
    tap.equal((code, out), (1, ""))


def test_giant_texts(daemon):
    """More than a definition, and more than a message, may have."""
    caller = wire.Caller(daemon.root + "/run/bus")
    tap.equal(caller.call("Verify", definition="x" * (5 << 20)).error, "org.virtcpu.Error.Code8")
    tap.equal(caller.call("Verify", domain="x" * (5 << 20)).error, "org.virtcpu.Error.Code8")
    try:
        caller.send("Verify", "a{sv}", wire.options(definition="x" * (70 << 20)))
        caller.receive()
    except ConnectionError:
        pass
    else:
        raise AssertionError("the bus took 70 MiB")
    bus.call(daemon, "Probe", virt_type="qemu")


def test_too_many_calls(daemon):
    """All of them waiting for one slow QEMU."""
    qemu = slow_qemu(daemon, "crowded")
    caller = wire.Caller(daemon.root + "/run/bus")
    serials = [caller.send("Matrix", "a{sv}", wire.options(qemu=qemu, fill=True, virt_type="qemu",
                                                           job=f"job {n}"))
               for n in range(100)]
    refused = 0
    while refused < 36:
        answer = caller.receive()
        if answer.kind == wire.ERROR:
            tap.equal(answer.error, f"org.virtcpu.Error.Code{BUSY}")
            refused += 1
    ended = []
    for n in (63, 0, 31):
        caller.send("Cancel", "s", wire.text(f"job {n}"))
    while len(ended) < 3:
        answer = caller.receive()
        if answer.kind == wire.ERROR:
            tap.equal(answer.error, f"org.virtcpu.Error.Code{ABORTED}")
            ended.append(serials.index(answer.reply_to))
    tap.equal(sorted(ended), [0, 31, 63])
    caller.close()
    daemon.virsh("list")


def test_progress_and_cancel(daemon):
    qemu = slow_qemu(daemon, "cancelled")
    total = len(bus.call(daemon, "Probe", qemu=qemu, virt_type="qemu")["machines"])
    caller = wire.Caller(daemon.root + "/run/bus")
    serial = caller.send("Matrix", "a{sv}", wire.options(qemu=qemu, virt_type="qemu", fill=True,
                                                         job="filling"))
    again = caller.send("Matrix", "a{sv}", wire.options(fill=True, job="filling"))
    tap.equal(caller.result(again).error, f"org.virtcpu.Error.Code{INVALID_ARG}")
    told = caller.receive()
    tap.equal((told.kind, told.member, told.texts(2)[0]), (wire.SIGNAL, "Progress", "filling"))
    done, of, failed = struct.unpack("<III", told.body[-12:])
    tap.equal((0 < done < total, of, failed), (True, total, 0))
    tap.equal(caller.result(caller.send("Cancel", "s", wire.text("filling"))).kind, wire.RETURN)
    tap.equal(caller.result(serial).error, f"org.virtcpu.Error.Code{ABORTED}")
    known = caller.call("Matrix", qemu=qemu, virt_type="qemu", model="486")
    tap.equal(known.kind, wire.RETURN)
    rows = json.loads(known.texts(1)[0])
    tap.equal(0 < len(rows[0]["groups"][0]["machines"]) < total, True)
    caller.close()


def test_others_may_read(daemon):
    if os.geteuid() != 0:
        raise tap.Skip("only root can be nobody")
    os.chmod(daemon.root, 0o755)
    answer = bus.call(daemon, "Probe", user=bus.NOBODY, virt_type="qemu")
    tap.equal(answer["binary"], harness.QEMU)
    rows = bus.call(daemon, "Matrix", user=bus.NOBODY, virt_type="qemu", model="Westmere")
    tap.equal(len(rows), 1)


def test_others_may_not_run(daemon):
    if os.geteuid() != 0:
        raise tap.Skip("only root can be nobody")
    qemu = slow_qemu(daemon, "denied")
    for method, options in (("Verify", {"definition": CPU}), ("Verify", {"domain": "proven"}),
                            ("Matrix", {"fill": True}), ("DropCache", {"qemu": harness.QEMU}),
                            ("Dump", {"model": "Westmere"}), ("Explain", {"definition": CPU}),
                            ("MigrateCheck", {"definition": CPU}), ("Probe", {"qemu": qemu}),
                            ("Matrix", {"qemu": qemu})):
        code, _ = bus.refused(daemon, method, user=bus.NOBODY, **options)
        tap.equal((method, options, code), (method, options, DENIED))
    code, text = bus.refused(daemon, "Matrix", user=bus.NOBODY, virt_type="qemu",
                             machines=["pc-i440fx-2.1"])
    tap.equal(code, 55)
    tap.contains(text, "None of these machine types is known")
    tap.equal(starts(qemu), 0)


def polkit(daemon, authorized, asked):
    """A polkit that answers one question, and puts its words into asked."""
    caller = wire.Caller(daemon.root + "/run/bus")
    name = wire.pad(wire.text("org.freedesktop.PolicyKit1"), 4) + struct.pack("<I", 0)
    caller.result(caller.send("RequestName", "su", name, "org.freedesktop.DBus",
                              "/org/freedesktop/DBus"))

    def serve():
        message = caller.receive()
        while message.kind != wire.CALL:
            message = caller.receive()
        asked.append((message.member, message.body))
        caller.answer(message, "(bba{ss})", struct.pack("<IIII", authorized, 0, 0, 0))
        caller.result(caller.send("GetId", "", b"", "org.freedesktop.DBus", "/org/freedesktop/DBus"))
        caller.close()
    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_polkit_decides(daemon):
    if os.geteuid() != 0:
        raise tap.Skip("only root can be nobody")
    for authorized in (True, False):
        asked = []
        served = polkit(daemon, authorized, asked)
        if authorized:
            answer = bus.call(daemon, "Verify", user=bus.NOBODY, definition=CPU, virt_type="qemu",
                              machine="pc")
            tap.equal(answer["agree"], True)
        else:
            code, text = bus.refused(daemon, "DropCache", user=bus.NOBODY, qemu=harness.QEMU)
            tap.equal(code, DENIED)
            tap.contains(text, "it was refused")
        served.join(harness.PATIENCE)
        tap.equal((len(asked), asked[0][0]), (1, "CheckAuthorization"))
        action = b"org.virtcpu.daemon1.run-qemu" if authorized else b"org.virtcpu.daemon1.change-cache"
        for part in (b"system-bus-name", action):
            tap.equal((part, part in asked[0][1]), (part, True))
    code, _ = bus.refused(daemon, "Verify", user=bus.NOBODY, definition=CPU)
    tap.equal(code, DENIED)


def test_others_own_no_name(daemon):
    if os.geteuid() != 0:
        raise tap.Skip("only root can be nobody")
    for name in (bus.NAME, "org.freedesktop.PolicyKit1"):
        done = subprocess.run(
            ["gdbus", "call", "--address", bus.address(daemon), "--dest", "org.freedesktop.DBus",
             "--object-path", "/", "--method", "org.freedesktop.DBus.RequestName", name, "0"],
            user=bus.NOBODY, capture_output=True, check=False)
        tap.equal((name, done.returncode), (name, 1))
        tap.contains(done.stderr.decode(), "AccessDenied")


def test_many_callers(daemon):
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        calls = [pool.submit(bus.call, daemon, *call) for call in
                 [("Probe",)] * 49] + [pool.submit(bus.call, daemon, "Verify", definition=CPU,
                                                   virt_type="qemu")]
        tap.equal([bool(c.result()) for c in calls], [True] * 50)
    daemon.virsh("list")


def test_caller_vanishes(daemon):
    qemu = slow_qemu(daemon, "left")
    total = len(bus.call(daemon, "Probe", qemu=qemu, virt_type="qemu")["machines"])
    caller = subprocess.Popen(bus.command(daemon, "Matrix", bus.options_of(
        {"qemu": qemu, "virt_type": "qemu", "fill": True})), stdout=subprocess.DEVNULL)
    harness.wait_until(lambda: starts(qemu) > 0, "a machine type is asked")
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    daemon.virsh("list")

    def is_over():
        """For a second nothing was started; between two machine types it is less."""
        before = starts(qemu)
        time.sleep(1)
        return starts(qemu) == before and not qemus_of(qemu)
    harness.wait_until(is_over, "nothing is asked any more")
    tap.equal(starts(qemu) < total, True)


def qemus_of(qemu):
    folder = os.path.dirname(qemu)
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if folder.encode() in file.read():
                    return True
        except OSError:
            pass
    return False


def test_bus_comes_back(daemon):
    first = bus_process(daemon)
    os.kill(first, signal.SIGKILL)
    harness.wait_until(lambda: bus.try_call(daemon, "org.freedesktop.DBus.Peer.Ping")[0] == 0,
                       "another bus is there")
    tap.equal(bus_process(daemon) not in (None, first), True)
    daemon.virsh("list")


def test_bus_dies_with_daemon(daemon):
    tap.equal(bus_process(daemon) is not None, True)
    daemon.kill()
    harness.wait_until(lambda: bus_process(daemon) is None, "the bus ended")
    daemon.start()
    bus.call(daemon, "Probe", virt_type="qemu")


def test_no_bus_at_all(daemon):
    other = harness.Daemon()
    try:
        other.start(environment={"PATH": "/nonexistent"})
        tap.contains(other.log_text(), "There is no bus", "dbus-daemon")
        other.virsh("list")
        other.stop()
    finally:
        other.clean_up()


if __name__ == "__main__":
    bus.require_tools()
    harness.main(globals())
