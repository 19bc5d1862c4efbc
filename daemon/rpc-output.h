/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What waits to be written to a client: bytes, and descriptors that go along with them. Main loop
 * only. */
#pragma once

#include <glib.h>

/* Zeroed: empty. */
typedef struct {
    GQueue parts;
    gsize part_sent; /* bytes of the first part that are written */
    gsize bytes;     /* not written yet */
    guint64 sent;    /* ever */
} VirtCpuRpcOutput;

/* Drop what waits. */
void virtcpu_rpc_output_clear(VirtCpuRpcOutput *output);

/* Add @bytes (transfer full), and @fd (transfer full) or -1. */
void virtcpu_rpc_output_push(VirtCpuRpcOutput *output, GBytes *bytes, int fd);

/* Write to @socket what it takes. FALSE, with errno, when it is broken. */
gboolean virtcpu_rpc_output_write(VirtCpuRpcOutput *output, int socket) G_GNUC_WARN_UNUSED_RESULT;
