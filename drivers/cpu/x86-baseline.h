/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What several x86 CPUs have in common. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slot of VirtCpuArchOps. */
VirtCpuDef *x86_baseline(VirtCpuArch arch, const GPtrArray *cpus,
                         const VirtCpuBaselineOptions *options,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
