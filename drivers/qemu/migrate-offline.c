/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-offline.h"

#include "drivers/qemu/driver-priv.h"

struct _VirtCpuMigrateOffline {
    GMutex lock;
    GHashTable *kept; /* name to Kept */
};

typedef struct {
    VirtCpuDomainDef *def;
    guint64 owner;
} Kept;

static void
kept_free(gpointer data)
{
    Kept *kept = data;

    virtcpu_domain_def_free(kept->def);
    g_free(kept);
}

VirtCpuMigrateOffline *
virtcpu_migrate_offline_new(void)
{
    VirtCpuMigrateOffline *offline = g_new0(VirtCpuMigrateOffline, 1);

    g_mutex_init(&offline->lock);
    offline->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, kept_free);
    return offline;
}

void
virtcpu_migrate_offline_free(VirtCpuMigrateOffline *offline)
{
    if (offline == NULL) {
        return;
    }
    g_hash_table_unref(offline->kept);
    g_mutex_clear(&offline->lock);
    g_free(offline);
}

/* Would the definition find its place? */
static gboolean
check_place(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_claim_job(driver, def, error);

    if (domain == NULL) {
        return FALSE;
    }
    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_driver_end_job(domain);
    return TRUE;
}

gboolean
virtcpu_migrate_offline_put(VirtCpuDriver *driver, VirtCpuDomainDef *def, guint64 owner,
                            GError **error)
{
    g_autoptr(VirtCpuDomainDef) taken = def;
    Kept *kept;

    if (!check_place(driver, taken, error)) {
        return FALSE;
    }
    kept = g_new0(Kept, 1);
    kept->owner = owner;
    kept->def = g_steal_pointer(&taken);
    g_mutex_lock(&driver->offline->lock);
    g_hash_table_insert(driver->offline->kept, g_strdup(kept->def->name), kept);
    g_mutex_unlock(&driver->offline->lock);
    return TRUE;
}

VirtCpuDomainDef *
virtcpu_migrate_offline_take(VirtCpuDriver *driver, const char *name)
{
    VirtCpuDomainDef *def = NULL;
    Kept *kept;

    g_mutex_lock(&driver->offline->lock);
    kept = g_hash_table_lookup(driver->offline->kept, name);
    if (kept != NULL) {
        def = g_steal_pointer(&kept->def);
        g_hash_table_remove(driver->offline->kept, name);
    }
    g_mutex_unlock(&driver->offline->lock);
    return def;
}

static gboolean
is_owned(gpointer name, gpointer value, gpointer owner)
{
    return ((const Kept *)value)->owner == *(const guint64 *)owner;
}

void
virtcpu_migrate_offline_owner_gone(VirtCpuDriver *driver, guint64 owner)
{
    g_mutex_lock(&driver->offline->lock);
    g_hash_table_foreach_remove(driver->offline->kept, is_owned, &owner);
    g_mutex_unlock(&driver->offline->lock);
}
