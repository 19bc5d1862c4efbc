/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Post-copy, at the source: the guest runs at the destination while the rest of its memory is still
 * being sent. */
#pragma once

#include "drivers/qemu/domain.h"

/* Wait until all is sent; TRUE at once when nothing is being sent. There is no way back: FALSE when
 * it broke off, and the guest stands still here for good. Errors: those of the monitor,
 * OPERATION_FAILED. The job is held, and lent while nothing happens. */
gboolean virtcpu_migrate_postcopy_await(VirtCpuDomain *domain,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
