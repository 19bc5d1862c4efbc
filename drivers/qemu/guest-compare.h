/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest sees of its CPU, what QEMU says of it, and what the definition promises. Pure. */
#pragma once

#include "drivers/qemu/guest-proof.h"

/* One difference. Of a feature the three are "on", "off", or "-" where nothing is said; of a whole
 * register, its value. */
typedef struct {
    unsigned vcpu; /* whose */
    guint32 leaf;  /* of CPUID, or number of the MSR */
    guint32 subleaf;
    VirtCpuRegister reg;
    int bit;    /* -1: the whole register */
    char *what; /* libvirt's name of the feature; of a register "vendor", "signature", or "vCPU":
                   one that differs from the first, whose value then is what is said */
    const char *why; /* it means nothing, because (translated); NULL: it is unexplained */
    char *sees, *says, *promises;
} VirtCpuGuestDifference;

/* Compare all vCPUs of @proof with each other, the first with what QEMU says, and both with what
 * @cpu (resolved; NULL promises nothing) promises, of which @expected is the model's content as in
 * virtcpu_cpu_check_live. What follows from the guest's state or its topology is explained. Returns
 * an array of VirtCpuGuestDifference by vCPU and place (transfer full).
 * Errors: those of virtcpu_cpu_check_live. Any thread. */
GPtrArray *virtcpu_guest_compare(VirtCpuArch arch, const VirtCpuGuestProof *proof,
                                 const VirtCpuDef *cpu, const VirtCpuData *expected,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many of @differences are unexplained. */
guint virtcpu_guest_count_unexplained(const GPtrArray *differences);
