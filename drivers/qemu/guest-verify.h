/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A definition proven: what its guest sees, what QEMU says and what it promises. All that other
 * floors include of guest-*.h is included here. */
#pragma once

#include "drivers/qemu/guest-compare.h"
#include "drivers/qemu/subject.h"

#include <gio/gio.h>

/* Where it is proven; zero and NULL leave it to the definition and to this machine. */
typedef struct {
    const char *binary;    /* absolute path */
    const char *machine;   /* canonical name or alias */
    const char *virt_type; /* "kvm" or "qemu"; given, it stands for the definition's */
    VirtCpuCpuForm form;   /* DEFAULT: what the definition says, else explicit */
    unsigned timeout_ms;   /* of the proof; 0: as there */
    GCancellable *cancel;  /* may be NULL; ends it early from any thread (transfer none) */
} VirtCpuGuestChoice;

/* Put @choice into @def, with this machine's architecture and the binary that runs its guests where
 * both leave them open. Errors: INVALID_ARG for an unknown virt type; CONFIG_UNSUPPORTED when no
 * binary is installed. */
gboolean virtcpu_guest_choice_apply(const VirtCpuGuestChoice *choice, VirtCpuDomainDef *def,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What came of it. */
typedef struct {
    VirtCpuDomainDef *def; /* complete: binary, machine type and virt type as they were used */
    VirtCpuDef *cpu;       /* as QEMU was asked for it; NULL: the machine type's own */
    VirtCpuCpuLine line;   /* the words it was asked with */
    VirtCpuGuestProof proof;
    GPtrArray *differences; /* of VirtCpuGuestDifference */
} VirtCpuGuestVerdict;

/* Release what @verdict owns; legal on a zeroed one. */
void virtcpu_guest_verdict_clear(VirtCpuGuestVerdict *verdict);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuGuestVerdict, virtcpu_guest_verdict_clear)

/* Prove @def by @choice: probe the binary, complete the definition, resolve its CPU as for a start,
 * run the firmware on it and compare. Zeroed @verdict is filled. Needs no driver, keeps nothing.
 * Blocks: workers only. Errors: INVALID_ARG for an unknown virt type; OPERATION_ABORTED; those of
 * the probe, of completion, of virtcpu_cpu_line_make and of virtcpu_guest_proof_run. */
gboolean virtcpu_guest_verify(const VirtCpuDomainDef *def, const VirtCpuGuestChoice *choice,
                              VirtCpuGuestVerdict *verdict,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What "virtcpu verify --json" prints: {"agree", "emulator", "machine", "virt-type", "cpu",
 * "globals", "vcpus", "microseconds", "differences"}; cpu and globals as in VirtCpuCpuLine
 * (transfer full). */
VirtCpuJson *
virtcpu_guest_verdict_to_json(const VirtCpuGuestVerdict *verdict) G_GNUC_WARN_UNUSED_RESULT;
