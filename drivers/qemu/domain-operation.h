/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The long operation of a domain: a save, a restore, a dump, a migration. It may span several calls
 * and holds the ordinary job only while it does something, not while it waits for QEMU or for its
 * next phase. Ordinary jobs of others wait for its end; those begun with
 * virtcpu_domain_job_begin_beside (queries, suspend, destroy, abort) do not.
 *
 * Which one is under way, its phase and what undoing it needs are in the domain's status on disk,
 * so that a daemon that finds the QEMU again finishes the operation or rolls it back.
 *
 * At most one thread drives an operation at a time. Workers only, unless said otherwise. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/domain.h"

/* A word for @operation as the status file has it, such as "save" (transfer none). */
const char *virtcpu_operation_to_word(VirtCpuOperation operation);

/* What messages call it, such as "domain save job" (transfer none). */
const char *virtcpu_operation_to_title(VirtCpuOperation operation);

/* The operation that @word stands for, or NONE. */
VirtCpuOperation virtcpu_operation_from_word(const char *word);

/* Take the ordinary job and mark @operation as under way. @owner: token of the connection it ends
 * with (see virtcpu_domain_operation_set_undo), or 0. Waits up to 30 s for jobs and for another
 * operation. Errors: OPERATION_TIMEOUT naming what is in the way; NO_DOMAIN. */
gboolean virtcpu_domain_operation_begin(VirtCpuDomain *domain, VirtCpuOperation operation,
                                        guint64 owner, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain that a definition with the name and UUID of @def belongs to, or a new one, with
 * @operation begun as above. Errors also: OPERATION_FAILED when another domain has one of the two.
 * Returns (transfer full). */
VirtCpuDomain *virtcpu_driver_claim_operation(VirtCpuDriver *driver, const VirtCpuDomainDef *def,
                                              VirtCpuOperation operation, guint64 owner,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for who has the ordinary job already. */
void virtcpu_domain_operation_mark(VirtCpuDomain *domain, VirtCpuOperation operation,
                                   guint64 owner);

/* Let the ordinary job go; the operation stays marked for its next phase. Should the QEMU end
 * before that comes, the operation ends with it. */
void virtcpu_domain_operation_release(VirtCpuDomain *domain);

/* Take the ordinary job for the next phase of @operation. Errors: OPERATION_INVALID when it is not,
 * or no longer, under way or another thread drives it; OPERATION_TIMEOUT; NO_DOMAIN. */
gboolean virtcpu_domain_operation_enter(VirtCpuDomain *domain, VirtCpuOperation operation,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* End the operation, which the caller drives, and its ordinary job. What the status file says of it
 * is for the caller to write before (virtcpu_domain_operation_set_phase with 0) unless it is gone
 * with the QEMU. */
void virtcpu_domain_operation_end(VirtCpuDomain *domain);

/* Forget the operation, for domain-stop.c. Under the lock. */
void virtcpu_domain_operation_clear_locked(VirtCpuDomain *domain);

/* End the operation, which the caller drives, but keep the ordinary job. */
void virtcpu_domain_operation_unmark(VirtCpuDomain *domain);

/* What is waited for: TRUE when it has come. Called under the domain's lock. */
typedef gboolean (*VirtCpuOperationDoneFunc)(VirtCpuDomain *domain, gpointer user_data);

/* Let the ordinary job go until @done says TRUE, at most @timeout_ms (0: as long as it takes), and
 * take it again, whatever came. Looked at whenever virtcpu_domain_wake is called. Errors:
 * OPERATION_FAILED when the QEMU ended or its monitor is gone; OPERATION_TIMEOUT; OPERATION_ABORTED
 * when the daemon ends and there is no limit of time. The driver only. */
gboolean virtcpu_domain_operation_wait(VirtCpuDomain *domain, VirtCpuOperationDoneFunc done,
                                       gpointer user_data, unsigned timeout_ms,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Have @undo called by a worker, which takes its job itself, when the owner's connection closes
 * while nobody drives the operation or at once after; NULL: no longer. The job's holder only. */
void virtcpu_domain_operation_set_undo(VirtCpuDomain *domain, VirtCpuDomainTask undo);

/* Keep @data (transfer full) as domain->operation.data from phase to phase; @data_free frees it, in
 * a thread of its own, when the operation ends, however that comes. Not on disk. The job's holder
 * only. */
void virtcpu_domain_operation_set_data(VirtCpuDomain *domain, gpointer data,
                                       GDestroyNotify data_free);

/* The operation waits until its destination says what came of it, not for a client. The job's
 * holder only. */
void virtcpu_domain_operation_set_in_doubt(VirtCpuDomain *domain);

/* Put @phase (the operation's own number; 0: nothing of it is to be remembered), whether the guest
 * is to @resume when it is rolled back, and @path (what it writes or reads; may be NULL) in the
 * domain's status: on disk when it returns, or with the status that a launch is to write. The
 * driver only. Errors: SYSTEM_ERROR. */
gboolean virtcpu_domain_operation_set_phase(VirtCpuDomain *domain, unsigned phase, gboolean resume,
                                            const char *path,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The domain's status tells of the operation no longer; what goes wrong is logged. The driver only.
 */
void virtcpu_domain_operation_forget(VirtCpuDomain *domain);

/* TRUE when the guest, which stands still, is to go on when the operation ends: it ran before, and
 * no client paused it meanwhile. Takes the lock. */
gboolean virtcpu_domain_operation_must_resume(VirtCpuDomain *domain);

/* The limit of its outgoing state in MiB/s that a client set, or what stands for none. Takes the
 * lock. */
guint64 virtcpu_domain_max_speed(VirtCpuDomain *domain);

/* TRUE once somebody asked to abort the operation. Takes the lock. */
gboolean virtcpu_domain_operation_is_aborted(VirtCpuDomain *domain);

/* How far the operation of @domain is, as its QEMU says now (type NONE when there is none). Needs
 * no job. Errors: those of the monitor. */
gboolean virtcpu_domain_operation_ask(VirtCpuDomain *domain, VirtCpuOperationProgress *progress,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Keep @progress as the statistics of the last completed operation, ended as @type says, and tell
 * clients (JOB_COMPLETED). Takes the lock. */
void virtcpu_domain_operation_completed(VirtCpuDomain *domain, VirtCpuOperationProgress *progress,
                                        VirtCpuJobType type);
