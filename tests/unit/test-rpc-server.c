/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole RPC layer over a socket pair, with procedures of its own. */
#include "conf/error.h"
#include "schemas/virtcpu_rpc.h"
#include "tests/unit/rpc-peer.h"

#include <sys/socket.h>
#include <unistd.h>

enum { ECHO = 1, STORE = 2, WAIT = 3, FLOOD = 4, PEEK = 5, LOGIN = 10, OPEN = 11 };

/* What the handlers of one test share. */
typedef struct {
    VirtCpuRpcServer *server;
    int fd; /* the client's end */
    VirtCpuRpcClient *client;
    GMutex lock;
    GCond cond;
    unsigned waiting, most_waiting; /* WAIT calls at once */
    gboolean go;
    guint closed;
} Fixture;

static gboolean
handle_echo(gpointer conn, const void *args, void *ret, GError **error)
{
    ((rpc_text_ret *)ret)->text = g_strdup(((const rpc_text_args *)args)->text);
    return TRUE;
}

static gboolean
handle_store(gpointer conn, const void *args, void *ret, GError **error)
{
    virtcpu_error_set(error, VIRTCPU_ERR_OPERATION_INVALID, "nothing is stored");
    return FALSE;
}

static gboolean
handle_wait(gpointer conn, const void *args, void *ret, GError **error)
{
    Fixture *f = conn;

    g_mutex_lock(&f->lock);
    f->waiting++;
    f->most_waiting = MAX(f->most_waiting, f->waiting);
    while (!f->go) {
        g_cond_wait(&f->cond, &f->lock);
    }
    f->waiting--;
    g_mutex_unlock(&f->lock);
    return TRUE;
}

static gboolean
handle_flood(gpointer conn, const void *args, void *ret, GError **error)
{
    ((rpc_text_ret *)ret)->text = g_strnfill(256u * 1024u, 'x');
    return TRUE;
}

static gboolean
handle_peek(gpointer conn, const void *args, void *ret, GError **error)
{
    ((rpc_text_ret *)ret)->text = g_strdup("asked");
    return TRUE;
}

/* Known only once somebody has let go. */
static gboolean
peek_peek(gpointer conn, const void *args, void *ret)
{
    Fixture *f = conn;

    if (f->go) {
        ((rpc_text_ret *)ret)->text = g_strdup("known");
    }
    return f->go;
}

static gboolean
handle_login(gpointer conn, const void *args, void *ret, GError **error)
{
    virtcpu_rpc_client_set_stage(((Fixture *)conn)->client, VIRTCPU_RPC_STAGE_AUTHENTICATED);
    return TRUE;
}

static gboolean
handle_open(gpointer conn, const void *args, void *ret, GError **error)
{
    virtcpu_rpc_client_set_stage(((Fixture *)conn)->client, VIRTCPU_RPC_STAGE_OPEN);
    virtcpu_rpc_client_start_keepalive(((Fixture *)conn)->client);
    return TRUE;
}

#define TEXT_ARGS sizeof(rpc_text_args), (xdrproc_t)xdr_rpc_text_args
#define TEXT_RET  sizeof(rpc_text_ret), (xdrproc_t)xdr_rpc_text_ret

static const VirtCpuRpcProcedure table[] = {
    { RPC_PROGRAM_REMOTE, ECHO, "virTestEcho", VIRTCPU_RPC_STAGE_OPEN, VIRTCPU_RPC_PLACE_QUICK, 0,
      TEXT_ARGS, TEXT_RET, handle_echo },
    { RPC_PROGRAM_REMOTE, STORE, "virTestStore", VIRTCPU_RPC_STAGE_OPEN, VIRTCPU_RPC_PLACE_WORK,
      VIRTCPU_RPC_WRITE | VIRTCPU_RPC_HIGH, TEXT_ARGS, 0, NULL, handle_store },
    { RPC_PROGRAM_REMOTE, WAIT, "virTestWait", VIRTCPU_RPC_STAGE_OPEN, VIRTCPU_RPC_PLACE_WORK, 0, 0,
      NULL, 0, NULL, handle_wait },
    { RPC_PROGRAM_REMOTE, FLOOD, "virTestFlood", VIRTCPU_RPC_STAGE_OPEN, VIRTCPU_RPC_PLACE_QUICK, 0,
      0, NULL, TEXT_RET, handle_flood },
    { RPC_PROGRAM_REMOTE, PEEK, "virTestPeek", VIRTCPU_RPC_STAGE_OPEN, VIRTCPU_RPC_PLACE_PEEK, 0, 0,
      NULL, TEXT_RET, handle_peek, peek_peek },
    { RPC_PROGRAM_REMOTE, LOGIN, "virTestLogin", VIRTCPU_RPC_STAGE_ANY, VIRTCPU_RPC_PLACE_MAIN, 0,
      0, NULL, 0, NULL, handle_login },
    { RPC_PROGRAM_REMOTE, OPEN, "virTestOpen", VIRTCPU_RPC_STAGE_AUTHENTICATED,
      VIRTCPU_RPC_PLACE_MAIN, 0, 0, NULL, 0, NULL, handle_open },
};

