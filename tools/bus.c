/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bus.h"

#include "conf/error.h"
#include "conf/i18n.h"
#include "daemon/dbus-service.h"

#include <string.h>

/* The one call of this connection; the name is its own. */
#define JOB "virtcpu"

typedef struct {
    ToolBusProgressFunc progress;
    GMainLoop *loop;
    GVariant *reply;
    GError *error;
} Call;

static void
progressed(GDBusConnection *connection, const char *sender, const char *path, const char *interface,
           const char *signal, GVariant *parameters, gpointer data)
{
    const Call *call = data;
    const char *subject;
    guint done, total;
    gboolean failed;

    if (g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssuub)"))) {
        g_variant_get(parameters, "(&s&suub)", NULL, &subject, &done, &total, &failed);
        call->progress(subject, done, total, failed);
    }
}

static void
answered(GObject *source, GAsyncResult *result, gpointer data)
{
    Call *call = data;

    call->reply = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &call->error);
    g_main_loop_quit(call->loop);
}

/* Hand on the daemon's own words; the bus' are put into ours. */
static void
hand_on(GError *reason, const char *address, GError **error)
{
    g_autofree char *name = g_dbus_error_get_remote_error(reason);

    g_dbus_error_strip_remote_error(reason);
    if (g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
        g_error_matches(reason, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_CONNECT,
                          _("no virtcpud is on the bus at '%s': is it running?"), address);
        g_error_free(reason);
        return;
    }
    if (name == NULL) {
        g_prefix_error(&reason, "%s: ", address);
    }
    g_propagate_error(error, reason);
}

static GDBusConnection *
connect_to(const char *address, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GDBusConnection *connection =
        g_dbus_connection_new_for_address_sync(address,
                                               G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                   G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                               NULL, NULL, &reason);

    if (connection == NULL) {
        virtcpu_error_set(error, VIRTCPU_ERR_NO_CONNECT,
                          _("no virtcpud answers at '%s' (%s): is it running?"), address,
                          reason->message);
    }
    return connection;
}

/* @options with a name for the job (transfer full). */
static GVariant *
name_job(GVariant *options)
{
    g_autoptr(GVariant) owned = g_variant_ref_sink(options);
    g_auto(GVariantDict) dict;

    g_variant_dict_init(&dict, owned);
    g_variant_dict_insert(&dict, "job", "s", JOB);
    return g_variant_dict_end(&dict);
}

VirtCpuJson *
tool_bus_call(const ToolConnect *connect, const char *method, GVariant *options,
              ToolBusProgressFunc progress, GError **error)
{
    g_autoptr(GVariant) parameters =
        g_variant_ref_sink(g_variant_new("(@a{sv})", name_job(options)));
    g_autofree char *address = tool_connect_bus(connect, error);
    g_autoptr(GDBusConnection) connection = address != NULL ? connect_to(address, error) : NULL;
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(GVariant) reply = NULL;
    Call call = { .progress = progress, .loop = loop };
    const char *text;

    if (connection == NULL) {
        return NULL;
    }
    if (progress != NULL) {
        g_dbus_connection_signal_subscribe(connection, VIRTCPU_DBUS_NAME, VIRTCPU_DBUS_NAME,
                                           "Progress", VIRTCPU_DBUS_PATH, JOB,
                                           G_DBUS_SIGNAL_FLAGS_NONE, progressed, &call, NULL);
    }
    g_dbus_connection_call(connection, VIRTCPU_DBUS_NAME, VIRTCPU_DBUS_PATH, VIRTCPU_DBUS_NAME,
                           method, parameters, G_VARIANT_TYPE("(s)"),
                           G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, NULL,
                           answered, &call);
    g_main_loop_run(loop);
    reply = call.reply;
    if (reply == NULL) {
        hand_on(call.error, address, error);
        return NULL;
    }
    g_variant_get(reply, "(&s)", &text);
    return virtcpu_json_parse(text, -1, error);
}

void
tool_bus_add_text(GVariantDict *options, const char *name, const char *value)
{
    if (value != NULL) {
        g_variant_dict_insert(options, name, "s", value);
    }
}

/* @value as the daemon finds it from elsewhere (transfer full). */
static char *
make_absolute(const char *value)
{
    return strchr(value, '/') != NULL ? g_canonicalize_filename(value, NULL) : g_strdup(value);
}

void
tool_bus_add_qemu(GVariantDict *options, const char *name, const char *value)
{
    g_autofree char *path = value != NULL ? make_absolute(value) : NULL;

    tool_bus_add_text(options, name, path);
}

void
tool_bus_add_texts(GVariantDict *options, const char *name, char **values)
{
    if (values != NULL) {
        g_variant_dict_insert(options, name, "^as", values);
    }
}

void
tool_bus_add_qemus(GVariantDict *options, const char *name, char **values)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) paths = NULL;

    for (gsize i = 0; values != NULL && values[i] != NULL; i++) {
        g_autofree char *path = make_absolute(values[i]);

        g_strv_builder_add(builder, path);
    }
    paths = g_strv_builder_end(builder);
    tool_bus_add_texts(options, name, values != NULL ? paths : NULL);
}
