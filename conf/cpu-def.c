/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-def.h"

static void
feature_free(gpointer data)
{
    VirtCpuDefFeature *feature = data;

    g_free(feature->name);
    g_free(feature);
}

static void
cell_free(gpointer data)
{
    VirtCpuNumaCell *cell = data;

    g_free(cell->cpus);
    g_free(cell->mem_access);
    g_free(cell);
}

static gpointer
feature_copy(gconstpointer data, gpointer unused)
{
    const VirtCpuDefFeature *feature = data;
    VirtCpuDefFeature *copy = g_memdup2(feature, sizeof(*feature));

    copy->name = g_strdup(feature->name);
    return copy;
}

static gpointer
cell_copy(gconstpointer data, gpointer unused)
{
    const VirtCpuNumaCell *cell = data;
    VirtCpuNumaCell *copy = g_memdup2(cell, sizeof(*cell));

    copy->cpus = g_strdup(cell->cpus);
    copy->mem_access = g_strdup(cell->mem_access);
    return copy;
}

VirtCpuDef *
virtcpu_def_new(VirtCpuDefType type)
{
    VirtCpuDef *def = g_new0(VirtCpuDef, 1);

    def->type = type;
    def->features = g_ptr_array_new_with_free_func(feature_free);
    def->numa_cells = g_ptr_array_new_with_free_func(cell_free);
    def->cache_level = -1;
    def->physaddr_bits = -1;
    def->physaddr_limit = -1;
    return def;
}

void
virtcpu_def_free(VirtCpuDef *def)
{
    if (def == NULL) {
        return;
    }
    g_free(def->model);
    g_free(def->vendor);
    g_free(def->vendor_id);
    g_free(def->microcode);
    g_ptr_array_unref(def->features);
    g_ptr_array_unref(def->numa_cells);
    g_free(def);
}

/* A deep copy of @array whose elements @copy duplicates and @free_func frees. */
static GPtrArray *
copy_array(GPtrArray *array, GCopyFunc copy, GDestroyNotify free_func)
{
    GPtrArray *result = g_ptr_array_copy(array, copy, NULL);

    g_ptr_array_set_free_func(result, free_func);
    return result;
}

VirtCpuDef *
virtcpu_def_copy(const VirtCpuDef *def)
{
    VirtCpuDef *copy;

    if (def == NULL) {
        return NULL;
    }
    copy = g_memdup2(def, sizeof(*def));
    copy->model = g_strdup(def->model);
    copy->vendor = g_strdup(def->vendor);
    copy->vendor_id = g_strdup(def->vendor_id);
    copy->microcode = g_strdup(def->microcode);
    copy->features = copy_array(def->features, feature_copy, feature_free);
    copy->numa_cells = copy_array(def->numa_cells, cell_copy, cell_free);
    return copy;
}

/* Where feature @name stands; FALSE when it is not there. */
static gboolean
find_index(const VirtCpuDef *def, const char *name, guint *index)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(def->features, i);

        if (g_str_equal(feature->name, name)) {
            *index = i;
            return TRUE;
        }
    }
    return FALSE;
}

VirtCpuDefFeature *
virtcpu_def_find_feature(const VirtCpuDef *def, const char *name)
{
    guint index;

    return find_index(def, name, &index) ? g_ptr_array_index(def->features, index) : NULL;
}

void
virtcpu_def_set_feature(VirtCpuDef *def, const char *name, VirtCpuPolicy policy)
{
    VirtCpuDefFeature *feature = virtcpu_def_find_feature(def, name);

    if (feature == NULL) {
        feature = g_new0(VirtCpuDefFeature, 1);
        feature->name = g_strdup(name);
        g_ptr_array_add(def->features, feature);
    }
    feature->policy = policy;
    feature->has_policy = def->type == VIRTCPU_DEF_GUEST;
}

void
virtcpu_def_remove_feature(VirtCpuDef *def, const char *name)
{
    guint index;

    if (find_index(def, name, &index)) {
        g_ptr_array_remove_index(def->features, index);
    }
}

static int
compare_features(gconstpointer a, gconstpointer b)
{
    const VirtCpuDefFeature *const *left = a;
    const VirtCpuDefFeature *const *right = b;

    return g_strcmp0((*left)->name, (*right)->name);
}

void
virtcpu_def_sort_features(VirtCpuDef *def)
{
    g_ptr_array_sort(def->features, compare_features);
}

gboolean
virtcpu_def_is_opaque(const VirtCpuDef *def)
{
    return def->mode == VIRTCPU_MODE_HOST_PASSTHROUGH || def->mode == VIRTCPU_MODE_MAXIMUM;
}
