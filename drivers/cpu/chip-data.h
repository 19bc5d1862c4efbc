/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the one register of a chip says: VirtCpuData of ppc64 (PVR) and ARM (MIDR). */
#pragma once

#include "drivers/cpu/chip-map.h"
#include "drivers/cpu/cpu-arch.h"

/* Data of @ops with the register at 0 (transfer full). */
VirtCpuData *chip_data_new(const VirtCpuArchOps *ops, VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_free. */
void chip_data_free(VirtCpuData *data);

/* Slot data_copy. */
VirtCpuData *chip_data_copy(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_set_register. */
void chip_data_set_register(VirtCpuData *data, guint32 value);

/* Read the one child of <cpudata>, named as @map calls the register, with its value, into @data.
 * Errors: XML_ERROR for another element, a second one, none, or no number. */
gboolean chip_data_read(const ChipMap *map, VirtCpuData *data, xmlNode *node,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write <cpudata> (transfer full). */
char *chip_data_format(const ChipMap *map, const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* The <cpu> whose register says what @data says: there is one at most, preferred or not. Errors:
 * OPERATION_FAILED when @map has none, CONFIG_UNSUPPORTED for a model that @options do not allow.
 * Returns (transfer full). */
VirtCpuDef *chip_data_decode(const ChipMap *map, const VirtCpuData *data,
                             const VirtCpuDecodeOptions *options,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
