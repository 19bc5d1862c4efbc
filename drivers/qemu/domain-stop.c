/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-stop.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-dump.h"
#include "drivers/qemu/domain-log.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-save.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-trouble.h"
#include "drivers/qemu/driver-priv.h"

#include <signal.h>

/* QEMU flushes its disks on SIGTERM, which takes it a few ms when it is well. */
#define TERM_WAIT_MS     25
#define GRACEFUL_WAIT_MS 15000
#define KILL_WAIT_MS     15000

typedef struct {
    VirtCpuDomain *domain; /* owned: the connection's callbacks point to it */
    VirtCpuDomainRun *run;
} Release;

static gboolean
release_run(gpointer data)
{
    Release *release = data;

    virtcpu_domain_run_free(g_steal_pointer(&release->run));
    return G_SOURCE_REMOVE;
}

static void
release_free(gpointer data)
{
    Release *release = data;
    VirtCpuDriver *driver = release->domain->driver;

    virtcpu_domain_unref(release->domain);
    g_free(release);
    g_atomic_int_add(&driver->invoked, -1);
}

void
virtcpu_domain_release_run(VirtCpuDomain *domain, VirtCpuDomainRun *run)
{
    Release *release = g_new0(Release, 1);

    release->domain = virtcpu_domain_ref(domain);
    release->run = run;
    g_atomic_int_inc(&domain->driver->invoked);
    g_main_context_invoke_full(domain->driver->context, G_PRIORITY_DEFAULT, release_run, release,
                               release_free);
}

static gboolean
kill_process(VirtCpuProcess *process, gboolean graceful, GError **error)
{
    if (!virtcpu_process_kill(process, SIGTERM, error)) {
        return FALSE;
    }
    if (virtcpu_process_wait(process, graceful ? GRACEFUL_WAIT_MS : TERM_WAIT_MS)) {
        return TRUE;
    }
    if (!graceful) {
        if (!virtcpu_process_kill(process, SIGKILL, error)) {
            return FALSE;
        }
        if (virtcpu_process_wait(process, KILL_WAIT_MS)) {
            return TRUE;
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                      _("Failed to terminate process %d with %s: it still runs after %d seconds"),
                      (int)virtcpu_process_pid(process), graceful ? "SIGTERM" : "SIGKILL",
                      (graceful ? GRACEFUL_WAIT_MS : KILL_WAIT_MS) / 1000);
    return FALSE;
}

static void
set_destroying(VirtCpuDomain *domain, gboolean destroying)
{
    g_mutex_lock(&domain->lock);
    domain->run->destroying = destroying;
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_domain_kill(VirtCpuDomain *domain, gboolean graceful, GError **error)
{
    set_destroying(domain, TRUE);
    if (kill_process(domain->run->process, graceful, error)) {
        return TRUE;
    }
    set_destroying(domain, FALSE);
    return FALSE;
}

/* As virtcpu_domain_stopped(); @how (transfer full, may be NULL) it ended is kept for who asks. */
static void
stopped(VirtCpuDomain *domain, int reason, int detail, char *how)
{
    VirtCpuDomainRun *run;
    g_autoptr(VirtCpuDomainDef) live = NULL;
    g_autoptr(VirtCpuDomainDef) original = NULL;

    virtcpu_domain_status_remove(domain);
    g_mutex_lock(&domain->lock);
    virtcpu_domain_trouble_outlive_locked(domain, how);
    run = g_steal_pointer(&domain->run);
    live = g_steal_pointer(&domain->live);
    original = g_steal_pointer(&domain->original);
    domain->id = -1;
    domain->state = VIRTCPU_DOMAIN_SHUTOFF;
    domain->reason = reason;
    domain->updated = FALSE;
    if (!domain->operation.driven) {
        virtcpu_domain_operation_clear_locked(domain); /* its next phase has nothing to work on */
    }
    if (detail >= 0) {
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_STOPPED, detail);
    }
    g_cond_broadcast(&domain->changed);
    g_mutex_unlock(&domain->lock);

    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_domain_release_run(domain, run);
}

void
virtcpu_domain_stopped(VirtCpuDomain *domain, int reason, int detail)
{
    stopped(domain, reason, detail, NULL);
}

gboolean
virtcpu_domain_end_run(VirtCpuDomain *domain, int reason, int detail, GError **error)
{
    if (!virtcpu_domain_kill(domain, FALSE, error)) {
        return FALSE;
    }
    virtcpu_domain_stopped(domain, reason, detail);
    return TRUE;
}

void
virtcpu_domain_drop_run(VirtCpuDomain *domain, int reason, int detail)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_end_run(domain, reason, detail, &error)) {
        g_warning("QEMU of domain '%s' does not end: %s", domain->name, error->message);
    }
}

/* What to tell of QEMU @pid, which ended though nobody had asked it to (logged; transfer full).
 * @how: what is known of that. Its words begin at @log_from in the log. */
static char *
describe_end(VirtCpuDomain *domain, pid_t pid, const char *how, guint64 log_from)
{
    g_autofree char *words = virtcpu_domain_log_last_words(domain, log_from);
    const char *memory =
        virtcpu_host_ran_out_of_memory(pid) ? _(", by the kernel for lack of memory") : "";
    char *text = g_strdup_printf(_("QEMU ended by itself (%s%s); its last words: %s"), how, memory,
                                 *words ? words : _("none"));

    g_message("Domain '%s': %s", domain->name, text);
    return text;
}

void
virtcpu_domain_ended_unseen(VirtCpuDomain *domain, const VirtCpuDomainStatus *status)
{
    virtcpu_domain_dump_recover_unseen(status);
    if (virtcpu_domain_save_recover_unseen(status)) {
        domain->reason = VIRTCPU_SHUTOFF_SAVED;
    } else {
        char *how = describe_end(domain, status->pid, _("while no daemon ran"), status->log_from);

        g_mutex_lock(&domain->lock);
        virtcpu_domain_trouble_outlive_locked(domain, how);
        domain->reason = VIRTCPU_SHUTOFF_CRASHED;
        g_mutex_unlock(&domain->lock);
    }
    virtcpu_domain_status_remove(domain);
}

/* The job is held. */
static void
reap(VirtCpuDomain *domain)
{
    VirtCpuDomainRun *run = domain->run;
    gboolean shutdown_seen, awaited;

    if (!run || !virtcpu_process_wait(run->process, 0)) {
        return;
    }
    g_mutex_lock(&domain->lock);
    shutdown_seen = run->shutdown_seen;
    awaited = run->destroying || (run->arriving && domain->operation.driven);
    g_mutex_unlock(&domain->lock);
    if (awaited) {
        return; /* who ends it waits for the job and says why */
    }
    if (shutdown_seen) {
        virtcpu_domain_stopped(domain, VIRTCPU_SHUTOFF_SHUTDOWN, VIRTCPU_STOPPED_SHUTDOWN);
    } else {
        g_autofree char *how = virtcpu_process_describe_exit(run->process);

        stopped(domain, VIRTCPU_SHUTOFF_CRASHED, VIRTCPU_STOPPED_FAILED,
                describe_end(domain, virtcpu_process_pid(run->process), how, run->log_from));
    }
}

void
virtcpu_domain_reap(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    while (!virtcpu_domain_job_begin_beside(domain, &error)) {
        if (g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN)) {
            return;
        }
        g_message("The end of domain '%s' waits: %s", domain->name, error->message);
        g_clear_error(&error);
    }
    reap(domain);
    virtcpu_domain_job_end(domain);
}
