#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs that ask QEMUs: a probe recorded and played back, the matrix and what the cache keeps."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from tool import Report, kvm, run, skip_all

TOOL = sys.argv[1]
QEMU = shutil.which("qemu-system-x86_64")


class Session:
    """A cache of one's own, and a link to QEMU that can be changed."""

    def __init__(self, folder):
        self.folder = folder
        self.root = os.path.join(folder, "root")
        self.qemu = os.path.join(folder, "qemu-system-x86_64")
        self.replace_qemu("exec")

    def replace_qemu(self, how):
        """A script that starts QEMU, so that starts can be counted."""
        with open(self.qemu, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "$*" >> "{self.folder}/starts"\n{how} {QEMU} "$@"\n')
        os.chmod(self.qemu, 0o755)

    def starts(self):
        try:
            with open(os.path.join(self.folder, "starts"), encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def ask(self, *args, status=0):
        """Output of a virtcpu that ends with status; its errors when it fails."""
        got, output, errors = run(TOOL, *args)
        if got != status:
            raise AssertionError(f"exit status {got}: {errors or output}")
        return output if status == 0 else errors

    def matrix(self, *args, **options):
        return self.ask("matrix", "--root", self.root, "--virt-type", "qemu", *args, self.qemu,
                        **options)

    def cache(self, *args, **options):
        return self.ask("cache", "--root", self.root, *args, **options)


def check(good, text):
    if not good:
        raise AssertionError(text)


def test_record_and_replay(session):
    record = session.path("q.replies")
    asked = json.loads(session.ask("probe", "--virt-type", "qemu", "--record", record, session.qemu))
    played = json.loads(session.ask("probe", "--replies", record))
    check(asked.pop("binary") == session.qemu, "the binary is not named")
    check(played.pop("binary") == record, "the record is not named")
    check(asked == played, "what is played back differs")
    check(any(m["name"] == "Westmere" for m in asked["models"]), "no Westmere")
    kvm = asked["host-kvm"]
    check(kvm["usable"] != ("reason" in kvm), "no reason why KVM cannot be used, or one although it can")
    check(kvm["usable"] or kvm["reason"].startswith("KVM cannot be used: "), kvm)


def test_domain_capabilities(session):
    """The same from a record as from QEMU, whatever the path."""
    live = session.ask("domcaps", "--root", session.root, "--qemu", session.qemu, "--virt-type",
                       "qemu", "--machine", "q35")
    played = session.ask("domcaps", "--replies", session.path("q.replies"), "--qemu", session.qemu,
                         "--machine", "q35")
    check(live == played, "what is played back differs")
    check(re.search(r"<machine>pc-q35-[0-9.]+</machine>", live), "q35 is not resolved")
    errors = session.ask("domcaps", "--replies", session.path("q.replies"), "--machine", "none",
                         status=2)
    check("'none'" in errors, errors)
    errors = session.ask("domcaps", "--replies", session.path("q.replies"), "--virt-type", "kvm",
                         status=2)
    check("q.replies" in errors and "'kvm'" in errors, errors)


def test_failed_probe_is_recorded(session):
    """A QEMU that ends after its greeting leaves an empty record and a sentence."""
    errors = session.ask("probe", "--record", session.path("bad.replies"), "/bin/true", status=2)
    check("/bin/true" in errors and "exit status 0" in errors, errors)
    check(os.path.getsize(session.path("bad.replies")) == 0, "something was recorded")


def test_matrix(session):
    errors = session.matrix(status=2)
    check("--fill" in errors, errors)
    asked = json.loads(session.matrix("--machine", "q35", "--machine", "pc", "--model", "Westmere*",
                                      "--json"))
    names = [model["name"] for model in asked]
    check("Westmere" in names and all(n.startswith("Westmere") for n in names), names)
    for model in asked:
        check(len(model["groups"]) == 1, "the newest pc and q35 differ")
        check(len(model["groups"][0]["machines"]) == 2, "a machine type is missing")
        check(model["groups"][0]["props"]["aes"] is True, "Westmere without aes")
    before = session.starts()
    text = session.matrix("--machine", "q35", "--model", "Westmere")
    check(session.starts() == before, "a known machine type was asked again")
    check(text.startswith("Westmere\n  pc-q35-") and " +aes " in text, text)
    check("no-such" in session.matrix("--machine", "no-such", status=2), "no-such exists")


def test_models(session):
    """What a probe leaves out: each model in both forms, and the host without the kernel's irqchip."""
    asked = json.loads(session.ask("probe", "--virt-type", "qemu", "--models", session.qemu))
    models = {model["name"]: model for model in asked["details"]["models"]}
    check(set(models) == {model["name"] for model in asked["models"]}, "not every model")
    check(models["Westmere"]["full"]["props"]["aes"] is True, "Westmere without aes")
    check(models["Westmere"]["static"]["name"] == "base", models["Westmere"]["static"]["name"])
    check(models["base"]["static"]["props"].get("aes") is not True, "base with aes")
    check("irqchip" not in asked["details"], "TCG has no irqchip in the kernel")
    if kvm.usable():
        asked = json.loads(session.ask("probe", "--virt-type", "kvm", "--models", session.qemu))
        irqchip = asked["details"]["irqchip"]
        check(irqchip["off"].get("x2apic") in (None, False) and set(irqchip) == {"off", "split"}, irqchip)
    check("--models asks a running QEMU" in session.ask("probe", "--replies", "x", "--models", status=2),
          "replayed")


def test_cache(session):
    listed = session.cache()
    check(sorted(line.split()[0] for line in listed.splitlines()) == ["matrix", "probe"], listed)
    check(all(line.endswith(": valid") for line in listed.splitlines()), listed)
    check(session.cache("--check") == "", "a valid file is reported")


def test_changed_binary(session):
    """What was known of another binary is not believed, and asked anew."""
    session.replace_qemu("exec  ")
    listed = session.cache("--check")
    check(listed.count("the binary changed: ") == 2, listed)
    check(listed.count("the binary's size was '") == 2, listed)
    errors = session.matrix(status=2)
    check("--fill" in errors, errors)
    text = session.matrix("--machine", "pc", "--model", "qemu64")
    check("pc-i440fx-" in text, text)
    check(session.cache("--check") == "", "a new file is reported")


def test_torn_file(session):
    folder = os.path.join(session.root, "cache", "qemu")
    [name] = [n for n in os.listdir(folder) if n.endswith(".matrix")]
    path = os.path.join(folder, name)
    os.truncate(path, os.path.getsize(path) // 2)
    check("damaged" in session.cache("--check"), "a torn file is valid")
    text = session.matrix("--machine", "pc", "--model", "qemu64")
    check("pc-i440fx-" in text, text)
    check(session.cache("--check") == "", "the torn file stayed")


def test_drop_torn(session):
    """A file that cannot say what it is about is dropped by its name."""
    folder = os.path.join(session.root, "cache", "qemu")
    files = sorted(os.listdir(folder))
    for size, name in enumerate(files):
        os.truncate(os.path.join(folder, name), size)
    other = os.path.join(folder, "notes")
    with open(other, "w", encoding="utf-8") as file:
        file.write("?")
    check(session.cache("--check").count("damaged") == len(files) + 1, "a torn file is valid")
    check("notes" in session.cache("--list"), "a file is not told of")
    check(session.cache("--drop", session.qemu) == f"Files dropped: {len(files)}\n", "not all")
    check(os.listdir(folder) == ["notes"], "other files were dropped, too")
    os.unlink(other)
    session.matrix("--machine", "pc", "--model", "qemu64")


def test_drop(session):
    check(session.cache("--drop", session.qemu) == "Files dropped: 2\n", "not both were dropped")
    check(session.cache() == "", "something is left")
    errors = session.cache("--drop", session.qemu, status=2)
    check(session.qemu in errors, errors)


MOVER = """<domain type='qemu'><name>m</name><memory>65536</memory><vcpu>1</vcpu>
  <os><type arch='x86_64'>hvm</type></os><cpu mode='custom' match='exact' check='full'><model>Westmere</model>
  {}</cpu></domain>"""


def test_migrate_check(session):
    """Offline: wrong input first, then a host by its facts, by a probe, and by a recording."""
    def ask(*args, status=0):
        return session.ask("migrate-check", "--root", session.root, *args, status=status)

    def write(name, text):
        with open(session.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return session.path(name)

    guest = write("guest.xml", MOVER.format(""))
    check("DOMAIN|FILE" in ask(status=2), "no usage")
    check("missing" in ask(session.path("missing"), status=2), "no name of a missing file")
    check("host.json" in ask("--host", write("host.json", "{"), guest, status=2), "a torn host file")
    check("list of QEMUs" in ask("--host", write("host.json", '{"format": "virtcpu-host 1"}'), guest, status=2),
          "a host file without QEMUs")
    facts = session.ask("host-facts", "--root", session.root, QEMU)
    probe = session.ask("probe", "--virt-type", "qemu", QEMU)
    session.ask("probe", "--virt-type", "qemu", "--record", session.path("replies"), QEMU)
    answers = json.loads(ask("--json", "--host", write("host.json", facts), "--host", write("probe", probe),
                             "--host", session.path("replies"), guest))
    check([a["possible"] for a in answers] == [True, True, True], f"not possible: {answers}")
    check({a["proof"] for a in answers} == {"qemu"}, f"proof: {answers}")
    old = json.loads(facts)
    for qemu in old["qemus"]:
        qemu["machines"] = []
    answer = session_answer(session, write("old.json", json.dumps(old)), guest)
    check([o["layer"] for o in answer["obstacles"]] == ["machine"], f"obstacles: {answer}")
    here = json.loads(ask("--json", guest))[0]
    check(here["possible"] and here["proof"] == "guest" and here["cpu"], f"here: {here}")


def session_answer(session, host, guest):
    """What migrate-check says of a host that cannot run the guest."""
    got, output, errors = run(TOOL, "migrate-check", "--root", session.root, "--json", "--host", host, guest)
    check(got == 1, f"exit status {got}: {errors}")
    return json.loads(output)[0]


def main():
    if not QEMU:
        skip_all("no qemu-system-x86_64 here")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="virtcpu-test.") as folder:
        session = Session(folder)
        for test in (test_record_and_replay, test_domain_capabilities,
                     test_failed_probe_is_recorded, test_models, test_matrix, test_cache, test_changed_binary,
                     test_torn_file, test_drop_torn, test_drop, test_migrate_check):
            fault = None
            try:
                test(session)
            except (AssertionError, KeyError, ValueError, OSError,
                    subprocess.SubprocessError) as problem:
                fault = f"{type(problem).__name__}: {problem}"
            report.case(test.__name__.replace("test_", "").replace("_", " "), fault)
    report.finish()


main()
