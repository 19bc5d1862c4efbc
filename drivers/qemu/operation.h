/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What takes long on a domain and how far it is; the protocol calls it a job. */
#pragma once

#include <glib.h>

/* virDomainJobOperation. */
typedef enum {
    VIRTCPU_OPERATION_NONE = 0,
    VIRTCPU_OPERATION_START = 1,
    VIRTCPU_OPERATION_SAVE = 2,
    VIRTCPU_OPERATION_RESTORE = 3,
    VIRTCPU_OPERATION_MIGRATION_IN = 4,
    VIRTCPU_OPERATION_MIGRATION_OUT = 5,
    VIRTCPU_OPERATION_SNAPSHOT = 6,
    VIRTCPU_OPERATION_SNAPSHOT_REVERT = 7,
    VIRTCPU_OPERATION_DUMP = 8,
    VIRTCPU_OPERATION_BACKUP = 9,
} VirtCpuOperation;

/* virDomainJobType. */
typedef enum {
    VIRTCPU_JOB_NONE = 0,
    VIRTCPU_JOB_BOUNDED = 1,
    VIRTCPU_JOB_UNBOUNDED = 2, /* nobody knows how long it will take */
    VIRTCPU_JOB_COMPLETED = 3,
    VIRTCPU_JOB_FAILED = 4,
    VIRTCPU_JOB_CANCELLED = 5,
} VirtCpuJobType;

/* How far an operation is. Bytes, milliseconds, pages; what QEMU did not say is 0. */
typedef struct {
    VirtCpuOperation operation;
    VirtCpuJobType type; /* NONE: there is no operation, and the rest is 0 */
    guint64 elapsed_ms;
    gboolean has_downtime, has_setup;
    guint64 downtime_ms, setup_ms;
    guint64 memory_total, memory_processed, memory_remaining; /* bytes */
    gboolean has_pages;                                       /* the next two lines are known */
    guint64 constant_pages, normal_pages, normal_bytes, bytes_per_second;
    guint64 dirty_pages_per_second, iteration, postcopy_requests, page_size;
    guint64 disk_total, disk_processed, disk_remaining, disk_bytes_per_second;
    gboolean has_compression; /* the next line is known */
    guint64 cache_bytes, cache_sent_bytes, cache_pages, cache_misses, cache_overflows;
    guint64 throttle_percent; /* of the guest's CPUs, by auto-converge */
} VirtCpuOperationProgress;
