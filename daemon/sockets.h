/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening sockets. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* Listen at @path with @mode (and @group, NULL: leave it), in place of a socket that a dead daemon
 * left behind. Returns the descriptor; -1 with @error set: SYSTEM_ERROR, INVALID_ARG (no such
 * group, path too long), OPERATION_FAILED (something else is at @path). Hold the lock file. */
int virtcpu_socket_listen(const char *path, mode_t mode, const char *group,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
