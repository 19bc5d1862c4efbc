/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device by which a running guest gives memory back, and tells how its memory does. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/qmp.h"

/* The balloon of @def (transfer none), or NULL when it has none that works. */
VirtCpuMemballoonDef *virtcpu_balloon_find(const VirtCpuDomainDef *def);

/* Have the guest that is about to run as @def leave what is more than <currentMemory>, and fill in
 * what it really has: all, until its system has a driver that gives some back. One that @arrives
 * has been told already. Errors: INTERNAL_ERROR, OPERATION_TIMEOUT. Blocks. */
gboolean virtcpu_balloon_begin(VirtCpuDomainDef *def, gboolean arrives, VirtCpuQmp *qmp,
                               unsigned timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;
