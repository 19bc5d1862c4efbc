#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu dump, drift and explain with a real QEMU, wrong input first."""

import json
import os
import sys
import tempfile

from tool import Report, kvm, run, skip_all

TOOL = sys.argv[1]
ALL = bool(os.environ.get("VIRTCPU_TEST_ALL_MODELS"))
QEMU = "/usr/bin/qemu-system-x86_64"
MODELS = ("486", "qemu64", "Westmere", "EPYC", "Skylake-Server", "Opteron_G2,vme=off", "max")
FOREIGN = (("s390x", "qemu"), ("aarch64", "cortex-a57"), ("ppc64", "power9_v2.0"), ("riscv64", "rv64"))
MACHINES = ("pc-i440fx-2.2", "microvm")
OLD, NEW = "pc-i440fx-2.2", "q35"
WESTMERE = """<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>Westmere</model>
  %s</cpu>"""


def fault(status, words, result):
    """None, or how (status, output, errors) is not status and words."""
    if result[0] == status and all(word in result[1] + result[2] for word in words):
        return None
    return f"exit status {result[0]}, not {status}, or {words} missing\n{result[1][:2000]}{result[2]}"


class Tool:
    def __init__(self, root):
        self.root = root

    def __call__(self, verb, *args, text=None):
        return run(TOOL, verb, "--root", self.root, "--virt-type", "qemu", *args, text=text)


def wrong_input(tool, folder):
    garbage = os.path.join(folder, "garbage")
    with open(garbage, "w", encoding="utf-8") as file:
        file.write("garbage")
    missing = os.path.join(folder, "missing")
    yield "dump nothing", 2, ["MODEL|FILE"], tool("dump")
    yield "dump two", 2, ["MODEL|FILE"], tool("dump", "a", "b")
    yield "dump no model", 2, ["names no model"], tool("dump", "")
    yield "dump unknown model", 2, ["Bogus"], tool("dump", "Bogus")
    yield "dump unknown property", 2, ["nosuch"], tool("dump", "Westmere,nosuch=on")
    yield "dump missing file", 2, ["missing", "No such file"], tool("dump", missing)
    yield "dump garbage", 2, ["garbage:"], tool("dump", garbage)
    yield "dump machine", 2, ["pdp11"], tool("dump", "--machine", "pdp11", "Westmere")
    yield "dump format", 2, ["'xml'"], tool("dump", "--format", "xml", "Westmere")
    yield "dump formats", 2, ["exclude"], tool("dump", "--format", "cpu", "--json", "Westmere")
    yield "dump virt type", 2, ["xen"], tool("dump", "--virt-type", "xen", "Westmere")
    yield "drift nothing", 2, ["--machine"], tool("drift")
    yield "drift one", 2, ["--machine"], tool("drift", "--machine", NEW)
    yield "drift three", 2, ["--machine"], tool("drift", *3 * ("--machine", NEW))
    yield "drift machine", 2, ["pdp11"], tool("drift", "--machine", NEW, "--machine", "pdp11")
    yield "drift model", 2, ["Bogus"], tool("drift", "--machine", OLD, "--machine", NEW, "486", "Bogus")
    yield "drift all of some", 2, ["exclude"], tool("drift", "--machine", OLD, "--machine", NEW, "--all",
                                                    "486")
    yield "drift recording", 2, ["garbage"], tool("drift", "--replies", garbage, "--replies", garbage)
    yield "drift recorded machines", 2, ["exclude"], tool("drift", "--replies", garbage, "--machine", OLD)
    yield "explain nothing", 2, ["FILE"], tool("explain")
    yield "explain garbage", 2, ["garbage:"], tool("explain", garbage)
    yield "explain unknown feature", 2, ["nosuch"], tool("explain", "-", text=WESTMERE
                                                         % "<feature policy='require' name='nosuch'/>")


def models():
    """Models to dump: some, or when the environment asks every one of this QEMU and of the one in the environment."""
    for binary in (QEMU, os.environ.get("VIRTCPU_TEST_QEMU10", "")) if ALL else ():
        if binary:
            answer = json.loads(run(TOOL, "probe", "--virt-type", "qemu", binary)[1])
            yield from ((binary, "pc", entry["name"]) for entry in answer["models"]
                        if entry["name"] != "host")
    if not ALL:
        yield from ((QEMU, "pc", model) for model in MODELS)
        yield from ((QEMU, machine, "Westmere") for machine in MACHINES)


