/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

#include <stdio.h>

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

    virtcpu_json_set_string(node, "driver", "file");
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

/* The n-th controller QEMU does not build in, added when the first disk needs it. */
static gboolean
need_controller(VirtCpuArgs *args, gboolean *present, const char *type, const char *id,
                GError **error)
{
    VirtCpuJson *device;

    if (*present) {
        return TRUE;
    }
    device = virtcpu_args_device(args, type, id, TRUE, error);
    if (device == NULL) {
        return FALSE;
    }
    virtcpu_args_add_json(args, "-device", device);
    *present = TRUE;
    return TRUE;
}

static VirtCpuJson *
ide_device(VirtCpuArgs *args, const VirtCpuDiskDef *disk, const char *bus, unsigned unit,
           GError **error)
{
    const char *type = g_str_equal(disk->device, "cdrom") ? "ide-cd" : "ide-hd";
    VirtCpuJson *device = virtcpu_args_device(args, type, disk->alias, FALSE, error);

    if (device != NULL) {
        virtcpu_json_set_string(device, "bus", bus);
        virtcpu_json_set_int(device, "unit", unit);
    }
    return device;
}

static VirtCpuJson *
new_ide(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    g_autofree char *bus = NULL;
    unsigned channel = 0;
    unsigned unit = 0;

    if (!args->bus.has_ide) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
            _("IDE controllers are unsupported for machine type '%s'; disk '%s' needs "
              "bus 'sata', 'scsi' or 'virtio'"),
            args->machine->name, disk->target);
        return NULL;
    }
    if (sscanf(disk->alias, "ide0-%u-%u", &channel, &unit) != 2 || channel > 1 || unit > 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("disk target '%s' is beyond the four IDE drives of machine type '%s'"),
                          disk->target, args->machine->name);
        return NULL;
    }
    bus = g_strdup_printf("ide.%u", channel);
    return ide_device(args, disk, bus, unit, error);
}

static VirtCpuJson *
new_sata(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    g_autofree char *bus = NULL;
    unsigned port = 0;

    if (sscanf(disk->alias, "sata0-0-%u", &port) != 1 || port > 5) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("disk target '%s' is beyond the six ports of the SATA controller"),
                          disk->target);
        return NULL;
    }
    if (args->bus.has_ahci) {
        bus = g_strdup_printf("ide.%u", port);
    } else {
        if (!need_controller(args, &args->has_ahci_controller, "ich9-ahci", "sata0", error)) {
            return NULL;
        }
        bus = g_strdup_printf("sata0.%u", port);
    }
    return ide_device(args, disk, bus, 0, error);
}

static VirtCpuJson *
new_scsi(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    const char *type = g_str_equal(disk->device, "cdrom") ? "scsi-cd" : "scsi-hd";
    g_autofree char *controller = NULL;
    VirtCpuJson *device;
    unsigned unit = 0;

    if (args->bus.suffix == NULL) {
        return virtcpu_args_virtio(args, "scsi", disk->alias, error);
    }
    controller = g_strconcat("virtio-scsi", args->bus.suffix, NULL);
    if (!need_controller(args, &args->has_scsi_controller, controller, "scsi0", error)) {
        return NULL;
    }
    device = virtcpu_args_device(args, type, disk->alias, FALSE, error);
    if (device == NULL) {
        return NULL;
    }
    /* virtio-scsi addresses drives by target; the alias ends in libvirt's unit */
    (void)sscanf(disk->alias, "scsi0-0-0-%u", &unit);
    virtcpu_json_set_string(device, "bus", "scsi0.0");
    virtcpu_json_set_int(device, "channel", 0);
    virtcpu_json_set_int(device, "scsi-id", 0);
    virtcpu_json_set_int(device, "lun", unit);
    return device;
}

static VirtCpuJson *
new_disk_device(VirtCpuArgs *args, const VirtCpuDiskDef *disk, GError **error)
{
    switch (disk->bus) {
    case VIRTCPU_BUS_IDE:
        return new_ide(args, disk, error);
    case VIRTCPU_BUS_SATA:
        return new_sata(args, disk, error);
    case VIRTCPU_BUS_SCSI:
        return new_scsi(args, disk, error);
    case VIRTCPU_BUS_VIRTIO:
        return virtcpu_args_virtio(args, "blk", disk->alias, error);
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

    if (disk->boot_order != 0) {
        return disk->boot_order;
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
