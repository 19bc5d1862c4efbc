/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking up what virtcpud has none of (networks, interfaces, node devices, filters, secrets,
 * snapshots, checkpoints) finds nothing, in the words that clients wait for; events of it never
 * come. */
#include "daemon/handler.h"

static gboolean not_found(GError **error, VirtCpuErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean
not_found(GError **error, VirtCpuErrorCode code, const char *format, ...)
{
    va_list args;
    g_autofree char *text = NULL;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    virtcpu_error_set(error, code, "%s", text);
    return FALSE;
}

static gboolean
no_network(const char *name, GError **error)
{
    return not_found(error, VIRTCPU_ERR_NO_NETWORK, _("no network with matching name '%s'"), name);
}

gboolean
virtcpu_handle_network_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                      rpc_named_ret *ret, GError **error)
{
    return no_network(args->text, error);
}

gboolean
virtcpu_handle_network_lookup_by_uuid(VirtCpuConnection *conn, const rpc_uuid_args *args,
                                      rpc_named_ret *ret, GError **error)
{
    g_autofree char *uuid = virtcpu_uuid_to_string((const guint8 *)args->uuid);

    return not_found(error, VIRTCPU_ERR_NO_NETWORK, _("no network with matching uuid '%s'"), uuid);
}

gboolean
virtcpu_handle_network_get_xml_desc(VirtCpuConnection *conn, const rpc_named_flags_args *args,
                                    rpc_text_ret *ret, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_get_autostart(VirtCpuConnection *conn, const rpc_named_args *args,
                                     rpc_int_ret *ret, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_is_active(VirtCpuConnection *conn, const rpc_named_args *args,
                                 rpc_int_ret *ret, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_is_persistent(VirtCpuConnection *conn, const rpc_named_args *args,
                                     rpc_int_ret *ret, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_create(VirtCpuConnection *conn, const rpc_named_args *args, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_destroy(VirtCpuConnection *conn, const rpc_named_args *args, GError **error)
{
    return no_network(args->object.name, error);
}

gboolean
virtcpu_handle_network_undefine(VirtCpuConnection *conn, const rpc_named_args *args, GError **error)
{
    return no_network(args->object.name, error);
}

static gboolean
no_interface(const char *name, GError **error)
{
    return not_found(error, VIRTCPU_ERR_NO_INTERFACE, _("couldn't find interface named '%s'"),
                     name);
}

gboolean
virtcpu_handle_interface_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                        rpc_interface_ret *ret, GError **error)
{
    return no_interface(args->text, error);
}

gboolean
virtcpu_handle_interface_is_active(VirtCpuConnection *conn, const rpc_interface_args *args,
                                   rpc_int_ret *ret, GError **error)
{
    return no_interface(args->interface.name, error);
}

static gboolean
no_device(const char *name, GError **error)
{
    return not_found(error, VIRTCPU_ERR_NO_NODE_DEVICE, _("no node device with matching name '%s'"),
                     name);
}

gboolean
virtcpu_handle_node_device_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                          rpc_node_device_ret *ret, GError **error)
{
    return no_device(args->text, error);
}

gboolean
virtcpu_handle_node_device_get_xml_desc(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                        rpc_text_ret *ret, GError **error)
{
    return no_device(args->text, error);
}

gboolean
virtcpu_handle_node_device_is_active(VirtCpuConnection *conn, const rpc_text_args *args,
                                     rpc_int_ret *ret, GError **error)
{
    return no_device(args->text, error);
}

gboolean
virtcpu_handle_nwfilter_lookup_by_name(VirtCpuConnection *conn, const rpc_text_args *args,
                                       rpc_named_ret *ret, GError **error)
{
    return not_found(error, VIRTCPU_ERR_NO_NWFILTER, _("no nwfilter with matching name '%s'"),
                     args->text);
}

gboolean
virtcpu_handle_secret_lookup_by_uuid(VirtCpuConnection *conn, const rpc_uuid_args *args,
                                     rpc_secret_ret *ret, GError **error)
{
    g_autofree char *uuid = virtcpu_uuid_to_string((const guint8 *)args->uuid);

    return not_found(error, VIRTCPU_ERR_NO_SECRET, _("no secret with matching uuid '%s'"), uuid);
}

/* Of a domain that must exist. */
static gboolean
no_snapshot(const VirtCpuConnection *conn, const rpc_domain *dom, const char *name, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    return virtcpu_handler_info(conn, dom, &info, error) &&
           not_found(error, VIRTCPU_ERR_NO_DOMAIN_SNAPSHOT,
                     _("no domain snapshot with matching name '%s'"), name);
}

gboolean
virtcpu_handle_domain_snapshot_lookup_by_name(VirtCpuConnection *conn,
                                              const rpc_snapshot_name_args *args,
                                              rpc_snapshot_ret *ret, GError **error)
{
    return no_snapshot(conn, &args->dom, args->name, error);
}

gboolean
virtcpu_handle_domain_snapshot_get_xml_desc(VirtCpuConnection *conn,
                                            const rpc_snapshot_flags_args *args, rpc_text_ret *ret,
                                            GError **error)
{
    return no_snapshot(conn, &args->snapshot.dom, args->snapshot.name, error);
}

gboolean
virtcpu_handle_domain_snapshot_current(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                       rpc_snapshot_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (virtcpu_handler_info(conn, &args->dom, &info, error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_DOMAIN_SNAPSHOT,
                          _("the domain does not have a current snapshot"));
    }
    return FALSE;
}

gboolean
virtcpu_handle_domain_revert_to_snapshot(VirtCpuConnection *conn,
                                         const rpc_snapshot_flags_args *args, GError **error)
{
    return no_snapshot(conn, &args->snapshot.dom, args->snapshot.name, error);
}

gboolean
virtcpu_handle_domain_snapshot_delete(VirtCpuConnection *conn, const rpc_snapshot_flags_args *args,
                                      GError **error)
{
    return no_snapshot(conn, &args->snapshot.dom, args->snapshot.name, error);
}

/* An event of what there is none of is registered for and never comes. */

gboolean
virtcpu_handle_connect_network_event_register_any(VirtCpuConnection *conn,
                                                  const rpc_named_event_args *args,
                                                  rpc_int_ret *ret, GError **error)
{
    ret->value = virtcpu_events_register_elsewhere(
        conn->events, conn->client, VIRTCPU_ELSEWHERE_NETWORK, args->event_id, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_connect_network_event_deregister_any(VirtCpuConnection *conn,
                                                    const rpc_int_args *args, GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}

gboolean
virtcpu_handle_connect_storage_pool_event_register_any(VirtCpuConnection *conn,
                                                       const rpc_named_event_args *args,
                                                       rpc_int_ret *ret, GError **error)
{
    ret->value = virtcpu_events_register_elsewhere(conn->events, conn->client,
                                                   VIRTCPU_ELSEWHERE_POOL, args->event_id, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_connect_storage_pool_event_deregister_any(VirtCpuConnection *conn,
                                                         const rpc_int_args *args, GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}

gboolean
virtcpu_handle_connect_node_device_event_register_any(VirtCpuConnection *conn,
                                                      const rpc_node_device_event_args *args,
                                                      rpc_int_ret *ret, GError **error)
{
    ret->value = virtcpu_events_register_elsewhere(
        conn->events, conn->client, VIRTCPU_ELSEWHERE_NODE_DEVICE, args->event_id, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_connect_node_device_event_deregister_any(VirtCpuConnection *conn,
                                                        const rpc_int_args *args, GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}

gboolean
virtcpu_handle_connect_secret_event_register_any(VirtCpuConnection *conn,
                                                 const rpc_secret_event_args *args,
                                                 rpc_int_ret *ret, GError **error)
{
    ret->value = virtcpu_events_register_elsewhere(conn->events, conn->client,
                                                   VIRTCPU_ELSEWHERE_SECRET, args->event_id, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_connect_secret_event_deregister_any(VirtCpuConnection *conn,
                                                   const rpc_int_args *args, GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}
