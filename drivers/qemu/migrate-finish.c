/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-define.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/migrate-arrive.h"
#include "drivers/qemu/migrate-offline.h"
#include "drivers/qemu/migrate-portable.h"
#include "drivers/qemu/migrate-priv.h"
#include "drivers/qemu/move-in.h"
#include "drivers/qemu/move-priv.h"

#include <string.h>

/* The source has sent everything: what is still on its way comes soon, or not at all. */
#define LAST_BYTES_MS 60000

/* ---- the state ---- */

static gboolean
await_state(VirtCpuDomain *domain, GError **error)
{
    VirtCpuMigration *migration = domain->operation.data;
    const gboolean postcopy = (migration->flags & VIRTCPU_MIGRATE_POSTCOPY) != 0;

    if (migration->door != NULL && !g_atomic_int_get(&migration->entered)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("the state of domain '%s' was not sent"), domain->name);
        return FALSE;
    }
    if (!postcopy) {
        return virtcpu_move_in_wait(domain, LAST_BYTES_MS, error);
    }
    /* the memory comes when the guest runs; or it all came before */
    return virtcpu_move_wait(domain, VIRTCPU_MOVE_POSTCOPY, LAST_BYTES_MS, error) &&
           (virtcpu_move_get_status(domain) == VIRTCPU_MOVE_POSTCOPY ||
            virtcpu_move_in_wait(domain, LAST_BYTES_MS, error));
}

/* After the state has come, before the guest runs: the vCPUs are still what they must be. */
static gboolean
confirm_cpu(VirtCpuDomain *domain, GError **error)
{
    const VirtCpuMigration *migration = domain->operation.data;

    return migration->passport == NULL ||
           virtcpu_passport_confirm_first(domain, migration->passport, error);
}

/* ---- the persistent definition ---- */

static VirtCpuDomainDef *
read_persistent(VirtCpuDomain *domain, const VirtCpuMigrationCookie *cookie, GError **error)
{
    const VirtCpuMigration *migration = domain->operation.data;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autofree char *xml = NULL;

    if (cookie == NULL || cookie->persistent == NULL) {
        g_mutex_lock(&domain->lock);
        def = virtcpu_domain_def_copy(domain->config != NULL ? domain->config : domain->original);
        g_mutex_unlock(&domain->lock);
        return g_steal_pointer(&def);
    }
    xml = migration->ours ? g_strdup(cookie->persistent)
                          : virtcpu_migrate_portable_xml(cookie->persistent);
    def = virtcpu_domain_read(domain->driver, xml, FALSE, NULL, error);
    if (def == NULL) {
        return NULL;
    }
    if (memcmp(def->uuid, domain->uuid, VIRTCPU_UUID_BYTES) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_MIGRATE_PERSIST_FAILED,
                          _("the persistent definition that came is another domain's"));
        return NULL;
    }
    g_free(def->name);
    def->name = g_strdup(domain->name);
    return g_steal_pointer(&def);
}

