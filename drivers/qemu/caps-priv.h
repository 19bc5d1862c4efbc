/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building VirtCpuQemuCaps; for caps*.c only. */
#pragma once

#include "drivers/qemu/caps.h"

/* Empty capabilities to be filled by their one owner, then const (transfer full). */
VirtCpuQemuCaps *virtcpu_qemu_caps_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* An empty array that frees its VirtCpuQemuMachine (transfer full). */
GPtrArray *virtcpu_qemu_machines_new(void) G_GNUC_WARN_UNUSED_RESULT;
