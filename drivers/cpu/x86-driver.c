/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of x86: x86_64 and i686 share all their facts. */
#include "drivers/cpu/x86-baseline.h"
#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-data.h"
#include "drivers/cpu/x86-decode.h"
#include "drivers/cpu/x86-encode.h"
#include "drivers/cpu/x86-expansion.h"
#include "drivers/cpu/x86-live.h"
#include "drivers/cpu/x86-update.h"

static const VirtCpuArch archs[] = { VIRTCPU_ARCH_X86_64, VIRTCPU_ARCH_I686, VIRTCPU_ARCH_NONE };

static void
add_cpuid(VirtCpuData *data, guint32 leaf, guint32 subleaf, const guint32 values[4])
{
    x86_data_add_cpuid(
        data, &(X86Cpuid){ leaf, subleaf, { values[0], values[1], values[2], values[3] } });
}

static gboolean
get_cpuid(const VirtCpuData *data, guint32 leaf, guint32 subleaf, guint32 values[4])
{
    const X86Cpuid *row = x86_data_find_cpuid(x86_data_const(data), leaf, subleaf);

    for (gsize i = 0; row != NULL && i < G_N_ELEMENTS(row->values); i++) {
        values[i] = row->values[i];
    }
    return row != NULL;
}

static gboolean
add_feature(VirtCpuData *data, const char *name)
{
    guint16 index = x86_map_find_feature(name);

    if (index == X86_NO_FEATURE) {
        return FALSE;
    }
    x86_data_add_feature(data, index);
    return TRUE;
}

static gboolean
has_feature(const VirtCpuData *data, const char *name)
{
    guint16 index = x86_map_find_feature(name);

    return index != X86_NO_FEATURE && x86_data_has_feature(x86_data_const(data), index);
}

static gboolean
set_vendor(VirtCpuData *data, const char *name)
{
    const X86Vendor *vendor = x86_map_find_vendor(name);

    if (vendor == NULL) {
        return FALSE;
    }
    x86_data_set_vendor(data, vendor);
    return TRUE;
}

static void
set_signature(VirtCpuData *data, unsigned family, unsigned model, unsigned stepping)
{
    x86_data_set_stepping(data, &(X86Stepping){ family, model, stepping });
}

const VirtCpuArchOps virtcpu_x86_ops = {
    .name = "x86",
    .archs = archs,
    .data_new = x86_data_new,
    .data_free = x86_data_free,
    .data_copy = x86_data_copy,
    .data_add_cpuid = add_cpuid,
    .data_get_cpuid = get_cpuid,
    .data_add_msr = x86_data_add_msr,
    .data_parse = x86_data_parse,
    .data_format = x86_data_format,
    .data_add_feature = add_feature,
    .data_has_feature = has_feature,
    .data_set_vendor = set_vendor,
    .data_set_signature = set_signature,
    .data_differences = x86_data_differences,
    .data_from_expansion = x86_expansion_to_data,
    .decode = x86_decode,
    .encode = x86_encode,
    .cpu_new = x86_cpu_new,
    .cpu_free = x86_cpu_free,
    .compare = x86_cpu_compare,
    .has_feature = x86_cpu_has_feature,
    .abi_level = x86_cpu_abi_level,
    .baseline = x86_baseline,
    .update = x86_update,
    .expand = x86_expand,
    .translate = x86_translate,
    .validate_features = x86_cpu_validate_features,
    .check_live = x86_live_check,
    .update_live = x86_live_update,
    .model_names = x86_map_model_names,
    .feature_names = x86_map_feature_names,
    .model_info = x86_map_model_info,
    .model_features = x86_map_model_features,
    .feature_info = x86_map_feature_info,
};
