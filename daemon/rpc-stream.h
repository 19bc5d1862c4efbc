/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call leaves open behind its reply: a descriptor whose bytes go to the client in STREAM
 * packets, and that takes the client's. Main loop thread only, but for new and unref.
 *
 * Memory is bounded both ways. While the client has much unread the descriptor is not read; while
 * the descriptor takes nothing the client is not read. Who keeps the other waiting for longer than
 * the stream has patience loses it, so that a client that does not read stops no guest. */
#pragma once

#include "daemon/rpc-frame.h"

#include <gio/gio.h>

typedef struct _VirtCpuRpcClient VirtCpuRpcClient;
typedef struct _VirtCpuRpcStream VirtCpuRpcStream;

/* Where bytes flow. */
typedef enum {
    VIRTCPU_RPC_STREAM_TO_CLIENT = 1 << 0,
    VIRTCPU_RPC_STREAM_FROM_CLIENT = 1 << 1,
} VirtCpuRpcStreamWays;

typedef struct {
    int fd;            /* taken over: a terminal, socket, pipe or file */
    unsigned ways;     /* of VirtCpuRpcStreamWays */
    unsigned patience; /* seconds; 0: without end */
    GCancellable *cut; /* ends the stream with an error; transfer none, may be NULL */
    gpointer owner;    /* kept as long as the stream; may be NULL */
    GDestroyNotify free_owner;
} VirtCpuRpcStreamOptions;

/* A stream that has not begun (transfer full). Any thread. */
VirtCpuRpcStream *
virtcpu_rpc_stream_new(const VirtCpuRpcStreamOptions *options) G_GNUC_WARN_UNUSED_RESULT;

/* Take a reference (returns @stream). Any thread. */
VirtCpuRpcStream *virtcpu_rpc_stream_ref(VirtCpuRpcStream *stream);

/* Drop a reference to @stream (may be NULL). Any thread before it begins. */
void virtcpu_rpc_stream_unref(VirtCpuRpcStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcStream, virtcpu_rpc_stream_unref)

/* @stream is over; the packet that says so is queued. Drops what it is known by. */
typedef void (*VirtCpuRpcStreamEndFunc)(VirtCpuRpcStream *stream, gpointer user_data);

/* Serve @client (not owned; ends the stream before it goes), whose call @call opened the stream. */
void virtcpu_rpc_stream_begin(VirtCpuRpcStream *stream, VirtCpuRpcClient *client,
                              const VirtCpuRpcHeader *call, VirtCpuRpcStreamEndFunc ended,
                              gpointer user_data);

/* The client sent @frame, of type STREAM or STREAM_HOLE, for @stream. */
void virtcpu_rpc_stream_take(VirtCpuRpcStream *stream, const VirtCpuRpcFrame *frame);

/* The client took some of what waited for it: go on if that is enough. */
void virtcpu_rpc_stream_resume(VirtCpuRpcStream *stream);

/* End without a word: nobody is left to tell. No-op on one that is over. */
void virtcpu_rpc_stream_end(VirtCpuRpcStream *stream);

/* What opened @stream. */
const VirtCpuRpcHeader *virtcpu_rpc_stream_call(const VirtCpuRpcStream *stream);
