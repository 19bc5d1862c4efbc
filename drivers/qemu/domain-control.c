/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/input.h"
#include "drivers/qemu/migrate-leave.h"

#include <signal.h>

/* virDomainShutdownFlagValues and virDomainRebootFlagValues agree in these. */
enum {
    POWER_ACPI = 1 << 0,
    POWER_AGENT = 1 << 1,
};

/* A monitor command that runs while the job is held, and what it makes of the domain. */
typedef gboolean (*ControlFunc)(VirtCpuDomain *domain, GError **error);

/* Run @func on @domain (transfer full; NULL: it could not be had), whose job is held. */
static gboolean
run(VirtCpuDomain *domain, ControlFunc func, GError **error)
{
    gboolean done;

    if (!domain) {
        return FALSE;
    }
    done = func(domain, error);
    virtcpu_driver_end_job(domain);
    return done;
}

static gboolean
control(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], ControlFunc func,
        GError **error)
{
    return run(virtcpu_driver_begin_active_job(driver, uuid, error), func, error);
}

/* A guest that an operation paused is not to go on when that is rolled back. */
static gboolean
keep_paused(VirtCpuDomain *domain, GError **error)
{
    gboolean changed;

    g_mutex_lock(&domain->lock);
    changed = domain->operation.resume;
    domain->operation.resume = FALSE;
    g_mutex_unlock(&domain->lock);
    return !changed || virtcpu_domain_status_save(domain, error);
}

static gboolean
suspend(VirtCpuDomain *domain, GError **error)
{
    if (virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_PAUSED) {
        return keep_paused(domain, error);
    }
    return virtcpu_domain_pause(domain, VIRTCPU_PAUSED_USER, VIRTCPU_SUSPENDED_PAUSED, error) &&
           virtcpu_domain_status_save(domain, error);
}

/* TRUE of the source of a migration that broke off in post-copy: what its guest did at the
 * destination is not in this memory. */
static gboolean
is_left_behind(VirtCpuDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->state == VIRTCPU_DOMAIN_PAUSED &&
           (domain->reason == VIRTCPU_PAUSED_POSTCOPY ||
            domain->reason == VIRTCPU_PAUSED_POSTCOPY_FAILED);
}

static gboolean
resume(VirtCpuDomain *domain, GError **error)
{
    if (is_left_behind(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("domain '%s' ran at the destination of its migration (post-copy), and "
                            "its memory here is older than its disks: destroy it"),
                          domain->name);
        return FALSE;
    }
    if (virtcpu_domain_get_state(domain) == VIRTCPU_DOMAIN_RUNNING) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is already running"));
        return FALSE;
    }
    return virtcpu_domain_cont(domain, VIRTCPU_RUNNING_UNPAUSED, error) &&
           virtcpu_domain_status_save(domain, error);
}

