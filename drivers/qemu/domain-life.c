/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-life.h"

#include "conf/error.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"

gboolean
virtcpu_domain_cont(VirtCpuDomain *domain, int reason, GError **error)
{
    g_mutex_lock(&domain->lock);
    domain->run->running_reason = reason;
    g_mutex_unlock(&domain->lock);
    if (!virtcpu_domain_execute(domain, "cont", NULL, NULL, error)) {
        return FALSE;
    }
    virtcpu_domain_resumed(domain, FALSE);
    return TRUE;
}

void
virtcpu_domain_go_on(VirtCpuDomain *domain, int reason)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_operation_must_resume(domain)) {
        return;
    }
    if (virtcpu_domain_cont(domain, reason, &error)) {
        g_message("The guest of domain '%s' goes on", domain->name);
    } else {
        g_warning("The guest of domain '%s' cannot go on: %s", domain->name, error->message);
    }
}

gboolean
virtcpu_domain_pause(VirtCpuDomain *domain, int reason, int detail, GError **error)
{
    g_mutex_lock(&domain->lock);
    virtcpu_domain_run_expect_stop(domain->run, reason, detail);
    g_mutex_unlock(&domain->lock);
    if (!virtcpu_domain_execute(domain, "stop", NULL, NULL, error)) {
        return FALSE;
    }
    virtcpu_domain_paused(domain, FALSE);
    return TRUE;
}

gboolean
virtcpu_domain_destroy(VirtCpuDomain *domain, gboolean graceful, GError **error)
{
    if (!virtcpu_domain_kill(domain, graceful, error)) {
        return FALSE;
    }
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_SHUTDOWN, VIRTCPU_SHUTDOWN_HOST);
    virtcpu_domain_stopped(domain, VIRTCPU_SHUTOFF_DESTROYED, VIRTCPU_STOPPED_DESTROYED);
    return TRUE;
}

/* Take the job; FALSE when the domain no longer runs. */
static gboolean
begin_task(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    /* the guest ended whatever is under way with it */
    if (!virtcpu_domain_job_begin_beside(domain, &error)) {
        if (!g_error_matches(error, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN)) {
            g_message("Domain '%s' is left as it is: %s", domain->name, error->message);
        }
        return FALSE;
    }
    if (domain->run) {
        return TRUE;
    }
    virtcpu_domain_job_end(domain);
    return FALSE;
}

/* Reset and go on: a QEMU that shut down or panicked is paused. */
static gboolean
restart(VirtCpuDomain *domain, GError **error)
{
    if (!virtcpu_domain_execute(domain, "system_reset", NULL, NULL, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    domain->run->fake_reboot = domain->run->shutdown_seen = FALSE;
    domain->state = VIRTCPU_DOMAIN_PAUSED;
    domain->reason = VIRTCPU_PAUSED_STARTING_UP;
    g_mutex_unlock(&domain->lock);
    /* what is on disk must not make the next shutdown a reboot */
    return virtcpu_domain_status_save(domain, error) &&
           virtcpu_domain_cont(domain, VIRTCPU_RUNNING_BOOTED, error);
}

void
virtcpu_domain_finish_shutdown(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    gboolean seen, again;

    if (!begin_task(domain)) {
        return;
    }
    g_mutex_lock(&domain->lock);
    seen = domain->run->shutdown_seen;
    again = domain->run->fake_reboot || domain->live->on_poweroff == VIRTCPU_ACTION_RESTART;
    g_mutex_unlock(&domain->lock);
    if (seen && again && !restart(domain, &error)) {
        g_warning("Domain '%s' cannot be restarted: %s", domain->name, error->message);
        again = FALSE;
    }
    if (seen && !again) {
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_SHUTDOWN, VIRTCPU_STOPPED_SHUTDOWN);
    }
    virtcpu_domain_job_end(domain);
}

void
virtcpu_domain_finish_crash(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    VirtCpuLifecycleAction action;

    if (!begin_task(domain)) {
        return;
    }
    g_mutex_lock(&domain->lock);
    action =
        domain->state == VIRTCPU_DOMAIN_CRASHED ? domain->live->on_crash : VIRTCPU_ACTION_PRESERVE;
    g_mutex_unlock(&domain->lock);
    if (action == VIRTCPU_ACTION_RESTART && !restart(domain, &error)) {
        g_warning("Domain '%s' cannot be restarted: %s", domain->name, error->message);
        action = VIRTCPU_ACTION_DESTROY;
    }
    if (action == VIRTCPU_ACTION_DESTROY) {
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_CRASHED, VIRTCPU_STOPPED_CRASHED);
    }
    virtcpu_domain_job_end(domain);
}

void
virtcpu_domain_finish_owner(VirtCpuDomain *domain)
{
    if (!begin_task(domain)) {
        return;
    }
    virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_DESTROYED, VIRTCPU_STOPPED_DESTROYED);
    virtcpu_domain_job_end(domain);
}
