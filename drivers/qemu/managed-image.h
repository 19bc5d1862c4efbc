/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's managed image: the one it is started from next time. */
#pragma once

#include "drivers/qemu/driver-priv.h"

/* Where that of @domain is or would be (transfer full). */
char *virtcpu_managed_image_path(const VirtCpuDomain *domain) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when @domain has one. */
gboolean virtcpu_managed_image_exists(const VirtCpuDomain *domain);

/* Remove that of @domain, on disk when it returns; none is no error. The job's holder only. Errors:
 * SYSTEM_ERROR. */
gboolean virtcpu_managed_image_remove(const VirtCpuDomain *domain,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
