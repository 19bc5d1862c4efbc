/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tells one state of a QEMU from any other: the binary, and the files that it loads. */
#pragma once

#include <glib.h>

/* Remembers what was read of files that have not changed since. Thread-safe. */
typedef struct _VirtCpuQemuIdentities VirtCpuQemuIdentities;

/* One that remembers nothing (transfer full). */
VirtCpuQemuIdentities *virtcpu_qemu_identities_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @identities (may be NULL). */
void virtcpu_qemu_identities_free(VirtCpuQemuIdentities *identities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuQemuIdentities, virtcpu_qemu_identities_free)

/* The facts about @binary (absolute path) as virtcpu_qemu_facts_difference reads them (transfer
 * full), or NULL with errno when it cannot be looked at. The binary's status is read now: device,
 * inode, size, time of change. Its build ID is read when that is another than before, folders of
 * modules and firmware once until virtcpu_qemu_identities_forget. */
char *virtcpu_qemu_identities_get(VirtCpuQemuIdentities *identities,
                                  const char *binary) G_GNUC_WARN_UNUSED_RESULT;

/* Look at all folders anew when they are needed next. */
void virtcpu_qemu_identities_forget(VirtCpuQemuIdentities *identities);

/* TRUE when identities @a and @b (either may be any text) are about the same state of the binary
 * itself, whatever it loads. */
gboolean virtcpu_qemu_identity_same_binary(const char *a, const char *b);

/* Where @binary loads modules and firmware from, whether there is such a folder or not,
 * NULL-terminated (transfer full). Source: QEMU finds its folders from the one it is in
 * (get_relocated_path in QEMU's util/cutils.c) unless it was built not to and looks below /usr
 * wherever it is; and modules in $QEMU_MODULE_DIR. */
char **virtcpu_qemu_identity_folders(const char *binary) G_GNUC_WARN_UNUSED_RESULT;

/* What tells one state of the file @path from any other: device, inode, size and time of change
 * (transfer full), or NULL with errno when it cannot be looked at. */
char *virtcpu_qemu_identity_of_file(const char *path) G_GNUC_WARN_UNUSED_RESULT;