static gpointer
connection_new(VirtCpuRpcClient *client, gpointer user_data)
{
    ((Fixture *)user_data)->client = client;
    return user_data;
}

static void
connection_closed(gpointer connection, gpointer user_data)
{
    ((Fixture *)connection)->closed++;
}

static void
setup(Fixture *f, gconstpointer read_only)
{
    const VirtCpuRpcServerConfig config = {
        .table = table,
        .table_length = G_N_ELEMENTS(table),
        .max_clients = 10,
        .workers = 8,
        .high_workers = 2,
        .client_limits = { .max_requests = 5,
                           .output_pause = 512 * 1024,
                           .output_limit = 4 * 1024 * 1024,
                           .keepalive_interval = 1,
                           .keepalive_count = 1 },
        .connection_new = connection_new,
        .connection_closed = connection_closed,
        .user_data = f,
    };

    g_mutex_init(&f->lock);
    g_cond_init(&f->cond);
    f->server = virtcpu_rpc_server_new(&config);
    f->fd = test_rpc_peer_new(f->server, read_only != NULL);
}

static void
let_go(Fixture *f)
{
    g_mutex_lock(&f->lock);
    f->go = TRUE;
    g_cond_broadcast(&f->cond);
    g_mutex_unlock(&f->lock);
}

static void
teardown(Fixture *f, gconstpointer read_only)
{
    let_go(f);
    virtcpu_rpc_server_free(f->server);
    close(f->fd);
    g_mutex_clear(&f->lock);
    g_cond_clear(&f->cond);
}

static void
send_message(Fixture *f, const VirtCpuRpcHeader *header, const char *text)
{
    g_autofree char *copy = g_strdup(text);
    const rpc_text_args args = { .text = copy };
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) frame = virtcpu_rpc_frame_new(
        header, NULL, text != NULL ? (xdrproc_t)xdr_rpc_text_args : NULL, &args, &error);

    g_assert_no_error(error);
    test_rpc_peer_send_frame(f->fd, frame);
}

static void
send_call(Fixture *f, gint32 procedure, guint32 serial, const char *text)
{
    const VirtCpuRpcHeader header = {
        .program = RPC_PROGRAM_REMOTE,
        .version = 1,
        .procedure = procedure,
        .serial = serial,
    };

    send_message(f, &header, text);
}

/* The next message is an error with @code whose text begins with @start. */
static void
expect_error(Fixture *f, guint32 serial, int code, const char *start)
{
    VirtCpuRpcHeader header = { 0 };
    g_autoptr(GBytes) payload = test_rpc_peer_receive(f->fd, &header);
    rpc_error value = { 0 };

    g_assert_nonnull(payload);
    g_assert_cmpuint(header.type, ==, VIRTCPU_RPC_REPLY);
    g_assert_cmpuint(header.status, ==, VIRTCPU_RPC_ERROR);
    g_assert_cmpuint(header.serial, ==, serial);
    test_rpc_peer_decode(payload, (xdrproc_t)xdr_rpc_error, &value);
    g_assert_cmpint(value.code, ==, code);
    g_assert_true(g_str_has_prefix(*value.message, start));
    xdr_free((xdrproc_t)xdr_rpc_error, &value);
}

/* Of the next message, whatever it says. */
static VirtCpuRpcHeader
next_header(Fixture *f)
{
    VirtCpuRpcHeader header = { 0 };
    g_autoptr(GBytes) payload = test_rpc_peer_receive(f->fd, &header);

    g_assert_nonnull(payload);
    return header;
}

static void
expect_ok(Fixture *f, guint32 serial)
{
    const VirtCpuRpcHeader header = next_header(f);

    g_assert_cmpuint(header.status, ==, VIRTCPU_RPC_OK);
    g_assert_cmpuint(header.serial, ==, serial);
}

static void
open_connection(Fixture *f)
{
    send_call(f, LOGIN, 0, NULL);
    expect_ok(f, 0);
    send_call(f, OPEN, 1, NULL);
    expect_ok(f, 1);
}

static void
expect_closed(Fixture *f)
{
    VirtCpuRpcHeader header;

    g_assert_null(test_rpc_peer_receive(f->fd, &header));
    g_assert_cmpuint(f->closed, ==, 1);
    g_assert_cmpuint(virtcpu_rpc_server_clients(f->server), ==, 0);
}

