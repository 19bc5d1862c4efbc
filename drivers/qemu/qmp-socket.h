/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets QMP runs over. A QEMU inherits its listening socket, so the first connection is
 * made before it even starts: nobody waits for a path to appear. Paths may be longer than a socket
 * address holds. */
#pragma once

#include <glib.h>

/* A UNIX socket listening on @path (an older one is replaced), mode 0600, close-on-exec. For
 * "-chardev socket,fd=N,server=on,wait=off"; close it once QEMU is started, so that a connection
 * ends when that QEMU does. Returns the descriptor or -1 with SYSTEM_ERROR. Any thread. */
int virtcpu_qmp_listen(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Connect to the monitor at @path. Returns the descriptor or -1 with SYSTEM_ERROR. Any thread. */
int virtcpu_qmp_connect(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Two sockets connected with each other, close-on-exec: ours and QEMU's ("-chardev socket,fd=N").
 * FALSE with SYSTEM_ERROR. Any thread. */
gboolean virtcpu_qmp_socketpair(int *ours, int *theirs, GError **error) G_GNUC_WARN_UNUSED_RESULT;
