/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/args-priv.h"

/* QEMU's device for a model, where the two are not the same word. */
typedef struct {
    const char *model, *device;
} DeviceRow;

static const DeviceRow device_rows[] = {
    { "piix3-uhci", "piix3-usb-uhci" }, { "ehci", "usb-ehci" },
    { "ich9-ehci1", "ich9-usb-ehci1" }, { "ich9-uhci1", "ich9-usb-uhci1" },
    { "ich9-uhci2", "ich9-usb-uhci2" }, { "ich9-uhci3", "ich9-usb-uhci3" },
    { "nec-xhci", "nec-usb-xhci" },     { "lsilogic", "lsi" },
};

static const char *
device_of(const char *model)
{
    for (gsize i = 0; i < G_N_ELEMENTS(device_rows); i++) {
        if (g_strcmp0(device_rows[i].model, model) == 0) {
            return device_rows[i].device;
        }
    }
    return model;
}

static void
set_if_given(VirtCpuJson *device, const char *name, int number)
{
    if (number >= 0) {
        virtcpu_json_set_int(device, name, number);
    }
}

static VirtCpuJson *
new_pci(VirtCpuArgs *args, const VirtCpuControllerDef *controller, GError **error)
{
    VirtCpuJson *device =
        virtcpu_args_device(args, controller->model_name, &controller->info, error);

    if (device != NULL) {
        set_if_given(device, "port", controller->port);
        set_if_given(device, "chassis", controller->chassis);
        set_if_given(device, "chassis_nr", controller->chassis_number);
    }
    return device;
}

static VirtCpuJson *
new_usb(VirtCpuArgs *args, const VirtCpuControllerDef *controller, GError **error)
{
    VirtCpuDeviceInfo info = controller->info;
    g_autofree char *master = NULL;
    VirtCpuJson *device;

    if (controller->master_startport >= 0) {
        info.alias = NULL; /* it is its master's */
    }
    device = virtcpu_args_device(args, device_of(controller->model), &info, error);
    if (device == NULL) {
        return NULL;
    }
    if (controller->master_startport >= 0) {
        master = virtcpu_args_bus(args, VIRTCPU_CONTROLLER_USB, (unsigned)controller->index, 0);
        virtcpu_json_set_string(device, "masterbus", master);
        virtcpu_json_set_int(device, "firstport", controller->master_startport);
    }
    set_if_given(device, "p2", controller->ports);
    set_if_given(device, "p3", controller->ports);
    return device;
}

static VirtCpuJson *
new_virtio_serial(VirtCpuArgs *args, const VirtCpuControllerDef *controller, GError **error)
{
    VirtCpuJson *device = virtcpu_args_virtio(args, "serial", &controller->info, error);

    if (device != NULL) {
        set_if_given(device, "max_ports", controller->ports);
        set_if_given(device, "vectors", controller->vectors);
    }
    return device;
}

static VirtCpuJson *
new_controller(VirtCpuArgs *args, const VirtCpuControllerDef *controller, GError **error)
{
    switch (controller->type) {
    case VIRTCPU_CONTROLLER_PCI:
        return new_pci(args, controller, error);
    case VIRTCPU_CONTROLLER_USB:
        return new_usb(args, controller, error);
    case VIRTCPU_CONTROLLER_VIRTIO_SERIAL:
        return new_virtio_serial(args, controller, error);
    case VIRTCPU_CONTROLLER_SCSI:
        return g_str_equal(controller->model, "virtio-scsi")
                   ? virtcpu_args_virtio(args, "scsi", &controller->info, error)
                   : virtcpu_args_device(args, device_of(controller->model), &controller->info,
                                         error);
    case VIRTCPU_CONTROLLER_SATA:
        return virtcpu_args_device(args, "ich9-ahci", &controller->info, error);
    case VIRTCPU_CONTROLLER_IDE:
    case VIRTCPU_CONTROLLER_LAST:
    default:
        g_return_val_if_reached(NULL);
    }
}

/* TRUE for what the machine type brings along, and for "none". */
static gboolean
is_there(const VirtCpuArgs *args, const VirtCpuControllerDef *controller)
{
    const gboolean is_first = controller->index == 0;

    return (is_first && controller->type == VIRTCPU_CONTROLLER_PCI) ||
           controller->type == VIRTCPU_CONTROLLER_IDE ||
           (is_first && controller->type == VIRTCPU_CONTROLLER_SATA && args->bus->has_ahci) ||
           g_strcmp0(controller->model, "none") == 0;
}

gboolean
virtcpu_args_controller(VirtCpuArgs *args, const VirtCpuControllerDef *controller, GError **error)
{
    VirtCpuJson *device;

    if (is_there(args, controller)) {
        return TRUE;
    }
    device = new_controller(args, controller, error);
    if (device == NULL) {
        return FALSE;
    }
    virtcpu_args_add_json(args, "-device", device);
    return TRUE;
}

static gboolean
add_controllers(VirtCpuArgs *args, gboolean pci, GError **error)
{
    const GPtrArray *controllers = args->input->def->controllers;

    for (guint i = 0; i < controllers->len; i++) {
        const VirtCpuControllerDef *controller = g_ptr_array_index(controllers, i);

        if ((controller->type == VIRTCPU_CONTROLLER_PCI) == pci &&
            !virtcpu_args_controller(args, controller, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* A bus comes before what plugs into it: PCI first, and a port before the bridge below it, for its
 * index is lower. */
gboolean
virtcpu_args_controllers(VirtCpuArgs *args, GError **error)
{
    return add_controllers(args, TRUE, error) && add_controllers(args, FALSE, error);
}
