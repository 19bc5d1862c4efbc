/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a dump that an earlier daemon left behind becomes. */
#pragma once

#include "drivers/qemu/domain-status.h"

/* Give up the dump of @domain, which is entered and is ended here: the guest goes on if it did. */
void virtcpu_domain_dump_recover(VirtCpuDomain *domain);

/* The same when the QEMU, of which @status tells, is gone. */
void virtcpu_domain_dump_recover_unseen(const VirtCpuDomainStatus *status);
