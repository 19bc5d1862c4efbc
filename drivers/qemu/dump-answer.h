/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "virtcpu dump" and the daemon answer about a CPU. */
#pragma once

#include "drivers/qemu/guest-subject.h"

/* The document about @question's CPU as virtcpu_dump_to_json has it; with @self_test, member
 * "self-test" is virtcpu_dump_proof_to_json's (transfer full). Blocks: workers only. Errors: those
 * of virtcpu_guest_subject_init, virtcpu_dump_run and
 * virtcpu_dump_prove. */
VirtCpuJson *virtcpu_dump_answer(const VirtCpuHost *host, VirtCpuQemuCache *cache,
                                 const VirtCpuGuestQuestion *question, gboolean self_test,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
