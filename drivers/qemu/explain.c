/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/explain.h"

#include "conf/i18n.h"
#include "drivers/qemu/verify.h"

#include <string.h>

static const char *const state_words[] = { "missing", "filtered", "extra",
                                           "blocked", "depends",  "differs" };
G_STATIC_ASSERT(G_N_ELEMENTS(state_words) == VIRTCPU_STATE_LAST);

static const char *const layer_words[] = {
    "hardware", "microcode", "kvm", "tcg", "qemu", "machine", "irqchip", "dependency", "policy",
};
G_STATIC_ASSERT(G_N_ELEMENTS(layer_words) == VIRTCPU_LAYER_LAST);

/* Features that microcode brings to CPUs that came without (Intel's and AMD's guidance on
 * speculative execution, 2018 to 2023). */
static const char *const microcode_features[] = {
    "amd-ssbd", "amd-stibp",  "arch-capabilities",  "fb-clear",  "flush-l1d",
    "ibpb",     "ibrs",       "md-clear",           "mds-no",    "gds-no",
    "psfd",     "rfds-clear", "skip-l1dfl-vmentry", "spec-ctrl", "srbds-ctrl",
    "ssbd",     "stibp",      "virt-ssbd",          NULL,
};
/* Features that a mitigation takes away from CPUs that came with them: TSX. */
static const char *const mitigated_features[] = { "hle", "rtm", NULL };
/* What KVM gives only when it may be nested. */
static const char *const nested_features[] = { "svm", "vmx", NULL };

const char *
virtcpu_feature_state_to_string(VirtCpuFeatureState state)
{
    return state < VIRTCPU_STATE_LAST ? state_words[state] : NULL;
}

const char *
virtcpu_layer_to_string(VirtCpuLayer layer)
{
    return layer < VIRTCPU_LAYER_LAST ? layer_words[layer] : NULL;
}

static void
explanation_free(gpointer data)
{
    VirtCpuExplanation *explanation = data;

    g_free(explanation->feature);
    g_free(explanation->evidence);
    g_free(explanation);
}

GPtrArray *
virtcpu_explanations_new(void)
{
    return g_ptr_array_new_with_free_func(explanation_free);
}

void
virtcpu_explanations_add(GPtrArray *explanations, const char *feature, VirtCpuFeatureState state,
                         VirtCpuLayer layer, char *evidence, const char *remedy)
{
    VirtCpuExplanation *explanation = g_new0(VirtCpuExplanation, 1);

    explanation->feature = g_strdup(feature);
    explanation->state = state;
    explanation->layer = layer;
    explanation->evidence = evidence;
    explanation->remedy = remedy;
    g_ptr_array_add(explanations, explanation);
}

/* "CPUID 0x7.0 EBX bit 4", "MSR 0x10a bit 3": where @info's bit is (transfer full). */
static char *
place_of(const VirtCpuFeatureInfo *info)
{
    g_autofree char *reg = g_ascii_strup(virtcpu_register_to_string(info->reg), -1);

    return info->reg == VIRTCPU_REGISTER_MSR
               ? g_strdup_printf("MSR 0x%x bit %u", info->leaf, info->bit)
               : g_strdup_printf("CPUID 0x%x.%u %s bit %u", info->leaf, info->subleaf, reg,
                                 info->bit);
}

