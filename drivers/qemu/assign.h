/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every device of a definition gets its place in the guest, once. */
#pragma once

#include "drivers/qemu/caps.h"

/* Make explicit what @def leaves to QEMU: the controllers its machine type has and its devices
 * need, and an address for every device that can have one. What is written is kept; what was
 * assigned before is not changed by what is added later, so doing it again changes nothing. @def is
 * complete but for that, @caps is of its emulator. Errors: XML_ERROR and CONFIG_UNSUPPORTED, naming
 * device, line and place, for an address that is used twice, does not exist or does not suit the
 * device, and for devices the machine type has no place for. Any thread. */
gboolean virtcpu_devices_assign(VirtCpuDomainDef *def, const VirtCpuQemuCaps *caps,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
