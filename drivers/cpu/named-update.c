/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/named-cpu.h"

/* What would need the features of a model to decide. */
static gboolean
refuse_undecidable(VirtCpuArch arch, const VirtCpuDef *guest, GError **error)
{
    if (guest->mode == VIRTCPU_MODE_CUSTOM && guest->match == VIRTCPU_MATCH_MINIMUM) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("match mode %s not supported"),
                          virtcpu_match_to_string(guest->match));
        return FALSE;
    }
    for (guint i = 0; i < guest->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(guest->features, i);

        if (feature->policy == VIRTCPU_POLICY_OPTIONAL) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("policy 'optional' of CPU feature '%s' is not supported for %s: "
                                "require or disable it"),
                              feature->name, virtcpu_arch_to_string(arch));
            return FALSE;
        }
    }
    return TRUE;
}

static void
put_features(VirtCpuDef *def, const VirtCpuDef *source)
{
    for (guint i = 0; i < source->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(source->features, i);

        virtcpu_def_set_feature(def, feature->name, feature->policy);
    }
}

/* @guest as the host's model, with its own features over the host's. */
static VirtCpuDef *
make_custom(const VirtCpuDef *guest, const VirtCpuDef *host)
{
    VirtCpuDef *custom = virtcpu_def_copy(guest);

    g_ptr_array_set_size(custom->features, 0);
    put_features(custom, host);
    put_features(custom, guest);
    g_free(custom->model);
    custom->model = g_strdup(host->model);
    g_free(custom->vendor);
    custom->vendor = g_strdup(host->vendor);
    custom->mode = VIRTCPU_MODE_CUSTOM;
    custom->match = VIRTCPU_MATCH_EXACT;
    custom->has_match = TRUE;
    custom->has_fallback = TRUE;
    return custom;
}

VirtCpuDef *
named_cpu_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host, GError **error)
{
    if (virtcpu_def_is_opaque(guest)) {
        return virtcpu_def_copy(guest);
    }
    if (!refuse_undecidable(arch, guest, error)) {
        return NULL;
    }
    if (guest->mode == VIRTCPU_MODE_CUSTOM) {
        return virtcpu_def_copy(guest);
    }
    if (host == NULL || host->model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("unknown host CPU model"));
        return NULL;
    }
    return make_custom(guest, host);
}

VirtCpuDef *
named_cpu_translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models,
                    GError **error)
{
    gboolean forbid = def->fallback == VIRTCPU_FALLBACK_FORBID;

    if (def->mode != VIRTCPU_MODE_CUSTOM || def->model == NULL ||
        named_cpu_model_is_allowed(hv_models, NULL, def->model, forbid ? error : NULL)) {
        return virtcpu_def_copy(def);
    }
    if (!forbid) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT,
                          _("cannot translate CPU model %s to a supported model"), def->model);
    }
    return NULL;
}
