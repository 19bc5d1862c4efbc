/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/cpu-object.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/qom-batch.h"

#include <string.h>

static gboolean
run_batch(VirtCpuQomBatch *batch, VirtCpuQemuSession *session, GError **error)
{
    return batch->calls->len == 0 ||
           virtcpu_qemu_session_ask(session, (VirtCpuQmpCall *)(void *)batch->calls->data,
                                    batch->calls->len, error);
}

static void
property_free(gpointer data)
{
    VirtCpuCpuProperty *property = data;

    g_free(property->name);
    virtcpu_json_free(property->value);
    g_free(property);
}

void
virtcpu_cpu_object_clear(VirtCpuCpuObject *object)
{
    g_clear_pointer(&object->type, g_free);
    g_clear_pointer(&object->properties, g_ptr_array_unref);
}

/* Where @name is among @properties, or where it would be. */
static guint
find_place(const GPtrArray *properties, const char *name)
{
    guint low = 0;
    guint high = properties->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const VirtCpuCpuProperty *property = g_ptr_array_index(properties, middle);

        if (strcmp(property->name, name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void
virtcpu_cpu_object_add(VirtCpuCpuObject *object, const char *name, VirtCpuJson *value,
                       gboolean writable)
{
    VirtCpuCpuProperty *property = g_new0(VirtCpuCpuProperty, 1);

    if (object->properties == NULL) {
        object->properties = g_ptr_array_new_with_free_func(property_free);
    }
    property->name = g_strdup(name);
    property->value = value;
    property->writable = writable;
    g_ptr_array_insert(object->properties, (gint)find_place(object->properties, name), property);
}

const VirtCpuCpuProperty *
virtcpu_cpu_object_find(const VirtCpuCpuObject *object, const char *name)
{
    guint place = object->properties != NULL ? find_place(object->properties, name) : 0;
    const VirtCpuCpuProperty *property;

    if (object->properties == NULL || place == object->properties->len) {
        return NULL;
    }
    property = g_ptr_array_index(object->properties, place);
    return g_str_equal(property->name, name) ? property : NULL;
}

/* One command, its answer (transfer full). */
static VirtCpuJson *
ask_one(VirtCpuQemuSession *session, const char *command, const char *path, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = path != NULL ? virtcpu_json_new_object() : NULL;
    VirtCpuQmpCall call = { .command = command, .arguments = arguments };
    VirtCpuJson *reply = NULL;

    virtcpu_json_set_string(arguments, "path", path);
    if (virtcpu_qemu_session_ask(session, &call, 1, error)) {
        reply = g_steal_pointer(&call.reply);
        if (reply == NULL) {
            g_propagate_error(error, g_steal_pointer(&call.error));
        }
    }
    virtcpu_qmp_call_clear(&call);
    return reply;
}

/* The QOM path of the first vCPU (transfer full). */
static char *
ask_path(VirtCpuQemuSession *session, GError **error)
{
    g_autoptr(VirtCpuJson) vcpus = ask_one(session, "query-cpus-fast", NULL, error);
    const char *path = virtcpu_json_get_string(virtcpu_json_at(vcpus, 0), "qom-path");

    if (vcpus != NULL && path == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU's answer to query-cpus-fast names no vCPU"));
    }
    return g_strdup(path);
}

/* Names of @list, qom-list's answer, less what joins objects and what starts and ends the device
 * (transfer full). */
static GPtrArray *
choose_names(const VirtCpuJson *list)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const char *name = virtcpu_json_get_string(virtcpu_json_at(list, i), "name");
        const char *type = virtcpu_json_get_string(virtcpu_json_at(list, i), "type");

        if (name != NULL && type != NULL && !g_str_has_prefix(type, "child<") &&
            !g_str_has_prefix(type, "link<") && !g_str_equal(name, "realized")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    return names;
}

/* What QEMU says when a property has no way to set it; any other answer comes from one that has
 * (qom/object.c; the second until QEMU 7.0). */
static gboolean
is_writable(const VirtCpuQmpCall *call)
{
    return call->error == NULL || (strstr(call->error->message, "is not writable") == NULL &&
                                   strstr(call->error->message, "Insufficient permission") == NULL);
}

static gboolean
ask_properties(VirtCpuQemuSession *session, const char *path, const GPtrArray *names,
               VirtCpuCpuObject *object, GError **error)
{
    g_auto(VirtCpuQomBatch) gets = virtcpu_qom_batch_new();
    g_auto(VirtCpuQomBatch) sets = virtcpu_qom_batch_new();

    for (guint i = 0; i < names->len; i++) {
        virtcpu_qom_batch_add(&gets, path, g_ptr_array_index(names, i));
    }
    if (!run_batch(&gets, session, error)) {
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        const VirtCpuJson *value = virtcpu_qom_batch_reply(&gets, i);

        virtcpu_qom_batch_add_set(&sets, path, g_ptr_array_index(names, i),
                                  value != NULL ? virtcpu_json_copy(value)
                                                : virtcpu_json_new_null());
    }
    if (!run_batch(&sets, session, error)) {
        return FALSE;
    }
    for (guint i = 0; i < names->len; i++) {
        VirtCpuQmpCall *get = &g_array_index(gets.calls, VirtCpuQmpCall, i);

        virtcpu_cpu_object_add(object, g_ptr_array_index(names, i), g_steal_pointer(&get->reply),
                               get->error == NULL &&
                                   is_writable(&g_array_index(sets.calls, VirtCpuQmpCall, i)));
    }
    return TRUE;
}

gboolean
virtcpu_cpu_object_ask(VirtCpuQemuSession *session, VirtCpuCpuObject *object, GError **error)
{
    g_autofree char *path = ask_path(session, error);
    g_autoptr(VirtCpuJson) list = path != NULL ? ask_one(session, "qom-list", path, error) : NULL;
    g_autoptr(GPtrArray) names = NULL;
    const VirtCpuCpuProperty *type;

    if (list == NULL) {
        return FALSE;
    }
    names = choose_names(list);
    if (!ask_properties(session, path, names, object, error)) {
        return FALSE;
    }
    type = virtcpu_cpu_object_find(object, "type");
    if (type == NULL || virtcpu_json_to_string(type->value) == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("QEMU does not tell the type of vCPU '%s'"), path);
        return FALSE;
    }
    object->type = g_strdup(virtcpu_json_to_string(type->value));
    return TRUE;
}
