/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/job-params.h"

#include "daemon/rpc-params.h"

/* When a field is told. */
typedef enum {
    ALWAYS,
    WITH_DOWNTIME,
    WITH_SETUP,
    WITH_PAGES,
    WITH_COMPRESSION,
    UNLESS_ZERO,
    LAST_CONDITION,
} Condition;

/* Names are virDomainGetJobStats'. */
static const struct {
    const char *name;
    Condition condition;
    gsize offset;
} fields[] = {
#define FIELD(name, condition, member)                                                             \
    {                                                                                              \
        name, condition, G_STRUCT_OFFSET(VirtCpuOperationProgress, member)                         \
    }
    FIELD("time_elapsed", ALWAYS, elapsed_ms),
    FIELD("downtime", WITH_DOWNTIME, downtime_ms),
    FIELD("setup_time", WITH_SETUP, setup_ms),
    FIELD("memory_total", ALWAYS, memory_total),
    FIELD("memory_processed", ALWAYS, memory_processed),
    FIELD("memory_remaining", ALWAYS, memory_remaining),
    FIELD("memory_bps", UNLESS_ZERO, bytes_per_second),
    FIELD("memory_constant", WITH_PAGES, constant_pages),
    FIELD("memory_normal", WITH_PAGES, normal_pages),
    FIELD("memory_normal_bytes", WITH_PAGES, normal_bytes),
    FIELD("memory_dirty_rate", WITH_PAGES, dirty_pages_per_second),
    FIELD("memory_iteration", WITH_PAGES, iteration),
    FIELD("memory_postcopy_requests", WITH_PAGES, postcopy_requests),
    FIELD("memory_page_size", WITH_PAGES, page_size),
    FIELD("disk_total", ALWAYS, disk_total),
    FIELD("disk_processed", ALWAYS, disk_processed),
    FIELD("disk_remaining", ALWAYS, disk_remaining),
    FIELD("disk_bps", UNLESS_ZERO, disk_bytes_per_second),
    FIELD("compression_cache", WITH_COMPRESSION, cache_bytes),
    FIELD("compression_bytes", WITH_COMPRESSION, cache_sent_bytes),
    FIELD("compression_pages", WITH_COMPRESSION, cache_pages),
    FIELD("compression_cache_misses", WITH_COMPRESSION, cache_misses),
    FIELD("compression_overflow", WITH_COMPRESSION, cache_overflows),
#undef FIELD
};

GArray *
virtcpu_job_params(const VirtCpuOperationProgress *progress)
{
    GArray *params = virtcpu_rpc_params_new();

    if (progress->type == VIRTCPU_JOB_NONE) {
        return params;
    }
    virtcpu_rpc_params_add_int(params, "operation", (int)progress->operation);
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++) {
        guint64 value = *(const guint64 *)(const void *)((const char *)progress + fields[i].offset);
        const gboolean holds[LAST_CONDITION] = {
            [ALWAYS] = TRUE,
            [WITH_DOWNTIME] = progress->has_downtime,
            [WITH_SETUP] = progress->has_setup,
            [WITH_PAGES] = progress->has_pages,
            [WITH_COMPRESSION] = progress->has_compression,
            [UNLESS_ZERO] = value != 0,
        };

        if (holds[fields[i].condition]) {
            virtcpu_rpc_params_add_ullong(params, fields[i].name, value);
        }
    }
    virtcpu_rpc_params_add_ullong(params, "data_total",
                                  progress->memory_total + progress->disk_total);
    virtcpu_rpc_params_add_ullong(params, "data_processed",
                                  progress->memory_processed + progress->disk_processed);
    virtcpu_rpc_params_add_ullong(params, "data_remaining",
                                  progress->memory_remaining + progress->disk_remaining);
    if (progress->throttle_percent) {
        virtcpu_rpc_params_add_int(params, "auto_converge_throttle",
                                   (int)progress->throttle_percent);
    }
    if (progress->type != VIRTCPU_JOB_UNBOUNDED) {
        virtcpu_rpc_params_add_bool(params, "success", progress->type == VIRTCPU_JOB_COMPLETED);
    }
    return params;
}
