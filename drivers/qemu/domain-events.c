/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-events.h"

#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-news.h"
#include "drivers/qemu/domain-recheck.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/domain-trouble.h"
#include "drivers/qemu/domain-unplug.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/reconnect.h"

/* What one event means for the domain it comes from. */
typedef void (*EventFunc)(VirtCpuDomain *domain, const VirtCpuJson *data);

static void
on_stop(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    virtcpu_domain_paused(domain, TRUE);
}

static void
on_resume(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    virtcpu_domain_resumed(domain, TRUE);
}

static void
on_reset(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    virtcpu_domain_note(domain, VIRTCPU_NOTE_REBOOT, 0);
}

/* QEMU ends by itself after a signal or "quit"; a guest that powered down leaves it waiting. */
static gboolean
ends_by_itself(const VirtCpuJson *data)
{
    const char *reason = virtcpu_json_get_string(data, "reason");

    return g_strcmp0(reason, "host-signal") == 0 || g_strcmp0(reason, "host-qmp-quit") == 0;
}

static void
on_shutdown(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    gboolean by_guest = virtcpu_json_get_bool(data, "guest", FALSE);
    gboolean news = FALSE;

    g_mutex_lock(&domain->lock);
    if (domain->run && !domain->run->destroying && !domain->run->shutdown_seen) {
        domain->run->shutdown_seen = news = TRUE;
        domain->state = VIRTCPU_DOMAIN_SHUTDOWN;
        domain->reason = VIRTCPU_SHUTDOWN_UNKNOWN;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_SHUTDOWN,
                                             by_guest ? VIRTCPU_SHUTDOWN_GUEST
                                                      : VIRTCPU_SHUTDOWN_HOST);
    }
    g_mutex_unlock(&domain->lock);
    if (news && !ends_by_itself(data)) {
        virtcpu_driver_queue(domain->driver, virtcpu_domain_finish_shutdown, domain);
    }
}

static void
on_panic(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    g_mutex_lock(&domain->lock);
    if (domain->run) { /* it may have been destroyed meanwhile */
        domain->state = VIRTCPU_DOMAIN_CRASHED;
        domain->reason = VIRTCPU_CRASHED_PANIC;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_CRASHED,
                                             VIRTCPU_CRASHED_PANICKED);
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_driver_queue(domain->driver, virtcpu_domain_finish_crash, domain);
}

static void
on_rtc_change(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    gint64 offset;

    if (virtcpu_json_get_int(data, "offset", &offset)) {
        virtcpu_domain_note(domain, VIRTCPU_NOTE_RTC_CHANGE, offset);
    }
}

static void
on_balloon_change(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    gint64 bytes;

    if (!virtcpu_json_get_int(data, "actual", &bytes) || bytes < 0) {
        return;
    }
    g_mutex_lock(&domain->lock);
    if (domain->live) {
        domain->live->current_memory_kib = (guint64)bytes / 1024;
    }
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_note(domain, VIRTCPU_NOTE_BALLOON_CHANGE, bytes / 1024);
}

static void
on_migration(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *word = virtcpu_json_get_string(data, "status");

    g_mutex_lock(&domain->lock);
    if (domain->run) {
        domain->run->move = virtcpu_move_status_from_word(word);
        g_cond_broadcast(&domain->changed);
    }
    g_mutex_unlock(&domain->lock);
}

static void
on_dump_completed(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *status = virtcpu_json_get_string(virtcpu_json_get(data, "result"), "status");

    g_mutex_lock(&domain->lock);
    if (domain->run) {
        domain->run->dump =
            g_strcmp0(status, "completed") == 0 ? VIRTCPU_DUMP_DONE : VIRTCPU_DUMP_FAILED;
        g_cond_broadcast(&domain->changed);
    }
    g_mutex_unlock(&domain->lock);
}

static void
on_migration_pass(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    gint64 pass;

    if (virtcpu_json_get_int(data, "pass", &pass)) {
        virtcpu_domain_note(domain, VIRTCPU_NOTE_MIGRATION_ITERATION, pass);
    }
}

/* What the guest was started with, and parts of devices, have no id. */
static void
on_device_deleted(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *alias = virtcpu_json_get_string(data, "device");

    if (alias != NULL) {
        virtcpu_domain_on_device_gone(domain, alias);
    }
}

static void
on_unplug_refused(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *alias = virtcpu_json_get_string(data, "device");

    if (alias != NULL) {
        virtcpu_domain_on_device_kept(domain, alias);
    }
}

