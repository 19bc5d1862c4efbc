#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""s390x, where QEMU itself compares CPUs and makes baselines: its answers, under TCG."""

import os

import harness
import tap

QEMU = "/usr/bin/qemu-system-s390x"
CHOICE = ("--arch", "s390x", "--virttype", "qemu")
CPU = "<cpu mode='custom' match='{2}'><model>{0}</model>{1}</cpu>"


def cpu(model, features="", match="exact"):
    return CPU.format(model, features, match)


def feature(name, policy="require"):
    return f"<feature policy='{policy}' name='{name}'/>"


def host_model(daemon):
    if not os.path.exists(QEMU):
        raise tap.Skip(f"{QEMU} is not installed")
    mode = daemon.tree("domcapabilities", *CHOICE).find("cpu/mode[@name='host-model']")
    features = [(f.get("name"), f.get("policy")) for f in mode.findall("feature")]
    return mode.findtext("model"), features


def compare(daemon, text, *more):
    return daemon.try_virsh("hypervisor-cpu-compare", daemon.file(text), *CHOICE, *more).out


def baseline(daemon, *cpus, more=()):
    text = daemon.virsh("hypervisor-cpu-baseline", daemon.file("\n".join(cpus)), *CHOICE, *more)
    return harness.xml.fromstring(text)


def names(tree, policy=None):
    return [f.get("name") for f in tree.findall("feature") if f.get("policy") == policy]


def test_compare(daemon):
    model, features = host_model(daemon)
    same = "".join(feature(*f) for f in features)
    tap.contains(compare(daemon, cpu(model, same)), "is identical to the CPU")
    tap.contains(compare(daemon, "<cpu mode='host-model'/>"), "is identical to the CPU")
    last = next(name for name, policy in reversed(features) if policy == "require")
    less = same.replace(feature(last), feature(last, "disable"))
    tap.contains(compare(daemon, cpu(model, less)), "CPU provided by hypervisor on the host is a superset")
    tap.contains(compare(daemon, cpu(model, less, "strict")), "is incompatible")
    tap.contains(compare(daemon, cpu("z14")), "is incompatible")


def test_compare_vendor(daemon):
    host_model(daemon)
    text = "<cpu match='exact'><model>z900-base</model><vendor>{}</vendor></cpu>"
    tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(text.format("Intel")), *CHOICE, "--error"),
                 "vendor")
    tap.contains(compare(daemon, text.format("IBM")), "is a superset of CPU")


def test_compare_errors(daemon):
    """What was not compared is an error, and an answer to one question is none to another."""
    host_model(daemon)
    refused = daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("z14")), *CHOICE, "--error")
    tap.contains(refused, "the CPU is incompatible with host CPU")
    tap.contains(refused, "kma-gcm-aes-128")
    for _ in range(2):  # QEMU's refusal is remembered, and stays one
        tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("z99")), *CHOICE),
                     "The CPU definition 'z99' is unknown")
    tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("z14", feature("mpx"))), *CHOICE), "mpx")
    tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("z14", feature("te", "optional"))), *CHOICE),
                 "only cpu feature policies 'require' and 'disable' are supported for te")
    tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file("<cpu mode='maximum'/>"), *CHOICE),
                 "no CPU model")
    tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("z14")), *CHOICE, "--machine", "pc"), "pc")


def test_baseline(daemon):
    host_model(daemon)
    common = baseline(daemon, cpu("z14"), cpu("z13", feature("te", "disable")))
    tap.equal(common.findtext("model"), "z13-base")
    tap.equal("te" in names(common), False)
    tap.equal("msa5" in names(common), True)
    tap.equal(common.attrib, {})
    tap.equal(baseline(daemon, cpu("z13"), cpu("z14", feature("te", "disable"))).findtext("model"), "z13-base")
    tap.equal(baseline(daemon, cpu("z13.2")).findtext("model"), "z13.2-base")
    tap.equal(baseline(daemon, cpu("z14"), cpu("z13"), cpu("z900")).findtext("model"), "z900-base")


def test_baseline_features(daemon):
    """A short answer names what the model does not have, a long one everything; a feature group that
    lacks one member is told by its members."""
    host_model(daemon)
    tap.equal(names(baseline(daemon, cpu("z13-base", feature("msa5")))), ["msa5"])
    long = names(baseline(daemon, cpu("z13-base", feature("msa5")), more=("--features",)))
    tap.equal(long, sorted(long))
    tap.equal({"msa5", "etf2"} <= set(long), True)
    some = feature("msa5-base") + feature("kimd-sha-512")
    tap.equal({"msa5-base", "kimd-sha-512"} <= set(names(baseline(daemon, cpu("z13-base", some)))), True)


def test_baseline_without_a_feature_of_the_model(daemon):
    """What the CPUs lack of their model is said, so that the result is contained in each of them."""
    host_model(daemon)
    common = baseline(daemon, cpu("z13-base", feature("esan3", "disable")))
    tap.equal(names(common, "disable"), ["esan3"])
    tap.contains(compare(daemon, harness.xml.tostring(common, encoding="unicode")), "is incompatible")


def test_baseline_machine(daemon):
    """A model is what the machine type makes of it."""
    host_model(daemon)
    new = names(baseline(daemon, cpu("z13"), more=("--machine", "s390-ccw-virtio")))
    old = names(baseline(daemon, cpu("z13"), more=("--machine", "s390-ccw-virtio-2.8")))
    tap.equal("zpci" in new, True)
    tap.equal("zpci" in old, False)


def test_baseline_errors(daemon):
    host_model(daemon)
    for text, words in (
            (cpu("z14") + "<cpu mode='host-model'/>", "no CPU model specified at index 1"),
            (cpu("z14") + cpu("z99"), "CPU model 'z99' not supported by hypervisor"),
            ("<cpu><arch>x86_64</arch><model>z14</model></cpu>", "CPU architectures do not match"),
            (cpu("z14", feature("te", "optional")), "are supported for te")):
        tap.contains(daemon.refused("hypervisor-cpu-baseline", daemon.file(text), *CHOICE), words)


def test_nobody_can_judge(daemon):
    """Other architectures have no such questions: refused, not answered."""
    for arch in ("aarch64", "ppc64", "riscv64", "loongarch64"):
        # QEMU 7.2 lists no models of riscv64, so there is nothing to combine at all
        unlisted = f"QEMU '/usr/bin/qemu-system-{arch}' does not support any CPU models for virttype"
        unknown = f"computing baseline hypervisor CPU is not supported for arch {arch}"
        if os.path.exists("/usr/bin/qemu-system-" + arch):
            words = daemon.refused("hypervisor-cpu-baseline", daemon.file(cpu("max")), "--arch", arch)
            tap.contains(words, unlisted if arch == "riscv64" and "any CPU models" in words else unknown)
            tap.contains(daemon.refused("hypervisor-cpu-compare", daemon.file(cpu("max")), "--arch", arch),
                         "does not support reporting CPU model")


if __name__ == "__main__":
    harness.main(globals())
