/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "virtcpu drift" and the daemon answer: what a change of machine type, QEMU, kernel or
 * microcode does to CPUs. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/matrix-store.h"

/* One side of the change. */
typedef struct {
    const VirtCpuQemuCaps *caps; /* of a QEMU, or read from a recording */
    const char *machine;         /* name or alias; NULL: the QEMU's default */
    gboolean recorded; /* the QEMU cannot be asked: the machine type does not matter then, only what
                          was recorded of models and of the largest CPU */
} VirtCpuDriftPlace;

/* What is asked. */
typedef struct {
    VirtCpuDriftPlace before, after;
    const char *const *models;   /* NULL-terminated; NULL: all of both, unless there is a @def */
    const VirtCpuDomainDef *def; /* a definition instead; may be a running domain's; or NULL */
    GCancellable *cancel;        /* may be NULL */
} VirtCpuDriftWish;

/* {"before" and "after": {"qemu", "version", "machine", "virt-type"}, "cpus": [what
 * virtcpu_drift_compare makes of each], "drifting": how many drift, "stopped": how many do not run
 * any more} (transfer full). Works from @store, which asks for machine types it does not know yet.
 * Blocks: workers only. Errors: INVALID_ARG for a model that neither QEMU has, or QEMUs of
 * different architectures; CONFIG_UNSUPPORTED for an unknown machine type; those of a definition.
 */
VirtCpuJson *virtcpu_drift_answer(VirtCpuQemuMatrixStore *store, const VirtCpuDriftWish *wish,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
