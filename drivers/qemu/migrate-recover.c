/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-recover.h"

#include "drivers/qemu/migrate-arrive.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/migrate-priv.h"

void
virtcpu_migration_recover_out(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    switch (domain->operation.phase) {
    case VIRTCPU_MIGRATE_OUT_PERFORMED:
        virtcpu_migration_settle_alone(domain);
        return;
    case VIRTCPU_MIGRATE_OUT_CONFIRMED:
        if (!virtcpu_migration_leave(domain, 0, &error)) {
            g_warning("Domain '%s', which has left, does not end: %s", domain->name,
                      error->message);
        }
        return;
    default:
        virtcpu_migration_roll_back(domain);
    }
}

void
virtcpu_migration_recover_in(VirtCpuDomain *domain)
{
    /* one that was to stay paused is as complete as one that runs */
    if (domain->operation.phase == VIRTCPU_MIGRATE_IN_RUNS &&
        (virtcpu_domain_has_run(domain) || !domain->operation.resume)) {
        virtcpu_migration_keep_or_drop(domain);
    } else {
        virtcpu_migration_drop(domain);
    }
}
