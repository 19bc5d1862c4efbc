/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How fast the guest may use a disk: what is asked, and what is changed. */
#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/disk-throttle.h"
#include "drivers/qemu/domain-change.h"
#include "drivers/qemu/domain-monitor.h"
#include "drivers/qemu/driver-priv.h"

/* The disk with target or source @path in @def, which is what runs if @live, or NULL. */
static VirtCpuDiskDef *
find_disk(const VirtCpuDomainDef *def, const char *path, gboolean live, GError **error)
{
    VirtCpuDiskDef *disk = virtcpu_domain_def_find_disk_at(def, path);

    if (disk == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          live ? _("disk '%s' not found in domain")
                               : _("disk '%s' was not found in the domain config"),
                          path);
    }
    return disk;
}

gboolean
virtcpu_driver_disk_tune(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         const char *path, unsigned flags, VirtCpuDiskTune *tune, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_driver_definition(driver, uuid, flags, error);
    g_autoptr(VirtCpuDomainDef) live = NULL;
    g_autoptr(VirtCpuQmp) qmp = NULL;
    const VirtCpuDiskDef *disk;

    if (def == NULL) {
        return FALSE;
    }
    disk = find_disk(def, path, def->id >= 0, error);
    if (disk == NULL) {
        return FALSE;
    }
    if (def->id < 0) {
        virtcpu_disk_tune_assign(tune, &disk->tune);
        return TRUE;
    }
    qmp = virtcpu_driver_monitor(driver, uuid, &live, error);
    return qmp != NULL &&
           virtcpu_disk_throttle_ask(disk, qmp, driver->monitor_timeout_ms, tune, error);
}

/* What a disk that is to be in the group that @wish names has now: what that has, if there is one.
 */
static const VirtCpuDiskTune *
find_base(const VirtCpuDomainDef *def, const VirtCpuDiskDef *disk, const VirtCpuDiskTuneWish *wish)
{
    const char *group = wish->tune.group;

    if (group == NULL || g_strcmp0(disk->tune.group, group) == 0) {
        return &disk->tune;
    }
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_strcmp0(other->tune.group, group) == 0) {
            return &other->tune;
        }
    }
    return &disk->tune;
}

/* Change the disk with @path in @def, and with it the others of its group. */
static gboolean
change_def(VirtCpuDomainDef *def, const char *path, gboolean live, const VirtCpuDiskTuneWish *wish,
           GError **error)
{
    VirtCpuDiskDef *disk = find_disk(def, path, live, error);
    g_auto(VirtCpuDiskTune) next = { { 0 } };

    if (disk == NULL || !virtcpu_disk_tune_change(find_base(def, disk, wish), wish, &next, error)) {
        return FALSE;
    }
    virtcpu_disk_tune_assign(&disk->tune, &next);
    for (guint i = 0; next.group != NULL && i < def->disks->len; i++) {
        VirtCpuDiskDef *other = g_ptr_array_index(def->disks, i);

        if (g_strcmp0(other->tune.group, next.group) == 0) {
            virtcpu_disk_tune_assign(&other->tune, &next);
        }
    }
    return TRUE;
}

/* Have QEMU limit each disk of @to that is limited otherwise in @from. */
static gboolean
move_limits(const VirtCpuDomainChange *change, const VirtCpuDomainDef *from,
            const VirtCpuDomainDef *to, GError **error)
{
    for (guint i = 0; i < to->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(to->disks, i);
        const VirtCpuDiskDef *same = virtcpu_domain_def_find_disk(from, disk->target);

        if ((!virtcpu_disk_tune_equal(&disk->tune, &same->tune) ||
             g_strcmp0(disk->tune.group, same->tune.group) != 0) &&
            !virtcpu_disk_throttle(disk, change->domain->run->qmp,
                                   change->domain->driver->monitor_timeout_ms, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
undo(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    return move_limits(change, change->next_live, change->domain->live, error);
}

static gboolean
apply(VirtCpuDomainChange *change, gpointer data, GError **error)
{
    if (move_limits(change, change->domain->live, change->next_live, error)) {
        return TRUE;
    }
    /* some of many disks may have been changed */
    if (!undo(change, data, NULL)) {
        g_message("Disks of domain '%s' are not limited as they were", change->domain->name);
    }
    return FALSE;
}

gboolean
virtcpu_driver_tune_disk(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                         const char *path, const VirtCpuDiskTuneWish *wish, unsigned flags,
                         GError **error)
{
    g_auto(VirtCpuDomainChange) change = { 0 };
    gboolean live;

    if (!virtcpu_domain_change_begin(driver, uuid, flags & VIRTCPU_CHANGE_IMPACT, &change, error)) {
        return FALSE;
    }
    live = change.next_live != NULL;
    if ((live && !change_def(change.next_live, path, TRUE, wish, error)) ||
        (change.next_config != NULL && !change_def(change.next_config, path, FALSE, wish, error)) ||
        !virtcpu_domain_change_commit(&change, apply, undo, NULL, error)) {
        return FALSE;
    }
    if (live) {
        virtcpu_domain_note_disk_tune(change.domain, path, wish);
    }
    return TRUE;
}
