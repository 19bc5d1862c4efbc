/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/machine-bus.h"

/* The first prefix that fits counts; the empty one fits every machine type. */
static const VirtCpuMachineBus rows[] = {
    { "pc-q35", VIRTCPU_PCI_ROOT_PCIE, VIRTCPU_ADDRESS_PCI, FALSE, FALSE, TRUE, TRUE, "qemu-xhci",
      "qemu-xhci" },
    { "pc-", VIRTCPU_PCI_ROOT_PCI, VIRTCPU_ADDRESS_PCI, FALSE, TRUE, FALSE, TRUE, "piix3-uhci",
      "piix3-usb-uhci" },
    { "microvm", VIRTCPU_PCI_ROOT_NONE, VIRTCPU_ADDRESS_VIRTIO_MMIO, TRUE, FALSE, FALSE, FALSE,
      NULL, NULL },
    { "virt", VIRTCPU_PCI_ROOT_PCIE, VIRTCPU_ADDRESS_PCI, TRUE, FALSE, FALSE, FALSE, NULL, NULL },
    { "pseries", VIRTCPU_PCI_ROOT_PCI, VIRTCPU_ADDRESS_PCI, FALSE, FALSE, FALSE, FALSE, NULL,
      NULL },
    { "s390-ccw", VIRTCPU_PCI_ROOT_NONE, VIRTCPU_ADDRESS_CCW, FALSE, FALSE, FALSE, FALSE, NULL,
      NULL },
    { "", VIRTCPU_PCI_ROOT_NONE, VIRTCPU_ADDRESS_NONE, FALSE, FALSE, FALSE, FALSE, NULL, NULL },
};

/* Some targets have a "virt" without PCI. */
static const VirtCpuMachineBus mmio_only = {
    "", VIRTCPU_PCI_ROOT_NONE, VIRTCPU_ADDRESS_VIRTIO_MMIO, TRUE, FALSE, FALSE, FALSE, NULL, NULL,
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
