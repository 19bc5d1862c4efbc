/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/driver.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/autostart.h"
#include "drivers/qemu/domain-events.h"
#include "drivers/qemu/domain-store.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-arrive.h"
#include "drivers/qemu/migrate-leave.h"
#include "drivers/qemu/reconnect.h"
#include "drivers/qemu/state-file.h"
#include "drivers/qemu/stop-watch.h"

#include <errno.h>
#include <unistd.h>

/* Reactions to events wait for QEMUs most of the time, so there may be more of them than cores. */
#define MAX_WORKERS                16
#define DEFAULT_MONITOR_TIMEOUT_MS 30000

typedef struct {
    VirtCpuDomainTask task;
    VirtCpuDomain *domain;
} Task;

static void
run_task(gpointer data, gpointer user_data)
{
    VirtCpuDriver *driver = user_data;
    Task *task = data;
    g_autoptr(GMainContext) context = g_main_context_ref(driver->context);

    task->task(task->domain);
    virtcpu_domain_unref(task->domain);
    g_free(task);
    g_atomic_int_add(&driver->busy, -1);
    g_main_context_wakeup(context); /* virtcpu_driver_free waits for the last one */
}

static void
queue_in(VirtCpuDriver *driver, GThreadPool *pool, VirtCpuDomainTask task, VirtCpuDomain *domain)
{
    Task *entry;

    if (driver->closing) {
        return;
    }
    entry = g_new0(Task, 1);
    entry->task = task;
    entry->domain = virtcpu_domain_ref(domain);
    g_atomic_int_inc(&driver->busy);
    g_thread_pool_push(pool, entry, NULL);
}

void
virtcpu_driver_queue(VirtCpuDriver *driver, VirtCpuDomainTask task, VirtCpuDomain *domain)
{
    queue_in(driver, driver->workers, task, domain);
}

void
virtcpu_driver_queue_patiently(VirtCpuDriver *driver, VirtCpuDomainTask task, VirtCpuDomain *domain)
{
    queue_in(driver, driver->patient, task, domain);
}

static gboolean
run_invoked(gpointer data)
{
    Task *task = data;

    task->task(task->domain);
    return G_SOURCE_REMOVE;
}

static void
invoked_free(gpointer data)
{
    Task *task = data;
    VirtCpuDriver *driver = task->domain->driver;

    virtcpu_domain_unref(task->domain);
    g_free(task);
    g_atomic_int_add(&driver->invoked, -1);
}

void
virtcpu_driver_invoke(VirtCpuDriver *driver, VirtCpuDomainTask task, VirtCpuDomain *domain)
{
    Task *entry = g_new0(Task, 1);

    entry->task = task;
    entry->domain = virtcpu_domain_ref(domain);
    g_atomic_int_inc(&driver->invoked);
    g_main_context_invoke_full(driver->context, G_PRIORITY_DEFAULT, run_invoked, entry,
                               invoked_free);
}

static gboolean
choose_account(VirtCpuDriver *driver, const VirtCpuDriverConfig *config, GError **error)
{
    g_autoptr(GError) reason = NULL;

    driver->account = virtcpu_account_new(config->user, config->group, &reason);
    if (reason) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (driver->account) {
        g_info("QEMUs run as user '%s'", virtcpu_account_name(driver->account));
    } else if (geteuid() == 0) {
        g_message("QEMUs run as root: there is no user made for them, or root was chosen");
    }
    return TRUE;
}

/* Where QEMUs make sockets themselves. */
static gboolean
make_channel_folder(VirtCpuDriver *driver, GError **error)
{
    const VirtCpuProcessIdentity *identity;

    if (!virtcpu_state_folder_make(driver->channel_dir, error)) {
        return FALSE;
    }
    if (!driver->account) {
        return TRUE;
    }
    identity = virtcpu_account_identity(driver->account);
    if (lchown(driver->channel_dir, identity->uid, identity->gid) != 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot give folder '%s' to user '%s'"),
                                driver->channel_dir, virtcpu_account_name(driver->account));
        return FALSE;
    }
    return TRUE;
}

