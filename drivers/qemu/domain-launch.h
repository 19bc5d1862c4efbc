/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A definition becomes a paused QEMU with a verified CPU. */
#pragma once

#include "drivers/qemu/cpu-passport.h"
#include "drivers/qemu/domain.h"

/* How a QEMU is started. */
typedef struct {
    int paused_reason;    /* STARTING_UP when the guest is to run at once: until then a later daemon
                             takes it for never acknowledged */
    guint64 owner;        /* connection of AUTODESTROY, or 0 */
    gboolean reset_nvram; /* the variables of its firmware are made anew */
    gboolean incoming; /* its state comes in later, see move-in.h; nothing is read before the vCPUs
                          are verified */
    VirtCpuPassport *passport; /* of the CPU that it comes with (transfer none): exactly that is
                                  made, verified and kept; NULL: the one that the definition asks
                                  for */
} VirtCpuLaunch;

/* Start QEMU for @def, paused, and verify its vCPUs. On success @domain has its run, @def (taken)
 * with id, aliases and exact CPU as live definition, state PAUSED, and its status is on disk; on
 * failure nothing is left and @def is freed. The job's holder only; blocks. */
gboolean virtcpu_domain_launch(VirtCpuDomain *domain, VirtCpuDomainDef *def,
                               const VirtCpuLaunch *how, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A monitor client on @fd (transfer full) that reports to @domain (transfer full). */
VirtCpuQmp *virtcpu_domain_attach_monitor(VirtCpuDomain *domain, int fd) G_GNUC_WARN_UNUSED_RESULT;
