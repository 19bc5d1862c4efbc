/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-def.h"

/* Where the devices of each kind are. */
static const gsize device_arrays[] = {
    [VIRTCPU_DEVICE_DISK] = G_STRUCT_OFFSET(VirtCpuDomainDef, disks),
    [VIRTCPU_DEVICE_CONTROLLER] = G_STRUCT_OFFSET(VirtCpuDomainDef, controllers),
    [VIRTCPU_DEVICE_NET] = G_STRUCT_OFFSET(VirtCpuDomainDef, nets),
    [VIRTCPU_DEVICE_SERIAL] = G_STRUCT_OFFSET(VirtCpuDomainDef, serials),
    [VIRTCPU_DEVICE_CONSOLE] = G_STRUCT_OFFSET(VirtCpuDomainDef, consoles),
    [VIRTCPU_DEVICE_CHANNEL] = G_STRUCT_OFFSET(VirtCpuDomainDef, channels),
    [VIRTCPU_DEVICE_INPUT] = G_STRUCT_OFFSET(VirtCpuDomainDef, inputs),
    [VIRTCPU_DEVICE_GRAPHICS] = G_STRUCT_OFFSET(VirtCpuDomainDef, graphics),
    [VIRTCPU_DEVICE_AUDIO] = G_STRUCT_OFFSET(VirtCpuDomainDef, audios),
    [VIRTCPU_DEVICE_VIDEO] = G_STRUCT_OFFSET(VirtCpuDomainDef, videos),
    [VIRTCPU_DEVICE_WATCHDOG] = G_STRUCT_OFFSET(VirtCpuDomainDef, watchdogs),
    [VIRTCPU_DEVICE_MEMBALLOON] = G_STRUCT_OFFSET(VirtCpuDomainDef, memballoons),
    [VIRTCPU_DEVICE_RNG] = G_STRUCT_OFFSET(VirtCpuDomainDef, rngs),
};
G_STATIC_ASSERT(G_N_ELEMENTS(device_arrays) == VIRTCPU_DEVICE_LAST);

static GPtrArray **
array_at(VirtCpuDomainDef *def, int kind)
{
    return (GPtrArray **)(void *)((char *)def + device_arrays[kind]);
}

GPtrArray *
virtcpu_domain_def_devices(const VirtCpuDomainDef *def, VirtCpuDeviceKind kind)
{
    return *(GPtrArray *const *)(const void *)((const char *)def + device_arrays[kind]);
}

gboolean
virtcpu_domain_def_visit(const VirtCpuDomainDef *def, VirtCpuDeviceVisitor visit, gpointer data,
                         GError **error)
{
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind);

        for (guint i = 0; i < devices->len; i++) {
            if (!visit(g_ptr_array_index(devices, i), data, error)) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

void
virtcpu_domain_def_add_controller(VirtCpuDomainDef *def, VirtCpuControllerDef *controller)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other->type == controller->type && other->index > controller->index) {
            g_ptr_array_insert(def->controllers, (gint)i, controller);
            return;
        }
    }
    g_ptr_array_add(def->controllers, controller);
}

/* Before the first disk of its bus with a higher target, else behind the last of its bus, else at
 * the end. */
static gint
disk_place(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk)
{
    gint place = -1;

    for (guint i = def->disks->len; i > 0; i--) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i - 1);

        if (other->bus != disk->bus) {
            continue;
        }
        if (virtcpu_disk_target_number(other->target) > virtcpu_disk_target_number(disk->target)) {
            place = (gint)i - 1;
        } else if (place == -1) {
            place = (gint)i;
        }
    }
    return place;
}

/* Before the first controller of its type with a greater index, else behind the last of its type,
 * else at the end. */
static gint
controller_place(const VirtCpuDomainDef *def, const VirtCpuControllerDef *controller)
{
    gint place = -1;

    for (guint i = def->controllers->len; i > 0; i--) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i - 1);

        if (other->type != controller->type) {
            continue;
        }
        if (other->index > controller->index) {
            place = (gint)i - 1;
        } else if (place == -1) {
            place = (gint)i;
        }
    }
    return place;
}

void
virtcpu_domain_def_insert(VirtCpuDomainDef *def, gpointer device)
{
    const VirtCpuDeviceInfo *info = device;
    gint place = -1;

    if (info->kind == VIRTCPU_DEVICE_DISK) {
        place = disk_place(def, device);
    } else if (info->kind == VIRTCPU_DEVICE_CONTROLLER) {
        place = controller_place(def, device);
    }
    g_ptr_array_insert(virtcpu_domain_def_devices(def, info->kind), place, device);
}

