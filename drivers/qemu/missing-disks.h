/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks whose media are not there when a guest starts: <source startupPolicy=>. */
#pragma once

#include "drivers/qemu/domain.h"

/* Take out of @def, which has its aliases and is about to start, the media that are not there and
 * need not be: a drive is empty then, a disk gone. @incoming: the guest was running already, and
 * its disks stay. Returns (transfer full) what was taken. What has to be there is left for the
 * start to complain of. */
GPtrArray *virtcpu_missing_disks_drop(VirtCpuDomainDef *def,
                                      gboolean incoming) G_GNUC_WARN_UNUSED_RESULT;

/* Tell clients of @missing, what @domain was started without. Takes the domain's lock. */
void virtcpu_missing_disks_tell(VirtCpuDomain *domain, const GPtrArray *missing);
