/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/drive.h"

/* A device behind a transport, or inside another, has no name of its own but its path in QOM. */
char *
virtcpu_drive_name(const VirtCpuDiskDef *disk)
{
    const char *alias = disk->info.alias;

    if (disk->bus == VIRTCPU_BUS_VIRTIO && disk->info.address.type != VIRTCPU_ADDRESS_VIRTIO_MMIO) {
        return g_strdup_printf("/machine/peripheral/%s/virtio-backend", alias);
    }
    if (disk->bus == VIRTCPU_BUS_USB) {
        return g_strdup_printf("/machine/peripheral/%s/%s.0/legacy[0]", alias, alias);
    }
    return g_strdup(alias);
}

const VirtCpuJson *
virtcpu_drive_find(const VirtCpuJson *list, const VirtCpuDiskDef *disk)
{
    g_autofree char *name = virtcpu_drive_name(disk);

    for (gsize i = 0; i < virtcpu_json_size(list); i++) {
        const VirtCpuJson *drive = virtcpu_json_at(list, i);

        if (g_strcmp0(virtcpu_json_get_string(drive, "qdev"), name) == 0) {
            return drive;
        }
    }
    return NULL;
}
