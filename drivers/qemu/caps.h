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
    VirtCpuJson *max_model; /* static expansion (full where QEMU has no static one) of max (TCG) or
                               host (KVM), migratable=on where that exists; or NULL */
    VirtCpuJson
        *max_model_nonmigratable; /* the same without migratable; NULL when equal or unknown */
    VirtCpuDef *host_model; /* the CPU that mode host-model gives a guest, decoded from max_model
                               with @models: nothing in it stands in the way of migration; NULL when
                               there is none */
    VirtCpuDef *host_model_reported; /* the one domain capabilities show, features that block
                                        migration included; NULL with host_model */
    char **properties;    /* CPU properties this binary knows (qom-list-properties of max); NULL:
                             unknown */
    GHashTable *commands; /* set of QMP command names */
    GHashTable *devices;  /* set of QOM device types; NULL: unknown, all may be there */
    char **accelerators;  /* QOM types of those it was built with, "tcg-accel"; NULL: unknown */
    char **deprecated_properties; /* of the largest model; NULL: QEMU does not say */
    gboolean has_sandbox;         /* -sandbox: built with seccomp, on a kernel that has it */
    gsize *cpu_text; /* <cpu> of domain capabilities (char *), 0 until domaincaps.c makes it */
} VirtCpuQemuCaps;

/* Where host-model is the host's own CPU and not what QEMU tells (ppc64 under KVM), make it that of
 * @host (host kind; may be NULL). By the owner, before @caps is shared. */
void virtcpu_qemu_caps_adopt_host(VirtCpuQemuCaps *caps, const VirtCpuDef *host);

/* Turn every feature of @cpu that QEMU calls deprecated on or off. */
void virtcpu_qemu_caps_switch_deprecated(const VirtCpuQemuCaps *caps, VirtCpuDef *cpu, gboolean on);

/* Drop a reference to @caps (may be NULL). Any thread. */
void virtcpu_qemu_caps_unref(VirtCpuQemuCaps *caps);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuCaps, virtcpu_qemu_caps_unref)

/* Take a reference (returns @caps). Any thread. */
VirtCpuQemuCaps *virtcpu_qemu_caps_ref(VirtCpuQemuCaps *caps);

/* 7002022 for 7.2.22. */
guint64 virtcpu_qemu_caps_version(const VirtCpuQemuCaps *caps);

/* The same for people, "7.2.22" (transfer full). */
char *virtcpu_qemu_caps_version_text(const VirtCpuQemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;

/* The machine named or aliased @name, for NULL the default one, or "virt" where QEMU has no
 * default; NULL when there is none (transfer none). */
const VirtCpuQemuMachine *virtcpu_qemu_caps_machine(const VirtCpuQemuCaps *caps, const char *name);

/* The CPU model named @name (transfer none), or NULL. */
const VirtCpuHvModel *virtcpu_qemu_caps_model(const VirtCpuQemuCaps *caps, const char *name);

/* The model @machine (may be NULL) takes by itself, as the command line names it (transfer full);
 * NULL when it has no CPU to choose or the binary does not say. */
char *virtcpu_qemu_caps_default_model(const VirtCpuQemuCaps *caps,
                                      const VirtCpuQemuMachine *machine) G_GNUC_WARN_UNUSED_RESULT;

/* The model's name in QOM type @type, "cortex-a15" of "cortex-a15-arm-cpu" (transfer full). */
char *virtcpu_qemu_model_of_type(const char *type) G_GNUC_WARN_UNUSED_RESULT;

/* The features of the largest CPU that the binary could give, whether they block migration or not
 * (transfer full); NULL when it does not say. */
VirtCpuData *virtcpu_qemu_caps_provided(const VirtCpuQemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when CPUs of the binary are known to have property @name. */
gboolean virtcpu_qemu_caps_has_property(const VirtCpuQemuCaps *caps, const char *name);

/* TRUE when QMP has @command. */
gboolean virtcpu_qemu_caps_has_command(const VirtCpuQemuCaps *caps, const char *command);

/* TRUE when the binary has device type @device, or does not survive being asked for its devices. */
gboolean virtcpu_qemu_caps_has_device(const VirtCpuQemuCaps *caps, const char *device);

/* All of @caps as JSON, for the cache (transfer full). Members: "binary", "virt-type", and QEMU's
 * replies, reduced to what is used, under "version", "target", "kvm", "machines", "models",
 * "commands", "devices", "accelerators", "sandbox", "properties", "deprecated-props", "max-model"
 * and "max-model-nonmigratable". */
VirtCpuJson *virtcpu_qemu_caps_to_json(const VirtCpuQemuCaps *caps) G_GNUC_WARN_UNUSED_RESULT;

/* Back from that form, or from whole replies under the same names; what is derived is derived anew.
 * Hostile input is INTERNAL_ERROR, never trusted. Returns (transfer full). */
VirtCpuQemuCaps *virtcpu_qemu_caps_from_json(const VirtCpuJson *json,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
