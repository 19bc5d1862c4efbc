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

char *
virtcpu_args_medium_name(const VirtCpuDiskDef *disk)
{
    return g_strdup_printf("libvirt-%u-format", disk->node);
}

/* The file and the image format above it. */
char *
virtcpu_args_blockdev(VirtCpuArgs *args, const VirtCpuDiskDef *disk)
{
    g_autofree char *storage = g_strdup_printf("libvirt-%u-storage", disk->node);
    g_autofree char *format = virtcpu_args_medium_name(disk);
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
is_first_of_class(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk)
{
    for (guint i = 0; g_ptr_array_index(def->disks, i) != disk; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_str_equal(other->device, disk->device)) {
            return FALSE;
        }
    }
    return TRUE;
}

static unsigned
disk_boot_index(const VirtCpuArgs *args, const VirtCpuDiskDef *disk)
{
    const VirtCpuDomainDef *def = args->input->def;
    gboolean is_cdrom = g_str_equal(disk->device, "cdrom");

    /* <os><boot> is about what is there when the guest boots */
    if (disk->info.boot_order != 0 || args->steps != NULL) {
        return disk->info.boot_order;
    }
    return is_first_of_class(def, disk) ? virtcpu_args_boot_index(def, is_cdrom ? "cdrom" : "hd")
                                        : 0;
}

gboolean
virtcpu_args_disk(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    const CacheRow *cache = find_cache(disk->cache);
    unsigned boot_index = disk_boot_index(args, disk);
    g_autoptr(VirtCpuJson) device = new_disk_device(args, disk, error);

    if (device == NULL) {
        return FALSE;
    }
    if (disk->shareable) {
        virtcpu_json_set_bool(device, "share-rw", TRUE);
    }
    if (disk->iothread != 0) {
        g_autofree char *iothread = virtcpu_args_iothread_name(disk->iothread);

        virtcpu_json_set_string(device, "iothread", iothread);
    }
    if (disk->source != NULL) {
        g_autofree char *node = virtcpu_args_blockdev(args, disk);

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
        if (!virtcpu_args_disk(args, g_ptr_array_index(args->input->def->disks, i), error)) {
            return FALSE;
        }
    }
    return TRUE;
}
