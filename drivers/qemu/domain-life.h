/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What events of a running QEMU make workers do; each task takes the job itself. */
#pragma once

#include "drivers/qemu/domain.h"

/* The guest powered down: end its QEMU, or reset it when a reboot was asked for or <on_poweroff>
 * says so. */
void virtcpu_domain_finish_shutdown(VirtCpuDomain *domain);

/* The guest panicked: do what <on_crash> says. */
void virtcpu_domain_finish_crash(VirtCpuDomain *domain);

/* Destroy @domain if it runs. */
void virtcpu_domain_finish_owner(VirtCpuDomain *domain);

/* Let paused @domain run for @reason. The job's holder only. Errors: those of the monitor. */
gboolean virtcpu_domain_cont(VirtCpuDomain *domain, int reason,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Let the guest of an operation that the caller drives run again for @reason, if it is to (see
 * virtcpu_domain_operation_must_resume). What goes wrong is logged: there is an error already, or
 * nobody to tell. */
void virtcpu_domain_go_on(VirtCpuDomain *domain, int reason);

/* Pause running @domain for @reason; clients are told @detail. The job's holder only. Errors: those
 * of the monitor. */
gboolean virtcpu_domain_pause(VirtCpuDomain *domain, int reason, int detail,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* End running @domain as virDomainDestroy does, with its events. The job's holder only. */
gboolean virtcpu_domain_destroy(VirtCpuDomain *domain, gboolean graceful,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
