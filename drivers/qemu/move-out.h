/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of a running guest leaves its QEMU, as a stream. The driver of the domain's long
 * operation only (see domain-operation.h); its ordinary job is let go while QEMU works. */
#pragma once

#include "conf/json.h"
#include "drivers/qemu/domain.h"

/* Where the stream goes and how; all transfer none. */
typedef struct {
    int fd;                          /* where to; -1: to @uri */
    const char *uri;                 /* as QEMU has it: "tcp:…", "unix:…" */
    const VirtCpuJson *capabilities; /* QEMU's names to bool, set before it begins; may be NULL.
                                        "events" is always on */
    const VirtCpuJson *parameters;   /* arguments of migrate-set-parameters; may be NULL */
    const VirtCpuJson *arguments;    /* further ones of "migrate"; may be NULL */
} VirtCpuMoveOut;

/* Begin the stream. Errors: OPERATION_ABORTED when the operation was aborted before; what QEMU
 * says. */
gboolean virtcpu_move_out_begin(VirtCpuDomain *domain, const VirtCpuMoveOut *out,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Wait until the stream is in @status or has ended. Errors: OPERATION_ABORTED when it was
 * cancelled; OPERATION_FAILED in QEMU's words, or when QEMU ended. */
gboolean virtcpu_move_out_wait(VirtCpuDomain *domain, VirtCpuMoveStatus status,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The whole of it: begin, and wait for COMPLETED. The guest, which may have run meanwhile, is
 * paused then. Errors as above. */
gboolean virtcpu_move_out(VirtCpuDomain *domain, const VirtCpuMoveOut *out,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What is left to do when the state does not leave: cancel the stream, let the guest go on for
 * @reason if it is to, and forget the operation in the domain's status. What goes wrong is logged;
 * a QEMU that does not cancel is stuck, and its guest goes on when it is not. */
void virtcpu_move_out_undo(VirtCpuDomain *domain, int reason);

/* Have the domain's move be what QEMU, asked now, says of the stream, and put it into @status: it
 * may be an earlier daemon's, of which no event came. An event that comes meanwhile is newer than
 * the answer. The monitor's errors. */
gboolean virtcpu_move_out_ask(VirtCpuDomain *domain, VirtCpuMoveStatus *status,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE when QEMU, asked now, has written a whole stream and its guest has not run since: what an
 * earlier daemon began is complete. Not being told is FALSE. */
gboolean virtcpu_move_out_is_complete(VirtCpuDomain *domain) G_GNUC_WARN_UNUSED_RESULT;

/* Cancel a stream that may be under way and wait for its end; none is no error. */
gboolean virtcpu_move_cancel(VirtCpuDomain *domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;
