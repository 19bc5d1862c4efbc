/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/vcpu.h"

#include "conf/error.h"
#include "conf/i18n.h"

/* What every vCPU is asked for; QEMU's target/i386/cpu.c. All of it must be equal across vCPUs. */
static const char *const identity_properties[] = {
    "vendor",
    "family",
    "model",
    "stepping",
    "feature-words",
    "filtered-features",
    "unavailable-features",
};

/* qom-get calls in flight; freed with what they own. */
typedef struct {
    GArray *calls;        /* of VirtCpuQmpCall */
    GPtrArray *arguments; /* of VirtCpuJson, one a call */
} GetBatch;

static void
get_batch_clear(GetBatch *batch)
{
    for (guint i = 0; i < batch->calls->len; i++) {
        virtcpu_qmp_call_clear(&g_array_index(batch->calls, VirtCpuQmpCall, i));
    }
    g_array_unref(batch->calls);
    g_ptr_array_unref(batch->arguments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(GetBatch, get_batch_clear)

static GetBatch
get_batch_new(void)
{
    return (GetBatch){
        .calls = g_array_new(FALSE, TRUE, sizeof(VirtCpuQmpCall)),
        .arguments = g_ptr_array_new_with_free_func((GDestroyNotify)virtcpu_json_free),
    };
}

static void
get_batch_add(GetBatch *batch, const char *path, const char *property)
{
    VirtCpuJson *arguments = virtcpu_json_new_object();
    VirtCpuQmpCall call = { .command = "qom-get", .arguments = arguments };

    virtcpu_json_set_string(arguments, "path", path);
    virtcpu_json_set_string(arguments, "property", property);
    g_ptr_array_add(batch->arguments, arguments);
    g_array_append_val(batch->calls, call);
}

static gboolean
get_batch_run(GetBatch *batch, VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
{
    return virtcpu_qmp_execute_many(qmp, (VirtCpuQmpCall *)(void *)batch->calls->data,
                                    batch->calls->len, timeout_ms, error);
}

static const VirtCpuJson *
get_batch_reply(const GetBatch *batch, guint index)
{
    return g_array_index(batch->calls, VirtCpuQmpCall, index).reply;
}

void
virtcpu_vcpus_clear(VirtCpuVcpus *vcpus)
{
    g_clear_pointer(&vcpus->enabled, virtcpu_cpu_data_free);
    g_clear_pointer(&vcpus->filtered, virtcpu_cpu_data_free);
    vcpus->count = 0;
}

/* QOM paths of all vCPUs (transfer full). */
static GPtrArray *
ask_paths(VirtCpuQmp *qmp, unsigned timeout_ms, GError **error)
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

/* Every vCPU must answer like the first. */
static gboolean
check_equal(const GetBatch *batch, const GPtrArray *paths, GError **error)
{
    const guint n = G_N_ELEMENTS(identity_properties);

    for (guint i = n; i < batch->calls->len; i++) {
        const VirtCpuJson *first = get_batch_reply(batch, i % n);
        const VirtCpuJson *other = get_batch_reply(batch, i);
        g_autofree char *first_text = virtcpu_json_format(first, FALSE);
        g_autofree char *other_text = virtcpu_json_format(other, FALSE);

        if (!g_str_equal(first_text, other_text)) {
            virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                              _("vCPUs differ: '%s' of '%s' is %s, of '%s' it is %s"),
                              identity_properties[i % n], (const char *)g_ptr_array_index(paths, 0),
                              first_text, (const char *)g_ptr_array_index(paths, i / n),
                              other_text);
            return FALSE;
        }
    }
    return TRUE;
}

/* unavailable-features as data; names the map lacks are no CPU features. */
static VirtCpuData *
to_filtered(VirtCpuArch arch, const VirtCpuJson *names, GError **error)
{
    VirtCpuData *data = virtcpu_cpu_data_new(arch, error);

    for (gsize i = 0; data != NULL && i < virtcpu_json_size(names); i++) {
        const char *name = virtcpu_json_to_string(virtcpu_json_at(names, i));

        if (name != NULL && !virtcpu_cpu_data_add_feature(data, name)) {
            g_debug("unavailable feature '%s' is not in the map", name);
        }
    }
    return data;
}

static gboolean
ask_identity(VirtCpuQmp *qmp, VirtCpuArch arch, const GPtrArray *paths, unsigned timeout_ms,
             VirtCpuData **filtered, GError **error)
{
    g_auto(GetBatch) batch = get_batch_new();

    for (guint i = 0; i < paths->len; i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(identity_properties); k++) {
            get_batch_add(&batch, g_ptr_array_index(paths, i), identity_properties[k]);
        }
    }
    if (!get_batch_run(&batch, qmp, timeout_ms, error) || !check_equal(&batch, paths, error)) {
        return FALSE;
    }
    *filtered =
        to_filtered(arch, get_batch_reply(&batch, G_N_ELEMENTS(identity_properties) - 1), error);
    return *filtered != NULL;
}

/* The map's features that are properties of the vCPU at @path, as QEMU spells them (transfer
 * container). */
static GPtrArray *
ask_feature_properties(VirtCpuQmp *qmp, VirtCpuArch arch, const char *path, unsigned timeout_ms,
                       GError **error)
{
    g_autoptr(GPtrArray) properties = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;

    virtcpu_json_set_string(arguments, "path", path);
    if (!virtcpu_qmp_execute(qmp, "qom-list", arguments, timeout_ms, &reply, error)) {
        return NULL;
    }
    for (gsize i = 0; i < virtcpu_json_size(reply); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(reply, i), "name");

        if (name != NULL && virtcpu_cpu_feature_from_qemu(arch, name) != NULL) {
            g_ptr_array_add(properties, g_strdup(name));
        }
    }
    return g_steal_pointer(&properties);
}

