/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of the driver that looks after long operations, for the daemon. As driver.h says, calls
 * are thread-safe and may block; none waits for the operation's end. */
#pragma once

#include "conf/migration-params.h"
#include "drivers/qemu/driver.h"

/* virDomainGetJobStatsFlags. */
#define VIRTCPU_JOB_STATS_COMPLETED      1u
#define VIRTCPU_JOB_STATS_KEEP_COMPLETED 2u

/* How far the operation of the domain is, or with COMPLETED what the last one came to, which is
 * then forgotten unless KEEP_COMPLETED says otherwise. Type NONE when there is none. Errors:
 * OPERATION_INVALID when it does not run and COMPLETED is not asked for. */
gboolean virtcpu_driver_job_progress(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                     unsigned flags, VirtCpuOperationProgress *progress,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virDomainAbortJobFlags: a migration in post-copy is paused. */
#define VIRTCPU_ABORT_POSTCOPY 1u

/* Abort the operation under way; who called for it gets OPERATION_ABORTED. Returns once QEMU was
 * told. OPERATION_INVALID when there is none that can be aborted. */
gboolean virtcpu_driver_abort_job(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                  unsigned flags, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The daemon is about to end: whoever waits for a guest's memory to be moved gives up, as if the
 * operation was aborted, and its guest goes on. Quick. */
void virtcpu_driver_interrupt(VirtCpuDriver *driver);

/* What limits a stream of a guest's state. */
typedef enum {
    VIRTCPU_LIMIT_DOWNTIME,       /* ms the guest may stand still at the end */
    VIRTCPU_LIMIT_SPEED,          /* MiB/s; of a domain that does not run, too */
    VIRTCPU_LIMIT_SPEED_POSTCOPY, /* MiB/s; 0: none */
    VIRTCPU_LIMIT_CACHE,          /* bytes of the cache that XBZRLE compares pages with */
} VirtCpuMoveLimit;

/* Set @limit to @value. Errors: INVALID_ARG for one that is out of range; OPERATION_INVALID when
 * the domain does not run; what QEMU says. */
gboolean virtcpu_driver_set_move_limit(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                       VirtCpuMoveLimit limit, guint64 value,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What @limit is, into @value. Errors as above. */
gboolean virtcpu_driver_get_move_limit(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                       VirtCpuMoveLimit limit, guint64 *value,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
