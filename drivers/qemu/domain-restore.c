/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Restoring a guest: its image is checked, QEMU started for it and its vCPUs verified, the state
 * read, the vCPUs verified again. Until then a later daemon ends that QEMU, which never ran, and
 * the image is as it was. From then on the guest is kept and its managed image removed. */
#include "drivers/qemu/domain-restore.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/arrival.h"
#include "drivers/qemu/domain-complete.h"
#include "drivers/qemu/domain-launch.h"
#include "drivers/qemu/domain-life.h"
#include "drivers/qemu/domain-operation.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/domain-status.h"
#include "drivers/qemu/domain-stop.h"
#include "drivers/qemu/driver-save.h"
#include "drivers/qemu/managed-image.h"
#include "drivers/qemu/move-in.h"
#include "drivers/qemu/save-image.h"
#include "drivers/qemu/save-xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* The phase in the status file: the guest is in QEMU, whole. Before it there is nothing to finish.
 */
#define RESTORE_ARRIVED 1u

/* What is restored, and how. */
typedef struct {
    VirtCpuSaveImage *image;
    VirtCpuPassport *passport; /* NULL: the image has none */
    gboolean run, managed, bypass_cache;
    guint64 owner;
} Restore;

static void
restore_clear(Restore *restore)
{
    virtcpu_save_image_free(restore->image);
    virtcpu_passport_unref(restore->passport);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Restore, restore_clear)

static gboolean
open_image(Restore *restore, const char *path, GError **error)
{
    restore->image = virtcpu_save_image_open(path, FALSE, error);
    if (!restore->image) {
        return FALSE;
    }
    if (restore->image->passport) {
        restore->passport = virtcpu_passport_parse(restore->image->passport, error);
    }
    return !restore->image->passport || restore->passport;
}

/* The guest's state into the paused QEMU, whose vCPUs are what they were before and after. */
static gboolean
read_state(VirtCpuDomain *domain, const Restore *restore, GError **error)
{
    const VirtCpuSaveImage *image = restore->image;

    if (lseek(image->fd, (off_t)image->header.stream_offset, SEEK_SET) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot read file '%s'"), image->path);
        return FALSE;
    }
    if (!virtcpu_move_in_prepare(domain, NULL, NULL, error) ||
        !virtcpu_move_in_listen(domain, image->fd, NULL, error) ||
        !virtcpu_move_in_wait(domain, 0, error)) {
        return FALSE;
    }
    if (restore->bypass_cache) {
        (void)posix_fadvise(image->fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    return !restore->passport || virtcpu_passport_confirm_first(domain, restore->passport, error);
}

/* The guest is in QEMU: from now on it is kept, and goes on. */
static gboolean
arrive(VirtCpuDomain *domain, gboolean run, const char *managed, GError **error)
{
    g_mutex_lock(&domain->lock);
    domain->run->acknowledged = TRUE;
    domain->run->arriving = FALSE;
    domain->reason = run ? VIRTCPU_PAUSED_STARTING_UP : VIRTCPU_PAUSED_USER;
    g_mutex_unlock(&domain->lock);
    if (!virtcpu_domain_operation_set_phase(domain, RESTORE_ARRIVED, run, managed, error)) {
        return FALSE;
    }
    virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_STARTED, VIRTCPU_STARTED_RESTORED);
    if (!run) {
        virtcpu_domain_note_lifecycle(domain, VIRTCPU_EVENT_SUSPENDED, VIRTCPU_SUSPENDED_RESTORED);
    }
    return !run || virtcpu_domain_cont(domain, VIRTCPU_RUNNING_RESTORED, error);
}

/* The guest is there, so nothing more can fail it. */
static void
settle(VirtCpuDomain *domain, gboolean managed)
{
    g_autoptr(GError) error = NULL;

    if (managed && !virtcpu_managed_image_remove(domain, &error)) {
        g_warning("Domain '%s' was restored but its managed image stays: %s", domain->name,
                  error->message);
    }
    virtcpu_domain_operation_forget(domain);
}

/* The QEMU never ran the guest, or cannot. */
static void
undo(VirtCpuDomain *domain)
{
    if (domain->run) {
        /* clients who were told that it started are told that it stopped */
        virtcpu_domain_drop_run(domain, VIRTCPU_SHUTOFF_FAILED,
                                domain->run->acknowledged ? VIRTCPU_STOPPED_FAILED : -1);
    }
}

/* The CPU that the guest was saved with can be made here; what differs is named. */
static gboolean
check_cpu(VirtCpuDriver *driver, const VirtCpuDomainDef *def, const VirtCpuPassport *passport,
          GError **error)
{
    g_auto(VirtCpuArrival) arrival = { 0 };

    return !passport || (virtcpu_arrival_judge(driver, def, passport, &arrival, error) &&
                         virtcpu_arrival_check(&arrival, error));
}

/* Restore @def (transfer full); the operation is marked. */
static gboolean
restore_def(VirtCpuDomain *domain, VirtCpuDomainDef *def, const Restore *restore, GError **error)
{
    const VirtCpuLaunch how = {
        .paused_reason = VIRTCPU_PAUSED_STARTING_UP,
        .owner = restore->owner,
        .incoming = TRUE,
        .passport = restore->passport,
    };

    if (!check_cpu(domain->driver, def, restore->passport, error)) {
        virtcpu_domain_def_free(def);
        return FALSE;
    }
    if (!virtcpu_domain_launch(domain, def, &how, error)) {
        return FALSE;
    }
    if (!read_state(domain, restore, error) ||
        !arrive(domain, restore->run, restore->managed ? restore->image->path : NULL, error)) {
        undo(domain);
        return FALSE;
    }
    settle(domain, restore->managed);
    return TRUE;
}

/* The ordinary job is held and stays so. @def: transfer full. */
static gboolean
restore_marked(VirtCpuDomain *domain, VirtCpuDomainDef *def, const Restore *restore, GError **error)
{
    gboolean restored;

    virtcpu_domain_operation_mark(domain, VIRTCPU_OPERATION_RESTORE, 0);
    restored = restore_def(domain, def, restore, error);
    virtcpu_domain_operation_unmark(domain);
    return restored;
}

gboolean
virtcpu_driver_restore(VirtCpuDriver *driver, const char *path, const char *xml, unsigned flags,
                       GError **error)
{
    g_auto(Restore) restore = { .bypass_cache = (flags & VIRTCPU_SAVE_FLAG_BYPASS_CACHE) != 0 };
    g_autoptr(VirtCpuDomainDef) saved = NULL;
    g_autoptr(VirtCpuDomainDef) def = NULL;
    VirtCpuDomain *domain;
    gboolean restored = FALSE;

    if (!virtcpu_save_check_flags(flags, error) || !open_image(&restore, path, error) ||
        !virtcpu_save_image_check_stream(restore.image, error)) {
        return FALSE;
    }
    restore.run = virtcpu_save_choose_running(
        flags, (restore.image->header.flags & VIRTCPU_SAVE_RUNNING) != 0);
    saved = virtcpu_domain_read(driver, restore.image->definition, FALSE, NULL, error);
    def = saved ? virtcpu_save_replace_def(driver, saved, xml, error) : NULL;
    domain = def ? virtcpu_driver_claim_job(driver, def, error) : NULL;
    if (!domain) {
        return FALSE;
    }
    if (virtcpu_domain_is_active(domain)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain '%s' is already active"),
                          domain->name);
    } else {
        restored = restore_marked(domain, g_steal_pointer(&def), &restore, error);
    }
    virtcpu_domain_drop_if_unknown(domain);
    virtcpu_driver_end_job(domain);
    return restored;
}

