/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing a connection, and what it is connected to. */
#include "daemon/handler.h"

/* virConnectOpen's flags: read-only; aliases are the client's own affair. An unprivileged client's
 * remote driver sends along that it would have started a session's daemon itself. */
#define OPEN_READ_ONLY  1u
#define OPEN_NO_ALIASES 2u
#define OPEN_AUTOSTART  4u

/* Clients gate what they ask for on this: the libvirt whose protocol and semantics are served. */
#define LIBVIRT_LEVEL 9000000u

#define AUTH_NONE 0

/* virDrvFeature; what is not listed is answered 0. */
enum {
    FEATURE_MIGRATION_P2P = 4,
    FEATURE_MIGRATION_V3 = 6,
    FEATURE_CHANGE_PROTECTION = 7,
    FEATURE_FD_PASSING = 8,
    FEATURE_TYPED_PARAM_STRING = 9,
    FEATURE_KEEPALIVE = 10,
    FEATURE_XML_MIGRATABLE = 11,
    FEATURE_MIGRATION_OFFLINE = 12,
    FEATURE_MIGRATION_PARAMS = 13,
    FEATURE_EVENT_CALLBACK = 14,
    FEATURE_CLOSE_CALLBACK = 15,
};

gboolean
virtcpu_handle_auth_list(VirtCpuConnection *conn, rpc_auth_list_ret *ret, GError **error)
{
    /* who may reach the socket is decided by its permissions */
    ret->types.types_val = g_new0(int, 1);
    ret->types.types_val[0] = AUTH_NONE;
    ret->types.types_len = 1;
    if (virtcpu_rpc_client_stage(conn->client) == VIRTCPU_RPC_STAGE_ANY) {
        virtcpu_rpc_client_set_stage(conn->client, VIRTCPU_RPC_STAGE_AUTHENTICATED);
    }
    return TRUE;
}

static gboolean
check_uri(const char *text, GError **error)
{
    g_autofree char *scheme = NULL;
    g_autofree char *host = NULL;
    g_autofree char *path = NULL;

    if (text == NULL || text[0] == '\0') {
        return TRUE;
    }
    if (!g_uri_split(text, G_URI_FLAGS_NONE, &scheme, NULL, &host, NULL, &path, NULL, NULL, NULL) ||
        g_strcmp0(scheme, "qemu") != 0 || (host != NULL && host[0] != '\0')) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_CONNECT, _("No connection driver available for %s"),
                          text);
        return FALSE;
    }
    if (!g_str_equal(path, "/system") && !g_str_equal(path, "/session")) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR,
                          _("unexpected QEMU URI path '%s', try qemu:///system"), path);
        return FALSE;
    }
    return TRUE;
}

gboolean
virtcpu_handle_connect_open(VirtCpuConnection *conn, const rpc_connect_open_args *args,
                            GError **error)
{
    if (virtcpu_rpc_client_stage(conn->client) == VIRTCPU_RPC_STAGE_OPEN) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("connection already open"));
        return FALSE;
    }
    if (!virtcpu_handler_check_flags(args->flags, OPEN_READ_ONLY | OPEN_NO_ALIASES | OPEN_AUTOSTART,
                                     "virConnectOpen", error) ||
        !check_uri(virtcpu_handler_text(args->name), error)) {
        return FALSE;
    }
    if ((args->flags & OPEN_READ_ONLY) != 0) {
        virtcpu_rpc_client_set_read_only(conn->client);
    }
    virtcpu_rpc_client_set_stage(conn->client, VIRTCPU_RPC_STAGE_OPEN);
    return TRUE;
}

gboolean
virtcpu_handle_connect_close(VirtCpuConnection *conn, GError **error)
{
    virtcpu_rpc_client_finish(conn->client);
    return TRUE;
}

gboolean
virtcpu_handle_connect_supports_feature(VirtCpuConnection *conn, const rpc_int_args *args,
                                        rpc_int_ret *ret, GError **error)
{
    if (args->value != FEATURE_KEEPALIVE &&
        virtcpu_rpc_client_stage(conn->client) != VIRTCPU_RPC_STAGE_OPEN) {
        virtcpu_error_set(error, VIRTCPU_ERR_INTERNAL_ERROR, _("hypervisor connection not open"));
        return FALSE;
    }
    switch (args->value) {
    case FEATURE_KEEPALIVE:
        virtcpu_rpc_client_start_keepalive(conn->client);
        ret->value = 1;
        break;
    case FEATURE_FD_PASSING:
    case FEATURE_MIGRATION_P2P:
    case FEATURE_MIGRATION_V3:
    case FEATURE_CHANGE_PROTECTION:
    case FEATURE_TYPED_PARAM_STRING:
    case FEATURE_XML_MIGRATABLE:
    case FEATURE_MIGRATION_OFFLINE:
    case FEATURE_MIGRATION_PARAMS:
    case FEATURE_EVENT_CALLBACK:
    case FEATURE_CLOSE_CALLBACK:
        ret->value = 1;
        break;
    default:
        ret->value = 0;
        break;
    }
    return TRUE;
}

gboolean
virtcpu_handle_connect_register_close_callback(VirtCpuConnection *conn, GError **error)
{
    if (conn->close_callback) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("A close callback is already registered"));
        return FALSE;
    }
    conn->close_callback = TRUE;
    return TRUE;
}

gboolean
virtcpu_handle_connect_unregister_close_callback(VirtCpuConnection *conn, GError **error)
{
    if (!conn->close_callback) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID,
                          _("A different callback was requested"));
        return FALSE;
    }
    conn->close_callback = FALSE;
    return TRUE;
}

gboolean
virtcpu_handle_connect_get_type(VirtCpuConnection *conn, rpc_text_ret *ret, GError **error)
{
    ret->text = g_strdup("QEMU");
    return TRUE;
}

gboolean
virtcpu_handle_connect_get_version(VirtCpuConnection *conn, rpc_hyper_ret *ret, GError **error)
{
    guint64 version = 0;
    const gboolean known = virtcpu_driver_version(conn->driver, &version, error);

    ret->value = version;
    return known;
}

gboolean
virtcpu_handle_connect_get_lib_version(VirtCpuConnection *conn, rpc_hyper_ret *ret, GError **error)
{
    ret->value = LIBVIRT_LEVEL;
    return TRUE;
}

gboolean
virtcpu_handle_connect_get_hostname(VirtCpuConnection *conn, rpc_text_ret *ret, GError **error)
{
    const char *hostname = virtcpu_driver_host(conn->driver)->hostname;

    if (hostname == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_HOSTNAME, _("The kernel does not say."));
        return FALSE;
    }
    ret->text = g_strdup(hostname);
    return TRUE;
}

gboolean
virtcpu_handle_connect_get_uri(VirtCpuConnection *conn, rpc_text_ret *ret, GError **error)
{
    ret->text = g_strdup(conn->privileged ? "qemu:///system" : "qemu:///session");
    return TRUE;
}

gboolean
virtcpu_handle_connect_is_secure(VirtCpuConnection *conn, rpc_int_ret *ret, GError **error)
{
    /* a UNIX socket does not leave the machine */
    ret->value = 1;
    return TRUE;
}