static void
test_stages(Fixture *f, gconstpointer unused)
{
    send_call(f, ECHO, 1, "a");
    expect_error(f, 1, 39, "authentication required");
    send_call(f, LOGIN, 2, NULL);
    expect_ok(f, 2);
    send_call(f, ECHO, 3, "a");
    expect_error(f, 3, 1, "internal error: hypervisor connection not open");
    send_call(f, OPEN, 4, NULL);
    expect_ok(f, 4);
    send_call(f, ECHO, 5, "a");
    expect_ok(f, 5);
    send_call(f, STORE, 6, "a");
    expect_error(f, 6, 55, "Requested operation is not valid: nothing is stored");
}

static void
test_unknown(Fixture *f, gconstpointer unused)
{
    VirtCpuRpcHeader header = { .program = 0x1234, .version = 1, .procedure = ECHO, .serial = 9 };

    open_connection(f);
    send_message(f, &header, "a");
    expect_error(f, 9, 39, "Cannot find program");
    header.program = RPC_PROGRAM_REMOTE;
    header.version = 2;
    send_message(f, &header, "a");
    expect_error(f, 9, 39, "program version mismatch");
    send_call(f, 9999, 10, NULL);
    expect_error(f, 10, 39, "unknown procedure: 9999");
    send_call(f, -1, 11, NULL);
    expect_error(f, 11, 39, "unknown procedure: -1");
}

static void
test_broken_args(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    send_call(f, ECHO, 5, NULL);
    expect_error(f, 5, 39, "Unable to decode message payload");
    send_call(f, WAIT, 6, "unwanted");
    expect_error(f, 6, 39, "Unable to decode message payload");
    send_call(f, ECHO, 7, "still served");
    expect_ok(f, 7);
}

static void
test_broken_frame(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    test_rpc_peer_send(f->fd, "\0\0\0\33", 4);
    expect_closed(f);
}

static void
test_wrong_type(Fixture *f, gconstpointer unused)
{
    const VirtCpuRpcHeader stream = {
        .program = RPC_PROGRAM_REMOTE, .version = 1, .procedure = ECHO, .type = VIRTCPU_RPC_STREAM
    };
    const VirtCpuRpcHeader fds = { .program = RPC_PROGRAM_REMOTE,
                                   .version = 1,
                                   .procedure = ECHO,
                                   .type = VIRTCPU_RPC_CALL_WITH_FDS };

    open_connection(f);
    send_message(f, &stream, NULL);
    send_call(f, ECHO, 7, "still served");
    expect_ok(f, 7);
    send_message(f, &fds, NULL);
    expect_closed(f);
}

static void
test_read_only(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    send_call(f, STORE, 2, "a");
    expect_error(f, 2, 29, "operation forbidden: read only access prevents virTestStore");
    send_call(f, ECHO, 3, "a");
    expect_ok(f, 3);
}

/* Run the main loop until @count WAIT calls are on workers. */
static void
wait_for_waiting(Fixture *f, unsigned count)
{
    for (unsigned waiting = 0; waiting < count;) {
        g_main_context_iteration(NULL, FALSE);
        g_mutex_lock(&f->lock);
        waiting = f->waiting;
        g_mutex_unlock(&f->lock);
    }
}

/* Seven calls at once: five run, a quick one waits behind them, every reply comes. */
static void
test_outstanding(Fixture *f, gconstpointer unused)
{
    guint64 serials = 0;

    open_connection(f);
    for (guint32 serial = 10; serial < 17; serial++) {
        send_call(f, WAIT, serial, NULL);
    }
    wait_for_waiting(f, 5);
    for (int i = 0; i < 50; i++) {
        g_main_context_iteration(NULL, FALSE);
    }
    let_go(f);
    for (int i = 0; i < 7; i++) {
        const VirtCpuRpcHeader header = next_header(f);

        g_assert_cmpuint(header.serial, >=, 10);
        serials |= 1ull << header.serial;
    }
    g_assert_cmpuint(serials, ==, 0x1fc00);
    g_assert_cmpuint(f->most_waiting, ==, 5);
}

/* Calls of high priority do not queue behind long ones; a quick call overtakes them too. */
static void
test_overtake(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    send_call(f, WAIT, 2, NULL);
    send_call(f, ECHO, 3, "quick");
    expect_ok(f, 3);
    send_call(f, STORE, 4, "high");
    expect_error(f, 4, 55, "");
    let_go(f);
    expect_ok(f, 2);
}

/* A client that sends without reading is not read any more, and gets everything once it reads. */
static void
test_slow_reader(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    for (guint32 serial = 0; serial < 40; serial++) {
        send_call(f, FLOOD, serial, NULL);
    }
    for (int i = 0; i < 200; i++) {
        g_main_context_iteration(NULL, FALSE);
    }
    g_assert_cmpuint(f->closed, ==, 0);
    for (guint32 serial = 0; serial < 40; serial++) {
        expect_ok(f, serial);
    }
}

