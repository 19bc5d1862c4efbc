/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/migrate-postcopy.h"
#include "drivers/qemu/migrate-priv.h"

/* The client says that the destination failed. When all was sent it may be mistaken: it lost the
 * destination, which let the guest run before. A libvirt cannot be asked unless we are its client.
 */
static gboolean
stay_unless_there(VirtCpuDomain *domain, GError **error)
{
    if (domain->operation.phase == VIRTCPU_MIGRATE_OUT_PERFORMED &&
        domain->operation.path != NULL) {
        return virtcpu_migration_settle(domain, error);
    }
    virtcpu_migration_stay(domain);
    return TRUE;
}

/* The guest stands still, as it does at the destination: there is nothing to go back to. */
static gboolean
give_up(VirtCpuDomain *domain)
{
    virtcpu_domain_operation_end(domain);
    return FALSE;
}

/* The operation is entered; whatever comes, it is over when this returns. */
static gboolean
confirm(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, gboolean cancelled, GError **error)
{
    const gboolean offline = (call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0;
    const gboolean performed = domain->operation.phase == VIRTCPU_MIGRATE_OUT_PERFORMED;

    if (performed && !virtcpu_migrate_postcopy_await(domain, error)) {
        return give_up(domain);
    }
    if (cancelled) {
        return stay_unless_there(domain, error);
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

/* An operation goes with a QEMU: a definition that moves alone has it only now. */
static gboolean
enter(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GError **error)
{
    if ((call->flags & VIRTCPU_MIGRATE_OFFLINE) != 0) {
        return virtcpu_domain_operation_begin(domain, VIRTCPU_OPERATION_MIGRATION_OUT, 0, error);
    }
    return virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, error);
}

gboolean
virtcpu_driver_migrate_confirm(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               const VirtCpuMigrateCall *call, gboolean cancelled, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    return domain != NULL && enter(domain, call, error) && confirm(domain, call, cancelled, error);
}
