/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of many domains at once. */
#include "daemon/handler.h"
#include "daemon/rpc-params.h"
#include "daemon/volume.h"
#include "drivers/qemu/device-stats.h"
#include "drivers/qemu/driver-change.h"
#include "drivers/qemu/thread-stats.h"

/* virDomainStatsTypes that are served. Of performance events and of memory bandwidth there is
 * nothing to tell. */
#define STATS_STATE      1u
#define STATS_CPU        2u
#define STATS_BALLOON    4u
#define STATS_VCPU       8u
#define STATS_NET        16u
#define STATS_BLOCK      32u
#define STATS_PERF       64u
#define STATS_IOTHREAD   128u
#define STATS_MEMORY     256u
#define STATS_DIRTY_RATE 512u
#define STATS_ALL        1023u
/* Those that nobody has to be asked for. */
#define STATS_KNOWN (STATS_STATE | STATS_CPU)
/* virVcpuState: QEMU tells no more than that a vCPU is there. */
#define VCPU_RUNNING 1

/* Domains named in a question that is answered on the main loop. */
#define PEEK_DOMAINS 256
/* virConnectGetAllDomainStatsFlags: the first 8 choose domains as in lists. */
#define FLAGS_LIST    0xffu
#define FLAGS_NOWAIT  0x20000000u
#define FLAGS_BACKING 0x40000000u
#define FLAGS_ENFORCE 0x80000000u

/* Append "@group.@index.@name" as a small number. */
static void
add_number(GArray *params, const char *group, guint index, const char *name, unsigned value)
{
    g_autofree char *field = g_strdup_printf("%s.%u.%s", group, index, name);

    virtcpu_rpc_params_add_uint(params, field, value);
}

/* Append "@group.@index.@name". */
static void
add_numbered(GArray *params, const char *group, guint index, const char *name, guint64 value)
{
    g_autofree char *field = g_strdup_printf("%s.%u.%s", group, index, name);

    virtcpu_rpc_params_add_ullong(params, field, value);
}

static void
add_numbered_text(GArray *params, const char *group, guint index, const char *name,
                  const char *value)
{
    g_autofree char *field = g_strdup_printf("%s.%u.%s", group, index, name);

    if (value != NULL) {
        virtcpu_rpc_params_add_text(params, field, value);
    }
}

static void
add_nets(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_autoptr(GPtrArray) nets = virtcpu_driver_net_stats(conn->driver, info->ref.uuid, NULL);

    if (nets == NULL) {
        return;
    }
    virtcpu_rpc_params_add_uint(params, "net.count", nets->len);
    for (guint i = 0; i < nets->len; i++) {
        const VirtCpuNetStats *net = g_ptr_array_index(nets, i);

        if (net->device == NULL) {
            continue;
        }
        add_numbered_text(params, "net", i, "name", net->device);
        add_numbered(params, "net", i, "rx.bytes", net->rx_bytes);
        add_numbered(params, "net", i, "rx.pkts", net->rx_packets);
        add_numbered(params, "net", i, "rx.errs", net->rx_errors);
        add_numbered(params, "net", i, "rx.drop", net->rx_drops);
        add_numbered(params, "net", i, "tx.bytes", net->tx_bytes);
        add_numbered(params, "net", i, "tx.pkts", net->tx_packets);
        add_numbered(params, "net", i, "tx.errs", net->tx_errors);
        add_numbered(params, "net", i, "tx.drop", net->tx_drops);
    }
}

static void
add_size(GArray *params, guint index, const char *source)
{
    g_auto(VirtCpuVolume) volume = { 0 };

    if (source != NULL && virtcpu_volume_read(source, &volume, NULL)) {
        add_numbered(params, "block", index, "allocation", volume.allocation);
        add_numbered(params, "block", index, "capacity", volume.capacity);
        add_numbered(params, "block", index, "physical", volume.physical);
    }
}

static void
add_disks(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_autoptr(GPtrArray) disks = virtcpu_driver_disk_stats(conn->driver, info->ref.uuid, NULL);

    if (disks == NULL) {
        return;
    }
    virtcpu_rpc_params_add_uint(params, "block.count", disks->len);
    for (guint i = 0; i < disks->len; i++) {
        const VirtCpuDiskStats *disk = g_ptr_array_index(disks, i);

        add_numbered_text(params, "block", i, "name", disk->target);
        add_numbered_text(params, "block", i, "path", disk->source);
        add_number(params, "block", i, "backingIndex", disk->node);
        add_numbered(params, "block", i, "rd.reqs", disk->rd_requests);
        add_numbered(params, "block", i, "rd.bytes", disk->rd_bytes);
        add_numbered(params, "block", i, "rd.times", disk->rd_ns);
        add_numbered(params, "block", i, "wr.reqs", disk->wr_requests);
        add_numbered(params, "block", i, "wr.bytes", disk->wr_bytes);
        add_numbered(params, "block", i, "wr.times", disk->wr_ns);
        add_numbered(params, "block", i, "fl.reqs", disk->flush_requests);
        add_numbered(params, "block", i, "fl.times", disk->flush_ns);
        add_size(params, i, disk->source);
    }
}

