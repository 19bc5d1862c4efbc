/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the assign-*.c files share one assignment. Included by them only. */
#pragma once

#include "drivers/qemu/assign.h"
#include "drivers/qemu/machine-bus.h"

/* What a device plugs into. */
typedef enum {
    VIRTCPU_PLUG_NONE, /* it is on the board, or no device of the guest's */
    VIRTCPU_PLUG_PCI,
    VIRTCPU_PLUG_PCIE,
    VIRTCPU_PLUG_ROOT_PORT, /* directly below the root complex */
    VIRTCPU_PLUG_VIRTIO,    /* whatever the machine type has for virtio devices */
    VIRTCPU_PLUG_DRIVE,
    VIRTCPU_PLUG_SERIAL_PORT, /* of a virtio-serial controller */
    VIRTCPU_PLUG_USB,
    VIRTCPU_PLUG_ISA,
    VIRTCPU_PLUG_LAST,
} VirtCpuPlug;

/* One assignment under way. */
typedef struct {
    VirtCpuDomainDef *def;
    const VirtCpuMachineBus *bus;
    const VirtCpuQemuCaps *caps;
} VirtCpuAssign;

/* What @device plugs into. A PCI Express device of a machine without a root complex is a PCI
 * device. */
VirtCpuPlug virtcpu_device_plug(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device);

/* The drive @address that disk name @target ("hdc") has on @bus, IDE, SATA or SCSI, as libvirt
 * counts. */
void virtcpu_drive_from_target(VirtCpuDiskBus bus, const char *target, VirtCpuAddress *address);

/* Add what libvirt adds to every domain of the machine type, and the controllers that disks, ports
 * and inputs name or need; fill in models. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_assign_controllers(VirtCpuAssign *assign,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Drives: controller, bus, target, unit. */
gboolean virtcpu_assign_drives(VirtCpuAssign *assign, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ports of virtio-serial controllers and of USB. */
gboolean virtcpu_assign_ports(VirtCpuAssign *assign, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Channel subsystem numbers. */
gboolean virtcpu_assign_ccw(VirtCpuAssign *assign, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* PCI slots, with the bridges and ports they take. */
gboolean virtcpu_assign_pci(VirtCpuAssign *assign, GError **error) G_GNUC_WARN_UNUSED_RESULT;
