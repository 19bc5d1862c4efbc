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

/* All was sent, and nobody says whether the destination let the guest run: ask it, and do what the
 * answer asks for. Without an answer the guest is in doubt: it stands still here, its destination
 * is asked again from time to time, and FALSE is returned with OPERATION_FAILED saying so. Other
 * errors: those of virtcpu_migration_leave. */
gboolean virtcpu_migration_settle(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same where nobody is to be told, after the rest of a post-copy: what goes wrong is logged. */
void virtcpu_migration_settle_alone(VirtCpuDomain *domain);

/* Have a worker enter the operation of @domain and settle it if it is still in doubt. Any thread.
 */
void virtcpu_migration_settle_later(VirtCpuDomain *domain);

/* TRUE while the guest of @domain may run at the destination of its migration, or not. Takes the
 * lock. */
gboolean virtcpu_migration_is_in_doubt(VirtCpuDomain *domain);

/* Somebody decides that the guest of @domain, which is in doubt, goes on here. Enters the operation
 * itself. Errors: OPERATION_INVALID when the destination says that it runs there: it is ended here.
 */
gboolean virtcpu_migration_resume(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;