static gboolean
persist(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, const VirtCpuMigrationCookie *cookie,
        GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = NULL;

    if ((call->flags & VIRTCPU_MIGRATE_PERSIST_DEST) == 0) {
        return TRUE;
    }
    def = read_persistent(domain, cookie, error);
    if (def == NULL || !virtcpu_domain_save_config(domain, def, error)) {
        return FALSE;
    }
    virtcpu_domain_set_config(domain, g_steal_pointer(&def));
    g_mutex_lock(&domain->lock);
    domain->updated = FALSE;
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* ---- the guest runs ---- */

/* What the source is told when it asks. */
static gboolean
note_arrival(VirtCpuDomain *domain, GError **error)
{
    const VirtCpuMigration *migration = domain->operation.data;

    return migration->witnessed == NULL ||
           virtcpu_migrate_witness_note(domain->driver->witness, domain->uuid, migration->witnessed,
                                        error);
}

/* It is on disk before that the guest may run, and that nobody was told; and afterwards, when
 * somebody was, that all is well. */
static gboolean
let_run(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, gboolean postcopy, GError **error)
{
    const gboolean stays_paused = (call->flags & VIRTCPU_MIGRATE_PAUSED) != 0 && !postcopy;

    if (!note_arrival(domain, error) ||
        !virtcpu_domain_operation_set_phase(domain, VIRTCPU_MIGRATE_IN_RUNS, !stays_paused,
                                            domain->operation.path, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    domain->run->arriving = FALSE; /* if its QEMU ends now, that is a guest's end */
    if (stays_paused) {
        domain->reason = VIRTCPU_PAUSED_USER;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_SUSPENDED,
                                             VIRTCPU_SUSPENDED_PAUSED);
    }
    g_mutex_unlock(&domain->lock);
    return stays_paused ||
           virtcpu_domain_cont(
               domain, postcopy ? VIRTCPU_RUNNING_POSTCOPY : VIRTCPU_RUNNING_MIGRATED, error);
}

/* Nothing of the migration is to be remembered. Without the job: a worker's task. */
static void
forget_phase(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (!virtcpu_domain_job_begin(domain, NULL)) {
        return;
    }
    if (domain->run != NULL && !virtcpu_domain_status_save(domain, &error)) {
        g_warning("%s", error->message);
    }
    virtcpu_domain_job_end(domain);
}

static void
queue_forget_phase(VirtCpuDomain *domain)
{
    virtcpu_driver_queue(domain->driver, forget_phase, domain);
}

/* A guest that runs already gets the rest of its memory. There is no way back should that fail. */
static gboolean
await_rest(VirtCpuDomain *domain, GError **error)
{
    if (!virtcpu_move_in_wait(domain, 0, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    if (domain->state == VIRTCPU_DOMAIN_RUNNING) {
        domain->reason = VIRTCPU_RUNNING_MIGRATED;
    }
    virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_RESUMED, VIRTCPU_RESUMED_MIGRATED);
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

/* Part of its memory is here, part at the source: the guest runs until it needs what is not here,
 * and it is for its administrator to end it. */
static void
strand(VirtCpuDomain *domain)
{
    if (domain->run != NULL) {
        g_mutex_lock(&domain->lock);
        domain->run->acknowledged = TRUE;
        domain->operation.phase = 0;
        domain->reason = domain->state == VIRTCPU_DOMAIN_RUNNING ? VIRTCPU_RUNNING_POSTCOPY_FAILED
                                                                 : VIRTCPU_PAUSED_POSTCOPY_FAILED;
        virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_RESUMED,
                                             VIRTCPU_RESUMED_POSTCOPY_FAILED);
        g_mutex_unlock(&domain->lock);
    }
    virtcpu_domain_operation_end(domain);
    virtcpu_driver_invoke(domain->driver, queue_forget_phase, domain);
}

static GBytes *
make_cookie(VirtCpuDomain *domain, const VirtCpuMigrationCookie *sent)
{
    const VirtCpuMigration *migration = domain->operation.data;
    g_autoptr(VirtCpuMigrationCookie) cookie =
        virtcpu_migration_new_cookie(domain, migration->name);

    for (guint i = 0; sent != NULL && i < sent->statistics->len; i++) {
        const VirtCpuCookieStatistic *statistic = g_ptr_array_index(sent->statistics, i);

        virtcpu_migration_cookie_add_statistic(cookie, statistic->name, statistic->value);
    }
    return virtcpu_migration_pack_cookie(cookie);
}

static void
settle_in(VirtCpuDomain *domain)
{
    VirtCpuMigration *migration = domain->operation.data;

    g_mutex_lock(&domain->lock);
    domain->run->acknowledged = TRUE;
    if (migration->passport != NULL) {
        virtcpu_passport_unref(domain->run->passport);
        domain->run->passport = g_steal_pointer(&migration->passport);
    }
    domain->operation.phase = 0;
    g_mutex_unlock(&domain->lock);
}

/* What the source measured is told here, too, where the guest now is. */
static void
keep_statistics(VirtCpuDomain *domain, const VirtCpuMigrationCookie *cookie)
{
    VirtCpuOperationProgress progress = { .operation = VIRTCPU_OPERATION_MIGRATION_IN,
                                          .type = VIRTCPU_JOB_COMPLETED };

    if (cookie == NULL) {
        return;
    }
    virtcpu_migration_read_statistics(cookie, &progress);
    g_mutex_lock(&domain->lock);
    domain->completed = progress;
    g_mutex_unlock(&domain->lock);
}

/* The operation is entered; whatever comes, it is over when this returns. */
static gboolean
finish(VirtCpuDomain *domain, const VirtCpuMigrateCall *call, GBytes **answer, GError **error)
{
    const VirtCpuMigration *migration = domain->operation.data;
    const gboolean had_config = domain->config != NULL;
    g_autoptr(VirtCpuMigrationCookie) cookie = NULL;
    g_autoptr(GError) reason = NULL;
    gboolean postcopy;

    if (g_bytes_get_size(call->cookie) > 0) {
        cookie = virtcpu_migration_read_cookie(domain->driver, call, migration->name, domain->uuid,
                                               error);
        if (cookie == NULL) {
            virtcpu_migration_drop(domain);
            return FALSE;
        }
    }
    if (!await_state(domain, error) || !confirm_cpu(domain, error) ||
        !persist(domain, call, cookie, error)) {
        virtcpu_migration_drop(domain);
        return FALSE;
    }
    postcopy = virtcpu_move_get_status(domain) == VIRTCPU_MOVE_POSTCOPY;
    if (!let_run(domain, call, postcopy, error)) {
        if (!had_config && domain->config != NULL && !virtcpu_domain_undefine(domain, &reason)) {
            g_warning("%s", reason->message);
        }
        virtcpu_migration_drop(domain);
        return FALSE;
    }
    if (postcopy && !await_rest(domain, error)) {
        strand(domain);
        return FALSE;
    }
    *answer = make_cookie(domain, cookie);
    keep_statistics(domain, cookie);
    settle_in(domain);
    virtcpu_domain_operation_end(domain);
    virtcpu_driver_invoke(domain->driver, queue_forget_phase, domain);
    return TRUE;
}

/* ---- the call ---- */

static VirtCpuDomainRef *
finish_offline(VirtCpuDriver *driver, VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(VirtCpuDomainDef) taken = def;
    VirtCpuDomain *domain = virtcpu_driver_claim_job(driver, taken, error);
    VirtCpuDomainRef *ref = NULL;

    if (domain == NULL) {
        return NULL;
    }
    if (virtcpu_domain_save_config(domain, taken, error)) {
        virtcpu_domain_set_config(domain, g_steal_pointer(&taken));
        ref = virtcpu_domain_to_ref(domain);
    }
    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_driver_end_job(domain);
    return ref;
}

static VirtCpuDomainRef *
finish_named(VirtCpuDriver *driver, const VirtCpuMigrateCall *call, gboolean cancelled,
             GBytes **cookie, GError **error)
{
    g_autoptr(VirtCpuDomain) domain =
        virtcpu_domain_list_find_name(driver->domains, call->params->destination_name, error);

    if (domain == NULL ||
        !virtcpu_domain_operation_enter(domain, VIRTCPU_OPERATION_MIGRATION_IN, error)) {
        return NULL;
    }
    if (cancelled) {
        virtcpu_migration_drop(domain);
        virtcpu_error_set(error, VIRTCPU_ERR_MIGRATE_FINISH_OK, "%s", domain->name);
        return NULL;
    }
    return finish(domain, call, cookie, error) ? virtcpu_domain_to_ref(domain) : NULL;
}

VirtCpuDomainRef *
virtcpu_driver_migrate_finish(VirtCpuDriver *driver, const VirtCpuMigrateCall *call,
                              gboolean cancelled, GBytes **cookie, GError **error)
{
    const char *name = call->params->destination_name;
    g_autoptr(VirtCpuDomainDef) offline = NULL;

    if (name == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("missing domain name"));
        return NULL;
    }
    offline = virtcpu_migrate_offline_take(driver, name);
    if (offline == NULL) {
        return finish_named(driver, call, cancelled, cookie, error);
    }
    if (cancelled) {
        virtcpu_error_set(error, VIRTCPU_ERR_MIGRATE_FINISH_OK, "%s", name);
        return NULL;
    }
    *cookie = g_bytes_new_static("", 0);
    return finish_offline(driver, g_steal_pointer(&offline), error);
}
