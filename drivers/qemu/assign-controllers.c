/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/assign-priv.h"

static VirtCpuControllerDef *
need_controller(VirtCpuDomainDef *def, VirtCpuControllerType type, int index, const char *model)
{
    VirtCpuControllerDef *controller = virtcpu_domain_def_find_controller(def, type, index);

    if (controller == NULL) {
        controller = virtcpu_device_new(VIRTCPU_DEVICE_CONTROLLER, 0);
        controller->type = type;
        controller->index = index;
        controller->model = g_strdup(model);
        virtcpu_domain_def_add_controller(def, controller);
    }
    return controller;
}

static gboolean
has_type(const VirtCpuDomainDef *def, VirtCpuControllerType type)
{
    for (guint i = 0; i < def->controllers->len; i++) {
        if (((const VirtCpuControllerDef *)g_ptr_array_index(def->controllers, i))->type == type) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
need_input(VirtCpuDomainDef *def, const char *type)
{
    VirtCpuInputDef *input;

    for (guint i = 0; i < def->inputs->len; i++) {
        const VirtCpuInputDef *other = g_ptr_array_index(def->inputs, i);

        if (g_strcmp0(other->bus, "ps2") == 0 && g_str_equal(other->type, type)) {
            return;
        }
    }
    input = virtcpu_device_new(VIRTCPU_DEVICE_INPUT, 0);
    input->type = g_strdup(type);
    input->bus = g_strdup("ps2");
    g_ptr_array_add(def->inputs, input);
}

/* The root of PCI has index 0 and is what the machine type has. */
static gboolean
add_pci_root(VirtCpuAssign *assign, GError **error)
{
    const char *wanted = assign->bus->root == VIRTCPU_PCI_ROOT_PCIE ? "pcie-root" : "pci-root";
    VirtCpuControllerDef *root;

    if (assign->bus->root == VIRTCPU_PCI_ROOT_NONE) {
        return TRUE;
    }
    root = need_controller(assign->def, VIRTCPU_CONTROLLER_PCI, 0, wanted);
    if (root->model == NULL) {
        root->model = g_strdup(wanted);
    }
    if (g_str_equal(root->model, wanted)) {
        return TRUE;
    }
    virtcpu_error_set(error, VIRTCPU_ERR_XML_ERROR,
                      _("The PCI controller with index='0' must be model='%s' for machine type "
                        "'%s', but model='%s' was found instead (line %ld)"),
                      wanted, assign->def->machine, root->model, root->info.line);
    return FALSE;
}

/* What libvirt gives every domain of the machine type. */
static gboolean
add_defaults(VirtCpuAssign *assign, GError **error)
{
    VirtCpuDomainDef *def = assign->def;
    const VirtCpuMachineBus *bus = assign->bus;

    if (bus->is_pc) {
        need_input(def, "mouse");
        need_input(def, "keyboard");
    }
    if (bus->usb_model != NULL && !has_type(def, VIRTCPU_CONTROLLER_USB) &&
        virtcpu_qemu_caps_has_device(assign->caps, bus->usb_device)) {
        need_controller(def, VIRTCPU_CONTROLLER_USB, 0, bus->usb_model);
    }
    if (bus->has_ahci) {
        need_controller(def, VIRTCPU_CONTROLLER_SATA, 0, NULL);
    }
    return add_pci_root(assign, error);
}

static gboolean
check_ide(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device, GError **error)
{
    g_autofree char *who = NULL;

    if (assign->bus->has_ide) {
        return TRUE;
    }
    who = virtcpu_device_describe(device);
    virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                      _("IDE controllers are unsupported for machine type '%s'; %s needs bus "
                        "'sata', 'scsi' or 'virtio'"),
                      assign->def->machine, who);
    return FALSE;
}

/* By VirtCpuDiskBus: what its disks hang on, in libvirt's order of adding. */
static const struct {
    VirtCpuDiskBus bus;
    VirtCpuControllerType type;
    const char *model;
} disk_rows[] = {
    { VIRTCPU_BUS_SCSI, VIRTCPU_CONTROLLER_SCSI, "virtio-scsi" },
    { VIRTCPU_BUS_IDE, VIRTCPU_CONTROLLER_IDE, NULL },
    { VIRTCPU_BUS_SATA, VIRTCPU_CONTROLLER_SATA, NULL },
};

/* Controllers up to the last that a disk names are there, as in libvirt. */
static gboolean
add_for_disks(VirtCpuAssign *assign, gsize row, GError **error)
{
    for (guint i = 0; i < assign->def->disks->len; i++) {
        VirtCpuDiskDef *disk = g_ptr_array_index(assign->def->disks, i);
        VirtCpuAddress *address = &disk->info.address;

        if (disk->bus != disk_rows[row].bus) {
            continue;
        }
        if (disk->bus == VIRTCPU_BUS_IDE && !check_ide(assign, &disk->info, error)) {
            return FALSE;
        }
        if (address->type == VIRTCPU_ADDRESS_NONE) {
            virtcpu_drive_from_target(disk->bus, disk->target, address);
        }
        for (unsigned n = 0; address->type == VIRTCPU_ADDRESS_DRIVE && n <= address->controller;
             n++) {
            need_controller(assign->def, disk_rows[row].type, (int)n, disk_rows[row].model);
        }
    }
    return TRUE;
}

static void
add_for_ports(VirtCpuAssign *assign, const GPtrArray *chardevs)
{
    for (guint i = 0; i < chardevs->len; i++) {
        const VirtCpuChardevDef *chardev = g_ptr_array_index(chardevs, i);

        if (g_strcmp0(chardev->target_type, "virtio") != 0) {
            continue;
        }
        for (unsigned n = 0; n <= chardev->info.address.controller; n++) {
            need_controller(assign->def, VIRTCPU_CONTROLLER_VIRTIO_SERIAL, (int)n, NULL);
        }
    }
}

/* Boards without USB of libvirt's get a controller when something plugs into it. */
static void
add_for_usb(VirtCpuAssign *assign)
{
    gboolean wanted = FALSE;

    for (guint i = 0; i < assign->def->inputs->len; i++) {
        const VirtCpuInputDef *input = g_ptr_array_index(assign->def->inputs, i);

        wanted = wanted || g_strcmp0(input->bus, "usb") == 0;
    }
    for (guint i = 0; i < assign->def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(assign->def->disks, i);

        wanted = wanted || disk->bus == VIRTCPU_BUS_USB;
    }
    if (wanted && !has_type(assign->def, VIRTCPU_CONTROLLER_USB) &&
        assign->bus->root != VIRTCPU_PCI_ROOT_NONE) {
        need_controller(assign->def, VIRTCPU_CONTROLLER_USB, 0, "qemu-xhci");
    }
}

/* Models that may be left out, and the QEMU device of a PCI bridge or port. */
static gboolean
fill_models(VirtCpuAssign *assign, GError **error)
{
    for (guint i = 0; i < assign->def->controllers->len; i++) {
        VirtCpuControllerDef *controller = g_ptr_array_index(assign->def->controllers, i);

        if (controller->type == VIRTCPU_CONTROLLER_IDE &&
            !check_ide(assign, &controller->info, error)) {
            return FALSE;
        }
        if (controller->model != NULL) {
            continue;
        }
        if (controller->type == VIRTCPU_CONTROLLER_SCSI) {
            controller->model = g_strdup("virtio-scsi");
        } else if (controller->type == VIRTCPU_CONTROLLER_USB) {
            controller->model =
                g_strdup(assign->bus->usb_model != NULL ? assign->bus->usb_model : "qemu-xhci");
        } else if (controller->type == VIRTCPU_CONTROLLER_PCI) {
            controller->model = g_strdup(
                assign->bus->root == VIRTCPU_PCI_ROOT_PCIE ? "pcie-root-port" : "pci-bridge");
        }
    }
    return TRUE;
}

gboolean
virtcpu_assign_controllers(VirtCpuAssign *assign, GError **error)
{
    if (!add_defaults(assign, error)) {
        return FALSE;
    }
    for (gsize row = 0; row < G_N_ELEMENTS(disk_rows); row++) {
        if (!add_for_disks(assign, row, error)) {
            return FALSE;
        }
    }
    add_for_ports(assign, assign->def->consoles);
    add_for_ports(assign, assign->def->channels);
    add_for_usb(assign);
    return fill_models(assign, error);
}
