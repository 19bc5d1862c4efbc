/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each device plugs into: QEMU's hw/, by the words of the definition. */
#include "drivers/qemu/assign-priv.h"

typedef struct {
    const char *word;
    VirtCpuPlug plug;
} PlugRow;

/* By <model type=>; every other model is a PCI device. */
static const PlugRow net_rows[] = {
    { "virtio", VIRTCPU_PLUG_VIRTIO },
    { "e1000e", VIRTCPU_PLUG_PCIE },
    { NULL, VIRTCPU_PLUG_PCI },
};

static const PlugRow pci_rows[] = {
    { "pci-root", VIRTCPU_PLUG_NONE },
    { "pcie-root", VIRTCPU_PLUG_NONE },
    { "pcie-root-port", VIRTCPU_PLUG_ROOT_PORT },
    { "dmi-to-pci-bridge", VIRTCPU_PLUG_ROOT_PORT },
    { "pcie-to-pci-bridge", VIRTCPU_PLUG_PCIE },
    { NULL, VIRTCPU_PLUG_PCI },
};

static const PlugRow usb_rows[] = {
    { "none", VIRTCPU_PLUG_NONE },
    { "nec-xhci", VIRTCPU_PLUG_PCIE },
    { "qemu-xhci", VIRTCPU_PLUG_PCIE },
    { NULL, VIRTCPU_PLUG_PCI },
};

static const PlugRow scsi_rows[] = {
    { "virtio-scsi", VIRTCPU_PLUG_VIRTIO },
    { NULL, VIRTCPU_PLUG_PCI },
};

static const PlugRow input_rows[] = {
    { "usb", VIRTCPU_PLUG_USB },
    { "virtio", VIRTCPU_PLUG_VIRTIO },
    { NULL, VIRTCPU_PLUG_NONE },
};

/* The first card has a slot of its own; virtio-vga and its like are PCI devices there. */
static const PlugRow video_rows[] = {
    { "none", VIRTCPU_PLUG_NONE },
    { "virtio", VIRTCPU_PLUG_PCIE },
    { "bochs", VIRTCPU_PLUG_PCIE },
    { NULL, VIRTCPU_PLUG_PCI },
};

static const PlugRow watchdog_rows[] = {
    { "i6300esb", VIRTCPU_PLUG_PCI },
    { NULL, VIRTCPU_PLUG_NONE },
};

/* A row whose word is NULL fits all others. */
static VirtCpuPlug
find_plug(const PlugRow *rows, const char *word)
{
    while (rows->word != NULL && g_strcmp0(rows->word, word) != 0) {
        rows++;
    }
    return rows->plug;
}

static VirtCpuPlug
controller_plug(const VirtCpuControllerDef *controller)
{
    switch (controller->type) {
    case VIRTCPU_CONTROLLER_PCI:
        return find_plug(pci_rows, controller->model);
    case VIRTCPU_CONTROLLER_USB:
        return find_plug(usb_rows, controller->model);
    case VIRTCPU_CONTROLLER_SCSI:
        return find_plug(scsi_rows, controller->model);
    case VIRTCPU_CONTROLLER_VIRTIO_SERIAL:
        return VIRTCPU_PLUG_VIRTIO;
    case VIRTCPU_CONTROLLER_IDE:
    case VIRTCPU_CONTROLLER_SATA:
    case VIRTCPU_CONTROLLER_LAST:
    default:
        return VIRTCPU_PLUG_PCI;
    }
}

static VirtCpuPlug
disk_plug(const VirtCpuDiskDef *disk)
{
    if (disk->bus == VIRTCPU_BUS_VIRTIO) {
        return VIRTCPU_PLUG_VIRTIO;
    }
    return disk->bus == VIRTCPU_BUS_USB ? VIRTCPU_PLUG_USB : VIRTCPU_PLUG_DRIVE;
}

static VirtCpuPlug
any_plug(const VirtCpuDeviceInfo *device)
{
    gconstpointer any = device;

    switch (device->kind) {
    case VIRTCPU_DEVICE_DISK:
        return disk_plug(any);
    case VIRTCPU_DEVICE_CONTROLLER:
        return controller_plug(any);
    case VIRTCPU_DEVICE_NET:
        return find_plug(net_rows, ((const VirtCpuNetDef *)any)->model);
    case VIRTCPU_DEVICE_SERIAL:
        return VIRTCPU_PLUG_ISA;
    case VIRTCPU_DEVICE_CONSOLE:
        return g_strcmp0(((const VirtCpuChardevDef *)any)->target_type, "virtio") == 0
                   ? VIRTCPU_PLUG_SERIAL_PORT
                   : VIRTCPU_PLUG_ISA;
    case VIRTCPU_DEVICE_CHANNEL:
        return VIRTCPU_PLUG_SERIAL_PORT;
    case VIRTCPU_DEVICE_INPUT:
        return find_plug(input_rows, ((const VirtCpuInputDef *)any)->bus);
    case VIRTCPU_DEVICE_VIDEO:
        return find_plug(video_rows, ((const VirtCpuVideoDef *)any)->model);
    case VIRTCPU_DEVICE_WATCHDOG:
        return find_plug(watchdog_rows, ((const VirtCpuWatchdogDef *)any)->model);
    case VIRTCPU_DEVICE_MEMBALLOON:
        return g_strcmp0(((const VirtCpuMemballoonDef *)any)->model, "none") == 0
                   ? VIRTCPU_PLUG_NONE
                   : VIRTCPU_PLUG_VIRTIO;
    case VIRTCPU_DEVICE_RNG:
        return VIRTCPU_PLUG_VIRTIO;
    case VIRTCPU_DEVICE_GRAPHICS:
    case VIRTCPU_DEVICE_AUDIO:
    case VIRTCPU_DEVICE_LAST:
    default:
        return VIRTCPU_PLUG_NONE;
    }
}

VirtCpuPlug
virtcpu_device_plug(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device)
{
    const VirtCpuPlug plug = any_plug(device);

    return plug == VIRTCPU_PLUG_PCIE && assign->bus->root != VIRTCPU_PCI_ROOT_PCIE
               ? VIRTCPU_PLUG_PCI
               : plug;
}
