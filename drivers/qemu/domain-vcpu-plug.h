/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vCPUs into a running guest and out of it. A new one gets the properties that all have by -cpu, is
 * asked what it became, and stays only when it is like the others. The job's holder only; all
 * block. */
#pragma once

#include "drivers/qemu/domain.h"

/* Have the guest of @domain, whose definition says @def, run @count vCPUs; each is where its
 * socket, core and thread are next. A new one is put where <cputune> says. Errors:
 * CONFIG_UNSUPPORTED for a number that QEMU's units of plugging do not give, or where nothing more
 * can be unplugged; OPERATION_FAILED for a vCPU that is not as promised, which is taken out again;
 * OPERATION_TIMEOUT when the guest does not give one up. Some may have been plugged then: see
 * virtcpu_domain_recount_vcpus. */
gboolean virtcpu_domain_plug_vcpus(VirtCpuDomain *domain, const VirtCpuDomainDef *def,
                                   unsigned count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ask QEMU how many vCPUs it runs, and record that when it is another number than is shown. */
void virtcpu_domain_recount_vcpus(VirtCpuDomain *domain);

/* Device @alias has left the guest: TRUE, and their number is recorded, when it was a vCPU. */
gboolean virtcpu_domain_forget_vcpu(VirtCpuDomain *domain, const char *alias);
