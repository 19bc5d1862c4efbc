#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CPU arithmetic over the wire, with virsh's own words."""

import harness
import tap

CPU = "<cpu mode='custom' match='exact'><model fallback='forbid'>{}</model>{}</cpu>"
HOST = "<cpu><arch>x86_64</arch><model>{}</model>{}</cpu>"


def host_cpu(daemon):
    return harness.xml.tostring(daemon.tree("capabilities").find("host/cpu"), encoding="unicode")


def test_models(daemon):
    models = daemon.virsh("cpu-models", "x86_64").split()
    tap.equal(len(models), len(set(models)))
    for model in ("486", "qemu64", "Westmere", "Skylake-Server", "EPYC-Milan"):
        tap.contains(models, model)
    tap.contains(daemon.refused("cpu-models", "pdp11"), "pdp11")


def test_compare_host_with_itself(daemon):
    said = daemon.virsh("cpu-compare", daemon.file(host_cpu(daemon)))
    tap.contains(said, "is identical to host CPU")


def test_compare_superset(daemon):
    said = daemon.virsh("cpu-compare", daemon.file(CPU.format("qemu32", "")))
    tap.contains(said, "Host CPU is a superset of CPU described in")


def impossible(daemon):
    """A feature of AMD's that Intel lacks, or the other way round."""
    vendor = daemon.tree("capabilities").findtext("host/cpu/vendor")
    return "3dnow" if vendor == "Intel" else "intel-pt"


def test_compare_incompatible(daemon):
    feature = impossible(daemon)
    path = daemon.file(CPU.format("qemu32", f"<feature policy='require' name='{feature}'/>"))
    result = daemon.try_virsh("cpu-compare", path)
    tap.contains(result.out, "is incompatible with host CPU")
    tap.equal(result.code, 1)
    said = daemon.refused("cpu-compare", path, "--error")
    tap.contains(said, "the CPU is incompatible with host CPU", feature)


def test_compare_refusals(daemon):
    for text, words in (
            ("<cpu><model>NoSuchModel</model></cpu>", "NoSuchModel"),
            (CPU.format("qemu32", "<feature policy='require' name='nosuch'/>"), "nosuch"),
            (CPU.format("qemu32", "<feature policy='perhaps' name='sse'/>"), "perhaps"),
            (CPU.format("qemu32", "<feature policy='require' name='sse'/>" * 2), "sse"),
            (CPU.format("qemu32", "<surprise/>"), "surprise"),
            ("<cpu><arch>pdp11</arch><model>x</model></cpu>", "pdp11")):
        tap.contains(daemon.refused("cpu-compare", daemon.file(text)), words)


def test_baseline_of_one(daemon):
    text = daemon.virsh("cpu-baseline", daemon.file(host_cpu(daemon)))
    cpu = harness.xml.fromstring(text)
    tap.equal(cpu.get("mode"), "custom")
    tap.equal(cpu.findtext("vendor"), daemon.tree("capabilities").findtext("host/cpu/vendor"))
    said = daemon.virsh("cpu-compare", daemon.file(text))
    tap.equal("identical" in said or "superset" in said, True)


def test_baseline_of_two(daemon):
    pair = HOST.format("Nehalem", "") + HOST.format("Westmere", "")
    cpu = harness.xml.fromstring(daemon.virsh("cpu-baseline", daemon.file(pair)))
    tap.equal(cpu.findtext("model"), "Nehalem")
    tap.equal(cpu.findall("feature"), [])


def test_baseline_features(daemon):
    one = daemon.file(HOST.format("Westmere", "<feature name='invtsc'/>"))
    expanded = harness.xml.fromstring(daemon.virsh("cpu-baseline", one, "--features"))
    names = [f.get("name") for f in expanded.findall("feature")]
    for name in ("aes", "sse4.2", "lahf_lm", "invtsc"):
        tap.contains(names, name)
    migratable = daemon.virsh("cpu-baseline", one, "--features", "--migratable")
    tap.lacks(migratable, "invtsc")


def test_baseline_refusals(daemon):
    mixed = HOST.format("Westmere", "<vendor>Intel</vendor>") + HOST.format("EPYC", "<vendor>AMD</vendor>")
    tap.contains(daemon.refused("cpu-baseline", daemon.file(mixed)), "CPU vendors do not match")
    tap.contains(daemon.refused("cpu-baseline", daemon.file(HOST.format("NoSuch", ""))), "NoSuch")


def test_hypervisor_compare(daemon):
    choice = ("--virttype", "qemu", "--arch", "x86_64")
    path = daemon.file(CPU.format("Westmere", ""))
    said = daemon.virsh("hypervisor-cpu-compare", path, *choice)
    tap.contains(said, "superset of CPU described")
    path = daemon.file(CPU.format("Westmere", "<feature policy='require' name='avx512f'/>"))
    result = daemon.try_virsh("hypervisor-cpu-compare", path, *choice)
    tap.contains(result.out, "is incompatible with the CPU provided by hypervisor")
    tap.contains(daemon.refused("hypervisor-cpu-compare", path, "--error", *choice), "avx512f")


def test_hypervisor_baseline(daemon):
    pair = CPU.format("Skylake-Server", "") + CPU.format("Westmere", "")
    said = daemon.virsh("hypervisor-cpu-baseline", daemon.file(pair), "--virttype", "qemu",
                        "--arch", "x86_64")
    tap.equal(harness.xml.fromstring(said).findtext("model"), "Westmere")


if __name__ == "__main__":
    harness.main(globals())
