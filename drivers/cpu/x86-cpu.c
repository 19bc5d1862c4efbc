/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-cpu.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* Sort the features of @def into @by_policy; a host has nothing but what it requires. */
static gboolean
sort_by_policy(const VirtCpuDef *def, X86Set by_policy[VIRTCPU_POLICY_LAST], GError **error)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);
        guint16 index = x86_map_find_feature_exact(feature->name);
        VirtCpuPolicy policy =
            def->type == VIRTCPU_DEF_HOST ? VIRTCPU_POLICY_REQUIRE : feature->policy;

        if (index == X86_NO_FEATURE) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown CPU feature %s"),
                              feature->name);
            return FALSE;
        }
        x86_set_add(&by_policy[policy], index);
    }
    return TRUE;
}

gboolean
x86_cpu_init(X86Cpu *cpu, VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    const X86Set *by_policy = cpu->by_policy;

    *cpu = (X86Cpu){
        .parent = { &virtcpu_x86_ops, def->arch != VIRTCPU_ARCH_NONE ? def->arch : arch },
        .strict = def->type == VIRTCPU_DEF_GUEST && def->match == VIRTCPU_MATCH_STRICT,
    };
    if (def->model != NULL) {
        cpu->model = x86_map_find_model(def->model);
        if (cpu->model == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown CPU model %s"),
                              def->model);
            return FALSE;
        }
        cpu->full = cpu->model->features;
    }
    if (!sort_by_policy(def, cpu->by_policy, error)) {
        return FALSE;
    }
    cpu->vendor = g_strdup(def->vendor);
    cpu->named = by_policy[VIRTCPU_POLICY_FORCE];
    x86_set_unite(&cpu->named, &by_policy[VIRTCPU_POLICY_OPTIONAL]);
    x86_set_unite(&cpu->named, &by_policy[VIRTCPU_POLICY_DISABLE]);
    x86_set_unite(&cpu->full, &by_policy[VIRTCPU_POLICY_REQUIRE]);
    cpu->need = x86_set_difference(&cpu->full, &cpu->named);
    x86_set_unite(&cpu->named, &cpu->need);
    x86_cpu_apply_policies(cpu, &cpu->full);
    return TRUE;
}

void
x86_cpu_apply_policies(const X86Cpu *cpu, X86Set *set)
{
    x86_set_unite(set, &cpu->by_policy[VIRTCPU_POLICY_REQUIRE]);
    x86_set_unite(set, &cpu->by_policy[VIRTCPU_POLICY_FORCE]);
    x86_set_subtract(set, &cpu->by_policy[VIRTCPU_POLICY_DISABLE]);
    x86_set_subtract(set, &cpu->by_policy[VIRTCPU_POLICY_FORBID]);
}

void
x86_cpu_clear(X86Cpu *cpu)
{
    g_clear_pointer(&cpu->vendor, g_free);
}

VirtCpu *
x86_cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    X86Cpu *cpu = g_new0(X86Cpu, 1);

    if (!x86_cpu_init(cpu, arch, def, error)) {
        x86_cpu_free(&cpu->parent);
        return NULL;
    }
    return &cpu->parent;
}

void
x86_cpu_free(VirtCpu *cpu)
{
    x86_cpu_clear((X86Cpu *)cpu);
    g_free(cpu);
}

gboolean
x86_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has, GError **error)
{
    guint16 index = x86_map_find_feature_exact(name);

    if (index == X86_NO_FEATURE) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("unknown CPU feature %s"), name);
        return FALSE;
    }
    *has = x86_set_has(&((const X86Cpu *)cpu)->full, index);
    return TRUE;
}

VirtCpuAbiLevel
x86_cpu_abi_level(const VirtCpu *cpu)
{
    return x86_map_abi_level(&((const X86Cpu *)cpu)->full);
}

gboolean
x86_cpu_validate_features(const VirtCpuDef *def, GError **error)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (x86_map_find_feature_exact(feature->name) == X86_NO_FEATURE) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("unknown CPU feature: %s"),
                              feature->name);
            return FALSE;
        }
    }
    return TRUE;
}

void
x86_cpu_def_disable_gone(VirtCpuDef *def, const X86Model *model)
{
    for (const guint16 *index = model->gone; *index != X86_NO_FEATURE; index++) {
        const char *name = x86_map_feature(*index)->name;

        if (virtcpu_def_find_feature(def, name) == NULL) {
            virtcpu_def_set_feature(def, name, VIRTCPU_POLICY_DISABLE);
        }
    }
}
