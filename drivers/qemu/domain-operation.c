/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-operation.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/driver-priv.h"

#include <string.h>

/* The word is the status file's, the title what clients see in messages. */
static const struct {
    const char *word, *title;
} operations[] = {
    [VIRTCPU_OPERATION_NONE] = { "none", "no job" },
    [VIRTCPU_OPERATION_START] = { "start", "domain start job" },
    [VIRTCPU_OPERATION_SAVE] = { "save", "domain save job" },
    [VIRTCPU_OPERATION_RESTORE] = { "restore", "domain restore job" },
    [VIRTCPU_OPERATION_MIGRATION_IN] = { "migration-in", "migration in job" },
    [VIRTCPU_OPERATION_MIGRATION_OUT] = { "migration-out", "migration out job" },
    [VIRTCPU_OPERATION_SNAPSHOT] = { "snapshot", "snapshot job" },
    [VIRTCPU_OPERATION_SNAPSHOT_REVERT] = { "snapshot-revert", "snapshot revert job" },
    [VIRTCPU_OPERATION_DUMP] = { "dump", "domain core dump job" },
    [VIRTCPU_OPERATION_BACKUP] = { "backup", "backup job" },
};

const char *
virtcpu_operation_to_word(VirtCpuOperation operation)
{
    return operations[operation].word;
}

const char *
virtcpu_operation_to_title(VirtCpuOperation operation)
{
    return operations[operation].title;
}

VirtCpuOperation
virtcpu_operation_from_word(const char *word)
{
    for (gsize i = 1; i < G_N_ELEMENTS(operations); i++) {
        if (g_strcmp0(word, operations[i].word) == 0) {
            return (VirtCpuOperation)i;
        }
    }
    return VIRTCPU_OPERATION_NONE;
}

/* Data to be freed, and how; its threads may use the domain until that is done. */
typedef struct {
    VirtCpuDomain *domain; /* owned */
    gpointer data;
    GDestroyNotify data_free;
} Leftover;

static gpointer
free_leftover(gpointer data)
{
    g_autofree Leftover *leftover = data;
    VirtCpuDriver *driver = leftover->domain->driver;
    g_autoptr(GMainContext) context = g_main_context_ref(driver->context);

    leftover->data_free(leftover->data);
    virtcpu_domain_unref(leftover->domain);
    g_atomic_int_add(&driver->busy, -1);
    g_main_context_wakeup(context); /* virtcpu_driver_free waits for the last one */
    return NULL;
}

/* To free it may wait for threads that wait for this lock, or for the main loop. */
static void
drop_data_locked(VirtCpuDomain *domain)
{
    Leftover *leftover;

    if (domain->operation.data_free == NULL) {
        return;
    }
    leftover = g_new0(Leftover, 1);
    leftover->domain = virtcpu_domain_ref(domain);
    leftover->data = domain->operation.data;
    leftover->data_free = domain->operation.data_free;
    domain->operation.data_free = NULL;
    g_atomic_int_inc(&domain->driver->busy);
    g_thread_unref(g_thread_new("operation-end", free_leftover, leftover));
}

void
virtcpu_domain_operation_clear_locked(VirtCpuDomain *domain)
{
    drop_data_locked(domain);
    g_free(domain->operation.path);
    memset(&domain->operation, 0, sizeof(domain->operation));
    g_cond_broadcast(&domain->changed);
}

