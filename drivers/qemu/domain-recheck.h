/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CPU of a guest that was found again: is it still what was recorded? */
#pragma once

#include "drivers/qemu/domain.h"

/* Have the QEMU of @domain asked what its vCPUs are, after all others that wait for that, and hold
 * that against the recorded passport or definition. A difference, or no answer, is one of the
 * domain's troubles and told as such; the guest, which is not the one to pay for it, runs on. A
 * QEMU that hangs is to be asked again when it no longer does: until then its run is "unchecked".
 * Any thread; does not block. */
void virtcpu_domain_recheck_cpu(VirtCpuDomain *domain);
