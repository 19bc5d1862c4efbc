/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dbus-rights.h"

#include "conf/error.h"
#include "conf/i18n.h"

#include <unistd.h>

#define POLKIT_NAME      "org.freedesktop.PolicyKit1"
#define POLKIT_PATH      "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

/* CheckAuthorizationFlags. */
#define ALLOW_USER_INTERACTION 1u

#define ANSWER_MS      5000
#define INTERACTIVE_MS 120000

typedef struct {
    char *action;
    VirtCpuDbusRightsFunc func;
    gpointer user_data;
} Question;

gboolean
virtcpu_dbus_rights_own(guint32 uid)
{
    return uid == 0 || uid == geteuid();
}

static void
set_refusal(const char *action, const char *why, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_ACCESS_DENIED,
                      _("This needs to be root, the daemon's own user, or an authorization by "
                        "polkit for '%s': %s"),
                      action, why);
}

/* @reply is (bba{ss}): authorized, may be by a challenge, details. */
static gboolean
is_authorized(const char *action, GVariant *reply, const GError *failure, GError **error)
{
    gboolean authorized = FALSE;
    gboolean challenge = FALSE;

    if (g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_ABORTED, _("The call was cancelled."));
        return FALSE;
    }
    if (reply == NULL) {
        set_refusal(action, failure->message, error);
        return FALSE;
    }
    g_variant_get(reply, "((bba{ss}))", &authorized, &challenge, NULL);
    if (!authorized) {
        set_refusal(action,
                    challenge ? _("it would need the user to authenticate") : _("it was refused"),
                    error);
    }
    return authorized;
}

static void
answered(GObject *source, GAsyncResult *result, gpointer data)
{
    Question *question = data;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) refusal = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &failure);

    if (failure != NULL) {
        g_dbus_error_strip_remote_error(failure);
    }
    question->func(is_authorized(question->action, reply, failure, &refusal) ? NULL : refusal,
                   question->user_data);
    g_free(question->action);
    g_free(question);
}

void
virtcpu_dbus_rights_ask(GDBusConnection *connection, const char *sender, const char *action,
                        gboolean interactive, GCancellable *cancel, VirtCpuDbusRightsFunc func,
                        gpointer user_data)
{
    Question *question = g_new0(Question, 1);
    GVariantBuilder subject;

    question->action = g_strdup(action);
    question->func = func;
    question->user_data = user_data;
    g_variant_builder_init(&subject, G_VARIANT_TYPE("a{sv}"));
    g_variant_builder_add(&subject, "{sv}", "name", g_variant_new_string(sender));
    g_dbus_connection_call(connection, POLKIT_NAME, POLKIT_PATH, POLKIT_INTERFACE,
                           "CheckAuthorization",
                           g_variant_new("((sa{sv})sa{ss}us)", "system-bus-name", &subject, action,
                                         NULL, interactive ? ALLOW_USER_INTERACTION : 0u, ""),
                           G_VARIANT_TYPE("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
                           interactive ? INTERACTIVE_MS : ANSWER_MS, cancel, answered, question);
}
