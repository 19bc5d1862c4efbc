/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/cpu-arch.h"

#include <string.h>

static const VirtCpuArchOps *const arch_tables[] = {
    &virtcpu_x86_ops,   &virtcpu_arm_ops,     &virtcpu_ppc64_ops,
    &virtcpu_s390x_ops, &virtcpu_riscv64_ops, &virtcpu_loongarch64_ops,
};

static gboolean
serves(const VirtCpuArchOps *ops, VirtCpuArch arch)
{
    for (const VirtCpuArch *served = ops->archs; *served != VIRTCPU_ARCH_NONE; served++) {
        if (*served == arch) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
has_slot(const VirtCpuArchOps *ops, gsize slot)
{
    void (*function)(void);

    memcpy(&function, (const char *)ops + slot, sizeof(function));
    return function != NULL;
}

const VirtCpuArchOps *
virtcpu_arch_find(VirtCpuArch arch, gsize slot, GError **error)
{
    const char *name = virtcpu_arch_to_string(arch);

    if (name == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("undefined hardware architecture"));
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(arch_tables); i++) {
        if (!serves(arch_tables[i], arch)) {
            continue;
        }
        if (has_slot(arch_tables[i], slot)) {
            return arch_tables[i];
        }
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("only the hypervisor can do this for CPUs of the '%s' architecture"),
                          name);
        return NULL;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                      _("'%s' architecture is not supported by CPU driver"), name);
    return NULL;
}

const VirtCpuArchOps *
virtcpu_arch_find_by_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(arch_tables); i++) {
        if (g_str_equal(arch_tables[i]->name, name)) {
            return arch_tables[i];
        }
    }
    return NULL;
}
