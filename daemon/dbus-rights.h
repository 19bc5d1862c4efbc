/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what over D-Bus. Main loop thread only. */
#pragma once

#include <gio/gio.h>

/* TRUE for root and the user of this process, who may do everything. */
gboolean virtcpu_dbus_rights_own(guint32 uid);

/* The answer: NULL, or why not: ACCESS_DENIED, naming the action. */
typedef void (*VirtCpuDbusRightsFunc)(const GError *refusal, gpointer user_data);

/* Ask polkit on the bus of @connection whether its member @sender may do @action, and call @func
 * with the answer later on the main loop. @interactive: polkit may ask the user, who gets two
 * minutes. Without polkit nobody may. */
void virtcpu_dbus_rights_ask(GDBusConnection *connection, const char *sender, const char *action,
                             gboolean interactive, GCancellable *cancel, VirtCpuDbusRightsFunc func,
                             gpointer user_data);
