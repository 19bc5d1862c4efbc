/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* May a guest's disks be opened on another host? libvirt's rule. */
#pragma once

#include "conf/domain-def.h"

/* Refuse (MIGRATE_UNSAFE, libvirt's words, naming the disk) a running @def with a writable disk in
 * a file that other hosts do not see. QEMU drops its caches itself, so their mode does not matter.
 * Looks at file systems: blocks when one hangs. */
gboolean virtcpu_migrate_safe_check(const VirtCpuDomainDef *def,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
