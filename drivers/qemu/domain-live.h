/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts of a definition that only its running QEMU knows. */
#pragma once

#include "conf/domain-def.h"
#include "drivers/qemu/qmp.h"

/* Have the link of @net, which has its alias, as its definition says. Errors: INTERNAL_ERROR,
 * OPERATION_TIMEOUT. Blocks. */
gboolean virtcpu_domain_set_link(const VirtCpuNetDef *net, VirtCpuQmp *qmp, unsigned timeout_ms,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the display of @vnc ask for its password; without one nobody gets in where one was asked
 * for. Errors: INTERNAL_ERROR, OPERATION_TIMEOUT. Blocks. */
gboolean virtcpu_domain_set_password(const VirtCpuGraphicsDef *vnc, VirtCpuQmp *qmp,
                                     unsigned timeout_ms, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in the terminals behind the pty serial ports, consoles and channels of @def. Errors:
 * INTERNAL_ERROR, OPERATION_TIMEOUT. Blocks. */
gboolean virtcpu_domain_fill_ptys(VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Fill in the terminals behind pty serial ports and consoles and the ports of VNC displays, set
 * VNC passwords, and cut the links that are to be down. Errors: INTERNAL_ERROR, OPERATION_TIMEOUT.
 * Blocks. */
gboolean virtcpu_domain_fill_live(VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
