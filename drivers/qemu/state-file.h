/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small files that must survive a crash whole or not at all. */
#pragma once

#include <glib.h>

/* Longest file read back: the protocol's limit for a string, and room for what is around it. */
#define VIRTCPU_STATE_FILE_MAX_BYTES (8 * 1024 * 1024)

/* Make folder @path and its parents, 0755 cut by umask. Errors: SYSTEM_ERROR. Any thread. */
gboolean virtcpu_state_folder_make(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Replace @path by @text, mode 0600: written beside it, synced, renamed, the folder synced. On
 * failure what was there before stays. Errors: SYSTEM_ERROR. Any thread; blocks on the disk. */
gboolean virtcpu_state_file_write(const char *path, const char *text,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same with @length bytes. */
gboolean virtcpu_state_file_write_bytes(const char *path, const char *data, gsize length,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The first half of that: @text is written beside @path and synced. Errors: SYSTEM_ERROR. */
gboolean virtcpu_state_file_prepare(const char *path, const char *text,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The second: what was prepared replaces @path. Errors: SYSTEM_ERROR. */
gboolean virtcpu_state_file_commit(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove what was prepared for @path. */
void virtcpu_state_file_abandon(const char *path);

/* The text of regular file @path (transfer full). Errors: SYSTEM_ERROR; INTERNAL_ERROR when it is
 * no regular file, too long, or holds a NUL. Any thread. */
char *virtcpu_state_file_read(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove @path, which may be gone already, and sync its folder. Errors: SYSTEM_ERROR. */
gboolean virtcpu_state_file_remove(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have the folder that @path is in on disk: a rename or removal is only safe after that. Errors:
 * SYSTEM_ERROR. Any thread. */
gboolean virtcpu_state_folder_sync(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Make @path a symbolic link to @target on disk; one already there is replaced. Errors:
 * SYSTEM_ERROR. */
gboolean virtcpu_state_file_link(const char *path, const char *target,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Remove what writes and links that were cut short left in folder @path. Before the driver serves.
 */
void virtcpu_state_folder_tidy(const char *path);

/* Names in folder @path that end in @suffix, without it, sorted, NULL-terminated (transfer full);
 * empty when the folder cannot be read. */
char **virtcpu_state_folder_list(const char *path, const char *suffix) G_GNUC_WARN_UNUSED_RESULT;
