/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling a running QEMU what virtcpu_args_plug found. */
#pragma once

#include "drivers/qemu/args.h"
#include "drivers/qemu/qmp.h"

/* Do all of @steps (of VirtCpuArgsStep); when one fails, those before it are taken back. Blocks.
 * Errors: INTERNAL_ERROR for what QEMU says, OPERATION_TIMEOUT. */
gboolean virtcpu_plug_steps_run(const GPtrArray *steps, VirtCpuQmp *qmp, unsigned timeout_ms,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Take the first @count of @steps back, the last of them first. What QEMU refuses is logged. */
void virtcpu_plug_steps_undo(const GPtrArray *steps, guint count, VirtCpuQmp *qmp,
                             unsigned timeout_ms);
