# SPDX-License-Identifier: LGPL-2.1-or-later
"""Questions about CPUs: comparing them, and what they have in common."""

import harness
from answers import CPU, HOST, TCG, answer, cpu_of, without_qemu


def ask_cpu_models(d):
    return answer(d, "cpu-models", "x86_64")


def ask_cpu_models_power(d):
    return [answer(d, "cpu-models", arch) for arch in ("ppc64", "ppc64le")]


def ask_cpu_models_any(d):
    return [answer(d, "cpu-models", arch) for arch in ("aarch64", "armv7l", "armv6l", "s390x")]


def ask_cpu_models_riscv(d):
    return answer(d, "cpu-models", "riscv64")


def ask_cpu_models_loongarch(d):
    return answer(d, "cpu-models", "loongarch64")


def ask_cpu_models_none(d):
    return [answer(d, "cpu-models", arch) for arch in ("ppc", "riscv32", "mips", "sparc")]


def ask_cpu_models_unknown_arch(d):
    return answer(d, "cpu-models", "pdp11")


def ask_cpu_compare(d):
    names = ["486", "qemu64", "core2duo", "Nehalem", "Westmere-IBRS", "SandyBridge", "Haswell",
             "Skylake-Client", "Icelake-Server-noTSX", "Opteron_G4", "EPYC-IBPB", "phenom"]
    return [cpu_of(d, CPU.format(match, name, ""), "cpu-compare")
            for match in ("minimum", "exact", "strict") for name in names]


def ask_cpu_compare_error(d):
    return [cpu_of(d, CPU.format("exact", name, ""), "cpu-compare", "--error")
            for name in ("phenom", "Skylake-Server", "EPYC-Rome", "qemu64")]


def ask_cpu_compare_validate(d):
    return cpu_of(d, CPU.format("exact", "qemu64", "<surprise/>"), "cpu-compare", "--validate")


def ask_cpu_compare_unknown_model(d):
    return cpu_of(d, CPU.format("exact", "nosuch", ""), "cpu-compare")


def ask_cpu_compare_unknown_feature(d):
    return cpu_of(d, CPU.format("exact", "qemu64", "<feature policy='require' name='nosuch'/>"),
                  "cpu-compare")


def ask_cpu_compare_unknown_arch(d):
    return cpu_of(d, "<cpu><arch>pdp11</arch><model>x</model></cpu>", "cpu-compare")


def ask_cpu_compare_malformed(d):
    return cpu_of(d, "<cpu><model>x</cpu>", "cpu-compare")


def pairs():
    names = ["Nehalem", "Westmere", "SandyBridge", "Haswell", "Skylake-Client", "Opteron_G3", "EPYC",
             "core2duo", "qemu64"]
    return [(a, b) for a in names for b in names if a < b]


def ask_cpu_baseline(d):
    return [cpu_of(d, f"{HOST.format(a, '')}{HOST.format(b, '')}", "cpu-baseline")
            for a, b in pairs()]


def ask_cpu_baseline_features(d):
    return [cpu_of(d, f"{HOST.format(a, '')}{HOST.format(b, '')}", "cpu-baseline", "--features")
            for a, b in pairs()[::5]]


def ask_cpu_baseline_migratable(d):
    return cpu_of(d, HOST.format("Westmere", "<feature name='invtsc'/>"), "cpu-baseline",
                  "--features", "--migratable")


def ask_cpu_baseline_of_this_host(d):
    cpu = harness.xml.tostring(d.tree("capabilities").find("host/cpu"), encoding="unicode")
    return cpu_of(d, cpu, "cpu-baseline")


def ask_cpu_baseline_mixed_vendors(d):
    return cpu_of(d, HOST.format("Westmere", "").replace("</model>", "</model><vendor>Intel</vendor>")
                  + HOST.format("EPYC", "").replace("</model>", "</model><vendor>AMD</vendor>"),
                  "cpu-baseline")


def arch_baseline(d, arch, *cpus):
    """Of CPUs given as a model, or a model and more."""
    return cpu_of(d, "".join(HOST.replace("x86_64", arch).format(*cpu) for cpu in cpus), "cpu-baseline")


def ask_cpu_baseline_power(d):
    return [arch_baseline(d, "ppc64", *cpus) for cpus in (
        [("POWER8", ""), ("POWER8", "<vendor>IBM</vendor>")],
        [("POWER9", ""), ("POWER8", "")],
        [("POWER5", "")],
        [("POWER8_v1.0", "")],
        [("POWER8", "<vendor>Freescale</vendor>")],
        [("POWER8", "<vendor>Acme</vendor>")])]


def ask_cpu_baseline_arm(d):
    return arch_baseline(d, "aarch64", ("cortex-a57", ""), ("cortex-a57", ""))


def ask_cpu_baseline_arm_mixed(d):
    return arch_baseline(d, "aarch64", ("cortex-a57", ""), ("cortex-a72", ""))


def ask_cpu_baseline_s390x(d):
    return arch_baseline(d, "s390x", ("z14", ""))


def ask_cpu_compare_other_arch(d):
    return [cpu_of(d, HOST.replace("x86_64", arch).format("max", ""), "cpu-compare")
            for arch in ("ppc64", "aarch64", "s390x", "riscv64")]


def ask_hypervisor_cpu_compare(d):
    return [cpu_of(d, CPU.format("exact", name, ""), "hypervisor-cpu-compare", *TCG)
            for name in ("qemu64", "Nehalem", "Westmere", "Haswell", "Skylake-Server", "EPYC")]


def ask_hypervisor_cpu_baseline(d):
    return [cpu_of(d, f"{CPU.format('exact', a, '')}{CPU.format('exact', b, '')}",
                   "hypervisor-cpu-baseline", *TCG) for a, b in pairs()[::5]]


S390X = ("--arch", "s390x", "--virttype", "qemu")


def s390x_baseline(d, *cpus):
    return [cpu_of(d, "".join(CPU.format("exact", *cpu) for cpu in cpus), "hypervisor-cpu-baseline",
                   *S390X, *more) for more in ((), ("--features",))]


def ask_hypervisor_cpu_baseline_s390x(d):
    """Both ask QEMU. Of an unknown feature libvirtd 9.0 dies: it is not asked about one."""
    if without_qemu("s390x"):
        return None
    te, msa5 = ("<feature policy='{}' name='{}'/>".format(*f) for f in (
        ("disable", "te"), ("require", "msa5")))
    return [s390x_baseline(d, *cpus) for cpus in (
        [("z14", ""), ("z13", te), ("z14ZR1", "")], [("z13-base", msa5)], [("z14", ""), ("z99", "")])]


def ask_hypervisor_cpu_baseline_s390x_lacking(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "max", ""), "hypervisor-cpu-baseline", *S390X)


def ask_hypervisor_cpu_baseline_s390x_machine(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "z13", ""), "hypervisor-cpu-baseline", *S390X, "--machine",
                  "s390-ccw-virtio-2.8")


def ask_hypervisor_cpu_compare_s390x(d):
    if without_qemu("s390x"):
        return None
    return cpu_of(d, CPU.format("exact", "z14", ""), "hypervisor-cpu-compare", *S390X)


def ask_hypervisor_cpu_of_others(d):
    return [cpu_of(d, CPU.format("exact", "max", ""), command, "--arch", arch)
            for arch in ("aarch64", "ppc64", "riscv64") if not without_qemu(arch)
            for command in ("hypervisor-cpu-baseline", "hypervisor-cpu-compare")]
