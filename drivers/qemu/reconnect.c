/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/reconnect.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-events.h"
#include "drivers/qemu/domain-launch.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/qmp-socket.h"
#include "drivers/qemu/verify.h"

#include <string.h>

/* A QEMU found again must answer soon: the daemon does not serve before. */
#define RECONNECT_TIMEOUT_MS 5000

/* How query-status' words read as states; a word not here is a pause. */
static const struct {
    const char *word;
    VirtCpuDomainState state;
    int reason;
} run_states[] = {
    { "running", VIRTCPU_DOMAIN_RUNNING, VIRTCPU_RUNNING_UNKNOWN },
    { "shutdown", VIRTCPU_DOMAIN_SHUTDOWN, VIRTCPU_SHUTDOWN_UNKNOWN },
    { "guest-panicked", VIRTCPU_DOMAIN_CRASHED, VIRTCPU_CRASHED_PANIC },
    { "io-error", VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_IOERROR },
    { "watchdog", VIRTCPU_DOMAIN_PAUSED, VIRTCPU_PAUSED_WATCHDOG },
};

static void
take_state(VirtCpuDomain *domain, const char *word, const VirtCpuDomainStatus *recorded)
{
    domain->state = VIRTCPU_DOMAIN_PAUSED;
    domain->reason = VIRTCPU_PAUSED_UNKNOWN;
    for (gsize i = 0; i < G_N_ELEMENTS(run_states); i++) {
        if (g_str_equal(word, run_states[i].word)) {
            domain->state = run_states[i].state;
            domain->reason = run_states[i].reason;
        }
    }
    /* why a guest runs, or who paused it, is what QEMU cannot tell */
    if ((int)domain->state == recorded->state) {
        domain->reason = recorded->reason;
    }
}

/* A start that no client was told of: nobody misses that QEMU. */
static void
end_unacknowledged(VirtCpuDomain *domain, const VirtCpuDomainStatus *status)
{
    int fd = virtcpu_qmp_connect(status->monitor_path, NULL);
    g_autoptr(VirtCpuQmp) qmp = fd < 0 ? NULL : virtcpu_qmp_new(fd, NULL, NULL, NULL, NULL);
    g_autoptr(GError) error = NULL;

    if (qmp && (!virtcpu_qmp_handshake(qmp, RECONNECT_TIMEOUT_MS, &error) ||
                !virtcpu_qmp_execute(qmp, "quit", NULL, RECONNECT_TIMEOUT_MS, NULL, &error))) {
        g_warning("An unacknowledged QEMU of domain '%s' does not end: %s", domain->name,
                  error->message);
    } else {
        virtcpu_domain_status_remove(domain);
    }
}

/* Its CPU was exact when it started; if it no longer is, somebody must know, but a running guest is
 * not the one to pay for it. */
static void
compare_cpu(VirtCpuDomain *domain)
{
    VirtCpuVerifyInput input = {
        .qmp = domain->run->qmp,
        .def = domain->live,
        .cpu = domain->live->cpu,
        .timeout_ms = RECONNECT_TIMEOUT_MS,
        .host = domain->driver->host,
    };
    g_autoptr(VirtCpuDef) live = NULL;
    g_autoptr(GError) error = NULL;

    if (!virtcpu_verify_run(&input, &live, &error)) {
        g_warning("Guest CPU of running domain '%s' is not what it was started with: %s",
                  domain->name, error->message);
    }
}

static gboolean
ask_state(VirtCpuDomain *domain, const VirtCpuDomainStatus *recorded, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    const char *word;

    if (!virtcpu_qmp_handshake(domain->run->qmp, RECONNECT_TIMEOUT_MS, error) ||
        !virtcpu_qmp_execute(domain->run->qmp, "query-status", NULL, RECONNECT_TIMEOUT_MS, &reply,
                             error)) {
        return FALSE;
    }
    word = virtcpu_json_get_string(reply, "status");
    take_state(domain, word ? word : "", recorded);
    return TRUE;
}