/* virConnectDomainEventTrayChangeReason. */
#define TRAY_OPENED 0
#define TRAY_CLOSED 1

static void
on_tray_moved(VirtCpuDomain *domain, const VirtCpuJson *data)
{
    const char *alias = virtcpu_json_get_string(data, "id");
    const gboolean open = virtcpu_json_get_bool(data, "tray-open", FALSE);
    VirtCpuDeviceInfo *device = NULL;

    g_mutex_lock(&domain->lock);
    if (domain->live && alias) {
        device = virtcpu_domain_def_find_alias(domain->live, alias);
    }
    if (device && device->kind == VIRTCPU_DEVICE_DISK) {
        ((VirtCpuDiskDef *)(void *)device)->tray =
            open ? VIRTCPU_TRISTATE_YES : VIRTCPU_TRISTATE_ABSENT;
    }
    g_mutex_unlock(&domain->lock);
    if (device) {
        virtcpu_domain_note_device(domain, VIRTCPU_NOTE_TRAY_CHANGE, alias,
                                   open ? TRAY_OPENED : TRAY_CLOSED);
    }
}

static const struct {
    const char *name;
    EventFunc func;
} reactions[] = {
    { "BALLOON_CHANGE", on_balloon_change },
    { "DEVICE_DELETED", on_device_deleted },
    { "DEVICE_TRAY_MOVED", on_tray_moved },
    { "DEVICE_UNPLUG_GUEST_ERROR", on_unplug_refused },
    { "DUMP_COMPLETED", on_dump_completed },
    { "GUEST_PANICKED", on_panic },
    { "MIGRATION", on_migration },
    { "MIGRATION_PASS", on_migration_pass },
    { "RESET", on_reset },
    { "RESUME", on_resume },
    { "RTC_CHANGE", on_rtc_change },
    { "SHUTDOWN", on_shutdown },
    { "STOP", on_stop },
};

/* An event of a QEMU that is not, or no longer, the domain's is no news. */
static gboolean
is_current(VirtCpuDomain *domain, VirtCpuQmp *qmp)
{
    gboolean current;

    g_mutex_lock(&domain->lock);
    current = domain->run && domain->run->qmp == qmp;
    g_mutex_unlock(&domain->lock);
    return current;
}

static void
pass_on(VirtCpuDomain *domain, const char *name, const VirtCpuJson *data, gint64 seconds,
        unsigned micros)
{
    g_autofree char *text = data ? virtcpu_json_format(data, FALSE) : NULL;
    g_autoptr(VirtCpuDomainRef) ref = virtcpu_domain_to_ref(domain);
    VirtCpuNote note = {
        .kind = VIRTCPU_NOTE_QMP,
        .domain = ref,
        .text = name,
        .detail_text = text,
        .seconds = seconds,
        .micros = micros,
    };

    virtcpu_note_queue_post(domain->driver->notes, &note);
}

void
virtcpu_domain_on_event(VirtCpuQmp *qmp, const char *name, const VirtCpuJson *data, gint64 seconds,
                        unsigned micros, gpointer user_data)
{
    VirtCpuDomain *domain = user_data;

    if (!is_current(domain, qmp)) {
        return;
    }
    pass_on(domain, name, data, seconds, micros);
    virtcpu_domain_take_news(domain, name, data);
    for (gsize i = 0; i < G_N_ELEMENTS(reactions); i++) {
        if (g_str_equal(name, reactions[i].name)) {
            reactions[i].func(domain, data);
        }
    }
}

/* The kernel closes what a process had open a moment before it tells that the process has ended; on
 * a host that is busy that moment is long. */
#define LAST_MOMENT_MS 1000

/* A monitor that is gone. */
typedef struct {
    VirtCpuDomain *domain; /* outlives its runs */
    VirtCpuDomainRun *run; /* the one it was; only compared */
    char *reason;
} LastMoment;

static void
last_moment_free(gpointer data)
{
    LastMoment *moment = data;

    g_free(moment->reason);
    g_free(moment);
}

/* The monitor is gone, and QEMU is not. */
static gboolean
on_last_moment_over(gpointer user_data)
{
    const LastMoment *moment = user_data;
    VirtCpuDomain *domain = moment->domain;
    gboolean lives_on;

    g_mutex_lock(&domain->lock);
    lives_on = domain->run == moment->run && !moment->run->destroying &&
               !virtcpu_process_wait(moment->run->process, 0);
    g_mutex_unlock(&domain->lock);
    if (lives_on) {
        virtcpu_domain_trouble_begin(
            domain, VIRTCPU_TROUBLE_MONITOR,
            g_strdup_printf(_("QEMU's monitor is gone: %s"), moment->reason));
    }
    return G_SOURCE_REMOVE;
}

