/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/domain-def.h"

/* Each device has a free and a copy, used as the element functions of its array. */

static void
disk_free(gpointer data)
{
    VirtCpuDiskDef *disk = data;

    g_free(disk->device);
    g_free(disk->source);
    g_free(disk->format);
    g_free(disk->target);
    g_free(disk->serial);
    g_free(disk->cache);
    g_free(disk->io);
    g_free(disk->discard);
    g_free(disk->alias);
    g_free(disk);
}

static gpointer
disk_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuDiskDef *disk = data;
    VirtCpuDiskDef *copy = g_memdup2(disk, sizeof(*disk));

    copy->device = g_strdup(disk->device);
    copy->source = g_strdup(disk->source);
    copy->format = g_strdup(disk->format);
    copy->target = g_strdup(disk->target);
    copy->serial = g_strdup(disk->serial);
    copy->cache = g_strdup(disk->cache);
    copy->io = g_strdup(disk->io);
    copy->discard = g_strdup(disk->discard);
    copy->alias = g_strdup(disk->alias);
    return copy;
}

static void
net_free(gpointer data)
{
    VirtCpuNetDef *net = data;

    g_free(net->model);
    g_free(net->alias);
    g_free(net);
}

static gpointer
net_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuNetDef *net = data;
    VirtCpuNetDef *copy = g_memdup2(net, sizeof(*net));

    copy->model = g_strdup(net->model);
    copy->alias = g_strdup(net->alias);
    return copy;
}

static void
chardev_free(gpointer data)
{
    VirtCpuChardevDef *chardev = data;

    g_free(chardev->path);
    g_free(chardev->target_type);
    g_free(chardev->target_model);
    g_free(chardev->alias);
    g_free(chardev);
}

static gpointer
chardev_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuChardevDef *chardev = data;
    VirtCpuChardevDef *copy = g_memdup2(chardev, sizeof(*chardev));

    copy->path = g_strdup(chardev->path);
    copy->target_type = g_strdup(chardev->target_type);
    copy->target_model = g_strdup(chardev->target_model);
    copy->alias = g_strdup(chardev->alias);
    return copy;
}

static void
graphics_free(gpointer data)
{
    VirtCpuGraphicsDef *graphics = data;

    g_free(graphics->listen);
    g_free(graphics->socket);
    g_free(graphics->password);
    g_free(graphics->keymap);
    g_free(graphics);
}

static gpointer
graphics_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuGraphicsDef *graphics = data;
    VirtCpuGraphicsDef *copy = g_memdup2(graphics, sizeof(*graphics));

    copy->listen = g_strdup(graphics->listen);
    copy->socket = g_strdup(graphics->socket);
    copy->password = g_strdup(graphics->password);
    copy->keymap = g_strdup(graphics->keymap);
    return copy;
}

static void
rng_free(gpointer data)
{
    VirtCpuRngDef *rng = data;

    g_free(rng->backend_path);
    g_free(rng->alias);
    g_free(rng);
}

static gpointer
rng_copy(gconstpointer data, gpointer user_data)
{
    const VirtCpuRngDef *rng = data;
    VirtCpuRngDef *copy = g_memdup2(rng, sizeof(*rng));

    copy->backend_path = g_strdup(rng->backend_path);
    copy->alias = g_strdup(rng->alias);
    return copy;
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
    def->boot_devs = g_ptr_array_new_with_free_func(g_free);
    def->features = g_ptr_array_new_with_free_func(feature_free);
    def->timers = g_ptr_array_new_with_free_func(timer_free);
    def->disks = g_ptr_array_new_with_free_func(disk_free);
    def->nets = g_ptr_array_new_with_free_func(net_free);
    def->serials = g_ptr_array_new_with_free_func(chardev_free);
    def->consoles = g_ptr_array_new_with_free_func(chardev_free);
    def->graphics = g_ptr_array_new_with_free_func(graphics_free);
    def->rngs = g_ptr_array_new_with_free_func(rng_free);
    return def;
}

static void
free_arrays(VirtCpuDomainDef *def)
{
    g_ptr_array_unref(def->boot_devs);
    g_ptr_array_unref(def->features);
    g_ptr_array_unref(def->timers);
    g_ptr_array_unref(def->disks);
    g_ptr_array_unref(def->nets);
    g_ptr_array_unref(def->serials);
    g_ptr_array_unref(def->consoles);
    g_ptr_array_unref(def->graphics);
    g_ptr_array_unref(def->rngs);
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
    g_free(def->machine);
    g_free(def->loader);
    g_free(def->loader_type);
    g_free(def->nvram);
    g_free(def->kernel);
    g_free(def->initrd);
    g_free(def->cmdline);
    g_free(def->dtb);
    g_free(def->clock_offset);
    g_free(def->emulator);
    g_free(def->memballoon_model);
    g_free(def->memballoon_alias);
    g_free(def->video_model);
    g_free(def);
}

static void
copy_arrays(VirtCpuDomainDef *copy, const VirtCpuDomainDef *def)
{
    copy->boot_devs = g_ptr_array_copy(def->boot_devs, string_copy, NULL);
    copy->features = g_ptr_array_copy(def->features, feature_copy, NULL);
    copy->timers = g_ptr_array_copy(def->timers, timer_copy, NULL);
    copy->disks = g_ptr_array_copy(def->disks, disk_copy, NULL);
    copy->nets = g_ptr_array_copy(def->nets, net_copy, NULL);
    copy->serials = g_ptr_array_copy(def->serials, chardev_copy, NULL);
    copy->consoles = g_ptr_array_copy(def->consoles, chardev_copy, NULL);
    copy->graphics = g_ptr_array_copy(def->graphics, graphics_copy, NULL);
    copy->rngs = g_ptr_array_copy(def->rngs, rng_copy, NULL);
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
    copy->machine = g_strdup(def->machine);
    copy->loader = g_strdup(def->loader);
    copy->loader_type = g_strdup(def->loader_type);
    copy->nvram = g_strdup(def->nvram);
    copy->kernel = g_strdup(def->kernel);
    copy->initrd = g_strdup(def->initrd);
    copy->cmdline = g_strdup(def->cmdline);
    copy->dtb = g_strdup(def->dtb);
    copy->clock_offset = g_strdup(def->clock_offset);
    copy->emulator = g_strdup(def->emulator);
    copy->memballoon_model = g_strdup(def->memballoon_model);
    copy->memballoon_alias = g_strdup(def->memballoon_alias);
    copy->video_model = g_strdup(def->video_model);
    return copy;
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
