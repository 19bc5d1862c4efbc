/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-leave.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-define.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-postcopy.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/move-out.h"

void
virtcpu_migration_stay(VirtCpuDomain *domain)
{
    virtcpu_domain_go_on(domain, VIRTCPU_RUNNING_MIGRATION_CANCELED);
    virtcpu_domain_operation_forget(domain);
    virtcpu_domain_operation_end(domain);
}

void
virtcpu_migration_roll_back(VirtCpuDomain *domain)
{
    virtcpu_move_out_undo(domain, VIRTCPU_RUNNING_MIGRATION_CANCELED);
    virtcpu_domain_operation_end(domain);
}

/* What the migration came to, for domjobinfo --completed. */
static void
keep_statistics(VirtCpuDomain *domain)
{
    VirtCpuOperationProgress progress;

    if (virtcpu_domain_operation_ask(domain, &progress, NULL)) {
        virtcpu_domain_operation_completed(domain, &progress, VIRTCPU_JOB_COMPLETED);
    }
}

static gboolean
end_run(VirtCpuDomain *domain, GError **error)
{
    keep_statistics(domain);
    return virtcpu_domain_operation_set_phase(domain, VIRTCPU_MIGRATE_OUT_CONFIRMED, FALSE,
                                              domain->operation.path, error) &&
           virtcpu_domain_end_run(domain, VIRTCPU_SHUTOFF_MIGRATED, VIRTCPU_STOPPED_MIGRATED,
                                  error);
}

gboolean
virtcpu_migration_leave(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    gboolean done =
        domain->run == NULL || (flags & VIRTCPU_MIGRATE_OFFLINE) != 0 || end_run(domain, error);

    if (done && (flags & VIRTCPU_MIGRATE_UNDEFINE_SOURCE) != 0 && domain->config != NULL) {
        done = virtcpu_domain_undefine(domain, error);
    }
    virtcpu_domain_operation_end(domain);
    return done;
}

/* ---- in doubt ---- */

/* Nobody may do anything with the guest but resume or destroy it, here or there. */
static void
remain_in_doubt(VirtCpuDomain *domain, const GError *reason, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("the destination of domain '%s' does not say whether it runs there (%s): "
                        "it stands still here until the destination says so, or until it is "
                        "resumed or destroyed here"),
                      domain->name, reason != NULL ? reason->message : _("it cannot be asked"));
    virtcpu_domain_operation_set_in_doubt(domain);
    if (domain->operation.path != NULL) {
        virtcpu_migrate_doubts_add(domain->driver->doubts, domain);
    }
    virtcpu_domain_operation_release(domain);
}

/* HOLDS, and @reason, when it does not say. */
static VirtCpuPeerAnswer
ask(VirtCpuDomain *domain, GError **reason)
{
    VirtCpuPeerAnswer answer = VIRTCPU_PEER_HOLDS;

    if (domain->operation.path == NULL ||
        !virtcpu_migrate_doubts_ask(domain->operation.path, domain->uuid, &answer, reason)) {
        return VIRTCPU_PEER_HOLDS;
    }
    if (answer == VIRTCPU_PEER_HOLDS) {
        virtcpu_error_set(reason, VIRTCPU_ERR_OPERATION_FAILED,
                          _("it has not decided yet whether to let it run"));
    }
    return answer;
}

gboolean
virtcpu_migration_settle(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(GError) reason = NULL;

    switch (ask(domain, &reason)) {
    case VIRTCPU_PEER_HAS_NONE:
        virtcpu_migration_stay(domain);
        return TRUE;
    case VIRTCPU_PEER_HAS:
    case VIRTCPU_PEER_RUNS:
        g_message("Domain '%s' runs at the destination", domain->name);
        return virtcpu_migration_leave(domain, 0, error);
    case VIRTCPU_PEER_HOLDS:
        break;
    }
    remain_in_doubt(domain, reason, error);
    return FALSE;
}

void
virtcpu_migration_settle_alone(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (domain->run != NULL && !virtcpu_migrate_postcopy_await(domain, &error)) {
        g_warning("The migration of domain '%s' broke off when its guest ran at the destination "
                  "already: %s",
                  domain->name, error->message);
        virtcpu_domain_operation_end(domain);
    } else if (!virtcpu_migration_settle(domain, &error)) {
        g_warning("%s", error->message);
    }
}

/* A worker's task. */
static void
settle_now(VirtCpuDomain *domain)
{
    if (!virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, NULL)) {
        return;
    }
    if (domain->operation.in_doubt) {
        virtcpu_migration_settle_alone(domain);
    } else {
        virtcpu_domain_operation_release(domain);
    }
}

static void
queue_settle(VirtCpuDomain *domain)
{
    virtcpu_driver_queue(domain->driver, settle_now, domain);
}

void
virtcpu_migration_settle_later(VirtCpuDomain *domain)
{
    virtcpu_driver_invoke(domain->driver, queue_settle, domain);
}

gboolean
virtcpu_migration_is_in_doubt(VirtCpuDomain *domain)
{
    gboolean in_doubt;

    g_mutex_lock(&domain->lock);
    in_doubt = domain->operation.in_doubt;
    g_mutex_unlock(&domain->lock);
    return in_doubt;
}

gboolean
virtcpu_migration_resume(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(GError) reason = NULL;
    VirtCpuPeerAnswer answer;

    if (!virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_OUT, error)) {
        return FALSE;
    }
    answer = ask(domain, &reason);
    if (answer == VIRTCPU_PEER_HAS || answer == VIRTCPU_PEER_RUNS) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("domain '%s' runs at the destination of its migration: it ends here"),
                          domain->name);
        if (!virtcpu_migration_leave(domain, 0, &reason)) {
            g_warning("%s", reason->message);
        }
        return FALSE;
    }
    g_message("Domain '%s' is resumed by its administrator, whatever became of it at the "
              "destination%s%s",
              domain->name, reason != NULL ? ": " : "", reason != NULL ? reason->message : "");
    g_mutex_lock(&domain->lock);
    domain->operation.resume = TRUE;
    g_mutex_unlock(&domain->lock);
    virtcpu_migration_stay(domain);
    return TRUE;
}
