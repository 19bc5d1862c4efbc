/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-args.h"

#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/explicit-ask.h"

#define ASK_MS 30000

/* The definition for the QEMU and machine type that were chosen (transfer full). */
static VirtCpuDomainDef *
complete(const VirtCpuCpuArgsChoice *choice, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_def_copy(choice->def);
    VirtCpuArch arch = def->arch != VIRTCPU_ARCH_NONE ? def->arch : choice->caps->arch;

    def->virt_type = choice->caps->virt_type;
    g_free(def->emulator);
    def->emulator = g_strdup(choice->caps->binary);
    if (choice->machine != NULL) {
        g_free(def->machine);
        def->machine = g_strdup(choice->machine);
    }
    if (!virtcpu_domain_complete(def, arch, choice->caps, error)) {
        return NULL;
    }
    if (def->cpu != NULL) {
        def->cpu->check = VIRTCPU_CHECK_NONE;
    }
    return g_steal_pointer(&def);
}

gboolean
virtcpu_cpu_args(const VirtCpuCpuArgsChoice *choice, VirtCpuCpuLine *line, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = complete(choice, error);
    g_autoptr(VirtCpuDef) cpu = NULL;
    VirtCpuArgsInput input;

    if (def == NULL || !virtcpu_qemu_cpu_resolve(def, choice->caps, &cpu, error)) {
        return FALSE;
    }
    input = (VirtCpuArgsInput){ .def = def, .caps = choice->caps, .cpu = cpu };
    return virtcpu_cpu_line_make(
        &input, choice->form != VIRTCPU_CPU_FORM_DEFAULT ? choice->form : def->cpu_form, ASK_MS,
        NULL, line, error);
}
