/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the threads of a running domain do, and how fast it changes its memory. As device-stats.h:
 * calls may block (workers only) but take no job. */
#pragma once

#include "drivers/qemu/driver.h"

/* One vCPU that is there. */
typedef struct {
    unsigned number;
    guint64 cpu_time_ns; /* of its thread: in a TCG with one thread that of all */
    guint64 delay_ns;    /* how long it waited for a CPU of the host */
} VirtCpuVcpuStats;

/* The vCPUs of running @info, by number; of VirtCpuVcpuStats (transfer full). OPERATION_INVALID
 * when it does not run; QEMU's. */
GArray *virtcpu_driver_vcpu_stats(VirtCpuDriver *driver, const VirtCpuDomainInfo *info,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* One I/O thread. */
typedef struct {
    unsigned number;
    gint64 poll_max_ns, poll_grow, poll_shrink;
} VirtCpuIothreadStats;

/* How the I/O threads of a running domain poll; of VirtCpuIothreadStats (transfer full). Errors as
 * above. */
GArray *virtcpu_driver_iothread_stats(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* virDomainDirtyRateStatus. */
typedef enum {
    VIRTCPU_DIRTY_RATE_UNSTARTED,
    VIRTCPU_DIRTY_RATE_MEASURING,
    VIRTCPU_DIRTY_RATE_MEASURED,
} VirtCpuDirtyRateStatus;

/* What became of virtcpu_driver_measure_dirty_rate. */
typedef struct {
    VirtCpuDirtyRateStatus status;
    gint64 start_s, period_s;
    gint64 mib_per_s; /* when measured */
    char *mode;       /* owned: QEMU's word; NULL: none */
} VirtCpuDirtyRate;

/* Release what @rate owns. */
void virtcpu_dirty_rate_clear(VirtCpuDirtyRate *rate);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuDirtyRate, virtcpu_dirty_rate_clear)

/* Fill in zeroed @rate. Errors as above. */
gboolean virtcpu_driver_dirty_rate(VirtCpuDriver *driver, const guint8 uuid[VIRTCPU_UUID_BYTES],
                                   VirtCpuDirtyRate *rate,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
