/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes and descriptors through a client's socket, without waiting. Any thread. */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* As send() without signals: @length bytes of @data, and @fd (transfer none) goes along with the
 * first unless it is -1. */
ssize_t virtcpu_rpc_socket_send(int socket, const guint8 *data, gsize length, int fd);

/* As recv(): at most @size bytes into @data. Descriptors that came are appended to @fds (of int). A
 * read ends behind a byte that some came with. *@lost gets TRUE when more came than can be taken;
 * those are closed. */
ssize_t virtcpu_rpc_socket_receive(int socket, guint8 *data, gsize size, GArray *fds,
                                   gboolean *lost);
