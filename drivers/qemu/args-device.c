/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A device with its place. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/args-priv.h"

/* By VirtCpuAddressType: how virtio device types end. */
static const char *const virtio_suffixes[] = {
    [VIRTCPU_ADDRESS_PCI] = "-pci",
    [VIRTCPU_ADDRESS_CCW] = "-ccw",
    [VIRTCPU_ADDRESS_VIRTIO_MMIO] = "-device",
    [VIRTCPU_ADDRESS_LAST] = NULL,
};

/* TRUE, with the name QEMU gives it, for a controller that is on the board. */
static gboolean
is_builtin(const VirtCpuArgs *args, VirtCpuControllerType type, unsigned index, const char **name)
{
    if (index != 0) {
        return FALSE;
    }
    if (type == VIRTCPU_CONTROLLER_PCI) {
        *name = args->bus->root == VIRTCPU_PCI_ROOT_PCIE ? "pcie" : "pci";
        return TRUE;
    }
    *name = "ide";
    return (type == VIRTCPU_CONTROLLER_IDE && args->bus->has_ide) ||
           (type == VIRTCPU_CONTROLLER_SATA && args->bus->has_ahci);
}

char *
virtcpu_args_bus(const VirtCpuArgs *args, VirtCpuControllerType type, unsigned index,
                 unsigned number)
{
    const VirtCpuControllerDef *controller =
        virtcpu_domain_def_find_controller(args->input->def, type, (int)index);
    const char *builtin = NULL;

    if (is_builtin(args, type, index, &builtin)) {
        return g_strdup_printf("%s.%u", builtin, number);
    }
    if (controller == NULL) {
        return NULL;
    }
    /* the bus of a bridge or port has its name */
    return type == VIRTCPU_CONTROLLER_PCI
               ? g_strdup(controller->info.alias)
               : g_strdup_printf("%s.%u", controller->info.alias, number);
}

static void
set_pci(const VirtCpuArgs *args, VirtCpuJson *device, const VirtCpuAddress *at)
{
    g_autofree char *bus = virtcpu_args_bus(args, VIRTCPU_CONTROLLER_PCI, at->bus, 0);
    g_autofree char *slot = at->function != 0 ? g_strdup_printf("0x%x.0x%x", at->slot, at->function)
                                              : g_strdup_printf("0x%x", at->slot);

    virtcpu_json_set_string(device, "bus", bus);
    if (at->multifunction == VIRTCPU_TRISTATE_YES) {
        virtcpu_json_set_bool(device, "multifunction", TRUE);
    }
    virtcpu_json_set_string(device, "addr", slot);
}

static void
set_number(VirtCpuJson *device, const char *name, unsigned number)
{
    if (number != 0) {
        virtcpu_json_set_int(device, name, number);
    }
}

static void
set_place(const VirtCpuArgs *args, VirtCpuJson *device, const VirtCpuAddress *at)
{
    g_autofree char *text = NULL;

    switch (at->type) {
    case VIRTCPU_ADDRESS_PCI:
        set_pci(args, device, at);
        break;
    case VIRTCPU_ADDRESS_CCW:
        text = g_strdup_printf("%x.%x.%04x", at->cssid, at->ssid, at->devno);
        virtcpu_json_set_string(device, "devno", text);
        break;
    case VIRTCPU_ADDRESS_VIRTIO_SERIAL:
        text = virtcpu_args_bus(args, VIRTCPU_CONTROLLER_VIRTIO_SERIAL, at->controller, 0);
        virtcpu_json_set_string(device, "bus", text);
        virtcpu_json_set_int(device, "nr", at->port);
        break;
    case VIRTCPU_ADDRESS_USB:
        text = virtcpu_args_bus(args, VIRTCPU_CONTROLLER_USB, at->bus, 0);
        virtcpu_json_set_string(device, "bus", text);
        virtcpu_json_set_string(device, "port", at->usb_port);
        break;
    case VIRTCPU_ADDRESS_ISA:
        set_number(device, "iobase", at->iobase);
        set_number(device, "irq", at->irq);
        break;
    case VIRTCPU_ADDRESS_DRIVE:       /* differs by bus: args-disk.c */
    case VIRTCPU_ADDRESS_VIRTIO_MMIO: /* QEMU counts the transports itself */
    case VIRTCPU_ADDRESS_NONE:
    case VIRTCPU_ADDRESS_LAST:
    default:
        break;
    }
}

VirtCpuJson *
virtcpu_args_device(VirtCpuArgs *args, const char *type, const VirtCpuDeviceInfo *info,
                    GError **error)
{
    VirtCpuJson *device;

    if (!virtcpu_qemu_caps_has_device(args->input->caps, type)) {
        g_autofree char *who = virtcpu_device_describe(info);

        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("'%s' has no device '%s', which %s needs"), args->input->caps->binary,
                          type, who);
        return NULL;
    }
    device = virtcpu_json_new_object();
    virtcpu_json_set_string(device, "driver", type);
    virtcpu_json_set_string(device, "id", info->alias);
    set_place(args, device, &info->address);
    return device;
}

VirtCpuJson *
virtcpu_args_virtio(VirtCpuArgs *args, const char *name, const VirtCpuDeviceInfo *info,
                    GError **error)
{
    const char *suffix = virtio_suffixes[info->address.type];
    g_autofree char *type = g_strconcat("virtio-", name, suffix, NULL);

    return virtcpu_args_device(args, type, info, error);
}
