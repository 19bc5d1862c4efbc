/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/machine-bus.h"

/* The first prefix that fits counts; the empty one fits every machine type. */
static const VirtCpuMachineBus rows[] = {
    { .prefix = "pc-q35",
      .root = VIRTCPU_PCI_ROOT_PCIE,
      .virtio_address = VIRTCPU_ADDRESS_PCI,
      .has_ahci = TRUE,
      .is_pc = TRUE,
      .usb_model = "qemu-xhci",
      .usb_device = "qemu-xhci" },
    { .prefix = "pc-",
      .root = VIRTCPU_PCI_ROOT_PCI,
      .virtio_address = VIRTCPU_ADDRESS_PCI,
      .has_ide = TRUE,
      .is_pc = TRUE,
      .usb_model = "piix3-uhci",
      .usb_device = "piix3-usb-uhci" },
    { .prefix = "microvm", .virtio_address = VIRTCPU_ADDRESS_VIRTIO_MMIO, .takes_mmio = TRUE },
    { .prefix = "virt",
      .root = VIRTCPU_PCI_ROOT_PCIE,
      .virtio_address = VIRTCPU_ADDRESS_PCI,
      .takes_mmio = TRUE },
    { .prefix = "pseries", .root = VIRTCPU_PCI_ROOT_PCI, .virtio_address = VIRTCPU_ADDRESS_PCI },
    { .prefix = "s390-ccw", .virtio_address = VIRTCPU_ADDRESS_CCW },
    { .prefix = "" },
};

/* Some targets have a "virt" without PCI. */
static const VirtCpuMachineBus mmio_only = {
    .prefix = "",
    .virtio_address = VIRTCPU_ADDRESS_VIRTIO_MMIO,
    .takes_mmio = TRUE,
};

const VirtCpuMachineBus *
virtcpu_machine_bus_find(const VirtCpuQemuCaps *caps, const char *machine)
{
    const VirtCpuMachineBus *row = rows;

    while (!g_str_has_prefix(machine, row->prefix)) {
        row++;
    }
    if (row->root != VIRTCPU_PCI_ROOT_NONE &&
        !virtcpu_qemu_caps_has_device(caps, "virtio-blk-pci")) {
        return &mmio_only;
    }
    return row;
}
