/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-priv.h"

VirtCpuMigration *
virtcpu_migration_new(VirtCpuDomain *domain, unsigned flags, const char *name)
{
    VirtCpuMigration *migration = g_new0(VirtCpuMigration, 1);

    migration->domain = domain;
    migration->flags = flags;
    migration->name = g_strdup(name);
    return migration;
}

void
virtcpu_migration_free(gpointer data)
{
    VirtCpuMigration *migration = data;

    if (migration == NULL) {
        return;
    }
    virtcpu_migrate_door_free(migration->door);
    virtcpu_passport_unref(migration->passport);
    g_free(migration->name);
    g_free(migration->witnessed);
    g_free(migration);
}
