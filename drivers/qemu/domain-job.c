/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/driver-priv.h"

#define JOB_WAIT_SECONDS 30

gboolean
virtcpu_domain_job_begin(VirtCpuDomain *domain, GError **error)
{
    gint64 deadline = g_get_monotonic_time() + JOB_WAIT_SECONDS * G_TIME_SPAN_SECOND;
    gboolean taken = FALSE, removed;

    g_mutex_lock(&domain->lock);
    while (domain->job_taken && g_cond_wait_until(&domain->job_free, &domain->lock, deadline)) {
        ;
    }
    removed = domain->removed;
    if (!domain->job_taken && !removed) {
        domain->job_taken = taken = TRUE;
        g_atomic_int_inc(&domain->driver->busy);
    }
    g_mutex_unlock(&domain->lock);

    if (removed) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN, _("no domain with matching name '%s'"),
                          domain->name);
    } else if (!taken) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_TIMEOUT,
                          _("cannot acquire state change lock of domain '%s': another job has held "
                            "it for %d seconds"),
                          domain->name, JOB_WAIT_SECONDS);
    }
    return taken;
}

void
virtcpu_domain_job_end(VirtCpuDomain *domain)
{
    g_mutex_lock(&domain->lock);
    domain->job_taken = FALSE;
    g_cond_broadcast(&domain->job_free);
    g_mutex_unlock(&domain->lock);
    g_atomic_int_add(&domain->driver->busy, -1);
}

void
virtcpu_domain_drop_if_unknown(VirtCpuDomain *domain)
{
    if (!virtcpu_domain_is_known(domain)) {
        virtcpu_domain_list_remove(domain->driver->domains, domain);
    }
}

VirtCpuDomain *
virtcpu_driver_begin_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         GError **error)
{
    g_autoptr(VirtCpuDomain) domain = virtcpu_domain_list_find(driver->domains, uuid, error);

    if (!domain || !virtcpu_domain_job_begin(domain, error)) {
        return NULL;
    }
    return g_steal_pointer(&domain);
}

VirtCpuDomain *
virtcpu_driver_begin_active_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);

    if (!domain || virtcpu_domain_is_active(domain)) {
        return domain;
    }
    virtcpu_driver_end_job(domain);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
    return NULL;
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
