/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a <cpu> to bits. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slot of VirtCpuArchOps. */
VirtCpuData *x86_encode(VirtCpuArch arch, const VirtCpuDef *def,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
