/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions that come without a guest, between the phases prepare and finish. */
#pragma once

#include "drivers/qemu/domain.h"

typedef struct _VirtCpuMigrateOffline VirtCpuMigrateOffline;

/* An empty set (transfer full). */
VirtCpuMigrateOffline *virtcpu_migrate_offline_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @offline (may be NULL). */
void virtcpu_migrate_offline_free(VirtCpuMigrateOffline *offline);

/* Keep @def (transfer full) until its finish, or until connection @owner goes. Errors:
 * OPERATION_FAILED when its name or UUID is another domain's. Any thread. */
gboolean virtcpu_migrate_offline_put(VirtCpuDriver *driver, VirtCpuDomainDef *def, guint64 owner,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The definition named @name, which is no longer kept (transfer full), or NULL. Any thread. */
VirtCpuDomainDef *virtcpu_migrate_offline_take(VirtCpuDriver *driver,
                                               const char *name) G_GNUC_WARN_UNUSED_RESULT;

/* Connection @owner has closed. Any thread. */
void virtcpu_migrate_offline_owner_gone(VirtCpuDriver *driver, guint64 owner);
