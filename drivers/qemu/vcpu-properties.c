/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/vcpu-properties.h"

#include "drivers/qemu/explicit-cpu.h"
#include "drivers/qemu/qom-batch.h"

#include <string.h>

/* What is told of a running vCPU beside what it is; QEMU's hw/core/cpu-common.c and
 * target/i386/cpu.c. */
static const char *const other_properties[] = {
    "crash-information",
    "filtered-features",
    "feature-words",
    "hotpluggable",
    "tsc-frequency", /* follows the host it runs on, unless CPUID tells it */
    "type",
    "unavailable-features",
    NULL,
};

/* Kinds of values that a property of a CPU has, as qom-list calls them. */
static gboolean
is_scalar(const VirtCpuJson *value)
{
    const VirtCpuJsonKind kind = virtcpu_json_kind(value);

    return kind == VIRTCPU_JSON_BOOL || kind == VIRTCPU_JSON_INT || kind == VIRTCPU_JSON_STRING;
}

static gboolean
is_asked(VirtCpuArch arch, const char *name, const char *type)
{
    return name != NULL && type != NULL && !g_str_has_prefix(type, "child<") &&
           !g_str_has_prefix(type, "link<") && !g_strv_contains(other_properties, name) &&
           virtcpu_explicit_is_content(name) && virtcpu_cpu_feature_from_qemu(arch, name) == NULL;
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the properties of @path, sorted (transfer full). */
static GPtrArray *
ask_names(VirtCpuQmp *qmp, VirtCpuArch arch, const char *path, unsigned timeout_ms, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) list = NULL;
    GPtrArray *names;

    virtcpu_json_set_string(arguments, "path", path);
    if (!virtcpu_qmp_execute(qmp, "qom-list", arguments, timeout_ms, &list, error)) {
        return NULL;
    }
    names = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const VirtCpuJson *entry = virtcpu_json_at(list, i);
        const char *name = virtcpu_json_get_string(entry, "name");

        if (is_asked(arch, name, virtcpu_json_get_string(entry, "type"))) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    return names;
}

VirtCpuJson *
virtcpu_vcpu_properties_ask(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms, GError **error)
{
    g_autoptr(GPtrArray) paths = virtcpu_qom_vcpu_paths(qmp, timeout_ms, error);
    g_autoptr(GPtrArray) names =
        paths != NULL ? ask_names(qmp, arch, g_ptr_array_index(paths, 0), timeout_ms, error) : NULL;
    g_auto(VirtCpuQomBatch) batch = virtcpu_qom_batch_new();
    VirtCpuJson *properties;

    if (names == NULL) {
        return NULL;
    }
    for (guint i = 0; i < names->len; i++) {
        virtcpu_qom_batch_add(&batch, g_ptr_array_index(paths, 0), g_ptr_array_index(names, i));
    }
    if (names->len > 0 && !virtcpu_qom_batch_run(&batch, qmp, timeout_ms, error)) {
        return NULL;
    }
    properties = virtcpu_json_new_object();
    for (guint i = 0; i < names->len; i++) {
        const VirtCpuJson *value = virtcpu_qom_batch_reply(&batch, i);

        if (is_scalar(value)) {
            virtcpu_json_set(properties, g_ptr_array_index(names, i), virtcpu_json_copy(value));
        }
    }
    return properties;
}
