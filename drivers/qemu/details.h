/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a probe leaves out because no guest needs it and asking takes longer: what every CPU model
 * contains with no machine type at all, and what a QEMU loses without the kernel's irqchip. */
#pragma once

#include "drivers/qemu/caps.h"

#include <gio/gio.h>

/* Ask the QEMU that @caps describes, each start in at most @timeout_ms. Returns an object (transfer
 * full): "models", an array with "name" and under "static" and "full" the model that QEMU expands
 * it to ({"name", "props"}) or, as a string, why it does not; under KVM "irqchip", for "off" and
 * "split" an object with the properties of the host's CPU that differ from those with the irqchip
 * in the kernel, or, as a string, why there is none. What is said is appended to @record (may be
 * NULL) in the form of virtcpu_qemu_replies_read; of the QEMUs started without the kernel's irqchip
 * nothing is. Blocks; @cancel (may be NULL) ends it early. Errors: as
 * virtcpu_qemu_machine_models_ask. */
VirtCpuJson *virtcpu_qemu_details_ask(const VirtCpuQemuCaps *caps, unsigned timeout_ms,
                                      GString *record, GCancellable *cancel,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