gboolean
virtcpu_domain_restore_managed(VirtCpuDomain *domain, gboolean paused, gboolean bypass_cache,
                               guint64 owner, GError **error)
{
    g_auto(Restore) restore = { .managed = TRUE, .bypass_cache = bypass_cache, .owner = owner };
    g_autofree char *path = virtcpu_managed_image_path(domain);
    g_autoptr(VirtCpuDomainDef) def = NULL;
    g_autoptr(GError) reason = NULL;

    if (!open_image(&restore, path, &reason) ||
        !virtcpu_save_image_check_stream(restore.image, &reason)) {
        virtcpu_error_set(error, reason->code,
                          _("The managed image, which stays, is of no use (managedsave-remove and "
                            "start --force-boot do without it): %s"),
                          reason->message);
        return FALSE;
    }
    /* left behind, it would be gone on from again, with disks that are no longer its */
    if (access(domain->driver->save_dir, W_OK) != 0) {
        virtcpu_error_set_errno(error, errno, _("Managed image '%s' could not be removed"), path);
        return FALSE;
    }
    restore.run = !paused && (restore.image->header.flags & VIRTCPU_SAVE_RUNNING) != 0;
    def = virtcpu_domain_read(domain->driver, restore.image->definition, FALSE, NULL, error);
    if (!def) {
        return FALSE;
    }
    if (!g_str_equal(def->name, domain->name) ||
        memcmp(def->uuid, domain->uuid, VIRTCPU_UUID_BYTES) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("cannot use '%s': it is the image of domain '%s'"), path, def->name);
        return FALSE;
    }
    return restore_marked(domain, g_steal_pointer(&def), &restore, error);
}

void
virtcpu_domain_restore_recover(VirtCpuDomain *domain)
{
    virtcpu_domain_go_on(domain, VIRTCPU_RUNNING_RESTORED);
    if (domain->run) {
        settle(domain, domain->operation.path != NULL);
    }
    virtcpu_domain_operation_end(domain);
}
