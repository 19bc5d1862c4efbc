/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a long operation that an earlier daemon left unfinished. */
#pragma once

#include "drivers/qemu/domain-status.h"

/* @domain, found again, has the operation that @status names: from now on it is under way, so that
 * ordinary jobs wait. Main loop thread, before anybody else can see the domain. */
void virtcpu_domain_recover_mark(VirtCpuDomain *domain, const VirtCpuDomainStatus *status);

/* Finish what was marked, or roll it back; nothing is done for a domain without, or while its QEMU
 * could not be asked how it does. Workers, without the job. */
void virtcpu_domain_recover(VirtCpuDomain *domain);
