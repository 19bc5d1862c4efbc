/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-resolve.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/explain.h"

#include <string.h>

/* TRUE when @def turns @feature off itself, so that its absence is no news. */
static gboolean
is_turned_off(const VirtCpuDef *def, const char *feature)
{
    const VirtCpuDefFeature *own = virtcpu_def_find_feature(def, feature);

    return own && (own->policy == VIRTCPU_POLICY_DISABLE || own->policy == VIRTCPU_POLICY_FORBID ||
                   own->policy == VIRTCPU_POLICY_OPTIONAL);
}

static void
add_once(GPtrArray *names, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
        g_ptr_array_add(names, g_strdup(name));
    }
}

/* What QEMU itself says stands between it and model @hv of @def. */
static void
add_blockers(VirtCpuArch arch, const VirtCpuDef *def, const VirtCpuHvModel *hv, GPtrArray *missing)
{
    for (char **blocker = hv->blockers; blocker && *blocker; blocker++) {
        const char *name = virtcpu_cpu_feature_from_qemu(arch, *blocker);

        if (!name) {
            name = *blocker;
        }
        if (!is_turned_off(def, name)) {
            add_once(missing, name);
        }
    }
}

static char *
join(const GPtrArray *names)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++) {
        g_string_append_printf(text, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(names, i));
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What a definition is checked against; nothing is kept. */
typedef struct {
    const VirtCpuDomainDef *def;
    const VirtCpuQemuCaps *caps;
    const VirtCpuHost *host; /* or NULL */
} Place;

/* Why each of @missing cannot be had, a sentence a layer. */
static void
append_reasons(GString *text, const Place *place, const GPtrArray *missing)
{
    g_autoptr(VirtCpuData) filtered = virtcpu_cpu_data_new(place->def->arch, NULL);
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();
    const VirtCpuExplainFacts facts = {
        .def = place->def,
        .caps = place->caps,
        .cpu = place->def->cpu,
        .live = { .filtered = filtered },
        .host = place->host,
    };

    if (!filtered) {
        return; /* the architecture has no features that anything here could explain */
    }
    for (guint i = 0; i < missing->len; i++) {
        virtcpu_cpu_data_add_feature(filtered, g_ptr_array_index(missing, i));
    }
    for (guint i = 0; i < missing->len; i++) {
        virtcpu_explain_missing(&facts, g_ptr_array_index(missing, i), explanations);
    }
    virtcpu_explanations_append_sentences(explanations, text);
}

static gboolean
refuse(const Place *place, const GPtrArray *missing, const GPtrArray *forbidden, GError **error)
{
    if (missing->len) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autofree char *names = join(missing);

        append_reasons(text, place, missing);
        virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE,
                          _("Host CPU does not provide required features: %s%s. With check='none' "
                            "the guest runs without them"),
                          names, text->str);
        return FALSE;
    }
    if (forbidden->len) {
        g_autofree char *names = join(forbidden);

        virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE,
                          _("Host CPU provides forbidden features: %s; use policy='disable' to run "
                            "there without them"),
                          names);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_vendor(const VirtCpuDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    const char *host = caps->host_model ? caps->host_model->vendor : NULL;

    if (!def->vendor || !host || strcmp(def->vendor, host) == 0) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CPU_INCOMPATIBLE,
                      _("Host CPU vendor does not match required CPU vendor %s: it is %s"),
                      def->vendor, host);
    return FALSE;
}

/* QEMU named the model and its blockers, and listed all it can give: exact, without the map's own
 * idea of the model. */
static gboolean
check_by_qemu(const Place *place, const VirtCpuHvModel *hv, const VirtCpuData *provided,
              GError **error)
{
    const VirtCpuDef *def = place->def->cpu;
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) forbidden = g_ptr_array_new_with_free_func(g_free);

    add_blockers(place->def->arch, def, hv, missing);
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);
        gboolean has = virtcpu_cpu_data_has_feature(provided, feature->name);

        if (feature->policy == VIRTCPU_POLICY_REQUIRE && !has) {
            add_once(missing, feature->name);
        }
        if (feature->policy == VIRTCPU_POLICY_FORBID && has) {
            g_ptr_array_add(forbidden, g_strdup(feature->name));
        }
    }
    return check_vendor(def, place->caps, error) && refuse(place, missing, forbidden, error);
}

