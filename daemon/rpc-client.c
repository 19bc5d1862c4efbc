/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-client.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "daemon/keepalive.h"
#include "daemon/rpc-output.h"
#include "daemon/rpc-socket.h"
#include "schemas/virtcpu_rpc.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

/* One turn of the main loop reads at most this much from one client. */
#define CHUNK_BYTES (64u * 1024u)
/* Descriptors that came and whose message has not been read: those of one message, and then some.
 */
#define MAX_WAITING_FDS (2u * VIRTCPU_RPC_FDS_MAX)

struct _VirtCpuRpcClient {
    int fd; /* -1: closed */
    struct ucred peer;
    gboolean read_only;
    VirtCpuRpcStage stage;
    const VirtCpuRpcClientLimits *limits;
    const VirtCpuRpcClientFuncs *funcs;
    gpointer user_data;
    gpointer connection;
    GDestroyNotify free_connection;

    GSource *source;
    gpointer fd_tag;
    GIOCondition events; /* waited for */
    VirtCpuRpcReader *reader;
    GArray *fds; /* of int: came, and belong to a message not taken yet */
    VirtCpuRpcOutput output;
    unsigned calls;
    unsigned holds;
    VirtCpuRpcStreams *streams; /* NULL once closed */
    gboolean processing;
    gboolean finishing;
    VirtCpuKeepalive *keepalive;
};

/* A GSource that knows its client; the client outlives it. */
typedef struct {
    GSource base;
    VirtCpuRpcClient *client;
} ClientSource;

static void process_frames(VirtCpuRpcClient *client);

static gboolean
may_read(const VirtCpuRpcClient *client)
{
    return !client->finishing && client->holds == 0 &&
           client->calls < client->limits->max_requests &&
           client->output.bytes < client->limits->output_pause;
}

static void
update_events(VirtCpuRpcClient *client)
{
    GIOCondition events = 0;

    if (client->fd < 0) {
        return;
    }
    events |= may_read(client) ? G_IO_IN : 0;
    events |= client->output.bytes > 0 ? G_IO_OUT : 0;
    if (events != client->events) {
        /* not for nothing: each change wakes the main loop up through its own descriptor */
        client->events = events;
        g_source_modify_unix_fd(client->source, client->fd_tag, events);
    }
}

void
virtcpu_rpc_client_close(VirtCpuRpcClient *client, const char *reason)
{
    if (client->fd < 0) {
        return;
    }
    g_debug("client of process %d closed: %s", (int)client->peer.pid, reason);
    g_clear_pointer(&client->keepalive, virtcpu_keepalive_free);
    g_source_destroy(client->source);
    g_clear_pointer(&client->source, g_source_unref);
    close(client->fd);
    client->fd = -1;
    virtcpu_rpc_output_clear(&client->output);
    g_clear_pointer(&client->streams, virtcpu_rpc_streams_free);
    client->funcs->closed(client, client->user_data);
}

static void
close_when_finished(VirtCpuRpcClient *client)
{
    if (client->finishing && client->calls == 0 && client->output.bytes == 0) {
        virtcpu_rpc_client_close(client, "finished");
    }
}

static void
write_output(VirtCpuRpcClient *client)
{
    if (client->fd >= 0 && !virtcpu_rpc_output_write(&client->output, client->fd)) {
        virtcpu_rpc_client_close(client, g_strerror(errno));
    }
}

static void
read_input(VirtCpuRpcClient *client)
{
    guint8 chunk[CHUNK_BYTES];
    gboolean lost;
    /* a read ends behind a byte that descriptors came with, so they are found with their message */
    ssize_t got = virtcpu_rpc_socket_receive(client->fd, chunk, sizeof(chunk), client->fds, &lost);

    if (got == 0) {
        virtcpu_rpc_client_close(client, "end of stream");
    } else if (got > 0 && (lost || client->fds->len > MAX_WAITING_FDS)) {
        virtcpu_rpc_client_close(client, "too many file descriptors");
    } else if (got > 0) {
        virtcpu_keepalive_heard(client->keepalive);
        virtcpu_rpc_reader_feed(client->reader, chunk, (gsize)got);
        process_frames(client);
    } else if (errno != EAGAIN && errno != EINTR) {
        virtcpu_rpc_client_close(client, g_strerror(errno));
    }
}

/* Give @frame the descriptors that came for it. FALSE when they did not. */
static gboolean
take_fds(VirtCpuRpcClient *client, VirtCpuRpcFrame *frame)
{
    if (frame->fds_count == 0) {
        return TRUE;
    }
    if (client->fds->len < frame->fds_count) {
        return FALSE;
    }
    frame->fds = virtcpu_rpc_fds_new();
    for (unsigned i = 0; i < frame->fds_count; i++) {
        int fd = g_steal_fd(&g_array_index(client->fds, int, i));

        g_array_append_val(frame->fds, fd);
    }
    g_array_remove_range(client->fds, 0, frame->fds_count);
    return TRUE;
}

