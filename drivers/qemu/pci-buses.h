/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The PCI buses of one guest and what is in their slots. */
#pragma once

#include "drivers/qemu/assign-priv.h"

/* A bus's controller, or a device in one of its functions. NULL: nothing there. */
typedef struct {
    const VirtCpuControllerDef *controller;
    const VirtCpuDeviceInfo *functions[VIRTCPU_PCI_SLOTS][VIRTCPU_PCI_FUNCTIONS];
} VirtCpuPciBus;

/* The buses by number; a value, copied by assignment of what g_array_copy gives. */
typedef struct {
    const VirtCpuAssign *assign;
    GArray *buses; /* of VirtCpuPciBus; number i is that of the PCI controller with index i */
} VirtCpuPciBuses;

/* The buses of the PCI controllers of @assign, with nothing in them but what the machine type has
 * built in. Errors: XML_ERROR for a controller index that is missing. */
gboolean virtcpu_pci_buses_init(VirtCpuPciBuses *buses, const VirtCpuAssign *assign,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A copy of @from for trying things out. */
void virtcpu_pci_buses_copy(VirtCpuPciBuses *buses, const VirtCpuPciBuses *from);

/* Release what @buses owns. */
void virtcpu_pci_buses_clear(VirtCpuPciBuses *buses);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuPciBuses, virtcpu_pci_buses_clear)

/* The next bus, that of @controller. */
void virtcpu_pci_buses_add(VirtCpuPciBuses *buses, const VirtCpuControllerDef *controller);

/* Put @device where its address says. Errors: XML_ERROR when that is taken, does not exist or is
 * no place for it. */
gboolean virtcpu_pci_buses_put(VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when nothing is in @slot of bus @number, which exists. */
gboolean virtcpu_pci_buses_is_free(const VirtCpuPciBuses *buses, unsigned number, unsigned slot);

/* Take the place @address of bus and slot for @device without looking: find has found it. */
void virtcpu_pci_buses_take(VirtCpuPciBuses *buses, const VirtCpuDeviceInfo *device,
                            const VirtCpuAddress *address);

/* TRUE when another function of the slot of @address than its own is in use. */
gboolean virtcpu_pci_buses_is_shared(const VirtCpuPciBuses *buses, const VirtCpuAddress *address);

/* The first free place for a device with @plug into @address, which is left alone when there is
 * none. Root ports share slots, each its own function. */
gboolean virtcpu_pci_buses_find(const VirtCpuPciBuses *buses, VirtCpuPlug plug,
                                VirtCpuAddress *address);

/* TRUE, with the place in @address, when @device is a controller the chipset has built in. */
gboolean virtcpu_pci_builtin(const VirtCpuAssign *assign, const VirtCpuDeviceInfo *device,
                             VirtCpuAddress *address);
