/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/autostart.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-cpu.h"
#include "drivers/qemu/domain-launch.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-restore.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/state-file.h"

/* The verified QEMU is there, paused. */
static gboolean
let_run(VirtCpuDomain *domain, gboolean paused, GError **error)
{
    if (!paused) {
        if (!virtcpu_domain_cont(domain, VIRTCPU_RUNNING_BOOTED, error)) {
            return FALSE;
        }
        domain->run->acknowledged = TRUE;
        if (!virtcpu_domain_status_save(domain, error)) {
            return FALSE;
        }
    }
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_STARTED, VIRTCPU_STARTED_BOOTED);
    if (paused) {
        virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_SUSPENDED, VIRTCPU_SUSPENDED_PAUSED);
    }
    return TRUE;
}

/* Start @def (transfer full); the job is held. */
static gboolean
start(VirtCpuDomain *domain, VirtCpuDomainDef *def, unsigned flags, guint64 owner, GError **error)
{
    gboolean paused = (flags & VIRTCPU_START_PAUSED) != 0;
    const VirtCpuLaunch how = {
        .paused_reason = paused ? VIRTCPU_PAUSED_USER : VIRTCPU_PAUSED_STARTING_UP,
        .owner = flags & VIRTCPU_START_AUTODESTROY ? owner : 0,
        .reset_nvram = (flags & VIRTCPU_START_RESET_NVRAM) != 0,
    };

    if (!virtcpu_domain_launch(domain, def, &how, error)) {
        return FALSE;
    }
    if (let_run(domain, paused, error)) {
        return TRUE;
    }
    virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_FAILED, -1);
    return FALSE;
}

/* From its managed image, if it has one and may; the job is held. */
static gboolean
start_defined(VirtCpuDomain *domain, unsigned flags, guint64 owner, GError **error)
{
    if (!virtcpu_managed_image_exists(domain)) {
        return start(domain, virtcpu_domain_def_copy(domain->config), flags, owner, error);
    }
    if (flags & VIRTCPU_START_FORCE_BOOT) {
        return virtcpu_managed_image_remove(domain, error) &&
               start(domain, virtcpu_domain_def_copy(domain->config), flags, owner, error);
    }
    return virtcpu_domain_restore_managed(domain, (flags & VIRTCPU_START_PAUSED) != 0,
                                          (flags & VIRTCPU_START_BYPASS_CACHE) != 0,
                                          flags & VIRTCPU_START_AUTODESTROY ? owner : 0, error);
}

VirtCpuDomainRef *
virtcpu_driver_start(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES], unsigned flags,
                     guint64 owner, GError **error)
{
    VirtCpuDomain *domain = virtcpu_driver_begin_job(driver, uuid, error);
    VirtCpuDomainRef *ref = NULL;

    if (!domain) {
        return NULL;
    }
    if (virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is already running"));
    } else if (start_defined(domain, flags, owner, error)) {
        ref = virtcpu_domain_to_ref(domain);
    }
    virtcpu_driver_end_job(domain);
    return ref;
}

VirtCpuDomainRef *
virtcpu_driver_create(VirtCpuDriver *driver, const char *xml, unsigned flags, gboolean validate,
                      guint64 owner, GError **error)
{
    g_autoptr(VirtCpuQemuCaps) caps = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(VirtCpuDomain) domain = NULL;
    VirtCpuDomainRef *ref = NULL;

    def = virtcpu_domain_read(driver, xml, validate, &caps, error);
    if (!def) {
        return NULL;
    }
    virtcpu_domain_pin_version(driver, caps, def);
    domain = virtcpu_driver_claim_job(driver, def, error);
    if (!domain) {
        return NULL;
    }
    if (virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain '%s' is already active"),
                          domain->name);
    } else if (start(domain, g_steal_pointer(&def), flags, owner, error)) {
        ref = virtcpu_domain_to_ref(domain);
    }
    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_domain_job_end(domain);
    return ref;
}

static void
start_marked(VirtCpuDomain *domain)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtCpuDomainRef) ref =
        virtcpu_driver_start(domain->driver, domain->uuid, 0, 0, &error);

    if (!ref) {
        g_warning("Domain '%s' cannot be started by itself: %s", domain->name, error->message);
    }
}

void
virtcpu_driver_autostart(VirtCpuDriver *driver)
{
    g_autofree char *done = g_build_filename(driver->state_dir, "autostarted", NULL);
    g_autoptr(GPtrArray) all = NULL;
    g_autoptr(GError) error = NULL;

    if (g_file_test(done, G_FILE_TEST_EXISTS)) {
        return;
    }
    if (!virtcpu_state_file_write(done, "", &error)) {
        g_message("Domains may be started again by a later daemon: %s", error->message);
    }
    all = virtcpu_domain_list_all(driver->domains);
    for (guint i = 0; i < all->len; i++) {
        VirtCpuDomain *domain = g_ptr_array_index(all, i);

        if (domain->autostart && !virtcpu_domain_is_active(domain)) {
            virtcpu_driver_queue(driver, start_marked, domain);
        }
    }
}
