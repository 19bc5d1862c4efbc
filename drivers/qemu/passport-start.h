/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passport that a guest would get if it were started here. */
#pragma once

#include "drivers/qemu/cache.h"
#include "drivers/qemu/cpu-passport.h"

/* The passport of a guest with @def, complete or not, on this machine, @host (transfer full): its
 * QEMU is started with the CPU and nothing else, asked, and made to show it to the firmware of
 * guest/. A CPU whose check= a start would fail has none. Blocks: workers only. Errors: those of
 * virtcpu_guest_subject_init, virtcpu_qemu_cpu_resolve, virtcpu_explicit_store_get and
 * virtcpu_verify_judge; where there is a firmware, of virtcpu_guest_proof_run. */
VirtCpuPassport *virtcpu_passport_of_start(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                                           const VirtCpuDomainDef *def,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
