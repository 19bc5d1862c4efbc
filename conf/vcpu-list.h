/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <vcpus>: which vCPUs a machine is started with, and which are plugged into it before its first
 * instruction. A guest whose vCPUs were plugged while it ran is built that way again, for what
 * devices are by default depends on the number that QEMU is started with. */
#pragma once

#include "conf/cpuset.h"
#include "conf/domain-def.h"

#include <libxml/tree.h>

/* Read @node (NULL: nothing is said) into @def, whose <vcpu> has been read. Errors: XML_ERROR for a
 * vCPU that is there twice, beyond the maximum, off and not to be plugged, or the first one off or
 * plugged; CONFIG_UNSUPPORTED when those that are on, or those started with, are not the first. */
gboolean virtcpu_vcpu_list_parse(VirtCpuDomainDef *def, xmlNode *node,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have those in @vcpus on, or off, in @def, a definition: they are plugged from then on. Errors:
 * INVALID_ARG for one that @def does not have, the first, and one with others behind it that are
 * not plugged; CONFIG_UNSUPPORTED when those that are on would not be the first. */
gboolean virtcpu_vcpu_list_define(VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, gboolean on,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same of @def that runs, one vCPU a time. Errors also: INVALID_ARG for one that is already so;
 * OPERATION_UNSUPPORTED for several, and for one that the guest was started with. */
gboolean virtcpu_vcpu_list_switch(VirtCpuDomainDef *def, const VirtCpuCpuset *vcpus, gboolean on,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append the element to @out, unless no vCPU of @def is plugged. */
void virtcpu_vcpu_list_format(const VirtCpuDomainDef *def, GString *out);
