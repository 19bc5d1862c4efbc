/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The properties of a running QEMU's first vCPU, which is like all others. */
#pragma once

#include "conf/arch.h"
#include "conf/json.h"
#include "drivers/qemu/qmp.h"

/* Every property that says what the CPU is (virtcpu_explicit_is_content), by name, as an object of
 * bools, numbers and texts (transfer full); but for features that the map of @arch knows, which
 * virtcpu_vcpus_ask tells in a few words: QEMU reads its monitor a byte at a time. Blocks. Errors:
 * INTERNAL_ERROR for what QEMU said, OPERATION_TIMEOUT. */
VirtCpuJson *virtcpu_vcpu_properties_ask(VirtCpuQmp *qmp, VirtCpuArch arch, unsigned timeout_ms,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
