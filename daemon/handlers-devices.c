/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a domain's disks, network cards and memory do. */
#include "daemon/handler.h"
#include "daemon/rpc-params.h"
#include "daemon/volume.h"
#include "drivers/qemu/device-stats.h"

/* virDomainBlockResizeFlags. */
#define RESIZE_BYTES 1u
/* virDomainBlockJobInfoFlags. */
#define JOB_INFO_BYTES 1u
/* virDomainMemoryStatTags. */
#define MEMORY_ACTUAL_BALLOON 6
#define MEMORY_RSS            7
/* virDomainInterfaceAddressesSource. */
enum { ADDRESSES_LEASE = 0, ADDRESSES_AGENT = 1 };

/* ---- disks ---- */

static void
add_disk(VirtCpuDiskStats *sum, const VirtCpuDiskStats *disk)
{
    sum->rd_bytes += disk->rd_bytes;
    sum->rd_requests += disk->rd_requests;
    sum->rd_ns += disk->rd_ns;
    sum->wr_bytes += disk->wr_bytes;
    sum->wr_requests += disk->wr_requests;
    sum->wr_ns += disk->wr_ns;
    sum->flush_requests += disk->flush_requests;
    sum->flush_ns += disk->flush_ns;
}

/* What QEMU counted for the disk @path, or for all when it is "", into @sum, which owns nothing. */
static gboolean
sum_disks(const VirtCpuConnection *conn, const rpc_domain *dom, const char *path,
          VirtCpuDiskStats *sum, GError **error)
{
    g_autoptr(GPtrArray) all =
        virtcpu_driver_disk_stats(conn->driver, virtcpu_handler_uuid(dom), error);
    const VirtCpuDiskStats *one;

    if (all == NULL) {
        return FALSE;
    }
    if (path[0] == '\0') {
        for (guint i = 0; i < all->len; i++) {
            add_disk(sum, g_ptr_array_index(all, i));
        }
        return TRUE;
    }
    one = virtcpu_disk_stats_find(all, path);
    if (one == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("invalid path: %s"), path);
        return FALSE;
    }
    add_disk(sum, one);
    return TRUE;
}

gboolean
virtcpu_handle_domain_block_stats(VirtCpuConnection *conn, const rpc_domain_path_args *args,
                                  rpc_block_stats_ret *ret, GError **error)
{
    VirtCpuDiskStats sum = { 0 };

    if (!sum_disks(conn, &args->dom, args->path, &sum, error)) {
        return FALSE;
    }
    ret->rd_requests = (gint64)sum.rd_requests;
    ret->rd_bytes = (gint64)sum.rd_bytes;
    ret->wr_requests = (gint64)sum.wr_requests;
    ret->wr_bytes = (gint64)sum.wr_bytes;
    ret->errors = -1;
    return TRUE;
}

gboolean
virtcpu_handle_domain_block_stats_flags(VirtCpuConnection *conn,
                                        const rpc_domain_path_count_args *args, rpc_tuning_ret *ret,
                                        GError **error)
{
    VirtCpuDiskStats sum = { 0 };
    GArray *params;

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_RPC_PARAMS_TEXT,
                                     "virDomainBlockStatsFlags", error) ||
        !sum_disks(conn, &args->dom, args->path, &sum, error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    virtcpu_rpc_params_add_llong(params, "wr_bytes", (gint64)sum.wr_bytes);
    virtcpu_rpc_params_add_llong(params, "wr_operations", (gint64)sum.wr_requests);
    virtcpu_rpc_params_add_llong(params, "rd_bytes", (gint64)sum.rd_bytes);
    virtcpu_rpc_params_add_llong(params, "rd_operations", (gint64)sum.rd_requests);
    virtcpu_rpc_params_add_llong(params, "flush_operations", (gint64)sum.flush_requests);
    virtcpu_rpc_params_add_llong(params, "wr_total_times", (gint64)sum.wr_ns);
    virtcpu_rpc_params_add_llong(params, "rd_total_times", (gint64)sum.rd_ns);
    virtcpu_rpc_params_add_llong(params, "flush_total_times", (gint64)sum.flush_ns);
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_block_info(VirtCpuConnection *conn,
                                     const rpc_domain_path_flags_args *args,
                                     rpc_block_info_ret *ret, GError **error)
{
    g_autofree char *source = NULL;
    g_auto(VirtCpuVolume) volume = { 0 };

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainGetBlockInfo", error)) {
        return FALSE;
    }
    source = virtcpu_driver_disk_source(conn->driver, virtcpu_handler_uuid(&args->dom), args->path,
                                        error);
    if (source == NULL || !virtcpu_volume_read(source, &volume, error)) {
        return FALSE;
    }
    ret->allocation = volume.allocation;
    ret->capacity = volume.capacity;
    ret->physical = volume.physical;
    return TRUE;
}

