/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/migrate-safe.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <mntent.h>
#include <string.h>
#include <sys/vfs.h>

#define MOUNTS "/proc/self/mounts"

/* File systems that hosts share, by statfs' type. */
static const guint32 shared_types[] = {
    0x00006969, /* NFS */
    0x01161970, /* GFS2 */
    0x7461636f, /* OCFS2 */
    0x5346414f, /* AFS */
    0x6b414653, /* kAFS */
    0x0000517b, /* SMB */
    0xff534d42, /* CIFS */
    0xfe534d42, /* SMB2 */
    0x00c36400, /* Ceph */
    0x47504653, /* GPFS */
    0x61636673, /* ACFS */
    0x19830326, /* BeeGFS */
    0x0bd00bd0, /* Lustre */
};

#define FUSE_TYPE 0x65735546

/* FUSE tells what is behind it in the list of mounts only. */
static const char *const shared_fuse_types[] = {
    "fuse.glusterfs", "fuse.quobyte", "fuse.ceph-fuse", "fuse.mfs", NULL,
};

static gboolean
is_below(const char *path, const char *folder)
{
    const gsize length = strlen(folder);

    return strncmp(path, folder, length) == 0 &&
           (length == 1 || path[length] == '/' || path[length] == '\0');
}

/* The type of the innermost mount that @path, absolute and without links, is in (transfer full). */
static char *
mount_type(const char *path)
{
    FILE *mounts = setmntent(MOUNTS, "re");
    struct mntent entry;
    char buffer[4096];
    gsize best = 0;
    char *type = NULL;

    while (mounts != NULL && getmntent_r(mounts, &entry, buffer, sizeof(buffer)) != NULL) {
        if (is_below(path, entry.mnt_dir) && strlen(entry.mnt_dir) >= best) {
            best = strlen(entry.mnt_dir);
            g_free(type);
            type = g_strdup(entry.mnt_type);
        }
    }
    if (mounts != NULL) {
        endmntent(mounts);
    }
    return type;
}

static gboolean
is_shared(const char *path)
{
    g_autofree char *real = NULL;
    g_autofree char *type = NULL;
    char *resolved = realpath(path, NULL);
    struct statfs info;

    real = g_strdup(resolved != NULL ? resolved : path);
    free(resolved);
    if (statfs(real, &info) < 0) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(shared_types); i++) {
        if ((guint32)info.f_type == shared_types[i]) {
            return TRUE;
        }
    }
    if ((guint32)info.f_type != FUSE_TYPE) {
        return FALSE;
    }
    type = mount_type(real);
    return type != NULL && g_strv_contains(shared_fuse_types, type);
}

gboolean
virtcpu_migrate_safe_check(const VirtCpuDomainDef *def, GError **error)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->source == NULL || disk->readonly || disk->is_block ||
            g_str_equal(disk->device, "cdrom") || is_shared(disk->source)) {
            continue;
        }
        virtcpu_error_set(error, VIRTCPU_ERR_MIGRATE_UNSAFE,
                          _("Migration without shared storage is unsafe: '%s' of disk '%s' is on a "
                            "file system of this host; --unsafe says that the destination sees "
                            "the same file"),
                          disk->source, disk->target);
        return FALSE;
    }
    return TRUE;
}
