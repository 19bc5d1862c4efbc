/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A saved guest goes on. */
#pragma once

#include "drivers/qemu/domain.h"

/* Restore inactive @domain, whose ordinary job is held and stays so, from its managed image, which
 * is removed once the guest is there. @paused, @bypass_cache: as in virtcpu_driver_restore; @owner:
 * as in virtcpu_driver_start. Errors: those of virtcpu_driver_restore. */
gboolean virtcpu_domain_restore_managed(VirtCpuDomain *domain, gboolean paused,
                                        gboolean bypass_cache, guint64 owner,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Finish the restore of @domain, which is entered and is ended here: the guest is in the QEMU that
 * an earlier daemon left. */
void virtcpu_domain_restore_recover(VirtCpuDomain *domain);
