/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-store.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/migrate-priv.h"

/* What each end of the phase does; the operation is entered, and ended by it. */

static gboolean
confirm(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, gboolean cancelled, GError **error)
{
    const gboolean offline = (call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0;
    const gboolean performed = domain->operation.phase == VIRTCPU_MIGRATE_OUT_PERFORMED;

    if (cancelled) {
        virtcpu_migration_stay(domain);
        return TRUE;
    }
    if (!offline && !performed) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("the state of domain '%s' was not sent: it cannot run elsewhere"),
                          domain->name);
        virtcpu_migration_stay(domain);
        return FALSE;
    }
    return virtcpu_migration_leave(domain, call->flags, error);
}

gboolean
virtcpu_driver_migrate_confirm(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               const VirtCpuMigrateCall *call, gboolean cancelled, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    return domain != NULL &&
           virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, error) &&
           confirm(domain, call, cancelled, error);
}
