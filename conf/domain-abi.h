/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a definition a guest can see, its CPU apart: it must not change while the guest moves. */
#pragma once

#include "conf/domain-def.h"

/* A digest of @def without all that only its host sees (names and paths of the host, tuning,
 * titles) and without its CPU, in lower case hexadecimal (transfer full). Any thread. */
char *virtcpu_domain_abi_digest(const VirtCpuDomainDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* FALSE when a guest that runs as @source would see a difference in @target: CONFIG_UNSUPPORTED
 * with both sides of the first one, or for another UUID. Any thread. */
gboolean virtcpu_domain_abi_check(const VirtCpuDomainDef *source, const VirtCpuDomainDef *target,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
