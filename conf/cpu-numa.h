/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The <numa> element below <cpu>. Used by conf's own files only. */
#pragma once

#include "conf/cpu-def.h"

/* Read the cells of @numa into @def, ordered by id, memory in KiB, CPU lists in their shortest
 * form. Errors: XML_ERROR (ids not 0…n-1, bad numbers), CONFIG_UNSUPPORTED (overlapping CPUs). */
gboolean virtcpu_def_parse_numa(VirtCpuDef *def, xmlNode *numa,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
