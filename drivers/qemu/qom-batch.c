/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qom-batch.h"

#include "conf/error.h"
#include "conf/i18n.h"

void
virtcpu_qom_batch_clear(VirtCpuQomBatch *batch)
{
    for (guint i = 0; i < batch->calls->len; i++) {
        virtcpu_qmp_call_clear(&g_array_index(batch->calls, VirtCpuQmpCall, i));
    }
    g_array_unref(batch->calls);
    g_ptr_array_unref(batch->arguments);
}

VirtCpuQomBatch
virtcpu_qom_batch_new(void)
{
    return (VirtCpuQomBatch){
        .calls = g_array_new(FALSE, TRUE, sizeof(VirtCpuQmpCall)),
        .arguments = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free),
    };
}

/* Returns the arguments for more (transfer none). */
static VirtCpuJson *
add_call(VirtCpuQomBatch *batch, const char *command, const char *path, const char *property)
{
    VirtCpuJson *arguments = virtcpu_json_new_object();
    VirtCpuQmpCall call = { .command = command, .arguments = arguments };

    virtcpu_json_set_string(arguments, "path", path);
    virtcpu_json_set_string(arguments, "property", property);
    g_ptr_array_add(batch->arguments, arguments);
    g_array_append_val(batch->calls, call);
    return arguments;
}

void
virtcpu_qom_batch_add(VirtCpuQomBatch *batch, const char *path, const char *property)
{
    add_call(batch, "qom-get", path, property);
}

void
virtcpu_qom_batch_add_set(VirtCpuQomBatch *batch, const char *path, const char *property,
                          VirtCpuJson *value)
{
    virtcpu_json_set(add_call(batch, "qom-set", path, property), "value", value);
}

gboolean
virtcpu_qom_batch_run(VirtCpuQomBatch *batch, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    return virtcpu_qmp_execute_many(qmp, (VirtCpuQmpCall *)(void *)batch->calls->data,
                                    batch->calls->len, timeout_ms, error);
}

const VirtCpuJson *
virtcpu_qom_batch_reply(const VirtCpuQomBatch *batch, guint index)
{
    return g_array_index(batch->calls, VirtCpuQmpCall, index).reply;
}

GPtrArray *
virtcpu_qom_vcpu_paths(VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_qmp_execute(qmp, "query-cpus-fast", NULL, timeout_ms, &reply, error)) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const char *path = virtcpu_json_get_string(virtcpu_json_at(reply, i), "qom-path");

        if (path == NULL) {
            break;
        }
        g_ptr_array_add(paths, g_strdup(path));
    }
    if (paths->len == 0 || paths->len != virtcpu_json_size(reply)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's answer to query-cpus-fast names no vCPU"));
        return NULL;
    }
    return g_steal_pointer(&paths);
}
