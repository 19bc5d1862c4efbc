/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the daemon keeps things. */
#pragma once

#include <glib.h>

/* All absolute. */
typedef struct {
    char *config_file;
    char *config_dir, *run_dir, *lib_dir, *cache_dir, *log_dir;
    char *socket, *socket_ro;
    char *lock_file;
} VirtCpuPaths;

/* Below @root when that is not NULL, else the system's places for root (@privileged) and the XDG
 * ones for others. Returns (transfer full). */
VirtCpuPaths *virtcpu_paths_new(const char *root, gboolean privileged) G_GNUC_WARN_UNUSED_RESULT;

/* What libvirt's clients connect to: qemu:///system's kind for a @privileged daemon, else
 * qemu:///session's, at the socket of @paths (transfer full). */
char *virtcpu_paths_uri(const VirtCpuPaths *paths, gboolean privileged) G_GNUC_WARN_UNUSED_RESULT;

/* Free @paths (may be NULL). */
void virtcpu_paths_free(VirtCpuPaths *paths);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuPaths, virtcpu_paths_free)

/* Make the folders that are missing and take the lock file: one daemon per root, held until any
 * descriptor of that file is closed in this process, or the process ends. -1 with @error set:
 * SYSTEM_ERROR, or OPERATION_FAILED when another daemon holds it. */
int virtcpu_paths_lock(const VirtCpuPaths *paths, GError **error) G_GNUC_WARN_UNUSED_RESULT;
