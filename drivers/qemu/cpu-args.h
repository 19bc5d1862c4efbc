/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The -cpu argument that a definition gets, without a driver. All that other floors include for it
 * is included here. */
#pragma once

#include "drivers/qemu/explicit-cpu.h"
#include "drivers/qemu/subject.h"

/* What it is asked for. */
typedef struct {
    const VirtCpuDomainDef *def; /* as it was read */
    const VirtCpuQemuCaps *caps; /* of the QEMU that is to run it; stands for its emulator and virt
                                    type */
    const char *machine;         /* stands for its machine type; NULL: that, or QEMU's default */
    VirtCpuCpuForm form;         /* DEFAULT: what it says itself, else explicit */
} VirtCpuCpuArgsChoice;

/* Complete the definition, resolve its CPU as for a start, but without judging whether this host
 * can give it (see virtcpu_guest_verify for that), and write the line into zeroed @line. The
 * explicit form starts a QEMU of its own, and blocks for it: workers only. Errors: those of
 * completion, of resolving, and of virtcpu_cpu_line_make. */
gboolean virtcpu_cpu_args(const VirtCpuCpuArgsChoice *choice, VirtCpuCpuLine *line,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
