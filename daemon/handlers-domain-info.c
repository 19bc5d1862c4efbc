/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a domain is and how it does. */
#include "daemon/handler.h"

/* virDomainVcpuFlags, beside virDomainModificationImpact's. */
#define VCPU_MAXIMUM 4u
#define VCPU_GUEST   8u

/* virDomainControlState and virDomainControlErrorReason. */
#define CONTROL_JOB           1u
#define CONTROL_ERROR         3u
#define CONTROL_ERROR_MONITOR 2u

/* virDomainMessageType. */
#define MESSAGES_DEPRECATION 1u
#define MESSAGES_TAINTING    2u

gboolean
virtcpu_handle_domain_get_info(VirtCpuConnection *conn, const rpc_domain_args *args,
                               rpc_domain_info_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->state = (u_char)info.state;
    ret->max_memory_kib = info.max_memory_kib;
    ret->memory_kib = info.memory_kib;
    ret->vcpus = (u_short)MIN(info.vcpus, G_MAXUINT16);
    ret->cpu_time_ns = info.cpu_time_ns;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_state(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                rpc_state_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainGetState", error) ||
        !virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->state = (int)info.state;
    ret->reason = info.reason;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_max_memory(VirtCpuConnection *conn, const rpc_domain_args *args,
                                     rpc_hyper_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = info.max_memory_kib;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_max_vcpus(VirtCpuConnection *conn, const rpc_domain_args *args,
                                    rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = (int)info.max_vcpus;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_vcpus_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                      rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };
    const gboolean maximum = (args->flags & VCPU_MAXIMUM) != 0;
    gboolean config;

    if (!virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT | VCPU_MAXIMUM | VCPU_GUEST,
                                     "virDomainGetVcpusFlags", error)) {
        return FALSE;
    }
    if ((args->flags & VCPU_GUEST) != 0) {
        virtcpu_handler_refuse_agent(conn, &args->dom, "virDomainGetVcpusFlags", error);
        return FALSE;
    }
    if (!virtcpu_handler_info(conn, &args->dom, &info, error) ||
        !virtcpu_handler_choose_definition(&info, args->flags, &config, error)) {
        return FALSE;
    }
    if (config) {
        ret->value = (int)(maximum ? info.config_max_vcpus : info.config_vcpus);
    } else {
        ret->value = (int)(maximum ? info.max_vcpus : info.vcpus);
    }
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_os_type(VirtCpuConnection *conn, const rpc_domain_args *args,
                                  rpc_text_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->text = g_strdup("hvm");
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_autostart(VirtCpuConnection *conn, const rpc_domain_args *args,
                                    rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = info.autostart;
    return TRUE;
}

gboolean
virtcpu_handle_domain_is_active(VirtCpuConnection *conn, const rpc_domain_args *args,
                                rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = info.active;
    return TRUE;
}

gboolean
virtcpu_handle_domain_is_persistent(VirtCpuConnection *conn, const rpc_domain_args *args,
                                    rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = info.persistent;
    return TRUE;
}

gboolean
virtcpu_handle_domain_is_updated(VirtCpuConnection *conn, const rpc_domain_args *args,
                                 rpc_int_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->value = info.updated;
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_control_info(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                       rpc_control_info_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_check_flags(args->flags, 0, "virDomainGetControlInfo", error) ||
        !virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    if (!info.active) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, _("domain is not running"));
        return FALSE;
    }
    if (info.monitor_trouble) {
        ret->state = CONTROL_ERROR;
        ret->details = CONTROL_ERROR_MONITOR;
    } else if (info.has_operation) {
        ret->state = CONTROL_JOB;
        ret->state_time = info.operation_ms;
    }
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_messages(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                   rpc_messages_ret *ret, GError **error)
{
    g_auto(GStrv) messages = NULL;

    if (!virtcpu_handler_check_flags(args->flags, MESSAGES_DEPRECATION | MESSAGES_TAINTING,
                                     "virDomainGetMessages", error)) {
        return FALSE;
    }
    messages = virtcpu_driver_messages(conn->driver, virtcpu_handler_uuid(&args->dom), error);
    if (messages == NULL) {
        return FALSE;
    }
    /* none of ours is of the kinds that can be asked for alone */
    if (args->flags == 0) {
        ret->messages.messages_len = g_strv_length(messages);
        ret->messages.messages_val = g_steal_pointer(&messages);
    }
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_metadata(VirtCpuConnection *conn, const rpc_metadata_args *args,
                                   rpc_text_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, VIRTCPU_CHANGE_IMPACT, "virDomainGetMetadata",
                                       error) &&
           virtcpu_handler_take_text(
               virtcpu_driver_metadata(conn->driver, virtcpu_handler_uuid(&args->dom), args->type,
                                       virtcpu_handler_text(args->uri), args->flags, error),
               &ret->text);
}

gboolean
virtcpu_handle_domain_get_security_label(VirtCpuConnection *conn, const rpc_domain_args *args,
                                         rpc_security_label_ret *ret, GError **error)
{
    g_auto(VirtCpuDomainInfo) info = { 0 };

    if (!virtcpu_handler_info(conn, &args->dom, &info, error)) {
        return FALSE;
    }
    ret->label.label_val = g_strdup("");
    ret->label.label_len = sizeof("");
    return TRUE;
}
