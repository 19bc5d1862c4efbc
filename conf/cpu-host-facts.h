/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only a host's <cpu> tells: its microcode, its signature, its clock. Included by the parser
 * of <cpu>. */
#pragma once

#include "conf/cpu-def.h"
#include "conf/xml.h"

/* <microcode>. Errors: XML_ERROR, CONFIG_UNSUPPORTED, as in the next two. */
gboolean virtcpu_def_parse_microcode(VirtCpuDef *def, xmlNode *node,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* <signature>: family, model and stepping. */
gboolean virtcpu_def_parse_signature(VirtCpuDef *def, xmlNode *node,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* <counter>: the TSC's frequency in Hz. */
gboolean virtcpu_def_parse_counter(VirtCpuDef *def, xmlNode *node,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
