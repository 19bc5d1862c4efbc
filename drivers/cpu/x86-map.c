/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/cpu/x86-map.h"

#include "x86-map-table.h"

#include <stdlib.h>
#include <string.h>

G_STATIC_ASSERT(G_N_ELEMENTS(x86_features) <= X86_SET_WORDS * 64);
G_STATIC_ASSERT(G_N_ELEMENTS(x86_features) < X86_NO_FEATURE);
G_STATIC_ASSERT(G_N_ELEMENTS(x86_model_names) == G_N_ELEMENTS(x86_models));

gsize
x86_map_n_features(void)
{
    return G_N_ELEMENTS(x86_features);
}

gsize
x86_map_n_models(void)
{
    return G_N_ELEMENTS(x86_models);
}

gsize
x86_map_n_registers(void)
{
    return G_N_ELEMENTS(x86_registers);
}

const X86Feature *
x86_map_feature(gsize index)
{
    return &x86_features[index];
}

const X86Model *
x86_map_model(gsize index)
{
    return &x86_models[index];
}

const X86Register *
x86_map_register(gsize index)
{
    return &x86_registers[index];
}

static int
compare_name(const void *key, const void *row)
{
    return strcmp(key, ((const X86Name *)row)->name);
}

static const X86Name *
find_name(const X86Name *rows, gsize n, const char *name)
{
    return bsearch(name, rows, n, sizeof(rows[0]), compare_name);
}

guint16
x86_map_find_feature(const char *name)
{
    const X86Name *row = find_name(x86_feature_names, G_N_ELEMENTS(x86_feature_names), name);

    return row != NULL ? row->index : X86_NO_FEATURE;
}

guint16
x86_map_find_feature_exact(const char *name)
{
    guint16 index = x86_map_find_feature(name);

    return index != X86_NO_FEATURE && g_str_equal(x86_features[index].name, name) ? index
                                                                                  : X86_NO_FEATURE;
}

const X86Model *
x86_map_find_model(const char *name)
{
    const X86Name *row = find_name(x86_model_names, G_N_ELEMENTS(x86_model_names), name);

    return row != NULL ? &x86_models[row->index] : NULL;
}

const X86Vendor *
x86_map_find_vendor(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(x86_vendors); i++) {
        if (g_str_equal(x86_vendors[i].name, name) || g_str_equal(x86_vendors[i].string, name)) {
            return &x86_vendors[i];
        }
    }
    return NULL;
}

const X86Vendor *
x86_map_find_vendor_registers(guint32 ebx, guint32 ecx, guint32 edx)
{
    for (gsize i = 0; i < G_N_ELEMENTS(x86_vendors); i++) {
        if (x86_vendors[i].ebx == ebx && x86_vendors[i].ecx == ecx && x86_vendors[i].edx == edx) {
            return &x86_vendors[i];
        }
    }
    return NULL;
}

const X86Set *
x86_map_non_migratable(void)
{
    return &x86_non_migratable;
}

/* Levels of the System V ABI for AMD64, "x86-64 micro-architecture levels". Each row adds to the
 * one before. */
static const char *const abi_features[][12] = {
    { "cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2", "lm" },
    { "cx16", "lahf_lm", "popcnt", "pni", "sse4.1", "sse4.2", "ssse3" },
    { "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave" },
    { "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl" },
};

VirtCpuAbiLevel
x86_map_abi_level(const X86Set *set)
{
    VirtCpuAbiLevel level;

    for (level = 0; level < G_N_ELEMENTS(abi_features); level++) {
        for (const char *const *name = abi_features[level]; *name != NULL; name++) {
            if (!x86_set_has(set, x86_map_find_feature_exact(*name))) {
                return level;
            }
        }
    }
    return level;
}

const char **
x86_map_model_names(void)
{
    const char **names = g_new0(const char *, G_N_ELEMENTS(x86_models) + 1);

    for (gsize i = 0; i < G_N_ELEMENTS(x86_models); i++) {
        names[i] = x86_models[i].name;
    }
    return names;
}

const char **
x86_map_feature_names(void)
{
    const char **names = g_new0(const char *, G_N_ELEMENTS(x86_features) + 1);

    for (gsize i = 0; i < G_N_ELEMENTS(x86_features); i++) {
        names[i] = x86_features[i].name;
    }
    return names;
}

const char **
x86_map_set_names(const X86Set *set)
{
    const char **names = g_new0(const char *, x86_set_count(set) + 1);
    gsize n = 0;

    for (gsize i = x86_set_next(set, 0); i < G_N_ELEMENTS(x86_features);
         i = x86_set_next(set, i + 1)) {
        names[n++] = x86_features[i].name;
    }
    return names;
}

gboolean
x86_map_model_info(const char *name, VirtCpuModelInfo *info)
{
    const X86Model *model = x86_map_find_model(name);

    if (model == NULL) {
        return FALSE;
    }
    *info = (VirtCpuModelInfo){
        .name = model->name,
        .family = model->family,
        .version = model->version,
        .vendor = model->vendor != NULL ? model->vendor->name : NULL,
        .level = x86_map_abi_level(&model->features),
        .decode_host = model->decode_host,
        .decode_guest = model->decode_guest,
        .frozen = model->frozen,
        .n_features = x86_set_count(&model->features),
    };
    return TRUE;
}

const char **
x86_map_model_features(const char *name)
{
    const X86Model *model = x86_map_find_model(name);

    return model != NULL ? x86_map_set_names(&model->features) : NULL;
}

gboolean
x86_map_feature_info(const char *name, VirtCpuFeatureInfo *info)
{
    guint16 index = x86_map_find_feature(name);
    const X86Feature *feature;
    const X86Register *reg;

    if (index == X86_NO_FEATURE) {
        return FALSE;
    }
    feature = &x86_features[index];
    reg = &x86_registers[feature->reg];
    *info = (VirtCpuFeatureInfo){
        .name = feature->name,
        .qemu = feature->qemu,
        .aliases = feature->aliases,
        .reg = reg->reg,
        .leaf = reg->leaf,
        .subleaf = reg->subleaf,
        .bit = feature->bit,
        .migratable = feature->migratable,
    };
    return TRUE;
}
