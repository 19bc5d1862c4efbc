/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port for a SPICE server: QEMU, which finds one for VNC by itself, wants it named. */
#pragma once

#include "conf/domain-def.h"

/* Give the SPICE server of @def whose port is not fixed one that nobody listens at, trying from
 * @start on, a count of those given before. Errors: INTERNAL_ERROR when there is none. Any thread.
 */
gboolean virtcpu_spice_port_choose(VirtCpuDomainDef *def, unsigned start,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
