/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Discs into and out of the CD drives of a guest. */
#pragma once

#include "drivers/qemu/domain-change.h"

/* Have the drive that @wanted names by its target hold the medium of @wanted, or none: in the
 * running guest, the definition, or both. @force: although the guest has locked the tray. On
 * failure the old medium is back. Commits @change. Errors: INTERNAL_ERROR for what QEMU says,
 * SYSTEM_ERROR, OPERATION_UNSUPPORTED for a drive whose medium cannot be changed while it runs. */
gboolean virtcpu_domain_change_medium(VirtCpuDomainChange *change, const VirtCpuDiskDef *wanted,
                                      gboolean force, GError **error) G_GNUC_WARN_UNUSED_RESULT;
