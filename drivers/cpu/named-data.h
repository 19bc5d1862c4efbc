/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A CPU as QEMU itself described it, a model and features by name: VirtCpuData where only QEMU
 * knows what models are made of. It has no <cpudata> form. */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* What expansion @model says: its name, and its boolean properties in QEMU's order; true is a
 * feature the CPU has, false one it lacks. Errors: INTERNAL_ERROR for no model. Returns (transfer
 * full). */
VirtCpuData *named_data_from_expansion(const VirtCpuArchOps *ops, VirtCpuArch arch,
                                       const VirtCpuJson *model,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_free. */
void named_data_free(VirtCpuData *data);

/* Slot data_copy. */
VirtCpuData *named_data_copy(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_has_feature. */
gboolean named_data_has_feature(const VirtCpuData *data, const char *name);

/* Slot decode: the <cpu> with that model and those features, as QEMU named them; there is nothing
 * to choose, but @options may refuse the model. Errors: CONFIG_UNSUPPORTED. */
VirtCpuDef *named_data_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
