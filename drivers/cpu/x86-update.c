/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-update.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-decode.h"
#include "drivers/cpu/x86-encode.h"

static const X86Model *
need_model(const VirtCpuDef *def, GError **error)
{
    const X86Model *model = def->model != NULL ? x86_map_find_model(def->model) : NULL;

    if (model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("Unknown CPU model %s"),
                          def->model != NULL ? def->model : "");
    }
    return model;
}

/* Give @def the features of @source under their policies, over those it has. */
static void
put_features(VirtCpuDef *def, const VirtCpuDef *source)
{
    for (guint i = 0; i < source->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(source->features, i);

        virtcpu_def_set_feature(def, feature->name, feature->policy);
    }
}

/* Give @def the model and features of @source, a host's being required. */
static void
take_model(VirtCpuDef *def, const VirtCpuDef *source)
{
    g_free(def->model);
    def->model = g_strdup(source->model);
    g_ptr_array_set_size(def->features, 0);
    put_features(def, source);
}

static void
take_vendor(VirtCpuDef *def, const VirtCpuDef *source)
{
    g_free(def->vendor);
    def->vendor = g_strdup(source->vendor);
}

/* @host as a guest may lean on it: what blocks migration a guest has to name itself. A QEMU that
 * told what can migrate knows better than the map (xsaves). */
static VirtCpuDef *
copy_migratable(const VirtCpuDef *host)
{
    VirtCpuDef *copy = virtcpu_def_copy(host);
    const X86Set *blockers = x86_map_non_migratable();

    if (host->migratable == VIRTCPU_TRISTATE_YES) {
        return copy;
    }
    for (gsize i = x86_set_next(blockers, 0); i < x86_map_n_features();
         i = x86_set_next(blockers, i + 1)) {
        virtcpu_def_remove_feature(copy, x86_map_feature(i)->name);
    }
    return copy;
}

/* Optional features become what @host makes of them. */
static gboolean
settle_optional(VirtCpuDef *guest, const X86Cpu *host, GError **error)
{
    for (guint i = 0; i < guest->features->len; i++) {
        VirtCpuDefFeature *feature = g_ptr_array_index(guest->features, i);
        gboolean has = FALSE;

        if (feature->policy != VIRTCPU_POLICY_OPTIONAL) {
            continue;
        }
        if (!x86_cpu_has_feature(&host->parent, feature->name, &has, error)) {
            return FALSE;
        }
        feature->policy = has ? VIRTCPU_POLICY_REQUIRE : VIRTCPU_POLICY_DISABLE;
    }
    return TRUE;
}

/* @guest on top of all that @host has. */
static void
build_on_host(VirtCpuDef *guest, const VirtCpuDef *host)
{
    g_autoptr(VirtCpuDef) wish = virtcpu_def_copy(guest);

    take_model(guest, host);
    put_features(guest, wish);
    if (wish->mode != VIRTCPU_MODE_CUSTOM) {
        take_vendor(guest, host);
    }
    guest->mode = VIRTCPU_MODE_CUSTOM;
    guest->match = VIRTCPU_MATCH_EXACT;
    guest->has_match = TRUE;
    guest->has_fallback = TRUE;
}

static gboolean
takes_host(const VirtCpuDef *guest)
{
    return guest->mode == VIRTCPU_MODE_HOST_MODEL || guest->match == VIRTCPU_MATCH_MINIMUM;
}

