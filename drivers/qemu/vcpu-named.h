/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The vCPUs of a running QEMU where QEMU alone knows what a model contains: all that can be held
 * against it is what a definition names. */
#pragma once

#include "drivers/cpu/cpu.h"
#include "drivers/qemu/qmp.h"

/* Ask every vCPU behind @qmp for each feature that @cpu names. @missing gets the names of what one
 * of them lacks though it is required, @extra of what one has though it is disabled (char *, once
 * each; arrays that free them). Errors: as virtcpu_qmp_execute_many, INTERNAL_ERROR when QEMU names
 * no vCPU. */
gboolean virtcpu_vcpus_compare_named(VirtCpuQmp *qmp, VirtCpuArch arch, const VirtCpuDef *cpu,
                                     unsigned timeout_ms, GPtrArray *missing, GPtrArray *extra,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
