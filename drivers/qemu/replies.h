/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities from a recorded QMP conversation instead of a live QEMU. */
#pragma once

#include "drivers/qemu/caps.h"

/* Read @text: command, reply, command, reply, … as JSON documents between blank lines. Each
 * qmp_capabilities starts another QEMU: the first is the one recorded with KVM when query-kvm says
 * so, a later one without; what that was not asked, the first has answered. @binary: the path to
 * claim. Returns (transfer full). Errors: INTERNAL_ERROR (no such conversation), CONFIG_UNSUPPORTED
 * (none under @virt_type). Any thread. */
VirtCpuQemuCaps *virtcpu_qemu_replies_read(const char *text, const char *binary,
                                           VirtCpuVirtType virt_type,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
