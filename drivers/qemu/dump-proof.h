/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A dump proven: its forms make the same CPU again. */
#pragma once

#include "drivers/qemu/dump.h"

/* One difference between a CPU and the one made of its dump. */
typedef struct {
    const char *form; /* "-cpu", "-readconfig" or, seen by the guest of the first, "guest" */
    char *what;       /* a property, or a place of CPUID: "0xd 0 eax" */
    char *was, *is;
    const char *why; /* it is no difference of the CPU, because (translated); NULL: unexplained */
} VirtCpuDumpDifference;

/* What came of it. */
typedef struct {
    GPtrArray *differences; /* of VirtCpuDumpDifference */
    guint properties;       /* how many were compared, for each form */
    guint leaves;           /* of CPUID, as the guest's firmware sees them; 0: it was not run */
} VirtCpuDumpProof;

/* Release what @proof owns; legal on a zeroed one. */
void virtcpu_dump_proof_clear(VirtCpuDumpProof *proof);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDumpProof, virtcpu_dump_proof_clear)

/* An empty array for differences (transfer full). */
GPtrArray *virtcpu_dump_differences_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Append to @differences (of VirtCpuDumpDifference) how @again differs from @dump, which @form
 * made; returns how many properties were compared. Pure. */
guint virtcpu_dump_compare(const VirtCpuDump *dump, const VirtCpuCpuObject *again, const char *form,
                           GPtrArray *differences);

/* Make the CPU of @dump, which @input got, again by each form and compare every QOM property; where
 * there is firmware for its architecture, run that on both CPUs and compare every CPUID leaf.
 * Zeroed @proof is filled. Blocks: workers only. Errors: those of virtcpu_dump_run and
 * virtcpu_guest_proof_run. */
gboolean virtcpu_dump_prove(const VirtCpuGuestInput *input, const VirtCpuDump *dump,
                            VirtCpuDumpProof *proof, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* {"properties", "leaves", "unexplained" (how many of the differences are), "differences":
 * [{"form", "what", "was", "is", "explanation"}]} (transfer full). */
VirtCpuJson *virtcpu_dump_proof_to_json(const VirtCpuDumpProof *proof) G_GNUC_WARN_UNUSED_RESULT;
