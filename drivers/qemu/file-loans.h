/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files given to the account that QEMUs run as, for as long as they do. Each domain that runs keeps
 * the list of its own, and its status file has it too; the driver knows how many use each file. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/account.h"

/* A file and who it belongs to when nobody runs. */
typedef struct {
    char *path; /* owned; without symbolic links */
    uid_t uid;
    gid_t gid;
} VirtCpuFileLoan;

/* Every file that is lent, of all domains. Thread-safe. */
typedef struct _VirtCpuFileLoans VirtCpuFileLoans;

/* No loans yet (transfer full). */
VirtCpuFileLoans *virtcpu_file_loans_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Free @loans (may be NULL); the files stay as they are. */
void virtcpu_file_loans_free(VirtCpuFileLoans *loans);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuFileLoans, virtcpu_file_loans_free)

/* Which of @needs (of VirtCpuFileNeed) have to be lent so that @account has them all; of
 * VirtCpuFileLoan (transfer full). They are counted, and nothing is done to them yet. Makes files
 * that are made when missing. Errors: OPERATION_FAILED naming the first that it cannot have. */
GPtrArray *virtcpu_file_loans_plan(VirtCpuFileLoans *loans, const VirtCpuAccount *account,
                                   const GPtrArray *needs,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Give each of @planned to @account. Errors: SYSTEM_ERROR; some may have been given then. */
gboolean virtcpu_file_loans_give(const GPtrArray *planned, const VirtCpuAccount *account,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Count @lent (may be NULL), which an earlier daemon gave. */
void virtcpu_file_loans_adopt(VirtCpuFileLoans *loans, const GPtrArray *lent);

/* Nobody needs @lent (may be NULL) any more for one domain: those that no other uses go back to
 * their owners. Failures are logged. */
void virtcpu_file_loans_return(VirtCpuFileLoans *loans, const VirtCpuAccount *account,
                               const GPtrArray *lent);

/* @lent (may be NULL) as a JSON array (transfer full). */
VirtCpuJson *virtcpu_file_loans_to_json(const GPtrArray *lent) G_GNUC_WARN_UNUSED_RESULT;

/* The same from @json (may be NULL): what is no loan in it is left out (transfer full). */
GPtrArray *virtcpu_file_loans_from_json(const VirtCpuJson *json) G_GNUC_WARN_UNUSED_RESULT;
