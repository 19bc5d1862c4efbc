/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/reconnect.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-events.h"
#include "drivers/qemu/domain-files.h"
#include "drivers/qemu/domain-launch.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-recheck.h"
#include "drivers/qemu/domain-recover.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/domain-unplug.h"
#include "drivers/qemu/domain-vcpu-plug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/qmp-socket.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a QEMU that was found gets for each answer; its domain's job is held meanwhile. */
#define RECONNECT_TIMEOUT_MS 5000
/* How long the daemon's start waits for all of them together. */
#define RECONNECT_WAIT_MS 1000
/* A QEMU that was killed ends as soon as the kernel gets to it. */
#define END_MS 5000

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

/* Where QEMU knows no more than what is recorded, the recorded reason stays: why a guest runs, or
 * who paused it, is what QEMU cannot tell. */
static void
take_state(VirtCpuDomain *domain, const char *word)
{
    VirtCpuDomainState state = VIRTCPU_DOMAIN_PAUSED;
    int reason = VIRTCPU_PAUSED_UNKNOWN;

    for (gsize i = 0; i < G_N_ELEMENTS(run_states); i++) {
        if (g_str_equal(word, run_states[i].word)) {
            state = run_states[i].state;
            reason = run_states[i].reason;
        }
    }
    g_mutex_lock(&domain->lock);
    if (domain->state != state || reason != 0 /* UNKNOWN, in each state */) {
        domain->state = state;
        domain->reason = reason;
    }
    domain->run->found = FALSE;
    g_mutex_unlock(&domain->lock);
}

/* TRUE when the command line of process @pid says that it is to run @domain: before QEMU listens
 * anew the kernel knows who made the socket, and anybody may have that number by now. */
static gboolean
is_qemu_of(pid_t pid, const VirtCpuDomain *domain)
{
    g_autofree char *path = g_strdup_printf("/proc/%d/cmdline", (int)pid);
    g_auto(GStrv) parts = g_strsplit(domain->name, ",", -1);
    g_autofree char *escaped = g_strjoinv(",,", parts);
    g_autofree char *name = g_strdup_printf("guest=%s,", escaped);
    g_autofree char *text = NULL;
    gsize length = 0;

    return g_file_get_contents(path, &text, &length, NULL) &&
           memmem(text, length, name, strlen(name)) != NULL;
}

/* Kill the process that listens at the other end of @fd. QEMU listens anew when it has the socket,
 * so the kernel knows it by then; it ran nothing of the guest, so it has nothing to lose. */
static gboolean
kill_peer(VirtCpuDomain *domain, int fd, GError **error)
{
    struct ucred peer = { 0 };
    socklen_t length = sizeof(peer);
    g_autoptr(VirtCpuProcess) process = NULL;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        virtcpu_error_set_errno(error, errno, _("cannot tell whose monitor it is"));
        return FALSE;
    }
    process = virtcpu_process_adopt(peer.pid, VIRTCPU_PROCESS_ANY_TIME, error);
    if (process && !is_qemu_of(peer.pid, domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("process %d is no QEMU of it"),
                          (int)peer.pid);
        return FALSE;
    }
    if (!process || !virtcpu_process_kill(process, SIGKILL, error)) {
        return FALSE;
    }
    if (!virtcpu_process_wait(process, END_MS)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, _("process %d does not end"),
                          (int)peer.pid);
        return FALSE;
    }
    return TRUE;
}

/* A start that no client was told of: nobody misses that QEMU. Who holds the monitor's socket is
 * that QEMU, or is about to become it; nobody does when it ended or never was. */
static void
end_unacknowledged(VirtCpuDomain *domain)
{
    g_autofree char *path = virtcpu_domain_monitor_path(domain->driver, domain->name);
    g_autoptr(GError) greeting = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(VirtCpuFd) again = -1;
    int fd = virtcpu_qmp_connect(path, NULL);

    if (fd >= 0) {
        g_autoptr(VirtCpuQmp) qmp = virtcpu_qmp_new(fd, NULL, NULL, NULL, NULL);

        virtcpu_qmp_succeed(qmp);
        if (!virtcpu_qmp_handshake(qmp, RECONNECT_TIMEOUT_MS, &greeting)) {
            g_message("An unacknowledged QEMU of domain '%s' does not greet: %s", domain->name,
                      greeting->message);
        }
        again = virtcpu_qmp_connect(path, NULL);
    }
    if (again >= 0 && !kill_peer(domain, again, &error)) {
        g_warning("An unacknowledged QEMU of domain '%s' does not end: %s", domain->name,
                  error->message);
        return;
    }
    virtcpu_domain_status_remove(domain);
}

