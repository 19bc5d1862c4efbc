/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells when files in folders come, go or change, without looking again and again: inotify. */
#pragma once

#include <glib.h>

typedef struct _VirtCpuFolderWatch VirtCpuFolderWatch;

/* Called some time after files changed, once for all that changed meanwhile. The context's thread.
 */
typedef void (*VirtCpuFolderWatchFunc)(gpointer user_data);

/* One that watches nothing yet and calls @func in @context (transfer none). Returns (transfer
 * full). Errors: SYSTEM_ERROR when the kernel has no inotify instance left. */
VirtCpuFolderWatch *virtcpu_folder_watch_new(GMainContext *context, VirtCpuFolderWatchFunc func,
                                             gpointer user_data,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Free @watch (may be NULL): nothing is called any more. The context's thread. */
void virtcpu_folder_watch_free(VirtCpuFolderWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuFolderWatch, virtcpu_folder_watch_free)

/* Watch the files in @folder (absolute path) whose names match @pattern (* and ? stand for others).
 * A folder that is not there is waited for. Any thread. */
void virtcpu_folder_watch_add(VirtCpuFolderWatch *watch, const char *folder, const char *pattern);

/* A number that is another one after each change: what was looked at after a call still is as it
 * was when the next call returns the same. 0: nothing can be said, because a change was just told,
 * or not all that was asked for can be watched. Quick. Any thread. */
guint64 virtcpu_folder_watch_count(VirtCpuFolderWatch *watch) G_GNUC_WARN_UNUSED_RESULT;
