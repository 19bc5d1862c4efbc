/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-leave.h"

#include "conf/error.h"
#include "drivers/qemu/domain-define.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/migrate-peer.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/move-out.h"

/* How often, and how long apart, a destination that holds the guest but does not let it run is
 * asked: it has lost its client as we have ours, and is about to end it. */
#define SETTLE_TRIES   10
#define SETTLE_WAIT_US 500000

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

/* ---- post-copy ---- */

/* What QEMU says of its stream: an earlier daemon's may be one of which no event came. */
static gboolean
ask_move(VirtCpuDomain *domain, VirtCpuMoveStatus *status, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_domain_execute(domain, "query-migrate", NULL, &reply, error)) {
        return FALSE;
    }
    *status = virtcpu_move_status_from_word(virtcpu_json_get_string(reply, "status"));
    g_mutex_lock(&domain->lock);
    domain->run->move = *status;
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

static void
mark_postcopy_failed(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->reason = VIRTCPU_PAUSED_POSTCOPY_FAILED;
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_SUSPENDED,
                                  VIRTCPU_SUSPENDED_POSTCOPY_FAILED);
}

gboolean
virtcpu_migration_await_rest(VirtCpuDomain *domain, GError **error)
{
    VirtCpuMoveStatus status;

    if (!ask_move(domain, &status, error)) {
        return FALSE;
    }
    if (status != VIRTCPU_MOVE_POSTCOPY && status != VIRTCPU_MOVE_POSTCOPY_PAUSED &&
        status != VIRTCPU_MOVE_POSTCOPY_RECOVER) {
        return TRUE;
    }
    if (!virtcpu_move_out_wait(domain, VIRTCPU_MOVE_COMPLETED, error)) {
        if (domain->run != NULL) {
            mark_postcopy_failed(domain);
        }
        return FALSE;
    }
    return TRUE;
}

/* ---- in doubt ---- */

static VirtCpuPeerAnswer
ask_until_sure(VirtCpuDomain *domain, gboolean *sure)
{
    VirtCpuPeerAnswer answer = VIRTCPU_PEER_HOLDS;

    *sure = FALSE;
    for (int i = 0; domain->operation.path != NULL && i < SETTLE_TRIES && !*sure; i++) {
        g_autoptr(GError) error = NULL;

        if (!virtcpu_migrate_peer_ask(domain->operation.path, domain->uuid, &answer, &error)) {
            g_message("The destination of domain '%s' does not say whether it runs there: %s",
                      domain->name, error->message);
        } else {
            *sure = answer != VIRTCPU_PEER_HOLDS;
        }
        if (!*sure && i + 1 < SETTLE_TRIES) {
            g_usleep(SETTLE_WAIT_US);
        }
    }
    return answer;
}

void
virtcpu_migration_settle(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    VirtCpuPeerAnswer answer;
    gboolean sure;

    if (domain->run != NULL && !virtcpu_migration_await_rest(domain, &error)) {
        g_warning("The migration of domain '%s' broke off when its guest ran at the destination "
                  "already: %s",
                  domain->name, error->message);
        virtcpu_domain_operation_end(domain);
        return;
    }
    answer = ask_until_sure(domain, &sure);
    if (sure && answer == VIRTCPU_PEER_HAS_NONE) {
        virtcpu_migration_stay(domain);
        return;
    }
    if (sure) {
        if (!virtcpu_migration_leave(domain, 0, &error)) {
            g_warning("Domain '%s', which runs at the destination, does not end here: %s",
                      domain->name, error->message);
        }
        return;
    }
    g_warning("Nobody says whether domain '%s' runs at the destination: it stands still here until "
              "it is resumed or destroyed",
              domain->name);
    virtcpu_domain_operation_end(domain);
}
