/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/caps-priv.h"

static void
machine_free(gpointer data)
{
    VirtCpuQemuMachine *machine = data;

    g_free(machine->name);
    g_free(machine->alias);
    g_free(machine->default_cpu);
    g_free(machine->default_ram_id);
    g_free(machine);
}

GPtrArray *
virtcpu_qemu_machines_new(void)
{
    return g_ptr_array_new_with_free_func(machine_free);
}

static void
caps_clear(gpointer data)
{
    VirtCpuQemuCaps *caps = data;

    g_free(caps->binary);
    g_free(caps->package);
    g_clear_pointer(&caps->machines, g_ptr_array_unref);
    g_clear_pointer(&caps->models, g_ptr_array_unref);
    virtcpu_json_free(caps->max_model);
    virtcpu_json_free(caps->max_model_nonmigratable);
    virtcpu_def_free(caps->host_model);
    virtcpu_def_free(caps->host_model_reported);
    g_strfreev(caps->properties);
    g_clear_pointer(&caps->commands, g_hash_table_unref);
    g_clear_pointer(&caps->devices, g_hash_table_unref);
    g_free(GSIZE_TO_POINTER(*caps->cpu_text));
    g_free(caps->cpu_text);
}

VirtCpuQemuCaps *
virtcpu_qemu_caps_new(void)
{
    VirtCpuQemuCaps *caps = g_atomic_rc_box_new0(VirtCpuQemuCaps);

    caps->cpu_text = g_new0(gsize, 1);
    return caps;
}

VirtCpuQemuCaps *
virtcpu_qemu_caps_ref(VirtCpuQemuCaps *caps)
{
    return g_atomic_rc_box_acquire(caps);
}

void
virtcpu_qemu_caps_unref(VirtCpuQemuCaps *caps)
{
    if (caps != NULL) {
        g_atomic_rc_box_release_full(caps, caps_clear);
    }
}

guint64
virtcpu_qemu_caps_version(const VirtCpuQemuCaps *caps)
{
    return caps->version_major * G_GUINT64_CONSTANT(1000000) + caps->version_minor * 1000 +
           caps->version_micro;
}

const VirtCpuQemuMachine *
virtcpu_qemu_caps_machine(const VirtCpuQemuCaps *caps, const char *name)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = caps->machines->pdata[i];

        if (name == NULL
                ? machine->is_default
                : g_str_equal(machine->name, name) || g_strcmp0(machine->alias, name) == 0) {
            return machine;
        }
    }
    return NULL;
}

const VirtCpuHvModel *
virtcpu_qemu_caps_model(const VirtCpuQemuCaps *caps, const char *name)
{
    for (guint i = 0; i < caps->models->len; i++) {
        const VirtCpuHvModel *model = caps->models->pdata[i];

        if (g_str_equal(model->name, name)) {
            return model;
        }
    }
    return NULL;
}

gboolean
virtcpu_qemu_caps_has_property(const VirtCpuQemuCaps *caps, const char *name)
{
    const char *const *properties = (const char *const *)caps->properties;

    return properties != NULL && g_strv_contains(properties, name);
}

gboolean
virtcpu_qemu_caps_has_command(const VirtCpuQemuCaps *caps, const char *command)
{
    return g_hash_table_contains(caps->commands, command);
}

gboolean
virtcpu_qemu_caps_has_device(const VirtCpuQemuCaps *caps, const char *device)
{
    return g_hash_table_contains(caps->devices, device);
}
