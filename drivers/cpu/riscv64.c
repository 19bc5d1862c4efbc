/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of 64-bit RISC-V. Models and their features are QEMU's alone. */
#include "drivers/cpu/named-cpu.h"

static const VirtCpuArch archs[] = { VIRTCPU_ARCH_RISCV64, VIRTCPU_ARCH_NONE };

static VirtCpu *
cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    return named_cpu_new(&virtcpu_riscv64_ops, arch, def, NULL);
}

const VirtCpuArchOps virtcpu_riscv64_ops = {
    .name = "riscv64",
    .archs = archs,
    .cpu_new = cpu_new,
    .cpu_free = named_cpu_free,
    .compare = named_cpu_compare,
    .has_feature = named_cpu_has_feature,
    .update = named_cpu_update,
    .translate = named_cpu_translate,
    .validate_features = named_cpu_accept_features,
    .model_names = named_cpu_any_model,
};
