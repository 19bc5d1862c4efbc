/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the args-*.c files share one command line under construction. Included by them only. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/args.h"
#include "drivers/qemu/machine-bus.h"

/* The command line being built. */
typedef struct {
    const VirtCpuArgsInput *input;
    const VirtCpuQemuMachine *machine;
    GPtrArray *argv;  /* the command line being built; or NULL */
    GPtrArray *steps; /* or, of VirtCpuArgsStep, what a running QEMU is told instead */
    const VirtCpuMachineBus *bus;
    int next_tap; /* descriptor of the next interface in a bridge */
} VirtCpuArgs;

/* Look up what @args needs to know of its input's machine type. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_args_find_machine(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append an option and its value (NULL: none). */
void virtcpu_args_add(VirtCpuArgs *args, const char *option, const char *value);

/* Append an option whose value is @json (transfer full), or the step that is the same of a running
 * QEMU. */
void virtcpu_args_add_json(VirtCpuArgs *args, const char *option, VirtCpuJson *json);

/* The step that does for a running QEMU what @option with @json (transfer full) does on a command
 * line. */
void virtcpu_args_add_step(VirtCpuArgs *args, const char *option, VirtCpuJson *json);

/* @text with commas doubled, as QEMU's key=value options want (transfer full). */
char *virtcpu_args_escape(const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* A -device of @type for @info: its alias as id, and where its address says. Errors:
 * CONFIG_UNSUPPORTED when the binary lacks the type. Returns an object to add properties to
 * (transfer full). */
VirtCpuJson *virtcpu_args_device(VirtCpuArgs *args, const char *type, const VirtCpuDeviceInfo *info,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for virtio device @name ("blk"), in the transport of its address. */
VirtCpuJson *virtcpu_args_virtio(VirtCpuArgs *args, const char *name, const VirtCpuDeviceInfo *info,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's name of the bus number @index of a controller of @type: its alias, or the built-in one's
 * name; @number is that of the bus below it (transfer full). */
char *virtcpu_args_bus(const VirtCpuArgs *args, VirtCpuControllerType type, unsigned index,
                       unsigned number) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when memory is one object, which -machine names: no NUMA cells have theirs. */
gboolean virtcpu_args_has_main_memory(const VirtCpuArgs *args);

/* Append the size of memory, and what it is where it is one. */
void virtcpu_args_memory(VirtCpuArgs *args);

/* Append the NUMA cells and what their memory is. */
void virtcpu_args_numa(VirtCpuArgs *args);

/* Append the I/O threads. */
void virtcpu_args_iothreads(VirtCpuArgs *args);

/* Each appends the options of one device. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_args_disk(VirtCpuArgs *args, const VirtCpuDiskDef *disk,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Nothing for one that the machine type brings along. */
gboolean virtcpu_args_controller(VirtCpuArgs *args, const VirtCpuControllerDef *controller,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above. */
gboolean virtcpu_args_net(VirtCpuArgs *args, const VirtCpuNetDef *net,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A console or channel of a virtio-serial controller. */
gboolean virtcpu_args_virtio_port(VirtCpuArgs *args, const VirtCpuChardevDef *port,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Nothing for one on bus ps2, which is on the board. */
gboolean virtcpu_args_input(VirtCpuArgs *args, const VirtCpuInputDef *input,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* See above. */
gboolean virtcpu_args_rng(VirtCpuArgs *args, const VirtCpuRngDef *rng,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append the block nodes of the medium of @disk, which has one. Returns the name of the upper one,
 * which a drive takes (transfer full). */
char *virtcpu_args_blockdev(VirtCpuArgs *args,
                            const VirtCpuDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;

/* Each appends the options of one kind of device. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_args_controllers(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Disks. */
gboolean virtcpu_args_disks(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Network interfaces. */
gboolean virtcpu_args_nets(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Serial ports, consoles and channels. */
gboolean virtcpu_args_chardevs(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Audio, VNC and the video cards. */
gboolean virtcpu_args_graphics(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Inputs, watchdog, random number generators and the balloon. */
gboolean virtcpu_args_extras(VirtCpuArgs *args, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bootindex of the first device of boot class @dev ("hd", "cdrom", "network") when <os><boot>
 * names it, else 0. */
unsigned virtcpu_args_boot_index(const VirtCpuDomainDef *def, const char *dev);
