/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "virtcpu explain" and the daemon answer about the CPU of a definition. */
#pragma once

#include "drivers/qemu/guest-subject.h"

/* Start the QEMU of @question's definition with its CPU, paused, and explain each feature that is
 * not as promised: {"qemu", "version", "machine", "virt-type", "model", "wrong": how many break a
 * promise, "features": [{"name", "state", "layer", "evidence", "remedy"}]}. Under KVM also those
 * that need its interrupt controller, asked of a second QEMU that has none; "irqchip-refusal" when
 * that does not start (transfer full). Whatever check= is, all of the promise counts. Blocks:
 * workers only. Errors: those of virtcpu_guest_subject_init, of starting the QEMU and of
 * virtcpu_vcpus_ask: NO_SUPPORT where vCPUs cannot be asked. */
VirtCpuJson *virtcpu_explain_answer(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                                    const VirtCpuGuestQuestion *question,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
