/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom a domain's QEMU runs as, and the files it is lent for that. The job's holder only. */
#pragma once

#include "drivers/qemu/domain.h"

/* Decide whom the QEMU of complete @def is to run as: TRUE into @as_account for the driver's
 * account, and then @domain has a list of what has to be lent. An account that nobody chose and
 * that lacks something is not used, which is logged. Errors: OPERATION_FAILED naming what one that
 * was chosen lacks. */
gboolean virtcpu_domain_files_plan(VirtCpuDomain *domain, const VirtCpuDomainDef *def,
                                   gboolean *as_account, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lend what was planned, once that is on disk. Errors and @as_account as above. */
gboolean virtcpu_domain_files_lend(VirtCpuDomain *domain, gboolean *as_account,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lend the files of @disk, which running @domain gets now, where its QEMU needs that; on disk
 * first. Errors: OPERATION_FAILED, SYSTEM_ERROR. */
gboolean virtcpu_domain_files_lend_disk(VirtCpuDomain *domain, const VirtCpuDiskDef *disk,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @lent (transfer full; may be NULL) is what an earlier daemon lent for @domain. */
void virtcpu_domain_files_adopt(VirtCpuDomain *domain, GPtrArray *lent);

/* Its QEMU is gone: every file that no other uses goes back to its owner. */
void virtcpu_domain_files_return(VirtCpuDomain *domain);
