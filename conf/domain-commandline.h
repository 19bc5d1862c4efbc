/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <qemu:commandline>: what a definition adds to QEMU's command line and environment, unchanged. */
#pragma once

#include "conf/domain-def.h"
#include "conf/xml.h"

/* libvirt's namespace for it. */
#define VIRTCPU_QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

/* Read the element below <domain> @root into @def and take it out of the tree, so that what is left
 * has no namespace. Errors: XML_ERROR for an argument without a value, a bad name of a variable or
 * a second such element; CONFIG_UNSUPPORTED for what else is in the namespace. */
gboolean virtcpu_domain_commandline_parse(VirtCpuDomainDef *def, xmlNode *root,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append it as the last element of <domain>, which declares the prefix; nothing when @def adds
 * nothing. */
void virtcpu_domain_commandline_format(const VirtCpuDomainDef *def, GString *out);