def dumps(tool):
    for binary, machine, model in models():
        yield (f"{model} on {machine} of {binary} again", 0, ["0 unexplained"],
               tool("dump", "--self-test", "--qemu", binary, "--machine", machine, model))
    for arch, model in FOREIGN:
        binary = f"/usr/bin/qemu-system-{arch}"
        if os.path.exists(binary):
            yield (f"{model} of {arch} again", 0, ["0 unexplained"],
                   tool("dump", "--self-test", "--qemu", binary, model))
    yield "a definition again", 0, ["0 unexplained"], tool("dump", "--self-test", "-", text=WESTMERE % (
        "<feature policy='disable' name='aes'/>"))
    yield "dump for a shell", 0, ["-cpu 'base,", ",aes=on", ",aes="], tool("dump", "Westmere")
    yield "dump for QEMU", 0, ["[global]\n", 'property = "aes"'], tool("dump", "--format", "readconfig",
                                                                       "Westmere")
    yield "dump of caches", 0, ["-cpu 'EPYC-v1,"], tool("dump", "EPYC")
    yield "dump JSON", 0, ['"base": "base"', '"properties"'], tool("dump", "--json", "Westmere")


def drifts(tool, folder):
    yield "no drift", 0, ["0 of 1 CPUs change"], tool("drift", "--machine", NEW, "--machine", NEW, "486")
    yield "drift", 1, ["+arat", "l3-cache=false>true"], tool("drift", "--machine", OLD, "--machine", NEW,
                                                             "Westmere")
    yield "drift JSON", 1, ['"gained": [', '"arat"'], tool("drift", "--json", "--machine", OLD,
                                                           "--machine", NEW, "Westmere")
    yield "drift of all", 1, ["CPUs change, 0 do not run"], tool("drift", "--all", "--machine", OLD,
                                                                 "--machine", NEW)
    yield "drift of a definition", 1, ["+arat"], tool("drift", "--machine", OLD, "--machine", NEW, "-",
                                                      text=WESTMERE % "")
    before = os.path.join(folder, "before")
    after = os.path.join(folder, "after")
    answer = run(TOOL, "probe", "--virt-type", "qemu", "--record", before, QEMU)[1]
    known = json.loads(answer)
    for model in known["models"]:
        if model["name"] == "Westmere":
            model["unavailable-features"] = ["aes"]
    with open(after, "w", encoding="utf-8") as file:
        json.dump(known, file)
    yield "a new kernel", 1, ["Westmere", "yes>no", "needs: aes", "1 do not run"], tool(
        "drift", "--replies", before, "--replies", after)
    yield "the kernel of now", 0, ["0 of"], tool("drift", "--replies", before)


def explanations(tool):
    yield "as promised", 0, ["0 features are not"], tool("explain", "-", text=WESTMERE % "")
    yield "not emulated", 1, ["avx512f", "filtered", "tcg"], tool("explain", "-", text=WESTMERE % (
        "<feature policy='require' name='avx512f'/>"))
    yield "forbidden", 1, ["avx", "blocked", "policy"], tool("explain", "-", text=WESTMERE % (
        "<feature policy='forbid' name='avx'/>"))
    result = tool("explain", "--json", "-", text=WESTMERE % "<feature policy='require' name='avx512f'/>")
    answer = json.loads(result[1])["features"][0]
    yield "explain JSON", 1, [], (result[0] if set(answer) == {"name", "state", "layer", "evidence",
                                                               "remedy"} else 3, result[1], result[2])
    if kvm.usable():
        yield "interrupt controller", 0, ["x2apic", "depends", "irqchip"], run(
            TOOL, "explain", "--virt-type", "kvm", "-", text="<cpu mode='host-model'/>")


def main():
    if not os.path.exists(QEMU):
        skip_all(f"no {QEMU} here (qemu-system-x86)")
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(os.path.join(folder, "root"))
        for cases in (wrong_input(tool, folder), dumps(tool), drifts(tool, folder), explanations(tool)):
            for name, status, words, result in cases:
                report.case(name, fault(status, words, result))
    report.finish()


main()
