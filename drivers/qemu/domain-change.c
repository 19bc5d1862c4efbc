/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-change.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-store.h"
#include "drivers/qemu/driver-priv.h"

/* Which definitions @flags mean, as libvirt has it. */
static gboolean
choose(VirtCpuDomain *domain, unsigned flags, gboolean *live, gboolean *config, GError **error)
{
    const gboolean active = virtcpu_domain_is_active(domain);

    *live = (flags & VIRTCPU_CHANGE_LIVE) != 0;
    *config = (flags & VIRTCPU_CHANGE_CONFIG) != 0;
    if (!*live && !*config) {
        *live = active;
        *config = !active;
    }
    if (*live && !active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if (*config && domain->config == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("transient domains do not have any persistent config"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_change_begin(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                            unsigned flags, VirtCpuDomainChange *change, GError **error)
{
    gboolean live, config;

    change->domain = virtcpu_driver_begin_job(driver, uuid, error);
    if (change->domain == NULL || !choose(change->domain, flags, &live, &config, error)) {
        return FALSE;
    }
    /* events change what runs */
    g_mutex_lock(&change->domain->lock);
    change->next_live = live ? virtcpu_domain_def_copy(change->domain->live) : NULL;
    g_mutex_unlock(&change->domain->lock);
    change->next_config = config ? virtcpu_domain_def_copy(change->domain->config) : NULL;
    change->caps =
        virtcpu_domain_caps(driver, live ? change->next_live : change->next_config, error);
    return change->caps != NULL;
}

void
virtcpu_domain_change_end(VirtCpuDomainChange *change)
{
    g_clear_pointer(&change->next_live, virtcpu_domain_def_free);
    g_clear_pointer(&change->next_config, virtcpu_domain_def_free);
    g_clear_pointer(&change->caps, virtcpu_qemu_caps_unref);
    g_clear_pointer(&change->domain, virtcpu_driver_end_job);
}

gboolean
virtcpu_domain_change_complete_config(VirtCpuDomainChange *change, GError **error)
{
    return virtcpu_domain_complete(change->next_config, change->next_config->arch, change->caps,
                                   error);
}

/* Under the lock: what events have put into @old since @next was copied of it. */
static void
keep_news(const VirtCpuDomainDef *old, VirtCpuDomainDef *next)
{
    next->current_memory_kib = old->current_memory_kib;
    for (guint i = 0; i < old->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(old->disks, i);
        VirtCpuDiskDef *same = virtcpu_domain_def_find_disk(next, disk->target);

        if (same != NULL) {
            same->tray = disk->tray;
        }
    }
}

void
virtcpu_domain_set_live(VirtCpuDomain *domain, VirtCpuDomainDef *live)
{
    VirtCpuDomainDef *old;

    g_mutex_lock(&domain->lock);
    old = domain->live;
    keep_news(old, live);
    domain->live = live;
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_def_free(old);
}

static void
set_config(VirtCpuDomain *domain, VirtCpuDomainDef *config)
{
    VirtCpuDomainDef *old;

    g_mutex_lock(&domain->lock);
    old = domain->config;
    domain->config = config;
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_def_free(old);
}

/* Write the status of what still runs; should that fail, what a later daemon finds in it and not in
 * the QEMU it drops. */
static void
restore_status(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;

    if (virtcpu_domain_is_active(domain) && !virtcpu_domain_status_save(domain, &error)) {
        g_message("Status of domain '%s' tells of a change that was undone: %s", domain->name,
                  error->message);
    }
}

static gboolean
commit_live(VirtCpuDomainChange *change, VirtCpuDomainApply apply, VirtCpuDomainApply undo,
            gpointer data, GError **error)
{
    VirtCpuDomain *domain = change->domain;

    if (!virtcpu_domain_status_save_as(domain, change->next_live, error)) {
        return FALSE;
    }
    if (apply != NULL && !apply(change, data, error)) {
        restore_status(domain);
        return FALSE;
    }
    if (change->live_learned && !virtcpu_domain_status_save_as(domain, change->next_live, error)) {
        if (undo != NULL && !undo(change, data, NULL)) {
            g_message("A change of domain '%s' could not be undone", domain->name);
        }
        restore_status(domain);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_domain_change_commit(VirtCpuDomainChange *change, VirtCpuDomainApply apply,
                             VirtCpuDomainApply undo, gpointer data, GError **error)
{
    VirtCpuDomain *domain = change->domain;

    if (change->next_config != NULL &&
        !virtcpu_domain_store_prepare(domain->driver, change->next_config, error)) {
        return FALSE;
    }
    if (change->next_live != NULL && !commit_live(change, apply, undo, data, error)) {
        if (change->next_config != NULL) {
            virtcpu_domain_store_abandon(domain->driver, domain->name);
        }
        return FALSE;
    }
    if (change->next_config != NULL) {
        if (!virtcpu_domain_store_commit(domain->driver, domain->name, error)) {
            if (change->next_live != NULL && (undo == NULL || undo(change, data, NULL))) {
                restore_status(domain);
            } else if (change->next_live != NULL) {
                virtcpu_domain_set_live(domain, g_steal_pointer(&change->next_live));
            }
            return FALSE;
        }
        set_config(domain, g_steal_pointer(&change->next_config));
    }
    if (change->next_live != NULL) {
        virtcpu_domain_set_live(domain, g_steal_pointer(&change->next_live));
    }
    return TRUE;
}
