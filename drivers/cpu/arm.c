/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of ARM, 32 and 64 bits. A definition names a model of QEMU's and features of the map;
 * what the two come to, only QEMU knows. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/chip-data.h"
#include "drivers/cpu/named-cpu.h"

#include "arm-map-table.h"

static const VirtCpuArch archs[] = { VIRTCPU_ARCH_AARCH64, VIRTCPU_ARCH_ARMV7L, VIRTCPU_ARCH_ARMV6L,
                                     VIRTCPU_ARCH_NONE };

static gboolean
validate_features(const VirtCpuDef *def, GError **error)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (!g_strv_contains(arm_chips.features, feature->name)) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("unknown CPU feature: %s"),
                              feature->name);
            return FALSE;
        }
    }
    return TRUE;
}

static VirtCpu *
cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    if (!validate_features(def, error)) {
        return NULL;
    }
    return named_cpu_new(&virtcpu_arm_ops, arch, def, chip_map_find_model(&arm_chips, def->model));
}

static VirtCpuDef *
baseline(VirtCpuArch arch, const GPtrArray *cpus, const VirtCpuBaselineOptions *options,
         GError **error)
{
    return named_cpu_baseline(&arm_chips, cpus, options, error);
}

const VirtCpuArchOps virtcpu_arm_ops = {
    .name = "arm",
    .archs = archs,
    .chips = &arm_chips,
    .data_new = chip_data_new,
    .data_free = chip_data_free,
    .data_copy = chip_data_copy,
    .data_set_register = chip_data_set_register,
    .data_parse = chip_data_parse,
    .data_format = chip_data_format,
    .decode = chip_data_decode,
    .cpu_new = cpu_new,
    .cpu_free = named_cpu_free,
    .compare = named_cpu_compare,
    .has_feature = named_cpu_has_feature,
    .baseline = baseline,
    .update = named_cpu_update,
    .translate = named_cpu_translate,
    .validate_features = validate_features,
    .model_names = named_cpu_any_model,
};
