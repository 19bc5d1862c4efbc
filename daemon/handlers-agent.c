/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only an agent in the guest could do or tell: virtcpud does not talk to one. */
#include "daemon/handler.h"
#include "drivers/qemu/input.h"

/* virNodeSuspendTarget. */
#define SUSPEND_TARGET_LAST 3

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
virtcpu_handle_qemu_domain_agent_command(VirtCpuConnection *conn,
                                         const rpc_agent_command_args *args, rpc_opt_text_ret *ret,
                                         GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainQemuAgentCommand", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_fsfreeze(VirtCpuConnection *conn, const rpc_fsfreeze_args *args,
                               rpc_int_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainFSFreeze", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_fsthaw(VirtCpuConnection *conn, const rpc_fsfreeze_args *args,
                             rpc_int_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainFSThaw", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_fstrim(VirtCpuConnection *conn, const rpc_fstrim_args *args, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainFSTrim", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_set_user_password(VirtCpuConnection *conn, const rpc_user_password_args *args,
                                        GError **error)
{
    /* virDomainSetUserPasswordFlags: ENCRYPTED */
    return virtcpu_handler_check_flags(args->flags, 1, "virDomainSetUserPassword", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_set_guest_vcpus(VirtCpuConnection *conn, const rpc_vcpu_switch_args *args,
                                      GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainSetGuestVcpus", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_authorized_ssh_keys_get(VirtCpuConnection *conn,
                                              const rpc_ssh_keys_get_args *args,
                                              rpc_ssh_keys_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, 0, "virDomainAuthorizedSSHKeysGet", error) &&
           refuse_agent(conn, &args->dom, error);
}

gboolean
virtcpu_handle_domain_authorized_ssh_keys_set(VirtCpuConnection *conn,
                                              const rpc_ssh_keys_set_args *args, GError **error)
{
    /* virDomainAuthorizedSSHKeysSetFlags: APPEND, REMOVE */
    return virtcpu_handler_check_flags(args->flags, 3, "virDomainAuthorizedSSHKeysSet", error) &&
           refuse_agent(conn, &args->dom, error);
}