static gboolean
reattach(VirtCpuDomain *domain, VirtCpuDomainStatus *status, VirtCpuProcess *process,
         GError **error)
{
    VirtCpuDomainRun *run = domain->run = g_new0(VirtCpuDomainRun, 1);
    int fd;

    run->process = process;
    run->monitor_path = g_strdup(status->monitor_path);
    run->fake_reboot = status->fake_reboot;
    run->acknowledged = TRUE;
    fd = virtcpu_qmp_connect(run->monitor_path, error);
    if (fd < 0) {
        return FALSE;
    }
    run->qmp = virtcpu_domain_attach_monitor(domain, fd);
    if (!ask_state(domain, status, error)) {
        return FALSE;
    }
    domain->live = g_steal_pointer(&status->live);
    domain->original = g_steal_pointer(&status->original);
    domain->id = domain->live->id = status->id;
    return TRUE;
}

static void
resume_bookkeeping(VirtCpuDomain *domain)
{
    VirtCpuDriver *driver = domain->driver;

    if (domain->id >= driver->next_id) {
        driver->next_id = domain->id + 1;
    }
    virtcpu_domain_watch(domain);
    compare_cpu(domain);
    if (domain->state == VIRTCPU_DOMAIN_SHUTDOWN) {
        domain->run->shutdown_seen = TRUE;
        virtcpu_driver_queue(driver, virtcpu_domain_finish_shutdown, domain);
    } else if (domain->state == VIRTCPU_DOMAIN_CRASHED) {
        virtcpu_driver_queue(driver, virtcpu_domain_finish_crash, domain);
    }
}

static void
let_go(VirtCpuDomain *domain, pid_t pid, const GError *reason)
{
    g_warning("QEMU %d of domain '%s' runs but cannot be used; it is left alone: %s", (int)pid,
              domain->name, reason->message);
    domain->state = VIRTCPU_DOMAIN_SHUTOFF;
    domain->reason = VIRTCPU_SHUTOFF_DAEMON;
    virtcpu_domain_run_free(g_steal_pointer(&domain->run));
}

static void
end_run(VirtCpuDomain *domain, int reason)
{
    g_autoptr(GError) error = NULL;

    if (virtcpu_domain_kill(domain, FALSE, &error)) {
        virtcpu_domain_stopped(domain, reason, -1);
    } else {
        g_warning("QEMU of domain '%s' does not end: %s", domain->name, error->message);
    }
}

static void
reconnect_running(VirtCpuDomain *domain, VirtCpuDomainStatus *status)
{
    g_autoptr(GError) error = NULL;
    VirtCpuProcess *process = virtcpu_process_adopt(status->pid, status->start_time, &error);

    if (!process) {
        g_message("QEMU of domain '%s' ended while no daemon ran: %s", domain->name,
                  error->message);
        domain->reason = VIRTCPU_SHUTOFF_CRASHED;
        virtcpu_domain_status_remove(domain);
    } else if (!reattach(domain, status, process, &error)) {
        let_go(domain, status->pid, error);
    } else if (status->owned) {
        end_run(domain, VIRTCPU_SHUTOFF_DESTROYED);
    } else if (!status->acknowledged && domain->state == VIRTCPU_DOMAIN_PAUSED) {
        /* the earlier daemon ended before it let the guest run and told the client */
        end_run(domain, VIRTCPU_SHUTOFF_FAILED);
    } else {
        resume_bookkeeping(domain);
    }
}

static gboolean
reconnect_one(VirtCpuDriver *driver, const char *name, GError **error)
{
    g_autoptr(VirtCpuDomainStatus) status = virtcpu_domain_status_read(driver, name, error);
    g_autoptr(VirtCpuDomain) domain = NULL;

    if (!status) {
        return FALSE;
    }
    domain = virtcpu_domain_list_claim(driver->domains, driver, name, status->uuid, error);
    if (!domain) {
        return FALSE;
    }
    if (status->starting) {
        end_unacknowledged(domain, status);
    } else {
        reconnect_running(domain, status);
    }
    virtcpu_domain_drop_if_unknown(domain);
    return TRUE;
}

void
virtcpu_driver_reconnect(VirtCpuDriver *driver)
{
    g_auto(GStrv) names = virtcpu_domain_status_names(driver);

    driver->next_id = 1;
    for (char **name = names; *name; name++) {
        g_autoptr(GError) error = NULL;

        if (!reconnect_one(driver, *name, &error)) {
            g_message("Status of domain '%s' is left alone: %s", *name, error->message);
        }
    }
}
