/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams over a socket pair, with procedures of its own. */
#include "conf/error.h"
#include "schemas/virtcpu_rpc.h"
#include "tests/unit/rpc-peer.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPEN = 1, REFUSE = 2 };

typedef struct {
    VirtCpuRpcServer *server;
    int fd;    /* the client's end */
    int guest; /* the far end of the stream opened last; -1: none */
    unsigned owners, ended;
    unsigned patience;
    GCancellable *cut;
    guint32 serial;
} Fixture;

static void
owner_gone(gpointer data)
{
    ((Fixture *)data)->ended++;
}

static gboolean
carry_open(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    Fixture *f = conn;
    VirtCpuRpcStreamOptions options = {
        .ways = VIRTCPU_RPC_STREAM_TO_CLIENT | VIRTCPU_RPC_STREAM_FROM_CLIENT,
        .patience = f->patience,
        .cut = f->cut,
        .owner = f,
        .free_owner = owner_gone,
    };
    int pair[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    if (f->guest >= 0) {
        close(f->guest);
    }
    f->guest = pair[0];
    f->owners++;
    options.fd = pair[1];
    carry->stream = virtcpu_rpc_stream_new(&options);
    return TRUE;
}

static gboolean
carry_refuse(gpointer conn, const void *args, void *ret, VirtCpuRpcCarry *carry, GError **error)
{
    gboolean opened = carry_open(conn, args, ret, carry, error);

    g_assert_true(opened);
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_FAILED, "no");
    return FALSE;
}

static const VirtCpuRpcProcedure table[] = {
    { RPC_PROGRAM_REMOTE, OPEN, "virTestOpen", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_WORK, 0, 0,
      NULL, 0, NULL, NULL, NULL, carry_open },
    { RPC_PROGRAM_REMOTE, REFUSE, "virTestRefuse", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0,
      0, NULL, 0, NULL, NULL, NULL, carry_refuse },
};

static void
setup(Fixture *f, gconstpointer patience)
{
    f->guest = -1;
    f->patience = GPOINTER_TO_UINT(patience);
    f->server = test_rpc_server_new(table, G_N_ELEMENTS(table), f);
    f->fd = test_rpc_peer_new(f->server, FALSE);
}

static void
teardown(Fixture *f, gconstpointer patience)
{
    virtcpu_rpc_server_free(f->server);
    if (f->fd >= 0) {
        close(f->fd);
    }
    if (f->guest >= 0) {
        close(f->guest);
    }
    g_clear_object(&f->cut);
    g_assert_cmpuint(f->ended, ==, f->owners);
}

static void
send_packet(Fixture *f, gint32 procedure, guint32 type, guint32 status, const void *data,
            gsize length)
{
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_REMOTE,
        .version = RPC_VERSION,
        .procedure = procedure,
        .type = type,
        .serial = f->serial,
        .status = status,
    };
    g_autoptr(GBytes) frame = virtcpu_rpc_data_frame_new(&header, data, length);

    test_rpc_peer_send_frame(f->fd, frame);
}

/* The next packet's payload; it must be of @type and @status. */
static GBytes *
receive(Fixture *f, guint32 type, guint32 status)
{
    VirtCpuRpcHeader header = { 0 };
    GBytes *payload = test_rpc_peer_receive(f->fd, &header);

    g_assert_nonnull(payload);
    g_assert_cmpuint(header.type, ==, type);
    g_assert_cmpuint(header.serial, ==, f->serial);
    g_assert_cmpuint(header.status, ==, status);
    return payload;
}

static void
expect(Fixture *f, guint32 status, const char *text)
{
    g_autoptr(GBytes) payload = receive(f, VIRTCPU_RPC_STREAM, status);
    g_autoptr(GBytes) wanted = g_bytes_new_static(text, strlen(text));

    g_assert_true(g_bytes_equal(payload, wanted));
}

/* An error packet whose text contains @words. */
static void
expect_error(Fixture *f, const char *words)
{
    g_autoptr(GBytes) payload = receive(f, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_ERROR);
    rpc_error value = { 0 };

    test_rpc_peer_decode(payload, (xdrproc_t)xdr_rpc_error, &value);
    g_assert_nonnull(strstr(*value.message, words));
    xdr_free((xdrproc_t)xdr_rpc_error, (char *)&value);
}

static void
open_stream(Fixture *f)
{
    g_autoptr(GBytes) reply = NULL;

    f->serial++;
    send_packet(f, OPEN, VIRTCPU_RPC_CALL, VIRTCPU_RPC_OK, NULL, 0);
    reply = receive(f, VIRTCPU_RPC_REPLY, VIRTCPU_RPC_OK);
    g_assert_cmpuint(g_bytes_get_size(reply), ==, 0);
}

static void
wait_for_guest(Fixture *f, const char *text)
{
    char got[64] = "";
    gsize length = 0;

    while (length < strlen(text)) {
        const ssize_t part = recv(f->guest, got + length, sizeof(got) - 1 - length, MSG_DONTWAIT);

        if (part > 0) {
            length += (gsize)part;
        } else {
            g_main_context_iteration(NULL, TRUE);
        }
    }
    g_assert_cmpstr(got, ==, text);
}

static void
wait_for_end(Fixture *f)
{
    while (f->ended < f->owners) {
        g_main_context_iteration(NULL, TRUE);
    }
}

static void
test_both_ways(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "hello", 5, 0), ==, 5);
    expect(f, VIRTCPU_RPC_CONTINUE, "hello");
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "you", 3);
    wait_for_guest(f, "you");
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
    wait_for_end(f);
}

