/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-data.h"

static X86Data *
x86_data(VirtCpuData *data)
{
    return (X86Data *)data;
}

VirtCpuData *
x86_data_new(VirtCpuArch arch)
{
    X86Data *data = g_new0(X86Data, 1);

    data->parent.ops = &virtcpu_x86_ops;
    data->parent.arch = arch;
    data->cpuid = g_array_new(FALSE, FALSE, sizeof(X86Cpuid));
    data->msrs = g_array_new(FALSE, FALSE, sizeof(X86Msr));
    return &data->parent;
}

void
x86_data_free(VirtCpuData *data)
{
    g_array_unref(x86_data(data)->cpuid);
    g_array_unref(x86_data(data)->msrs);
    g_free(data);
}

VirtCpuData *
x86_data_copy(const VirtCpuData *data)
{
    const X86Data *source = x86_data_const(data);
    X86Data *copy = g_new0(X86Data, 1);

    copy->parent = source->parent;
    copy->cpuid = g_array_copy(source->cpuid);
    copy->msrs = g_array_copy(source->msrs);
    return &copy->parent;
}

static int
compare_cpuid(const void *a, const void *b)
{
    const X86Cpuid *left = a;
    const X86Cpuid *right = b;

    if (left->leaf != right->leaf) {
        return left->leaf < right->leaf ? -1 : 1;
    }
    return left->subleaf < right->subleaf ? -1 : left->subleaf > right->subleaf;
}

static int
compare_msr(const void *a, const void *b)
{
    guint32 left = ((const X86Msr *)a)->index;
    guint32 right = ((const X86Msr *)b)->index;

    return left < right ? -1 : left > right;
}

