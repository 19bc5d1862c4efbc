/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Definitions: made, read, forgotten. */
#include "daemon/handler.h"
#include "drivers/qemu/driver-arrival.h"

#define DEFINE_VALIDATE 1u
/* virDomainUndefineFlags: up to KEEP_TPM. */
#define UNDEFINE_ALL 0x7fu
/* virDomainXMLFlags: SECURE, INACTIVE, UPDATE_CPU, MIGRATABLE. */
#define XML_SECURE     1u
#define XML_MIGRATABLE 8u
#define XML_ALL        0xfu

static gboolean
define(VirtCpuConnection *conn, const char *xml, unsigned flags, rpc_domain_ret *ret,
       GError **error)
{
    return virtcpu_handler_take_ref(
        virtcpu_driver_define(conn->driver, xml, (flags & DEFINE_VALIDATE) != 0, error), &ret->dom);
}

gboolean
virtcpu_handle_domain_define_xml(VirtCpuConnection *conn, const rpc_text_args *args,
                                 rpc_domain_ret *ret, GError **error)
{
    return define(conn, args->text, 0, ret, error);
}

gboolean
virtcpu_handle_domain_define_xml_flags(VirtCpuConnection *conn, const rpc_text_flags_args *args,
                                       rpc_domain_ret *ret, GError **error)
{
    return virtcpu_handler_check_flags(args->flags, DEFINE_VALIDATE, "virDomainDefineXMLFlags",
                                       error) &&
           define(conn, args->text, args->flags, ret, error);
}

gboolean
virtcpu_handle_domain_undefine(VirtCpuConnection *conn, const rpc_domain_args *args, GError **error)
{
    return virtcpu_driver_undefine(conn->driver, virtcpu_handler_uuid(&args->dom), 0, error);
}

gboolean
virtcpu_handle_domain_undefine_flags(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                     GError **error)
{
    return virtcpu_handler_check_flags(args->flags, UNDEFINE_ALL, "virDomainUndefineFlags",
                                       error) &&
           virtcpu_driver_undefine(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags,
                                   error);
}

static gboolean
check_xml_flags(const VirtCpuConnection *conn, unsigned flags, GError **error)
{
    if (!virtcpu_handler_check_flags(flags, XML_ALL, "virDomainGetXMLDesc", error)) {
        return FALSE;
    }
    if ((flags & (XML_SECURE | XML_MIGRATABLE)) != 0 &&
        virtcpu_rpc_client_is_read_only(conn->client)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_DENIED,
                          _("virDomainGetXMLDesc with secure flag"));
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_handle_domain_get_xml_desc(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                   rpc_text_ret *ret, GError **error)
{
    return check_xml_flags(conn, args->flags, error) &&
           virtcpu_handler_take_text(virtcpu_driver_xml(conn->driver,
                                                        virtcpu_handler_uuid(&args->dom),
                                                        args->flags, error),
                                     &ret->text);
}

/* Errors are a worker's to tell. */
gboolean
virtcpu_peek_domain_get_xml_desc(VirtCpuConnection *conn, const rpc_domain_flags_args *args,
                                 rpc_text_ret *ret)
{
    return check_xml_flags(conn, args->flags, NULL) &&
           virtcpu_handler_take_text(
               virtcpu_driver_xml_peek(conn->driver, virtcpu_handler_uuid(&args->dom), args->flags),
               &ret->text);
}

gboolean
virtcpu_handle_domain_set_autostart(VirtCpuConnection *conn, const rpc_domain_int_args *args,
                                    GError **error)
{
    return virtcpu_driver_set_autostart(conn->driver, virtcpu_handler_uuid(&args->dom),
                                        args->value != 0, error);
}

/* What a <domain>, or a question about one, can be turned into. */
static const struct {
    const char *format;
    char *(*make)(VirtCpuDriver *driver, const char *xml, GError **error);
} native_formats[] = {
    { "qemu-argv", virtcpu_driver_native_argv },
    { VIRTCPU_ARRIVAL_FORMAT, virtcpu_driver_answer_arrival },
    { VIRTCPU_PASSPORT_FORMAT, virtcpu_driver_passport_text },
};

gboolean
virtcpu_handle_connect_domain_xml_to_native(VirtCpuConnection *conn, const rpc_to_native_args *args,
                                            rpc_text_ret *ret, GError **error)
{
    if (!virtcpu_handler_check_flags(args->flags, 0, "virConnectDomainXMLToNative", error)) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(native_formats); i++) {
        if (g_str_equal(args->format, native_formats[i].format)) {
            return virtcpu_handler_take_text(native_formats[i].make(conn->driver, args->xml, error),
                                             &ret->text);
        }
    }
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("unsupported config type %s"),
                      args->format);
    return FALSE;
}
