/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's name and texts, and what a person at the machine would do. */
#include "daemon/handler.h"
#include "drivers/qemu/domain-edit.h"
#include "drivers/qemu/input.h"

gboolean
virtcpu_handle_domain_rename(VirtCpuConnection *conn, const rpc_rename_args *args, rpc_int_ret *ret,
                             GError **error)
{
    const char *name = virtcpu_handler_text(args->new_name);

    if (name == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("new name is missing"));
        return FALSE;
    }
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainRename", error) &&
           virtcpu_driver_rename(conn->driver, virtcpu_handler_uuid(&args->dom), name, error);
}

gboolean
virtcpu_handle_domain_set_metadata(VirtCpuConnection *conn, const rpc_set_metadata_args *args,
                                   GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_EDIT_LIVE | VIRTCPU_EDIT_CONFIG,
                                       "virDomainSetMetadata", error) &&
           virtcpu_driver_set_metadata(conn->driver, virtcpu_handler_uuid(&args->dom), args->type,
                                       virtcpu_handler_text(args->metadata),
                                       virtcpu_handler_text(args->key),
                                       virtcpu_handler_text(args->uri), args->flags, error);
}

gboolean
virtcpu_handle_domain_send_key(VirtCpuConnection *conn, const rpc_send_key_args *args,
                               GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainSendKey", error) &&
           virtcpu_driver_send_keys(conn->driver, virtcpu_handler_uuid(&args->dom), args->codeset,
                                    args->hold_ms, args->keys.keys_val, args->keys.keys_len, error);
}

gboolean
virtcpu_handle_domain_inject_nmi(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                 GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainInjectNMI", error) &&
           virtcpu_driver_inject_nmi(conn->driver, virtcpu_handler_uuid(&args->dom), error);
}

gboolean
virtcpu_handle_domain_pm_wakeup(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainPMWakeup", error) &&
           virtcpu_driver_wake_up(conn->driver, virtcpu_handler_uuid(&args->dom), error);
}

gboolean
virtcpu_handle_domain_send_process_signal(VirtCpuConnection *conn,
                                          const rpc_process_signal_args *args, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (virtcpu_handler_info(conn, &args->dom, &info, error)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_SUPPORT, "%s", "virDomainSendProcessSignal");
    }
    return FALSE;
}
