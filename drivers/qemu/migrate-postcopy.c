/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate.h"

static gboolean
start_postcopy(VirtCpuDomain *domain, GError **error)
{
    gboolean moving;

    g_mutex_lock(&domain->lock);
    moving = domain->operation.kind == VIRTCPU_OPERATION_MIGRATION_OUT;
    g_mutex_unlock(&domain->lock);
    if (!moving) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("post-copy can only be started while outgoing migration is in "
                            "progress"));
        return FALSE;
    }
    return virtcpu_domain_execute(domain, "migrate-start-postcopy", NULL, NULL, error);
}

gboolean
virtcpu_driver_migrate_start_postcopy(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    gboolean done;

    if (domain == NULL) {
        return FALSE;
    }
    done = start_postcopy(domain, error);
    virtcpu_driver_end_job(domain);
    return done;
}
