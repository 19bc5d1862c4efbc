/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-server.h"

#include "conf/i18n.h"
#include "schemas/virtcpu_rpc.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

/* Rest after accept failed for want of descriptors or memory, so that it does not spin. */
#define ACCEPT_REST_SECONDS 1

typedef struct {
    VirtCpuRpcServer *server;
    int fd;
    gboolean read_only;
    guint source;
} Listener;

struct _VirtCpuRpcServer {
    VirtCpuRpcServerConfig config;
    VirtCpuRpcDispatcher *dispatcher;
    GPtrArray *listeners; /* of Listener */
    GHashTable *clients;  /* set of VirtCpuRpcClient, one reference each */
    guint64 total;
    guint rest_timer;
};

static void
listener_free(gpointer data)
{
    Listener *listener = data;

    if (listener->source != 0) {
        g_source_remove(listener->source);
    }
    close(listener->fd);
    g_free(listener);
}

/* A PING is answered at once; a PONG's arrival is all that it says. */
static void
handle_keepalive(VirtCpuRpcClient *client, const VirtCpuRpcFrame *frame)
{
    VirtCpuRpcHeader header = frame->header;
    g_autoptr(GError) error = NULL;
    GBytes *pong;

    if (header.type != VIRTCPU_RPC_MESSAGE || frame->payload_length != 0) {
        virtcpu_rpc_client_close(client, "broken keepalive message");
        return;
    }
    if (header.procedure != RPC_KEEPALIVE_PING) {
        return;
    }
    header.procedure = RPC_KEEPALIVE_PONG;
    header.status = VIRTCPU_RPC_OK;
    pong = virtcpu_rpc_frame_new(&header, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    virtcpu_rpc_client_send(client, pong);
}

static void
handle_frame(VirtCpuRpcClient *client, const VirtCpuRpcFrame *frame, gpointer user_data)
{
    VirtCpuRpcServer *server = user_data;

    if (frame->header.program == RPC_PROGRAM_KEEPALIVE) {
        handle_keepalive(client, frame);
        return;
    }
    switch (frame->header.type) {
    case VIRTCPU_RPC_CALL:
    case VIRTCPU_RPC_CALL_WITH_FDS:
        virtcpu_rpc_dispatcher_call(server->dispatcher, client, frame);
        break;
    case VIRTCPU_RPC_STREAM:
    case VIRTCPU_RPC_STREAM_HOLE:
        virtcpu_rpc_streams_take(virtcpu_rpc_client_streams(client), frame);
        break;
    default:
        virtcpu_rpc_client_close(client, "unexpected message type");
        break;
    }
}

static gboolean accept_client(int fd, GIOCondition condition, gpointer user_data);

static void
update_listeners(VirtCpuRpcServer *server)
{
    const gboolean open =
        server->rest_timer == 0 && g_hash_table_size(server->clients) < server->config.max_clients;

    for (guint i = 0; i < server->listeners->len; i++) {
        Listener *listener = g_ptr_array_index(server->listeners, i);

        if (open && listener->source == 0) {
            listener->source = g_unix_fd_add(listener->fd, G_IO_IN, accept_client, listener);
        } else if (!open && listener->source != 0) {
            g_source_remove(listener->source);
            listener->source = 0;
        }
    }
}

static gboolean
rest_is_over(gpointer user_data)
{
    VirtCpuRpcServer *server = user_data;

    server->rest_timer = 0;
    update_listeners(server);
    return G_SOURCE_REMOVE;
}

static void
handle_closed(VirtCpuRpcClient *client, gpointer user_data)
{
    VirtCpuRpcServer *server = user_data;

    if (server->config.connection_closed != NULL) {
        server->config.connection_closed(virtcpu_rpc_client_connection(client),
                                         server->config.user_data);
    }
    g_hash_table_remove(server->clients, client);
    update_listeners(server);
}

static void
handle_ended_late(VirtCpuRpcClient *client, gpointer user_data)
{
    VirtCpuRpcServer *server = user_data;

    if (server->config.call_ended_late != NULL) {
        server->config.call_ended_late(virtcpu_rpc_client_connection(client),
                                       server->config.user_data);
    }
}

static const VirtCpuRpcClientFuncs client_funcs = { handle_frame, handle_closed,
                                                    handle_ended_late };

gboolean
virtcpu_rpc_server_add_client(VirtCpuRpcServer *server, int fd, gboolean read_only, GError **error)
{
    const VirtCpuRpcServerConfig *config = &server->config;
    VirtCpuRpcClient *client =
        virtcpu_rpc_client_new(fd, read_only, &config->client_limits, &client_funcs, server, error);

    if (client == NULL) {
        return FALSE;
    }
    virtcpu_rpc_client_set_connection(client, config->connection_new(client, config->user_data),
                                      config->connection_free);
    g_hash_table_add(server->clients, client);
    server->total++;
    update_listeners(server);
    return TRUE;
}

static gboolean
accept_client(int fd, GIOCondition condition, gpointer user_data)
{
    Listener *listener = user_data;
    VirtCpuRpcServer *server = listener->server;
    g_autoptr(GError) error = NULL;
    int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (peer >= 0) {
        if (!virtcpu_rpc_server_add_client(server, peer, listener->read_only, &error)) {
            g_warning("%s", error->message);
        }
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        g_warning(_("Cannot take a client: %s"), g_strerror(errno));
        server->rest_timer = g_timeout_add_seconds(ACCEPT_REST_SECONDS, rest_is_over, server);
        update_listeners(server);
    }
    return listener->source != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

VirtCpuRpcServer *
virtcpu_rpc_server_new(const VirtCpuRpcServerConfig *config)
{
    VirtCpuRpcServer *server = g_new0(VirtCpuRpcServer, 1);

    server->config = *config;
    server->dispatcher = virtcpu_rpc_dispatcher_new(config->table, config->table_length,
                                                    config->workers, config->high_workers);
    server->listeners = g_ptr_array_new_with_free_func(listener_free);
    server->clients =
        g_hash_table_new_full(NULL, NULL, (GDestroyNotify)virtcpu_rpc_client_unref, NULL);
    return server;
}

void
virtcpu_rpc_server_listen(VirtCpuRpcServer *server, int fd, gboolean read_only)
{
    Listener *listener = g_new0(Listener, 1);

    listener->server = server;
    listener->fd = fd;
    listener->read_only = read_only;
    g_ptr_array_add(server->listeners, listener);
    update_listeners(server);
}

unsigned
virtcpu_rpc_server_clients(const VirtCpuRpcServer *server)
{
    return g_hash_table_size(server->clients);
}

guint64
virtcpu_rpc_server_total(const VirtCpuRpcServer *server)
{
    return server->total;
}

void
virtcpu_rpc_server_stop(VirtCpuRpcServer *server)
{
    g_autoptr(GList) clients = g_hash_table_get_keys(server->clients);

    g_ptr_array_set_size(server->listeners, 0);
    if (server->rest_timer != 0) {
        g_source_remove(server->rest_timer);
        server->rest_timer = 0;
    }
    for (GList *item = clients; item != NULL; item = item->next) {
        virtcpu_rpc_client_close(item->data, "virtcpud stops");
    }
    while (virtcpu_rpc_dispatcher_running(server->dispatcher) > 0) {
        g_main_context_iteration(NULL, TRUE);
    }
}

void
virtcpu_rpc_server_free(VirtCpuRpcServer *server)
{
    if (server == NULL) {
        return;
    }
    virtcpu_rpc_server_stop(server);
    virtcpu_rpc_dispatcher_free(server->dispatcher);
    g_ptr_array_unref(server->listeners);
    g_hash_table_unref(server->clients);
    g_free(server);
}
