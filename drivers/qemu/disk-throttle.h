/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits of a disk as its QEMU has them. All block; errors: INTERNAL_ERROR for what QEMU says,
 * OPERATION_TIMEOUT. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/qmp.h"

/* Have QEMU limit @disk, which has its alias, as its definition says. A drive without a medium has
 * nothing to limit: that is for when it gets one. */
gboolean virtcpu_disk_throttle(const VirtCpuDiskDef *disk, VirtCpuQmp *qmp, unsigned timeout_ms,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for every disk of @def, of which QEMU has limited none so far. */
gboolean virtcpu_disks_throttle(const VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What QEMU says of @disk, which has its alias, into zeroed @tune; of a drive without a medium what
 * the definition says. */
gboolean virtcpu_disk_throttle_ask(const VirtCpuDiskDef *disk, VirtCpuQmp *qmp, unsigned timeout_ms,
                                   VirtCpuDiskTune *tune, GError **error) G_GNUC_WARN_UNUSED_RESULT;
