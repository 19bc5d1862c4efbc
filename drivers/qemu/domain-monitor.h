/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain's own QEMU is asked: its QMP commands with the driver's limit of time. The domain
 * runs and its job is held, but for the first. Errors: those of virtcpu_qmp_execute. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/domain.h"
#include "drivers/qemu/driver.h"

/* The monitor of running @uuid (transfer full), and a copy of what it runs (transfer full), for
 * questions that are asked without the job and wait for nobody who has it. OPERATION_INVALID when
 * it does not run. Any thread. */
VirtCpuQmp *virtcpu_driver_monitor(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   VirtCpuDomainDef **def,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One command; @arguments may be NULL. @reply (may be NULL) gets its "return" value (transfer
 * full). */
gboolean virtcpu_domain_execute(VirtCpuDomain *domain, const char *command,
                                const VirtCpuJson *arguments, VirtCpuJson **reply,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Give QEMU a copy of @fd (transfer none), which later commands call @name. Errors also:
 * SYSTEM_ERROR when this process has no descriptor left. */
gboolean virtcpu_domain_give_fd(VirtCpuDomain *domain, const char *name, int fd,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Close what was given as @name, unless a device has taken it over. */
void virtcpu_domain_take_fd_back(VirtCpuDomain *domain, const char *name);
