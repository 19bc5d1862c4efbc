/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the domain-format-*.c files share the writing of a <domain>. Included by them only. */
#pragma once

#include "conf/domain-def.h"

/* The whole <devices> element. */
void virtcpu_domain_format_devices(const VirtCpuDomainDef *def, VirtCpuDomainXmlFlags flags,
                                   GString *out);
