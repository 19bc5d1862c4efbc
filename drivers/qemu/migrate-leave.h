/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a migration ends at its source: the guest stays, or it has left. The caller has entered the
 * operation MIGRATION_OUT, which is over when these return. */
#pragma once

#include "drivers/qemu/domain.h"

/* The guest goes on here if it ran before. What goes wrong then is logged: nobody can help. */
void virtcpu_migration_stay(VirtCpuDomain *domain);

/* The same when its stream may be under way, which is cancelled. */
void virtcpu_migration_roll_back(VirtCpuDomain *domain);

/* The guest runs elsewhere: end its QEMU here, and with UNDEFINE_SOURCE in @flags forget its
 * definition. On disk first, so that a later daemon does not let it run. Errors: SYSTEM_ERROR,
 * OPERATION_FAILED; the guest does not go on all the same. */
gboolean virtcpu_migration_leave(VirtCpuDomain *domain, unsigned flags,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* In post-copy the guest runs at the destination while the rest of its memory is still being sent:
 * wait until all is. There is no way back then: FALSE when that failed, and the guest stands still
 * on both sides. TRUE at once when nothing is being sent. Errors: those of the monitor,
 * OPERATION_FAILED. */
gboolean virtcpu_migration_await_rest(VirtCpuDomain *domain,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Nobody says whether the destination let the guest run: ask it, and do what the answer asks for.
 * Without an answer the guest stands still here until somebody resumes or destroys it. */
void virtcpu_migration_settle(VirtCpuDomain *domain);
