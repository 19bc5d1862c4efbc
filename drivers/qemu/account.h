/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom QEMUs run as when the daemon is root: a user that has nothing but them. */
#pragma once

#include "drivers/qemu/process.h"

typedef struct _VirtCpuAccount VirtCpuAccount;

/* The account named @user (a name, or "+" and a number), with its groups, and @group in place of
 * its primary one; either may be NULL. Without @user the first there is of those that virtcpu,
 * libvirt and distributions make for QEMU. NULL without an error when QEMUs run as the daemon: it
 * is not root, none of those exists, or @user is root. The group that may use /dev/kvm comes on
 * top. Errors: CONFIG_UNSUPPORTED for a name that does not exist. Returns (transfer full). */
VirtCpuAccount *virtcpu_account_new(const char *user, const char *group,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whom a QEMU runs as that is only asked what it can do, and so needs no file of anybody's: the
 * first of the usual accounts, else "nobody". NULL when it runs as the caller, who is not root, or
 * when that account cannot use @binary or, with @kvm, the accelerator (transfer full). Any thread.
 */
VirtCpuAccount *virtcpu_account_new_for_questions(const char *binary,
                                                  gboolean kvm) G_GNUC_WARN_UNUSED_RESULT;

/* Free @account (may be NULL). */
void virtcpu_account_free(VirtCpuAccount *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuAccount, virtcpu_account_free)

/* Its name. */
const char *virtcpu_account_name(const VirtCpuAccount *account);

/* TRUE when somebody chose it; else a guest that it cannot run may be run as the daemon. */
gboolean virtcpu_account_is_chosen(const VirtCpuAccount *account);

/* As a process takes it; valid as long as @account. */
const VirtCpuProcessIdentity *virtcpu_account_identity(const VirtCpuAccount *account);

/* TRUE when the kernel would let it use @path for @mode (R_OK, W_OK, X_OK, or F_OK: to get there);
 * else errno says why not. Asked of the kernel under the account's own rights, so lists of rights
 * and remote file systems count. Any thread. */
gboolean virtcpu_account_may(const VirtCpuAccount *account, const char *path,
                             int mode) G_GNUC_WARN_UNUSED_RESULT;
