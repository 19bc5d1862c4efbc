/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one QEMU binary can do under one accelerator: a probe's answer. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/cpu/cpu.h"

/* A machine type. */
typedef struct {
    char *name;  /* canonical: "pc-i440fx-7.2" */
    char *alias; /* "pc", or NULL */
    unsigned max_cpus;
    gboolean hotplug_cpus, is_default, deprecated, numa_mem;
    char *default_cpu;    /* QOM type, or NULL */
    char *default_ram_id; /* or NULL */
} VirtCpuQemuMachine;

/* Immutable and shared once made; one per (binary, accelerator). */
typedef struct {
    char *binary; /* absolute path */
    VirtCpuVirtType virt_type;
    VirtCpuArch arch;
    unsigned version_major, version_minor, version_micro;
    char *package;                     /* "Debian 1:7.2+…" */
    GPtrArray *machines;               /* of VirtCpuQemuMachine, in QEMU's order */
    GPtrArray *models;                 /* of VirtCpuHvModel: query-cpu-definitions */
    gboolean kvm_present, kvm_enabled; /* query-kvm */
    VirtCpuJson *max_model; /* full expansion of max (TCG) or host (KVM), migratable=on where that
                               exists; or NULL */
    VirtCpuJson
        *max_model_nonmigratable; /* the same without migratable; NULL when equal or unknown */
    VirtCpuDef *host_model; /* the host-model CPU decoded from max_model with @models; NULL when
                               there is none */
    char **properties;    /* CPU properties this binary knows (device-list-properties of max); NULL:
                             unknown */
    GHashTable *commands; /* set of QMP command names */
    GHashTable *devices;  /* set of QOM device types */
} VirtCpuQemuCaps;

/* Drop a reference to @caps (may be NULL). Any thread. */
void virtcpu_qemu_caps_unref(VirtCpuQemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuCaps, virtcpu_qemu_caps_unref)

/* Take a reference (returns @caps). Any thread. */
VirtCpuQemuCaps *virtcpu_qemu_caps_ref(VirtCpuQemuCaps *caps);

/* 7002022 for 7.2.22. */
guint64 virtcpu_qemu_caps_version(const VirtCpuQemuCaps *caps);

/* The machine named or aliased @name, the default one for NULL; NULL when there is none (transfer
 * none). */
const VirtCpuQemuMachine *virtcpu_qemu_caps_machine(const VirtCpuQemuCaps *caps, const char *name);

/* The CPU model named @name (transfer none), or NULL. */
const VirtCpuHvModel *virtcpu_qemu_caps_model(const VirtCpuQemuCaps *caps, const char *name);

/* TRUE when QMP has @command. */
gboolean virtcpu_qemu_caps_has_command(const VirtCpuQemuCaps *caps, const char *command);

/* TRUE when the binary has device type @device. */
gboolean virtcpu_qemu_caps_has_device(const VirtCpuQemuCaps *caps, const char *device);

/* All of @caps as JSON, for the cache (transfer full). */
VirtCpuJson *virtcpu_qemu_caps_to_json(const VirtCpuQemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;

/* Back from JSON; hostile input is INTERNAL_ERROR, never trusted. Returns (transfer full). */
VirtCpuQemuCaps *virtcpu_qemu_caps_from_json(const VirtCpuJson *json,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
