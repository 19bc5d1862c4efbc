/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-stream.h"

#include "conf/error.h"
#include "conf/fd.h"
#include "conf/i18n.h"
#include "daemon/rpc-client.h"
#include "daemon/rpc-error.h"

#include <errno.h>
#include <glib-unix.h>
#include <unistd.h>

/* Read from the descriptor at once. */
#define CHUNK_BYTES (64u * 1024u)
/* Unread bytes of the client's at which its streams pause. */
#define UNREAD_PAUSE (256u * 1024u)
/* Bytes waiting for the descriptor at which the client is not read any more. */
#define INPUT_HOLD (256u * 1024u)

struct _VirtCpuRpcStream {
    gatomicrefcount refs;
    VirtCpuFd fd; /* -1: closed; what comes for it then is dropped */
    unsigned ways;
    unsigned patience;
    GCancellable *cut;
    gpointer owner;
    GDestroyNotify free_owner;

    /* from begin to end */
    VirtCpuRpcClient *client; /* not owned; NULL: not begun, or over */
    VirtCpuRpcHeader call;
    VirtCpuRpcStreamEndFunc ended;
    gpointer user_data;
    GSource *source;
    gpointer fd_tag; /* NULL: the descriptor is not waited for */
    GIOCondition events;
    GSource *cut_source;
    GQueue input;     /* of GBytes, for the descriptor */
    gsize input_sent; /* bytes of the first of them that are written */
    gsize input_bytes;
    gboolean holding;   /* the client is not read for our sake */
    gboolean finishing; /* the client has said all */
    guint timer;        /* runs while somebody is waited for */
    gboolean progress;  /* something moved since the timer began */
    guint64 client_sent;
};

/* A GSource that knows its stream; the stream outlives it. */
typedef struct {
    GSource base;
    VirtCpuRpcStream *stream;
} StreamSource;

VirtCpuRpcStream *
virtcpu_rpc_stream_new(const VirtCpuRpcStreamOptions *options)
{
    VirtCpuRpcStream *stream = g_new0(VirtCpuRpcStream, 1);

    g_atomic_ref_count_init(&stream->refs);
    stream->fd = options->fd;
    stream->ways = options->ways;
    stream->patience = options->patience;
    stream->cut = options->cut != NULL ? g_object_ref(options->cut) : NULL;
    stream->owner = options->owner;
    stream->free_owner = options->free_owner;
    g_queue_init(&stream->input);
    g_unix_set_fd_nonblocking(stream->fd, TRUE, NULL);
    return stream;
}

/* The descriptor and what belongs to it. */
static void
close_descriptor(VirtCpuRpcStream *stream)
{
    if (stream->fd_tag != NULL) {
        g_source_remove_unix_fd(stream->source, g_steal_pointer(&stream->fd_tag));
        stream->events = 0;
    }
    g_queue_clear_full(&stream->input, (GDestroyNotify)g_bytes_unref);
    stream->input_bytes = stream->input_sent = 0;
    virtcpu_fd_close(g_steal_fd(&stream->fd));
    if (stream->free_owner != NULL) {
        stream->free_owner(g_steal_pointer(&stream->owner));
        stream->free_owner = NULL;
    }
}

VirtCpuRpcStream *
virtcpu_rpc_stream_ref(VirtCpuRpcStream *stream)
{
    g_atomic_ref_count_inc(&stream->refs);
    return stream;
}

void
virtcpu_rpc_stream_unref(VirtCpuRpcStream *stream)
{
    if (stream == NULL || !g_atomic_ref_count_dec(&stream->refs)) {
        return;
    }
    g_assert(stream->client == NULL);
    close_descriptor(stream);
    g_clear_object(&stream->cut);
    g_free(stream);
}

const VirtCpuRpcHeader *
virtcpu_rpc_stream_call(const VirtCpuRpcStream *stream)
{
    return &stream->call;
}

/* ---- what is waited for ---- */