/* TRUE when @dom runs and has the disk @path. */
static gboolean
has_live_disk(const VirtCpuConnection *conn, const rpc_domain *dom, const char *path,
              GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };
    g_autofree char *source = NULL;

    if (!virtcpu_handler_active(conn, dom, &info, error)) {
        return FALSE;
    }
    source = virtcpu_driver_disk_source(conn->driver, virtcpu_handler_uuid(dom), path, error);
    return source != NULL;
}

/* No call starts a job on a disk, so none is under way. */
gboolean
virtcpu_handle_domain_get_block_job_info(VirtCpuConnection *conn,
                                         const rpc_domain_path_flags_args *args,
                                         rpc_block_job_info_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, JOB_INFO_BYTES, "virDomainGetBlockJobInfo",
                                       error) &&
           has_live_disk(conn, &args->dom, args->path, error);
}

static gboolean
refuse_block_job(const VirtCpuConnection *conn, const rpc_domain *dom, const char *path,
                 GError **error)
{
    if (has_live_disk(conn, dom, path, error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("disk %s does not have an active block job"), path);
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_block_job_abort(VirtCpuConnection *conn,
                                      const rpc_domain_path_flags_args *args, GError **error)
{
    /* virDomainBlockJobAbortFlags: ASYNC, PIVOT */
    return virtcpu_handler_check_flags(args->flags, 3, "virDomainBlockJobAbort", error) &&
           refuse_block_job(conn, &args->dom, args->path, error);
}

gboolean
virtcpu_handle_domain_block_job_set_speed(VirtCpuConnection *conn,
                                          const rpc_block_resize_args *args, GError **error)
{
    /* virDomainBlockJobSetSpeedFlags: BANDWIDTH_BYTES */
    return virtcpu_handler_check_flags(args->flags, 1, "virDomainBlockJobSetSpeed", error) &&
           refuse_block_job(conn, &args->dom, args->disk, error);
}

gboolean
virtcpu_handle_domain_get_disk_errors(VirtCpuConnection *conn, const rpc_disk_errors_args *args,
                                      rpc_disk_errors_ret *ret, GError **error)
{
    g_autoptr(GPtrArray) all = NULL;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainGetDiskErrors", error)) {
        return FALSE;
    }
    all = virtcpu_driver_disk_stats(conn->driver, virtcpu_handler_uuid(&args->dom), error);
    if (all == NULL) {
        return FALSE;
    }
    if (args->max_errors == 0) {
        ret->count = (int)all->len;
        return TRUE;
    }
    ret->errors.errors_val = g_new0(rpc_disk_error, MIN(all->len, RPC_DISK_ERRORS_MAX));
    for (guint i = 0;
         i < all->len && ret->errors.errors_len < MIN(args->max_errors, (u_int)RPC_DISK_ERRORS_MAX);
         i++) {
        const VirtCpuDiskStats *disk = g_ptr_array_index(all, i);

        if (disk->error != 0) {
            rpc_disk_error *out = &ret->errors.errors_val[ret->errors.errors_len++];

            out->disk = g_strdup(disk->target);
            out->error = disk->error;
        }
    }
    ret->count = (int)ret->errors.errors_len;
    return TRUE;
}

gboolean
virtcpu_handle_domain_block_resize(VirtCpuConnection *conn, const rpc_block_resize_args *args,
                                   GError **error)
{
    const guint64 unit = (args->flags & RESIZE_BYTES) != 0 ? 1 : 1024;

    if (!virtcpu_handler_check_flags(args->flags, RESIZE_BYTES, "virDomainBlockResize", error)) {
        return FALSE;
    }
    if (args->size > G_MAXINT64 / unit) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("size must be less than %llu KiB"),
                          (unsigned long long)G_MAXINT64 / 1024);
        return FALSE;
    }
    return virtcpu_driver_resize_disk(conn->driver, virtcpu_handler_uuid(&args->dom), args->disk,
                                      args->size * unit, error);
}