void
virtcpu_domain_on_closed(VirtCpuQmp *qmp, const GError *reason, gpointer user_data)
{
    VirtCpuDomain *domain = user_data;
    VirtCpuDomainRun *run = NULL;
    LastMoment *moment;

    g_mutex_lock(&domain->lock);
    if (domain->run && domain->run->qmp == qmp) {
        run = domain->run;
        run->monitor_gone = TRUE;
        g_cond_broadcast(&domain->changed);
    }
    g_mutex_unlock(&domain->lock);
    /* runs are freed on this thread only, so this one stays */
    if (!run || run->last_moment) {
        return;
    }
    moment = g_new0(LastMoment, 1);
    moment->domain = domain;
    moment->run = run;
    moment->reason = g_strdup(reason->message);
    run->last_moment = g_timeout_source_new(LAST_MOMENT_MS);
    g_source_set_callback(run->last_moment, on_last_moment_over, moment, last_moment_free);
    g_source_attach(run->last_moment, domain->driver->context);
}

void
virtcpu_domain_on_silence(VirtCpuQmp *qmp, gboolean silent, gpointer user_data)
{
    VirtCpuDomain *domain = user_data;
    gboolean found, unchecked;

    if (!is_current(domain, qmp)) {
        return;
    }
    if (silent) {
        virtcpu_domain_trouble_begin(
            domain, VIRTCPU_TROUBLE_MONITOR,
            g_strdup(_("QEMU does not answer: it hangs, was stopped, or waits for a disk")));
        return;
    }
    g_message("QEMU of domain '%s' answers again", domain->name);
    virtcpu_domain_trouble_end(domain, VIRTCPU_TROUBLE_MONITOR);
    g_mutex_lock(&domain->lock);
    found = domain->run && domain->run->found;
    unchecked = domain->run && domain->run->unchecked;
    g_mutex_unlock(&domain->lock);
    if (found) {
        virtcpu_driver_queue(domain->driver, virtcpu_domain_meet, domain);
    } else if (unchecked) {
        virtcpu_domain_recheck_cpu(domain);
    }
}

/* The kernel does not say which child it was. */
static void
look_for_stop(VirtCpuDomain *domain)
{
    VirtCpuProcessChange change = VIRTCPU_PROCESS_UNCHANGED;
    int signum = 0;

    g_mutex_lock(&domain->lock);
    if (domain->run) {
        change = virtcpu_process_change(domain->run->process, &signum);
    }
    g_mutex_unlock(&domain->lock);
    if (change == VIRTCPU_PROCESS_STOPPED) {
        virtcpu_domain_trouble_begin(
            domain, VIRTCPU_TROUBLE_STOPPED,
            g_strdup_printf(_("QEMU was stopped by signal %d; SIGCONT lets it go on"), signum));
    } else if (change == VIRTCPU_PROCESS_CONTINUED) {
        g_message("QEMU of domain '%s' goes on", domain->name);
        virtcpu_domain_trouble_end(domain, VIRTCPU_TROUBLE_STOPPED);
    }
}

gboolean
virtcpu_driver_look_for_stops(gpointer user_data)
{
    VirtCpuDriver *driver = user_data;
    g_autoptr(GPtrArray) all = virtcpu_domain_list_all(driver->domains);

    for (guint i = 0; i < all->len; i++) {
        look_for_stop(g_ptr_array_index(all, i));
    }
    return G_SOURCE_CONTINUE;
}

static void
on_process_end(VirtCpuProcess *process, gpointer user_data)
{
    VirtCpuDomain *domain = user_data;

    virtcpu_driver_queue(domain->driver, virtcpu_domain_reap, domain);
}

void
virtcpu_domain_watch(VirtCpuDomain *domain)
{
    VirtCpuDomainRun *run;

    g_mutex_lock(&domain->lock);
    run = domain->run;
    g_mutex_unlock(&domain->lock);
    /* runs are freed on this thread only, so this one stays; it may be a later one than meant */
    if (!run || run->watched) {
        return;
    }
    run->watched = TRUE;
    virtcpu_process_watch(run->process, domain->driver->context, on_process_end, domain);
}
