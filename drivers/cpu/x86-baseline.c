/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-baseline.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-data.h"
#include "drivers/cpu/x86-decode.h"
#include "drivers/cpu/x86-update.h"

/* What the CPUs seen so far have in common. */
typedef struct {
    X86Facts facts;
    gboolean all_name_vendor;
    GPtrArray *models; /* names, each once, of the definitions; NULL-terminated */
} Common;

static gboolean
agree_on_vendor(Common *common, const X86Cpu *cpu, const VirtCpuDef *def, gboolean first,
                GError **error)
{
    const X86Vendor *own = cpu->model != NULL ? cpu->model->vendor : NULL;
    const X86Vendor *vendor;
    const char *name = def->vendor;

    if (name == NULL) {
        common->all_name_vendor = FALSE;
        name = own != NULL && !first ? own->name : NULL;
    } else if (own != NULL && !first && !g_str_equal(name, own->name)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("CPU vendor %s of model %s differs from vendor %s"), own->name,
                          cpu->model->name, name);
        return FALSE;
    }
    if (name == NULL) {
        return TRUE;
    }
    vendor = x86_map_find_vendor(name);
    if (vendor == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("Unknown CPU vendor %s"), name);
        return FALSE;
    }
    if (common->facts.vendor != NULL && vendor != common->facts.vendor) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("CPU vendors do not match"));
        return FALSE;
    }
    common->facts.vendor = vendor;
    return TRUE;
}

static gboolean
add_cpu(Common *common, VirtCpuArch arch, const VirtCpuDef *def, guint index, GHashTable *seen,
        GError **error)
{
    g_auto(X86Cpu) cpu = { 0 };

    if (def->model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("no CPU model specified at index %u"),
                          index);
        return FALSE;
    }
    if (def->arch != VIRTCPU_ARCH_NONE &&
        virtcpu_arch_find(def->arch, VIRTCPU_ARCH_SLOT(baseline), NULL) != &virtcpu_x86_ops) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("CPU arch %s at index %u does not match arch %s of the first CPU"),
                          virtcpu_arch_to_string(def->arch), index, virtcpu_arch_to_string(arch));
        return FALSE;
    }
    if (!x86_cpu_init(&cpu, arch, def, error) ||
        !agree_on_vendor(common, &cpu, def, index == 0, error)) {
        return FALSE;
    }
    if (g_hash_table_add(seen, def->model)) {
        g_ptr_array_add(common->models, def->model);
    }
    if (index == 0) {
        common->facts.features = cpu.full;
    } else {
        x86_set_intersect(&common->facts.features, &cpu.full);
    }
    return TRUE;
}

/* Gather @cpus, whose strings @common then borrows. */
static gboolean
gather(Common *common, VirtCpuArch arch, const GPtrArray *cpus, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < cpus->len; i++) {
        if (!add_cpu(common, arch, g_ptr_array_index(cpus, i), i, seen, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static VirtCpuDef *
describe(const Common *common, VirtCpuArch arch, const VirtCpuBaselineOptions *options,
         GError **error)
{
    const X86DecodeRules rules = {
        .type = VIRTCPU_DEF_GUEST,
        .hv_models = options->hv_models,
        .models = options->models,
        .preferred = (const char *const *)common->models->pdata,
        .migratable = options->migratable,
    };
    VirtCpuDef *def = x86_decode_facts(arch, &common->facts, &rules, error);

    if (def == NULL) {
        return NULL;
    }
    if (common->models->len > 1 || !g_str_equal(def->model, g_ptr_array_index(common->models, 0))) {
        def->fallback = VIRTCPU_FALLBACK_ALLOW;
    }
    if (!common->all_name_vendor) {
        g_clear_pointer(&def->vendor, g_free);
    }
    return def;
}

static void
drop_unknown_to_qemu(VirtCpuDef *def)
{
    for (guint i = def->features->len; i-- > 0;) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (x86_map_feature(x86_map_find_feature_exact(feature->name))->qemu == NULL) {
            g_ptr_array_remove_index(def->features, i);
        }
    }
}

VirtCpuDef *
x86_baseline(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
             GError **error)
{
    g_autoptr(GPtrArray) models = g_ptr_array_new_null_terminated(cpus->len, NULL, TRUE);
    Common common = { .all_name_vendor = TRUE, .models = models };
    g_autoptr(VirtCpuDef) def = NULL;

    if (!gather(&common, arch, cpus, error)) {
        return NULL;
    }
    if (options->hv_features != NULL) {
        X86Set given = x86_data_to_set(x86_data_const(options->hv_features));

        x86_set_intersect(&common.facts.features, &given);
    }
    if (x86_set_is_empty(&common.facts.features)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("CPUs are incompatible"));
        return NULL;
    }
    def = describe(&common, arch, options, error);
    if (def != NULL && options->for_qemu) {
        drop_unknown_to_qemu(def);
    }
    if (def == NULL || !options->expand_features) {
        return g_steal_pointer(&def);
    }
    return x86_expand(arch, def, FALSE, error);
}
