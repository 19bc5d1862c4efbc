/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be told of an arriving CPU without making it. */
#include "conf/i18n.h"
#include "drivers/qemu/arrival-priv.h"
#include "drivers/qemu/verify.h"

/* What the guest has (transfer full): as its vCPUs told, else as its definition names it. NULL
 * without an error where neither is known bit by bit. */
static VirtCpuData *
wanted_features(const VirtCpuArrivalCase *it, GError **error)
{
    const VirtCpuDef *cpu = it->def->cpu;

    if (it->passport != NULL) {
        return it->passport->features != NULL ? virtcpu_cpu_data_copy(it->passport->features)
                                              : NULL;
    }
    return cpu != NULL && cpu->mode == VIRTCPU_MODE_CUSTOM && cpu->model != NULL &&
                   virtcpu_cpu_has_bits(it->def->arch)
               ? virtcpu_cpu_encode(it->def->arch, cpu, error)
               : NULL;
}

static void
explain_missing(const VirtCpuArrivalCase *it, const GPtrArray *missing)
{
    g_autoptr(VirtCpuData) filtered = virtcpu_cpu_data_new(it->def->arch, NULL);
    const VirtCpuExplainFacts facts = {
        .def = it->def,
        .caps = it->place->caps,
        .cpu = it->cpu,
        .live = { .filtered = filtered },
        .host = it->place->host,
    };

    for (guint i = 0; filtered != NULL && i < missing->len; i++) {
        VirtCpuFeatureInfo info;

        /* one that this QEMU has no name for was not filtered */
        if (virtcpu_cpu_feature_info(it->def->arch, g_ptr_array_index(missing, i), &info) &&
            info.qemu != NULL && virtcpu_qemu_caps_has_property(it->place->caps, info.qemu)) {
            virtcpu_cpu_data_add_feature(filtered, info.name);
        }
    }
    for (guint i = 0; i < missing->len; i++) {
        virtcpu_explain_missing(&facts, g_ptr_array_index(missing, i), it->obstacles);
    }
}

gboolean
virtcpu_arrival_add_missing(const VirtCpuArrivalCase *it, GError **error)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(it->def->arch);
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) trouble = NULL;
    g_autoptr(VirtCpuData) wanted = wanted_features(it, &trouble);

    if (trouble != NULL) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return FALSE;
    }
    if (wanted == NULL || it->provided == NULL) {
        return TRUE;
    }
    for (const char **name = names; *name != NULL; name++) {
        if (virtcpu_cpu_data_has_feature(wanted, *name) &&
            !virtcpu_cpu_data_has_feature(it->provided, *name)) {
            g_ptr_array_add(missing, g_strdup(*name));
        }
    }
    if (it->cpu != NULL) {
        virtcpu_verify_drop_derived(it->cpu, missing);
    }
    explain_missing(it, missing);
    return TRUE;
}

/* TRUE when the guest's clock has a frequency of its own, with which an invariant one can move. */
static gboolean
has_clock(const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->timers->len; i++) {
        const VirtCpuTimerDef *timer = g_ptr_array_index(def->timers, i);

        if (g_str_equal(timer->name, "tsc") && timer->frequency_hz != 0) {
            return TRUE;
        }
    }
    return FALSE;
}

void
virtcpu_arrival_add_blockers(const VirtCpuArrivalCase *it)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(it->def->arch);
    const VirtCpuData *features = it->passport != NULL ? it->passport->features : NULL;

    for (const char **name = names; features != NULL && *name != NULL; name++) {
        if (virtcpu_cpu_data_has_feature(features, *name) &&
            !virtcpu_cpu_feature_is_migratable(it->def->arch, *name) && !has_clock(it->def)) {
            virtcpu_explanations_add(
                it->obstacles, *name, VIRTCPU_STATE_BLOCKED, VIRTCPU_LAYER_POLICY,
                g_strdup(_("a guest that has it cannot migrate")),
                _("disable it in <cpu>; or give the guest a clock of its own by <timer name='tsc' "
                  "frequency='…'/>"));
        }
    }
}

/* ---- the host's own ---- */

/* What a CPU that is its host's or its QEMU's own is made of. */
static const struct {
    const char *fact;
    VirtCpuLayer layer;
    gboolean of_host; /* it is none of a QEMU without KVM */
    gboolean vague;   /* it says nothing where the build IDs are known */
} origins[] = {
    { "cpuid", VIRTCPU_LAYER_HARDWARE, TRUE, FALSE },
    { "microcode", VIRTCPU_LAYER_MICROCODE, TRUE, FALSE },
    { "kvm-cpuid", VIRTCPU_LAYER_KVM, TRUE, FALSE },
    { "build-id", VIRTCPU_LAYER_QEMU, FALSE, FALSE },
    { "version", VIRTCPU_LAYER_QEMU, FALSE, TRUE },
    { "package", VIRTCPU_LAYER_QEMU, FALSE, TRUE },
};

static void
add_origin(const VirtCpuArrivalCase *it, VirtCpuLayer layer, char *evidence)
{
    virtcpu_explanations_add(it->obstacles, virtcpu_mode_to_string(it->passport->cpu->mode),
                             VIRTCPU_STATE_DIFFERS, layer, evidence,
                             _("move it to an identical host with the same QEMU; or use "
                               "mode='host-model' or 'custom', which can move"));
}

void
virtcpu_arrival_add_foreign(const VirtCpuArrivalCase *it)
{
    const VirtCpuPassport *passport = it->passport;
    const char *facts = it->place->facts != NULL ? it->place->facts : "";
    gboolean has_build = FALSE;
    gboolean known;

    if (passport == NULL || passport->cpu == NULL || !virtcpu_def_is_opaque(passport->cpu)) {
        return;
    }
    g_free(virtcpu_passport_fact_difference(passport, facts, "build-id", &has_build));
    for (gsize i = 0; i < G_N_ELEMENTS(origins); i++) {
        char *evidence;

        if ((origins[i].of_host && passport->virt_type != VIRTCPU_VIRT_KVM) ||
            (origins[i].vague && has_build) ||
            (g_str_equal(origins[i].fact, "build-id") && !has_build)) {
            continue;
        }
        evidence = virtcpu_passport_fact_difference(passport, facts, origins[i].fact, &known);
        if (!known && (evidence != NULL || !g_str_equal(origins[i].fact, "microcode"))) {
            g_free(evidence);
            evidence =
                g_strdup_printf(_("fact '%s' of host or QEMU is not known"), origins[i].fact);
        }
        if (evidence != NULL) {
            add_origin(it, origins[i].layer, evidence);
        }
    }
}
