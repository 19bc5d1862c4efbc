/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is set for a domain's memory, I/O and events: nothing, so each has the value that says so.
 */
#include "daemon/handler.h"
#include "daemon/rpc-params.h"

/* VIR_DOMAIN_MEMORY_PARAM_UNLIMITED, in KiB. */
#define MEMORY_UNLIMITED 9007199254740991u

/* TRUE when @dom exists and has the definition that @flags choose; @config: the persistent one. */
static gboolean
has_definition(const VirtCpuConnection *conn, const rpc_domain *dom, unsigned flags,
               const char *api, gboolean *config, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    return virtcpu_handler_check_flags(flags, VIRTCPU_CHANGE_IMPACT | VIRTCPU_RPC_PARAMS_TEXT, api,
                                       error) &&
           virtcpu_handler_info(conn, dom, &info, error) &&
           virtcpu_handler_choose_definition(&info, flags & VIRTCPU_CHANGE_IMPACT, config, error);
}

/* What runs has limits where there are cgroups, which virtcpud does not use. */
static gboolean
is_written(gboolean config, const char *missing, GError **error)
{
    if (!config) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, "%s", missing);
    }
    return config;
}

gboolean
virtcpu_handle_domain_get_memory_parameters(VirtCpuConnection *conn, const rpc_tuning_args *args,
                                            rpc_tuning_ret *ret, GError **error)
{
    gboolean config;
    GArray *params;

    if (!has_definition(conn, &args->dom, args->flags, "virDomainGetMemoryParameters", &config,
                        error) ||
        !is_written(config, _("cgroup memory controller is not mounted"), error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    virtcpu_rpc_params_add_ullong(params, "hard_limit", MEMORY_UNLIMITED);
    virtcpu_rpc_params_add_ullong(params, "soft_limit", MEMORY_UNLIMITED);
    virtcpu_rpc_params_add_ullong(params, "swap_hard_limit", MEMORY_UNLIMITED);
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_blkio_parameters(VirtCpuConnection *conn, const rpc_tuning_args *args,
                                           rpc_tuning_ret *ret, GError **error)
{
    static const char *const lists[] = { "device_weight", "device_read_iops_sec",
                                         "device_write_iops_sec", "device_read_bytes_sec",
                                         "device_write_bytes_sec" };
    gboolean config;
    GArray *params;

    if (!has_definition(conn, &args->dom, args->flags, "virDomainGetBlkioParameters", &config,
                        error) ||
        !is_written(config, _("blkio cgroup isn't mounted"), error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    virtcpu_rpc_params_add_uint(params, "weight", 0);
    for (gsize i = 0; (args->flags & VIRTCPU_RPC_PARAMS_TEXT) != 0 && i < G_N_ELEMENTS(lists);
         i++) {
        virtcpu_rpc_params_add_text(params, lists[i], "");
    }
    virtcpu_handler_take_tuning(params, args->count, ret);
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_cpu_stats(VirtCpuConnection *conn, const rpc_cpu_stats_args *args,
                                    rpc_cpu_stats_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (virtcpu_handler_active(conn, &args->dom, &info, error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("cgroup CPUACCT controller is not mounted"));
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_get_perf_events(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                      rpc_params_ret *ret, GError **error)
{
    /* virPerfEventType; none is ever enabled */
    static const char *const events[] = {
        "cmt",
        "mbmt",
        "mbml",
        "cpu_cycles",
        "instructions",
        "cache_references",
        "cache_misses",
        "branch_instructions",
        "branch_misses",
        "bus_cycles",
        "stalled_cycles_frontend",
        "stalled_cycles_backend",
        "ref_cpu_cycles",
        "cpu_clock",
        "task_clock",
        "page_faults",
        "context_switches",
        "cpu_migrations",
        "page_faults_min",
        "page_faults_maj",
        "alignment_faults",
        "emulation_faults",
    };
    gboolean config;
    GArray *params;

    if (!has_definition(conn, &args->dom, args->flags, "virDomainGetPerfEvents", &config, error)) {
        return FALSE;
    }
    params = virtcpu_rpc_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        virtcpu_rpc_params_add_bool(params, events[i], FALSE);
    }
    ret->params.params_val = virtcpu_rpc_params_steal(params, &ret->params.params_len);
    return TRUE;
}

/* A guest without <launchSecurity> has nothing to tell of it. */
gboolean
virtcpu_handle_domain_get_launch_security_info(VirtCpuConnection *conn,
                                               const rpc_domain_flags_args *args,
                                               rpc_params_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    return virtcpu_handler_check_flags(args->flags, VIRTCPU_RPC_PARAMS_TEXT,
                                       "virDomainGetLaunchSecurityInfo", error) &&
           virtcpu_handler_info(conn, &args->dom, &info, error);
}