/* What a domain that does not run has on its disks. */
static void
add_defined_disks(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_autoptr(VirtCpuDomainDef) def =
        virtcpu_driver_definition(conn->driver, info->ref.uuid, VIRTCPU_CHANGE_CONFIG, NULL);

    if (def == NULL) {
        return;
    }
    virtcpu_rpc_params_add_uint(params, "block.count", def->disks->len);
    for (guint i = 0; i < def->disks->len; i++) {
        const VirtCpuDiskDef *disk = g_ptr_array_index(def->disks, i);

        add_numbered_text(params, "block", i, "name", disk->target);
        add_numbered_text(params, "block", i, "path", disk->source);
        add_size(params, i, disk->source);
    }
}

static void
add_vcpus(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_autoptr(GArray) vcpus = virtcpu_driver_vcpu_stats(conn->driver, info, NULL);

    for (guint i = 0; vcpus != NULL && i < vcpus->len; i++) {
        const VirtCpuVcpuStats *vcpu = &g_array_index(vcpus, VirtCpuVcpuStats, i);
        g_autofree char *state = g_strdup_printf("vcpu.%u.state", vcpu->number);

        virtcpu_rpc_params_add_int(params, state, VCPU_RUNNING);
        add_numbered(params, "vcpu", vcpu->number, "time", vcpu->cpu_time_ns);
        add_numbered(params, "vcpu", vcpu->number, "delay", vcpu->delay_ns);
    }
}

static void
add_guest_memory(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    VirtCpuMemoryStats memory;

    if (!virtcpu_driver_memory_stats(conn->driver, info->ref.uuid, &memory, NULL)) {
        return;
    }
    for (gsize i = 0; i < memory.count; i++) {
        g_autofree char *field = g_strconcat("balloon.", memory.stats[i].row->name, NULL);

        virtcpu_rpc_params_add_ullong(params, field, memory.stats[i].value);
    }
}

static void
add_iothreads(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_autoptr(GArray) threads = virtcpu_driver_iothread_stats(conn->driver, info->ref.uuid, NULL);

    if (threads == NULL || threads->len == 0) {
        return;
    }
    virtcpu_rpc_params_add_uint(params, "iothread.count", threads->len);
    for (guint i = 0; i < threads->len; i++) {
        const VirtCpuIothreadStats *thread = &g_array_index(threads, VirtCpuIothreadStats, i);

        add_numbered(params, "iothread", thread->number, "poll-max-ns",
                     (guint64)thread->poll_max_ns);
        add_number(params, "iothread", thread->number, "poll-grow", (unsigned)thread->poll_grow);
        add_number(params, "iothread", thread->number, "poll-shrink",
                   (unsigned)thread->poll_shrink);
    }
}

static void
add_dirty_rate(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params)
{
    g_auto(VirtCpuDirtyRate) rate = { 0 };

    if (!virtcpu_driver_dirty_rate(conn->driver, info->ref.uuid, &rate, NULL)) {
        return;
    }
    virtcpu_rpc_params_add_int(params, "dirtyrate.calc_status", (int)rate.status);
    virtcpu_rpc_params_add_llong(params, "dirtyrate.calc_start_time", rate.start_s);
    virtcpu_rpc_params_add_int(params, "dirtyrate.calc_period", (int)rate.period_s);
    if (rate.mode != NULL) {
        virtcpu_rpc_params_add_text(params, "dirtyrate.calc_mode", rate.mode);
    }
    if (rate.status == VIRTCPU_DIRTY_RATE_MEASURED) {
        virtcpu_rpc_params_add_llong(params, "dirtyrate.megabytes_per_second", rate.mib_per_s);
    }
}

/* What a QEMU has to be asked for. */
static void
fill_asked(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, unsigned stats,
           GArray *params)
{
    static const struct {
        unsigned stats;
        void (*add)(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, GArray *params);
    } rows[] = {
        { STATS_BALLOON, add_guest_memory },
        { STATS_VCPU, add_vcpus },
        { STATS_NET, add_nets },
        { STATS_BLOCK, add_disks },
        { STATS_IOTHREAD, add_iothreads },
        { STATS_DIRTY_RATE, add_dirty_rate },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((stats & rows[i].stats) != 0) {
            rows[i].add(conn, info, params);
        }
    }
}