static gboolean
check_partial(const Place *place, GError **error)
{
    const VirtCpuArch arch = place->def->arch;
    const VirtCpuDef *def = place->def->cpu;
    const VirtCpuQemuCaps *caps = place->caps;
    const VirtCpuHvModel *hv = virtcpu_qemu_caps_model(caps, def->model);
    g_autoptr(VirtCpuData) provided = NULL;
    g_autoptr(VirtCpuDef) host = NULL;

    if (hv && hv->usable != VIRTCPU_TRISTATE_ABSENT && caps->max_model &&
        def->match != VIRTCPU_MATCH_STRICT) {
        const VirtCpuJson *all =
            caps->max_model_nonmigratable ? caps->max_model_nonmigratable : caps->max_model;

        provided = virtcpu_cpu_data_from_expansion(arch, all, error);
        return provided && check_by_qemu(place, hv, provided, error);
    }
    if (!caps->host_model) {
        return TRUE;
    }
    host = virtcpu_def_copy(caps->host_model);
    host->arch = arch;
    return virtcpu_cpu_compare_defs(host, def, TRUE, error) != VIRTCPU_COMPARE_ERROR;
}

static gboolean
need_host_model(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    if (caps->host_model) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("CPU mode '%s' for %s %s domain on %s host is not supported by hypervisor"),
                      virtcpu_mode_to_string(def->cpu->mode), virtcpu_arch_to_string(def->arch),
                      virtcpu_virt_type_to_string(def->virt_type),
                      virtcpu_arch_to_string(virtcpu_arch_host()));
    return FALSE;
}

/* TRUE when QEMU has a property for @info. */
static gboolean
has_property(const VirtCpuQemuCaps *caps, const VirtCpuFeatureInfo *info)
{
    const char *const *known = (const char *const *)caps->properties;

    if (!known || g_strv_contains(known, info->qemu)) {
        return TRUE;
    }
    for (const char *const *alias = info->aliases; alias && *alias; alias++) {
        if (g_strv_contains(known, *alias)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* QEMU ends at once when it is told of a property it does not have. Bits that follow what the guest
 * does (osxsave, ospke) never had one; others came with a later QEMU or went with an earlier one,
 * and are off in this. */
static gboolean
drop_unknown_features(VirtCpuArch arch, VirtCpuDef *cpu, const VirtCpuQemuCaps *caps,
                      GError **error)
{
    for (guint i = cpu->features->len; i > 0; i--) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i - 1);
        gboolean wanted =
            feature->policy == VIRTCPU_POLICY_FORCE || feature->policy == VIRTCPU_POLICY_REQUIRE;
        VirtCpuFeatureInfo info;

        if (!virtcpu_cpu_feature_info(arch, feature->name, &info) ||
            (info.qemu && has_property(caps, &info))) {
            continue;
        }
        if (info.qemu && wanted) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("QEMU '%s' has no CPU feature '%s': remove it from <cpu> or use "
                                "another QEMU"),
                              caps->binary, feature->name);
            return FALSE;
        }
        g_ptr_array_remove_index(cpu->features, i - 1);
    }
    return TRUE;
}

/* Where host-model is the host itself, it is that of no older generation than the guest's. */
static gboolean
check_host_generation(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, GError **error)
{
    g_autoptr(VirtCpuDef) host = NULL;

    if (def->cpu->mode != VIRTCPU_MODE_HOST_MODEL || !virtcpu_cpu_host_model_is_host(def->arch)) {
        return TRUE;
    }
    host = virtcpu_def_copy(caps->host_model);
    host->arch = def->arch;
    return virtcpu_cpu_compare_defs(host, def->cpu, TRUE, error) != VIRTCPU_COMPARE_ERROR;
}

