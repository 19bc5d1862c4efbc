/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-arrive.h"

#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-peer.h"

void
virtcpu_migration_drop(VirtCpuDomain *domain)
{
    if (domain->run != NULL) {
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_FAILED, VIRTCPU_STOPPED_FAILED);
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
