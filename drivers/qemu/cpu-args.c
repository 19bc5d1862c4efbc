/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-args.h"

#include "drivers/qemu/cpu-resolve.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/explicit-ask.h"

#define ASK_MS 30000

gboolean
virtcpu_cpu_args(const VirtCpuCpuArgsChoice *choice, VirtCpuCpuLine *line, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def =
        virtcpu_domain_complete_elsewhere(choice->def, choice->caps, choice->machine, error);
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
