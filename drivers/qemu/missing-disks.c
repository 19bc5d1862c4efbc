/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/missing-disks.h"

/* A disk that a guest starts without. */
typedef struct {
    char *source, *alias;
    gboolean dropped; /* the whole disk; else a drive is empty */
} MissingDisk;

static void
missing_free(gpointer data)
{
    MissingDisk *missing = data;

    g_free(missing->source);
    g_free(missing->alias);
    g_free(missing);
}

static gboolean
is_drive(const VirtCpuDiskDef *disk)
{
    return g_str_equal(disk->device, "cdrom");
}

/* As libvirt has it: what is requisite may be missing only where the guest ran already. */
static gboolean
may_be_missing(const VirtCpuDiskDef *disk, gboolean incoming)
{
    switch (disk->startup) {
    case VIRTCPU_STARTUP_OPTIONAL:
        return !incoming || is_drive(disk);
    case VIRTCPU_STARTUP_REQUISITE:
        return incoming;
    case VIRTCPU_STARTUP_DEFAULT:
    case VIRTCPU_STARTUP_MANDATORY:
    case VIRTCPU_STARTUP_LAST:
    default:
        return FALSE;
    }
}

GPtrArray *
virtcpu_missing_disks_drop(VirtCpuDomainDef *def, gboolean incoming)
{
    GPtrArray *gone = g_ptr_array_new_with_free_func(missing_free);

    for (guint i = def->disks->len; i > 0; i--) {
        VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i - 1);
        MissingDisk *missing;

        if (disk->source == NULL || !may_be_missing(disk, incoming) ||
            g_file_test(disk->source, G_FILE_TEST_EXISTS)) {
            continue;
        }
        missing = g_new0(MissingDisk, 1);
        missing->source = g_strdup(disk->source);
        missing->alias = g_strdup(disk->info.alias);
        missing->dropped = !is_drive(disk);
        g_ptr_array_add(gone, missing);
        if (missing->dropped) {
            virtcpu_domain_def_remove(def, &disk->info);
            continue;
        }
        /* the policy was about the medium that is not there */
        g_clear_pointer(&disk->source, g_free);
        disk->startup = VIRTCPU_STARTUP_DEFAULT;
        disk->node = 0;
    }
    return gone;
}

void
virtcpu_missing_disks_tell(VirtCpuDomain *domain, const GPtrArray *missing)
{
    for (guint i = 0; i < missing->len; i++) {
        const MissingDisk *disk = g_ptr_array_index(missing, i);

        virtcpu_domain_note_missing_disk(domain, disk->source, disk->alias, disk->dropped);
    }
}
