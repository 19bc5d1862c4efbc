/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client of an RPC server under test, as the other end of its socket. Main loop thread only: what
 * waits runs the main loop, and fails the test after 20 seconds. */
#pragma once

#include "daemon/rpc-server.h"

/* A server for few clients with the @length procedures of @table; each connection is @user_data.
 * Both outlive it. Returns (transfer full). */
VirtCpuRpcServer *test_rpc_server_new(const VirtCpuRpcProcedure *table, gsize length,
                                      gpointer user_data) G_GNUC_WARN_UNUSED_RESULT;

/* Have @server serve a new client, which may change nothing if @read_only. Returns its end (owned).
 */
int test_rpc_peer_new(VirtCpuRpcServer *server, gboolean read_only);

/* Send @length bytes; the main loop runs at least once. */
void test_rpc_peer_send(int fd, const void *bytes, gsize length);

/* The same of the whole frame @frame (transfer none). */
void test_rpc_peer_send_frame(int fd, GBytes *frame);

/* Take the next packet: its header into @header and its payload (transfer full). NULL at the end of
 * the stream. Descriptors that belong to it are left where they are. */
GBytes *test_rpc_peer_receive(int fd, VirtCpuRpcHeader *header) G_GNUC_WARN_UNUSED_RESULT;

/* Decode the whole of @payload into @value, for xdr_free. */
void test_rpc_peer_decode(GBytes *payload, xdrproc_t xdr, void *value);
