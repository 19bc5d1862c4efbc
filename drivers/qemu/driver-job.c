/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/driver-job.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"

#include <stdint.h>
#include <string.h>

#define MIB (1024u * 1024u)

static void
take_completed(VirtCpuDomain *domain, gboolean keep, VirtCpuOperationProgress *progress)
{
    g_mutex_lock(&domain->lock);
    *progress = domain->completed;
    if (!keep) {
        memset(&domain->completed, 0, sizeof(domain->completed));
    }
    g_mutex_unlock(&domain->lock);
}

gboolean
virtcpu_driver_job_progress(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            unsigned flags, VirtCpuOperationProgress *progress, GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    if (!domain) {
        return FALSE;
    }
    if (flags & VIRTCPU_JOB_STATS_COMPLETED) {
        take_completed(domain, (flags & VIRTCPU_JOB_STATS_KEEP_COMPLETED) != 0, progress);
        return TRUE;
    }
    if (!virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    return virtcpu_domain_operation_ask(domain, progress, error);
}

/* Why the operation cannot be aborted (translated), or NULL. Under the lock. */
static const char *
find_objection(const VirtCpuDomain *domain, gboolean postcopy)
{
    gboolean in_postcopy = virtcpu_move_status_is_postcopy(domain->run->move);
    VirtCpuOperation kind = domain->operation.kind;

    if (kind == VIRTCPU_OPERATION_NONE) {
        return _("no job is active on the domain");
    }
    if (kind == VIRTCPU_OPERATION_MIGRATION_IN) {
        return _("cannot abort incoming migration; destroy the domain instead");
    }
    if (kind == VIRTCPU_OPERATION_START || kind == VIRTCPU_OPERATION_RESTORE) {
        return _("cannot abort a start or a restore; destroy the domain instead");
    }
    if (domain->run->dump == VIRTCPU_DUMP_ACTIVE) {
        return _("cannot abort memory-only dump");
    }
    if (postcopy && !in_postcopy) {
        return _("current job is not outgoing migration in post-copy mode");
    }
    return in_postcopy && !postcopy ? _("cannot abort migration in post-copy mode") : NULL;
}

static gboolean
abort_operation(VirtCpuDomain *domain, gboolean postcopy, GError **error)
{
    VirtCpuMoveStatus move;
    const char *objection;

    g_mutex_lock(&domain->lock);
    move = domain->run->move;
    objection = find_objection(domain, postcopy);
    if (!objection && !postcopy) {
        domain->operation.aborted = TRUE;
        g_cond_broadcast(&domain->changed);
    }
    g_mutex_unlock(&domain->lock);
    if (objection) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, "%s", objection);
        return FALSE;
    }
    /* a stream that is not begun sees the mark before it is */
    return move == VIRTCPU_MOVE_NONE || virtcpu_move_status_is_final(move) ||
           virtcpu_domain_execute(domain, postcopy ? "migrate-pause" : "migrate_cancel", NULL, NULL,
                                  error);
}

gboolean
virtcpu_driver_abort_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         unsigned flags, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    gboolean done;

    if (!domain) {
        return FALSE;
    }
    done = abort_operation(domain, (flags & VIRTCPU_ABORT_POSTCOPY) != 0, error);
    virtcpu_driver_end_job(domain);
    return done;
}

void
virtcpu_driver_interrupt(VirtCpuDriver *driver)
{
    g_autoptr(GPtrArray) all = virtcpu_domain_list_all(driver->domains);

    g_atomic_int_set(&driver->interrupted, TRUE);
    for (guint i = 0; i < all->len; i++) {
        virtcpu_domain_wake(g_ptr_array_index(all, i));
    }
}

