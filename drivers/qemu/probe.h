/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a QEMU binary what it can do: start it paused with no machine, ask all at once, end it. */
#pragma once

#include "drivers/qemu/caps.h"

#include <gio/gio.h>

/* Ask @binary (absolute path) under @virt_type, in at most @timeout_ms. Returns (transfer full).
 * Blocks: workers only; @cancel (may be NULL) ends it early from any thread (OPERATION_ABORTED).
 * The QEMU dies with the calling thread. Errors: CONFIG_UNSUPPORTED (missing, not executable),
 * OPERATION_TIMEOUT, INTERNAL_ERROR (cannot be run, dies, speaks garbage), with what it printed
 * last. */
VirtCpuQemuCaps *virtcpu_qemu_probe(const char *binary, VirtCpuVirtType virt_type,
                                    unsigned timeout_ms, GCancellable *cancel,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, and the whole conversation is appended to @record as virtcpu_qemu_replies_read takes
 * it, as far as it went. */
VirtCpuQemuCaps *virtcpu_qemu_probe_record(const char *binary, VirtCpuVirtType virt_type,
                                           unsigned timeout_ms, GString *record,
                                           GCancellable *cancel,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