static void
test_abort(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_ERROR, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
    /* late packets are dropped */
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "late", 4);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    open_stream(f);
    g_assert_cmpuint(f->ended, ==, 1);
}

static void
test_end_of_file(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "last", 4, 0), ==, 4);
    close(g_steal_fd(&f->guest));
    expect(f, VIRTCPU_RPC_CONTINUE, "last");
    expect(f, VIRTCPU_RPC_CONTINUE, "");
    wait_for_end(f); /* others may open it before the client ends the stream */
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "too late", 8);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    expect(f, VIRTCPU_RPC_OK, "");
}

static void
test_cut(Fixture *f, gconstpointer patience)
{
    f->cut = g_cancellable_new();
    open_stream(f);
    g_cancellable_cancel(f->cut);
    expect_error(f, "another client took it over");
    wait_for_end(f);
}

static void
test_client_gone(Fixture *f, gconstpointer patience)
{
    open_stream(f);
    g_assert_cmpint(send(f->guest, "unheard", 7, 0), ==, 7);
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, "half", 4);
    close(g_steal_fd(&f->fd));
    wait_for_end(f);
    g_assert_cmpuint(virtcpu_rpc_server_clients(f->server), ==, 0);
}

/* Send what the stream takes: until it has taken nothing for a while in which there was time to;
 * returns how much. */
static gsize
fill_guest(Fixture *f)
{
    g_autofree char *block = g_malloc0(65536);
    gsize total = 0;
    gint64 quiet = g_get_monotonic_time();
    guint tries = 0;

    while (tries++ < 1000 || g_get_monotonic_time() - quiet < G_TIME_SPAN_SECOND / 5) {
        const ssize_t put = send(f->guest, block, 65536, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (put > 0) {
            total += (gsize)put;
            quiet = g_get_monotonic_time();
            tries = 0;
        }
        g_main_context_iteration(NULL, FALSE);
    }
    return total;
}

/* A client that does not read loses the stream, not the connection; memory is bounded. */
static void
test_deaf_client(Fixture *f, gconstpointer patience)
{
    gsize taken, heard = 0;

    open_stream(f);
    taken = fill_guest(f);
    g_assert_cmpuint(taken, <, 2u * 1024 * 1024);
    wait_for_end(f);
    for (;;) {
        VirtCpuRpcHeader header = { 0 };
        g_autoptr(GBytes) payload = test_rpc_peer_receive(f->fd, &header);

        g_assert_nonnull(payload);
        if (header.status == VIRTCPU_RPC_ERROR) {
            break;
        }
        heard += g_bytes_get_size(payload);
    }
    g_assert_cmpuint(heard, >, 200 * 1024);
    open_stream(f);
}

/* A guest that does not read makes the client wait, and is given up in the end. */
static void
test_deaf_guest(Fixture *f, gconstpointer patience)
{
    g_autofree char *block = g_malloc0(65536);

    open_stream(f);
    for (int i = 0; i < 40; i++) {
        send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, block, 65536);
    }
    expect_error(f, "the guest has read nothing");
    g_assert_cmpuint(f->ended, ==, 1);
    open_stream(f);
}

/* Everything arrives in order through a guest that reads slowly, before the end is confirmed. */
static void
test_slow_guest(Fixture *f, gconstpointer patience)
{
    g_autoptr(GByteArray) sent = g_byte_array_new(), got = g_byte_array_new();
    g_autoptr(GBytes) confirmed = NULL;
    guint8 part[16384];

    open_stream(f);
    for (guint i = 0; i < 10; i++) {
        g_autofree guint8 *block = g_malloc(60000);

        memset(block, (int)i, 60000);
        g_byte_array_append(sent, block, 60000);
    }
    for (guint at = 0; at < sent->len;) {
        const ssize_t have = recv(f->guest, part, sizeof(part), MSG_DONTWAIT);

        send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_CONTINUE, sent->data + at, 60000);
        at += 60000;
        g_byte_array_append(got, part, (guint)MAX(have, 0));
    }
    send_packet(f, OPEN, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK, NULL, 0);
    while (got->len < sent->len) {
        const ssize_t have = recv(f->guest, part, sizeof(part), MSG_DONTWAIT);

        g_byte_array_append(got, part, (guint)MAX(have, 0));
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpmem(got->data, got->len, sent->data, sent->len);
    confirmed = receive(f, VIRTCPU_RPC_STREAM, VIRTCPU_RPC_OK);
}

static void
test_refused(Fixture *f, gconstpointer patience)
{
    g_autoptr(GBytes) reply = NULL;

    f->serial++;
    send_packet(f, REFUSE, VIRTCPU_RPC_CALL, VIRTCPU_RPC_OK, NULL, 0);
    reply = receive(f, VIRTCPU_RPC_REPLY, VIRTCPU_RPC_ERROR);
    g_assert_cmpuint(f->ended, ==, 1);
}

static void
add(const char *path, gsize data, void (*test)(Fixture *f, gconstpointer patience))
{
    g_test_add(path, Fixture, GSIZE_TO_POINTER(data), setup, test, teardown);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    signal(SIGPIPE, SIG_IGN);
    add("/rpc-stream/both-ways", 1, test_both_ways);
    add("/rpc-stream/abort", 1, test_abort);
    add("/rpc-stream/end-of-file", 1, test_end_of_file);
    add("/rpc-stream/cut", 1, test_cut);
    add("/rpc-stream/client-gone", 1, test_client_gone);
    add("/rpc-stream/deaf-client", 1, test_deaf_client);
    add("/rpc-stream/deaf-guest", 1, test_deaf_guest);
    add("/rpc-stream/slow-guest", 0, test_slow_guest);
    add("/rpc-stream/refused", 1, test_refused);
    return g_test_run();
}
