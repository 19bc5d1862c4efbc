/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which device of a definition a client means. */
#pragma once

#include "conf/domain-def.h"

/* The device of @def that @like, as a client wrote it, means (transfer none): a disk by its target,
 * a controller by type and index, an interface by MAC address, any other by what is written; but
 * for the first two, by the address and alias that are written, too. @live: @def is of a running
 * guest, and its aliases count. Errors: DEVICE_MISSING; OPERATION_FAILED when more than one
 * interface is meant. Any thread. */
VirtCpuDeviceInfo *virtcpu_device_match(const VirtCpuDomainDef *def, const VirtCpuDeviceInfo *like,
                                        gboolean live, GError **error) G_GNUC_WARN_UNUSED_RESULT;
