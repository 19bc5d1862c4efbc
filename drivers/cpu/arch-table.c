/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/cpu-arch.h"

#include <string.h>

static const VirtCpuArchOps *const arch_tables[] = {
    &virtcpu_x86_ops,
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
    if (virtcpu_arch_to_string(arch) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("undefined hardware architecture"));
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(arch_tables); i++) {
        if (serves(arch_tables[i], arch) && has_slot(arch_tables[i], slot)) {
            return arch_tables[i];
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                      _("'%s' architecture is not supported by CPU driver"),
                      virtcpu_arch_to_string(arch));
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
