/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills what a user may leave out of one device, and checks it against its siblings. */
#include "conf/domain-def.h"
#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>

/* Those before it, or all when it is none of @def's yet. */
static gboolean
check_disk_target(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk, GError **error)
{
    for (guint i = 0; i < def->disks->len && g_ptr_array_index(def->disks, i) != disk; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_str_equal(disk->target, other->target)) {
            virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                              _("target '%s' duplicated for disk sources '%s' and '%s'"),
                              disk->target, other->source != NULL ? other->source : "",
                              disk->source != NULL ? disk->source : "");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
check_disk_iothread(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk, GError **error)
{
    if (disk->iothread == 0 || virtcpu_tune_find_iothread(&def->tune, disk->iothread) != NULL) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("Disk iothread '%u' not defined in iothreadid: disk '%s'"), disk->iothread,
                      disk->target);
    return FALSE;
}

/* A disk of a group may leave the limits to another of it. */
static void
take_group_limits(const VirtCpuDomainDef *def, VirtCpuDiskDef *disk)
{
    if (disk->tune.group == NULL || virtcpu_disk_tune_is_set(&disk->tune)) {
        return;
    }
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_strcmp0(disk->tune.group, other->tune.group) == 0 &&
            virtcpu_disk_tune_is_set(&other->tune)) {
            virtcpu_disk_tune_assign(&disk->tune, &other->tune);
            return;
        }
    }
}

/* Disks of one group share one set of limits. */
static gboolean
check_disk_group(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk, GError **error)
{
    for (guint i = 0; i < def->disks->len && g_ptr_array_index(def->disks, i) != disk; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (disk->tune.group != NULL && g_strcmp0(disk->tune.group, other->tune.group) == 0 &&
            !virtcpu_disk_tune_equal(&disk->tune, &other->tune)) {
            virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                              _("different iotunes for disks %s and %s"), other->target,
                              disk->target);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
complete_disk(const VirtCpuDomainDef *def, VirtCpuDiskDef *disk, GError **error)
{
    if (disk->format == NULL) {
        disk->format = g_strdup("raw");
    }
    disk->readonly = disk->readonly || g_str_equal(disk->device, "cdrom");
    take_group_limits(def, disk);
    return check_disk_target(def, disk, error) && check_disk_iothread(def, disk, error) &&
           virtcpu_disk_tune_check(&disk->tune, error) && check_disk_group(def, disk, error);
}

static void
complete_net(const VirtCpuDomainDef *def, VirtCpuNetDef *net)
{
    if (!net->has_mac) {
        const guint32 tail = g_random_int();
        const guint8 mac[VIRTCPU_MAC_BYTES] = { 0x52,
                                                0x54,
                                                0x00, /* QEMU's prefix */
                                                (guint8)(tail >> 16),
                                                (guint8)(tail >> 8),
                                                (guint8)tail };

        memcpy(net->mac, mac, sizeof(mac));
        net->has_mac = TRUE;
    }
    if (net->model == NULL) {
        net->model = g_strdup(virtcpu_arch_is_pc(def->arch) ? "rtl8139" : "virtio");
    }
}

static void
complete_input(const VirtCpuDomainDef *def, VirtCpuInputDef *input)
{
    if (input->bus == NULL) {
        const gboolean has_ps2 =
            virtcpu_arch_is_pc(def->arch) && !g_str_equal(input->type, "tablet");

        input->bus = g_strdup(has_ps2 ? "ps2" : "usb");
    }
}

static void
complete_controller(const VirtCpuDomainDef *def, VirtCpuControllerDef *controller)
{
    int next = 0;

    for (guint i = 0; i < def->controllers->len; i++) {
        const VirtCpuControllerDef *other = g_ptr_array_index(def->controllers, i);

        if (other->type == controller->type) {
            next = MAX(next, other->index + 1);
        }
    }
    if (controller->index < 0) {
        controller->index = next;
    }
}

/* The first console of a domain may be a serial port: one that is added to others is none. */
static void
complete_console(VirtCpuChardevDef *console)
{
    if (console->target_type == NULL) {
        console->target_type = g_strdup("virtio");
    }
}

gboolean
virtcpu_device_complete(gpointer device, const VirtCpuDomainDef *def, GError **error)
{
    switch (((const VirtCpuDeviceInfo *)device)->kind) {
    case VIRTCPU_DEVICE_DISK:
        return complete_disk(def, device, error);
    case VIRTCPU_DEVICE_NET:
        complete_net(def, device);
        return TRUE;
    case VIRTCPU_DEVICE_INPUT:
        complete_input(def, device);
        return TRUE;
    case VIRTCPU_DEVICE_CONSOLE:
        complete_console(device);
        return TRUE;
    case VIRTCPU_DEVICE_CONTROLLER:
        complete_controller(def, device);
        return TRUE;
    case VIRTCPU_DEVICE_SERIAL:
    case VIRTCPU_DEVICE_CHANNEL:
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_VIDEO:
    case VIRTCPU_DEVICE_WATCHDOG:
    case VIRTCPU_DEVICE_MEMBALLOON:
    case VIRTCPU_DEVICE_RNG:
    case VIRTCPU_DEVICE_LAST:
    default:
        return TRUE;
    }
}
