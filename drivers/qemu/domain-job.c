/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/driver-priv.h"

#define JOB_WAIT_SECONDS 30

/* Under the lock. */
static gboolean
is_free(const VirtCpuDomain *domain, gboolean beside)
{
    return !domain->job_taken && (beside || domain->operation.kind == VIRTCPU_OPERATION_NONE);
}

/* @operation: what was under way when time ran out, or NONE. */
static void
set_timeout(const VirtCpuDomain *domain, VirtCpuOperation operation, GError **error)
{
    if (operation != VIRTCPU_OPERATION_NONE) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_OPERATION_TIMEOUT,
            _("cannot acquire state change lock of domain '%s': its %s is under way and "
              "did not end within %d seconds"),
            domain->name, virtcpu_operation_to_title(operation), JOB_WAIT_SECONDS);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_TIMEOUT,
                          _("cannot acquire state change lock of domain '%s': another job has held "
                            "it for %d seconds"),
                          domain->name, JOB_WAIT_SECONDS);
    }
}

static gboolean
begin(VirtCpuDomain *domain, gboolean beside, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + JOB_WAIT_SECONDS * G_TIME_SPAN_SECOND;
    VirtCpuOperation operation;
    gboolean taken = FALSE, removed;

    g_mutex_lock(&domain->lock);
    while (!is_free(domain, beside) &&
           g_cond_wait_until(&domain->changed, &domain->lock, deadline)) {
        ;
    }
    removed = domain->removed;
    operation = beside ? VIRTCPU_OPERATION_NONE : domain->operation.kind;
    if (is_free(domain, beside) && !removed) {
        domain->job_taken = taken = TRUE;
        g_atomic_int_inc(&domain->driver->busy);
    }
    g_mutex_unlock(&domain->lock);

    if (removed) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN, _("no domain with matching name '%s'"),
                          domain->name);
    } else if (!taken) {
        set_timeout(domain, operation, error);
    }
    return taken;
}

gboolean
virtcpu_domain_job_begin(VirtCpuDomain *domain, GError **error)
{
    return begin(domain, FALSE, error);
}

gboolean
virtcpu_domain_job_begin_beside(VirtCpuDomain *domain, GError **error)
{
    return begin(domain, TRUE, error);
}

void
virtcpu_domain_job_end(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->job_taken = FALSE;
    g_cond_broadcast(&domain->changed);
    g_mutex_unlock(&domain->lock);
    g_atomic_int_add(&domain->driver->busy, -1);
}

void
virtcpu_domain_wake(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    g_cond_broadcast(&domain->changed);
    g_mutex_unlock(&domain->lock);
}

void
virtcpu_domain_drop_if_unknown(VirtCpuDomain *domain)
{
    if (!virtcpu_domain_is_known(domain)) {
        virtcpu_domain_list_remove(domain->driver->domains, domain);
    }
}

static VirtCpuDomain *
begin_found(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], gboolean beside,
            GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    if (!domain || !begin(domain, beside, error)) {
        return NULL;
    }
    return g_steal_pointer(&domain);
}

/* @domain (transfer full, may be NULL) when it runs, else its job ends. */
static VirtCpuDomain *
if_active(VirtCpuDomain *domain, GError **error)
{
    if (!domain || virtcpu_domain_is_active(domain)) {
        return domain;
    }
    virtcpu_driver_end_job(domain);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    return NULL;
}

VirtCpuDomain *
virtcpu_driver_begin_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         GError **error)
{
    return begin_found(driver, uuid, FALSE, error);
}

VirtCpuDomain *
virtcpu_driver_begin_active_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                GError **error)
{
    return if_active(begin_found(driver, uuid, FALSE, error), error);
}

VirtCpuDomain *
virtcpu_driver_begin_active_beside(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   GError **error)
{
    return if_active(begin_found(driver, uuid, TRUE, error), error);
}

VirtCpuDomain *
virtcpu_driver_claim_job(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(GError) reason = NULL;

    do {
        g_autoptr(VirtCpuDomain) domain =
            virtcpu_domain_list_claim(driver->domains, driver, def->name, def->uuid, error);

        g_clear_error(&reason);
        if (!domain) {
            return NULL;
        }
        if (virtcpu_domain_job_begin(domain, &reason)) {
            return g_steal_pointer(&domain);
        }
        /* one that was undefined, or ended, meanwhile is not the one that this becomes */
    } while (g_error_matches(reason, VIRTCPU_ERROR, VIRTCPU_ERR_NO_DOMAIN));
    g_propagate_error(error, g_steal_pointer(&reason));
    return NULL;
}

void
virtcpu_driver_end_job(VirtCpuDomain *domain)
{
    virtcpu_domain_job_end(domain);
    virtcpu_domain_unref(domain);
}
