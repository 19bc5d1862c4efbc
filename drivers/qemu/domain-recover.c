/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-recover.h"

#include "drivers/qemu/domain-dump.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-restore.h"
#include "drivers/qemu/domain-save.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-recover.h"

/* Finish the operation, which is entered, or roll it back, and end it. */
typedef void (*RecoverFunc)(VirtCpuDomain *domain);

/* Nothing outside the QEMU is to be undone: the guest goes on if it did before. */
static void
forget_operation(VirtCpuDomain *domain)
{
    virtcpu_domain_go_on(domain, VIRTCPU_RUNNING_UNPAUSED);
    virtcpu_domain_operation_forget(domain);
    virtcpu_domain_operation_end(domain);
}

static const struct {
    VirtCpuOperation kind;
    RecoverFunc func;
} recoveries[] = {
    { VIRTCPU_OPERATION_DUMP, virtcpu_domain_dump_recover },
    { VIRTCPU_OPERATION_SAVE, virtcpu_domain_save_recover },
    { VIRTCPU_OPERATION_RESTORE, virtcpu_domain_restore_recover },
    { VIRTCPU_OPERATION_MIGRATION_IN, virtcpu_migration_recover_in },
    { VIRTCPU_OPERATION_MIGRATION_OUT, virtcpu_migration_recover_out },
};

void
virtcpu_domain_recover_mark(VirtCpuDomain *domain, const VirtCpuDomainStatus *status)
{
    if (status->operation == VIRTCPU_OPERATION_NONE) {
        return;
    }
    g_message("The operation '%s' of domain '%s' was under way when the earlier daemon ended",
              virtcpu_operation_to_word(status->operation), domain->name);
    domain->operation.kind = status->operation;
    domain->operation.began_us = g_get_monotonic_time();
    domain->operation.phase = status->phase;
    domain->operation.resume = status->resume;
    domain->operation.path = g_strdup(status->path);
}

/* The operation that waits to be recovered, or NONE. */
static VirtCpuOperation
left_behind(VirtCpuDomain *domain)
{
    VirtCpuOperation kind = VIRTCPU_OPERATION_NONE;

    g_mutex_lock(&domain->lock);
    if (domain->run && !domain->run->found && !domain->operation.driven) {
        kind = domain->operation.kind;
    }
    g_mutex_unlock(&domain->lock);
    return kind;
}

void
virtcpu_domain_recover(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    VirtCpuOperation kind = left_behind(domain);
    RecoverFunc func = forget_operation;

    if (kind == VIRTCPU_OPERATION_NONE) {
        return;
    }
    if (!virtcpu_domain_operation_enter(domain, kind, &error)) {
        g_message("%s", error->message);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(recoveries); i++) {
        if (recoveries[i].kind == kind) {
            func = recoveries[i].func;
        }
    }
    func(domain);
}
