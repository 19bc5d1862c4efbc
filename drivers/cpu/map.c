/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What cpu.h says of the map: looking things up in the tables of an architecture. */
#include "drivers/cpu/cpu-arch.h"

gboolean
virtcpu_cpu_has_map(VirtCpuArch arch)
{
    g_autofree const char **names = virtcpu_cpu_model_names(arch, NULL);

    return names != NULL && names[0] != NULL;
}

gboolean
virtcpu_cpu_has_bits(VirtCpuArch arch)
{
    return virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(encode), NULL) != NULL;
}

gboolean
virtcpu_cpu_host_model_is_host(VirtCpuArch arch)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(name), NULL);

    return ops != NULL && ops->host_model_is_host;
}

const char **
virtcpu_cpu_model_names(VirtCpuArch arch, GError **error)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(model_names), error);

    return ops != NULL ? ops->model_names() : NULL;
}

const char **
virtcpu_cpu_feature_names(VirtCpuArch arch)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(feature_names), NULL);

    return ops != NULL ? ops->feature_names() : g_new0(const char *, 1);
}

gboolean
virtcpu_cpu_model_info(VirtCpuArch arch, const char *name, VirtCpuModelInfo *info)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(model_info), NULL);

    return ops != NULL && ops->model_info(name, info);
}

const char **
virtcpu_cpu_model_features(VirtCpuArch arch, const char *name)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(model_features), NULL);

    return ops != NULL ? ops->model_features(name) : NULL;
}

const char *
virtcpu_cpu_model_vendor(VirtCpuArch arch, const char *model)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(model_vendor), NULL);
    VirtCpuModelInfo info = { 0 };

    if (ops != NULL) {
        return ops->model_vendor(model);
    }
    return virtcpu_cpu_model_info(arch, model, &info) ? info.vendor : NULL;
}

const char *
virtcpu_cpu_model_from_qemu(VirtCpuArch arch, const char *name)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(model_from_qemu), NULL);
    const char *known = ops != NULL ? ops->model_from_qemu(name) : NULL;

    return known != NULL ? known : name;
}

gboolean
virtcpu_cpu_feature_info(VirtCpuArch arch, const char *name, VirtCpuFeatureInfo *info)
{
    const VirtCpuArchOps *ops = virtcpu_arch_find(arch, VIRTCPU_ARCH_SLOT(feature_info), NULL);

    return ops != NULL && ops->feature_info(name, info);
}

const char *
virtcpu_cpu_feature_to_qemu(VirtCpuArch arch, const char *name)
{
    VirtCpuFeatureInfo info = { 0 };

    return virtcpu_cpu_feature_info(arch, name, &info) && info.qemu != NULL ? info.qemu : name;
}

const char *
virtcpu_cpu_feature_from_qemu(VirtCpuArch arch, const char *name)
{
    VirtCpuFeatureInfo info = { 0 };

    return virtcpu_cpu_feature_info(arch, name, &info) ? info.name : NULL;
}

gboolean
virtcpu_cpu_feature_is_migratable(VirtCpuArch arch, const char *name)
{
    VirtCpuFeatureInfo info = { 0 };

    return !virtcpu_cpu_feature_info(arch, name, &info) || info.migratable;
}

const char *
virtcpu_register_to_string(VirtCpuRegister reg)
{
    static const char *const words[] = { "eax", "ebx", "ecx", "edx", "msr" };

    return (gsize)reg < G_N_ELEMENTS(words) ? words[reg] : NULL;
}
