/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/caps-priv.h"

#include <string.h>

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
    g_strfreev(caps->accelerators);
    g_strfreev(caps->deprecated_properties);
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

void
virtcpu_qemu_caps_adopt_host(VirtCpuQemuCaps *caps, const VirtCpuDef *host)
{
    VirtCpuDef *model;

    if (host == NULL || caps->host_model != NULL || caps->virt_type != VIRTCPU_VIRT_KVM ||
        !virtcpu_cpu_host_model_is_host(caps->arch) || !virtcpu_arch_runs(host->arch, caps->arch)) {
        return;
    }
    model = virtcpu_def_new(VIRTCPU_DEF_GUEST);
    model->model = g_strdup(host->model);
    model->has_match = TRUE;
    model->fallback = VIRTCPU_FALLBACK_ALLOW;
    model->has_fallback = TRUE;
    caps->host_model = model;
    caps->host_model_reported = virtcpu_def_copy(model);
}

void
virtcpu_qemu_caps_switch_deprecated(const VirtCpuQemuCaps *caps, VirtCpuDef *cpu, gboolean on)
{
    for (char **name = caps->deprecated_properties; name != NULL && *name != NULL; name++) {
        virtcpu_def_set_feature(cpu, *name, on ? VIRTCPU_POLICY_REQUIRE : VIRTCPU_POLICY_DISABLE);
    }
}

guint64
virtcpu_qemu_caps_version(const VirtCpuQemuCaps *caps)
{
    return caps->version_major * G_GUINT64_CONSTANT(1000000) + caps->version_minor * 1000 +
           caps->version_micro;
}

char *
virtcpu_qemu_caps_version_text(const VirtCpuQemuCaps *caps)
{
    return g_strdup_printf("%u.%u.%u", caps->version_major, caps->version_minor,
                           caps->version_micro);
}

static const VirtCpuQemuMachine *
find_machine(const VirtCpuQemuCaps *caps, const char *name)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = caps->machines->pdata[i];

        if (g_str_equal(machine->name, name) || g_strcmp0(machine->alias, name) == 0) {
            return machine;
        }
    }
    return NULL;
}

/* Where QEMU leaves the choice to its user (ARM), the board made for guests. */
static const VirtCpuQemuMachine *
find_default_machine(const VirtCpuQemuCaps *caps)
{
    for (guint i = 0; i < caps->machines->len; i++) {
        const VirtCpuQemuMachine *machine = caps->machines->pdata[i];

        if (machine->is_default) {
            return machine;
        }
    }
    return find_machine(caps, "virt");
}

const VirtCpuQemuMachine *
virtcpu_qemu_caps_machine(const VirtCpuQemuCaps *caps, const char *name)
{
    return name != NULL ? find_machine(caps, name) : find_default_machine(caps);
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

/* Every target names its types MODEL-TARGET-cpu; "cortex-a15-arm-cpu", "rv64-riscv-cpu". Source:
 * CPU_TYPE_SUFFIX in QEMU's target/ARCH/cpu.h. */
char *
virtcpu_qemu_model_of_type(const char *type)
{
    g_autofree char *model = g_strdup(type);
    char *dash;

    if (!g_str_has_suffix(type, "-cpu")) {
        return g_steal_pointer(&model);
    }
    model[strlen(model) - strlen("-cpu")] = '\0';
    dash = strrchr(model, '-');
    if (dash != NULL) {
        *dash = '\0';
    }
    return g_steal_pointer(&model);
}

char *
virtcpu_qemu_caps_default_model(const VirtCpuQemuCaps *caps, const VirtCpuQemuMachine *machine)
{
    const char *type = machine != NULL ? machine->default_cpu : NULL;

    for (guint i = 0; type != NULL && i < caps->models->len; i++) {
        const VirtCpuHvModel *model = caps->models->pdata[i];

        if (g_strcmp0(model->type, type) == 0) {
            return g_strdup(model->name);
        }
    }
    return type != NULL ? virtcpu_qemu_model_of_type(type) : NULL;
}

VirtCpuData *
virtcpu_qemu_caps_provided(const VirtCpuQemuCaps *caps)
{
    const VirtCpuJson *all =
        caps->max_model_nonmigratable != NULL ? caps->max_model_nonmigratable : caps->max_model;

    return all != NULL ? virtcpu_cpu_data_from_expansion(caps->arch, all, NULL) : NULL;
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
    return caps->devices == NULL || g_hash_table_contains(caps->devices, device);
}
