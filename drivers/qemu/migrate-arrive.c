/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-arrive.h"

#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-peer.h"

static gboolean
is_open(const guint8 uuid[VIRTCPU_UUID_BYTES], gpointer user_data)
{
    const VirtCpuDriver *driver = user_data;
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, NULL);
    gboolean open = FALSE;

    if (domain != NULL) {
        g_mutex_lock(&domain->lock);
        open = domain->operation.kind == VIRTCPU_OPERATION_MIGRATION_IN;
        g_mutex_unlock(&domain->lock);
    }
    return open;
}

VirtCpuMigrateWitness *
virtcpu_migration_new_witness(VirtCpuDriver *driver, const char *lib_dir)
{
    g_autofree char *folder = g_build_filename(lib_dir, "qemu", "arrivals", NULL);

    return virtcpu_migrate_witness_new(folder, is_open, driver);
}

/* While the domain is known its source is told that nothing is decided yet; so what it is told
 * afterwards is right before that ends. */
void
virtcpu_migration_drop(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (domain->run != NULL && !virtcpu_domain_kill(domain, FALSE, &error)) {
        g_warning("QEMU of domain '%s', whose guest does not come, does not end: %s", domain->name,
                  error->message);
    } else {
        virtcpu_migrate_witness_forget(domain->driver->witness, domain->uuid);
        if (domain->run != NULL) {
            virtcpu_domain_stopped(domain, VIRTCPU_SHUTOFF_FAILED, VIRTCPU_STOPPED_FAILED);
        }
    }
    virtcpu_domain_operation_end(domain);
}

void
virtcpu_migration_keep_or_drop(VirtCpuDomain *domain)
{
    VirtCpuPeerAnswer answer = VIRTCPU_PEER_HAS_NONE;
    g_autoptr(GError) error = NULL;

    if (domain->operation.path != NULL &&
        !virtcpu_migrate_peer_ask(domain->operation.path, domain->uuid, &answer, &error)) {
        g_warning("The source of domain '%s' does not say whether it runs there: %s", domain->name,
                  error->message);
    }
    if (answer == VIRTCPU_PEER_RUNS) {
        g_warning("Domain '%s' went on at its source: it ends here", domain->name);
        virtcpu_migration_drop(domain);
        return;
    }
    virtcpu_domain_operation_forget(domain);
    virtcpu_domain_operation_end(domain);
}
