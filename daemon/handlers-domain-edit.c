/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain's name and texts, and what a person at the machine would do. */
#include "daemon/handler.h"
#include "drivers/qemu/domain-edit.h"
#include "drivers/qemu/input.h"

/* virNodeSuspendTarget. */
#define SUSPEND_TARGET_LAST 3

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

/* ---- what only an agent in the guest could do or tell ---- */

/* These rows are for writers only. */
static gboolean
refuse_agent(const VirtCpuConnection *conn, const rpc_domain *dom, GError **error)
{
    virtcpu_driver_refuse_agent(conn->driver, virtcpu_handler_uuid(dom), error);
    return FALSE;
}

gboolean
virtcpu_handle_domain_pm_suspend_for_duration(VirtCpuConnection *conn,
                                              const rpc_pm_suspend_args *args, GError **error)
{
    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainPMSuspendForDuration", error)) {
        return FALSE;
    }
    if (args->duration != 0) {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("Duration not supported. Use 0 for now"));
        return FALSE;
    }
    if (args->target >= SUSPEND_TARGET_LAST) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("Unknown suspend target: %u"),
                          args->target);
        return FALSE;
    }
    return refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_get_hostname(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                   rpc_text_ret *ret, GError **error)
{
    /* virDomainGetHostnameFlags: LEASE asks networks, of which there are none; AGENT */
    if (!virtcpu_handler_check_flags(args->flags, 3, "virDomainGetHostname", error)) {
        return FALSE;
    }
    if (args->flags == 1) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_HOSTNAME, _("no hostname found for domain %s"),
                          args->dom.name);
        return FALSE;
    }
    return refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_get_time(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                               rpc_time_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainGetTime", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_set_time(VirtCpuConnection *conn, const rpc_set_time_args *args,
                               GError **error)
{
    /* virDomainSetTimeFlags: SYNC */
    return virtcpu_handler_check_flags(args->flags, 1, "virDomainSetTime", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_get_fsinfo(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                 rpc_fsinfo_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainGetFSInfo", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_get_guest_vcpus(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                      rpc_params_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainGetGuestVcpus", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_get_guest_info(VirtCpuConnection *conn, const rpc_guest_info_args *args,
                                     rpc_guest_info_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainGetGuestInfo", error) &&
           refuse_agent(conn, &args->dom, error);
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

gboolean
virtcpu_handle_qemu_domain_agent_command(VirtCpuConnection *conn,
                                         const rpc_agent_command_args *args, rpc_opt_text_ret *ret,
                                         GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainQemuAgentCommand", error) &&
           refuse_agent(conn, &args->dom, error);
}
