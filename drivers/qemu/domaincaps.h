/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of <domainCapabilities> that depends on a probe's answer alone. */
#pragma once

#include "drivers/qemu/caps.h"

/* Append the <cpu> element: the four modes, the host-model CPU, the models and what stands in their
 * way. Any thread. */
void virtcpu_domaincaps_write_cpu(GString *xml, const VirtCpuQemuCaps *caps);
