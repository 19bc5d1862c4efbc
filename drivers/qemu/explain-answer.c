/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/explain-answer.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/explain.h"
#include "drivers/qemu/guest-options.h"
#include "drivers/qemu/process.h"
#include "drivers/qemu/session.h"

#define TIMEOUT_MS 30000

/* Start the QEMU of @input and ask its vCPUs; @extra (may be NULL) is one more value of -machine.
 */
static gboolean
ask_vcpus(const VirtCpuGuestInput *input, const char *extra, VirtCpuVcpus *vcpus, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(VirtCpuQemuSession) session = NULL;
    g_auto(GStrv) options = NULL;
    GError *reason = NULL;

    if (!virtcpu_guest_options_add(builder, input, VIRTCPU_PROCESS_FIRST_FD, error)) {
        return FALSE;
    }
    if (extra != NULL) {
        g_strv_builder_add_many(builder, "-machine", extra, NULL);
    }
    options = g_strv_builder_end(builder);
    session = virtcpu_qemu_session_new_guest(input->caps->binary, input->def->machine,
                                             (const char *const *)options, TIMEOUT_MS,
                                             input->cancel, error);
    if (session == NULL) {
        return FALSE;
    }
    if (!virtcpu_qemu_session_ask_vcpus(session, input->def->arch, vcpus, &reason)) {
        if (virtcpu_error_to_code(reason) == VIRTCPU_ERR_NO_SUPPORT) {
            g_propagate_error(error, reason);
        } else {
            virtcpu_qemu_session_explain(session, reason, error);
        }
        return FALSE;
    }
    return TRUE;
}

/* The versions of @model: "X-v" of "X", "X-v1" (transfer full). */
static char *
version_prefix(const char *model)
{
    const char *dash = g_strrstr(model, "-v");

    return dash != NULL && g_ascii_isdigit(dash[2]) ? g_strndup(model, (gsize)(dash - model) + 2)
                                                    : g_strdup_printf("%s-v", model);
}

/* "; X has it off since X-v3": how versions of @model tell @feature under @machine (transfer full;
 * empty when they do not). */
static char *
describe_versions(const VirtCpuQemuMatrix *matrix, const char *machine, const char *model,
                  const char *property)
{
    g_autofree char *prefix = version_prefix(model);
    gboolean had = FALSE;

    for (unsigned version = 1; matrix != NULL; version++) {
        g_autofree char *name = g_strdup_printf("%s%u", prefix, version);
        int cell = virtcpu_qemu_matrix_cell(matrix, machine, name);
        g_autoptr(VirtCpuJson) props = NULL;

        if (cell == VIRTCPU_QEMU_MATRIX_NONE) {
            break;
        }
        props = virtcpu_qemu_matrix_props(matrix, (guint)cell);
        if (had && !virtcpu_json_get_bool(props, property, FALSE)) {
            return g_strdup_printf(_("; it is off since %s"), name);
        }
        if (!had && version > 1 && virtcpu_json_get_bool(props, property, FALSE)) {
            return g_strdup_printf(_("; it is on from %s"), name);
        }
        had = virtcpu_json_get_bool(props, property, FALSE);
    }
    return g_strdup("");
}

/* Features that libvirt's map has in the model and QEMU's model has not. */
static void
explain_model(const VirtCpuExplainFacts *facts, const VirtCpuQemuMatrix *matrix,
              GPtrArray *explanations)
{
    const VirtCpuDef *cpu = facts->cpu;
    g_autofree char *release = virtcpu_qemu_caps_version_text(facts->caps);
    g_autofree const char **names = cpu->model != NULL && cpu->mode == VIRTCPU_MODE_CUSTOM
                                        ? virtcpu_cpu_model_features(facts->def->arch, cpu->model)
                                        : NULL;

    for (const char **name = names; facts->expected != NULL && name != NULL && *name != NULL;
         name++) {
        const char *property = virtcpu_cpu_feature_to_qemu(facts->def->arch, *name);
        g_autofree char *versions = NULL;

        if (virtcpu_cpu_data_has_feature(facts->expected, *name) ||
            virtcpu_cpu_data_has_feature(facts->live.enabled, *name) ||
            virtcpu_def_find_feature(cpu, *name) != NULL) {
            continue;
        }
        versions = describe_versions(matrix, facts->def->machine, cpu->model, property);
        virtcpu_explanations_add(
            explanations, *name, VIRTCPU_STATE_MISSING, VIRTCPU_LAYER_QEMU,
            g_strdup_printf(_("QEMU %s's model '%s' does not contain it under machine type '%s'%s"),
                            release, cpu->model, facts->def->machine, versions),
            _("require it in <cpu>, or name another version of the model"));
    }
}

/* What there is only as long as KVM has the interrupt controller: asked of a QEMU without. FALSE
 * with why it did not start. */
static gboolean
explain_irqchip(const VirtCpuExplainFacts *facts, const VirtCpuGuestInput *input,
                GPtrArray *explanations, GError **error)
{
    g_autofree const char **names = virtcpu_cpu_feature_names(facts->def->arch);
    g_auto(VirtCpuVcpus) without = { 0 };

    if (!ask_vcpus(input, "kernel-irqchip=off", &without, error)) {
        return FALSE;
    }
    for (const char **name = names; *name != NULL; name++) {
        if (virtcpu_cpu_data_has_feature(facts->live.enabled, *name) &&
            !virtcpu_cpu_data_has_feature(without.enabled, *name)) {
            virtcpu_explanations_add(
                explanations, *name, VIRTCPU_STATE_DEPENDS, VIRTCPU_LAYER_IRQCHIP,
                g_strdup(_("this QEMU does not give it with kernel-irqchip=off")),
                _("keep KVM's interrupt controller (kernel-irqchip=on)"));
        }
    }
    return TRUE;
}

