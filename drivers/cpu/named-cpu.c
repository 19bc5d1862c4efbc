/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/named-cpu.h"

#include "conf/error.h"
#include "conf/i18n.h"

VirtCpu *
named_cpu_new(const VirtCpuArchOps *ops, VirtCpuArch arch, const VirtCpuDef *def,
              const ChipModel *model)
{
    NamedCpu *cpu = g_new0(NamedCpu, 1);

    cpu->parent.ops = ops;
    cpu->parent.arch = arch;
    cpu->def = virtcpu_def_copy(def);
    cpu->model = model;
    return &cpu->parent;
}

void
named_cpu_free(VirtCpu *cpu)
{
    virtcpu_def_free(((NamedCpu *)cpu)->def);
    g_free(cpu);
}

VirtCpuCompareResult
named_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons)
{
    const char *vendor = named_cpu(cpu)->def->vendor;

    if (vendor == NULL || g_strcmp0(vendor, named_cpu(host)->def->vendor) == 0) {
        return VIRTCPU_COMPARE_DELEGATED;
    }
    if (reasons != NULL) {
        g_ptr_array_add(
            reasons,
            g_strdup_printf(_("host CPU vendor does not match required CPU vendor %s"), vendor));
    }
    return VIRTCPU_COMPARE_INCOMPATIBLE;
}

gboolean
named_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has, GError **error)
{
    const VirtCpuDefFeature *feature = virtcpu_def_find_feature(named_cpu(cpu)->def, name);

    if (feature == NULL || feature->policy == VIRTCPU_POLICY_OPTIONAL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("only the hypervisor can tell whether a %s CPU has feature '%s'"),
                          virtcpu_arch_to_string(cpu->arch), name);
        return FALSE;
    }
    *has = feature->policy == VIRTCPU_POLICY_FORCE || feature->policy == VIRTCPU_POLICY_REQUIRE;
    return TRUE;
}

gboolean
named_cpu_accept_features(const VirtCpuDef *def, GError **error)
{
    return TRUE;
}

const char **
named_cpu_any_model(void)
{
    return g_new0(const char *, 1);
}
