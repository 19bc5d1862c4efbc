/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The open streams of one client, by the serial of the call that opened each. Main loop thread
 * only. */
#pragma once

#include "daemon/rpc-stream.h"

typedef struct _VirtCpuRpcStreams VirtCpuRpcStreams;

/* Most streams that one client has open. */
#define VIRTCPU_RPC_STREAMS_MAX 64

/* None, of @client (not owned). Returns (transfer full). */
VirtCpuRpcStreams *virtcpu_rpc_streams_new(VirtCpuRpcClient *client) G_GNUC_WARN_UNUSED_RESULT;

/* End all, without a word, and free @streams (may be NULL). */
void virtcpu_rpc_streams_free(VirtCpuRpcStreams *streams);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcStreams, virtcpu_rpc_streams_free)

/* Let @stream (transfer none) serve the client, whose @call opened it; the reply must be queued
 * before the main loop turns. Errors: OPERATION_FAILED for too many, RPC for a serial in use. */
gboolean virtcpu_rpc_streams_begin(VirtCpuRpcStreams *streams, VirtCpuRpcStream *stream,
                                   const VirtCpuRpcHeader *call,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Give @frame, of type STREAM or STREAM_HOLE, to its stream. What belongs to none, or to one that
 * is over, is dropped in silence. */
void virtcpu_rpc_streams_take(VirtCpuRpcStreams *streams, const VirtCpuRpcFrame *frame);

/* The client took some of what waited for it. */
void virtcpu_rpc_streams_resume(VirtCpuRpcStreams *streams);
