/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions as daemons of another kind write and read them. */
#pragma once

#include "conf/domain-def.h"

/* @cpu (may be NULL), as it runs, in words that a libvirt knows, too: a model without a version,
 * the rest as features (transfer full); a copy when that cannot be said. Daemons of our kind have
 * the exact model from the passport. */
VirtCpuDef *virtcpu_migrate_portable_cpu(VirtCpuArch arch,
                                         const VirtCpuDef *cpu) G_GNUC_WARN_UNUSED_RESULT;

/* Definition @xml without what a libvirt writes into that of a running guest and only its host
 * sees: cgroups, security labels, the chain below a disk (transfer full); what is no XML stays as
 * it is. */
char *virtcpu_migrate_portable_xml(const char *xml) G_GNUC_WARN_UNUSED_RESULT;
