/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the one register of a chip says: VirtCpuData of the architectures whose table has chips,
 * ppc64 (PVR) and ARM (MIDR). */
#pragma once

#include "drivers/cpu/cpu-arch.h"

/* Slot data_new: the register is 0. */
VirtCpuData *chip_data_new(VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_free. */
void chip_data_free(VirtCpuData *data);

/* Slot data_copy. */
VirtCpuData *chip_data_copy(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_set_register. */
void chip_data_set_register(VirtCpuData *data, guint32 value);

/* Slot data_parse: <cpudata> has one child, named as the map calls the register, with its value.
 * Errors: XML_ERROR for another element, a second one, none, or no number. */
VirtCpuData *chip_data_parse(VirtCpuArch arch, xmlNode *node,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Slot data_format. */
char *chip_data_format(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Slot decode: the <cpu> whose register says what @data says; there is one at most, preferred or
 * not. Errors: OPERATION_FAILED when the map has none, CONFIG_UNSUPPORTED for a model that @options
 * do not allow. */
VirtCpuDef *chip_data_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
