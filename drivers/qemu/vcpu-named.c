/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/vcpu-named.h"

#include "drivers/qemu/qom-batch.h"

/* TRUE when the guest is to have @feature. */
static gboolean
is_wanted(const VirtCpuDefFeature *feature)
{
    return feature->policy == VIRTCPU_POLICY_FORCE || feature->policy == VIRTCPU_POLICY_REQUIRE;
}

/* A property that cannot be read is not on, and not known to be off. */
static gboolean
is_as_promised(const VirtCpuDefFeature *feature, const VirtCpuJson *reply)
{
    return virtcpu_json_kind(reply) == VIRTCPU_JSON_BOOL &&
           virtcpu_json_is_true(reply) == is_wanted(feature);
}

static void
add_once(GPtrArray *names, const char *name)
{
    if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
        g_ptr_array_add(names, g_strdup(name));
    }
}

/* Ask each of @paths for each feature, in this order. */
static void
fill_batch(VirtCpuQomBatch *batch, VirtCpuArch arch, const GPtrArray *paths, const VirtCpuDef *cpu)
{
    for (guint i = 0; i < paths->len; i++) {
        for (guint j = 0; j < cpu->features->len; j++) {
            const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, j);

            virtcpu_qom_batch_add(batch, g_ptr_array_index(paths, i),
                                  virtcpu_cpu_feature_to_qemu(arch, feature->name));
        }
    }
}

gboolean
virtcpu_vcpus_compare_named(VirtCpuQmp *qmp, VirtCpuArch arch, const VirtCpuDef *cpu,
                            unsigned timeout_ms, GPtrArray *missing, GPtrArray *extra,
                            GError **error)
{
    const guint count = cpu->features->len;
    g_autoptr(GPtrArray) paths = NULL;
    g_auto(VirtCpuQomBatch) batch = virtcpu_qom_batch_new();

    if (count == 0) {
        return TRUE;
    }
    paths = virtcpu_qom_vcpu_paths(qmp, timeout_ms, error);
    if (paths == NULL) {
        return FALSE;
    }
    fill_batch(&batch, arch, paths, cpu);
    if (!virtcpu_qom_batch_run(&batch, qmp, timeout_ms, error)) {
        return FALSE;
    }
    for (guint i = 0; i < paths->len * count; i++) {
        const VirtCpuDefFeature *feature = g_ptr_array_index(cpu->features, i % count);

        if (!is_as_promised(feature, virtcpu_qom_batch_reply(&batch, i))) {
            add_once(is_wanted(feature) ? missing : extra, feature->name);
        }
    }
    return TRUE;
}