/* A guest that panicked is reset paused, as libvirt leaves it. */
static gboolean
reset(VirtCpuDomain *domain, GError **error)
{
    if (!virtcpu_domain_execute(domain, "system_reset", NULL, NULL, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    if (domain->state == VIRTCPU_DOMAIN_CRASHED) {
        domain->state = VIRTCPU_DOMAIN_PAUSED;
        domain->reason = VIRTCPU_PAUSED_CRASHED;
    }
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* Press the power button; what comes of a finished shutdown is on disk first. */
static gboolean
press_power(VirtCpuDomain *domain, gboolean reboot, GError **error)
{
    gboolean changed;

    g_mutex_lock(&domain->lock);
    changed = domain->run->fake_reboot != reboot;
    domain->run->fake_reboot = reboot;
    g_mutex_unlock(&domain->lock);
    if (changed && !virtcpu_domain_status_save(domain, error)) {
        return FALSE;
    }
    return virtcpu_domain_execute(domain, "system_powerdown", NULL, NULL, error);
}

static gboolean
power_down(VirtCpuDomain *domain, GError **error)
{
    return press_power(domain, FALSE, error);
}

static gboolean
power_cycle(VirtCpuDomain *domain, GError **error)
{
    gboolean again;

    g_mutex_lock(&domain->lock);
    again = domain->live->on_reboot != VIRTCPU_ACTION_DESTROY;
    g_mutex_unlock(&domain->lock);
    return press_power(domain, again, error);
}

gboolean
virtcpu_driver_suspend(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    return run(virtcpu_driver_begin_active_beside(driver, uuid, error), suspend, error);
}

gboolean
virtcpu_driver_resume(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, NULL);

    return domain && virtcpu_migration_is_in_doubt(domain) ? virtcpu_migration_resume(domain, error)
                                                           : control(driver, uuid, resume, error);
}

gboolean
virtcpu_driver_reset(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], GError **error)
{
    return control(driver, uuid, reset, error);
}

/* Press the button, unless only an agent in the guest is to be asked. */
static gboolean
ask_power(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
          ControlFunc press, GError **error)
{
    if (flags == POWER_AGENT) {
        virtcpu_driver_refuse_agent(driver, uuid, error);
        return FALSE;
    }
    return control(driver, uuid, press, error);
}

gboolean
virtcpu_driver_shutdown(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                        unsigned flags, GError **error)
{
    return ask_power(driver, uuid, flags, power_down, error);
}

gboolean
virtcpu_driver_reboot(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                      GError **error)
{
    return ask_power(driver, uuid, flags, power_cycle, error);
}

/* A job that waits for a QEMU which no longer answers ends when that QEMU does. */
static void
end_stuck_job(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    g_mutex_lock(&domain->lock);
    if (domain->job_taken && domain->run) {
        domain->run->destroying = TRUE;
        if (!virtcpu_process_kill(domain->run->process, SIGKILL, &error)) {
            g_message("%s", error->message);
        }
    }
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_driver_destroy(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                       gboolean graceful, GError **error)
{
    g_autoptr(VirtCpuDomain) found = virtcpu_domain_list_find(driver->domains, uuid, error);
    VirtCpuDomain *domain;
    gboolean done;

    if (!found) {
        return FALSE;
    }
    if (!graceful) {
        end_stuck_job(found);
    }
    domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    if (!domain) {
        return FALSE;
    }
    done = virtcpu_domain_destroy(domain, graceful, error);
    virtcpu_driver_end_job(domain);
    return done;
}

void
virtcpu_driver_owner_gone(VirtCpuDriver *driver, guint64 owner)
{
    g_autoptr(GPtrArray) all = virtcpu_domain_list_all(driver->domains);

    virtcpu_migrate_offline_owner_gone(driver, owner);
    for (guint i = 0; owner && i < all->len; i++) {
        VirtCpuDomain *domain = g_ptr_array_index(all, i);
        VirtCpuDomainTask undo;
        gboolean owned;

        g_mutex_lock(&domain->lock);
        owned = domain->run && domain->run->owner == owner;
        undo = domain->operation.owner == owner ? domain->operation.undo : NULL;
        g_mutex_unlock(&domain->lock);
        if (undo) {
            virtcpu_driver_queue(driver, undo, domain);
        }
        if (owned) {
            virtcpu_driver_queue(driver, virtcpu_domain_finish_owner, domain);
        }
    }
}

/* HMP text through QMP's human-monitor-command, whose reply is a string. */
static char *
pass_hmp(VirtCpuDomain *domain, const char *command, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();
    g_autoptr(VirtCpuJson) reply = NULL;

    virtcpu_json_set_string(arguments, "command-line", command);
    if (!virtcpu_domain_execute(domain, "human-monitor-command", arguments, &reply, error)) {
        return NULL;
    }
    return g_strdup(virtcpu_json_to_string(reply));
}

char *
virtcpu_driver_monitor_command(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                               const char *command, gboolean hmp, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    char *reply;

    if (!domain) {
        return NULL;
    }
    if (hmp) {
        reply = pass_hmp(domain, command, error);
    } else {
        reply =
            virtcpu_qmp_pass(domain->run->qmp, command, domain->driver->monitor_timeout_ms, error);
    }
    virtcpu_driver_end_job(domain);
    return reply;
}