static gboolean
make_folders(VirtCpuDriver *driver, GError **error)
{
    return virtcpu_state_folder_make(driver->config_dir, error) &&
           virtcpu_state_folder_make(driver->autostart_dir, error) &&
           virtcpu_state_folder_make(driver->state_dir, error) &&
           make_channel_folder(driver, error) &&
           virtcpu_state_folder_make(driver->log_dir, error) &&
           virtcpu_state_folder_make(driver->save_dir, error);
}

static void
tidy_folders(const VirtCpuDriver *driver)
{
    virtcpu_state_folder_tidy(driver->config_dir);
    virtcpu_state_folder_tidy(driver->autostart_dir);
    virtcpu_state_folder_tidy(driver->state_dir);
}

static void
binaries_changed(gpointer data)
{
    VirtCpuDriver *driver = data;

    if (driver->filler) {
        virtcpu_qemu_matrix_filler_poke(driver->filler);
    }
}

/* Without it the daemon serves as well, only later. */
static void
watch_cache(VirtCpuDriver *driver)
{
    g_autoptr(GError) trouble = NULL;

    if (!virtcpu_qemu_cache_watch(driver->cache, driver->context, binaries_changed, driver,
                                  &trouble)) {
        g_message("changes of QEMU binaries will be noticed late: %s", trouble->message);
    }
}

static void
watch_stops(VirtCpuDriver *driver)
{
    driver->stop_watch = virtcpu_stop_watch_new();
    if (driver->stop_watch) {
        g_source_set_callback(driver->stop_watch, virtcpu_driver_look_for_stops, driver, NULL);
        g_source_attach(driver->stop_watch, driver->context);
    }
}

VirtCpuDriver *
virtcpu_driver_new(VirtCpuHost *host, const VirtCpuDriverConfig *config, VirtCpuNoteFunc notify,
                   gpointer user_data, GError **error)
{
    g_autoptr(VirtCpuDriver) driver = g_new0(VirtCpuDriver, 1);

    driver->host = virtcpu_host_ref(host);
    driver->context = g_main_context_ref_thread_default();
    driver->config_dir = g_build_filename(config->config_dir, "qemu", NULL);
    driver->autostart_dir = g_build_filename(driver->config_dir, "autostart", NULL);
    driver->state_dir = g_build_filename(config->state_dir, "qemu", NULL);
    driver->log_dir = g_build_filename(config->log_dir, "qemu", NULL);
    driver->save_dir = g_build_filename(config->lib_dir, "qemu", "save", NULL);
    driver->monitor_timeout_ms =
        config->monitor_timeout_ms ? config->monitor_timeout_ms : DEFAULT_MONITOR_TIMEOUT_MS;
    driver->verify_in_guest = config->verify_in_guest;
    driver->sandbox = config->sandbox;
    driver->cpu_form =
        config->cpu_form != VIRTCPU_CPU_FORM_DEFAULT ? config->cpu_form : VIRTCPU_CPU_FORM_EXPLICIT;
    driver->firmware = virtcpu_firmware_book_new(virtcpu_firmware_folders);
    driver->nvram_dir = g_build_filename(config->lib_dir, "qemu", "nvram", NULL);
    driver->channel_dir = g_build_filename(driver->state_dir, "channel", NULL);
    driver->loans = virtcpu_file_loans_new();
    driver->domains = virtcpu_domain_list_new();
    driver->offline = virtcpu_migrate_offline_new();
    driver->notes = virtcpu_note_queue_new(driver->context, notify, user_data);
    driver->workers = g_thread_pool_new(run_task, driver, MAX_WORKERS, FALSE, error);
    driver->patient = driver->workers ? g_thread_pool_new(run_task, driver, 1, FALSE, error) : NULL;
    if (!driver->patient || !choose_account(driver, config, error) ||
        !make_folders(driver, error)) {
        return NULL;
    }
    driver->self = virtcpu_migrate_self_new(config->host_uuid, config->state_dir, host->hostname,
                                            config->daemon_uri, error);
    if (!driver->self) {
        return NULL;
    }
    driver->cache = virtcpu_qemu_cache_new(host, config->cache_dir, config->qemu_search_path,
                                           config->probe_timeout_ms, error);
    if (!driver->cache) {
        return NULL;
    }
    watch_cache(driver);
    if (config->fill_matrix) {
        driver->filler = virtcpu_qemu_matrix_filler_new(driver->cache);
    }

    watch_stops(driver);
    driver->witness = virtcpu_migration_new_witness(driver, config->lib_dir);
    driver->doubts = virtcpu_migrate_doubts_new(virtcpu_migration_settle_later);
    tidy_folders(driver);
    virtcpu_domain_store_load(driver);
    virtcpu_driver_reconnect(driver);
    virtcpu_migrate_witness_reopen(driver->witness); /* all guests are known now */
    virtcpu_driver_autostart(driver);
    return g_steal_pointer(&driver);
}

