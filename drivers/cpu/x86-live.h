/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running vCPU against what it was promised to be. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slots of VirtCpuArchOps. */
gboolean x86_live_check(const VirtCpuDef *def, const VirtCpuData *expected, const VirtCpuLive *live,
                        GPtrArray **missing, GPtrArray **extra,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The definition as the guest has it. */
VirtCpuDef *x86_live_update(const VirtCpuDef *def, const VirtCpuLive *live,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
