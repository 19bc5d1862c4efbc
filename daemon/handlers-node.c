/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host: what NODE_ procedures ask. */
#include "daemon/handler.h"

/* How many statistics there are: of a CPU, of the machine's memory, of a NUMA cell's. */
#define CPU_STATS         4
#define MEMORY_STATS      4
#define CELL_MEMORY_STATS 2

gboolean
virtcpu_handle_node_get_info(VirtCpuConnection *conn, rpc_node_info_ret *ret, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(conn->driver);
    const char *arch = virtcpu_arch_to_string(host->arch);

    g_strlcpy(ret->model, arch != NULL ? arch : "", sizeof(ret->model));
    ret->memory_kib = host->memory_kib;
    ret->cpus = (int)host->online_cpus;
    ret->mhz = (int)host->mhz;
    ret->nodes = (int)host->nodes_count;
    ret->sockets = (int)host->sockets_per_node;
    ret->cores = (int)host->cores_per_socket;
    ret->threads = (int)host->threads_per_core;
    return TRUE;
}

gboolean
virtcpu_handle_node_get_cells_free_memory(VirtCpuConnection *conn, const rpc_cells_args *args,
                                          rpc_cells_ret *ret, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(conn->driver);
    const unsigned start = (unsigned)args->start_cell;
    unsigned count;

    if (args->start_cell < 0 || start >= host->nodes->len || args->max_cells <= 0 ||
        args->max_cells > RPC_CELLS_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("start cell %d out of range (0-%u), or %d cells out of range (1-%d)"),
                          args->start_cell, host->nodes->len - 1, args->max_cells, RPC_CELLS_MAX);
        return FALSE;
    }
    count = MIN((unsigned)args->max_cells, host->nodes->len - start);
    ret->cells.cells_val = g_new0(guint64, count);
    ret->cells.cells_len = count;
    for (unsigned i = 0; i < count; i++) {
        const VirtCpuHostNode *node = host->nodes->pdata[start + i];

        ret->cells.cells_val[i] = virtcpu_host_node_free_memory(host, node->id);
    }
    return TRUE;
}

gboolean
virtcpu_handle_node_get_free_memory(VirtCpuConnection *conn, rpc_hyper_ret *ret, GError **error)
{
    ret->value = virtcpu_host_free_memory(virtcpu_driver_host(conn->driver));
    return TRUE;
}

gboolean
virtcpu_handle_node_get_cpu_map(VirtCpuConnection *conn, const rpc_cpu_map_args *args,
                                rpc_cpu_map_ret *ret, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(conn->driver);
    const unsigned count = MIN(host->cpus->len, RPC_CPUMAP_MAX * 8u);
    unsigned online = 0;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virNodeGetCPUMap", error)) {
        return FALSE;
    }
    if (args->need_map) {
        ret->map.map_len = (count + 7) / 8;
        ret->map.map_val = g_malloc0(ret->map.map_len);
    }
    for (unsigned i = 0; i < count; i++) {
        const VirtCpuHostCpu *cpu = host->cpus->pdata[i];

        if (cpu->online) {
            online++;
            if (args->need_map && cpu->id < count) {
                ret->map.map_val[cpu->id / 8] |= (char)(1u << (cpu->id % 8));
            }
        }
    }
    ret->online = args->need_online ? online : 0;
    ret->count = (int)count;
    return TRUE;
}

static void
add_stat(rpc_node_stats_ret *ret, const char *field, guint64 value)
{
    rpc_node_stat *stat = &ret->stats.stats_val[ret->stats.stats_len++];

    stat->field = g_strdup(field);
    stat->value = value;
}

/* Room for @count statistics when @asked for as many. TRUE with @answer unset when it is only asked
 * how many there are. FALSE with @error set for another number. */
static gboolean
begin_stats(rpc_node_stats_ret *ret, int asked, int count, const char *function, gboolean *answer,
            GError **error)
{
    *answer = asked != 0;
    if (asked == 0) {
        ret->count = count;
        return TRUE;
    }
    if (asked != count) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("nparams in %s must be equal to %d"),
                          function, count);
        return FALSE;
    }
    ret->stats.stats_val = g_new0(rpc_node_stat, count);
    return TRUE;
}

gboolean
virtcpu_handle_node_get_cpu_stats(VirtCpuConnection *conn, const rpc_node_cpu_stats_args *args,
                                  rpc_node_stats_ret *ret, GError **error)
{
    VirtCpuHostCpuTimes times;
    gboolean answer;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virNodeGetCPUStats", error) ||
        !begin_stats(ret, args->count, CPU_STATS, "virNodeGetCPUStats", &answer, error)) {
        return FALSE;
    }
    if (!answer) {
        return TRUE;
    }
    if (args->cpu < -1 ||
        !virtcpu_host_cpu_times(virtcpu_driver_host(conn->driver), args->cpu, &times)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Invalid cpuNum in %s"),
                          "virNodeGetCPUStats");
        return FALSE;
    }
    add_stat(ret, "kernel", times.kernel_ns);
    add_stat(ret, "user", times.user_ns);
    add_stat(ret, "idle", times.idle_ns);
    add_stat(ret, "iowait", times.iowait_ns);
    return TRUE;
}

gboolean
virtcpu_handle_node_get_memory_stats(VirtCpuConnection *conn,
                                     const rpc_node_memory_stats_args *args,
                                     rpc_node_stats_ret *ret, GError **error)
{
    const gboolean whole = args->cell == -1;
    VirtCpuHostMemory memory;
    gboolean answer;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virNodeGetMemoryStats", error) ||
        !begin_stats(ret, args->count, whole ? MEMORY_STATS : CELL_MEMORY_STATS,
                     "virNodeGetMemoryStats", &answer, error)) {
        return FALSE;
    }
    if (!virtcpu_host_memory(virtcpu_driver_host(conn->driver), args->cell, &memory)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("there is no NUMA cell %d"),
                          args->cell);
        return FALSE;
    }
    if (answer) {
        add_stat(ret, "total", memory.total);
        add_stat(ret, "free", memory.free);
    }
    if (answer && whole) {
        add_stat(ret, "buffers", memory.buffers);
        add_stat(ret, "cached", memory.cached);
    }
    return TRUE;
}

gboolean
virtcpu_handle_node_get_security_model(VirtCpuConnection *conn, rpc_security_model_ret *ret,
                                       GError **error)
{
    ret->model.model_val = g_strdup("none");
    ret->model.model_len = sizeof("none");
    ret->doi.doi_val = g_strdup("0");
    ret->doi.doi_len = sizeof("0");
    return TRUE;
}
