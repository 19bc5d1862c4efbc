/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain as a QEMU command line. Pure: nothing is opened, started or looked up. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/explicit-cpu.h"

/* When a QEMU shuts itself off from system calls it has no use for. */
typedef enum {
    VIRTCPU_SANDBOX_DEFAULT, /* where QEMU can */
    VIRTCPU_SANDBOX_OFF,
    VIRTCPU_SANDBOX_ON, /* a QEMU that cannot is refused */
} VirtCpuSandbox;

/* What a command line is made from; nothing is kept. */
typedef struct {
    const VirtCpuDomainDef *def; /* complete, with addresses (virtcpu_devices_assign) and aliases */
    const VirtCpuQemuCaps *caps; /* of the definition's emulator and virt type */
    const VirtCpuDef *cpu;       /* the exact guest CPU; NULL: the machine type's own */
    const VirtCpuCpuLine *line;  /* stands for the named form of @cpu; NULL: that is written */
    int monitor_fd; /* listening QMP socket the QEMU inherits; its number is written as it is */
    VirtCpuSandbox sandbox;
    gboolean incoming; /* the guest's state comes in later, by migrate-incoming */
    int tap_fd;        /* the first of the tap devices it inherits, one for each bridge interface */
} VirtCpuArgsInput;

/* Give every device of @def, which has addresses, an alias of its own ("virtio-disk0", "net0") if
 * it has none, and the block nodes of every disk their number. Any thread. */
void virtcpu_args_assign_aliases(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps);

/* Number the block nodes of the disks of @def that have none yet, as a guest starts with them. Any
 * thread. */
void virtcpu_args_number_nodes(const VirtCpuDomainDef *def);

/* Give @device, which is one of running @def's, an alias that no other has, if it has none. Any
 * thread. */
void virtcpu_args_assign_alias(const VirtCpuDomainDef *def, VirtCpuDeviceInfo *device,
                               const VirtCpuQemuCaps *caps);

/* The next number for block nodes of running @def: no disk has one as high. */
unsigned virtcpu_args_next_node(const VirtCpuDomainDef *def);

/* The whole command line, argv[0] included, NULL-terminated (transfer full). QEMU starts paused
 * (-S). A VNC display with a password is started locked: the caller sets the password over QMP;
 * with autoport QEMU picks the port and query-vnc tells it. Errors: CONFIG_UNSUPPORTED naming what
 * this binary or machine type cannot do. Any thread. */
char **virtcpu_args_build(const VirtCpuArgsInput *input, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One thing that a running QEMU is told, and what takes it back. */
typedef struct {
    const char *command, *undo;              /* of QMP; static */
    VirtCpuJson *arguments, *undo_arguments; /* owned */
} VirtCpuArgsStep;

/* What QEMU has to be told, in this order, to have @device of @input's definition, one of its
 * disks, controllers, interfaces, virtio consoles, channels, inputs or random number generators,
 * which has address and alias; of VirtCpuArgsStep (transfer full). The last is its device. The
 * descriptor of an interface in a bridge is to be passed before under the name of
 * virtcpu_args_tap_name. Errors: CONFIG_UNSUPPORTED for what this binary cannot do,
 * OPERATION_UNSUPPORTED for a device of another kind. Any thread. */
GPtrArray *virtcpu_args_plug(const VirtCpuArgsInput *input, const VirtCpuDeviceInfo *device,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the medium of @disk, which has one, alone: the last step makes the node that
 * virtcpu_args_medium_name names. */
GPtrArray *virtcpu_args_medium(const VirtCpuDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;

/* The name of the block node of the medium of @disk, which has one, for a drive (transfer full). */
char *virtcpu_args_medium_name(const VirtCpuDiskDef *disk) G_GNUC_WARN_UNUSED_RESULT;

/* Under which name QEMU is passed the tap device of @net (transfer full). */
char *virtcpu_args_tap_name(const VirtCpuNetDef *net) G_GNUC_WARN_UNUSED_RESULT;

/* QEMU's name of I/O thread @number (transfer full). */
char *virtcpu_args_iothread_name(unsigned number) G_GNUC_WARN_UNUSED_RESULT;

/* I/O thread @thread as an object of QEMU's (transfer full). */
VirtCpuJson *virtcpu_args_iothread(const VirtCpuThreadTune *thread) G_GNUC_WARN_UNUSED_RESULT;

/* The environment the QEMU of @def gets: fixed locale and path and what the definition adds,
 * nothing of the daemon's own (transfer full). */
char **virtcpu_args_environment(const VirtCpuDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* The value of -cpu in its named form, whatever line @input has (transfer full). Errors:
 * CONFIG_UNSUPPORTED. Any thread. */
char *virtcpu_args_cpu(const VirtCpuArgsInput *input, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What stands behind the model's name there, as an object by QEMU's names for a QMP command
 * (transfer full). Any thread. */
VirtCpuJson *virtcpu_args_cpu_properties(const VirtCpuArgsInput *input) G_GNUC_WARN_UNUSED_RESULT;

/* @environment and @argv as text a POSIX shell runs, an option a line (transfer full). Any thread.
 */
char *virtcpu_args_to_shell(char **environment, char **argv) G_GNUC_WARN_UNUSED_RESULT;
