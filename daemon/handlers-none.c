/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks, storage, interfaces, devices, filters, secrets, snapshots: virtcpud has
 * none of them, and says so where clients ask on their way to a domain. Zeroed results say "none".
 */
#include "daemon/handler.h"

gboolean
virtcpu_handle_connect_num_of_networks(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_networks(VirtCpuConnection *conn, const rpc_int_args *args,
                                     rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_defined_networks(VirtCpuConnection *conn, rpc_int_ret *ret,
                                               GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_defined_networks(VirtCpuConnection *conn, const rpc_int_args *args,
                                             rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_storage_pools(VirtCpuConnection *conn, rpc_int_ret *ret,
                                            GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_storage_pools(VirtCpuConnection *conn, const rpc_int_args *args,
                                          rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_defined_storage_pools(VirtCpuConnection *conn, rpc_int_ret *ret,
                                                    GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_defined_storage_pools(VirtCpuConnection *conn, const rpc_int_args *args,
                                                  rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_interfaces(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_interfaces(VirtCpuConnection *conn, const rpc_int_args *args,
                                       rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_defined_interfaces(VirtCpuConnection *conn, rpc_int_ret *ret,
                                                 GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_defined_interfaces(VirtCpuConnection *conn, const rpc_int_args *args,
                                               rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_secrets(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_secrets(VirtCpuConnection *conn, const rpc_int_args *args,
                                    rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_num_of_nwfilters(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_nwfilters(VirtCpuConnection *conn, const rpc_int_args *args,
                                      rpc_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_storage_pools(VirtCpuConnection *conn, const rpc_list_args *args,
                                              rpc_named_list_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_networks(VirtCpuConnection *conn, const rpc_list_args *args,
                                         rpc_named_list_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_nwfilters(VirtCpuConnection *conn, const rpc_list_args *args,
                                          rpc_named_list_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_interfaces(VirtCpuConnection *conn, const rpc_list_args *args,
                                           rpc_interfaces_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_node_devices(VirtCpuConnection *conn, const rpc_list_args *args,
                                             rpc_node_devices_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_secrets(VirtCpuConnection *conn, const rpc_list_args *args,
                                        rpc_secrets_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_node_num_of_devices(VirtCpuConnection *conn, const rpc_node_devices_num_args *args,
                                   rpc_int_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_node_list_devices(VirtCpuConnection *conn, const rpc_node_devices_names_args *args,
                                 rpc_node_devices_names_ret *ret, GError **error)
{
    return TRUE;
}

gboolean
virtcpu_handle_connect_list_all_nwfilter_bindings(VirtCpuConnection *conn,
                                                  const rpc_list_args *args,
                                                  rpc_interfaces_ret *ret, GError **error)
{
    return TRUE;
}

/* What a domain has none of is still asked of a domain that must exist. */
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
