/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus.h"

#include "conf/i18n.h"
#include "daemon/dbus-private.h"

/* How often a bus that is not there is looked for. */
#define RETRY_SECONDS 30

struct _VirtCpuDbus {
    VirtCpuDbusKind kind;
    VirtCpuDbusServiceConfig config;
    char *uri;
    VirtCpuDbusPrivate *bus; /* kind PRIVATE only */
    GCancellable *cancel;    /* of connecting */
    GDBusConnection *connection;
    gulong closed_handler;
    guint name, retry;
    VirtCpuDbusService *service;
    guint64 total_before; /* of services that are gone */
};

static void connect_bus(VirtCpuDbus *dbus);

static gboolean
try_again(gpointer data)
{
    VirtCpuDbus *dbus = data;

    dbus->retry = 0;
    connect_bus(dbus);
    return G_SOURCE_REMOVE;
}

/* A bus of our own tells when it is started anew. */
static void
try_again_later(VirtCpuDbus *dbus)
{
    if (dbus->kind != VIRTCPU_DBUS_PRIVATE && dbus->retry == 0) {
        dbus->retry = g_timeout_add_seconds(RETRY_SECONDS, try_again, dbus);
    }
}

/* The main loop may run in here: nothing of the connection is left to be found by then. */
static void
leave(VirtCpuDbus *dbus)
{
    g_autoptr(GDBusConnection) connection = g_steal_pointer(&dbus->connection);
    g_autoptr(VirtCpuDbusService) service = g_steal_pointer(&dbus->service);

    if (connection == NULL) {
        return;
    }
    g_signal_handler_disconnect(connection, dbus->closed_handler);
    g_clear_handle_id(&dbus->name, g_bus_unown_name);
    dbus->total_before += virtcpu_dbus_service_total(service);
}

static void
bus_lost(GDBusConnection *connection, gboolean remote_peer_vanished, GError *reason, gpointer data)
{
    VirtCpuDbus *dbus = data;

    g_message(_("The connection to the bus is lost: %s"),
              reason != NULL ? reason->message : _("it was closed"));
    leave(dbus);
    try_again_later(dbus);
}

static void
name_lost(GDBusConnection *connection, const char *name, gpointer data)
{
    if (!g_dbus_connection_is_closed(connection)) {
        g_message(_("The bus does not give the name '%s': another daemon has it, or the bus' "
                    "policy forbids it."),
                  name);
    }
}

static void
bus_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    VirtCpuDbus *dbus = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) connection =
        g_dbus_connection_new_for_address_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        return; /* and @dbus is gone */
    }
    if (connection == NULL) {
        g_info(_("There is no bus: %s"), error->message);
        try_again_later(dbus);
        return;
    }
    leave(dbus);
    dbus->service = virtcpu_dbus_service_new(connection, &dbus->config, &error);
    if (dbus->service == NULL) {
        g_warning(_("Cannot serve on the bus: %s"), error->message);
        return;
    }
    dbus->connection = g_steal_pointer(&connection);
    dbus->closed_handler = g_signal_connect(dbus->connection, "closed", G_CALLBACK(bus_lost), dbus);
    dbus->name = g_bus_own_name_on_connection(dbus->connection, VIRTCPU_DBUS_NAME,
                                              G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, NULL, name_lost,
                                              dbus, NULL);
}

/* Where the bus is (transfer full), or NULL with @error set. */
static char *
find_address(const VirtCpuDbus *dbus, GError **error)
{
    if (dbus->kind == VIRTCPU_DBUS_PRIVATE) {
        return g_strdup(virtcpu_dbus_private_address(dbus->bus));
    }
    return g_dbus_address_get_for_bus_sync(
        dbus->kind == VIRTCPU_DBUS_SYSTEM ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, NULL, error);
}

static void
connect_bus(VirtCpuDbus *dbus)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *address = find_address(dbus, &error);

    if (address == NULL) {
        g_info(_("There is no bus: %s"), error->message);
        try_again_later(dbus);
        return;
    }
    g_dbus_connection_new_for_address(address,
                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                          G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                      NULL, dbus->cancel, bus_connected, dbus);
}

static void
private_started(gpointer data)
{
    VirtCpuDbus *dbus = data;

    leave(dbus);
    connect_bus(dbus);
}

VirtCpuDbus *
virtcpu_dbus_new(VirtCpuDbusKind kind, const VirtCpuPaths *paths,
                 const VirtCpuDbusServiceConfig *config)
{
    VirtCpuDbus *dbus = g_new0(VirtCpuDbus, 1);
    g_autoptr(GError) error = NULL;

    dbus->kind = kind;
    dbus->uri = g_strdup(config->uri);
    dbus->config = *config;
    dbus->config.uri = dbus->uri;
    dbus->cancel = g_cancellable_new();
    if (kind != VIRTCPU_DBUS_PRIVATE) {
        connect_bus(dbus);
        return dbus;
    }
    dbus->bus =
        virtcpu_dbus_private_new(paths->run_dir, paths->log_dir, private_started, dbus, &error);
    if (dbus->bus == NULL) {
        g_message(_("There is no bus: %s"), error->message);
    }
    return dbus;
}

void
virtcpu_dbus_free(VirtCpuDbus *dbus)
{
    if (dbus == NULL) {
        return;
    }
    g_cancellable_cancel(dbus->cancel);
    g_clear_handle_id(&dbus->retry, g_source_remove);
    leave(dbus);
    virtcpu_dbus_private_free(dbus->bus);
    g_object_unref(dbus->cancel);
    g_free(dbus->uri);
    g_free(dbus);
}

unsigned
virtcpu_dbus_busy(const VirtCpuDbus *dbus)
{
    return dbus->service != NULL ? virtcpu_dbus_service_busy(dbus->service) : 0;
}

guint64
virtcpu_dbus_total(const VirtCpuDbus *dbus)
{
    return dbus->total_before +
           (dbus->service != NULL ? virtcpu_dbus_service_total(dbus->service) : 0);
}
