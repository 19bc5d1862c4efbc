/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-decode.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/cpu/x86-cpu.h"
#include "drivers/cpu/x86-data.h"

/* What a disabled feature costs, the first one; each further one costs one more. libvirt's. */
#define DISABLED_COST 2

/* A model as a description of the facts. */
typedef struct {
    const X86Model *model;
    X86Set extra;   /* to be required beside the model */
    X86Set missing; /* to be disabled */
    gboolean signature_fits;
    gsize cost;          /* of the list of features; less is better */
    gsize disabled_cost; /* the part of it that disabled features make */
} Candidate;

static const VirtCpuHvModel *
find_hv_model(const GPtrArray *hv_models, const char *name)
{
    for (guint i = 0; hv_models != NULL && i < hv_models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(hv_models, i);

        if (g_str_equal(model->name, name)) {
            return model;
        }
    }
    return NULL;
}

/* Features named by @blockers: QEMU's model has them and this host not, so they are disabled though
 * the map's model may not have them. */
static void
add_blockers(Candidate *candidate, const VirtCpuHvModel *hv_model)
{
    for (char **blocker = hv_model->blockers; blocker != NULL && *blocker != NULL; blocker++) {
        guint16 index = x86_map_find_feature(*blocker);

        if (index != X86_NO_FEATURE && !x86_set_has(&candidate->extra, index)) {
            x86_set_add(&candidate->missing, index);
        }
    }
}

static gsize
count_gone(const Candidate *candidate)
{
    gsize count = 0;

    for (const guint16 *index = candidate->model->gone; *index != X86_NO_FEATURE; index++) {
        count +=
            !x86_set_has(&candidate->extra, *index) && !x86_set_has(&candidate->missing, *index);
    }
    return count;
}

/* libvirt's weighing: a required feature costs one, and so does every second disabled one; the
 * others of them cost ever more. */
static void
weigh(Candidate *candidate, VirtCpuDefType type)
{
    gsize required = x86_set_count(&candidate->extra);
    gsize disabled = x86_set_count(&candidate->missing);
    gsize dear;

    if (type == VIRTCPU_DEF_GUEST) {
        disabled += count_gone(candidate);
    }
    dear = (disabled + 1) / 2;
    candidate->disabled_cost = dear * (2 * DISABLED_COST - 1 + dear) / 2;
    candidate->cost = required + disabled - dear + candidate->disabled_cost;
}

static Candidate
candidate_make(const X86Model *model, const X86Facts *facts, const X86DecodeRules *rules,
               const VirtCpuHvModel *hv_model)
{
    Candidate candidate = {
        .model = model,
        .extra = x86_set_difference(&facts->features, &model->features),
        .missing = x86_set_difference(&model->features, &facts->features),
        .signature_fits =
            facts->has_stepping &&
            x86_signatures_match(model->signatures, model->n_signatures, &facts->stepping),
    };

    if (hv_model != NULL) {
        add_blockers(&candidate, hv_model);
    }
    weigh(&candidate, rules->type);
    return candidate;
}

/* May @model describe a CPU of @type with the vendor of @facts at all? */
static gboolean
model_fits(const X86Model *model, const X86Facts *facts, VirtCpuDefType type)
{
    return (facts->vendor == NULL || model->vendor == NULL || model->vendor == facts->vendor) &&
           (type == VIRTCPU_DEF_HOST ? model->decode_host : model->decode_guest);
}

/* A host has no way to say what it lacks. */
static gboolean
candidate_fits(const Candidate *candidate, VirtCpuDefType type)
{
    return type == VIRTCPU_DEF_GUEST || x86_set_is_empty(&candidate->missing);
}

static gboolean
is_preferred(const X86Model *model, const X86DecodeRules *rules)
{
    return rules->preferred != NULL && g_strv_contains(rules->preferred, model->name);
}

static gboolean
candidate_is_better(const Candidate *candidate, const Candidate *best, const X86DecodeRules *rules)
{
    if (best->model == NULL) {
        return TRUE;
    }
    if (candidate->signature_fits != best->signature_fits) {
        return candidate->signature_fits;
    }
    return candidate->cost < best->cost ||
           (candidate->cost == best->cost && candidate->disabled_cost < best->disabled_cost) ||
           (candidate->disabled_cost < best->disabled_cost &&
            is_preferred(candidate->model, rules));
}

/* The one name that is taken outright, or NULL. */
static const char *
outright(const X86DecodeRules *rules)
{
    return rules->preferred != NULL && rules->preferred[0] != NULL && rules->preferred[1] == NULL
               ? rules->preferred[0]
               : NULL;
}

static gboolean
is_allowed(const X86Model *model, const X86DecodeRules *rules, const VirtCpuHvModel *hv_model)
{
    return (rules->hv_models == NULL || hv_model != NULL) &&
           (rules->models == NULL || g_strv_contains(rules->models, model->name));
}