static void
handle_frame(VirtCpuRpcClient *client, VirtCpuRpcFrame *frame)
{
    if (!take_fds(client, frame)) {
        virtcpu_rpc_client_close(client, "file descriptors are missing");
        return;
    }
    client->funcs->frame(client, frame, client->user_data);
    g_clear_pointer(&frame->fds, g_array_unref);
}

/* Frames that arrived while too many calls were in progress wait in the reader. */
static void
process_frames(VirtCpuRpcClient *client)
{
    if (client->processing) {
        return;
    }
    client->processing = TRUE;
    while (client->fd >= 0 && may_read(client)) {
        g_autoptr(GError) error = NULL;
        VirtCpuRpcFrame frame;
        const VirtCpuRpcReadResult result = virtcpu_rpc_reader_next(client->reader, &frame, &error);

        if (result == VIRTCPU_RPC_READ_BROKEN) {
            virtcpu_rpc_client_close(client, error->message);
        }
        if (result != VIRTCPU_RPC_READ_FRAME) {
            break;
        }
        handle_frame(client, &frame);
    }
    client->processing = FALSE;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    g_autoptr(VirtCpuRpcClient) client = virtcpu_rpc_client_ref(((ClientSource *)source)->client);
    const GIOCondition events = g_source_query_unix_fd(source, client->fd_tag);

    if ((events & G_IO_OUT) != 0) {
        if (!may_read(client)) {
            /* it takes what is waiting for it, if slowly; its PONG cannot be read before that */
            virtcpu_keepalive_heard(client->keepalive);
        }
        write_output(client);
        if (client->fd >= 0) {
            virtcpu_rpc_streams_resume(client->streams);
        }
        process_frames(client);
    }
    if (client->fd >= 0 && (events & G_IO_IN) != 0 && may_read(client)) {
        read_input(client);
    } else if (client->fd >= 0 && (events & (G_IO_HUP | G_IO_ERR)) != 0) {
        virtcpu_rpc_client_close(client, "hung up");
    }
    if (client->fd >= 0) {
        close_when_finished(client);
    }
    update_events(client);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs client_source_funcs = { NULL, NULL, dispatch, NULL, NULL, NULL };

VirtCpuRpcClient *
virtcpu_rpc_client_new(int fd, gboolean read_only, const VirtCpuRpcClientLimits *limits,
                       const VirtCpuRpcClientFuncs *funcs, gpointer user_data, GError **error)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);
    VirtCpuRpcClient *client;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) {
        virtcpu_error_set_errno(error, errno, _("Cannot tell who is at the other end"));
        close(fd);
        return NULL;
    }
    client = g_atomic_rc_box_new0(VirtCpuRpcClient);
    client->fd = fd;
    client->peer = peer;
    client->read_only = read_only;
    client->limits = limits;
    client->funcs = funcs;
    client->user_data = user_data;
    client->reader = virtcpu_rpc_reader_new();
    client->fds = virtcpu_rpc_fds_new();
    client->streams = virtcpu_rpc_streams_new(client);
    client->source = g_source_new(&client_source_funcs, sizeof(ClientSource));
    ((ClientSource *)client->source)->client = client;
    /* else GLib blocks the source while it is dispatched, and wakes itself up twice for that */
    g_source_set_can_recurse(client->source, TRUE);
    client->events = G_IO_IN;
    client->fd_tag = g_source_add_unix_fd(client->source, fd, client->events);
    g_source_attach(client->source, NULL);
    return client;
}

VirtCpuRpcClient *
virtcpu_rpc_client_ref(VirtCpuRpcClient *client)
{
    return g_atomic_rc_box_acquire(client);
}

static void
client_clear(gpointer data)
{
    VirtCpuRpcClient *client = data;

    g_assert(client->fd < 0);
    virtcpu_rpc_reader_free(client->reader);
    g_array_unref(client->fds);
    if (client->free_connection != NULL) {
        client->free_connection(client->connection);
    }
}

void
virtcpu_rpc_client_unref(VirtCpuRpcClient *client)
{
    if (client != NULL) {
        g_atomic_rc_box_release_full(client, client_clear);
    }
}

void
virtcpu_rpc_client_set_connection(VirtCpuRpcClient *client, gpointer connection,
                                  GDestroyNotify free_func)
{
    client->connection = connection;
    client->free_connection = free_func;
}

gpointer
virtcpu_rpc_client_connection(const VirtCpuRpcClient *client)
{
    return client->connection;
}

