/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/rpc-peer.h"

#include "tests/unit/patience.h"

#include <sys/socket.h>

static gpointer
connection_new(VirtCpuRpcClient *client, gpointer user_data)
{
    return user_data;
}

VirtCpuRpcServer *
test_rpc_server_new(const VirtCpuRpcProcedure *table, gsize length, gpointer user_data)
{
    const VirtCpuRpcServerConfig config = {
        .table = table,
        .table_length = length,
        .max_clients = 10,
        .workers = 2,
        .high_workers = 1,
        .client_limits = { .max_requests = 5,
                           .output_pause = 1024 * 1024,
                           .output_limit = 4 * 1024 * 1024 },
        .connection_new = connection_new,
        .user_data = user_data,
    };

    return virtcpu_rpc_server_new(&config);
}

int
test_rpc_peer_new(VirtCpuRpcServer *server, gboolean read_only)
{
    g_autoptr(GError) error = NULL;
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_true(virtcpu_rpc_server_add_client(server, pair[1], read_only, &error));
    g_assert_no_error(error);
    return pair[0];
}

void
test_rpc_peer_send(int fd, const void *bytes, gsize length)
{
    const gint64 until = g_get_monotonic_time() + TEST_PATIENCE_US;
    const guint8 *at = bytes;

    while (length > 0) {
        const ssize_t put = send(fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put > 0) {
            at += put;
            length -= (gsize)put;
        }
        g_main_context_iteration(NULL, FALSE);
        g_assert_cmpint(g_get_monotonic_time(), <, until);
    }
}

void
test_rpc_peer_send_frame(int fd, GBytes *frame)
{
    gsize length;
    const void *bytes = g_bytes_get_data(frame, &length);

    test_rpc_peer_send(fd, bytes, length);
}

/* FALSE at the end of the stream. */
static gboolean
receive_bytes(int fd, void *to, gsize length)
{
    const gint64 until = g_get_monotonic_time() + TEST_PATIENCE_US;
    guint8 *at = to;

    while (length > 0) {
        const ssize_t got = recv(fd, at, length, MSG_DONTWAIT);

        if (got == 0) {
            return FALSE;
        }
        if (got > 0) {
            at += got;
            length -= (gsize)got;
        } else {
            g_main_context_iteration(NULL, FALSE);
        }
        g_assert_cmpint(g_get_monotonic_time(), <, until);
    }
    return TRUE;
}

GBytes *
test_rpc_peer_receive(int fd, VirtCpuRpcHeader *header)
{
    guint32 words[VIRTCPU_RPC_FRAME_MIN / sizeof(guint32)];
    g_autofree guint8 *payload = NULL;
    gsize length;

    if (!receive_bytes(fd, words, sizeof(words))) {
        return NULL;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        words[i] = GUINT32_FROM_BE(words[i]);
    }
    *header = (VirtCpuRpcHeader){
        .program = words[1],
        .version = words[2],
        .procedure = (gint32)words[3],
        .type = words[4],
        .serial = words[5],
        .status = words[6],
    };
    g_assert_cmpuint(words[0], >=, VIRTCPU_RPC_FRAME_MIN);
    g_assert_cmpuint(words[0], <=, VIRTCPU_RPC_FRAME_MAX);
    length = words[0] - VIRTCPU_RPC_FRAME_MIN;
    payload = g_malloc(length);
    g_assert_true(receive_bytes(fd, payload, length));
    return g_bytes_new_take(g_steal_pointer(&payload), length);
}

void
test_rpc_peer_decode(GBytes *payload, xdrproc_t xdr, void *value)
{
    g_autoptr(GError) error = NULL;
    gsize length;
    const guint8 *bytes = g_bytes_get_data(payload, &length);

    g_assert_true(virtcpu_rpc_payload_decode(bytes, length, xdr, value, &error));
    g_assert_no_error(error);
}