/* The best description of @facts in @best; its model is NULL when there is none. */
static gboolean
find_best(const X86Facts *facts, const X86DecodeRules *rules, Candidate *best, GError **error)
{
    const char *wanted = outright(rules);

    /* newest first, so that among equals the newest is taken */
    for (gsize i = x86_map_n_models(); i-- > 0;) {
        const X86Model *model = x86_map_model(i);
        const VirtCpuHvModel *hv_model = find_hv_model(rules->hv_models, model->name);
        gboolean is_wanted = g_strcmp0(model->name, wanted) == 0;
        Candidate candidate;

        if (!is_allowed(model, rules, hv_model)) {
            if (is_wanted && rules->must_prefer) {
                virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                                  _("CPU model %s is not supported by hypervisor"), wanted);
                return FALSE;
            }
            continue;
        }
        if (!model_fits(model, facts, rules->type)) {
            continue;
        }
        candidate = candidate_make(model, facts, rules, hv_model);
        if (!candidate_fits(&candidate, rules->type)) {
            continue;
        }
        if (is_wanted || candidate_is_better(&candidate, best, rules)) {
            *best = candidate;
        }
        if (is_wanted) {
            return TRUE;
        }
    }
    return TRUE;
}

static void
add_features(VirtCpuDef *def, const X86Set *features, VirtCpuPolicy policy)
{
    for (gsize i = x86_set_next(features, 0); i < x86_map_n_features();
         i = x86_set_next(features, i + 1)) {
        virtcpu_def_set_feature(def, x86_map_feature(i)->name, policy);
    }
}

static VirtCpuDef *
candidate_to_def(const Candidate *candidate, VirtCpuArch arch, const X86Facts *facts,
                 const X86DecodeRules *rules)
{
    VirtCpuDef *def = virtcpu_def_new(rules->type);

    def->model = g_strdup(candidate->model->name);
    def->vendor = facts->vendor != NULL ? g_strdup(facts->vendor->name) : NULL;
    add_features(def, &candidate->extra, VIRTCPU_POLICY_REQUIRE);
    add_features(def, &candidate->missing, VIRTCPU_POLICY_DISABLE);
    if (rules->type == VIRTCPU_DEF_HOST) {
        def->arch = arch;
        def->has_signature = facts->has_stepping;
        def->sig_family = facts->stepping.family;
        def->sig_model = facts->stepping.model;
        def->sig_stepping = facts->stepping.stepping;
        return def;
    }
    x86_cpu_def_disable_gone(def, candidate->model);
    def->mode = VIRTCPU_MODE_CUSTOM;
    def->match = VIRTCPU_MATCH_EXACT;
    def->has_match = TRUE;
    def->fallback = VIRTCPU_FALLBACK_FORBID;
    def->has_fallback = TRUE;
    return def;
}

VirtCpuDef *
x86_decode_facts(VirtCpuArch arch, const X86Facts *facts, const X86DecodeRules *rules,
                 GError **error)
{
    Candidate best = { 0 };

    if (!find_best(facts, rules, &best, error)) {
        return NULL;
    }
    if (best.model == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("Cannot find suitable CPU model for given data"));
        return NULL;
    }
    if (rules->migratable) {
        x86_set_subtract(&best.extra, x86_map_non_migratable());
        x86_set_subtract(&best.missing, x86_map_non_migratable());
    }
    return candidate_to_def(&best, arch, facts, rules);
}

/* Haswells whose TSX Intel turned off after it proved broken (erratum HSD136): they may
 * still say they have it. */
static const X86Signature broken_tsx[] = {
    { 6, 60, 0xffff },
    { 6, 63, 0x000f },
    { 6, 69, 0xffff },
    { 6, 70, 0xffff },
};

static void
drop_broken_tsx(X86Facts *facts)
{
    if (facts->vendor != NULL && g_str_equal(facts->vendor->name, "Intel") &&
        x86_signatures_match(broken_tsx, G_N_ELEMENTS(broken_tsx), &facts->stepping)) {
        x86_set_remove(&facts->features, x86_map_find_feature_exact("hle"));
        x86_set_remove(&facts->features, x86_map_find_feature_exact("rtm"));
    }
}

X86Facts
x86_facts_from_data(const VirtCpuData *data)
{
    const X86Data *cpu = x86_data_const(data);
    X86Facts facts = {
        .features = x86_data_to_set(cpu),
        .vendor = x86_data_vendor(cpu),
    };

    facts.has_stepping = x86_data_stepping(cpu, &facts.stepping);
    drop_broken_tsx(&facts);
    return facts;
}

VirtCpuDef *
x86_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options, GError **error)
{
    const char *preferred[] = { options->preferred, NULL };
    const X86DecodeRules rules = {
        .type = options->type,
        .hv_models = options->hv_models,
        .models = options->models,
        .preferred = options->preferred != NULL ? preferred : NULL,
        .must_prefer = TRUE,
        .migratable = options->migratable,
    };
    const X86Facts facts = x86_facts_from_data(data);

    return x86_decode_facts(data->arch, &facts, &rules, error);
}
