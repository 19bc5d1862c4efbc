/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/domain-define.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-cpu.h"
#include "drivers/qemu/domain-store.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/state-file.h"

/* virDomainUndefineFlagsValues; the subjects of the others (snapshots, checkpoints, TPM)
 * either are removed or never exist here. */
#define UNDEFINE_MANAGED_SAVE 1u
#define UNDEFINE_NVRAM        4u
#define UNDEFINE_KEEP_NVRAM   8u

void
virtcpu_domain_set_config(VirtCpuDomain *domain, VirtCpuDomainDef *def)
{
    VirtCpuDomainDef *old;

    g_mutex_lock(&domain->lock);
    old = domain->config;
    domain->config = def;
    domain->updated = domain->live != NULL;
    virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_DEFINED,
                                         old ? VIRTCPU_DEFINED_UPDATED : VIRTCPU_DEFINED_ADDED);
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_def_free(old);
}

/* A mark that an earlier domain of this name left behind must not become this one's. */
gboolean
virtcpu_domain_save_config(VirtCpuDomain *domain, const VirtCpuDomainDef *def, GError **error)
{
    return (domain->autostart ||
            virtcpu_domain_store_set_autostart(domain->driver, domain->name, FALSE, error)) &&
           virtcpu_domain_store_save(domain->driver, def, error);
}

VirtCpuDomainRef *
virtcpu_driver_define(VirtCpuDriver *driver, const char *xml, gboolean validate, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuDomainDef) def = virtcpu_domain_read(driver, xml, validate, &caps, error);
    g_autoptr(VirtCpuDomain) domain = NULL;
    VirtCpuDomainRef *ref = NULL;

    if (!def) {
        return NULL;
    }
    virtcpu_domain_pin_version(driver, caps, def);
    domain = virtcpu_driver_claim_job(driver, def, error);
    if (!domain) {
        return NULL;
    }
    if (virtcpu_domain_save_config(domain, def, error)) {
        virtcpu_domain_set_config(domain, g_steal_pointer(&def));
        ref = virtcpu_domain_to_ref(domain);
    } else {
        virtcpu_domain_drop_if_unknown(domain);
    }
    virtcpu_domain_job_end(domain);
    return ref;
}

/* A definition does not go without its image: it would be that of the next one with the name. */
static gboolean
undefine_image(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    if (!domain->config || !virtcpu_managed_image_exists(domain)) {
        return TRUE;
    }
    if (!(flags & UNDEFINE_MANAGED_SAVE)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("Refusing to undefine while domain managed save image exists"));
        return FALSE;
    }
    return virtcpu_managed_image_remove(domain, error);
}

gboolean
virtcpu_domain_undefine(VirtCpuDomain *domain, GError **error)
{
    VirtCpuDomainDef *old;

    if (!domain->config) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot undefine transient domain"));
        return FALSE;
    }
    if (!virtcpu_domain_store_remove(domain->driver, domain->name, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    old = g_steal_pointer(&domain->config);
    domain->autostart = domain->updated = FALSE;
    virtcpu_domain_note_lifecycle_locked(domain, VIRTCPU_EVENT_UNDEFINED,
                                         VIRTCPU_UNDEFINED_REMOVED);
    g_mutex_unlock(&domain->lock);
    virtcpu_domain_def_free(old);
    virtcpu_domain_drop_if_unknown(domain);
    return TRUE;
}

/* The file with the variables of UEFI is the domain's: it is removed or kept, as the caller says,
 * and without a word nothing is undone. */
static gboolean
check_variables(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    const VirtCpuDomainDef *def = domain->config;
    const unsigned both = UNDEFINE_NVRAM | UNDEFINE_KEEP_NVRAM;

    if ((flags & both) == both) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("the variables of the firmware cannot be both removed and kept"));
        return FALSE;
    }
    if (def && def->nvram && !(flags & both) && g_file_test(def->nvram, G_FILE_TEST_EXISTS)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot undefine domain with nvram"));
        return FALSE;
    }
    return TRUE;
}

static gboolean
undefine_with(VirtCpuDomain *domain, unsigned flags, GError **error)
{
    g_autofree char *nvram = NULL;

    if (!check_variables(domain, flags, error)) {
        return FALSE;
    }
    if (domain->config && flags & UNDEFINE_NVRAM) {
        nvram = g_strdup(domain->config->nvram);
    }
    /* in this order: half of it, after a crash, must not be a domain that lost its variables */
    return undefine_image(domain, flags, error) && virtcpu_domain_undefine(domain, error) &&
           (!nvram || virtcpu_state_file_remove(nvram, error));
}

gboolean
virtcpu_driver_undefine(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                        unsigned flags, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);
    gboolean done;

    if (!domain) {
        return FALSE;
    }
    done = undefine_with(domain, flags, error);
    virtcpu_driver_end_job(domain);
    return done;
}

static gboolean
set_autostart(VirtCpuDomain *domain, gboolean autostart, GError **error)
{
    if (!domain->config) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cannot set autostart for transient domain"));
        return FALSE;
    }
    if (!virtcpu_domain_store_set_autostart(domain->driver, domain->name, autostart, error)) {
        return FALSE;
    }
    g_mutex_lock(&domain->lock);
    domain->autostart = autostart;
    g_mutex_unlock(&domain->lock);
    return TRUE;
}

gboolean
virtcpu_driver_set_autostart(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                             gboolean autostart, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);
    gboolean done;

    if (!domain) {
        return FALSE;
    }
    done = set_autostart(domain, autostart, error);
    virtcpu_driver_end_job(domain);
    return done;
}