/* What is sent to it unasked makes it too slow to keep. */
static void
test_never_reads(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    g_test_expect_message("virtcpu", G_LOG_LEVEL_WARNING, "*does not read its replies*");
    for (int i = 0; i < 100 && f->closed == 0; i++) {
        g_autofree guint8 *bytes = g_malloc0(256 * 1024);

        virtcpu_rpc_client_send(f->client, g_bytes_new_take(g_steal_pointer(&bytes), 256 * 1024));
    }
    g_test_assert_expected_messages();
    g_assert_cmpuint(f->closed, ==, 1);
}

static void
test_pong(Fixture *f, gconstpointer unused)
{
    const VirtCpuRpcHeader ping = { .program = RPC_PROGRAM_KEEPALIVE,
                                    .version = 1,
                                    .procedure = RPC_KEEPALIVE_PING,
                                    .type = VIRTCPU_RPC_MESSAGE };
    VirtCpuRpcHeader header;

    send_message(f, &ping, NULL);
    header = next_header(f);
    g_assert_cmpuint(header.program, ==, RPC_PROGRAM_KEEPALIVE);
    g_assert_cmpint(header.procedure, ==, RPC_KEEPALIVE_PONG);
    g_assert_cmpuint(header.type, ==, VIRTCPU_RPC_MESSAGE);
}

/* Silence: one ping, then the end. */
static void
test_keepalive(Fixture *f, gconstpointer unused)
{
    VirtCpuRpcHeader header;

    open_connection(f);
    header = next_header(f);
    g_assert_cmpuint(header.program, ==, RPC_PROGRAM_KEEPALIVE);
    g_assert_cmpint(header.procedure, ==, RPC_KEEPALIVE_PING);
    expect_closed(f);
}

static void
expect_text(Fixture *f, guint32 serial, const char *text)
{
    VirtCpuRpcHeader header = { 0 };
    g_autoptr(GBytes) payload = test_rpc_peer_receive(f->fd, &header);
    rpc_text_ret value = { 0 };

    g_assert_nonnull(payload);
    g_assert_cmpuint(header.status, ==, VIRTCPU_RPC_OK);
    g_assert_cmpuint(header.serial, ==, serial);
    test_rpc_peer_decode(payload, (xdrproc_t)xdr_rpc_text_ret, &value);
    g_assert_cmpstr(value.text, ==, text);
    xdr_free((xdrproc_t)xdr_rpc_text_ret, &value);
}

/* What is known is answered at once, the rest by a worker. */
static void
test_peek(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    send_call(f, PEEK, 2, NULL);
    expect_text(f, 2, "asked");
    let_go(f);
    send_call(f, PEEK, 3, NULL);
    expect_text(f, 3, "known");
}

/* A client leaves while its call runs: the call ends, nobody is answered. */
static void
test_gone(Fixture *f, gconstpointer unused)
{
    open_connection(f);
    send_call(f, WAIT, 2, NULL);
    wait_for_waiting(f, 1);
    shutdown(f->fd, SHUT_RDWR);
    while (f->closed == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_assert_cmpuint(virtcpu_rpc_server_clients(f->server), ==, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/rpc-server/stages", Fixture, NULL, setup, test_stages, teardown);
    g_test_add("/rpc-server/unknown", Fixture, NULL, setup, test_unknown, teardown);
    g_test_add("/rpc-server/broken-args", Fixture, NULL, setup, test_broken_args, teardown);
    g_test_add("/rpc-server/broken-frame", Fixture, NULL, setup, test_broken_frame, teardown);
    g_test_add("/rpc-server/wrong-type", Fixture, NULL, setup, test_wrong_type, teardown);
    g_test_add("/rpc-server/read-only", Fixture, "ro", setup, test_read_only, teardown);
    g_test_add("/rpc-server/outstanding", Fixture, NULL, setup, test_outstanding, teardown);
    g_test_add("/rpc-server/overtake", Fixture, NULL, setup, test_overtake, teardown);
    g_test_add("/rpc-server/slow-reader", Fixture, NULL, setup, test_slow_reader, teardown);
    g_test_add("/rpc-server/never-reads", Fixture, NULL, setup, test_never_reads, teardown);
    g_test_add("/rpc-server/pong", Fixture, NULL, setup, test_pong, teardown);
    g_test_add("/rpc-server/keepalive", Fixture, NULL, setup, test_keepalive, teardown);
    g_test_add("/rpc-server/peek", Fixture, NULL, setup, test_peek, teardown);
    g_test_add("/rpc-server/gone", Fixture, NULL, setup, test_gone, teardown);
    return g_test_run();
}