/* In one go: the first question only counts for a monitor that was not greeted before. */
static gboolean
ask_state(VirtCpuDomain *domain, GError **error)
{
    VirtCpuQmpCall calls[] = { { .command = "qmp_capabilities" }, { .command = "query-status" } };
    gboolean ok = virtcpu_qmp_execute_many(domain->run->qmp, calls, G_N_ELEMENTS(calls),
                                           RECONNECT_TIMEOUT_MS, error);
    const char *word;

    if (ok && calls[1].error) {
        g_propagate_error(error, g_steal_pointer(&calls[1].error));
        ok = FALSE;
    }
    if (ok) {
        word = virtcpu_json_get_string(calls[1].reply, "status");
        take_state(domain, word ? word : "");
    }
    virtcpu_qmp_call_clear(&calls[0]);
    virtcpu_qmp_call_clear(&calls[1]);
    return ok;
}

/* From now on it is a domain like any other. */
static void
take_over(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!domain->run->acknowledged) {
        /* it runs, so the start is finished, although no client heard of it */
        domain->run->acknowledged = TRUE;
        if (!virtcpu_domain_status_save(domain, &error)) {
            g_warning("Status of domain '%s' stays as it was: %s", domain->name, error->message);
        }
    }
    virtcpu_domain_reconcile_devices(domain);
    virtcpu_domain_recount_vcpus(domain);
    virtcpu_domain_recheck_cpu(domain);
}

/* The job is held. */
static void
meet(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (domain->run->owner == VIRTCPU_OWNER_GONE) {
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_DESTROYED, -1);
    } else if (!ask_state(domain, &error)) {
        g_message("Domain '%s' stays as it is recorded: %s", domain->name, error->message);
    } else if (!domain->run->acknowledged && !virtcpu_domain_has_run(domain)) {
        /* the earlier daemon ended before it let the guest run and told the client */
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_FAILED, -1);
    } else {
        take_over(domain);
    }
}

/* What the guest did while nobody listened. */
static void
catch_up(VirtCpuDomain *domain)
{
    VirtCpuDomainState state;

    g_mutex_lock(&domain->lock);
    state = domain->state;
    if (domain->run && state == VIRTCPU_DOMAIN_SHUTDOWN) {
        domain->run->shutdown_seen = TRUE;
    }
    g_mutex_unlock(&domain->lock);
    if (state == VIRTCPU_DOMAIN_SHUTDOWN) {
        virtcpu_domain_finish_shutdown(domain);
    } else if (state == VIRTCPU_DOMAIN_CRASHED) {
        virtcpu_domain_finish_crash(domain);
    }
    virtcpu_domain_recover(domain);
}

void
virtcpu_domain_meet(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_job_begin_beside(domain, &error)) {
        g_message("Domain '%s' stays as it is recorded: %s", domain->name, error->message);
        return;
    }
    if (domain->run && domain->run->found) {
        meet(domain);
    }
    virtcpu_domain_job_end(domain);
    catch_up(domain);
}

/* ---- at the start: the job of each domain is taken before anybody else can see it ---- */

static void
met(VirtCpuDomain *domain)
{
    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_domain_job_end(domain);
    g_atomic_int_inc(&domain->driver->met);
}

static void
meet_first(VirtCpuDomain *domain)
{
    meet(domain);
    met(domain);
    catch_up(domain);
}

static void
finish_starting(VirtCpuDomain *domain)
{
    end_unacknowledged(domain);
    met(domain);
}

/* A connection to the monitor at @path; where none can be made, one that has ended: then the domain
 * is there all the same, and whatever is asked of its QEMU fails with a reason. */
static int
connect_monitor(VirtCpuDomain *domain, const char *path, GError **error)
{
    g_autoptr(GError) reason = NULL;
    int fd = virtcpu_qmp_connect(path, &reason), theirs;

    if (fd < 0) {
        g_message("Domain '%s': %s", domain->name, reason->message);
        if (!virtcpu_qmp_socketpair(&fd, &theirs, error)) {
            return -1;
        }
        close(theirs);
    }
    return fd;
}

