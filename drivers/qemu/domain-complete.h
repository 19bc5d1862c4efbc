/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A definition filled in from what its QEMU can do. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/driver.h"

/* Read @xml and fill in what it leaves open: architecture, emulator, canonical machine type, CPU
 * model, check and migratable, then all that virtcpu_domain_def_complete does. @caps (may be NULL)
 * gets what the emulator can do (transfer full). Blocks for a first probe of the emulator. Errors:
 * those of parsing, completion and the probe; CONFIG_UNSUPPORTED for a machine type, CPU mode or
 * lifecycle action that cannot be had. Returns (transfer full). */
VirtCpuDomainDef *virtcpu_domain_read(VirtCpuDriver *driver, const char *xml, gboolean validate,
                                      VirtCpuQemuCaps **caps,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in what @def leaves open for a guest of @arch from what its emulator, that of @caps, can do.
 * Any thread. Errors: those of completion; CONFIG_UNSUPPORTED for an architecture, a machine type,
 * CPU mode or lifecycle action that cannot be had. */
gboolean virtcpu_domain_complete(VirtCpuDomainDef *def, VirtCpuArch arch,
                                 const VirtCpuQemuCaps *caps,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A copy of @def as it would be if the QEMU of @caps ran it under machine type @machine (NULL: its
 * own, or that QEMU's default), completed, its CPU with check='none' (transfer full). Errors:
 * likewise. */
VirtCpuDomainDef *virtcpu_domain_complete_elsewhere(const VirtCpuDomainDef *def,
                                                    const VirtCpuQemuCaps *caps,
                                                    const char *machine,
                                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the emulator of complete definition @def can do (transfer full). Blocks for a first probe.
 */
VirtCpuQemuCaps *virtcpu_domain_caps(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in the CPU of @def as libvirt does: QEMU's default model when none is written, check and
 * migratable; and refuse combinations QEMU has no way to say. Errors: CONFIG_UNSUPPORTED. */
gboolean virtcpu_domain_complete_cpu(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
