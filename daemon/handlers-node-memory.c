/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's memory by the page, and what the kernel does to save it. */
#include "daemon/handler.h"
#include "daemon/rpc-params.h"

#define KSM_FOLDER "/sys/kernel/mm/ksm/"

gboolean
virtcpu_handle_connect_get_sysinfo(VirtCpuConnection *conn, const rpc_flags_args *args,
                                   rpc_text_ret *ret, GError **error)
{
    if (virtcpu_handler_check_flags(args->flags, 0, "virConnectGetSysinfo", error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_CONFIG_UNSUPPORTED,
                          _("Host SMBIOS information is not available"));
    }
    return FALSE;
}

gboolean
virtcpu_handle_node_get_sev_info(VirtCpuConnection *conn, const rpc_node_tuning_args *args,
                                 rpc_node_tuning_ret *ret, GError **error)
{
    /* clients send any count here */
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_UNSUPPORTED,
                      _("QEMU does not support SEV guest"));
    return FALSE;
}

/* What virsh node-memory-tune shows and the kernel's file for it. */
static const struct {
    const char *field, *file;
    gboolean is_setting; /* an unsigned number, else an unsigned long long */
} ksm_rows[] = {
    { "shm_pages_to_scan", "pages_to_scan", TRUE },
    { "shm_sleep_millisecs", "sleep_millisecs", TRUE },
    { "shm_pages_shared", "pages_shared", FALSE },
    { "shm_pages_sharing", "pages_sharing", FALSE },
    { "shm_pages_unshared", "pages_unshared", FALSE },
    { "shm_pages_volatile", "pages_volatile", FALSE },
    { "shm_full_scans", "full_scans", FALSE },
    { "shm_merge_across_nodes", "merge_across_nodes", TRUE },
};

/* A number that the kernel tells; FALSE when it does not. */
static gboolean
read_number(const char *path, guint64 *value)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return FALSE;
    }
    return g_ascii_string_to_unsigned(g_strstrip(text), 10, 0, G_MAXUINT64, value, NULL);
}

gboolean
virtcpu_handle_node_get_memory_parameters(VirtCpuConnection *conn, const rpc_node_tuning_args *args,
                                          rpc_node_tuning_ret *ret, GError **error)
{
    GArray *params;

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_RPC_PARAMS_TEXT,
                                     "virNodeGetMemoryParameters", error)) {
        return FALSE;
    }
    if (args->count == 0) {
        ret->count = G_N_ELEMENTS(ksm_rows);
        return TRUE;
    }
    params = virtcpu_rpc_params_new();
    for (gsize i = 0; i < G_N_ELEMENTS(ksm_rows); i++) {
        g_autofree char *path = g_strconcat(KSM_FOLDER, ksm_rows[i].file, NULL);
        guint64 value;

        if (!read_number(path, &value)) {
            continue;
        }
        if (ksm_rows[i].is_setting) {
            virtcpu_rpc_params_add_uint(params, ksm_rows[i].field, (unsigned)MIN(value, G_MAXUINT));
        } else {
            virtcpu_rpc_params_add_ullong(params, ksm_rows[i].field, value);
        }
    }
    ret->params.params_val = virtcpu_rpc_params_steal(params, &ret->params.params_len);
    return TRUE;
}

/* Free pages of @size_kib on the node with number @node; FALSE when it has none of that size. */
static gboolean
count_free(const VirtCpuHost *host, const VirtCpuHostNode *node, unsigned size_kib, guint64 *count)
{
    g_autofree char *path = NULL;

    for (guint i = 0; i < node->pages->len; i++) {
        if (g_array_index(node->pages, VirtCpuHostPages, i).size_kib != size_kib) {
            continue;
        }
        if (i == 0) { /* the ordinary ones */
            *count = virtcpu_host_node_free_memory(host, node->id) / 1024 / size_kib;
            return TRUE;
        }
        path = g_strdup_printf(
            "/sys/devices/system/node/node%u/hugepages/hugepages-%ukB/free_hugepages", node->id,
            size_kib);
        return read_number(path, count);
    }
    return FALSE;
}

gboolean
virtcpu_handle_node_get_free_pages(VirtCpuConnection *conn, const rpc_free_pages_args *args,
                                   rpc_free_pages_ret *ret, GError **error)
{
    const VirtCpuHost *host = virtcpu_driver_host(conn->driver);
    const guint first = (guint)MAX(args->start_cell, 0);
    const guint wanted = MIN(args->cells, (u_int)RPC_CELLS_MAX);
    const u_int sizes = args->sizes_kib.sizes_kib_len;

    if (!virtcpu_handler_check_flags(args->flags, 0, "virNodeGetFreePages", error)) {
        return FALSE;
    }
    if (args->start_cell < -1 || first >= host->nodes->len) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("start cell %d out of range (0-%u)"),
                          args->start_cell, host->nodes->len - 1);
        return FALSE;
    }
    ret->counts.counts_val = g_new0(u_quad_t, RPC_CELLS_MAX);
    for (guint cell = first; cell < host->nodes->len && cell - first < wanted; cell++) {
        for (u_int i = 0; i < sizes && ret->counts.counts_len < RPC_CELLS_MAX; i++) {
            guint64 count = 0;

            if (!count_free(host, g_ptr_array_index(host->nodes, cell),
                            args->sizes_kib.sizes_kib_val[i], &count)) {
                virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                                  _("page size %u is not available on node %u"),
                                  args->sizes_kib.sizes_kib_val[i], cell);
                return FALSE;
            }
            ret->counts.counts_val[ret->counts.counts_len++] = count;
        }
    }
    return TRUE;
}
