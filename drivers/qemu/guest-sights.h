/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What guests see of their CPUs, asked lately: each leaf of CPUID and each feature MSR. In memory
 * only; a domain keeps its own in its passport. */
#pragma once

#include "drivers/qemu/guest-proof.h"

/* Thread-safe; one for each VirtCpuQemuCache. */
typedef struct _VirtCpuGuestSights VirtCpuGuestSights;

/* @cancel (transfer none) ends whatever is under way. Returns (transfer full). */
VirtCpuGuestSights *virtcpu_guest_sights_new(GCancellable *cancel) G_GNUC_WARN_UNUSED_RESULT;

/* Free @sights (may be NULL) once no call is running in it. */
void virtcpu_guest_sights_free(VirtCpuGuestSights *sights);

/* What the first vCPU of a guest by @wanted, whose capabilities are @caps, sees: from memory, else
 * by running the firmware of guest/ on that CPU now, with one vCPU of the guest's topology, while
 * callers who want the same wait. Its cancel, unasked and max_vcpus are not looked at. Blocks:
 * workers only. Returns (transfer full). Errors: those of virtcpu_guest_proof_run, remembered with
 * back-off. */
VirtCpuData *virtcpu_guest_sights_get(VirtCpuGuestSights *sights, VirtCpuQemuCaps *caps,
                                      const VirtCpuGuestInput *wanted,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
