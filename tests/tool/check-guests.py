#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""virtcpu verify with a real QEMU under TCG: what the guest sees, QEMU says and the file promises."""

import json
import os
import sys
import tempfile

from tool import Report, run, skip_all

TOOL = sys.argv[1]
QEMU = "/usr/bin/qemu-system-x86_64"
MACHINES = ("pc", "q35", "microvm", "pc-i440fx-2.2")
# Exact versions: TCG gives all of them, whatever the machine type makes of a name without one.
MODELS = ("486-v1", "pentium3-v1", "core2duo-v1", "qemu32-v1", "qemu64-v1", "Penryn-v1", "Nehalem-v1",
          "Westmere-v1", "Opteron_G2-v1", "EPYC-v1")
# What TCG of QEMU 7.2 and later lacks of the last one; the promise is made without.
LACKING = {"EPYC-v1": ("rdseed", "sha-ni", "xsavec", "misalignsse", "3dnowprefetch", "osvw", "topoext",
                       "fxsr_opt", "nrip-save", "perfctr_core", "clzero", "xsaveerptr", "ibpb")}
TOPOLOGY = "<topology sockets='1' dies='1' cores='2' threads='2'/>"


def cpu(model, inside=""):
    off = "".join(f"<feature policy='disable' name='{name}'/>" for name in LACKING.get(model, ()))
    return (f"<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>{model}</model>"
            f"{inside}{off}</cpu>")


def verify(xml, *options):
    return run(TOOL, "verify", "--qemu", QEMU, *options, "-", text=xml)


def check_json(xml, machine, vcpus):
    """None, or what is wrong with a proof that should find nothing."""
    status, out, errors = verify(xml, "--virt-type", "qemu", "--machine", machine, "--json")
    if status != 0:
        return f"exit status {status}\n{errors}{out}"
    answer = json.loads(out)
    unexplained = [row for row in answer["differences"] if "explanation" not in row]
    if not answer["agree"] or answer["vcpus"] != vcpus or unexplained:
        return out
    if vcpus > 1 and not any(row["vcpu"] == vcpus - 1 for row in answer["differences"]):
        return f"vCPU {vcpus - 1} has the APIC id of the first\n{out}"
    return None


def check_status(expected, words, result):
    """None, or how (status, output, errors) is not status and words."""
    status, out, errors = result
    if status == expected and all(word in out + errors for word in words):
        return None
    return f"exit status {status}, not {expected}, or {words} missing\n{out}{errors}"


def domain(inside):
    return f"""<domain type='qemu'><name>d</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>{inside}
<devices><emulator>{QEMU}</emulator><interface type='user'/></devices></domain>"""


def guest_matrix(folder, qemu, *options):
    """(models by name, progress lines) of matrix --in-guest."""
    status, out, errors = run(TOOL, "matrix", "--root", folder, "--in-guest", "--virt-type", "qemu", "--json",
                              *options, qemu)
    if status != 0:
        raise AssertionError(f"exit status {status}\n{errors}")
    return {model["name"]: model["groups"] for model in json.loads(out)}, errors.splitlines()


def check_guest_matrix(folder):
    """None, or what is wrong with a table that is filled in two goes."""
    # each start of a guest is noted
    qemu = os.path.join(folder, "qemu-system-x86_64")
    with open(qemu, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\ncase "$*" in *isa-debugcon*) echo >> {folder}/starts;; esac\nexec {QEMU} "$@"\n')
    os.chmod(qemu, 0o755)
    machines = ("--machine", "pc", "--machine", "pc-i440fx-2.2", "--machine", "x-remote")
    models, lines = guest_matrix(folder, qemu, "--model", "Westmere-v?", *machines)
    if sorted(models) != ["Westmere-v1", "Westmere-v2"] or not lines or not lines[-1].startswith("6/6 "):
        return f"{sorted(models)} {lines}"
    groups = models["Westmere-v1"]
    if sorted(len(group["machines"]) for group in groups) != [1, 1, 1]:
        return f"not three contents: {groups}"
    seen = {group["machines"][0]: group for group in groups}
    # CPUID-0xb came with pc-i440fx-2.7, and the signature stays
    old, new = (seen[name]["props"] for name in sorted(seen) if name.startswith("pc-"))
    if "0xb.0.ebx" in old or "0xb.0.ebx" not in new or old["0x1.0.eax"] != "0x206c1":
        return f"{old}\n{new}"
    if "No 'ISA' bus" not in seen["x-remote"]["refusal"] or "props" in seen["x-remote"]:
        return seen["x-remote"]
    again, lines = guest_matrix(folder, qemu, "--model", "Westmere*", *machines)
    with open(folder + "/starts", encoding="utf-8") as file:
        starts = len(file.readlines())
    # the two that were known were not run again, three more models were not known
    if starts != 6 + 3 * (len(again) - 2) or again["Westmere-v1"] != groups:
        return f"{starts} starts for {sorted(again)}"
    return None


def main():
    if not os.path.exists(QEMU):
        skip_all(f"no {QEMU} here (qemu-system-x86)")
    report = Report()
    for machine in MACHINES:
        for model in MODELS:
            report.case(f"{model} on {machine}", check_json(cpu(model), machine, 1))
        report.case(f"four vCPUs on {machine}", check_json(cpu("Westmere-v1", TOPOLOGY), machine, 4))
    report.case("maximum", check_json("<cpu mode='maximum'/>", "q35", 1))
    report.case("host-model", check_json("<cpu mode='host-model'/>", "pc", 1))
    for form in ("explicit", "named"):
        status, out, errors = verify(cpu("Westmere-v1"), "--virt-type", "qemu", "--form", form, "--json")
        begin = json.loads(out)["cpu"] if status == 0 else errors
        report.case(f"form {form}",
                    None if begin.startswith({"explicit": "base,", "named": "Westmere-v1"}[form]) else begin)
    report.case("no such form",
                check_status(2, ["unknown form 'short'"], verify(cpu("qemu64-v1"), "--form", "short")))
    report.case("a domain", check_status(0, ["pc-q35-", "2 vCPUs"], verify(domain(cpu("Nehalem-v1")))))
    extra = "<feature policy='require' name='avx512f'/>"
    broken = verify(cpu("Westmere-v1", extra), "--virt-type", "qemu", "--machine", "pc")
    report.case("a broken promise", check_status(1, ["0x7 0 ebx 16", "avx512f", "promises"], broken))
    report.case("no such machine",
                check_status(2, ["machine type 'pdp11'"], verify(cpu("qemu64"), "--machine", "pdp11")))
    report.case("no such virt type",
                check_status(2, ["xen"], verify(cpu("qemu64"), "--virt-type", "xen")))
    with tempfile.TemporaryDirectory() as folder:
        report.case("what guests see, by machine type and model", check_guest_matrix(folder))
    with tempfile.TemporaryDirectory() as folder:
        # answers the probe as QEMU does, and dies when it is to run a guest
        fake = os.path.join(folder, "qemu-system-x86_64")
        with open(fake, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\ncase "$*" in *isa-debugcon*) echo famous last words >&2; kill -ABRT $$;;'
                       f' esac\nexec {QEMU} "$@"\n')
        os.chmod(fake, 0o755)
        result = run(TOOL, "verify", "--qemu", fake, "--virt-type", "qemu", "-", text=cpu("qemu64-v1"))
        report.case("a QEMU that aborts",
                    check_status(2, ["killed by signal 6", "famous last words"], result))
    report.finish()


main()