void
virtcpu_driver_free(VirtCpuDriver *driver)
{
    if (!driver) {
        return;
    }
    driver->closing = TRUE;
    virtcpu_migrate_doubts_stop(driver->doubts);
    /* workers wait for monitors, which are read here */
    while (g_atomic_int_get(&driver->busy) > 0 || g_atomic_int_get(&driver->invoked) > 0) {
        g_main_context_iteration(driver->context, TRUE);
    }
    if (driver->stop_watch) {
        g_source_destroy(driver->stop_watch);
        g_source_unref(driver->stop_watch);
    }
    if (driver->workers) {
        g_thread_pool_free(driver->workers, FALSE, TRUE);
    }
    if (driver->patient) {
        g_thread_pool_free(driver->patient, FALSE, TRUE);
    }
    virtcpu_migrate_doubts_free(driver->doubts);
    virtcpu_migrate_witness_free(driver->witness);
    if (driver->cache) {
        virtcpu_qemu_cache_cancel(driver->cache);
        virtcpu_qemu_cache_watch_end(driver->cache);
    }
    virtcpu_qemu_matrix_filler_free(driver->filler);
    virtcpu_domain_list_free(driver->domains);
    virtcpu_migrate_offline_free(driver->offline);
    virtcpu_migrate_self_free(driver->self);
    virtcpu_note_queue_free(driver->notes);
    virtcpu_qemu_cache_free(driver->cache);
    virtcpu_host_unref(driver->host);
    g_main_context_unref(driver->context);
    g_free(driver->config_dir);
    g_free(driver->autostart_dir);
    g_free(driver->state_dir);
    virtcpu_firmware_book_free(driver->firmware);
    g_free(driver->nvram_dir);
    g_free(driver->channel_dir);
    virtcpu_file_loans_free(driver->loans);
    virtcpu_account_free(driver->account);
    g_free(driver->log_dir);
    g_free(driver->save_dir);
    g_free(driver);
}

VirtCpuHost *
virtcpu_driver_host(VirtCpuDriver *driver)
{
    return driver->host;
}

VirtCpuQemuCache *
virtcpu_driver_cache(VirtCpuDriver *driver)
{
    return driver->cache;
}

gboolean
virtcpu_driver_is_busy(VirtCpuDriver *driver)
{
    g_autoptr(GPtrArray) all = NULL;

    if (g_atomic_int_get(&driver->busy) > 0) {
        return TRUE;
    }
    all = virtcpu_domain_list_all(driver->domains);
    for (guint i = 0; i < all->len; i++) {
        if (virtcpu_domain_is_active(g_ptr_array_index(all, i))) {
            return TRUE;
        }
    }
    return FALSE;
}
