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
named_cpu_refuse(GPtrArray *reasons, const char *format, ...)
{
    va_list arguments;

    if (reasons != NULL) {
        va_start(arguments, format);
        g_ptr_array_add(reasons, g_strdup_vprintf(format, arguments));
        va_end(arguments);
    }
    return VIRTCPU_COMPARE_INCOMPATIBLE;
}

VirtCpuCompareResult
named_cpu_compare(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons)
{
    const char *vendor = named_cpu(cpu)->def->vendor;

    if (vendor == NULL || g_strcmp0(vendor, named_cpu(host)->def->vendor) == 0) {
        return VIRTCPU_COMPARE_DELEGATED;
    }
    return named_cpu_refuse(reasons, _("host CPU vendor does not match required CPU vendor %s"),
                            vendor);
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

static gboolean
is_in(const GPtrArray *hv_models, const char *name)
{
    for (guint i = 0; i < hv_models->len; i++) {
        if (g_str_equal(((const VirtCpuHvModel *)g_ptr_array_index(hv_models, i))->name, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
named_cpu_model_is_allowed(const GPtrArray *hv_models, const char *const *models, const char *name,
                           GError **error)
{
    if ((hv_models == NULL || is_in(hv_models, name)) &&
        (models == NULL || g_strv_contains(models, name))) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("CPU model %s is not supported by hypervisor"), name);
    return FALSE;
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