static void
fill_record(const VirtCpuConnection *conn, const VirtCpuDomainInfo *info, unsigned stats,
            rpc_domain_stats *record)
{
    GArray *params = virtcpu_rpc_params_new();

    if ((stats & STATS_STATE) != 0) {
        virtcpu_rpc_params_add_int(params, "state.state", (int)info->state);
        virtcpu_rpc_params_add_int(params, "state.reason", info->reason);
    }
    if ((stats & STATS_CPU) != 0 && info->active) {
        virtcpu_rpc_params_add_ullong(params, "cpu.time", info->cpu_time_ns);
        virtcpu_rpc_params_add_ullong(params, "cpu.user", info->cpu_user_ns);
        virtcpu_rpc_params_add_ullong(params, "cpu.system", info->cpu_system_ns);
    }
    if ((stats & STATS_BALLOON) != 0) {
        if (info->active) {
            virtcpu_rpc_params_add_ullong(params, "balloon.current", info->memory_kib);
        }
        virtcpu_rpc_params_add_ullong(params, "balloon.maximum", info->max_memory_kib);
        if (info->active) {
            virtcpu_rpc_params_add_ullong(params, "balloon.rss",
                                          virtcpu_process_rss_kib(info->pid));
        }
    }
    if ((stats & STATS_VCPU) != 0) {
        virtcpu_rpc_params_add_uint(params, "vcpu.current", info->vcpus);
        virtcpu_rpc_params_add_uint(params, "vcpu.maximum", info->max_vcpus);
    }
    if (info->active) {
        fill_asked(conn, info, stats, params);
    } else if ((stats & STATS_BLOCK) != 0) {
        add_defined_disks(conn, info, params);
    }
    virtcpu_handler_copy_ref(&info->ref, &record->dom);
    record->params.params_val = virtcpu_rpc_params_steal(params, &record->params.params_len);
}

/* UUIDs of the domains that are meant, 16 bytes each. */
static GByteArray *
choose_domains(const VirtCpuConnection *conn, const rpc_stats_args *args)
{
    GByteArray *uuids = g_byte_array_new();

    if (args->doms.doms_len > 0) {
        for (u_int i = 0; i < args->doms.doms_len; i++) {
            g_byte_array_append(uuids, virtcpu_handler_uuid(&args->doms.doms_val[i]),
                                VIRTCPU_UUID_BYTES);
        }
    } else {
        g_autoptr(GPtrArray) refs = virtcpu_driver_list(conn->driver, args->flags & FLAGS_LIST);

        for (guint i = 0; i < MIN(refs->len, (guint)RPC_LIST_MAX); i++) {
            g_byte_array_append(uuids, ((const VirtCpuDomainRef *)refs->pdata[i])->uuid,
                                VIRTCPU_UUID_BYTES);
        }
    }
    return uuids;
}

gboolean
virtcpu_handle_connect_get_all_domain_stats(VirtCpuConnection *conn, const rpc_stats_args *args,
                                            rpc_stats_ret *ret, GError **error)
{
    const unsigned stats = args->stats != 0 ? args->stats : STATS_ALL;
    g_autoptr(GByteArray) uuids = NULL;
    guint count;

    if (!virtcpu_handler_check_flags(args->flags,
                                     FLAGS_LIST | FLAGS_NOWAIT | FLAGS_BACKING | FLAGS_ENFORCE,
                                     "virConnectGetAllDomainStats", error)) {
        return FALSE;
    }
    if ((args->flags & FLAGS_ENFORCE) != 0 && (stats & ~STATS_ALL) != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("Stats types bits 0x%x are not supported by this daemon"),
                          stats & ~STATS_ALL);
        return FALSE;
    }
    uuids = choose_domains(conn, args);
    count = uuids->len / VIRTCPU_UUID_BYTES;
    ret->records.records_val = g_new0(rpc_domain_stats, count);
    for (guint i = 0; i < count; i++) {
        g_auto(VirtCpuDomainInfo) info = { 0 };

        /* one that vanished meanwhile is left out */
        if (virtcpu_driver_info(conn->driver, uuids->data + (gsize)i * VIRTCPU_UUID_BYTES, &info,
                                NULL)) {
            fill_record(conn, &info, stats, &ret->records.records_val[ret->records.records_len++]);
        }
    }
    return TRUE;
}

/* Small answers of what is known are not worth a worker; errors are a worker's to tell. */
gboolean
virtcpu_peek_connect_get_all_domain_stats(VirtCpuConnection *conn, const rpc_stats_args *args,
                                          rpc_stats_ret *ret)
{
    return args->stats != 0 && (args->stats & ~STATS_KNOWN) == 0 &&
           args->doms.doms_len <= PEEK_DOMAINS &&
           virtcpu_handle_connect_get_all_domain_stats(conn, args, ret, NULL);
}