gboolean
virtcpu_handle_domain_set_block_threshold(VirtCpuConnection *conn, const rpc_threshold_args *args,
                                          GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainSetBlockThreshold", error) &&
           virtcpu_driver_set_threshold(conn->driver, virtcpu_handler_uuid(&args->dom), args->disk,
                                        args->threshold, error);
}

/* ---- network cards ---- */

gboolean
virtcpu_handle_domain_interface_stats(VirtCpuConnection *conn, const rpc_domain_path_args *args,
                                      rpc_interface_stats_ret *ret, GError **error)
{
    g_autoptr(GPtrArray) all =
        virtcpu_driver_net_stats(conn->driver, virtcpu_handler_uuid(&args->dom), error);

    for (guint i = 0; all != NULL && i < all->len; i++) {
        const VirtCpuNetStats *net = g_ptr_array_index(all, i);

        if (g_strcmp0(net->device, args->path) == 0) {
            ret->rx_bytes = (gint64)net->rx_bytes;
            ret->rx_packets = (gint64)net->rx_packets;
            ret->rx_errors = (gint64)net->rx_errors;
            ret->rx_drops = (gint64)net->rx_drops;
            ret->tx_bytes = (gint64)net->tx_bytes;
            ret->tx_packets = (gint64)net->tx_packets;
            ret->tx_errors = (gint64)net->tx_errors;
            ret->tx_drops = (gint64)net->tx_drops;
            return TRUE;
        }
    }
    if (all != NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("'%s' is not a known interface"),
                          args->path);
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_interface_addresses(VirtCpuConnection *conn, const rpc_addresses_args *args,
                                          rpc_addresses_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainInterfaceAddresses", error)) {
        return FALSE;
    }
    if (args->source == ADDRESSES_AGENT) {
        virtcpu_handler_refuse_agent(conn, &args->dom, "virDomainInterfaceAddresses", error);
        return FALSE;
    }
    if (!virtcpu_handler_active(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    if (args->source != ADDRESSES_LEASE) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("Unsupported IP address data source %u"), args->source);
        return FALSE;
    }
    return TRUE; /* leases are networks', of which there are none */
}

/* ---- memory ---- */

static void
add_memory(rpc_memory_stats_ret *ret, u_int max, int tag, guint64 value)
{
    if (ret->stats.stats_len < max) {
        ret->stats.stats_val[ret->stats.stats_len++] =
            (rpc_memory_stat){ .tag = tag, .value = value };
    }
}

gboolean
virtcpu_handle_domain_memory_stats(VirtCpuConnection *conn, const rpc_memory_stats_args *args,
                                   rpc_memory_stats_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };
    VirtCpuMemoryStats memory;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainMemoryStats", error) ||
        !virtcpu_handler_active(conn, &args->dom, &info, error) ||
        !virtcpu_driver_memory_stats(conn->driver, info.ref.uuid, &memory, error)) {
        return FALSE;
    }
    ret->stats.stats_val = g_new0(rpc_memory_stat, memory.count + 2);
    add_memory(ret, args->max_stats, MEMORY_ACTUAL_BALLOON, info.memory_kib);
    for (gsize i = 0; i < memory.count; i++) {
        add_memory(ret, args->max_stats, memory.stats[i].row->tag, memory.stats[i].value);
    }
    add_memory(ret, args->max_stats, MEMORY_RSS, virtcpu_process_rss_kib(info.pid));
    return TRUE;
}

gboolean
virtcpu_handle_domain_start_dirty_rate_calc(VirtCpuConnection *conn,
                                            const rpc_dirty_rate_args *args, GError **error)
{
    /* virDomainDirtyRateCalcFlags, one of which is chosen */
    static const char *const modes[] = { "page-sampling", "dirty-bitmap", "dirty-ring" };

    if (args->flags >= G_N_ELEMENTS(modes)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("unsupported flags (0x%x) in function %s"), args->flags,
                          "virDomainStartDirtyRateCalc");
        return FALSE;
    }
    return virtcpu_driver_measure_dirty_rate(conn->driver, virtcpu_handler_uuid(&args->dom),
                                             args->seconds, modes[args->flags], error);
}
