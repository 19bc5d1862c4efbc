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

/* The same for interface @net of type 'bridge' alone. Returns its descriptor (transfer full), or
 * -1.
 */
int virtcpu_tap_open(VirtCpuNetDef *net, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Move the tap device of @net, which runs, from bridge @from to the one @net names; on failure it
 * stays. Errors: SYSTEM_ERROR. */
gboolean virtcpu_tap_move(const VirtCpuNetDef *net, const char *from,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
