/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tap device of a guest's interface in a bridge of the host. */
#pragma once

#include "conf/domain-def.h"
#include "conf/fd.h"

/* Make a tap device for each interface of type 'bridge' of @def, up and in its bridge, and write
 * its name into the interface's target; a name that is there is used. The descriptors go into @fds
 * (of int), in the order of the interfaces; with the last one closed the device is gone. Blocks
 * shortly. Errors: SYSTEM_ERROR naming interface, device and bridge. */
gboolean virtcpu_taps_open(VirtCpuDomainDef *def, GArray *fds,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
