/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions about CPU models that QEMU itself decides, such as a comparison on s390x. What was
 * answered once is not asked again. */
#pragma once

#include "drivers/qemu/caps.h"

#include <gio/gio.h>

/* Thread-safe; one for each VirtCpuQemuCache. Remembers the latest answers, a bounded number. */
typedef struct _VirtCpuQemuJudge VirtCpuQemuJudge;

/* @timeout_ms: how long one hearing may take. @cancel (transfer none) ends whatever is under way.
 * Returns (transfer full). */
VirtCpuQemuJudge *virtcpu_qemu_judge_new(unsigned timeout_ms,
                                         GCancellable *cancel) G_GNUC_WARN_UNUSED_RESULT;

/* Free @judge (may be NULL) once no hearing is open. */
void virtcpu_qemu_judge_free(VirtCpuQemuJudge *judge);

/* One QEMU's answers to questions that follow from one another. A QEMU is started when the first of
 * them is not remembered, and ends with the hearing. */
typedef struct _VirtCpuQemuHearing VirtCpuQemuHearing;

/* Open a hearing on the QEMU that @caps describes, with @machine (NULL: of no guest). Both must
 * outlive it. Never fails (transfer full). */
VirtCpuQemuHearing *
virtcpu_qemu_hearing_new(VirtCpuQemuJudge *judge, VirtCpuQemuCaps *caps,
                         const VirtCpuQemuMachine *machine) G_GNUC_WARN_UNUSED_RESULT;

/* Close @hearing (may be NULL) and end its QEMU. */
void virtcpu_qemu_hearing_free(VirtCpuQemuHearing *hearing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuHearing, virtcpu_qemu_hearing_free)

/* QEMU's answer to @command with @arguments (an object), remembered or asked now. Blocks: workers
 * only. Errors: INTERNAL_ERROR "unable to execute QEMU command 'X': …" with what QEMU says against
 * it, and as virtcpu_qemu_session_explain. Returns (transfer full). */
VirtCpuJson *virtcpu_qemu_hearing_ask(VirtCpuQemuHearing *hearing, const char *command,
                                      const VirtCpuJson *arguments,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
