/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Registering for events, in the form with callback numbers and in the older one. */
#include "daemon/handler.h"

#define EVENT_LIFECYCLE 0

gboolean
virtcpu_handle_connect_domain_event_callback_register_any(VirtCpuConnection *conn,
                                                          const rpc_event_args *args,
                                                          rpc_int_ret *ret, GError **error)
{
    const guint8 *uuid = args->dom != NULL ? virtcpu_handler_uuid(args->dom) : NULL;

    ret->value =
        virtcpu_events_register(conn->events, conn->client, args->event_id, uuid, FALSE, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_connect_domain_event_callback_deregister_any(VirtCpuConnection *conn,
                                                            const rpc_int_args *args,
                                                            GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}

gboolean
virtcpu_handle_connect_domain_event_register_any(VirtCpuConnection *conn, const rpc_int_args *args,
                                                 GError **error)
{
    return virtcpu_events_register(conn->events, conn->client, args->value, NULL, TRUE, error) >= 0;
}

gboolean
virtcpu_handle_connect_domain_event_deregister_any(VirtCpuConnection *conn,
                                                   const rpc_int_args *args, GError **error)
{
    return virtcpu_events_deregister_legacy(conn->events, conn->client, args->value, error);
}

gboolean
virtcpu_handle_connect_domain_event_register(VirtCpuConnection *conn, rpc_int_ret *ret,
                                             GError **error)
{
    ret->value = 1;
    return virtcpu_events_register(conn->events, conn->client, EVENT_LIFECYCLE, NULL, TRUE,
                                   error) >= 0;
}

gboolean
virtcpu_handle_connect_domain_event_deregister(VirtCpuConnection *conn, rpc_int_ret *ret,
                                               GError **error)
{
    return virtcpu_events_deregister_legacy(conn->events, conn->client, EVENT_LIFECYCLE, error);
}
