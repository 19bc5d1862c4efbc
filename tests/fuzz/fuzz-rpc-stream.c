/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client's bytes to a server with procedures that open streams and take descriptors. Whatever
 * comes, the server ends with nothing left open. */
#include "daemon/rpc-server.h"
#include "schemas/virtcpu_rpc.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPEN = 1, PASS = 2 };

/* Streams open now, over all runs. */
typedef struct {
    unsigned open;
} Count;

static void
count_down(gpointer data)
{
    ((Count *)data)->open--;
}

/* A stream that says two words, then ends, and takes a little. */
static gboolean
carry_open(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    VirtCpuRpcStreamOptions options = {
        .ways = VIRTCPU_RPC_STREAM_TO_CLIENT | VIRTCPU_RPC_STREAM_FROM_CLIENT,
        .owner = conn,
        .free_owner = count_down,
    };
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_cmpint(send(pair[1], "two words", 9, MSG_NOSIGNAL), ==, 9);
    close(pair[1]);
    options.fd = pair[0];
    ((Count *)conn)->open++;
    carry->stream = virtcpu_rpc_stream_new(&options);
    return TRUE;
}

/* What came goes back. */
static gboolean
carry_pass(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    carry->goes = g_steal_pointer(&carry->came);
    return TRUE;
}

static const VirtCpuRpcProcedure table[] = {
    { RPC_PROGRAM_REMOTE, OPEN, "virFuzzOpen", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_open },
    { RPC_PROGRAM_REMOTE, PASS, "virFuzzPass", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_pass },
};

static gpointer
connection_new(VirtCpuRpcClient *client, gpointer user_data)
{
    return user_data;
}

static void
turn(int fd)
{
    char answer[4096];

    while (g_main_context_iteration(NULL, FALSE)) {
        while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0) {
            continue;
        }
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    Count count = { 0 };
    const VirtCpuRpcServerConfig config = {
        .table = table,
        .table_length = G_N_ELEMENTS(table),
        .max_clients = 1,
        .workers = 1,
        .high_workers = 1,
        .client_limits = { .max_requests = 5, .output_pause = 65536, .output_limit = 1024 * 1024 },
        .connection_new = connection_new,
        .user_data = &count,
    };
    g_autoptr(VirtCpuRpcServer) server = virtcpu_rpc_server_new(&config);
    int pair[2];

    signal(SIGPIPE, SIG_IGN);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    g_assert_true(virtcpu_rpc_server_add_client(server, pair[1], FALSE, NULL));
    for (gsize sent = 0; sent < size;) {
        const ssize_t put =
            send(pair[0], data + sent, MIN(size - sent, 8192), MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put <= 0) {
            break; /* it closed, or does not read any more: an open stream takes nothing */
        }
        sent += (gsize)put;
        turn(pair[0]);
    }
    close(pair[0]);
    virtcpu_rpc_server_stop(server);
    while (g_main_context_iteration(NULL, FALSE)) {
        continue;
    }
    g_assert_cmpuint(virtcpu_rpc_server_clients(server), ==, 0);
    g_assert_cmpuint(count.open, ==, 0);
    return 0;
}
