/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes to a domain: its devices, its vCPUs, its memory, its threads. Beside driver.h, whose
 * rules hold: thread-safe, may block, takes the domain's job itself.
 *
 * Flags are virDomainModificationImpact's: LIVE changes what runs, CONFIG the definition on disk,
 * neither means what runs, or else the definition. Both are changed or none: where the second
 * fails the first is undone. What is acknowledged is on disk. Errors of all: OPERATION_INVALID for
 * a domain that does not run or has no definition, INVALID_ARG for other flags. */
#pragma once

#include "drivers/qemu/driver.h"

/* virDomainModificationImpact, and what some calls have beside. */
#define VIRTCPU_CHANGE_LIVE   1u
#define VIRTCPU_CHANGE_CONFIG 2u
#define VIRTCPU_CHANGE_IMPACT (VIRTCPU_CHANGE_LIVE | VIRTCPU_CHANGE_CONFIG)
/* Of virtcpu_driver_update_device: open a tray that the guest has locked. */
#define VIRTCPU_CHANGE_FORCE 4u
/* Of virtcpu_driver_set_vcpus and _set_memory: the maximum is meant. */
#define VIRTCPU_CHANGE_MAXIMUM 4u
/* Of virtcpu_driver_set_vcpus: further ones are plugged at each start, and can be unplugged. */
#define VIRTCPU_CHANGE_HOTPLUGGABLE 16u

/* Add the device @xml describes. A running guest gets it at once, at an address of its own. Errors:
 * those of virtcpu_device_parse; OPERATION_UNSUPPORTED for a kind of device that cannot be added
 * to a running guest, or not to a definition; CONFIG_UNSUPPORTED and XML_ERROR for one that has no
 * place; what QEMU says. */
gboolean virtcpu_driver_attach_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      const char *xml, unsigned flags,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Take away the device that @xml describes, as libvirt finds it: a disk by target, an interface by
 * MAC address, others by what is written. A running guest is asked to give it up: one that does not
 * within 5 s is still being asked, and the call succeeds. Errors: DEVICE_MISSING,
 * OPERATION_UNSUPPORTED, OPERATION_FAILED when the guest refuses. */
