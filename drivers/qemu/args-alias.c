/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args.h"

#include <string.h>

/* "sdb" is 1, "vdaa" is 26: what follows the two letters of the bus, in base 26. */
static unsigned
target_index(const char *target)
{
    unsigned index = 0;

    for (const char *letter = target != NULL && strlen(target) > 2 ? target + 2 : "a";
         g_ascii_islower(*letter); letter++) {
        index = index * 26 + (unsigned)(*letter - 'a') + 1;
    }
    return index > 0 ? index - 1 : 0;
}

static char *
disk_alias(const VirtCpuDiskDef *disk)
{
    unsigned index = target_index(disk->target);

    switch (disk->bus) {
    case VIRTCPU_BUS_IDE:
        return g_strdup_printf("ide0-%u-%u", index / 2, index % 2);
    case VIRTCPU_BUS_SATA:
        return g_strdup_printf("sata0-0-%u", index);
    case VIRTCPU_BUS_SCSI:
        return g_strdup_printf("scsi0-0-0-%u", index);
    case VIRTCPU_BUS_VIRTIO:
    case VIRTCPU_BUS_LAST:
    default:
        return g_strdup_printf("virtio-disk%u", index);
    }
}

static void
set_numbered(char **alias, const char *prefix, guint number)
{
    if (*alias == NULL) {
        *alias = g_strdup_printf("%s%u", prefix, number);
    }
}

void
virtcpu_args_assign_aliases(VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->disks->len; i++) {
        VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->alias == NULL) {
            disk->alias = disk_alias(disk);
        }
    }
    for (guint i = 0; i < def->nets->len; i++) {
        set_numbered(&((VirtCpuNetDef *)g_ptr_array_index(def->nets, i))->alias, "net", i);
    }
    for (guint i = 0; i < def->serials->len; i++) {
        set_numbered(&((VirtCpuChardevDef *)g_ptr_array_index(def->serials, i))->alias, "serial",
                     i);
    }
    for (guint i = 0; i < def->consoles->len; i++) {
        VirtCpuChardevDef *console = g_ptr_array_index(def->consoles, i);
        gboolean is_serial = g_strcmp0(console->target_type, "virtio") != 0;

        set_numbered(&console->alias, is_serial ? "serial" : "console", i);
    }
    for (guint i = 0; i < def->rngs->len; i++) {
        set_numbered(&((VirtCpuRngDef *)g_ptr_array_index(def->rngs, i))->alias, "rng", i);
    }
    if (def->has_memballoon && g_strcmp0(def->memballoon_model, "none") != 0) {
        set_numbered(&def->memballoon_alias, "balloon", 0);
    }
}
