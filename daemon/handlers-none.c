/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain has none of, such as snapshots: virtcpud says so where clients ask on their way to
 * a domain. Zeroed results say "none"; the domain must exist all the same. */
#include "daemon/handler.h"

static gboolean
domain_exists(const VirtCpuConnection *conn, const rpc_domain *dom, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    return virtcpu_handler_info(conn, dom, &info, error);
}

gboolean
virtcpu_handle_domain_snapshot_num(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                   rpc_int_ret *ret, GError **error)
{
    return domain_exists(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_has_current_snapshot(VirtCpuConnection *conn,
                                           const rpc_domain_flags_args *args, rpc_int_ret *ret,
                                           GError **error)
{
    return domain_exists(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_list_all_snapshots(VirtCpuConnection *conn, const rpc_domain_list_args *args,
                                         rpc_snapshots_ret *ret, GError **error)
{
    return domain_exists(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_list_all_checkpoints(VirtCpuConnection *conn,
                                           const rpc_domain_list_args *args, rpc_snapshots_ret *ret,
                                           GError **error)
{
    return domain_exists(conn, &args->dom, error);
}