/* TRUE when a promise is broken: what is only kept away for the sake of migration breaks none. */
static gboolean
is_wrong(const VirtCpuExplainFacts *facts, const VirtCpuExplanation *explanation)
{
    const VirtCpuDefFeature *own = virtcpu_def_find_feature(facts->def->cpu, explanation->feature);

    return explanation->state == VIRTCPU_STATE_BLOCKED
               ? own != NULL && own->policy == VIRTCPU_POLICY_FORBID
               : explanation->state != VIRTCPU_STATE_DEPENDS;
}

static VirtCpuJson *
to_json(const VirtCpuExplainFacts *facts, const GPtrArray *explanations)
{
    const VirtCpuQemuCaps *caps = facts->caps;
    g_autofree char *version = virtcpu_qemu_caps_version_text(caps);
    VirtCpuJson *out = virtcpu_json_new_object();
    gint64 wrong = 0;
    VirtCpuJson *list;

    virtcpu_json_set_string(out, "qemu", caps->binary);
    virtcpu_json_set_string(out, "version", version);
    virtcpu_json_set_string(out, "machine", facts->def->machine);
    virtcpu_json_set_string(out, "virt-type", virtcpu_virt_type_to_string(facts->def->virt_type));
    virtcpu_json_set_string(out, "model", facts->cpu->model);
    virtcpu_json_set_int(out, "wrong", 0);
    list = virtcpu_json_set(out, "features", virtcpu_json_new_array());
    for (guint i = 0; i < explanations->len; i++) {
        const VirtCpuExplanation *explanation = g_ptr_array_index(explanations, i);
        VirtCpuJson *entry = virtcpu_json_append(list, virtcpu_json_new_object());

        virtcpu_json_set_string(entry, "name", explanation->feature);
        virtcpu_json_set_string(entry, "state",
                                virtcpu_feature_state_to_string(explanation->state));
        virtcpu_json_set_string(entry, "layer", virtcpu_layer_to_string(explanation->layer));
        virtcpu_json_set_string(entry, "evidence", explanation->evidence);
        virtcpu_json_set_string(entry, "remedy", explanation->remedy);
        wrong += is_wrong(facts, explanation);
    }
    virtcpu_json_set_int(out, "wrong", wrong);
    return out;
}

/* What the model contains by itself, and the matrix that tells it of its versions, too. */
static gboolean
get_content(const VirtCpuGuestSubject *subject, VirtCpuQemuMatrixStore *store,
            VirtCpuData **content, VirtCpuQemuMatrix **matrix, GError **error)
{
    if (virtcpu_def_is_opaque(subject->cpu) || subject->cpu->model == NULL) {
        return TRUE;
    }
    *content = virtcpu_qemu_matrix_store_content(store, subject->caps, subject->def->machine,
                                                 subject->cpu->model, error);
    if (*content != NULL) {
        *matrix = virtcpu_qemu_matrix_store_get(store, subject->caps, error);
    }
    return *matrix != NULL;
}

static VirtCpuJson *
explain(const VirtCpuHost *host, VirtCpuQemuCache *cache, const VirtCpuGuestSubject *subject,
        GError **error)
{
    const VirtCpuGuestInput input = virtcpu_guest_subject_input(subject);
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();
    g_autoptr(VirtCpuData) content = NULL;
    g_autoptr(VirtCpuQemuMatrix) matrix = NULL;
    g_auto(VirtCpuVcpus) vcpus = { 0 };
    g_autoptr(GError) refusal = NULL;
    VirtCpuExplainFacts facts;
    VirtCpuJson *out;

    if (!get_content(subject, virtcpu_qemu_cache_matrices(cache), &content, &matrix, error) ||
        !ask_vcpus(&input, NULL, &vcpus, error)) {
        return NULL;
    }
    facts = (VirtCpuExplainFacts){
        .def = subject->def,
        .caps = subject->caps,
        .cpu = subject->cpu,
        .expected = content,
        .live = { vcpus.enabled, vcpus.filtered },
        .host = host,
    };
    if (!virtcpu_explain_cpu(&facts, explanations, error)) {
        return NULL;
    }
    explain_model(&facts, matrix, explanations);
    if (subject->def->virt_type == VIRTCPU_VIRT_KVM &&
        !explain_irqchip(&facts, &input, explanations, &refusal) &&
        g_error_matches(refusal, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_ABORTED)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return NULL;
    }
    out = to_json(&facts, explanations);
    virtcpu_json_set_string(out, "irqchip-refusal", refusal != NULL ? refusal->message : NULL);
    return out;
}

VirtCpuJson *
virtcpu_explain_answer(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                       const VirtCpuGuestQuestion *question, GError **error)
{
    g_auto(VirtCpuGuestSubject) subject = { 0 };

    if (!virtcpu_guest_subject_init(&subject, host, cache, question, error)) {
        return NULL;
    }
    if (subject.cpu == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the definition names no CPU: nothing is promised"));
        return NULL;
    }
    return explain(host, cache, &subject, error);
}
