/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a guest comes into a QEMU that was launched for it (VirtCpuLaunch's incoming). The
 * driver of the domain's long operation only; its ordinary job is let go while QEMU works. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/domain.h"

/* Tell QEMU how the stream will come. @capabilities: QEMU's names to bool, @parameters: arguments
 * of migrate-set-parameters; may be NULL. Errors: CONFIG_UNSUPPORTED for post-copy that the kernel
 * does not let this QEMU do; else what QEMU says. */
gboolean virtcpu_move_in_prepare(VirtCpuDomain *domain, const VirtCpuJson *capabilities,
                                 const VirtCpuJson *parameters,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the QEMU that was told so read the stream from @fd (transfer none), or with -1 wait for it
 * at @uri. Errors: what QEMU says. */
gboolean virtcpu_move_in_listen(VirtCpuDomain *domain, int fd, const char *uri,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Wait until the state is there; the guest does not run yet. @timeout_ms: 0: as long as it takes.
 * Errors: OPERATION_FAILED with QEMU's last words; OPERATION_TIMEOUT. */
gboolean virtcpu_move_in_wait(VirtCpuDomain *domain, unsigned timeout_ms,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
