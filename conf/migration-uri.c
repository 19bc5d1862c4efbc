/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/migration-uri.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <string.h>
#include <sys/un.h>

void
virtcpu_migration_uri_free(VirtCpuMigrationUri *uri)
{
    if (uri == NULL) {
        return;
    }
    g_free(uri->host);
    g_free(uri->path);
    g_free(uri);
}

/* libvirt's own daemons answer "tcp:HOST:PORT", which is no hierarchical URI. */
static char *
add_slashes(const char *text)
{
    return g_str_has_prefix(text, "tcp:") && !g_str_has_prefix(text, "tcp://")
               ? g_strdup_printf("tcp://%s", text + strlen("tcp:"))
               : g_strdup(text);
}

static gboolean
refuse(const char *text, const char *why, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_INVALID_ARG, _("invalid migration URI '%s': %s"), text,
                      why);
    return FALSE;
}

/* A name or address without anything that could end an argument of QEMU's. */
static gboolean
is_host(const char *host)
{
    return host != NULL && host[0] != '\0' && strlen(host) <= 255 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%") ==
               strlen(host);
}

static gboolean
check_place(const VirtCpuMigrationUri *uri, const char *text, GError **error)
{
    if (uri->path == NULL) {
        return is_host(uri->host) || refuse(text, _("it has no host"), error);
    }
    if (uri->path[0] != '/' || uri->path[1] == '\0' || strchr(uri->path, ',') != NULL) {
        return refuse(text, _("it has no absolute path without a comma"), error);
    }
    return strlen(uri->path) < sizeof(((struct sockaddr_un *)NULL)->sun_path) ||
           refuse(text, _("its path is too long for a socket"), error);
}

VirtCpuMigrationUri *
virtcpu_migration_uri_parse(const char *text, GError **error)
{
    g_autoptr(VirtCpuMigrationUri) uri = g_new0(VirtCpuMigrationUri, 1);
    g_autofree char *slashed = add_slashes(text);
    g_autofree char *scheme = NULL;
    g_autofree char *host = NULL;
    g_autofree char *path = NULL;
    g_autoptr(GError) reason = NULL;
    gint port = -1;

    if (!g_uri_split(slashed, G_URI_FLAGS_NONE, &scheme, NULL, &host, &port, &path, NULL, NULL,
                     &reason) ||
        scheme == NULL) {
        (void)refuse(text, reason != NULL ? reason->message : _("it has no scheme"), error);
        return NULL;
    }
    if (g_str_equal(scheme, "tcp")) {
        uri->host = g_steal_pointer(&host);
        uri->port = port > 0 ? (guint)port : 0;
    } else if (g_str_equal(scheme, "unix")) {
        uri->path = g_steal_pointer(&path);
    } else {
        virtcpu_error_set(error, VIRTCPU_ERR_ARGUMENT_UNSUPPORTED,
                          _("unsupported scheme %s in migration URI %s"), scheme, text);
        return NULL;
    }
    return check_place(uri, text, error) ? g_steal_pointer(&uri) : NULL;
}

/* An IPv6 address needs its brackets. */
static char *
quote_host(const char *host)
{
    return strchr(host, ':') != NULL ? g_strdup_printf("[%s]", host) : g_strdup(host);
}

static char *
format(const VirtCpuMigrationUri *uri, const char *unix_prefix)
{
    g_autofree char *host = NULL;

    if (uri->path != NULL) {
        return g_strconcat(unix_prefix, uri->path, NULL);
    }
    host = quote_host(uri->host);
    return g_strdup_printf("tcp:%s:%u", host, uri->port);
}

char *
virtcpu_migration_uri_format(const VirtCpuMigrationUri *uri)
{
    return format(uri, "unix://");
}

char *
virtcpu_migration_uri_to_qemu(const VirtCpuMigrationUri *uri)
{
    return format(uri, "unix:");
}
