/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking what the CPU models of a QEMU contain under one machine type. */
#pragma once

#include "drivers/qemu/caps.h"
#include "drivers/qemu/qmp.h"

#include <gio/gio.h>

/* The model in the answer to @call, an expansion that was asked for: an object {"name", "props"},
 * or a string with QEMU's words where it does not expand it (transfer full). */
VirtCpuJson *virtcpu_qemu_machine_models_take(VirtCpuQmpCall *call) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when the QEMU that @caps describes can say what its models contain. */
gboolean virtcpu_qemu_machine_models_can_ask(const VirtCpuQemuCaps *caps);

/* Start the binary of @caps with machine type @machine (canonical name) and no guest's options, for
 * -cpu would show in the answers, and have it expand all its CPU models. Returns an array in the
 * order of caps->models: an object {"name", "props"}, or a string with QEMU's words where it does
 * not expand the model (transfer full). Blocks, at most @timeout_ms; @cancel (may be NULL) ends it
 * early. Errors: NO_SUPPORT when this QEMU expands no models; CONFIG_UNSUPPORTED,
 * OPERATION_TIMEOUT and INTERNAL_ERROR naming binary and machine type. */
VirtCpuJson *virtcpu_qemu_machine_models_ask(const VirtCpuQemuCaps *caps, const char *machine,
                                             unsigned timeout_ms, GCancellable *cancel,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
