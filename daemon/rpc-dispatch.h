/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a call's frame to its reply: look up, check rights, decode, run, encode. Main loop thread
 * only; handlers run where their row says. */
#pragma once

#include "daemon/rpc-client.h"

typedef struct _VirtCpuRpcDispatcher VirtCpuRpcDispatcher;

/* @table (@length rows, sorted) outlives the dispatcher. @workers and @high_workers: most threads
 * for calls of low and of high priority; threads come and go with the load. Returns (transfer
 * full). */
VirtCpuRpcDispatcher *virtcpu_rpc_dispatcher_new(const VirtCpuRpcProcedure *table, gsize length,
                                                 unsigned workers,
                                                 unsigned high_workers) G_GNUC_WARN_UNUSED_RESULT;

/* Free @dispatcher (may be NULL); no call is running. */
void virtcpu_rpc_dispatcher_free(VirtCpuRpcDispatcher *dispatcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcDispatcher, virtcpu_rpc_dispatcher_free)

/* Serve the CALL in @frame; the reply goes to @client, now or later. */
void virtcpu_rpc_dispatcher_call(VirtCpuRpcDispatcher *dispatcher, VirtCpuRpcClient *client,
                                 const VirtCpuRpcFrame *frame);

/* Calls on workers whose replies have not been sent yet. */
unsigned virtcpu_rpc_dispatcher_running(const VirtCpuRpcDispatcher *dispatcher);

/* The row for @procedure of @program in @table, or NULL. Any thread. */
const VirtCpuRpcProcedure *virtcpu_rpc_procedure_find(const VirtCpuRpcProcedure *table,
                                                      gsize length, guint32 program,
                                                      gint32 procedure);
