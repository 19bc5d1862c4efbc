/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-postcopy.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate.h"
#include "drivers/qemu/move-out.h"
#include "drivers/qemu/move-priv.h"

/* QEMU 7.2 does not notice that its destination has gone once the last page is in a socket's
 * buffer: who sends nothing for so long has failed. */
#define LOOK_MS   1000
#define STILL_FOR 30

/* ---- begin it ---- */

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

/* ---- wait for its end ---- */

/* Bytes sent as of now; 0 when QEMU does not say. */
static guint64
ask_sent(VirtCpuDomain *domain)
{
    VirtCpuOperationProgress progress;

    return virtcpu_domain_operation_ask(domain, &progress, NULL) ? progress.memory_processed : 0;
}

/* FALSE when the stream broke off: the wait's error, or none. */
static gboolean
await_end(VirtCpuDomain *domain, GError **error)
{
    guint64 sent = 0;

    for (guint still = 0; still < STILL_FOR; still++) {
        g_autoptr(GError) reason = NULL;
        guint64 now;

        if (virtcpu_move_wait(domain, VIRTCPU_MOVE_COMPLETED, LOOK_MS, &reason)) {
            return virtcpu_move_get_status(domain) == VIRTCPU_MOVE_COMPLETED;
        }
        if (domain->run == NULL || g_atomic_int_get(&domain->driver->interrupted) ||
            !g_error_matches(reason, VIRTCPU_ERROR, VIRTCPU_ERR_OPERATION_TIMEOUT)) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return FALSE;
        }
        now = ask_sent(domain);
        if (now != sent) {
            sent = now;
            still = 0;
        }
    }
    return FALSE;
}

static void
mark_failed(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->reason = VIRTCPU_PAUSED_POSTCOPY_FAILED;
    virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_SUSPENDED,
                                         VIRTCPU_SUSPENDED_POSTCOPY_FAILED);
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_migrate_postcopy_await(VirtCpuDomain *domain, GError **error)
{
    g_autoptr(GError) reason = NULL;
    VirtCpuMoveStatus status;

    if (!virtcpu_move_out_ask(domain, &status, error)) {
        return FALSE;
    }
    if (!virtcpu_move_status_is_postcopy(status) || await_end(domain, &reason)) {
        return TRUE;
    }
    if (reason != NULL) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    mark_failed(domain);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("the migration of domain '%s' broke off in post-copy, when part of its "
                        "memory was at the destination and part was here: it cannot go on on "
                        "either side; destroy both"),
                      domain->name);
    return FALSE;
}
