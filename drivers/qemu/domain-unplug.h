/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices that leave a running guest: it is asked, and gives them up when it likes, or never. */
#pragma once

#include "drivers/qemu/args.h"
#include "drivers/qemu/domain.h"

/* Ask the guest of @domain to give up device @alias, and wait up to @wait_ms until it has: TRUE
 * into
 * @gone. A guest that has not by then may do so later. The job's holder only; blocks. Errors:
 * DEVICE_MISSING when QEMU has none by that name, OPERATION_FAILED when the guest refuses, what
 * QEMU says. */
gboolean virtcpu_domain_unplug(VirtCpuDomain *domain, const char *alias, unsigned wait_ms,
                               gboolean *gone, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Device @alias has left the QEMU of @domain: take what was behind it away, and it out of what
 * runs, in the status on disk, too, and tell clients. The job's holder only; blocks. */
void virtcpu_domain_forget_device(VirtCpuDomain *domain, const char *alias);

/* QEMU says that device @alias is gone. Main loop thread. */
void virtcpu_domain_on_device_gone(VirtCpuDomain *domain, const char *alias);

/* QEMU says that the guest keeps device @alias. Main loop thread. */
void virtcpu_domain_on_device_kept(VirtCpuDomain *domain, const char *alias);

/* Take devices that its QEMU does not have, or no longer, out of what found @domain runs: they
 * went, or did not come, while no daemon was there. The job's holder only; blocks. */
void virtcpu_domain_reconcile_devices(VirtCpuDomain *domain);
