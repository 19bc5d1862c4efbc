/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the CPU a definition wishes for to the exact one QEMU is asked for. */
#pragma once

#include "drivers/host/host.h"
#include "drivers/qemu/caps.h"

/* The CPU to start complete definition @def with on the QEMU that @caps describes: host-model and
 * optional features decided, the model one that this QEMU has. With check='partial' what the QEMU
 * cannot provide is refused here. @cpu (transfer full) becomes NULL when the definition names no
 * CPU. Pure; any thread. Errors: CPU_INCOMPATIBLE naming features, layer and remedy;
 * CONFIG_UNSUPPORTED for a mode or model this QEMU has not; INTERNAL_ERROR for an unknown model or
 * feature. */
gboolean virtcpu_qemu_cpu_resolve(const VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps,
                                  VirtCpuDef **cpu, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same on @host (NULL: not known): a refusal tells what of it decides. */
gboolean virtcpu_qemu_cpu_resolve_on(const VirtCpuHost *host, const VirtCpuDomainDef *def,
                                     const VirtCpuQemuCaps *caps, VirtCpuDef **cpu,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
