/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening sockets and the clients that came through them. Main loop thread only. */
#pragma once

#include "daemon/rpc-dispatch.h"

typedef struct _VirtCpuRpcServer VirtCpuRpcServer;

typedef struct {
    const VirtCpuRpcProcedure *table; /* sorted; outlives the server, as the rest does */
    gsize table_length;
    unsigned max_clients;
    unsigned workers, high_workers;
    VirtCpuRpcClientLimits client_limits;
    /* what handlers get for @client (transfer full); never NULL */
    gpointer (*connection_new)(VirtCpuRpcClient *client, gpointer user_data);
    /* @client is over; calls of it may still be running. May be NULL. */
    void (*connection_closed)(gpointer connection, gpointer user_data);
    /* a call that was in progress when its connection closed has ended; may be NULL */
    void (*call_ended_late)(gpointer connection, gpointer user_data);
    GDestroyNotify connection_free;
    gpointer user_data;
} VirtCpuRpcServerConfig;

/* A server without sockets (transfer full); @config is copied. */
VirtCpuRpcServer *
virtcpu_rpc_server_new(const VirtCpuRpcServerConfig *config) G_GNUC_WARN_UNUSED_RESULT;

/* Free @server (may be NULL) after stopping it. */
void virtcpu_rpc_server_free(VirtCpuRpcServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuRpcServer, virtcpu_rpc_server_free)

/* Take clients from the listening socket @fd (taken over); those that come through a read-only one
 * may change nothing. While max_clients are connected, more wait in the kernel. */
void virtcpu_rpc_server_listen(VirtCpuRpcServer *server, int fd, gboolean read_only);

/* Serve the connected socket @fd (taken over). FALSE with @error set when that cannot be. */
gboolean virtcpu_rpc_server_add_client(VirtCpuRpcServer *server, int fd, gboolean read_only,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many clients are connected. */
unsigned virtcpu_rpc_server_clients(const VirtCpuRpcServer *server);

/* How many have come since the start; tells whether any came in between. */
guint64 virtcpu_rpc_server_total(const VirtCpuRpcServer *server);

/* Close every socket and client, and run the main loop until no call is left on a worker. */
void virtcpu_rpc_server_stop(VirtCpuRpcServer *server);