/* The first row of sorted @rows not below @key. */
static guint
lower_bound(const GArray *rows, gsize size, const void *key, GCompareFunc compare)
{
    guint low = 0;
    guint high = rows->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (compare(rows->data + middle * size, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const X86Cpuid *
x86_data_find_cpuid(const X86Data *data, guint32 leaf, guint32 subleaf)
{
    const X86Cpuid key = { .leaf = leaf, .subleaf = subleaf };
    guint at = lower_bound(data->cpuid, sizeof(key), &key, compare_cpuid);
    const X86Cpuid *row = &g_array_index(data->cpuid, X86Cpuid, at);

    return at < data->cpuid->len && compare_cpuid(row, &key) == 0 ? row : NULL;
}

const X86Msr *
x86_data_find_msr(const X86Data *data, guint32 index)
{
    const X86Msr key = { .index = index };
    guint at = lower_bound(data->msrs, sizeof(key), &key, compare_msr);
    const X86Msr *row = &g_array_index(data->msrs, X86Msr, at);

    return at < data->msrs->len && row->index == index ? row : NULL;
}

void
x86_data_add_cpuid(VirtCpuData *data, const X86Cpuid *cpuid)
{
    GArray *rows = x86_data(data)->cpuid;
    guint at = lower_bound(rows, sizeof(*cpuid), cpuid, compare_cpuid);

    if (at < rows->len && compare_cpuid(&g_array_index(rows, X86Cpuid, at), cpuid) == 0) {
        g_array_index(rows, X86Cpuid, at) = *cpuid;
    } else {
        g_array_insert_vals(rows, at, cpuid, 1);
    }
}

void
x86_data_add_msr(VirtCpuData *data, guint32 index, guint64 value)
{
    const X86Msr msr = { index, value };
    GArray *rows = x86_data(data)->msrs;
    guint at = lower_bound(rows, sizeof(msr), &msr, compare_msr);

    if (at < rows->len && g_array_index(rows, X86Msr, at).index == index) {
        g_array_index(rows, X86Msr, at) = msr;
    } else {
        g_array_insert_vals(rows, at, &msr, 1);
    }
}

/* What @data has for @leaf and @subleaf, or zeroes to fill in. */
static X86Cpuid
cpuid_or_zero(const VirtCpuData *data, guint32 leaf, guint32 subleaf)
{
    const X86Cpuid *row = x86_data_find_cpuid(x86_data_const(data), leaf, subleaf);

    return row != NULL ? *row : (X86Cpuid){ .leaf = leaf, .subleaf = subleaf };
}

void
x86_data_add_feature(VirtCpuData *data, gsize index)
{
    const X86Feature *feature = x86_map_feature(index);
    const X86Register *reg = x86_map_register(feature->reg);

    if (reg->reg == VIRTCPU_REGISTER_MSR) {
        const X86Msr *msr = x86_data_find_msr(x86_data_const(data), reg->leaf);

        x86_data_add_msr(data, reg->leaf,
                         (msr != NULL ? msr->value : 0) | G_GUINT64_CONSTANT(1) << feature->bit);
    } else {
        X86Cpuid cpuid = cpuid_or_zero(data, reg->leaf, reg->subleaf);

        cpuid.values[reg->reg] |= 1u << feature->bit;
        x86_data_add_cpuid(data, &cpuid);
    }
}

static guint64
register_value(const X86Data *data, const X86Register *reg)
{
    const X86Cpuid *cpuid;
    const X86Msr *msr;

    if (reg->reg == VIRTCPU_REGISTER_MSR) {
        msr = x86_data_find_msr(data, reg->leaf);
        return msr != NULL ? msr->value : 0;
    }
    cpuid = x86_data_find_cpuid(data, reg->leaf, reg->subleaf);
    return cpuid != NULL ? cpuid->values[reg->reg] : 0;
}

gboolean
x86_data_has_feature(const X86Data *data, gsize index)
{
    const X86Feature *feature = x86_map_feature(index);

    return (register_value(data, x86_map_register(feature->reg)) >> feature->bit & 1) != 0;
}

X86Set
x86_data_to_set(const X86Data *data)
{
    X86Set set = { 0 };
    gsize reg = G_MAXSIZE;
    guint64 value = 0;

    /* features of one register stand together in the map */
    for (gsize i = 0; i < x86_map_n_features(); i++) {
        const X86Feature *feature = x86_map_feature(i);

        if (feature->reg != reg) {
            reg = feature->reg;
            value = register_value(data, x86_map_register(reg));
        }
        if ((value >> feature->bit & 1) != 0) {
            x86_set_add(&set, i);
        }
    }
    return set;
}

const X86Vendor *
x86_data_vendor(const X86Data *data)
{
    const X86Cpuid *row = x86_data_find_cpuid(data, 0, 0);

    return row == NULL ? NULL
                       : x86_map_find_vendor_registers(row->values[VIRTCPU_REGISTER_EBX],
                                                       row->values[VIRTCPU_REGISTER_ECX],
                                                       row->values[VIRTCPU_REGISTER_EDX]);
}

void
x86_data_set_vendor(VirtCpuData *data, const X86Vendor *vendor)
{
    X86Cpuid cpuid = cpuid_or_zero(data, 0, 0);

    cpuid.values[VIRTCPU_REGISTER_EBX] = vendor->ebx;
    cpuid.values[VIRTCPU_REGISTER_ECX] = vendor->ecx;
    cpuid.values[VIRTCPU_REGISTER_EDX] = vendor->edx;
    x86_data_add_cpuid(data, &cpuid);
}

gboolean
x86_data_stepping(const X86Data *data, X86Stepping *stepping)
{
    const X86Cpuid *row = x86_data_find_cpuid(data, 1, 0);
    guint32 eax = row != NULL ? row->values[VIRTCPU_REGISTER_EAX] : 0;

    *stepping = x86_stepping_from_eax(eax);
    return eax != 0;
}

void
x86_data_set_stepping(VirtCpuData *data, const X86Stepping *stepping)
{
    X86Cpuid cpuid = cpuid_or_zero(data, 1, 0);

    cpuid.values[VIRTCPU_REGISTER_EAX] = x86_stepping_to_eax(stepping);
    x86_data_add_cpuid(data, &cpuid);
}
