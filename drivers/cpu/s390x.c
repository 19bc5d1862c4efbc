/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of s390x. QEMU compares and makes baselines (query-cpu-model-comparison and -baseline);
 * only the form of a definition is judged here. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/named-cpu.h"
#include "drivers/cpu/named-data.h"

static const VirtCpuArch archs[] = { VIRTCPU_ARCH_S390X, VIRTCPU_ARCH_NONE };

static gboolean
validate_features(const VirtCpuDef *def, GError **error)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (feature->policy != VIRTCPU_POLICY_REQUIRE &&
            feature->policy != VIRTCPU_POLICY_DISABLE) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("only cpu feature policies 'require' and 'disable' are supported "
                                "for %s"),
                              feature->name);
            return FALSE;
        }
    }
    return TRUE;
}

static VirtCpu *
cpu_new(VirtCpuArch arch, const VirtCpuDef *def, GError **error)
{
    return validate_features(def, error) ? named_cpu_new(&virtcpu_s390x_ops, arch, def, NULL)
                                         : NULL;
}

static VirtCpuData *
data_from_expansion(VirtCpuArch arch, const VirtCpuJson *model, GError **error)
{
    return named_data_from_expansion(&virtcpu_s390x_ops, arch, model, error);
}

/* How names of a vendor's models begin: "z900" to "z14ZR1", "gen15a" and later. Source: QEMU's
 * target/s390x/cpu_models.c; "qemu" and "max" are of no vendor. */
static const struct {
    const char *prefix;
    const char *vendor;
} vendors[] = {
    { "gen", "IBM" },
    { "z", "IBM" },
};

static const char *
model_vendor(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(vendors); i++) {
        if (g_str_has_prefix(name, vendors[i].prefix)) {
            return vendors[i].vendor;
        }
    }
    return NULL;
}

const VirtCpuArchOps virtcpu_s390x_ops = {
    .name = "s390x",
    .archs = archs,
    .data_free = named_data_free,
    .data_copy = named_data_copy,
    .data_has_feature = named_data_has_feature,
    .data_from_expansion = data_from_expansion,
    .decode = named_data_decode,
    .cpu_new = cpu_new,
    .cpu_free = named_cpu_free,
    .compare = named_cpu_compare,
    .has_feature = named_cpu_has_feature,
    .update = named_cpu_update,
    .translate = named_cpu_translate,
    .validate_features = validate_features,
    .model_names = named_cpu_any_model,
    .model_vendor = model_vendor,
};