VirtCpuDiskDef *
virtcpu_domain_def_find_disk(const VirtCpuDomainDef *def, const char *target)
{
    for (guint i = 0; i < def->disks->len; i++) {
        VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (g_str_equal(disk->target, target)) {
            return disk;
        }
    }
    return NULL;
}

VirtCpuDiskDef *
virtcpu_domain_def_find_disk_at(const VirtCpuDomainDef *def, const char *path)
{
    for (guint i = 0; i < def->disks->len; i++) {
        VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (g_str_equal(disk->target, path) || g_strcmp0(disk->source, path) == 0) {
            return disk;
        }
    }
    return NULL;
}

VirtCpuDeviceInfo *
virtcpu_domain_def_find_alias(const VirtCpuDomainDef *def, const char *alias)
{
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind);

        for (guint i = 0; i < devices->len; i++) {
            VirtCpuDeviceInfo *device = g_ptr_array_index(devices, i);

            if (g_strcmp0(device->alias, alias) == 0) {
                return device;
            }
        }
    }
    return NULL;
}

void
virtcpu_domain_def_remove(VirtCpuDomainDef *def, VirtCpuDeviceInfo *device)
{
    g_ptr_array_remove(virtcpu_domain_def_devices(def, device->kind), device);
}

VirtCpuControllerDef *
virtcpu_domain_def_find_controller(const VirtCpuDomainDef *def, VirtCpuControllerType type,
                                   int index)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        VirtCpuControllerDef *controller = g_ptr_array_index(def->controllers, i);

        if (controller->type == type && controller->index == index) {
            return controller;
        }
    }
    return NULL;
}

static gpointer
device_copy(gconstpointer device, gpointer user_data)
{
    return virtcpu_device_copy(device);
}

static void
timer_free(gpointer data)
{
    VirtCpuTimerDef *timer = data;

    g_free(timer->name);
    g_free(timer->tickpolicy);
    g_free(timer);
}

static gpointer
timer_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuTimerDef *timer = data;
    VirtCpuTimerDef *copy = g_memdup2(timer, sizeof(*timer));

    copy->name = g_strdup(timer->name);
    copy->tickpolicy = g_strdup(timer->tickpolicy);
    return copy;
}

static void
feature_free(gpointer data)
{
    VirtCpuFeatureDef *feature = data;

    g_free(feature->name);
    g_free(feature->value);
    g_free(feature);
}

static gpointer
feature_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuFeatureDef *feature = data;
    VirtCpuFeatureDef *copy = g_memdup2(feature, sizeof(*feature));

    copy->name = g_strdup(feature->name);
    copy->value = g_strdup(feature->value);
    return copy;
}

static gpointer
string_copy(gconstpointer data, gpointer user_data)
{
    return g_strdup(data);
}

VirtCpuDomainDef *
virtcpu_domain_def_new(void)
{
    VirtCpuDomainDef *def = g_new0(VirtCpuDomainDef, 1);

    def->id = -1;
    def->on_poweroff = VIRTCPU_ACTION_DESTROY;
    def->on_reboot = VIRTCPU_ACTION_RESTART;
    def->on_crash = VIRTCPU_ACTION_DESTROY;
    def->memory_nodes = g_ptr_array_new_with_free_func(virtcpu_memory_node_free);
    virtcpu_tune_init(&def->tune);
    def->boot_devs = g_ptr_array_new_with_free_func(g_free);
    def->features = g_ptr_array_new_with_free_func(feature_free);
    def->timers = g_ptr_array_new_with_free_func(timer_free);
    def->qemu_args = g_ptr_array_new_with_free_func(g_free);
    def->qemu_env = g_ptr_array_new_with_free_func(g_free);
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        *array_at(def, kind) = g_ptr_array_new_with_free_func(virtcpu_device_free);
    }
    return def;
}

static void
free_arrays(VirtCpuDomainDef *def)
{
    g_ptr_array_unref(def->memory_nodes);
    virtcpu_tune_clear(&def->tune);
    g_ptr_array_unref(def->boot_devs);
    g_ptr_array_unref(def->features);
    g_ptr_array_unref(def->timers);
    g_ptr_array_unref(def->qemu_args);
    g_ptr_array_unref(def->qemu_env);
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        g_ptr_array_unref(*array_at(def, kind));
    }
}

