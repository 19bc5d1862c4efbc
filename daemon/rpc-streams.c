/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rpc-streams.h"

#include "conf/error.h"
#include "conf/i18n.h"

struct _VirtCpuRpcStreams {
    VirtCpuRpcClient *client; /* not owned */
    GHashTable *by_serial;    /* number to VirtCpuRpcStream */
};

static gpointer
serial_key(const VirtCpuRpcHeader *header)
{
    return GUINT_TO_POINTER(header->serial);
}

static void
stream_forget(gpointer data)
{
    VirtCpuRpcStream *stream = data;

    virtcpu_rpc_stream_end(stream);
    virtcpu_rpc_stream_unref(stream);
}

VirtCpuRpcStreams *
virtcpu_rpc_streams_new(VirtCpuRpcClient *client)
{
    VirtCpuRpcStreams *streams = g_new0(VirtCpuRpcStreams, 1);

    streams->client = client;
    streams->by_serial = g_hash_table_new_full(NULL, NULL, NULL, stream_forget);
    return streams;
}

void
virtcpu_rpc_streams_free(VirtCpuRpcStreams *streams)
{
    if (streams == NULL) {
        return;
    }
    g_hash_table_unref(streams->by_serial);
    g_free(streams);
}

static void
ended(VirtCpuRpcStream *stream, gpointer user_data)
{
    VirtCpuRpcStreams *streams = user_data;

    g_hash_table_remove(streams->by_serial, serial_key(virtcpu_rpc_stream_call(stream)));
}

gboolean
virtcpu_rpc_streams_begin(VirtCpuRpcStreams *streams, VirtCpuRpcStream *stream,
                          const VirtCpuRpcHeader *call, GError **error)
{
    if (g_hash_table_size(streams->by_serial) >= VIRTCPU_RPC_STREAMS_MAX) {
        virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED,
                          _("This connection has %d streams open; close some."),
                          VIRTCPU_RPC_STREAMS_MAX);
        return FALSE;
    }
    if (g_hash_table_contains(streams->by_serial, serial_key(call))) {
        virtcpu_error_set(error, VIRTCPU_ERR_RPC,
                          _("A stream that was opened by call %u is still open."), call->serial);
        return FALSE;
    }
    g_hash_table_insert(streams->by_serial, serial_key(call), virtcpu_rpc_stream_ref(stream));
    virtcpu_rpc_stream_begin(stream, streams->client, call, ended, streams);
    return TRUE;
}

void
virtcpu_rpc_streams_take(VirtCpuRpcStreams *streams, const VirtCpuRpcFrame *frame)
{
    VirtCpuRpcStream *stream = g_hash_table_lookup(streams->by_serial, serial_key(&frame->header));
    const VirtCpuRpcHeader *call;

    if (stream == NULL) {
        return;
    }
    call = virtcpu_rpc_stream_call(stream);
    if (call->program == frame->header.program && call->procedure == frame->header.procedure) {
        virtcpu_rpc_stream_take(stream, frame);
    }
}

void
virtcpu_rpc_streams_resume(VirtCpuRpcStreams *streams)
{
    g_autoptr(GList) all = g_hash_table_get_values(streams->by_serial);

    for (GList *item = all; item != NULL; item = item->next) {
        virtcpu_rpc_stream_resume(item->data);
    }
}
