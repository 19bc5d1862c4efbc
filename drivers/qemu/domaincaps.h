/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* <domainCapabilities> from a probe's answer. */
#pragma once

#include "drivers/qemu/caps.h"

/* Append the <cpu> element: the four modes, the host-model CPU, the models and what stands in their
 * way. Any thread. */
void virtcpu_domaincaps_write_cpu(GString *xml, const VirtCpuQemuCaps *caps);

/* What a client may ask for beside the plain document; virConnectGetDomainCapabilitiesFlags. */
typedef enum {
    VIRTCPU_DOMAINCAPS_DISABLE_DEPRECATED = 1u, /* host-model without deprecated features */
} VirtCpuDomainCapsFlags;

/* The whole document for guests of @arch on @machine of @caps, with what there is of @firmware (of
 * VirtCpuFirmware; NULL: it is looked for); @flags as above (transfer full). Any
 * thread. */
char *virtcpu_domaincaps_format(const VirtCpuQemuCaps *caps, const VirtCpuQemuMachine *machine,
                                VirtCpuArch arch, const GPtrArray *firmware,
                                unsigned flags) G_GNUC_WARN_UNUSED_RESULT;
