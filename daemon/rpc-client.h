/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One client's connection: bytes in, frames out to the owner; replies queued and written when the
 * client takes them. Main loop thread only, but for ref, unref and what is said to be const. */
#pragma once

#include "daemon/rpc-streams.h"

#include <sys/types.h>

typedef struct {
    unsigned max_requests;       /* calls in progress; then no more are read */
    gsize output_pause;          /* unsent bytes at which no more calls are read */
    gsize output_limit;          /* unsent bytes at which the client is closed */
    unsigned keepalive_interval; /* seconds; 0: virtcpud never pings */
    unsigned keepalive_count;
} VirtCpuRpcClientLimits;

typedef struct {
    /* a whole frame arrived; who takes its descriptors takes a reference to their array */
    void (*frame)(VirtCpuRpcClient *client, const VirtCpuRpcFrame *frame, gpointer user_data);
    /* the connection is over; called once. The owner drops its reference here. */
    void (*closed)(VirtCpuRpcClient *client, gpointer user_data);
    /* a call that was in progress then has ended; once for each */
    void (*ended_late)(VirtCpuRpcClient *client, gpointer user_data);
} VirtCpuRpcClientFuncs;

/* Serve the connected socket @fd (taken over). @limits and @funcs outlive the client. Returns
 * (transfer full). Errors: SYSTEM_ERROR. */
VirtCpuRpcClient *virtcpu_rpc_client_new(int fd, gboolean read_only,
                                         const VirtCpuRpcClientLimits *limits,
                                         const VirtCpuRpcClientFuncs *funcs, gpointer user_data,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Take a reference (returns @client). Any thread. */
VirtCpuRpcClient *virtcpu_rpc_client_ref(VirtCpuRpcClient *client);

/* Drop a reference to @client (may be NULL). Any thread; the last one after it was closed. */
void virtcpu_rpc_client_unref(VirtCpuRpcClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcClient, virtcpu_rpc_client_unref)

/* What the owner keeps for this client; freed with it. */
void virtcpu_rpc_client_set_connection(VirtCpuRpcClient *client, gpointer connection,
                                       GDestroyNotify free_func);
/* See above. Const once set. */
gpointer virtcpu_rpc_client_connection(const VirtCpuRpcClient *client);

/* How far the connection has come. */
VirtCpuRpcStage virtcpu_rpc_client_stage(const VirtCpuRpcClient *client);
/* See above. */
void virtcpu_rpc_client_set_stage(VirtCpuRpcClient *client, VirtCpuRpcStage stage);

/* TRUE when changes are refused. Const once the connection is open. */
gboolean virtcpu_rpc_client_is_read_only(const VirtCpuRpcClient *client);
/* Refuse changes from now on. */
void virtcpu_rpc_client_set_read_only(VirtCpuRpcClient *client);

/* Queue @frame (transfer full) and write what the socket takes. No-op on a closed client. A client
 * that leaves too much unread is closed. */
void virtcpu_rpc_client_send(VirtCpuRpcClient *client, GBytes *frame);

/* The same, with @fds (of int; transfer full) behind it. */
void virtcpu_rpc_client_send_with_fds(VirtCpuRpcClient *client, GBytes *frame, GArray *fds);

/* Bytes that are queued and not written yet. */
gsize virtcpu_rpc_client_unsent(const VirtCpuRpcClient *client);

/* Bytes written since it came. */
guint64 virtcpu_rpc_client_sent(const VirtCpuRpcClient *client);

/* The open streams (transfer none); NULL once closed. */
VirtCpuRpcStreams *virtcpu_rpc_client_streams(VirtCpuRpcClient *client);

/* Read nothing until each hold has been let go: what it sent has nowhere to go. */
void virtcpu_rpc_client_hold(VirtCpuRpcClient *client);
/* See above. */
void virtcpu_rpc_client_let_go(VirtCpuRpcClient *client);

/* A call of this client begins or has ended; reading stops while too many are in progress. */
void virtcpu_rpc_client_begin_call(VirtCpuRpcClient *client);
/* See above. */
void virtcpu_rpc_client_end_call(VirtCpuRpcClient *client);

/* Ping the client when it is silent, from now on. */
void virtcpu_rpc_client_start_keepalive(VirtCpuRpcClient *client);

/* Close at once; @reason is logged. No-op on a closed client. */
void virtcpu_rpc_client_close(VirtCpuRpcClient *client, const char *reason);

/* Read no more, and close once every reply is written. */
void virtcpu_rpc_client_finish(VirtCpuRpcClient *client);
