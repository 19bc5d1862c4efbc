/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args.h"
#include "drivers/qemu/machine-bus.h"

static char *
disk_alias(const VirtCpuDiskDef *disk)
{
    const VirtCpuAddress *at = &disk->info.address;

    switch (disk->bus) {
    case VIRTCPU_BUS_IDE:
        return g_strdup_printf("ide%u-%u-%u", at->controller, at->bus, at->unit);
    case VIRTCPU_BUS_SATA:
        return g_strdup_printf("sata%u-%u-%u", at->controller, at->bus, at->unit);
    case VIRTCPU_BUS_SCSI:
        return g_strdup_printf("scsi%u-%u-%u-%u", at->controller, at->bus, at->target, at->unit);
    case VIRTCPU_BUS_USB:
        return g_strdup_printf("usb-disk%u", virtcpu_disk_target_number(disk->target));
    case VIRTCPU_BUS_VIRTIO:
    case VIRTCPU_BUS_LAST:
    default:
        return g_strdup_printf("virtio-disk%u", virtcpu_disk_target_number(disk->target));
    }
}

static char *
controller_alias(const VirtCpuControllerDef *controller, const VirtCpuMachineBus *bus)
{
    switch (controller->type) {
    case VIRTCPU_CONTROLLER_PCI:
        return controller->index == 0 && bus->root == VIRTCPU_PCI_ROOT_PCIE
                   ? g_strdup("pcie.0")
                   : g_strdup_printf("pci.%d", controller->index);
    case VIRTCPU_CONTROLLER_IDE:
        return g_strdup("ide");
    case VIRTCPU_CONTROLLER_SATA:
        return controller->index == 0 && bus->has_ahci
                   ? g_strdup("ide")
                   : g_strdup_printf("sata%d", controller->index);
    case VIRTCPU_CONTROLLER_USB:
        return controller->index == 0 ? g_strdup("usb")
                                      : g_strdup_printf("usb%d", controller->index);
    case VIRTCPU_CONTROLLER_SCSI:
        return g_strdup_printf("scsi%d", controller->index);
    case VIRTCPU_CONTROLLER_VIRTIO_SERIAL:
        return g_strdup_printf("virtio-serial%d", controller->index);
    case VIRTCPU_CONTROLLER_LAST:
    default:
        g_return_val_if_reached(NULL);
    }
}

/* By VirtCpuDeviceKind: what stands before the number; NULL: no alias, or one made otherwise. */
static const char *const prefixes[] = {
    [VIRTCPU_DEVICE_NET] = "net",           [VIRTCPU_DEVICE_SERIAL] = "serial",
    [VIRTCPU_DEVICE_CONSOLE] = "console",   [VIRTCPU_DEVICE_CHANNEL] = "channel",
    [VIRTCPU_DEVICE_INPUT] = "input",       [VIRTCPU_DEVICE_VIDEO] = "video",
    [VIRTCPU_DEVICE_WATCHDOG] = "watchdog", [VIRTCPU_DEVICE_MEMBALLOON] = "balloon",
    [VIRTCPU_DEVICE_RNG] = "rng",           [VIRTCPU_DEVICE_LAST] = NULL,
};

static char *
numbered_alias(const VirtCpuDeviceInfo *device, guint number)
{
    const char *prefix = prefixes[device->kind];

    if (device->kind == VIRTCPU_DEVICE_CONSOLE &&
        g_strcmp0(((const VirtCpuChardevDef *)(const void *)device)->target_type, "virtio") != 0) {
        prefix = "serial";
    }
    if (device->kind == VIRTCPU_DEVICE_MEMBALLOON &&
        g_str_equal(((const VirtCpuMemballoonDef *)(const void *)device)->model, "none")) {
        prefix = NULL;
    }
    return prefix != NULL ? g_strdup_printf("%s%u", prefix, number) : NULL;
}

static char *
new_alias(const VirtCpuDeviceInfo *device, guint number, const VirtCpuMachineBus *bus)
{
    if (device->kind == VIRTCPU_DEVICE_DISK) {
        return disk_alias((const VirtCpuDiskDef *)(const void *)device);
    }
    if (device->kind == VIRTCPU_DEVICE_CONTROLLER) {
        return controller_alias((const VirtCpuControllerDef *)(const void *)device, bus);
    }
    return numbered_alias(device, number);
}

static gboolean
is_node_taken(const VirtCpuDomainDef *def, unsigned node)
{
    for (guint i = 0; i < def->disks->len; i++) {
        if (((const VirtCpuDiskDef *)g_ptr_array_index(def->disks, i))->node == node) {
            return TRUE;
        }
    }
    return FALSE;
}

/* From the last disk, as libvirt does. */
void
virtcpu_args_number_nodes(const VirtCpuDomainDef *def)
{
    for (guint i = 0; i < def->disks->len; i++) {
        VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->source != NULL && disk->node == 0) {
            unsigned node = def->disks->len - i;

            while (is_node_taken(def, node)) {
                node++;
            }
            disk->node = node;
        }
    }
}

void
virtcpu_args_assign_aliases(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps)
{
    const VirtCpuMachineBus *bus = virtcpu_machine_bus_find(caps, def->machine);

    for (int kind = 0; kind < VIRTCPU_DEVICE_LAST; kind++) {
        const GPtrArray *devices = virtcpu_domain_def_devices(def, (VirtCpuDeviceKind)kind);

        for (guint i = 0; i < devices->len; i++) {
            VirtCpuDeviceInfo *device = g_ptr_array_index(devices, i);

            if (device->alias == NULL) {
                device->alias = new_alias(device, i, bus);
            }
        }
    }
    virtcpu_args_number_nodes(def);
}

unsigned
virtcpu_args_next_node(const VirtCpuDomainDef *def)
{
    unsigned highest = 0;

    for (guint i = 0; i < def->disks->len; i++) {
        highest = MAX(highest, ((const VirtCpuDiskDef *)g_ptr_array_index(def->disks, i))->node);
    }
    return highest + 1;
}

static gboolean
is_alias_taken(const GPtrArray *devices, const VirtCpuDeviceInfo *but, const char *alias)
{
    for (guint i = 0; i < devices->len; i++) {
        const VirtCpuDeviceInfo *device = g_ptr_array_index(devices, i);

        if (device != but && g_strcmp0(device->alias, alias) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Aliases made of a place are free with it; of those that are numbered an earlier one may have been
 * unplugged. */
void
virtcpu_args_assign_alias(const VirtCpuDomainDef *def, VirtCpuDeviceInfo *device,
                          const VirtCpuQemuCaps *caps)
{
    const VirtCpuMachineBus *bus = virtcpu_machine_bus_find(caps, def->machine);
    const GPtrArray *devices = virtcpu_domain_def_devices(def, device->kind);
    guint number = 0;

    if (device->alias != NULL) {
        return;
    }
    device->alias = new_alias(device, number, bus);
    while (number < devices->len && is_alias_taken(devices, device, device->alias)) {
        g_free(device->alias);
        device->alias = new_alias(device, ++number, bus);
    }
}