/* TRUE when QEMU has a property for @info, or it is not known what it has. */
static gboolean
has_property(const VirtCpuQemuCaps *caps, const VirtCpuFeatureInfo *info)
{
    if (caps == NULL || caps->properties == NULL) {
        return TRUE;
    }
    if (info->qemu != NULL && virtcpu_qemu_caps_has_property(caps, info->qemu)) {
        return TRUE;
    }
    for (const char *const *alias = info->aliases; alias != NULL && *alias != NULL; alias++) {
        if (virtcpu_qemu_caps_has_property(caps, *alias)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
add_hardware(const VirtCpuFeatureInfo *info, VirtCpuFeatureState state, GPtrArray *explanations)
{
    g_autofree char *place = place_of(info);
    char *evidence = g_strdup_printf(_("%s is 0 on this host, and KVM does not emulate it"), place);

    if (g_strv_contains(microcode_features, info->name)) {
        virtcpu_explanations_add(explanations, info->name, state, VIRTCPU_LAYER_MICROCODE, evidence,
                                 _("install newer microcode, or disable it in <cpu>"));
    } else if (g_strv_contains(mitigated_features, info->name)) {
        virtcpu_explanations_add(explanations, info->name, state, VIRTCPU_LAYER_MICROCODE, evidence,
                                 _("it is taken away by the mitigation of TSX; use a model without "
                                   "TSX (-noTSX), or disable it in <cpu>"));
    } else {
        virtcpu_explanations_add(
            explanations, info->name, state, VIRTCPU_LAYER_HARDWARE, evidence,
            _("disable it in <cpu>, or start the guest on a host that has it"));
    }
}

static void
add_kvm(const VirtCpuExplainFacts *facts, const VirtCpuFeatureInfo *info, VirtCpuFeatureState state,
        GPtrArray *explanations)
{
    const gboolean nested = g_strv_contains(nested_features, info->name);
    const char *kernel = facts->host->kernel != NULL ? facts->host->kernel : "-";
    g_autofree char *release = g_strndup(kernel, strcspn(kernel, " "));
    g_autofree char *place = place_of(info);
    char *evidence = g_strdup_printf(
        info->reg == VIRTCPU_REGISTER_MSR
            ? _("%s is 1 on this host, but KVM of kernel %s does not give it")
            : _("%s is 1 on this host, but KVM_GET_SUPPORTED_CPUID of kernel %s lacks it"),
        place, release);

    virtcpu_explanations_add(explanations, info->name, state, VIRTCPU_LAYER_KVM, evidence,
                             nested ? _("load KVM's module with nested=1, or disable it in <cpu>")
                                    : _("disable it in <cpu>, or use a newer kernel"));
}

/* Neither hardware nor KVM stands in its way, or nobody knows. */
static void
add_qemu(const VirtCpuExplainFacts *facts, const char *feature, VirtCpuFeatureState state,
         GPtrArray *explanations)
{
    if (state == VIRTCPU_STATE_FILTERED) {
        virtcpu_explanations_add(
            explanations, feature, state, VIRTCPU_LAYER_QEMU,
            g_strdup(_("QEMU asked for it and filtered it out, for its accelerator, its version or "
                       "its interrupt controller does not give it")),
            _("disable it in <cpu>, or use another QEMU or kernel"));
    } else {
        virtcpu_explanations_add(
            explanations, feature, state, VIRTCPU_LAYER_DEPENDENCY,
            g_strdup_printf(_("QEMU switched it off by itself under machine type '%s'"),
                            facts->def->machine),
            _("have the features that it depends on, or another machine type"));
    }
}

static void
explain_under_kvm(const VirtCpuExplainFacts *facts, const VirtCpuFeatureInfo *info,
                  VirtCpuFeatureState state, GPtrArray *explanations)
{
    const VirtCpuHost *host = facts->host;

    if (host == NULL || host->kvm_data == NULL || host->cpu_data == NULL ||
        virtcpu_cpu_data_has_feature(host->kvm_data, info->name)) {
        add_qemu(facts, info->name, state, explanations);
    } else if (virtcpu_cpu_data_has_feature(host->cpu_data, info->name)) {
        add_kvm(facts, info, state, explanations);
    } else {
        add_hardware(info, state, explanations);
    }
}

static void
add_no_property(const VirtCpuExplainFacts *facts, const char *feature, VirtCpuFeatureState state,
                GPtrArray *explanations)
{
    g_autofree char *version = virtcpu_qemu_caps_version_text(facts->caps);

    virtcpu_explanations_add(explanations, feature, state, VIRTCPU_LAYER_QEMU,
                             g_strdup_printf(_("QEMU %s has no property for it"), version),
                             _("remove it from <cpu>, or use a QEMU that knows it"));
}

void
virtcpu_explain_missing(const VirtCpuExplainFacts *facts, const char *feature,
                        GPtrArray *explanations)
{
    const gboolean filtered =
        facts->live.filtered != NULL && virtcpu_cpu_data_has_feature(facts->live.filtered, feature);
    const VirtCpuFeatureState state = filtered ? VIRTCPU_STATE_FILTERED : VIRTCPU_STATE_MISSING;
    VirtCpuFeatureInfo info;

    if (!virtcpu_cpu_feature_info(facts->def->arch, feature, &info)) {
        add_qemu(facts, feature, state, explanations);
    } else if (!filtered && !has_property(facts->caps, &info)) {
        add_no_property(facts, info.name, state, explanations);
    } else if (facts->def->virt_type == VIRTCPU_VIRT_KVM) {
        explain_under_kvm(facts, &info, state, explanations);
    } else if (filtered) {
        virtcpu_explanations_add(
            explanations, info.name, state, VIRTCPU_LAYER_TCG,
            g_strdup(_("QEMU says that its TCG does not emulate it")),
            _("disable it in <cpu>, or use a domain of type 'kvm' on a host that has it"));
    } else {
        add_qemu(facts, info.name, state, explanations);
    }
}

void
virtcpu_explain_extra(const VirtCpuExplainFacts *facts, const char *feature,
                      GPtrArray *explanations)
{
    const VirtCpuDefFeature *own = virtcpu_def_find_feature(facts->cpu, feature);
    const gboolean is_contained =
        facts->expected != NULL && virtcpu_cpu_data_has_feature(facts->expected, feature);

    if (own != NULL && is_contained) {
        virtcpu_explanations_add(
            explanations, feature, VIRTCPU_STATE_EXTRA, VIRTCPU_LAYER_QEMU,
            g_strdup_printf(_("<cpu> has it with policy '%s', and QEMU keeps it on in model '%s'"),
                            virtcpu_policy_to_string(own->policy), facts->cpu->model),
            _("require it in <cpu>, or use another QEMU"));
        return;
    }
    virtcpu_explanations_add(
        explanations, feature, VIRTCPU_STATE_EXTRA, VIRTCPU_LAYER_MACHINE,
        g_strdup_printf(_("QEMU adds it for machine type '%s' or its accelerator: model '%s' does "
                          "not contain it"),
                        facts->def->machine, facts->cpu->model != NULL ? facts->cpu->model : "-"),
        _("require it in <cpu>, or choose another machine type"));
}

/* TRUE when QEMU's largest CPU @model has @feature. */
static gboolean
model_has(const VirtCpuExplainFacts *facts, const VirtCpuJson *model, const char *feature)
{
    const char *name = virtcpu_cpu_feature_to_qemu(facts->def->arch, feature);

    return virtcpu_json_get_bool(virtcpu_json_get(model, "props"), name, FALSE);
}

/* What could be had and is kept away: by policy, or for the sake of migration. */
static void
explain_blocked(const VirtCpuExplainFacts *facts, GPtrArray *explanations)
{
    const VirtCpuQemuCaps *caps = facts->caps;
    g_autofree const char **names = virtcpu_cpu_feature_names(facts->def->arch);
    const VirtCpuJson *all = caps->max_model_nonmigratable;

    for (guint i = 0; facts->def->cpu != NULL && i < facts->def->cpu->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(facts->def->cpu->features, i);

        if (feature->policy == VIRTCPU_POLICY_FORBID &&
            model_has(facts, all != NULL ? all : caps->max_model, feature->name)) {
            virtcpu_explanations_add(
                explanations, feature->name, VIRTCPU_STATE_BLOCKED, VIRTCPU_LAYER_POLICY,
                g_strdup(_("<cpu> forbids a host that can give it, as this one can")),
                _("use policy='disable' to run here without it"));
        }
    }
    if (facts->cpu->mode == VIRTCPU_MODE_CUSTOM || all == NULL) {
        return;
    }
    for (const char **name = names; *name != NULL; name++) {
        if (!virtcpu_cpu_feature_is_migratable(facts->def->arch, *name) &&
            model_has(facts, all, *name) &&
            !virtcpu_cpu_data_has_feature(facts->live.enabled, *name)) {
            virtcpu_explanations_add(
                explanations, *name, VIRTCPU_STATE_BLOCKED, VIRTCPU_LAYER_POLICY,
                g_strdup(_("a guest that has it cannot migrate, and <cpu> does not say that it "
                           "need not")),
                _("require it in <cpu>, or use migratable='off'"));
        }
    }
}

gboolean
virtcpu_explain_cpu(const VirtCpuExplainFacts *facts, GPtrArray *explanations, GError **error)
{
    g_autoptr(GPtrArray) missing = NULL;
    g_autoptr(GPtrArray) extra = NULL;

    if (!virtcpu_cpu_check_live(facts->def->arch, facts->cpu, facts->expected, &facts->live,
                                &missing, &extra, error)) {
        return FALSE;
    }
    virtcpu_verify_drop_derived(facts->cpu, missing);
    virtcpu_verify_drop_derived(facts->cpu, extra);
    for (guint i = 0; i < missing->len; i++) {
        virtcpu_explain_missing(facts, g_ptr_array_index(missing, i), explanations);
    }
    for (guint i = 0; i < extra->len; i++) {
        virtcpu_explain_extra(facts, g_ptr_array_index(extra, i), explanations);
    }
    if (facts->caps != NULL) {
        explain_blocked(facts, explanations);
    }
    return TRUE;
}

/* ---- sentences ---- */

/* What a layer did, before the names. */
static const char *const layer_sentences[] = {
    N_("The CPU of this host lacks"),
    N_("The microcode of this host, or a mitigation, withholds"),
    N_("KVM of this kernel does not give"),
    N_("QEMU's TCG does not emulate"),
    N_("QEMU, its accelerator or its interrupt controller does not give"),
    N_("QEMU or the machine type adds"),
    N_("Only with the interrupt controller in the kernel there are"),
    N_("QEMU switched off by itself"),
    N_("The definition forbids"),
};
G_STATIC_ASSERT(G_N_ELEMENTS(layer_sentences) == VIRTCPU_LAYER_LAST);

/* The names of @layer's features, one alone with its evidence (transfer full); NULL when it has
 * none. @remedy (out) is what helps. */
static char *
names_of_layer(const GPtrArray *explanations, VirtCpuLayer layer, const char **remedy)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const VirtCpuExplanation *only = NULL;
    guint count = 0;

    for (guint i = 0; i < explanations->len; i++) {
        const VirtCpuExplanation *explanation = g_ptr_array_index(explanations, i);

        if (explanation->layer == layer) {
            g_string_append_printf(names, "%s%s", count > 0 ? "," : "", explanation->feature);
            only = explanation;
            count++;
        }
    }
    if (only == NULL) {
        return NULL;
    }
    *remedy = only->remedy;
    if (count == 1) {
        g_string_append_printf(names, " (%s)", only->evidence);
    }
    return g_string_free(g_steal_pointer(&names), FALSE);
}

void
virtcpu_explanations_append_sentences(const GPtrArray *explanations, GString *text)
{
    for (int layer = 0; layer < VIRTCPU_LAYER_LAST; layer++) {
        const char *remedy = NULL;
        g_autofree char *names = names_of_layer(explanations, (VirtCpuLayer)layer, &remedy);

        if (names != NULL) {
            g_string_append_printf(text, ". %s: %s; %s", _(layer_sentences[layer]), names, remedy);
        }
    }
}