VirtCpuRpcStage
virtcpu_rpc_client_stage(const VirtCpuRpcClient *client)
{
    return client->stage;
}

void
virtcpu_rpc_client_set_stage(VirtCpuRpcClient *client, VirtCpuRpcStage stage)
{
    client->stage = stage;
}

gboolean
virtcpu_rpc_client_is_read_only(const VirtCpuRpcClient *client)
{
    return client->read_only;
}

void
virtcpu_rpc_client_set_read_only(VirtCpuRpcClient *client)
{
    client->read_only = TRUE;
}

void
virtcpu_rpc_client_send(VirtCpuRpcClient *client, GBytes *frame)
{
    virtcpu_rpc_client_send_with_fds(client, frame, NULL);
}

void
virtcpu_rpc_client_send_with_fds(VirtCpuRpcClient *client, GBytes *frame, GArray *fds)
{
    static const char nothing = '\0';
    g_autoptr(VirtCpuRpcClient) kept = virtcpu_rpc_client_ref(client);
    g_autoptr(GArray) taken = fds;
    const gboolean idle = client->output.bytes == 0;

    if (client->fd < 0) {
        g_bytes_unref(frame);
        return;
    }
    virtcpu_rpc_output_push(&client->output, frame, -1);
    for (guint i = 0; fds != NULL && i < fds->len; i++) {
        /* each comes with a byte of its own, which clients do not take for part of the message */
        virtcpu_rpc_output_push(&client->output, g_bytes_new_static(&nothing, sizeof(nothing)),
                                g_steal_fd(&g_array_index(fds, int, i)));
    }
    if (idle) {
        write_output(client);
    }
    if (client->output.bytes > client->limits->output_limit) {
        g_warning(_("The client of process %d does not read its replies: closed with %zu bytes "
                    "unread."),
                  (int)client->peer.pid, client->output.bytes);
        virtcpu_rpc_client_close(client, "too much unread");
    }
    update_events(client);
}

gsize
virtcpu_rpc_client_unsent(const VirtCpuRpcClient *client)
{
    return client->output.bytes;
}

guint64
virtcpu_rpc_client_sent(const VirtCpuRpcClient *client)
{
    return client->output.sent;
}

VirtCpuRpcStreams *
virtcpu_rpc_client_streams(VirtCpuRpcClient *client)
{
    return client->streams;
}

/* Reading may go on: take what has been read before. */
static void
go_on(VirtCpuRpcClient *client)
{
    if (client->fd < 0) {
        return;
    }
    process_frames(client);
    if (!client->processing) {
        close_when_finished(client);
        update_events(client);
    }
}

void
virtcpu_rpc_client_hold(VirtCpuRpcClient *client)
{
    client->holds++;
    update_events(client);
}

void
virtcpu_rpc_client_let_go(VirtCpuRpcClient *client)
{
    client->holds--;
    go_on(client);
}

void
virtcpu_rpc_client_begin_call(VirtCpuRpcClient *client)
{
    client->calls++;
}

void
virtcpu_rpc_client_end_call(VirtCpuRpcClient *client)
{
    client->calls--;
    if (client->fd < 0) {
        client->funcs->ended_late(client, client->user_data);
    }
    go_on(client);
}

static void
send_ping(gpointer user_data)
{
    g_autoptr(VirtCpuRpcClient) client = virtcpu_rpc_client_ref(user_data);
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_KEEPALIVE,
        .version = RPC_VERSION,
        .procedure = RPC_KEEPALIVE_PING,
        .type = VIRTCPU_RPC_MESSAGE,
    };
    g_autoptr(GError) error = NULL;
    GBytes *frame = virtcpu_rpc_frame_new(&header, NULL, NULL, NULL, &error);

    g_assert_no_error(error);
    virtcpu_rpc_client_send(client, frame);
    if (client->calls >= client->limits->max_requests || client->holds > 0) {
        /* its answer waits unread behind its own calls, or behind what a stream does not take */
        virtcpu_keepalive_heard(client->keepalive);
    }
}

static void
peer_dead(gpointer user_data)
{
    virtcpu_rpc_client_close(user_data, "no answer to keepalive");
}

static const VirtCpuKeepaliveFuncs keepalive_funcs = { send_ping, peer_dead };

void
virtcpu_rpc_client_start_keepalive(VirtCpuRpcClient *client)
{
    const VirtCpuRpcClientLimits *limits = client->limits;

    if (client->keepalive == NULL && limits->keepalive_interval > 0) {
        client->keepalive = virtcpu_keepalive_new(
            limits->keepalive_interval, limits->keepalive_count, &keepalive_funcs, client);
    }
}

void
virtcpu_rpc_client_finish(VirtCpuRpcClient *client)
{
    client->finishing = TRUE;
    update_events(client);
}
