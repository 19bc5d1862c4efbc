/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The explicit lines that were asked for lately, so that a start need not start two QEMUs. */
#pragma once

#include "drivers/qemu/explicit-ask.h"
#include "drivers/qemu/matrix-store.h"

/* What was learnt about one CPU under one machine type. Immutable, shared. */
typedef struct {
    VirtCpuCpuLine line;
    char *version;      /* as in VirtCpuExplicitContent */
    VirtCpuJson *own;   /* properties of the model as it was named, where @version has other ones */
    VirtCpuJson *props; /* all of the CPU's, as it is asked for */
} VirtCpuExplicitCpu;

/* One with nothing but @version and @props (transfer full), which came from elsewhere (transfer
 * full). */
VirtCpuExplicitCpu *virtcpu_explicit_cpu_new(const char *version,
                                             VirtCpuJson *props) G_GNUC_WARN_UNUSED_RESULT;

/* Take a reference (returns @cpu). Any thread. */
VirtCpuExplicitCpu *virtcpu_explicit_cpu_ref(VirtCpuExplicitCpu *cpu);

/* Drop a reference to @cpu (may be NULL). Any thread. */
void virtcpu_explicit_cpu_unref(VirtCpuExplicitCpu *cpu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuExplicitCpu, virtcpu_explicit_cpu_unref)

/* Thread-safe. */
typedef struct _VirtCpuExplicitStore VirtCpuExplicitStore;

/* @matrices (transfer none) knows models that nothing was changed in. @timeout_ms: how long one
 * QEMU may take. @cancel (transfer none) ends whatever is under way. Returns (transfer full). */
VirtCpuExplicitStore *virtcpu_explicit_store_new(VirtCpuQemuMatrixStore *matrices,
                                                 unsigned timeout_ms,
                                                 GCancellable *cancel) G_GNUC_WARN_UNUSED_RESULT;

/* Free @store (may be NULL) once no call is running in it. */
void virtcpu_explicit_store_free(VirtCpuExplicitStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuExplicitStore, virtcpu_explicit_store_free)

/* The explicit form of the CPU of @input, whose capabilities are @caps and to which it applies
 * (virtcpu_explicit_applies): from
 * memory, else from the matrices, or, when the definition changes the model or they do not know
 * it, asked as virtcpu_explicit_ask does, while callers who want the same wait. Blocks:
 * workers only. Returns (transfer full). Errors: as there, remembered with back-off. */
VirtCpuExplicitCpu *virtcpu_explicit_store_get(VirtCpuExplicitStore *store, VirtCpuQemuCaps *caps,
                                               const VirtCpuArgsInput *input,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What @model is by itself under @machine of the QEMU with @caps, as its version and props alone:
 * from memory, else from the matrices as virtcpu_qemu_matrix_store_props. Blocks: workers only.
 * Returns (transfer full). Errors: as there. */
VirtCpuExplicitCpu *virtcpu_explicit_store_model(VirtCpuExplicitStore *store, VirtCpuQemuCaps *caps,
                                                 const char *machine, const char *model,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
