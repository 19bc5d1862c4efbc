/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/named-cpu.h"

static const VirtCpuDef *
cpu_at(const GPtrArray *cpus, guint index)
{
    return g_ptr_array_index(cpus, index);
}

/* The model of the first CPU, which all the others have to have. Older names are not taken: hosts
 * that told them told some models wrongly. */
static const char *
common_model(const ChipMap *map, const GPtrArray *cpus, GError **error)
{
    const char *name = cpu_at(cpus, 0)->model;
    const ChipModel *known = chip_map_find_model(map, name);

    for (guint i = 0; i < cpus->len; i++) {
        if (cpu_at(cpus, i)->model == NULL) {
            virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                              _("no CPU model specified at index %u"), i);
            return NULL;
        }
        if (!map->open && (known == NULL || !g_str_equal(known->name, name))) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown CPU model %s"), name);
            return NULL;
        }
        if (!g_str_equal(cpu_at(cpus, i)->model, name)) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("CPUs are incompatible"));
            return NULL;
        }
    }
    return name;
}

/* The vendors named have to be the model's, or one another's where the map does not know it. */
static gboolean
check_vendors(const ChipMap *map, const char *name, const GPtrArray *cpus, GError **error)
{
    const ChipModel *model = chip_map_find_model(map, name);
    const char *expected = model != NULL ? model->vendor : NULL;

    for (guint i = 0; i < cpus->len; i++) {
        const char *vendor = cpu_at(cpus, i)->vendor;

        if (vendor != NULL && !g_strv_contains(map->vendors, vendor)) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("Unknown CPU vendor %s"),
                              vendor);
            return FALSE;
        }
        if (vendor != NULL && expected != NULL && !g_str_equal(vendor, expected)) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                              _("CPU vendor %s of model %s differs from vendor %s"), expected, name,
                              vendor);
            return FALSE;
        }
        expected = expected != NULL ? expected : vendor;
    }
    return TRUE;
}

/* Byte orders are of one architecture, word sizes are not. */
static gboolean
is_same_arch(VirtCpuArch left, VirtCpuArch right)
{
    gsize slot = VIRTCPU_ARCH_SLOT(baseline);

    return virtcpu_arch_find(left, slot, NULL) == virtcpu_arch_find(right, slot, NULL) &&
           virtcpu_arch_wordsize(left) == virtcpu_arch_wordsize(right);
}

static gboolean
check_archs(const GPtrArray *cpus, GError **error)
{
    VirtCpuArch first = cpu_at(cpus, 0)->arch;

    for (guint i = 1; i < cpus->len; i++) {
        VirtCpuArch arch = cpu_at(cpus, i)->arch;

        if (arch != first && !is_same_arch(first, arch)) {
            virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                              _("CPU architectures do not match: %s and %s"),
                              virtcpu_arch_to_string(first), virtcpu_arch_to_string(arch));
            return FALSE;
        }
    }
    return TRUE;
}

/* TRUE when every one of @cpus names @feature as something it has. */
static gboolean
all_have(const GPtrArray *cpus, const char *feature)
{
    for (guint i = 0; i < cpus->len; i++) {
        const VirtCpuDefFeature *own = virtcpu_def_find_feature(cpu_at(cpus, i), feature);

        if (own == NULL ||
            (own->policy != VIRTCPU_POLICY_REQUIRE && own->policy != VIRTCPU_POLICY_FORCE)) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
put_common_features(VirtCpuDef *def, const GPtrArray *cpus)
{
    for (guint i = 0; i < cpu_at(cpus, 0)->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu_at(cpus, 0)->features, i);

        if (all_have(cpus, feature->name)) {
            virtcpu_def_set_feature(def, feature->name, VIRTCPU_POLICY_REQUIRE);
        }
    }
}

/* A feature one CPU turns off is off in what they have in common. */
static void
put_disabled_features(VirtCpuDef *def, const GPtrArray *cpus)
{
    for (guint i = 0; i < cpus->len; i++) {
        for (guint j = 0; j < cpu_at(cpus, i)->features->len; j++) {
            const VirtCpuDefFeature *feature = g_ptr_array_index(cpu_at(cpus, i)->features, j);

            if (feature->policy == VIRTCPU_POLICY_DISABLE ||
                feature->policy == VIRTCPU_POLICY_FORBID) {
                virtcpu_def_set_feature(def, feature->name, VIRTCPU_POLICY_DISABLE);
            }
        }
    }
}

VirtCpuDef *
named_cpu_baseline(const ChipMap *map, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
                   GError **error)
{
    const char *name = common_model(map, cpus, error);
    VirtCpuDef *def;

    if (name == NULL || !check_archs(cpus, error) || !check_vendors(map, name, cpus, error)) {
        return NULL;
    }
    if (!named_cpu_model_is_allowed(options->hv_models, options->models, name, error)) {
        return NULL;
    }
    def = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    def->model = g_strdup(name);
    def->has_match = TRUE;
    def->has_fallback = TRUE;
    def->fallback = map->open ? VIRTCPU_FALLBACK_ALLOW : VIRTCPU_FALLBACK_FORBID;
    put_common_features(def, cpus);
    put_disabled_features(def, cpus);
    return def;
}
