/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The form and the exact version of a domain's CPU. Both ask a QEMU what is not known yet: workers
 * only. */
#pragma once

#include "drivers/qemu/driver.h"

/* Name the exact version that the model of complete definition @def stands for on the QEMU of @caps
 * under its machine type, when it is to run in the explicit form: what an old machine type makes
 * another of the model than any version is named beside it, features in <cpu>, the rest in
 * <metadata>. A QEMU that cannot say leaves @def as it is; the log says why. */
void virtcpu_domain_pin_version(VirtCpuDriver *driver, VirtCpuQemuCaps *caps,
                                VirtCpuDomainDef *def);

/* The line of @input, whose capabilities are @caps, into zeroed @line when it is to have the
 * explicit form, by its definition or else the driver; for the named form @line stays zeroed.
 * Errors: those of virtcpu_cpu_line_make. */
gboolean virtcpu_domain_cpu_line(VirtCpuDriver *driver, VirtCpuQemuCaps *caps,
                                 const VirtCpuArgsInput *input, VirtCpuCpuLine *line,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
