/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/disk-throttle.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "drivers/qemu/drive.h"

/* By VirtCpuDiskLimit: QEMU's BlockIOThrottle, and what query-block answers. */
static const char *const keys[VIRTCPU_DISK_LIMITS] = {
    "bps",
    "bps_rd",
    "bps_wr",
    "iops",
    "iops_rd",
    "iops_wr",
    "bps_max",
    "bps_rd_max",
    "bps_wr_max",
    "iops_max",
    "iops_rd_max",
    "iops_wr_max",
    "iops_size",
    "bps_max_length",
    "bps_rd_max_length",
    "bps_wr_max_length",
    "iops_max_length",
    "iops_rd_max_length",
    "iops_wr_max_length",
};

gboolean
virtcpu_disk_throttle(const VirtCpuDiskDef *disk, VirtCpuQmp *qmp, unsigned timeout_ms,
                      GError **error)
{
    g_autoptr(VirtCpuJson) arguments = NULL;
    g_autofree char *name = NULL;

    if (disk->source == NULL) {
        return TRUE;
    }
    name = virtcpu_drive_name(disk);
    arguments = virtcpu_json_new_object();
    virtcpu_json_set_string(arguments, "id", name);
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        const guint64 limit = disk->tune.limits[i];

        /* QEMU refuses a length of 0, and has no limit of the others that are not given */
        if (limit != 0 || i < VIRTCPU_DISK_BURST) {
            virtcpu_json_set(arguments, keys[i], virtcpu_json_new_uint(limit));
        }
    }
    /* a disk that is in no group is alone in its own, whichever it was in before */
    virtcpu_json_set_string(arguments, "group", disk->tune.group != NULL ? disk->tune.group : name);
    return virtcpu_qmp_execute(qmp, "block_set_io_throttle", arguments, timeout_ms, NULL, error);
}

gboolean
virtcpu_disks_throttle(const VirtCpuDomainDef *def, VirtCpuQmp *qmp, unsigned timeout_ms,
                       GError **error)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (virtcpu_disk_tune_is_set(&disk->tune) &&
            !virtcpu_disk_throttle(disk, qmp, timeout_ms, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
virtcpu_disk_throttle_ask(const VirtCpuDiskDef *disk, VirtCpuQmp *qmp, unsigned timeout_ms,
                          VirtCpuDiskTune *tune, GError **error)
{
    g_autoptr(VirtCpuJson) reply = NULL;
    const VirtCpuJson *drive, *medium;

    if (!virtcpu_qmp_execute(qmp, "query-block", NULL, timeout_ms, &reply, error)) {
        return FALSE;
    }
    drive = virtcpu_drive_find(reply, disk);
    if (drive == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("cannot find throttling info for device '%s'"), disk->target);
        return FALSE;
    }
    medium = virtcpu_json_get(drive, "inserted");
    if (medium == NULL) {
        virtcpu_disk_tune_assign(tune, &disk->tune);
        return TRUE;
    }
    for (unsigned i = 0; i < VIRTCPU_DISK_LIMITS; i++) {
        gint64 limit = 0;

        tune->limits[i] =
            virtcpu_json_get_int(medium, keys[i], &limit) && limit > 0 ? (guint64)limit : 0;
    }
    tune->group = g_strdup(virtcpu_json_get_string(medium, "group"));
    return TRUE;
}
