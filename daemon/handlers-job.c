/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Long operations: how far they are, their limits, their end. */
#include "daemon/handler.h"
#include "daemon/job-params.h"
#include "daemon/rpc-params.h"
#include "drivers/qemu/driver-job.h"

#define JOB_STATS_FLAGS (VIRTCPU_JOB_STATS_COMPLETED | VIRTCPU_JOB_STATS_KEEP_COMPLETED)
/* virDomainMigrateMaxSpeedFlags. */
#define SPEED_POSTCOPY 1u

gboolean
virtcpu_handle_domain_get_job_info(VirtCpuConnection *conn, const rpc_domain_args *args,
                                   rpc_job_info_ret *ret, GError **error)
{
    VirtCpuOperationProgress progress;

    if (!virtcpu_driver_job_progress(conn->driver, virtcpu_handler_uuid(&args->dom), 0, &progress,
                                     error)) {
        return FALSE;
    }
    ret->type = (int)progress.type;
    ret->time_elapsed = progress.elapsed_ms;
    ret->data_total = progress.memory_total + progress.disk_total;
    ret->data_processed = progress.memory_processed + progress.disk_processed;
    ret->data_remaining = progress.memory_remaining + progress.disk_remaining;
    ret->mem_total = progress.memory_total;
    ret->mem_processed = progress.memory_processed;
    ret->mem_remaining = progress.memory_remaining;
    ret->file_total = progress.disk_total;
    ret->file_processed = progress.disk_processed;
    ret->file_remaining = progress.disk_remaining;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_job_stats(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                    rpc_job_stats_ret *ret, GError **error)
{
    VirtCpuOperationProgress progress;

    if (!virtcpu_handler_check_flags(args->flags, JOB_STATS_FLAGS, "virDomainGetJobStats", error) ||
        !virtcpu_driver_job_progress(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags,
                                     &progress, error)) {
        return FALSE;
    }
    ret->type = (int)progress.type;
    ret->params.params_val =
        virtcpu_rpc_params_steal(virtcpu_job_params(&progress), &ret->params.params_len);
    return TRUE;
}

gboolean
virtcpu_handle_domain_abort_job(VirtCpuConnection *conn, const rpc_domain_args *args,
                                GError **error)
{
    return virtcpu_driver_abort_job(conn->driver, virtcpu_handler_uuid(&args->dom), 0, error);
}

gboolean
virtcpu_handle_domain_abort_job_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                      GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_ABORT_POSTCOPY,
                                       "virDomainAbortJobFlags", error) &&
           virtcpu_driver_abort_job(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags,
                                    error);
}

static gboolean
set_limit(VirtCpuConnection *conn, const rpc_domain_hyper_args *args, unsigned supported,
          VirtCpuMoveLimit limit, const char *api, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, supported, api, error) &&
           virtcpu_driver_set_move_limit(conn->driver, virtcpu_handler_uuid(&args->dom), limit,
                                         args->value, error);
}

static gboolean
get_limit(VirtCpuConnection *conn, const rpc_domain_flags_args *args, unsigned supported,
          VirtCpuMoveLimit limit, const char *api, rpc_hyper_ret *ret, GError **error)
{
    guint64 value = 0;
    const gboolean done = virtcpu_handler_check_flags(args->flags, supported, api, error) &&
                          virtcpu_driver_get_move_limit(
                              conn->driver, virtcpu_handler_uuid(&args->dom), limit, &value, error);

    ret->value = value;
    return done;
}

static VirtCpuMoveLimit
choose_speed(unsigned flags)
{
    return (flags & SPEED_POSTCOPY) != 0 ? VIRTCPU_LIMIT_SPEED_POSTCOPY : VIRTCPU_LIMIT_SPEED;
}

gboolean
virtcpu_handle_domain_migrate_set_max_downtime(VirtCpuConnection *conn,
                                               const rpc_domain_hyper_args *args, GError **error)
{
    return set_limit(conn, args, 0, VIRTCPU_LIMIT_DOWNTIME, "virDomainMigrateSetMaxDowntime",
                     error);
}

gboolean
virtcpu_handle_domain_migrate_get_max_downtime(VirtCpuConnection *conn,
                                               const rpc_domain_flags_args *args,
                                               rpc_hyper_ret *ret, GError **error)
{
    return get_limit(conn, args, 0, VIRTCPU_LIMIT_DOWNTIME, "virDomainMigrateGetMaxDowntime", ret,
                     error);
}

gboolean
virtcpu_handle_domain_migrate_set_max_speed(VirtCpuConnection *conn,
                                            const rpc_domain_hyper_args *args, GError **error)
{
    return set_limit(conn, args, SPEED_POSTCOPY, choose_speed(args->flags),
                     "virDomainMigrateSetMaxSpeed", error);
}

gboolean
virtcpu_handle_domain_migrate_get_max_speed(VirtCpuConnection *conn,
                                            const rpc_domain_flags_args *args, rpc_hyper_ret *ret,
                                            GError **error)
{
    return get_limit(conn, args, SPEED_POSTCOPY, choose_speed(args->flags),
                     "virDomainMigrateGetMaxSpeed", ret, error);
}

gboolean
virtcpu_handle_domain_migrate_set_compression_cache(VirtCpuConnection *conn,
                                                    const rpc_domain_hyper_args *args,
                                                    GError **error)
{
    return set_limit(conn, args, 0, VIRTCPU_LIMIT_CACHE, "virDomainMigrateSetCompressionCache",
                     error);
}

gboolean
virtcpu_handle_domain_migrate_get_compression_cache(VirtCpuConnection *conn,
                                                    const rpc_domain_flags_args *args,
                                                    rpc_hyper_ret *ret, GError **error)
{
    return get_limit(conn, args, 0, VIRTCPU_LIMIT_CACHE, "virDomainMigrateGetCompressionCache", ret,
                     error);
}
