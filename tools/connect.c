/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/connect.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/paths.h"

#include <sys/stat.h>
#include <unistd.h>

gboolean
tool_connect_is_given(const ToolConnect *connect)
{
    return connect->uri != NULL || connect->root != NULL;
}

/* The places of the daemon below @root, or of the local one (transfer full). */
static VirtCpuPaths *
find_paths(const char *root)
{
    VirtCpuPaths *paths = virtcpu_paths_new(root, geteuid() == 0);

    if (root == NULL && geteuid() != 0 && !g_file_test(paths->socket, G_FILE_TEST_EXISTS)) {
        virtcpu_paths_free(paths);
        paths = virtcpu_paths_new(NULL, TRUE);
    }
    return paths;
}

/* Whose daemon it is decides which kind of URI it answers to. */
static gboolean
is_privileged(const VirtCpuPaths *paths)
{
    struct stat info;

    return stat(paths->socket, &info) == 0 ? info.st_uid == 0 : geteuid() == 0;
}

char *
tool_connect_uri(const ToolConnect *connect)
{
    g_autoptr(VirtCpuPaths) paths = NULL;

    if (connect->uri != NULL) {
        return g_strdup(connect->uri);
    }
    paths = find_paths(connect->root);
    if (access(paths->socket, R_OK | W_OK) != 0 && access(paths->socket_ro, R_OK | W_OK) == 0) {
        g_free(paths->socket);
        paths->socket = g_strdup(paths->socket_ro);
    }
    return virtcpu_paths_uri(paths, is_privileged(paths));
}

/* The path of the socket that @text names, on this machine (transfer full). */
static char *
socket_of(const char *text, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    g_autoptr(GHashTable) query = NULL;
    const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : "";
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    const char *socket;

    if (!g_str_equal(scheme, "qemu") && !g_str_has_prefix(scheme, "qemu+")) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("'%s' is no URI of a QEMU driver."),
                          text);
        return NULL;
    }
    if ((host != NULL && host[0] != '\0') ||
        (!g_str_equal(scheme, "qemu") && !g_str_equal(scheme, "qemu+unix"))) {
        virtcpu_error_set(
            error, VIRTCPU_ERR_NO_SUPPORT,
            _("'%s' may be on another machine, and libvirt's protocol has no call for "
              "this: it goes over D-Bus, which stays on one machine. Run virtcpu "
              "there, over ssh for instance."),
            text);
        return NULL;
    }
    query = g_uri_parse_params(g_uri_get_query(uri) != NULL ? g_uri_get_query(uri) : "", -1, "&",
                               G_URI_PARAMS_NONE, NULL);
    socket = query != NULL ? g_hash_table_lookup(query, "socket") : NULL;
    if (socket == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("'%s' names libvirt's own daemon; name virtcpud's socket as in "
                            "qemu+unix:///system?socket=/run/virtcpu/virtcpud-sock"),
                          text);
    }
    return g_strdup(socket);
}

static gboolean
is_socket_of(const char *socket, const VirtCpuPaths *paths)
{
    return g_str_equal(socket, paths->socket) || g_str_equal(socket, paths->socket_ro);
}

/* The bus of the daemon that listens at @socket: one of its own is beside it. */
static char *
bus_of(const char *socket, GError **error)
{
    g_autoptr(VirtCpuPaths) system = virtcpu_paths_new(NULL, TRUE);
    g_autoptr(VirtCpuPaths) user = virtcpu_paths_new(NULL, FALSE);
    g_autofree char *folder = g_path_get_dirname(socket);
    g_autofree char *own = g_build_filename(folder, "bus", NULL);
    g_autofree char *escaped = g_dbus_address_escape_value(own);
    g_autoptr(GError) reason = NULL;
    char *address;

    if (!is_socket_of(socket, system) && !is_socket_of(socket, user)) {
        if (g_file_test(own, G_FILE_TEST_EXISTS)) {
            return g_strdup_printf("unix:path=%s", escaped);
        }
        virtcpu_error_set(error, VIRTCPU_ERR_NO_CONNECT,
                          _("there is no bus '%s' of a virtcpud beside its socket; is it running?"),
                          own);
        return NULL;
    }
    address = g_dbus_address_get_for_bus_sync(
        is_socket_of(socket, system) ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, NULL, &reason);
    if (address == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_CONNECT, "%s", reason->message);
    }
    return address;
}

char *
tool_connect_bus(const ToolConnect *connect, GError **error)
{
    g_autofree char *uri = tool_connect_uri(connect);
    g_autofree char *socket = socket_of(uri, error);

    return socket != NULL ? bus_of(socket, error) : NULL;
}

gboolean
tool_connect_check_offline(const ToolConnect *connect, const char *option, gboolean given,
                           GError **error)
{
    if (given && tool_connect_is_given(connect)) {
        virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG,
                          _("%s does not go together with asking a daemon."), option);
        return FALSE;
    }
    return TRUE;
}
