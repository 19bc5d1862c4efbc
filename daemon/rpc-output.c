/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-output.h"

#include "conf/fd.h"
#include "daemon/rpc-socket.h"

#include <errno.h>

/* Bytes to write, with a descriptor or -1. */
typedef struct {
    GBytes *bytes;
    int fd;
} Part;

static void
part_free(gpointer data)
{
    Part *part = data;

    g_bytes_unref(part->bytes);
    virtcpu_fd_close(part->fd);
    g_free(part);
}

void
virtcpu_rpc_output_clear(VirtCpuRpcOutput *output)
{
    g_queue_clear_full(&output->parts, part_free);
    output->bytes = output->part_sent = 0;
}

void
virtcpu_rpc_output_push(VirtCpuRpcOutput *output, GBytes *bytes, int fd)
{
    Part *part = g_new0(Part, 1);

    part->bytes = bytes;
    part->fd = fd;
    output->bytes += g_bytes_get_size(bytes);
    g_queue_push_tail(&output->parts, part);
}

/* One send; how many bytes of the first part are left then, or -1 with errno. */
static gssize
write_first(VirtCpuRpcOutput *output, int socket)
{
    const Part *first = g_queue_peek_head(&output->parts);
    gsize length;
    const guint8 *data = g_bytes_get_data(first->bytes, &length);
    const gssize sent = virtcpu_rpc_socket_send(socket, data + output->part_sent,
                                                length - output->part_sent, first->fd);

    if (sent < 0) {
        return -1;
    }
    output->sent += (gsize)sent;
    output->bytes -= (gsize)sent;
    output->part_sent += (gsize)sent;
    return (gssize)(length - output->part_sent);
}

gboolean
virtcpu_rpc_output_write(VirtCpuRpcOutput *output, int socket)
{
    while (!g_queue_is_empty(&output->parts)) {
        const gssize left = write_first(output, socket);

        if (left < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (left > 0) {
            break;
        }
        part_free(g_queue_pop_head(&output->parts));
        output->part_sent = 0;
    }
    return TRUE;
}