static gboolean
has_optional(const VirtCpuDef *guest)
{
    for (guint i = 0; i < guest->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(guest->features, i);

        if (feature->policy == VIRTCPU_POLICY_OPTIONAL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Rewrite what of @guest depends on the host. */
static gboolean
update_relative(VirtCpuArch arch, VirtCpuDef *guest, const VirtCpuDef *host, GError **error)
{
    g_autoptr(VirtCpuDef) base = NULL;
    g_auto(X86Cpu) has = { 0 };

    if (host == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED, _("unknown host CPU model"));
        return FALSE;
    }
    base = copy_migratable(host);
    if (!x86_cpu_init(&has, arch, base, error) || !settle_optional(guest, &has, error)) {
        return FALSE;
    }
    if (takes_host(guest)) {
        build_on_host(guest, base);
    }
    return TRUE;
}

VirtCpuDef *
x86_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host, GError **error)
{
    g_autoptr(VirtCpuDef) updated = virtcpu_def_copy(guest);
    const X86Model *model;

    if (virtcpu_def_is_opaque(guest)) {
        return g_steal_pointer(&updated);
    }
    if ((takes_host(guest) || has_optional(guest)) &&
        !update_relative(arch, updated, host, error)) {
        return NULL;
    }
    model = need_model(updated, error);
    if (model == NULL) {
        return NULL;
    }
    x86_cpu_def_disable_gone(updated, model);
    return g_steal_pointer(&updated);
}

/* Is a feature of @def kept when every feature is named? A guest's forced, optional and forbidden
 * ones say nothing of what the CPU is. */
static gboolean
is_plain(const VirtCpuDef *def, const VirtCpuDefFeature *feature)
{
    return def->type == VIRTCPU_DEF_HOST || feature->policy == VIRTCPU_POLICY_REQUIRE ||
           feature->policy == VIRTCPU_POLICY_DISABLE;
}

VirtCpuDef *
x86_expand(VirtCpuArch arch, const VirtCpuDef *def, gboolean migratable, GError **error)
{
    const X86Model *model = need_model(def, error);
    g_autoptr(VirtCpuDef) expanded = NULL;
    g_autofree const char **names = NULL;

    if (model == NULL || !x86_cpu_validate_features(def, error)) {
        return NULL;
    }
    expanded = virtcpu_def_copy(def);
    g_ptr_array_set_size(expanded->features, 0);
    names = x86_map_set_names(&model->features);
    for (gsize i = 0; names[i] != NULL; i++) {
        virtcpu_def_set_feature(expanded, names[i], VIRTCPU_POLICY_REQUIRE);
    }
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (is_plain(def, feature)) {
            virtcpu_def_set_feature(expanded, feature->name, feature->policy);
        }
    }
    if (def->type == VIRTCPU_DEF_GUEST) {
        x86_cpu_def_disable_gone(expanded, model);
    }
    for (gsize i = x86_set_next(x86_map_non_migratable(), 0);
         migratable && i < x86_map_n_features();
         i = x86_set_next(x86_map_non_migratable(), i + 1)) {
        virtcpu_def_remove_feature(expanded, x86_map_feature(i)->name);
    }
    virtcpu_def_sort_features(expanded);
    return g_steal_pointer(&expanded);
}

static gboolean
is_model_in(const GPtrArray *hv_models, const char *name)
{
    for (guint i = 0; i < hv_models->len; i++) {
        if (g_str_equal(((const VirtCpuHvModel *)g_ptr_array_index(hv_models, i))->name, name)) {
            return TRUE;
        }
    }
    return FALSE;
}

VirtCpuDef *
x86_translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models, GError **error)
{
    const X86DecodeRules rules = { .type = VIRTCPU_DEF_GUEST, .hv_models = hv_models };
    g_autoptr(VirtCpuDef) translated = virtcpu_def_copy(def);
    g_autoptr(VirtCpuDef) nearest = NULL;
    g_autoptr(VirtCpuData) data = NULL;
    X86Facts facts;

    if (def->model == NULL || hv_models == NULL || is_model_in(hv_models, def->model)) {
        return g_steal_pointer(&translated);
    }
    if (def->fallback == VIRTCPU_FALLBACK_FORBID) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("CPU model %s is not supported by hypervisor"), def->model);
        return NULL;
    }
    data = x86_encode(arch, def, error);
    if (data == NULL) {
        return NULL;
    }
    facts = x86_facts_from_data(data);
    nearest = x86_decode_facts(arch, &facts, &rules, error);
    if (nearest == NULL) {
        return NULL;
    }
    take_model(translated, nearest);
    put_features(translated, def);
    return g_steal_pointer(&translated);
}
