/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of virtcpu_domain_def_complete that has a file of its own; for domain-complete*.c. */
#pragma once

#include "conf/domain-def.h"

/* Fill in what is left open about the devices of @def, whose own arch and machine are known. Errors
 * as virtcpu_domain_def_complete. */
gboolean virtcpu_domain_def_complete_devices(VirtCpuDomainDef *def,
                                             const VirtCpuDomainDefaults *defaults,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
