/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of many domains at once. */
#include "daemon/handler.h"
#include "daemon/rpc-params.h"

/* virDomainStatsTypes that are served. */
#define STATS_STATE   1u
#define STATS_CPU     2u
#define STATS_BALLOON 4u
#define STATS_VCPU    8u
#define STATS_ALL     (STATS_STATE | STATS_CPU | STATS_BALLOON | STATS_VCPU)

/* virConnectGetAllDomainStatsFlags: the first 8 choose domains as in lists. */
#define FLAGS_LIST    0xffu
#define FLAGS_NOWAIT  0x20000000u
#define FLAGS_BACKING 0x40000000u
#define FLAGS_ENFORCE 0x80000000u

static void
fill_record(const VirtCpuDomainInfo *info, unsigned stats, rpc_domain_stats *record)
{
    GArray *params = virtcpu_rpc_params_new();

    if ((stats & STATS_STATE) != 0) {
        virtcpu_rpc_params_add_int(params, "state.state", (int)info->state);
        virtcpu_rpc_params_add_int(params, "state.reason", info->reason);
    }
    if ((stats & STATS_CPU) != 0 && info->active) {
        virtcpu_rpc_params_add_ullong(params, "cpu.time", info->cpu_time_ns);
    }
    if ((stats & STATS_BALLOON) != 0) {
        if (info->active) {
            virtcpu_rpc_params_add_ullong(params, "balloon.current", info->memory_kib);
        }
        virtcpu_rpc_params_add_ullong(params, "balloon.maximum", info->max_memory_kib);
    }
    if ((stats & STATS_VCPU) != 0) {
        virtcpu_rpc_params_add_uint(params, "vcpu.current", info->vcpus);
        virtcpu_rpc_params_add_uint(params, "vcpu.maximum", info->max_vcpus);
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
            fill_record(&info, stats, &ret->records.records_val[ret->records.records_len++]);
        }
    }
    return TRUE;
}
