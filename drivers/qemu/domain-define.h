/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The persistent definition of a domain. The holder of the job calls these. */
#pragma once

#include "drivers/qemu/domain.h"

/* Write @def as the definition of @domain; on disk when it returns. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_save_config(VirtCpuDomain *domain, const VirtCpuDomainDef *def,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Put @def (transfer full), which is on disk, in place as the definition, with a DEFINED event. */
void virtcpu_domain_set_config(VirtCpuDomain *domain, VirtCpuDomainDef *def);

/* Forget the definition, on disk too, with an UNDEFINED event; a domain that does not run is
 * forgotten. Errors: OPERATION_INVALID for a transient one; SYSTEM_ERROR. */
gboolean virtcpu_domain_undefine(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;