/* Give @domain the running @process (transfer full) back, and all that @status says of it. */
static gboolean
attach(VirtCpuDomain *domain, VirtCpuDomainStatus *status, VirtCpuProcess *process, GError **error)
{
    VirtCpuDomainRun *run;
    int fd = connect_monitor(domain, status->monitor_path, error);

    if (fd < 0) {
        virtcpu_process_free(process);
        return FALSE;
    }
    run = g_new0(VirtCpuDomainRun, 1);
    run->process = process;
    run->monitor_path = g_strdup(status->monitor_path);
    run->log_from = status->log_from;
    run->fake_reboot = status->fake_reboot;
    run->acknowledged = status->acknowledged;
    run->owner = status->owned ? VIRTCPU_OWNER_GONE : 0;
    run->found = TRUE;
    virtcpu_domain_recover_mark(domain, status);
    run->passport = virtcpu_domain_status_read_passport(domain->driver, domain->name);
    g_mutex_lock(&domain->lock);
    domain->run = run;
    run->qmp = virtcpu_domain_attach_monitor(domain, fd);
    virtcpu_qmp_succeed(run->qmp);
    domain->live = g_steal_pointer(&status->live);
    domain->original = g_steal_pointer(&status->original);
    domain->id = domain->live->id = status->id;
    domain->state = (VirtCpuDomainState)status->state;
    domain->reason = status->reason;
    g_mutex_unlock(&domain->lock);
    domain->driver->next_id = MAX(domain->driver->next_id, status->id + 1);
    virtcpu_domain_watch(domain);
    return TRUE;
}

/* TRUE when a worker meets its QEMU. The job is held. */
static gboolean
find_running(VirtCpuDomain *domain, VirtCpuDomainStatus *status)
{
    g_autoptr(GError) error = NULL;
    VirtCpuProcess *process = virtcpu_process_adopt(status->pid, status->start_time, &error);

    if (!process) {
        virtcpu_domain_ended_unseen(domain, status);
        return FALSE;
    }
    if (!attach(domain, status, process, &error)) {
        g_warning("QEMU %d of domain '%s' runs but cannot be used; it is left alone: %s",
                  (int)status->pid, domain->name, error->message);
        return FALSE;
    }
    virtcpu_driver_queue(domain->driver, meet_first, domain);
    return TRUE;
}

/* Counts a worker's task into @waits. */
static gboolean
reconnect_one(VirtCpuDriver *driver, const char *name, int *waits, GError **error)
{
    g_autoptr(VirtCpuDomainStatus) status = virtcpu_domain_status_read(driver, name, error);
    g_autoptr(VirtCpuDomain) domain = NULL;

    if (!status) {
        return FALSE;
    }
    domain = virtcpu_domain_list_claim(driver->domains, driver, name, status->uuid, error);
    if (!domain || !virtcpu_domain_job_begin(domain, error)) {
        return FALSE;
    }
    virtcpu_domain_files_adopt(domain, g_steal_pointer(&status->lent));
    if (status->starting) {
        virtcpu_driver_queue(driver, finish_starting, domain);
        (*waits)++;
    } else if (find_running(domain, status)) {
        (*waits)++;
    } else {
        virtcpu_domain_drop_if_unknown(domain);
        virtcpu_domain_job_end(domain);
    }
    return TRUE;
}

static gboolean
time_is_up(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

/* Who connects at once shall see what is so and not what is recorded, but a QEMU that hangs must
 * not keep the daemon from serving the others. The monitors are read here. */
static void
wait_for_answers(VirtCpuDriver *driver, int waits)
{
    g_autoptr(GSource) clock = g_timeout_source_new(RECONNECT_WAIT_MS);
    gboolean late = FALSE;

    g_source_set_callback(clock, time_is_up, &late, NULL);
    g_source_attach(clock, driver->context);
    while (!late && g_atomic_int_get(&driver->met) < waits) {
        g_main_context_iteration(driver->context, TRUE);
    }
    g_source_destroy(clock);
}

void
virtcpu_driver_reconnect(VirtCpuDriver *driver)
{
    g_auto(GStrv) names = virtcpu_domain_status_names(driver);
    int waits = 0;

    driver->next_id = 1;
    for (char **name = names; *name; name++) {
        g_autoptr(GError) error = NULL;

        if (!reconnect_one(driver, *name, &waits, &error)) {
            g_message("Status of domain '%s' is left alone: %s", *name, error->message);
        }
    }
    wait_for_answers(driver, waits);
}
