/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bus of the daemon's own: a socket at which nothing runs until the first client knocks, then the
 * dbus-daemon of dbus-1, which dies with this process. Main loop thread only. */
#pragma once

#include <glib.h>

typedef struct _VirtCpuDbusPrivate VirtCpuDbusPrivate;

/* The bus has just been started; called again each time it had to be started anew. */
typedef void (*VirtCpuDbusPrivateFunc)(gpointer user_data);

/* Listen at "bus" below @run_dir, with the bus' own files in "dbus" below it and its words in
 * "dbus.log" below @log_dir. Returns (transfer full). Errors: SYSTEM_ERROR; CONFIG_UNSUPPORTED
 * without a dbus-daemon. */
VirtCpuDbusPrivate *virtcpu_dbus_private_new(const char *run_dir, const char *log_dir,
                                             VirtCpuDbusPrivateFunc started, gpointer user_data,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The address for clients, this process among them (transfer none). */
const char *virtcpu_dbus_private_address(const VirtCpuDbusPrivate *bus);

/* End the bus and free @bus (may be NULL). */
void virtcpu_dbus_private_free(VirtCpuDbusPrivate *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDbusPrivate, virtcpu_dbus_private_free)