void
virtcpu_domain_operation_mark(VirtCpuDomain *domain, VirtCpuOperation operation, guint64 owner)
{
    g_mutex_lock(&domain->lock);
    domain->operation.kind = operation;
    domain->operation.owner = owner;
    domain->operation.began_us = g_get_monotonic_time();
    domain->operation.driven = TRUE;
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_domain_operation_begin(VirtCpuDomain *domain, VirtCpuOperation operation, guint64 owner,
                               GError **error)
{
    if (!virtcpu_domain_job_begin(domain, error)) {
        return FALSE;
    }
    virtcpu_domain_operation_mark(domain, operation, owner);
    return TRUE;
}

VirtCpuDomain *
virtcpu_driver_claim_operation(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                               VirtCpuOperation operation, guint64 owner, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_claim_job(driver, def, error);

    if (domain != NULL) {
        virtcpu_domain_operation_mark(domain, operation, owner);
    }
    return domain;
}

void
virtcpu_domain_operation_release(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->operation.driven = FALSE;
    if (!domain->run) {
        virtcpu_domain_operation_clear_locked(domain); /* it ended with its QEMU */
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_job_end(domain);
}

gboolean
virtcpu_domain_operation_enter(VirtCpuDomain *domain, VirtCpuOperation operation, GError **error)
{
    gboolean entered;

    if (!virtcpu_domain_job_begin_beside(domain, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    entered = domain->operation.kind == operation && !domain->operation.driven;
    if (entered) {
        domain->operation.driven = TRUE;
    }
    g_mutex_unlock(&domain->lock);
    if (!entered) {
        virtcpu_domain_job_end(domain);
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("domain '%s' has no operation '%s' that waits for its next phase"),
                          domain->name, virtcpu_operation_to_word(operation));
    }
    return entered;
}

void
virtcpu_domain_operation_unmark(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    virtcpu_domain_operation_clear_locked(domain);
    g_mutex_unlock(&domain->lock);
}

void
virtcpu_domain_operation_end(VirtCpuDomain *domain)
{
    virtcpu_domain_operation_unmark(domain);
    virtcpu_domain_job_end(domain);
}

/* Under the lock: TRUE while the QEMU can be heard of. */
static gboolean
is_reachable(const VirtCpuDomain *domain)
{
    return domain->run && !domain->run->monitor_gone && !domain->run->destroying;
}

/* Who waits without a @deadline does not hold up the daemon's end. */
static gboolean
is_interrupted(VirtCpuDomain *domain, gint64 deadline)
{
    return deadline == 0 && g_atomic_int_get(&domain->driver->interrupted);
}

/* Under the lock: sleep until something changes. FALSE when @deadline (0: none) has passed. */
static gboolean
sleep_until(VirtCpuDomain *domain, gint64 deadline)
{
    if (deadline) {
        return g_cond_wait_until(&domain->changed, &domain->lock, deadline);
    }
    g_cond_wait(&domain->changed, &domain->lock);
    return TRUE;
}

gboolean
virtcpu_domain_operation_wait(VirtCpuDomain *domain, VirtCpuOperationDoneFunc done,
                              gpointer user_data, unsigned timeout_ms, GError **error)
{
    gint64 deadline = timeout_ms ? g_get_monotonic_time() + (gint64)timeout_ms * 1000 : 0;
    gboolean came, in_time = TRUE, interrupted;

    g_mutex_lock(&domain->lock);
    domain->job_taken = FALSE;
    g_cond_broadcast(&domain->changed);
    came = done(domain, user_data);
    interrupted = is_interrupted(domain, deadline);
    while (!came && is_reachable(domain) && in_time && !interrupted) {
        in_time = sleep_until(domain, deadline);
        came = done(domain, user_data);
        interrupted = is_interrupted(domain, deadline);
    }
    while (domain->job_taken) {
        g_cond_wait(&domain->changed, &domain->lock);
    }
    domain->job_taken = TRUE;
    came = came && domain->run; /* who had the job meanwhile may have ended it */
    in_time = in_time || !domain->run;
    g_mutex_unlock(&domain->lock);

    if (!came && interrupted) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED, _("%s: virtcpud ends"),
                          virtcpu_operation_to_title(domain->operation.kind));
    } else if (!came && in_time) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("domain is not running"));
    } else if (!came) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_TIMEOUT,
                          _("QEMU of domain '%s' did not finish within %u ms"), domain->name,
                          timeout_ms);
    }
    return came;
}

void
virtcpu_domain_operation_set_undo(VirtCpuDomain *domain, VirtCpuDomainTask undo)
{
    g_mutex_lock(&domain->lock);
    domain->operation.undo = undo;
    g_mutex_unlock(&domain->lock);
}

void
virtcpu_domain_operation_set_in_doubt(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->operation.in_doubt = TRUE;
    domain->operation.undo = NULL;
    g_mutex_unlock(&domain->lock);
}

void
virtcpu_domain_operation_set_data(VirtCpuDomain *domain, gpointer data, GDestroyNotify data_free)
{
    g_mutex_lock(&domain->lock);
    drop_data_locked(domain);
    domain->operation.data = data;
    domain->operation.data_free = data_free;
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_domain_operation_set_phase(VirtCpuDomain *domain, unsigned phase, gboolean resume,
                                   const char *path, GError **error)
{
    g_autofree char *old = NULL;

    g_mutex_lock(&domain->lock);
    old = domain->operation.path;
    domain->operation.path = g_strdup(path);
    domain->operation.phase = phase;
    domain->operation.resume = resume;
    g_mutex_unlock(&domain->lock);
    return !domain->run || virtcpu_domain_status_save(domain, error);
}

void
virtcpu_domain_operation_forget(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_operation_set_phase(domain, 0, FALSE, NULL, &error)) {
        g_warning("The status of domain '%s' tells of an operation that is over: %s", domain->name,
                  error->message);
    }
}

gboolean
virtcpu_domain_operation_must_resume(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->run && domain->operation.resume && domain->state == VIRTCPU_DOMAIN_PAUSED;
}

gboolean
virtcpu_domain_operation_is_aborted(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->operation.aborted;
}
