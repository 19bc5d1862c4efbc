/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/verify.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/explain.h"
#include "drivers/qemu/vcpu-named.h"

#define DEFAULT_TIMEOUT_MS 30000

/* Features that QEMU derives from the topology when it realizes a CPU, whatever the model says (ht:
 * target/i386/cpu.c, more than one thread or core a package). They are no news unless named. */
static const char *const topology_features[] = { "ht" };

static gboolean
follows_topology(const VirtCpuDef *cpu, const char *feature)
{
    for (gsize i = 0; i < G_N_ELEMENTS(topology_features); i++) {
        if (g_str_equal(topology_features[i], feature)) {
            return virtcpu_def_find_feature(cpu, feature) == NULL;
        }
    }
    return FALSE;
}

void
virtcpu_verify_drop_derived(const VirtCpuDef *cpu, GPtrArray *features)
{
    for (guint i = features->len; i > 0; i--) {
        if (follows_topology(cpu, g_ptr_array_index(features, i - 1))) {
            g_ptr_array_remove_index(features, i - 1);
        }
    }
}

static char *
join(const GPtrArray *names)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < names->len; i++) {
        g_string_append_printf(out, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(names, i));
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* libvirt's words, which scripts match on. */
static char *
describe_mismatch(const GPtrArray *missing, const GPtrArray *extra)
{
    g_autofree char *missing_names = join(missing);
    g_autofree char *extra_names = join(extra);

    if (extra->len == 0) {
        return g_strdup_printf(_("guest CPU doesn't match specification: missing features: %s"),
                               missing_names);
    }
    if (missing->len == 0) {
        return g_strdup_printf(_("guest CPU doesn't match specification: extra features: %s"),
                               extra_names);
    }
    return g_strdup_printf(
        _("guest CPU doesn't match specification: extra features: %s, missing features: %s"),
        extra_names, missing_names);
}

/* Why @missing and @extra are, a sentence a layer. */
static void
append_reasons(GString *text, const VirtCpuVerifyInput *input, const VirtCpuLive *live,
               const GPtrArray *missing, const GPtrArray *extra)
{
    const VirtCpuExplainFacts facts = {
        .def = input->def,
        .cpu = input->cpu,
        .expected = input->expected,
        .live = *live,
        .host = input->host,
    };
    g_autoptr(GPtrArray) explanations = virtcpu_explanations_new();

    for (guint i = 0; i < missing->len; i++) {
        virtcpu_explain_missing(&facts, g_ptr_array_index(missing, i), explanations);
    }
    for (guint i = 0; i < extra->len; i++) {
        virtcpu_explain_extra(&facts, g_ptr_array_index(extra, i), explanations);
    }
    virtcpu_explanations_append_sentences(explanations, text);
}

gboolean
virtcpu_verify_judge(const VirtCpuVerifyInput *input, const VirtCpuVcpus *vcpus, GError **error)
{
    const VirtCpuLive live = { vcpus->enabled, vcpus->filtered };
    g_autoptr(GPtrArray) missing = NULL;
    g_autoptr(GPtrArray) extra = NULL;
    g_autoptr(GString) text = NULL;
    g_autofree char *mismatch = NULL;

    if (!virtcpu_cpu_check_live(input->def->arch, input->cpu, input->expected, &live, &missing,
                                &extra, error)) {
        return FALSE;
    }
    virtcpu_verify_drop_derived(input->cpu, missing);
    virtcpu_verify_drop_derived(input->cpu, extra);
    if (missing->len == 0 && extra->len == 0) {
        return TRUE;
    }
    mismatch = describe_mismatch(missing, extra);
    text = g_string_new(mismatch);
    append_reasons(text, input, &live, missing, extra);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "%s", text->str);
    return FALSE;
}

/* A model that only QEMU knows is what QEMU makes of it; what the definition names beside it has to
 * be as it says. */
static gboolean
judge_names(const VirtCpuVerifyInput *input, unsigned timeout_ms, GError **error)
{
    g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) extra = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *mismatch = NULL;

    if (!virtcpu_vcpus_compare_named(input->qmp, input->def->arch, input->cpu, timeout_ms, missing,
                                     extra, error)) {
        return FALSE;
    }
    if (missing->len == 0 && extra->len == 0) {
        return TRUE;
    }
    mismatch = describe_mismatch(missing, extra);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "%s", mismatch);
    return FALSE;
}

/* check full of a named model is judged by what this QEMU's model contains, not by any table of
 * ours. */
gboolean
virtcpu_verify_needs_content(const VirtCpuDef *cpu)
{
    return cpu->check == VIRTCPU_CHECK_FULL && !virtcpu_def_is_opaque(cpu) && cpu->model != NULL;
}

static VirtCpuDef *
to_live(const VirtCpuVerifyInput *input, const VirtCpuVcpus *vcpus, GError **error)
{
    const VirtCpuLive live = { vcpus->enabled, vcpus->filtered };

    return virtcpu_def_is_opaque(input->cpu)
               ? virtcpu_def_copy(input->cpu)
               : virtcpu_cpu_update_live(input->def->arch, input->cpu, &live, error);
}

gboolean
virtcpu_verify_run(const VirtCpuVerifyInput *input, VirtCpuDef **live, GError **error)
{
    const unsigned timeout_ms = input->timeout_ms != 0 ? input->timeout_ms : DEFAULT_TIMEOUT_MS;
    g_autoptr(GError) local_error = NULL;
    g_auto(VirtCpuVcpus) vcpus = { 0 };

    *live = NULL;
    if (input->cpu == NULL) {
        return TRUE;
    }
    if (!virtcpu_vcpus_ask(input->qmp, input->def->arch, timeout_ms, &vcpus, &local_error)) {
        if (virtcpu_error_to_code(local_error) != VIRTCPU_ERR_NO_SUPPORT) {
            g_propagate_error(error, g_steal_pointer(&local_error));
            return FALSE;
        }
        if (input->cpu->check != VIRTCPU_CHECK_NONE && !judge_names(input, timeout_ms, error)) {
            return FALSE;
        }
        *live = virtcpu_def_copy(input->cpu);
        return TRUE;
    }
    if (input->cpu->check == VIRTCPU_CHECK_FULL && !virtcpu_verify_judge(input, &vcpus, error)) {
        return FALSE;
    }
    *live = to_live(input, &vcpus, error);
    return *live != NULL;
}
