/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions rewritten: against a host, for a hypervisor, with every feature named. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slots of VirtCpuArchOps. */
VirtCpuDef *x86_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Every feature of the model named. */
VirtCpuDef *x86_expand(VirtCpuArch arch, const VirtCpuDef *def, gboolean migratable,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* With a model the hypervisor knows. */
VirtCpuDef *x86_translate(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
