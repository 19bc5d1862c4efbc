/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-data.h"

static void
add_leaf(GArray *differences, const X86Cpuid *was, const X86Cpuid *is)
{
    const X86Cpuid *place = was != NULL ? was : is;

    for (int reg = VIRTCPU_REGISTER_EAX; reg <= VIRTCPU_REGISTER_EDX; reg++) {
        const VirtCpuDataDifference difference = {
            .leaf = place->leaf,
            .subleaf = place->subleaf,
            .reg = (VirtCpuRegister)reg,
            .was = was != NULL ? was->values[reg] : 0,
            .is = is != NULL ? is->values[reg] : 0,
            .had = was != NULL,
            .has = is != NULL,
        };

        if (difference.was != difference.is) {
            g_array_append_val(differences, difference);
        }
    }
}

static void
add_msr(GArray *differences, const X86Msr *was, const X86Msr *is)
{
    const VirtCpuDataDifference difference = {
        .leaf = was != NULL ? was->index : is->index,
        .reg = VIRTCPU_REGISTER_MSR,
        .was = was != NULL ? was->value : 0,
        .is = is != NULL ? is->value : 0,
        .had = was != NULL,
        .has = is != NULL,
    };

    if (was == NULL || is == NULL || difference.was != difference.is) {
        g_array_append_val(differences, difference);
    }
}

static void
compare_leaves(const X86Data *was, const X86Data *is, GArray *differences)
{
    for (guint i = 0; i < was->cpuid->len; i++) {
        const X86Cpuid *row = &g_array_index(was->cpuid, X86Cpuid, i);

        add_leaf(differences, row, x86_data_find_cpuid(is, row->leaf, row->subleaf));
    }
    for (guint i = 0; i < is->cpuid->len; i++) {
        const X86Cpuid *row = &g_array_index(is->cpuid, X86Cpuid, i);

        if (x86_data_find_cpuid(was, row->leaf, row->subleaf) == NULL) {
            add_leaf(differences, NULL, row);
        }
    }
}

GArray *
x86_data_differences(const VirtCpuData *was, const VirtCpuData *is)
{
    const X86Data *before = x86_data_const(was);
    const X86Data *after = x86_data_const(is);
    GArray *differences = g_array_new(FALSE, FALSE, sizeof(VirtCpuDataDifference));

    compare_leaves(before, after, differences);
    for (guint i = 0; i < before->msrs->len; i++) {
        const X86Msr *row = &g_array_index(before->msrs, X86Msr, i);

        add_msr(differences, row, x86_data_find_msr(after, row->index));
    }
    for (guint i = 0; i < after->msrs->len; i++) {
        const X86Msr *row = &g_array_index(after->msrs, X86Msr, i);

        if (x86_data_find_msr(before, row->index) == NULL) {
            add_msr(differences, NULL, row);
        }
    }
    return differences;
}
