/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What streams out of and into QEMU share, for move-out.c and move-in.c. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/domain.h"

/* Set "events" on and each other capability that a stream of ours may have as @capabilities (names
 * to bool; may be NULL) says, those it does not name off. */
gboolean virtcpu_move_set_capabilities(VirtCpuDomain *domain, const VirtCpuJson *capabilities,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Set @parameters, as migrate-set-parameters takes them (NULL: none). */
gboolean virtcpu_move_set_parameters(VirtCpuDomain *domain, const VirtCpuJson *parameters,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Hand @fd (transfer none; -1: none) to QEMU and run @command with @arguments (may be NULL) and the
 * URI of that descriptor, or @uri. The domain's move is NONE before. */
gboolean virtcpu_move_start(VirtCpuDomain *domain, const char *command,
                            const VirtCpuJson *arguments, int fd, const char *uri,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Wait until the domain's move is @status or final. The wait's errors. */
gboolean virtcpu_move_wait(VirtCpuDomain *domain, VirtCpuMoveStatus status, unsigned timeout_ms,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain's move as of now. Takes the lock. */
VirtCpuMoveStatus virtcpu_move_get_status(VirtCpuDomain *domain);

/* What QEMU says of a stream that failed (transfer full). */
char *virtcpu_move_describe_failure(VirtCpuDomain *domain) G_GNUC_WARN_UNUSED_RESULT;