static void
hold(VirtCpuRpcStream *stream, gboolean holding)
{
    if (stream->holding == holding) {
        return;
    }
    stream->holding = holding;
    if (holding) {
        virtcpu_rpc_client_hold(stream->client);
    } else {
        virtcpu_rpc_client_let_go(stream->client);
    }
}

static gboolean
client_is_slow(const VirtCpuRpcStream *stream)
{
    return (stream->ways & VIRTCPU_RPC_STREAM_TO_CLIENT) != 0 &&
           virtcpu_rpc_client_unsent(stream->client) >= UNREAD_PAUSE;
}

static gboolean
descriptor_is_slow(const VirtCpuRpcStream *stream)
{
    return stream->input_bytes > 0 && (stream->holding || stream->finishing);
}

static void fail(VirtCpuRpcStream *stream, const GError *reason);

static gboolean
look_for_progress(gpointer user_data)
{
    g_autoptr(VirtCpuRpcStream) stream = virtcpu_rpc_stream_ref(user_data);
    const guint64 sent = virtcpu_rpc_client_sent(stream->client);
    const gboolean client_stuck = client_is_slow(stream) && sent == stream->client_sent;
    const gboolean descriptor_stuck = descriptor_is_slow(stream) && !stream->progress;
    g_autoptr(GError) reason = NULL;

    stream->progress = FALSE;
    stream->client_sent = sent;
    if (!client_stuck && !descriptor_stuck) {
        return G_SOURCE_CONTINUE;
    }
    stream->timer = 0;
    virtcpu_error_set(&reason, VIRTCPU_ERR_RPC,
                      client_stuck
                          ? _("The stream is cut: the client has read nothing for %u seconds.")
                          : _("The stream is cut: the guest has read nothing for %u seconds."),
                      stream->patience);
    fail(stream, reason);
    return G_SOURCE_REMOVE;
}

static void
update_timer(VirtCpuRpcStream *stream)
{
    const gboolean waiting = client_is_slow(stream) || descriptor_is_slow(stream);

    if (stream->patience == 0 || waiting == (stream->timer != 0)) {
        return;
    }
    if (!waiting) {
        g_clear_handle_id(&stream->timer, g_source_remove);
        return;
    }
    stream->progress = FALSE;
    stream->client_sent = virtcpu_rpc_client_sent(stream->client);
    stream->timer = g_timeout_add_seconds(stream->patience, look_for_progress, stream);
}

/* A descriptor that hung up is ready for ever, so one of which nothing is wanted is let go. */
static void
update_events(VirtCpuRpcStream *stream)
{
    GIOCondition events = 0;

    if (stream->client == NULL) {
        return;
    }
    if (stream->fd >= 0) {
        events |= (stream->ways & VIRTCPU_RPC_STREAM_TO_CLIENT) != 0 && !client_is_slow(stream)
                      ? G_IO_IN
                      : 0;
        events |= stream->input_bytes > 0 ? G_IO_OUT : 0;
    }
    if (stream->fd_tag != NULL && events == 0) {
        g_source_remove_unix_fd(stream->source, g_steal_pointer(&stream->fd_tag));
    } else if (stream->fd_tag == NULL && events != 0) {
        stream->fd_tag = g_source_add_unix_fd(stream->source, stream->fd, events);
    } else if (events != stream->events) {
        g_source_modify_unix_fd(stream->source, stream->fd_tag, events);
    }
    stream->events = events;
    update_timer(stream);
}

/* ---- the end ---- */

