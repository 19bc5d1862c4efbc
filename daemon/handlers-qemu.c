/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's monitor, passed through. */
#include "daemon/handler.h"

#define MONITOR_HMP 1u

gboolean
virtcpu_handle_qemu_domain_monitor_command(VirtCpuConnection *conn,
                                           const rpc_monitor_command_args *args, rpc_text_ret *ret,
                                           GError **error)
{
    return virtcpu_handler_check_flags(args->flags, MONITOR_HMP, "virDomainQemuMonitorCommand",
                                       error) &&
           virtcpu_handler_take_text(virtcpu_driver_monitor_command(
                                         conn->driver, virtcpu_handler_uuid(&args->dom),
                                         args->command, (args->flags & MONITOR_HMP) != 0, error),
                                     &ret->text);
}

gboolean
virtcpu_handle_qemu_connect_domain_monitor_event_register(VirtCpuConnection *conn,
                                                          const rpc_qemu_event_args *args,
                                                          rpc_int_ret *ret, GError **error)
{
    const guint8 *uuid = args->dom != NULL ? virtcpu_handler_uuid(args->dom) : NULL;

    if (!virtcpu_handler_check_flags(args->flags,
                                     VIRTCPU_QMP_EVENT_REGEX | VIRTCPU_QMP_EVENT_NOCASE,
                                     "virConnectDomainQemuMonitorEventRegister", error)) {
        return FALSE;
    }
    ret->value = virtcpu_events_register_qmp(
        conn->events, conn->client, virtcpu_handler_text(args->event), args->flags, uuid, error);
    return ret->value >= 0;
}

gboolean
virtcpu_handle_qemu_connect_domain_monitor_event_deregister(VirtCpuConnection *conn,
                                                            const rpc_int_args *args,
                                                            GError **error)
{
    return virtcpu_events_deregister(conn->events, conn->client, args->value, error);
}
