/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a QEMU binary what it can do: start it paused with no machine, ask all at once, end it. */
#pragma once

#include "drivers/host/host.h"
#include "drivers/qemu/caps.h"

#include <gio/gio.h>

/* Say in @json, answers of a probe, whether KVM can be used on @host and, if not, why: member
 * "host-kvm", an object of "usable" and "reason". */
void virtcpu_qemu_probe_add_host(VirtCpuJson *json, const VirtCpuHost *host);

/* Ask @binary (absolute path) under @virt_type, in at most @timeout_ms. Returns (transfer full).
 * Blocks: workers only; @cancel (may be NULL) ends it early from any thread (OPERATION_ABORTED).
 * The QEMU dies with the calling thread. Errors: CONFIG_UNSUPPORTED (missing, not executable),
 * also: it runs guests of another architecture than its name says), OPERATION_TIMEOUT,
 * INTERNAL_ERROR (cannot be run, dies, speaks garbage), with what it printed
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
