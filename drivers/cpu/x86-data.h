/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What CPUID and MSRs say of one x86 CPU. */
#pragma once

#include "conf/xml.h"
#include "drivers/cpu/cpu-arch.h"
#include "drivers/cpu/x86-map.h"

typedef struct {
    guint32 leaf, subleaf;
    guint32 values[4]; /* by VirtCpuRegister: eax to edx */
} X86Cpuid;

typedef struct {
    guint32 index;
    guint64 value;
} X86Msr;

/* VirtCpuData of x86. */
typedef struct {
    VirtCpuData parent;
    GArray *cpuid; /* of X86Cpuid, sorted by leaf and subleaf, none twice */
    GArray *msrs;  /* of X86Msr, sorted by index, none twice */
} X86Data;

/* @data as what it is; @data must be of x86. */
static inline const X86Data *
x86_data_const(const VirtCpuData *data)
{
    return (const X86Data *)data;
}

/* Empty data of @arch (transfer full). */
VirtCpuData *x86_data_new(VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;
/* Free @data. */
void x86_data_free(VirtCpuData *data);
/* A copy (transfer full). */
VirtCpuData *x86_data_copy(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Put in one answer of CPUID, over an older one for the same leaf. */
void x86_data_add_cpuid(VirtCpuData *data, const X86Cpuid *cpuid);
/* Put in one MSR. */
void x86_data_add_msr(VirtCpuData *data, guint32 index, guint64 value);

/* The answer for @leaf and @subleaf, or NULL. */
const X86Cpuid *x86_data_find_cpuid(const X86Data *data, guint32 leaf, guint32 subleaf);
/* The MSR, or NULL. */
const X86Msr *x86_data_find_msr(const X86Data *data, guint32 index);

/* Turn on the bit of feature @index of the map. */
void x86_data_add_feature(VirtCpuData *data, gsize index);
/* TRUE when that bit is on. */
gboolean x86_data_has_feature(const X86Data *data, gsize index);
/* The features whose bits are on. */
X86Set x86_data_to_set(const X86Data *data);

/* The vendor leaf 0 names, or NULL. */
const X86Vendor *x86_data_vendor(const X86Data *data);
/* Make leaf 0 name @vendor. */
void x86_data_set_vendor(VirtCpuData *data, const X86Vendor *vendor);

/* Fill @stepping from leaf 1; FALSE, @stepping zeroed, when leaf 1 is absent or says 0. */
gboolean x86_data_stepping(const X86Data *data, X86Stepping *stepping);
/* Make leaf 1 say @stepping. */
void x86_data_set_stepping(VirtCpuData *data, const X86Stepping *stepping);

/* See virtcpu_cpu_data_differences: leaves first, then MSRs. */
GArray *x86_data_differences(const VirtCpuData *was,
                             const VirtCpuData *is) G_GNUC_WARN_UNUSED_RESULT;

/* Read the children of <cpudata>. Errors as virtcpu_cpu_data_parse. */
VirtCpuData *x86_data_parse(VirtCpuArch arch, xmlNode *node,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Write <cpudata> (transfer full). */
char *x86_data_format(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;
