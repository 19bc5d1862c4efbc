/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file or block device of the host as clients see one in a storage pool. virtcpud has no pools;
 * a folder answers for one, so that clients which look a disk up on their way to a domain find it.
 * Any thread; may wait for a disk. */
#pragma once

#include "conf/domain-def.h"

typedef struct {
    char *path;          /* absolute, as asked for */
    char *folder, *name; /* its two parts */
    gboolean is_block;
    const char *format;           /* "raw", "qcow2" */
    guint64 capacity, allocation; /* bytes: as the guest sees it, and on disk */
    guint64 physical;             /* bytes: what it would be without holes */
    unsigned mode, uid, gid;
} VirtCpuVolume;

/* Release what @volume owns. */
void virtcpu_volume_clear(VirtCpuVolume *volume);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuVolume, virtcpu_volume_clear)

/* What is at @path into @volume. NO_STORAGE_VOL when that is no absolute path of a file or block
 * device, SYSTEM_ERROR when it cannot be read. */
gboolean virtcpu_volume_read(const char *path, VirtCpuVolume *volume,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Its <volume> document (transfer full). */
char *virtcpu_volume_xml(const VirtCpuVolume *volume) G_GNUC_WARN_UNUSED_RESULT;

/* The space where folder @folder is, in bytes. NO_STORAGE_POOL when it is no folder. */
gboolean virtcpu_volume_folder_space(const char *folder, guint64 *capacity, guint64 *available,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The <pool> document of @folder, which has @uuid (transfer full). Errors as above. */
char *virtcpu_volume_folder_xml(const char *folder, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The number that stands for @folder: always the same. */
void virtcpu_volume_folder_uuid(const char *folder, guint8 uuid[VIRTCPU_UUID_BYTES]);
