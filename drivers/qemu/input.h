/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients do to a running guest as a person at the machine would. Calls may block (workers
 * only); OPERATION_INVALID when the domain does not run. */
#pragma once

#include "drivers/qemu/driver.h"

/* Press @count @keys together for @hold_ms (0: QEMU's choice); they are numbers of virKeycodeSet
 * @codeset. Errors: INTERNAL_ERROR for a key that has no number of QEMU's, INVALID_ARG for an
 * unknown set. */
gboolean virtcpu_driver_send_keys(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  unsigned codeset, unsigned hold_ms, const unsigned *keys,
                                  gsize count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Interrupt the guest as its NMI button would. */
gboolean virtcpu_driver_inject_nmi(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Wake a guest that sleeps. QEMU says when it does not. */
gboolean virtcpu_driver_wake_up(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Say why nobody in the guest of this domain can be asked: OPERATION_INVALID when its vCPUs do not
 * run, AGENT_UNRESPONSIVE or ARGUMENT_UNSUPPORTED as libvirt has them for a guest agent that is not
 * there. Quick. */
void virtcpu_driver_refuse_agent(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                 GError **error);
