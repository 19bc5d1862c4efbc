/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a device sits in its guest: <address>. Once given it is kept, so that the guest's operating
 * system finds the device where it was. */
#pragma once

#include "conf/cpu-def.h"
#include "conf/xml.h"

/* <address type=>. */
typedef enum {
    VIRTCPU_ADDRESS_NONE, /* no address written or assigned yet */
    VIRTCPU_ADDRESS_PCI,
    VIRTCPU_ADDRESS_DRIVE,
    VIRTCPU_ADDRESS_VIRTIO_SERIAL,
    VIRTCPU_ADDRESS_USB,
    VIRTCPU_ADDRESS_CCW,
    VIRTCPU_ADDRESS_VIRTIO_MMIO,
    VIRTCPU_ADDRESS_ISA,
    VIRTCPU_ADDRESS_LAST,
} VirtCpuAddressType;

#define VIRTCPU_PCI_BUSES      256
#define VIRTCPU_PCI_SLOTS      32
#define VIRTCPU_PCI_FUNCTIONS  8
#define VIRTCPU_USB_PORT_BYTES 16

/* A value without pointers: copied by assignment. Fields that the type does not have are 0. */
typedef struct {
    VirtCpuAddressType type;
    unsigned domain, bus, slot, function;  /* pci; bus: drive, virtio-serial and usb, too */
    VirtCpuTristate multifunction;         /* pci */
    unsigned controller;                   /* drive, virtio-serial */
    unsigned target, unit;                 /* drive */
    unsigned port;                         /* virtio-serial */
    char usb_port[VIRTCPU_USB_PORT_BYTES]; /* usb: "1", "1.2" through a hub; "": not assigned */
    unsigned cssid, ssid, devno;           /* ccw */
    unsigned iobase, irq;                  /* isa; 0: not given */
} VirtCpuAddress;

/* Read the <address> @node. Errors: XML_ERROR for what is missing or out of range,
 * CONFIG_UNSUPPORTED for a type or an attribute virtcpu does not run; both name the attribute and
 * the line. Any thread. */
gboolean virtcpu_address_parse(xmlNode *node, VirtCpuAddress *address,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append "<address …/>" as a line indented by @indent; nothing for one that is not assigned. */
void virtcpu_address_format(const VirtCpuAddress *address, unsigned indent, GString *out);

/* TRUE when @address says where: not for type NONE, nor for <address type='pci'/> alone, which asks
 * for any PCI address. */
gboolean virtcpu_address_is_assigned(const VirtCpuAddress *address);

/* "0000:01:02.0": PCI address @address as messages show it (transfer full). */
char *virtcpu_address_pci_to_text(const VirtCpuAddress *address) G_GNUC_WARN_UNUSED_RESULT;

/* The word of @type: "pci"; NULL for NONE and out of range. */
const char *virtcpu_address_type_to_string(VirtCpuAddressType type);