static VirtCpuDef *
resolve_model(const Place *place, GError **error)
{
    const VirtCpuDomainDef *def = place->def;
    const VirtCpuQemuCaps *caps = place->caps;
    g_autoptr(VirtCpuDef) updated = NULL;
    g_autoptr(VirtCpuDef) exact = NULL;

    if (def->cpu->mode == VIRTCPU_MODE_CUSTOM && def->cpu->check == VIRTCPU_CHECK_PARTIAL &&
        !check_partial(place, error)) {
        return NULL;
    }
    if (def->cpu->mode == VIRTCPU_MODE_HOST_MODEL && !need_host_model(def, caps, error)) {
        return NULL;
    }
    if (!check_host_generation(def, caps, error)) {
        return NULL;
    }
    /* without a host model nothing can be decided by it, but an exact wish needs none */
    updated = caps->host_model ? virtcpu_cpu_update(def->arch, def->cpu, caps->host_model, error)
                               : virtcpu_def_copy(def->cpu);
    if (!updated) {
        return NULL;
    }
    exact = virtcpu_cpu_translate(def->arch, updated, caps->models, error);
    if (!exact || !drop_unknown_features(def->arch, exact, caps, error)) {
        return NULL;
    }
    exact->fallback = VIRTCPU_FALLBACK_FORBID;
    exact->has_fallback = TRUE;
    return g_steal_pointer(&exact);
}

/* What QEMU says stands between it and the model, unless features are turned off: those may be
 * groups, of whose members QEMU speaks. */
static gboolean
check_usable(const Place *place, GError **error)
{
    const VirtCpuDef *cpu = place->def->cpu;
    const VirtCpuHvModel *hv = cpu->model ? virtcpu_qemu_caps_model(place->caps, cpu->model) : NULL;
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) forbidden = g_ptr_array_new();

    if (cpu->mode != VIRTCPU_MODE_CUSTOM || cpu->check == VIRTCPU_CHECK_NONE || !hv) {
        return TRUE;
    }
    for (guint i = 0; i < cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i);

        if (feature->policy == VIRTCPU_POLICY_DISABLE || feature->policy == VIRTCPU_POLICY_FORBID) {
            return TRUE;
        }
    }
    add_blockers(place->def->arch, cpu, hv, missing);
    return refuse(place, missing, forbidden, error);
}

/* A model that is not in a map is QEMU's to know; what could only be done with its features is
 * refused. Architectures without a table of their own have nothing to refuse it by. */
static VirtCpuDef *
resolve_unmapped(const Place *place, GError **error)
{
    const VirtCpuDomainDef *def = place->def;
    const VirtCpuQemuCaps *caps = place->caps;
    g_autoptr(GError) local_error = NULL;
    VirtCpuDef *updated;

    if (def->cpu->mode == VIRTCPU_MODE_HOST_MODEL && !need_host_model(def, caps, error)) {
        return NULL;
    }
    if (!check_usable(place, error)) {
        return NULL;
    }
    updated = virtcpu_cpu_update(def->arch, def->cpu, caps->host_model, &local_error);
    if (updated) {
        return updated;
    }
    if (virtcpu_error_to_code(local_error) == VIRTCPU_ERR_NO_SUPPORT) {
        return virtcpu_def_copy(def->cpu);
    }
    g_propagate_error(error, g_steal_pointer(&local_error));
    return NULL;
}

gboolean
virtcpu_qemu_cpu_resolve(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, VirtCpuDef **cpu,
                         GError **error)
{
    return virtcpu_qemu_cpu_resolve_on(NULL, def, caps, cpu, error);
}

gboolean
virtcpu_qemu_cpu_resolve_on(const VirtCpuHost *host, const VirtCpuDomainDef *def,
                            const VirtCpuQemuCaps *caps, VirtCpuDef **cpu, GError **error)
{
    const Place place = { def, caps, host };
    gboolean has_model = def->cpu && (def->cpu->mode == VIRTCPU_MODE_HOST_MODEL ||
                                      (def->cpu->mode == VIRTCPU_MODE_CUSTOM && def->cpu->model));

    if (has_model && virtcpu_cpu_has_map(def->arch)) {
        *cpu = resolve_model(&place, error);
    } else if (has_model) {
        *cpu = resolve_unmapped(&place, error);
    } else {
        *cpu = virtcpu_def_copy(def->cpu);
    }
    if (*cpu && (*cpu)->deprecated_features != VIRTCPU_TRISTATE_ABSENT) {
        virtcpu_qemu_caps_switch_deprecated(caps, *cpu,
                                            (*cpu)->deprecated_features == VIRTCPU_TRISTATE_YES);
        (*cpu)->deprecated_features = VIRTCPU_TRISTATE_ABSENT;
    }
    return *cpu || !def->cpu;
}