gboolean virtcpu_driver_detach_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      const char *xml, unsigned flags,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same by @alias; returns as soon as the guest was asked. */
gboolean virtcpu_driver_detach_alias(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     const char *alias, unsigned flags,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make the device that @xml describes as it says: the medium of a CD drive, the link of an
 * interface, a VNC password; a definition takes any change. Errors: OPERATION_UNSUPPORTED and
 * CONFIG_UNSUPPORTED naming what cannot be changed. */
gboolean virtcpu_driver_update_device(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      const char *xml, unsigned flags,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have @count vCPUs; with VIRTCPU_CHANGE_MAXIMUM, which a running guest does not take, as many as
 * there can ever be. In a definition the guest is started with all of them, but with
 * VIRTCPU_CHANGE_HOTPLUGGABLE further ones are plugged. A vCPU that is plugged is asked what it
 * became: one that differs is refused. Errors: INVALID_ARG for more than the maximum, and those of
 * virtcpu_domain_plug_vcpus. */
gboolean virtcpu_driver_set_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  unsigned count, unsigned flags,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the vCPUs @list ("2,4-5") on, or off: in a definition they are plugged at each start from
 * then on. Errors: INVALID_ARG for what is no list, and those of virtcpu_vcpu_list_switch,
 * virtcpu_vcpu_list_define and virtcpu_domain_plug_vcpus. */
gboolean virtcpu_driver_switch_vcpus(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     const char *list, gboolean on, unsigned flags,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have @kib of memory: what the balloon leaves the guest, or, with VIRTCPU_CHANGE_MAXIMUM, which a
 * running guest does not take, what it is made with. Errors: INVALID_ARG for 0 or more than the
 * maximum; OPERATION_INVALID for a guest without a balloon, or with NUMA cells. */
gboolean virtcpu_driver_set_memory(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   guint64 kib, unsigned flags,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the guest's balloon ask every @period_s seconds (0: never) how its memory does. Errors:
 * OPERATION_INVALID without a balloon. */
gboolean virtcpu_driver_set_memory_period(VirtCpuDriver *driver,
                                          const guint8 uuid[VIRTCPU_UUID_BYTES], int period_s,
                                          unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A copy of the definition that @flags (VIRTCPU_CHANGE_LIVE or _CONFIG, not both) mean, to be
 * looked at (transfer full). Errors also: INVALID_ARG for both. Quick. */
VirtCpuDomainDef *virtcpu_driver_definition(VirtCpuDriver *driver,
                                            const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have @action (virDomainLifecycleAction) follow @type (virDomainLifecycle: 0 a power-off, 1 a
 * reboot of the guest's own, 2 a crash). Errors: INVALID_ARG for an unknown number,
 * CONFIG_UNSUPPORTED for an action that cannot follow. */
gboolean virtcpu_driver_set_action(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   unsigned type, unsigned action, unsigned flags,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Change the limits of the disk with target or source @path as @wish says; the disks of its group
 * follow. Clients are told of what runs (TUNABLE). Errors: INVALID_ARG for a disk there is not, and
 * those of virtcpu_disk_tune_change. */
gboolean virtcpu_driver_tune_disk(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  const char *path, const VirtCpuDiskTuneWish *wish, unsigned flags,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The limits of that disk into zeroed @tune: of what runs as QEMU says, else as defined. @flags are
 * not both. Takes no job. */
gboolean virtcpu_driver_disk_tune(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  const char *path, unsigned flags, VirtCpuDiskTune *tune,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What can be pinned. */
typedef enum {
    VIRTCPU_PIN_VCPU,
    VIRTCPU_PIN_EMULATOR, /* all threads of a QEMU that are none of the others */
    VIRTCPU_PIN_IOTHREAD,
} VirtCpuPinKind;

/* Have the thread of @kind numbered @number (0 for the emulator) run on host CPUs @cpus only, a
 * list in its shortest form. Errors: INVALID_ARG for a number there is not, SYSTEM_ERROR for CPUs
 * the kernel does not take. */
gboolean virtcpu_driver_pin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            VirtCpuPinKind kind, unsigned number, const char *cpus, unsigned flags,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Add I/O thread @number. Errors: INVALID_ARG for 0 and for one that is there. */
gboolean virtcpu_driver_add_iothread(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     unsigned number, unsigned flags,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Take I/O thread @number away. Errors: INVALID_ARG for one that is not there, and for one that a
 * disk uses. */
gboolean virtcpu_driver_delete_iothread(VirtCpuDriver *driver,
                                        const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned number,
                                        unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What of an I/O thread can be set. */
typedef enum {
    VIRTCPU_IOTHREAD_POLL_MAX_NS, /* how long it looks for requests before it sleeps */
    VIRTCPU_IOTHREAD_POLL_GROW,   /* by how much that time grows when it was too short */
    VIRTCPU_IOTHREAD_POLL_SHRINK, /* and shrinks when it was too long */
    VIRTCPU_IOTHREAD_POOL_MIN,    /* how many threads help it at least */
    VIRTCPU_IOTHREAD_POOL_MAX,    /* and at most; -1 of either: QEMU decides */
    VIRTCPU_IOTHREAD_SETTINGS,
} VirtCpuIothreadSetting;

/* What a client asks to be set. */
typedef struct {
    gint64 values[VIRTCPU_IOTHREAD_SETTINGS];
    gboolean given[VIRTCPU_IOTHREAD_SETTINGS];
} VirtCpuIothreadWish;

/* "poll_max_ns": libvirt's parameter for @setting. */
const char *virtcpu_iothread_setting_name(VirtCpuIothreadSetting setting);

/* Set I/O thread @number as @wish says; how it polls only of what runs, for as long as that does.
 * Errors: INVALID_ARG for one that is not there, CONFIG_UNSUPPORTED for a number that is none,
 * OPERATION_UNSUPPORTED for polling in a definition, OPERATION_INVALID for a least above the most.
 */
gboolean virtcpu_driver_set_iothread(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     unsigned number, const VirtCpuIothreadWish *wish,
                                     unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An I/O thread and the host CPUs it may run on. */
typedef struct {
    unsigned number;
    guint8 affinity[VIRTCPU_VCPU_MAP_BYTES]; /* see VirtCpuVcpuState */
} VirtCpuIothreadState;

/* The I/O threads of a running domain, as the kernel has them; of VirtCpuIothreadState (transfer
 * full). Errors: OPERATION_INVALID when it does not run; what QEMU says. */
GArray *virtcpu_driver_iothreads(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
