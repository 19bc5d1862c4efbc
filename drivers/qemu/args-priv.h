/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the args-*.c files share one command line under construction. Included by them only. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/args.h"

/* Where a machine type takes plug-in devices, and what is still free there. */
typedef struct {
    const char *suffix; /* of virtio device types: "-pci", "-device", "-ccw" */
    const char *bus;    /* QEMU's id of the bus, or NULL when devices name none */
    unsigned next_slot; /* next free PCI slot */
    gboolean has_ide;   /* two built-in IDE channels */
    gboolean has_ahci;  /* six built-in SATA ports as ide.0 to ide.5 */
    gboolean is_pc;     /* an x86 PC with the options of that machine family */
} VirtCpuArgsBus;

/* The command line being built. */
typedef struct {
    const VirtCpuArgsInput *input;
    const VirtCpuQemuMachine *machine;
    GPtrArray *argv;
    VirtCpuArgsBus bus;
    gboolean has_ahci_controller, has_scsi_controller, has_serial_controller;
} VirtCpuArgs;

/* Append an option and its value (NULL: none). */
void virtcpu_args_add(VirtCpuArgs *args, const char *option, const char *value);

/* Append an option whose value is @json (transfer full). */
void virtcpu_args_add_json(VirtCpuArgs *args, const char *option, VirtCpuJson *json);

/* @text with commas doubled, as QEMU's key=value options want (transfer full). */
char *virtcpu_args_escape(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* The bus of @machine (canonical name) in the binary of @caps; a machine without one gets suffix
 * NULL. */
void virtcpu_args_bus_init(VirtCpuArgsBus *bus, const VirtCpuQemuCaps *caps, const char *machine);

/* A -device of @type with @alias as id, placed on the next free slot when @on_bus. Errors:
 * CONFIG_UNSUPPORTED when the binary lacks the type or the machine type lacks the bus or a free
 * slot. Returns an object to add properties to (transfer full). */
VirtCpuJson *virtcpu_args_device(VirtCpuArgs *args, const char *type, const char *alias,
                                 gboolean on_bus, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for virtio device @name ("blk"), with the machine's own suffix. */
VirtCpuJson *virtcpu_args_virtio(VirtCpuArgs *args, const char *name, const char *alias,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Each appends the options of one kind of device. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_args_disks(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Network interfaces. */
gboolean virtcpu_args_nets(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Serial ports and consoles. */
gboolean virtcpu_args_chardevs(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* VNC and the video card. */
gboolean virtcpu_args_graphics(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Random number generators and the balloon. */
gboolean virtcpu_args_extras(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bootindex of the first device of boot class @dev ("hd", "cdrom", "network") when <os><boot>
 * names it, else 0. */
unsigned virtcpu_args_boot_index(const VirtCpuDomainDef *def, const char *dev);