void
virtcpu_domain_def_set_cpu_form(VirtCpuDomainDef *def, VirtCpuCpuForm form, VirtCpuJson *properties)
{
    g_autofree char *old = def->metadata;

    def->metadata = virtcpu_cpu_form_record(old, form, properties);
    def->cpu_form = form;
    virtcpu_json_free(def->cpu_properties);
    def->cpu_properties = properties;
}

void
virtcpu_domain_def_free(VirtCpuDomainDef *def)
{
    if (def == NULL) {
        return;
    }
    free_arrays(def);
    virtcpu_def_free(def->cpu);
    g_free(def->name);
    g_free(def->title);
    g_free(def->description);
    g_free(def->metadata);
    virtcpu_json_free(def->cpu_properties);
    g_free(def->machine);
    g_free(def->loader);
    g_free(def->loader_type);
    g_free(def->nvram);
    g_free(def->nvram_template);
    g_free(def->firmware);
    g_free(def->kernel);
    g_free(def->initrd);
    g_free(def->cmdline);
    g_free(def->dtb);
    g_free(def->clock_offset);
    g_free(def->emulator);
    g_free(def);
}

static void
copy_arrays(VirtCpuDomainDef *copy, const VirtCpuDomainDef *def)
{
    virtcpu_tune_copy(&copy->tune, &def->tune);
    copy->memory_nodes = g_ptr_array_copy(def->memory_nodes, virtcpu_memory_node_copy, NULL);
    copy->boot_devs = g_ptr_array_copy(def->boot_devs, string_copy, NULL);
    copy->features = g_ptr_array_copy(def->features, feature_copy, NULL);
    copy->timers = g_ptr_array_copy(def->timers, timer_copy, NULL);
    copy->qemu_args = g_ptr_array_copy(def->qemu_args, string_copy, NULL);
    copy->qemu_env = g_ptr_array_copy(def->qemu_env, string_copy, NULL);
    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        *array_at(copy, kind) = g_ptr_array_copy(
            virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind), device_copy, NULL);
    }
}

VirtCpuDomainDef *
virtcpu_domain_def_copy(const VirtCpuDomainDef *def)
{
    VirtCpuDomainDef *copy = g_memdup2(def, sizeof(*def));

    copy_arrays(copy, def);
    copy->cpu = virtcpu_def_copy(def->cpu);
    copy->name = g_strdup(def->name);
    copy->title = g_strdup(def->title);
    copy->description = g_strdup(def->description);
    copy->metadata = g_strdup(def->metadata);
    copy->cpu_form = def->cpu_form;
    copy->cpu_properties =
        def->cpu_properties != NULL ? virtcpu_json_copy(def->cpu_properties) : NULL;
    copy->machine = g_strdup(def->machine);
    copy->loader = g_strdup(def->loader);
    copy->loader_type = g_strdup(def->loader_type);
    copy->nvram = g_strdup(def->nvram);
    copy->nvram_template = g_strdup(def->nvram_template);
    copy->firmware = g_strdup(def->firmware);
    copy->kernel = g_strdup(def->kernel);
    copy->initrd = g_strdup(def->initrd);
    copy->cmdline = g_strdup(def->cmdline);
    copy->dtb = g_strdup(def->dtb);
    copy->clock_offset = g_strdup(def->clock_offset);
    copy->emulator = g_strdup(def->emulator);
    return copy;
}

const VirtCpuMemoryNode *
virtcpu_domain_def_memory_node(const VirtCpuDomainDef *def, int cell, gboolean general)
{
    const VirtCpuMemoryNode *found = NULL;

    for (guint i = 0; i < def->memory_nodes->len; i++) {
        const VirtCpuMemoryNode *node = g_ptr_array_index(def->memory_nodes, i);

        if (node->cell == cell) {
            return node;
        }
        if (general && node->cell < 0) {
            found = node;
        }
    }
    return found;
}

const VirtCpuFeatureDef *
virtcpu_domain_def_find_feature(const VirtCpuDomainDef *def, const char *name)
{
    for (guint i = 0; i < def->features->len; i++) {
        const VirtCpuFeatureDef *feature = g_ptr_array_index(def->features, i);

        if (g_str_equal(feature->name, name)) {
            return feature;
        }
    }
    return NULL;
}

unsigned
virtcpu_domain_def_fixed_vcpus(const VirtCpuDomainDef *def)
{
    return def->fixed_vcpus != 0 ? MIN(def->fixed_vcpus, def->vcpus) : def->vcpus;
}

void
virtcpu_domain_def_plug_vcpus(VirtCpuDomainDef *def, unsigned count)
{
    def->fixed_vcpus = virtcpu_domain_def_fixed_vcpus(def);
    def->vcpus = count;
}
