/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine type has for devices to plug into. */
#pragma once

#include "drivers/qemu/caps.h"

typedef enum {
    VIRTCPU_PCI_ROOT_NONE,
    VIRTCPU_PCI_ROOT_PCI,  /* one conventional bus, "pci.0" */
    VIRTCPU_PCI_ROOT_PCIE, /* a root complex, "pcie.0" */
} VirtCpuPciRoot;

/* Facts of QEMU's hw/ARCH/; a constant. */
typedef struct {
    const char *prefix;                /* of the machine types' canonical names */
    VirtCpuPciRoot root;               /* where PCI devices plug in */
    VirtCpuAddressType virtio_address; /* where virtio devices do by default; NONE: nowhere */
    gboolean takes_mmio;               /* virtio devices may be given a virtio-mmio transport */
    gboolean has_ide;                  /* two built-in IDE channels at 00:01.1 */
    gboolean has_ahci;                 /* six built-in SATA ports at 00:1f.2 */
    gboolean is_pc;                    /* an x86 PC, with its options, keyboard and mouse */
    const char *usb_model;             /* of the USB controller libvirt adds; NULL: adds none */
    const char *usb_device;            /* QEMU's for it; it is only added where QEMU has that */
} VirtCpuMachineBus;

/* That of @machine (canonical name) in the binary of @caps; one with nothing at all for a machine
 * type virtcpu does not know (transfer none). Any thread. */
const VirtCpuMachineBus *virtcpu_machine_bus_find(const VirtCpuQemuCaps *caps, const char *machine);
