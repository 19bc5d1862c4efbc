/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From <domain> to the -cpu argument of a QEMU that knows every model and feature of the map. */
#pragma once

#include "drivers/qemu/caps.h"

/* Such a QEMU, on the host that the peer's cases were recorded on, without machine types (transfer
 * full). */
VirtCpuQemuCaps *test_x86_caps_new(VirtCpuVirtType virt_type);

/* The -cpu argument of <domain> text @xml with it (transfer full), or NULL with @error set. */
char *test_cpu_argument(const char *xml, GError **error);
