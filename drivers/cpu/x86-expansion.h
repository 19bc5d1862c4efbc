/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's answer to query-cpu-model-expansion as CPUID and MSRs. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slot of VirtCpuArchOps. */
VirtCpuData *x86_expansion_to_data(VirtCpuArch arch, const VirtCpuJson *model,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
