/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passport that a guest would get if it were started here. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/cpu-passport.h"

/* The passport of a guest with @def, complete or not, on this machine, @host (transfer full): its
 * QEMU is started with the CPU and nothing else, asked, and made to show it to the firmware of
 * guest/. Whatever check= says, the CPU is as the host can give it. Blocks: workers only. Errors:
 * those of virtcpu_guest_subject_init and virtcpu_explicit_store_get; where there is a firmware, of
 * virtcpu_guest_proof_run. */
VirtCpuPassport *virtcpu_passport_of_start(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                                           const VirtCpuDomainDef *def,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
