/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer of the firmware in guest/: what each vCPU sees of itself. guest/README.md has the
 * format. */
#pragma once

#include "drivers/cpu/cpu.h"

/* Most vCPUs the firmware has room for, and most records of one of them. */
#define VIRTCPU_GUEST_MAX_VCPUS   512
#define VIRTCPU_GUEST_MAX_RECORDS 566

/* One answer of CPUID. */
typedef struct {
    guint32 leaf, subleaf;
    guint32 values[4]; /* by VirtCpuRegister: eax to edx */
} VirtCpuGuestLeaf;

/* One MSR that can be read. */
typedef struct {
    guint32 index;
    guint64 value;
} VirtCpuGuestMsr;

/* One vCPU in the mode with most bits that it has. */
typedef struct {
    GArray *leaves;    /* of VirtCpuGuestLeaf, in the order they were asked */
    GArray *msrs;      /* of VirtCpuGuestMsr, likewise */
    VirtCpuData *data; /* all of them */
} VirtCpuGuestVcpu;

/* The CPUID answer of @vcpu for @leaf and @subleaf, or NULL (transfer none). */
const VirtCpuGuestLeaf *virtcpu_guest_vcpu_find(const VirtCpuGuestVcpu *vcpu, guint32 leaf,
                                                guint32 subleaf);

/* Read @size @bytes, the whole of an answer. Returns an array of VirtCpuGuestVcpu, never empty
 * (transfer full). Errors: INTERNAL_ERROR saying what is wrong; NO_SUPPORT when @arch has no data
 * form. Any thread. */
GPtrArray *virtcpu_guest_answer_parse(const guint8 *bytes, gsize size, VirtCpuArch arch,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
