/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/guest-verify.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/cache-search.h"
#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/explicit-ask.h"
#include "drivers/qemu/machine-models.h"
#include "drivers/qemu/probe.h"

#define PROBE_MS 30000

void
virtcpu_guest_verdict_clear(VirtCpuGuestVerdict *verdict)
{
    g_clear_pointer(&verdict->def, virtcpu_domain_def_free);
    g_clear_pointer(&verdict->cpu, virtcpu_def_free);
    g_clear_pointer(&verdict->differences, g_ptr_array_unref);
    virtcpu_cpu_line_clear(&verdict->line);
    virtcpu_guest_proof_clear(&verdict->proof);
}

gboolean
virtcpu_guest_choice_apply(const VirtCpuGuestChoice *choice, VirtCpuDomainDef *def, GError **error)
{
    if (choice->virt_type != NULL &&
        !virtcpu_virt_type_from_string(choice->virt_type, &def->virt_type)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unknown virttype: %s"),
                          choice->virt_type);
        return FALSE;
    }
    if (choice->machine != NULL) {
        g_free(def->machine);
        def->machine = g_strdup(choice->machine);
    }
    if (choice->binary != NULL) {
        g_free(def->emulator);
        def->emulator = g_strdup(choice->binary);
    }
    if (def->arch == VIRTCPU_ARCH_NONE) {
        def->arch = virtcpu_arch_host();
    }
    if (def->emulator == NULL) {
        def->emulator = virtcpu_qemu_search_arch(NULL, def->arch);
    }
    if (def->emulator == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("No emulator found for arch '%s': install its qemu-system binary or "
                            "name one"),
                          virtcpu_arch_to_string(def->arch));
    }
    return def->emulator != NULL;
}

/* What the model of @cpu contains under the machine type, as this QEMU defines it. NULL without an
 * error when the CPU names no model of this QEMU's. */
static gboolean
ask_content(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps, const VirtCpuDef *cpu,
            GCancellable *cancel, VirtCpuData **content, GError **error)
{
    g_autoptr(VirtCpuJson) answers = NULL;
    const VirtCpuJson *answer = NULL;

    if (cpu == NULL || cpu->mode != VIRTCPU_MODE_CUSTOM || cpu->model == NULL) {
        return TRUE;
    }
    answers = virtcpu_qemu_machine_models_ask(caps, def->machine, PROBE_MS, cancel, error);
    if (answers == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = g_ptr_array_index(caps->models, i);

        if (g_str_equal(model->name, cpu->model)) {
            answer = virtcpu_json_at(answers, i);
        }
    }
    if (answer == NULL || virtcpu_json_kind(answer) != VIRTCPU_JSON_OBJECT) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU does not say what CPU model '%s' contains: %s"), cpu->model,
                          answer != NULL ? virtcpu_json_to_string(answer) : _("it is unknown"));
        return FALSE;
    }
    *content = virtcpu_cpu_data_from_expansion(def->arch, answer, error);
    return *content != NULL;
}

/* The CPU of the complete verdict->def as a start would write it. */
static gboolean
make_line(VirtCpuGuestVerdict *verdict, const VirtCpuQemuCaps *caps,
          const VirtCpuGuestChoice *choice, GError **error)
{
    const VirtCpuArgsInput args = { .def = verdict->def, .caps = caps, .cpu = verdict->cpu };
    const VirtCpuCpuForm form =
        choice->form != VIRTCPU_CPU_FORM_DEFAULT ? choice->form : verdict->def->cpu_form;

    return virtcpu_cpu_line_make(&args, form, PROBE_MS, choice->cancel, &verdict->line, error);
}

gboolean
virtcpu_guest_verify(const VirtCpuDomainDef *def, const VirtCpuGuestChoice *choice,
                     VirtCpuGuestVerdict *verdict, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuData) content = NULL;
    VirtCpuGuestInput input;

    verdict->def = virtcpu_domain_def_copy(def);
    if (!virtcpu_guest_choice_apply(choice, verdict->def, error)) {
        return FALSE;
    }
    caps = virtcpu_qemu_probe(verdict->def->emulator, verdict->def->virt_type, PROBE_MS,
                              choice->cancel, error);
    if (caps == NULL || !virtcpu_domain_complete(verdict->def, verdict->def->arch, caps, error) ||
        !virtcpu_qemu_cpu_resolve(verdict->def, caps, &verdict->cpu, error) ||
        !ask_content(verdict->def, caps, verdict->cpu, choice->cancel, &content, error) ||
        !make_line(verdict, caps, choice, error)) {
        return FALSE;
    }
    input = (VirtCpuGuestInput){
        .def = verdict->def,
        .caps = caps,
        .cpu = verdict->cpu,
        .line = &verdict->line,
        .timeout_ms = choice->timeout_ms,
        .cancel = choice->cancel,
    };
    if (!virtcpu_guest_proof_run(&input, &verdict->proof, error)) {
        return FALSE;
    }
    verdict->differences =
        virtcpu_guest_compare(verdict->def->arch, &verdict->proof, verdict->cpu, content, error);
    return verdict->differences != NULL;
}
