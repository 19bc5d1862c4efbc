/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

/* cache= of libvirt's <driver> as QEMU's three switches. */
typedef struct {
    const char *mode;
    gboolean writeback, direct, no_flush;
} CacheRow;

static const CacheRow cache_rows[] = {
    { "none", TRUE, TRUE, FALSE },           { "writeback", TRUE, FALSE, FALSE },
    { "writethrough", FALSE, FALSE, FALSE }, { "directsync", FALSE, TRUE, FALSE },
    { "unsafe", TRUE, FALSE, TRUE },
};

static const CacheRow *
find_cache(const char *mode)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cache_rows); i++) {
        if (g_strcmp0(cache_rows[i].mode, mode) == 0) {
            return &cache_rows[i];
        }
    }
    return NULL;
}

static void
set_cache(VirtCpuJson *node, const CacheRow *cache)
{
    VirtCpuJson *object;

    if (cache == NULL) {
        return;
    }
    object = virtcpu_json_set(node, "cache", virtcpu_json_new_object());
    virtcpu_json_set_bool(object, "direct", cache->direct);
    virtcpu_json_set_bool(object, "no-flush", cache->no_flush);
}

/* The file and the image format above it. Returns the upper node's name (transfer full). */
static char *
add_blockdev(VirtCpuArgs *args, const VirtCpuDiskDef *disk, guint number)
{
    g_autofree char *storage = g_strdup_printf("libvirt-%u-storage", number);
    g_autofree char *format = g_strdup_printf("libvirt-%u-format", number);
    gboolean readonly = disk->readonly || g_str_equal(disk->device, "cdrom");
    const CacheRow *cache = find_cache(disk->cache);
    VirtCpuJson *node = virtcpu_json_new_object();

    virtcpu_json_set_string(node, "driver", disk->is_block ? "host_device" : "file");
    virtcpu_json_set_string(node, "filename", disk->source);
    virtcpu_json_set_string(node, "aio", disk->io);
    virtcpu_json_set_string(node, "node-name", storage);
    set_cache(node, cache);
    virtcpu_json_set_bool(node, "auto-read-only", TRUE);
    virtcpu_json_set_string(node, "discard", disk->discard != NULL ? disk->discard : "unmap");
    virtcpu_args_add_json(args, "-blockdev", node);

    node = virtcpu_json_new_object();
    virtcpu_json_set_string(node, "node-name", format);
    virtcpu_json_set_bool(node, "read-only", readonly);
    virtcpu_json_set_string(node, "discard", disk->discard);
    set_cache(node, cache);
    virtcpu_json_set_string(node, "driver", disk->format != NULL ? disk->format : "raw");
    virtcpu_json_set_string(node, "file", storage);
    virtcpu_args_add_json(args, "-blockdev", node);
    return g_steal_pointer(&format);
}

/* IDE and SATA: a channel of the controller, and the drive on it. */
static VirtCpuJson *
new_ide(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    const VirtCpuAddress *at = &disk->info.address;
    const gboolean is_sata = disk->bus == VIRTCPU_BUS_SATA;
    const char *type = g_str_equal(disk->device, "cdrom") ? "ide-cd" : "ide-hd";
    VirtCpuJson *device = virtcpu_args_device(args, type, &disk->info, error);
    g_autofree char *bus = NULL;

    if (device == NULL) {
        return NULL;
    }
    bus = virtcpu_args_bus(args, is_sata ? VIRTCPU_CONTROLLER_SATA : VIRTCPU_CONTROLLER_IDE,
                           at->controller, is_sata ? at->unit : at->bus);
    virtcpu_json_set_string(device, "bus", bus);
    virtcpu_json_set_int(device, "unit", is_sata ? 0 : at->unit);
    return device;
}

/* The narrow controller has seven targets, libvirt's units, and virtio-scsi targets of many units.
 */
static VirtCpuJson *
new_scsi(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    const VirtCpuAddress *at = &disk->info.address;
    const VirtCpuControllerDef *controller = virtcpu_domain_def_find_controller(
        args->input->def, VIRTCPU_CONTROLLER_SCSI, (int)at->controller);
    const char *type = g_str_equal(disk->device, "cdrom") ? "scsi-cd" : "scsi-hd";
    VirtCpuJson *device = virtcpu_args_device(args, type, &disk->info, error);
    g_autofree char *bus = virtcpu_args_bus(args, VIRTCPU_CONTROLLER_SCSI, at->controller, at->bus);

    if (device == NULL) {
        return NULL;
    }
    virtcpu_json_set_string(device, "bus", bus);
    if (controller != NULL && g_strcmp0(controller->model, "lsilogic") == 0) {
        virtcpu_json_set_int(device, "scsi-id", at->unit);
        return device;
    }
    virtcpu_json_set_int(device, "channel", 0);
    virtcpu_json_set_int(device, "scsi-id", at->target);
    virtcpu_json_set_int(device, "lun", at->unit);
    return device;
}

static VirtCpuJson *
new_disk_device(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    switch (disk->bus) {
    case VIRTCPU_BUS_IDE:
    case VIRTCPU_BUS_SATA:
        return new_ide(args, disk, error);
    case VIRTCPU_BUS_SCSI:
        return new_scsi(args, disk, error);
    case VIRTCPU_BUS_USB:
        return virtcpu_args_device(args, "usb-storage", &disk->info, error);
    case VIRTCPU_BUS_VIRTIO:
        return virtcpu_args_virtio(args, "blk", &disk->info, error);
    case VIRTCPU_BUS_LAST:
    default:
        g_return_val_if_reached(NULL);
    }
}

static gboolean
is_first_of_class(const VirtCpuDomainDef *def, guint index)
{
    const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, index);

    for (guint i = 0; i < index; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_str_equal(other->device, disk->device)) {
            return FALSE;
        }
    }
    return TRUE;
}

static unsigned
disk_boot_index(const VirtCpuDomainDef *def, guint index)
{
    const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, index);
    gboolean is_cdrom = g_str_equal(disk->device, "cdrom");

    if (disk->info.boot_order != 0) {
        return disk->info.boot_order;
    }
    return is_first_of_class(def, index) ? virtcpu_args_boot_index(def, is_cdrom ? "cdrom" : "hd")
                                         : 0;
}

static gboolean
add_disk(VirtCpuArgs *args, guint index, GError **error)
{
    const VirtCpuDomainDef *def = args->input->def;
    const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, index);
    const CacheRow *cache = find_cache(disk->cache);
    unsigned boot_index = disk_boot_index(def, index);
    g_autoptr(VirtCpuJson) device = new_disk_device(args, disk, error);

    if (device == NULL) {
        return FALSE;
    }
    if (disk->shareable) {
        virtcpu_json_set_bool(device, "share-rw", TRUE);
    }
    if (disk->source != NULL) {
        /* numbered from the last disk, as libvirt does */
        g_autofree char *node = add_blockdev(args, disk, def->disks->len - index);

        virtcpu_json_set_string(device, "drive", node);
    }
    if (boot_index != 0) {
        virtcpu_json_set_int(device, "bootindex", boot_index);
    }
    if (cache != NULL) {
        virtcpu_json_set_string(device, "write-cache", cache->writeback ? "on" : "off");
    }
    virtcpu_json_set_string(device, "serial", disk->serial);
    virtcpu_args_add_json(args, "-device", g_steal_pointer(&device));
    return TRUE;
}

gboolean
virtcpu_args_disks(VirtCpuArgs *args, GError **error)
{
    for (guint i = 0; i < args->input->def->disks->len; i++) {
        if (!add_disk(args, i, error)) {
            return FALSE;
        }
    }
    return TRUE;
}