/* Vendor, signature and features of the vCPU at @path, in the shape of a model expansion. */
static VirtCpuJson *
ask_properties(VirtCpuQmp *qmp, VirtCpuArch arch, const char *path, unsigned timeout_ms,
               GError **error)
{
    g_autoptr(GPtrArray) names = ask_feature_properties(qmp, arch, path, timeout_ms, error);
    g_auto(GetBatch) batch = get_batch_new();
    g_autoptr(VirtCpuJson) model = virtcpu_json_new_object();
    VirtCpuJson *props;

    if (names == NULL) {
        return NULL;
    }
    for (gsize i = 0; i < 4; i++) {
        g_ptr_array_add(names, g_strdup(identity_properties[i]));
    }
    for (guint i = 0; i < names->len; i++) {
        get_batch_add(&batch, path, g_ptr_array_index(names, i));
    }
    if (!get_batch_run(&batch, qmp, timeout_ms, error)) {
        return NULL;
    }
    virtcpu_json_set_string(model, "name", "live");
    props = virtcpu_json_set(model, "props", virtcpu_json_new_object());
    for (guint i = 0; i < names->len; i++) {
        const VirtCpuJson *value = get_batch_reply(&batch, i);

        if (value != NULL) {
            virtcpu_json_set(props, g_ptr_array_index(names, i), virtcpu_json_copy(value));
        }
    }
    return g_steal_pointer(&model);
}

gboolean
virtcpu_vcpus_ask(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms, VirtCpuVcpus *vcpus,
                  GError **error)
{
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(VirtCpuData) probe = virtcpu_cpu_data_new(arch, error);
    g_autoptr(VirtCpuJson) model = NULL;

    if (probe == NULL) {
        return FALSE;
    }
    paths = ask_paths(qmp, timeout_ms, error);
    if (paths == NULL || !ask_identity(qmp, arch, paths, timeout_ms, &vcpus->filtered, error)) {
        return FALSE;
    }
    model = ask_properties(qmp, arch, g_ptr_array_index(paths, 0), timeout_ms, error);
    if (model == NULL) {
        return FALSE;
    }
    vcpus->count = paths->len;
    vcpus->enabled = virtcpu_cpu_data_from_expansion(arch, model, error);
    return vcpus->enabled != NULL;
}

VirtCpuData *
virtcpu_vcpus_ask_model(VirtCpuQmp *qmp, VirtCpuArch arch, const char *name, unsigned timeout_ms,
                        GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;
    VirtCpuJson *model;

    virtcpu_json_set_string(arguments, "type", "full");
    model = virtcpu_json_set(arguments, "model", virtcpu_json_new_object());
    virtcpu_json_set_string(model, "name", name);
    if (!virtcpu_qmp_execute(qmp, "query-cpu-model-expansion", arguments, timeout_ms, &reply,
                             error)) {
        return NULL;
    }
    return virtcpu_cpu_data_from_expansion(arch, virtcpu_json_get(reply, "model"), error);
}
