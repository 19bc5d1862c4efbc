/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of a run. The holder of the job calls these. */
#pragma once

#include "drivers/qemu/domain-status.h"

/* End the process of running @domain and wait for it (pidfd): SIGTERM, and SIGKILL when that does
 * not do within a moment; @graceful: SIGTERM only, at most 15 s. From now on what it says, and that
 * it ends, is no news; it is again when this fails. Errors: OPERATION_FAILED when it does not end.
 */
gboolean virtcpu_domain_kill(VirtCpuDomain *domain, gboolean graceful,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The process has ended: SHUTOFF for @reason, status off the disk, a STOPPED event with @detail
 * (-1: none). A transient domain is forgotten. */
void virtcpu_domain_stopped(VirtCpuDomain *domain, int reason, int detail);

/* Both of these, not graceful. Errors: those of the first. */
gboolean virtcpu_domain_end_run(VirtCpuDomain *domain, int reason, int detail,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same where an error can only be logged. */
void virtcpu_domain_drop_run(VirtCpuDomain *domain, int reason, int detail);

/* The QEMU that @status tells of ended while no daemon ran: note how, as far as it is known, and
 * clean up. Transient domains are not forgotten here. */
void virtcpu_domain_ended_unseen(VirtCpuDomain *domain, const VirtCpuDomainStatus *status);

/* Worker task: when the process of @domain ended by itself, take note of it. */
void virtcpu_domain_reap(VirtCpuDomain *domain);

/* Free @run (transfer full) on the main loop. Any thread. */
void virtcpu_domain_release_run(VirtCpuDomain *domain, VirtCpuDomainRun *run);