static void
destroy_source(GSource **source)
{
    if (*source != NULL) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

void
virtcpu_rpc_stream_end(VirtCpuRpcStream *stream)
{
    if (stream->client == NULL) {
        return;
    }
    close_descriptor(stream);
    g_clear_handle_id(&stream->timer, g_source_remove);
    destroy_source(&stream->source);
    destroy_source(&stream->cut_source);
    hold(stream, FALSE);
    stream->client = NULL;
}

/* Queue the last packet, then be over. */
static void
end_with(VirtCpuRpcStream *stream, GBytes *frame)
{
    g_autoptr(VirtCpuRpcStream) kept = virtcpu_rpc_stream_ref(stream);
    VirtCpuRpcClient *client = stream->client;

    /* before anything is sent: that may close the client, which frees what knows the streams */
    stream->ended(stream, stream->user_data);
    virtcpu_rpc_client_send(client, frame);
}

static VirtCpuRpcHeader
packet_header(const VirtCpuRpcStream *stream, VirtCpuRpcStatus status)
{
    VirtCpuRpcHeader header = stream->call;

    header.type = VIRTCPU_RPC_STREAM;
    header.status = status;
    return header;
}

static void
fail(VirtCpuRpcStream *stream, const GError *reason)
{
    end_with(stream, virtcpu_rpc_error_packet(&stream->call, VIRTCPU_RPC_STREAM, reason));
}

static void
confirm(VirtCpuRpcStream *stream)
{
    const VirtCpuRpcHeader header = packet_header(stream, VIRTCPU_RPC_OK);

    end_with(stream, virtcpu_rpc_data_frame_new(&header, NULL, 0));
}

/* ---- from the descriptor to the client ---- */

/* Nothing comes any more, which an empty packet says. The client ends the stream. */
static void
send_end_of_file(VirtCpuRpcStream *stream)
{
    const VirtCpuRpcHeader header = packet_header(stream, VIRTCPU_RPC_CONTINUE);

    close_descriptor(stream);
    virtcpu_rpc_client_send(stream->client, virtcpu_rpc_data_frame_new(&header, NULL, 0));
}

static void
read_descriptor(VirtCpuRpcStream *stream)
{
    const VirtCpuRpcHeader header = packet_header(stream, VIRTCPU_RPC_CONTINUE);
    guint8 chunk[CHUNK_BYTES];
    const ssize_t got = read(stream->fd, chunk, sizeof(chunk));
    g_autoptr(GError) reason = NULL;

    if (got > 0) {
        virtcpu_rpc_client_send(stream->client,
                                virtcpu_rpc_data_frame_new(&header, chunk, (gsize)got));
    } else if (got == 0 || errno == EIO) {
        /* a terminal whose other side is gone says EIO */
        send_end_of_file(stream);
    } else if (errno != EAGAIN && errno != EINTR) {
        virtcpu_error_set_errno(&reason, errno, _("Cannot read what the stream carries"));
        fail(stream, reason);
    }
}

/* ---- from the client to the descriptor ---- */

/* FALSE when the descriptor takes no more now, or the stream is over. */
static gboolean
write_first(VirtCpuRpcStream *stream)
{
    g_autoptr(GError) reason = NULL;
    gsize length;
    const guint8 *data = g_bytes_get_data(g_queue_peek_head(&stream->input), &length);
    const ssize_t put = write(stream->fd, data + stream->input_sent, length - stream->input_sent);

    if (put < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            virtcpu_error_set_errno(&reason, errno, _("Cannot write what the stream carries"));
            fail(stream, reason);
        }
        return FALSE;
    }
    stream->progress = TRUE;
    stream->input_sent += (gsize)put;
    stream->input_bytes -= (gsize)put;
    if (stream->input_sent < length) {
        return FALSE;
    }
    g_bytes_unref(g_queue_pop_head(&stream->input));
    stream->input_sent = 0;
    return TRUE;
}

static void
write_descriptor(VirtCpuRpcStream *stream)
{
    while (stream->client != NULL && stream->input_bytes > 0 && write_first(stream)) {
        continue;
    }
    if (stream->client == NULL) {
        return;
    }
    if (stream->finishing && stream->input_bytes == 0) {
        confirm(stream);
        return;
    }
    hold(stream, stream->input_bytes > (stream->holding ? INPUT_HOLD / 2 : INPUT_HOLD));
}