/* How a limit is called by QEMU, which takes @unit of ours. */
static const struct {
    const char *parameter;
    guint64 unit, max;
} limits[] = {
    [VIRTCPU_LIMIT_DOWNTIME] = { "downtime-limit", 1, 2000 * 1000 },
    [VIRTCPU_LIMIT_SPEED] = { "max-bandwidth", MIB, VIRTCPU_SPEED_UNLIMITED },
    [VIRTCPU_LIMIT_SPEED_POSTCOPY] = { "max-postcopy-bandwidth", MIB, VIRTCPU_SPEED_UNLIMITED },
    [VIRTCPU_LIMIT_CACHE] = { "xbzrle-cache-size", 1, G_MAXINT64 },
};

static gboolean
set_parameter(VirtCpuDomain *domain, VirtCpuMoveLimit limit, guint64 value, GError **error)
{
    g_autoptr(VirtCpuJson) arguments = virtcpu_json_new_object();

    virtcpu_json_set(arguments, limits[limit].parameter,
                     virtcpu_json_new_uint(value * limits[limit].unit));
    return virtcpu_domain_execute(domain, "migrate-set-parameters", arguments, NULL, error);
}

static gboolean
get_parameter(VirtCpuDomain *domain, VirtCpuMoveLimit limit, guint64 *value, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;

    if (!virtcpu_domain_execute(domain, "query-migrate-parameters", NULL, &reply, error)) {
        return FALSE;
    }
    if (!virtcpu_json_to_uint(virtcpu_json_get(reply, limits[limit].parameter), value)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                          _("this QEMU has no migration parameter '%s'"), limits[limit].parameter);
        return FALSE;
    }
    *value /= limits[limit].unit;
    return TRUE;
}

/* The limit of speed is the domain's: each stream is given it anew. */
static void
keep_speed(VirtCpuDomain *domain, guint64 mib)
{
    g_mutex_lock(&domain->lock);
    domain->max_speed_mib = mib;
    g_mutex_unlock(&domain->lock);
}

guint64
virtcpu_domain_max_speed(VirtCpuDomain *domain)
{
    guint64 mib;

    g_mutex_lock(&domain->lock);
    mib = domain->max_speed_mib;
    g_mutex_unlock(&domain->lock);
    return mib ? mib : VIRTCPU_SPEED_UNLIMITED;
}

static gboolean
check_limit(VirtCpuMoveLimit limit, guint64 value, GError **error)
{
    if (value > limits[limit].max || (limit == VIRTCPU_LIMIT_DOWNTIME && value == 0)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the value %ju of '%s' is out of range: at most %ju is possible"),
                          (uintmax_t)value, limits[limit].parameter, (uintmax_t)limits[limit].max);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_driver_set_move_limit(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              VirtCpuMoveLimit limit, guint64 value, GError **error)
{
    g_autoptr(VirtCpuDomain) found = virtcpu_domain_list_find(driver->domains, uuid, error);
    VirtCpuDomain *domain;
    gboolean done;

    if (!found || !check_limit(limit, value, error)) {
        return FALSE;
    }
    if (limit == VIRTCPU_LIMIT_SPEED && !virtcpu_domain_is_active(found)) {
        keep_speed(found, value);
        return TRUE;
    }
    domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    if (!domain) {
        return FALSE;
    }
    done = set_parameter(domain, limit, value, error);
    if (done && limit == VIRTCPU_LIMIT_SPEED) {
        keep_speed(domain, value);
    }
    virtcpu_driver_end_job(domain);
    return done;
}

gboolean
virtcpu_driver_get_move_limit(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                              VirtCpuMoveLimit limit, guint64 *value, GError **error)
{
    g_autoptr(VirtCpuDomain) found = virtcpu_domain_list_find(driver->domains, uuid, error);
    VirtCpuDomain *domain;
    gboolean done;

    if (!found) {
        return FALSE;
    }
    if (limit == VIRTCPU_LIMIT_SPEED) {
        *value = virtcpu_domain_max_speed(found);
        return TRUE;
    }
    domain = virtcpu_driver_begin_active_beside(driver, uuid, error);
    if (!domain) {
        return FALSE;
    }
    done = get_parameter(domain, limit, value, error);
    virtcpu_driver_end_job(domain);
    return done;
}
