/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/plug-steps.h"

gboolean
virtcpu_plug_steps_run(const GPtrArray *steps, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    for (guint i = 0; i < steps->len; i++) {
        const VirtCpuArgsStep *step = g_ptr_array_index(steps, i);

        if (!virtcpu_qmp_execute(qmp, step->command, step->arguments, timeout_ms, NULL, error)) {
            virtcpu_plug_steps_undo(steps, i, qmp, timeout_ms);
            return FALSE;
        }
    }
    return TRUE;
}

void
virtcpu_plug_steps_undo(const GPtrArray *steps, guint count, VirtCpuQmp *qmp, unsigned timeout_ms)
{
    while (count > 0) {
        const VirtCpuArgsStep *step = g_ptr_array_index(steps, --count);
        g_autoptr(GError) error = NULL;

        if (!virtcpu_qmp_execute(qmp, step->undo, step->undo_arguments, timeout_ms, NULL, &error)) {
            g_message("%s", error->message);
        }
    }
}