static void
take_data(VirtCpuRpcStream *stream, const VirtCpuRpcFrame *frame)
{
    if (stream->fd < 0 || stream->finishing || frame->payload_length == 0 ||
        (stream->ways & VIRTCPU_RPC_STREAM_FROM_CLIENT) == 0) {
        return;
    }
    g_queue_push_tail(&stream->input, g_bytes_new(frame->payload, frame->payload_length));
    stream->input_bytes += frame->payload_length;
    write_descriptor(stream);
}

static void
take_finish(VirtCpuRpcStream *stream)
{
    stream->finishing = TRUE;
    write_descriptor(stream);
}

static void
refuse(VirtCpuRpcStream *stream, const char *what)
{
    g_autoptr(GError) reason = NULL;

    virtcpu_error_set(&reason, VIRTCPU_ERR_RPC, "%s", what);
    fail(stream, reason);
}

void
virtcpu_rpc_stream_take(VirtCpuRpcStream *stream, const VirtCpuRpcFrame *frame)
{
    g_autoptr(VirtCpuRpcStream) kept = virtcpu_rpc_stream_ref(stream);

    if (frame->header.type == VIRTCPU_RPC_STREAM_HOLE) {
        refuse(stream, _("Unexpected stream hole"));
        return;
    }
    switch (frame->header.status) {
    case VIRTCPU_RPC_CONTINUE:
        take_data(stream, frame);
        break;
    case VIRTCPU_RPC_OK:
        take_finish(stream);
        break;
    case VIRTCPU_RPC_ERROR:
        confirm(stream);
        break;
    default:
        refuse(stream, _("stream had unexpected status"));
        break;
    }
    update_events(stream);
}

/* ---- the main loop ---- */

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    g_autoptr(VirtCpuRpcStream) stream = virtcpu_rpc_stream_ref(((StreamSource *)source)->stream);
    const GIOCondition events =
        stream->fd_tag != NULL ? g_source_query_unix_fd(source, stream->fd_tag) : 0;

    if ((events & (G_IO_OUT | G_IO_ERR)) != 0 && stream->input_bytes > 0) {
        write_descriptor(stream);
    }
    if (stream->fd >= 0 && (stream->ways & VIRTCPU_RPC_STREAM_TO_CLIENT) != 0 &&
        !client_is_slow(stream) && (events & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0) {
        read_descriptor(stream);
    }
    update_events(stream);
    return G_SOURCE_CONTINUE;
}

static GSourceFuncs stream_source_funcs = { .dispatch = dispatch };

static gboolean
cut(GCancellable *cancellable, gpointer user_data)
{
    g_autoptr(VirtCpuRpcStream) stream = virtcpu_rpc_stream_ref(user_data);

    refuse(stream, _("The stream is cut: another client took it over."));
    return G_SOURCE_REMOVE;
}

static void
watch_cut(VirtCpuRpcStream *stream)
{
    if (stream->cut != NULL) {
        stream->cut_source = g_cancellable_source_new(stream->cut);
        g_source_set_callback(stream->cut_source, G_SOURCE_FUNC(cut), stream, NULL);
        g_source_attach(stream->cut_source, NULL);
    }
}

void
virtcpu_rpc_stream_begin(VirtCpuRpcStream *stream, VirtCpuRpcClient *client,
                         const VirtCpuRpcHeader *call, VirtCpuRpcStreamEndFunc ended,
                         gpointer user_data)
{
    stream->client = client;
    stream->call = *call;
    stream->ended = ended;
    stream->user_data = user_data;
    stream->source = g_source_new(&stream_source_funcs, sizeof(StreamSource));
    ((StreamSource *)stream->source)->stream = stream;
    g_source_set_static_name(stream->source, "stream");
    g_source_attach(stream->source, NULL);
    watch_cut(stream);
    update_events(stream);
}

void
virtcpu_rpc_stream_resume(VirtCpuRpcStream *stream)
{
    update_events(stream);
}
